import { Fields, type Note } from "../json.ts";
import type { RpcEvent } from "./answer.ts";

/** `uptime`, seconds. */
export function uptime(answer: unknown, note: Note): RpcEvent {
  if (typeof answer !== "number") throw new TypeError(`expected a number, got a ${typeof answer}`);
  return { case: "uptime", value: new Fields({ seconds: answer }, note).uint32("seconds") };
}
