import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Event } from "../../proto/event.ts";
import { Monitor } from "./monitor.ts";

function newMonitor() {
  let now = 1_700_000_000_000;
  const lines: string[] = [];
  const events: Event[] = [];
  const say = (level: string) => (line: string) => void lines.push(`${level}: ${line}`);
  const log = { error: say("error"), warn: say("warn"), info: say("info"), debug: say("debug") };
  const monitor = new Monitor({
    context: { emit: (event) => events.push(event), count() {}, log },
    maxPayload: 0,
    advice: "check the node",
    now: () => now,
  });
  return { monitor, lines, events, pass: (ms: number) => now += ms };
}

function record(kind: string, words: bigint[]): Uint8Array {
  const digits = words.toReversed().map((word) => word.toString(16).padStart(16, "0")).join("");
  return new TextEncoder().encode(`${kind}${digits}\n`);
}

const added = (number: bigint, pid = 1n) => record("m", [5n, pid << 32n, number, 1n, 2n, 3n, 4n, 5n, 6n]);
const beat = record("h", [6n, 0n]);
const BILLION = 1_000_000_000n;

Deno.test("Monitor warns once after 60 s without an event, and says whether bpftrace runs", () => {
  const { monitor, lines, pass } = newMonitor();
  monitor.push(beat);
  pass(59_999);
  assertEquals(monitor.check(), false);
  pass(1);
  assertEquals(monitor.check(), true);
  pass(600_000);
  assertEquals(monitor.check(), false);
  assertEquals(lines, ["info: Attached", "warn: No event for 60 s, bpftrace runs: check the node"]);
  monitor.push(added(0n));
  pass(60_000);
  assertEquals(monitor.check(), true);
  assertEquals(lines[2], "warn: No event for 60 s, bpftrace says nothing at all: check the node");
});

Deno.test("Monitor tells losses at once, then at most every 10 s, with their sum", () => {
  const { monitor, lines, pass } = newMonitor();
  const beats = (...seconds: bigint[]) =>
    seconds.forEach((second) => monitor.push(record("h", [second * BILLION, 0n])));
  for (const number of [0n, 5n]) monitor.push(added(number));
  beats(1n, 2n);
  monitor.check();
  monitor.push(added(7n));
  beats(3n, 4n);
  pass(9_000);
  monitor.check();
  monitor.stderr("Lost 12 events");
  pass(1_000);
  monitor.check();
  assertEquals(lines.slice(1), [
    "warn: Not everything came through: 4 lost mempool:added",
    "warn: Not everything came through: 1 lost mempool:added, 12 records lost by bpftrace",
  ]);
});

Deno.test("Monitor tells a restarted node from two nodes of one binary", () => {
  const { monitor, lines } = newMonitor();
  let number = 0n;
  for (const pid of [10n, 10n, 20n, 20n, 30n]) monitor.push(added(number++, pid));
  assertEquals(lines, []);
  for (const pid of [20n, 30n, 20n]) monitor.push(added(number++, pid));
  assertEquals(lines.length, 1);
  assertStringIncludes(lines[0]!, "choose one with --ebpf.pid");
});

Deno.test("Monitor says again that it is attached after the stream began anew", () => {
  const { monitor, lines } = newMonitor();
  monitor.push(beat);
  monitor.push(beat);
  monitor.end();
  monitor.push(beat);
  assertEquals(lines, ["info: Attached", "info: Attached"]);
});
