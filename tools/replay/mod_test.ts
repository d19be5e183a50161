import { assertEquals, assertStringIncludes } from "@std/assert";
import { MemoryBus } from "../../runtime/bus/memory.ts";
import { type Component, component } from "../../runtime/component.ts";
import { runComponents } from "../../runtime/runner.ts";
import { GOLDEN, plainArchive, temporaryFolder, uptime } from "../../tests/parts/archives.ts";
import { message, varint } from "../../proto/golden/assemble.ts";
import { nodeOf } from "../../proto/subjects.ts";
import replay from "./mod.ts";
import { Burst } from "./burst.ts";
import { Pace } from "./pace.ts";

const DEFAULTS = Object.fromEntries(
  Object.entries(replay.options).map(([name, option]) => [name, option.default]),
);

/** Replays bytes to a tool that only listens, to the end of the process. */
async function play(archives: readonly Uint8Array[], options: object = {}, nodes: string[] = []) {
  await using folder = await temporaryFolder();
  const files = await Promise.all(archives.map(async (bytes, i) => {
    const path = `${folder.path}/${i}.bin`;
    await Deno.writeFile(path, bytes);
    return path;
  }));
  await using bus = new MemoryBus({ maxEvents: 4000, maxBytes: 1e9 });
  const got: { subject: string; data: Uint8Array }[] = [];
  const tool = component({
    summary: "Listens",
    example: "tool",
    options: {},
    async run({ subscribe }) {
      for await (const delivery of subscribe()) {
        if (got.length % 500 === 0) await new Promise((turn) => setTimeout(turn, 1));
        got.push(delivery);
      }
    },
  });
  const lines: string[] = [];
  const counts = new Map<string, number>();
  const succeeded = await runComponents({
    tasks: [
      { name: "tool", component: tool as Component, values: {} },
      {
        name: "replay",
        component: replay as Component,
        values: { ...DEFAULTS, speed: Infinity, ...options, files },
        isSource: true,
      },
    ],
    bus,
    nodes,
    sink: ({ message }) => lines.push(message),
    signal: new AbortController().signal,
    onEnd: (_, snapshot) => snapshot.counts.forEach((times, what) => counts.set(what, times)),
  });
  return { got, lines, counts, succeeded, stats: bus.stats() };
}

Deno.test("replay puts every event on the bus as it was, in order, and ends with the tools", async () => {
  const { got, succeeded } = await play([plainArchive(GOLDEN), plainArchive(GOLDEN.slice(0, 3))]);
  assertEquals(succeeded, true);
  assertEquals(got.map(({ data }) => data), [...GOLDEN, ...GOLDEN.slice(0, 3)]);
});

Deno.test("replay as fast as possible loses nothing to a tool that is slower than its queue is long", async () => {
  const events = Array.from({ length: 10_000 }, (_, i) => uptime(i + 1, i));
  const { got, stats } = await play([plainArchive(events)]);
  assertEquals([got.length, stats.dropped], [10_000, 0]);
});

Deno.test("replay selects by group and time, and publishes for a node", async () => {
  const events = [uptime(999, 1), uptime(1000, 2), GOLDEN[0]!, uptime(1999, 3), uptime(2000, 4)];
  const { got } = await play([plainArchive(events)], { only: ["rpc"], since: 1000, until: 2000 }, ["past"]);
  assertEquals(got.map(({ data }) => data), [events[1]!, events[3]!]);
  assertEquals(got.map(({ subject }) => nodeOf(subject)), ["past", "past"]);
});

Deno.test("replay counts what it leaves out, tells of what is unfinished, and fails for what is broken", async () => {
  const noMember = message(varint(10, 5));
  const whole = plainArchive([GOLDEN[0]!, Uint8Array.of(0xff), noMember, GOLDEN[1]!]);
  const cut = plainArchive([GOLDEN[0]!, GOLDEN[1]!]).subarray(0, -1);
  const fine = await play([whole, cut]);
  assertEquals([fine.got.length, fine.succeeded], [3, true]);
  assertEquals([...fine.counts], [["refused: truncated", 1], ["without a known member", 1]]);
  assertStringIncludes(fine.lines.join("\n"), "is unfinished: it ends after 1 events");
  const broken = await play([message(cut, new Uint8Array(200_000)), new Uint8Array(3), whole]);
  assertEquals(broken.succeeded, false);
  assertStringIncludes(broken.lines.join("\n"), "2 of 3 inputs could not be read");
});

Deno.test("replay --replay.speed takes numbers and max, and nothing else", () => {
  const { parse } = replay.options.speed;
  assertEquals(["1", "0.5", "60", "max"].map(parse), [1, 0.5, 60, Infinity]);
  for (const bad of ["0", "-1", "1e3", "fast", "", "Infinity"]) {
    let refused = false;
    try {
      parse(bad);
    } catch {
      refused = true;
    }
    assertEquals(refused, true, bad);
  }
});

Deno.test("Pace makes events wait as long as they did, divided by the speed, and never twice", async () => {
  let now = 5000;
  const pace = new Pace(10, () => now);
  assertEquals(pace.isEarly(1_000_000), false, "the first event starts the clock");
  assertEquals(pace.isEarly(1_000_005), false, "half a millisecond is not worth a timer");
  assertEquals(pace.isEarly(1_001_000), true);
  now += 100;
  assertEquals(pace.isEarly(1_001_000), false, "due");
  assertEquals(pace.isEarly(1_000_500), false, "older than the one before");
  assertEquals(pace.isEarly(1_001_100), true);
  const stop = new AbortController();
  const waiting = pace.wait(stop.signal);
  stop.abort();
  await waiting;
  assertEquals(new Pace(Infinity, () => now).isEarly(Number.MAX_SAFE_INTEGER), false);
});

Deno.test("Burst ends by events and by bytes", () => {
  const burst = new Burst();
  const lengths = (bytes: number, count: number) => Array.from({ length: count }, () => burst.isOver(bytes));
  assertEquals(lengths(1, 1001).indexOf(true), 1000);
  assertEquals(lengths(600_000, 3), [false, true, true]);
});
