import { assert } from "@std/assert";
import { equal } from "../../proto/bytes.ts";
import { recordedLog } from "../../extractors/log/_recorded.ts";
import { eventOfLine } from "../../extractors/log/event_of_line.ts";
import { parseLine } from "../../extractors/log/line.ts";
import { LineSplitter, MAX_LINE_BYTES } from "../../extractors/log/split.ts";
import { decodeEvent, encodeEvent } from "../../proto/event.ts";
import type { Target } from "./target.ts";

const LINES_PER_SEED = 4;
const NEWLINE = 10;

/** An input is a byte that determines how it is cut, and a piece of a log: one event for each line, however it is cut. */
export const logLines: Target = {
  name: "log-lines",
  seeds: () => (["core-31", "knots-29"] as const).flatMap((name) => seedsOf(recordedLog(name))),
  run(input) {
    const log = input.subarray(1);
    const events = read(log, 1 + (input[0] ?? 0) * 3);
    return () => {
      const ended = log.reduce((count, byte) => byte === NEWLINE ? count + 1 : count, 0);
      const unfinished = log.length > 0 && log.at(-1) !== NEWLINE ? 1 : 0;
      assert(events.length === ended + unfinished, "one event for each line");
      const whole = read(log, log.length);
      assert(whole.every((event, at) => equal(event, events[at]!)), "the same events however it is cut");
      assert(
        events.reduce((sum, event) => sum + check(event), 0) + ended === log.length,
        "all bytes counted",
      );
    };
  },
};

// One for all inputs: what a line leaves behind would show in the next.
const state = { events: [] as Uint8Array[] };
const splitter = new LineSplitter((text, bytes) => {
  state.events.push(encodeEvent(eventOfLine(parseLine(text), { timestamp: 1, bytes })));
});

function read(log: Uint8Array, chunk: number): Uint8Array[] {
  state.events = [];
  for (let at = 0; at < log.length; at += chunk) splitter.push(log.subarray(at, at + chunk));
  splitter.finish();
  assert(splitter.pendingBytes === 0, "nothing left behind");
  return state.events;
}

/** Its length in bytes. */
function check(bytes: Uint8Array): number {
  const decoded = decodeEvent(bytes);
  assert(decoded.ok && decoded.event.kind === "log", "an event of a log");
  const { logEvent, logTimestamp, threadname, logLineBytes } = decoded.event.value;
  assert(logEvent !== undefined, "a member");
  assert(Number.isSafeInteger(logTimestamp) && logTimestamp >= 0, "a time");
  const text = logEvent.case === "unknownLogMessage" ? logEvent.value.rawMessage : logEvent.value.blockHash;
  assert(text.length + threadname.length <= Math.min(logLineBytes, MAX_LINE_BYTES), "no text made up");
  if (logEvent.case !== "unknownLogMessage") assert(/^[0-9a-f]{64}$/.test(text), "a hash");
  return logLineBytes;
}

function seedsOf(log: Uint8Array): Uint8Array[] {
  const seeds: Uint8Array[] = [];
  for (let from = 0; from < log.length;) {
    let to = from;
    for (let lines = 0; lines < LINES_PER_SEED && to < log.length; lines++) {
      to = log.indexOf(NEWLINE, to) + 1 || log.length;
    }
    seeds.push(Uint8Array.of(seeds.length & 0xff, ...log.subarray(from, to)));
    from = to;
  }
  return seeds;
}
