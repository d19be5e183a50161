import { type Note, toFields } from "../json.ts";
import type { RpcEvent } from "./answer.ts";

/** `getmemoryinfo`, in its default mode. */
export function memoryInfo(answer: unknown, note: Note): RpcEvent {
  const locked = toFields(answer, note).object("locked");
  return {
    case: "memoryInfo",
    value: {
      used: locked.unsigned("used"),
      free: locked.unsigned("free"),
      total: locked.unsigned("total"),
      locked: locked.unsigned("locked"),
      chunksUsed: locked.unsigned("chunks_used"),
      chunksFree: locked.unsigned("chunks_free"),
    },
  };
}
