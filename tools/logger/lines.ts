/**
 * Whole lines: what stands in front of an event's text, and colours.
 *
 * @module
 */

import { eventJson } from "../../proto/event_json.ts";
import type { Event } from "../../proto/event.ts";
import { nodeOf } from "../../proto/subjects.ts";
import { printable } from "../../runtime/log.ts";
import { formatEvent } from "./format.ts";

/** The line of an event that came on this subject; `undefined` when it has no member that the schema knows. */
export type LineOf = (event: Event, subject: string) => string | undefined;

/** JSON, one object each. */
export const jsonLine: LineOf = (event, subject) => {
  const json = eventJson(event, nodeOf(subject));
  return json === undefined ? undefined : json + "\n";
};

/** Text in the layout of the Rust tools, at the time of the event. */
export function makeTextLine({ color }: { color: boolean }): LineOf {
  const { time, level, group } = color ? PAINT : PLAIN;
  const isoTime = makeIsoTime();
  return (event, subject) => {
    const formatted = formatEvent(event);
    if (formatted === undefined) return undefined;
    const node = nodeOf(subject);
    const target = node === undefined ? "logger" : `logger/${printable(node)}`;
    return `${time(isoTime(event.timestamp))} ${level} [${target}] ${
      group(formatted.group)
    }: ${formatted.text}\n`;
  };
}

const PLAIN = { time: (text: string) => text, level: "INFO ", group: (text: string) => text };

// Not std's colours: whether those are on is decided by standard error, for the log of the whole process.
const PAINT = {
  time: (text: string) => `\x1b[2m${text}\x1b[22m`,
  level: "\x1b[1mINFO \x1b[22m",
  group: (text: string) => `\x1b[36m${text}\x1b[39m`,
};

/** Whether to paint: as told, else on a terminal whose user has not set NO_COLOR. */
export function wantsColor(choice: "auto" | "always" | "never"): boolean {
  if (choice !== "auto") return choice === "always";
  return Deno.stdout.isTerminal() && !Deno.noColor;
}

/** The last millisecond that has a date. */
const LAST_DATE = 8_640_000_000_000_000;

/**
 * Milliseconds as ISO text. Making a `Date` for each of many events in the same second would take longer than their
 * text, so the text of the last second is kept.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(makeIsoTime()(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
 * ```
 */
export function makeIsoTime(): (timestamp: number) => string {
  let second = NaN;
  let untilDot = "";
  return (timestamp) => {
    // A number that no date has can only come from a broken writer: shown as it is.
    if (timestamp > LAST_DATE) return String(timestamp);
    const seconds = Math.floor(timestamp / 1000);
    if (seconds !== second) {
      second = seconds;
      untilDot = new Date(seconds * 1000).toISOString().slice(0, -"000Z".length);
    }
    return `${untilDot}${String(timestamp - seconds * 1000).padStart(3, "0")}Z`;
  };
}
