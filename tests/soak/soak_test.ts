import { assertEquals, assertGreater, assertLess, assertMatch } from "@std/assert";
import { tracingTest } from "../integration/ebpf_fixture.ts";
import { draw } from "./drawing.ts";
import { growth, judge } from "./judge.ts";
import { reportText } from "./report.ts";
import { soak } from "./soak.ts";
import type { Sample } from "./watch.ts";

const MIB = 1024 * 1024;

/** Twenty minutes of a process. */
function samples(
  mebibytes: (minute: number) => number,
  openFiles: (minute: number) => number = () => 25,
): Sample[] {
  return Array.from({ length: 400 }, (_, i) => {
    const minute = i / 20;
    const residentBytes = mebibytes(minute) * MIB;
    return { seconds: 3 * i, residentBytes, cpuSeconds: 0.06 * i, openFiles: openFiles(minute) };
  });
}

function problemsOf(...args: Parameters<typeof samples>): readonly string[] {
  return judge({ name: "p", samples: samples(...args), weights: [] }).problems;
}

Deno.test("judge() finds a leak, and growth before the end of the warm-up is none", () => {
  assertEquals(problemsOf((minute) => 80 + 2 * minute), [
    "p: memory grew by 26.6 MiB after the warm-up, more than 16.0 MiB",
  ]);
  assertEquals(problemsOf((minute) => 80 + 20 * Math.min(minute, 6)), []);
});

Deno.test("judge() is not moved by the saw-tooth of a garbage collector, nor by a peak", () => {
  const sawTooth = (minute: number) => 80 + 30 * (minute / 3 % 1);
  assertEquals(problemsOf(sawTooth), []);
  assertEquals(problemsOf((minute) => minute > 17 && minute < 19 ? 900 : 80), []);
  assertEquals(problemsOf((minute) => sawTooth(minute) + 2 * minute).length, 1);
});

Deno.test("judge() finds files that stay open, not those that come and go", () => {
  assertEquals(problemsOf(() => 80, (minute) => 25 + Math.floor(minute)), [
    "p: at least 31 open files at first, 41 at the end",
  ]);
  assertEquals(problemsOf(() => 80, (minute) => minute * 10 % 2 < 1 ? 25 : 90), []);
});

Deno.test("judge() finds a leak that V8's own room hides, by what is alive", () => {
  const all = samples((minute) => minute < 10 ? 80 : 120);
  const leak = [7, 9, 12, 14, 17, 20].map((minute) => ({
    seconds: 60 * minute,
    bytes: (20 + minute / 2) * MIB,
  }));
  const flat = leak.map(({ seconds }, i) => ({ seconds, bytes: (20 + i % 2) * MIB }));
  assertEquals(judge({ name: "p", samples: all, weights: flat }).problems, []);
  assertEquals(judge({ name: "p", samples: all, weights: leak }).problems, [
    "p: what is alive grew by 6.5 MiB after the warm-up, more than 4.0 MiB",
  ]);
});

Deno.test("judge() says nothing about growth after a short run", () => {
  const short = samples((minute) => 80 + 50 * minute).slice(0, 90);
  const { grownBytes, problems } = judge({ name: "p", samples: short, weights: [] });
  assertEquals([grownBytes, problems], [undefined, []]);
});

Deno.test("growth() is what a steady line grows", () => {
  const line = Array.from({ length: 400 }, (_, i) => ({ seconds: 3 * i, bytes: 1000 + 5 * i }));
  assertEquals(growth(line).toFixed(3), (5 * 399).toFixed(3));
  assertEquals(growth([]), 0);
});

Deno.test("draw() draws every process within its frame", () => {
  const svg = draw([{ name: "uplink", samples: samples((minute) => 80 + minute), weights: [] }]);
  const [, path] = /<path class="memory" d="M([^"]+)"/.exec(svg)!;
  const points = path!.split("L").map((point) => point.split(" ").map(Number) as [number, number]);
  assertGreater(points.length, 100);
  for (const [x, y] of points) {
    assertLess(Math.abs(x - 355), 155.1);
    assertLess(Math.abs(y - 49), 15.1);
  }
  assertMatch(svg, />uplink<.*>100 MiB<.*>2\.0 %<.*>20 min</s);
});

await tracingTest(
  "soak: everything that is made arrives everywhere, and nothing is said to be lost",
  async () => {
    const lines: string[] = [];
    const result = await soak({
      seconds: 3,
      messagesPerSecond: 200,
      sampleEveryMs: 500,
      rhythm: { block: 4, visit: 2 },
      say: (line) => lines.push(line),
      signal: new AbortController().signal,
    });
    assertEquals(result.problems, [], lines.join("\n"));
    const made = Object.fromEntries(result.totals.map(({ what, shouldBe }) => [what, shouldBe]));
    assertGreater(made["message events in the archive"]!, 200);
    assertGreater(made["lines about blocks in the log"]!, 0);
    assertGreater(made["transactions that the node announced"]!, 0);
    assertGreater(made["bins that the hub has of both operators"]!, 0);
    for (const { name, samples } of result.watched) assertGreater(samples.length, 2, name);
    const text = reportText(result, { date: "2026-11-21", cores: 2, deno: "2.9.6", load: 1 });
    assertMatch(text, /with 200 messages a second.*No problem was found\./s);
  },
  ["bitcoind", "nats-server"],
);
