import { type Note, toFields } from "../json.ts";
import type { RpcEvent } from "./answer.ts";

/** `getchaintxstats` over the node's default window. */
export function chainTxStats(answer: unknown, note: Note): RpcEvent {
  const stats = toFields(answer, note);
  const optional = <T>(name: string, read: (name: string) => T) => stats.has(name) ? read(name) : undefined;
  return {
    case: "chainTxStats",
    value: {
      time: stats.uint32("time"),
      // Unknown to a node that started from a snapshot.
      txCount: stats.uint32("txcount"),
      windowFinalBlockHash: stats.text("window_final_block_hash"),
      windowFinalBlockHeight: stats.uint32("window_final_block_height"),
      windowBlockCount: stats.uint32("window_block_count"),
      windowTxCount: optional("window_tx_count", (name) => stats.uint32(name)),
      windowInterval: optional("window_interval", (name) => stats.uint32(name)),
      txRate: optional("txrate", (name) => stats.double(name)),
    },
  };
}
