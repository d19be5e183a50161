/**
 * From a line to its event: exactly one for each line.
 *
 * @module
 */

import type { Event, Payloads } from "../../proto/event.ts";
import type { Line } from "./line.ts";
import { eventOf } from "./matchers.ts";

/** What is known of a line besides its text. */
export interface Seen {
  /** Unix milliseconds at which it was read. */
  readonly timestamp: number;
  /** Its length without the line break, before anything was cut or replaced. */
  readonly bytes: number;
}

/** An event of the log. */
export type LogLineEvent = Event & { kind: "log"; value: Payloads["log"] };

/**
 * The event of a parsed line.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseLine } from "./line.ts";
 *
 * const text = "2026-11-20T19:38:49Z [warning] hi";
 * const event = eventOfLine(parseLine(text), { timestamp: 1, bytes: text.length });
 * assertEquals(event.value.logEvent, {
 *   case: "unknownLogMessage",
 *   value: { rawMessage: "hi" },
 * });
 * ```
 */
export function eventOfLine(line: Line, { timestamp, bytes }: Seen): LogLineEvent {
  return {
    timestamp,
    kind: "log",
    value: {
      logTimestamp: line.timeMicros,
      category: line.category,
      threadname: line.thread,
      logEvent: eventOf(line.message),
      logLevel: line.level,
      logLineBytes: bytes,
    },
  };
}
