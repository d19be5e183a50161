import { assertEquals } from "@std/assert";
import { counter, gauge, histogram, open } from "./definition.ts";
import { CounterFamily, GaugeFamily, HistogramFamily } from "./family.ts";

const folds: string[] = [];
const onFold = (metric: string) => folds.push(metric);

function lines(family: CounterFamily | GaugeFamily): string[] {
  return family.get().values.map(({ labels, value }) => `${JSON.stringify(labels)} ${value}`);
}

Deno.test("a family counts what is beyond its cap as other, says so, and keeps what is known apart", () => {
  folds.length = 0;
  const labels = { direction: ["in", "out"], agent: open("known") };
  const family = new CounterFamily("agents", counter("Agents", { labels, cap: 2 }), onFold);
  for (const agent of ["a", "b", "c", "a", "d", "known"]) family.at("in", agent).add(1);
  family.at("out", "e").add(1);
  assertEquals(lines(family), [
    '{"agent":"a","direction":"in"} 2',
    '{"agent":"b","direction":"in"} 1',
    '{"agent":"other","direction":"in"} 2',
    '{"agent":"known","direction":"in"} 1',
    '{"agent":"other","direction":"out"} 1',
  ]);
  assertEquals(folds, ["agents", "agents", "agents"]);
});

Deno.test("a family folds all values of a series that are not known", () => {
  const labels = { id: open(), message: open() };
  const family = new CounterFamily("m", counter("M", { labels, cap: 1 }), onFold);
  for (const id of ["1", "2", "3"]) family.at(id, "same").add(1);
  assertEquals(lines(family), ['{"id":"1","message":"same"} 1', '{"id":"other","message":"other"} 2']);
});

Deno.test("a family keeps labels apart whatever is in them, and cuts long ones", () => {
  const family = new CounterFamily("m", counter("M", { labels: { b: open(), a: open() } }), onFold);
  family.at("x\u0000y", "z").add(1);
  family.at("😀".repeat(200), "").add(1);
  const [first, second] = family.get().values;
  assertEquals(first!.labels, { a: "z", b: "x\u0000y" });
  assertEquals(String(second!.labels.b).length, 256);
  assertEquals(String(second!.labels.b).isWellFormed(), true);
});

Deno.test("a counter never goes back", () => {
  const family = new CounterFamily("m", counter("M"), onFold);
  for (const by of [5, -3, NaN]) family.at().add(by);
  assertEquals(lines(family), ["{} 5"]);
});

Deno.test("a gauge that is replaced keeps the largest values and adds up the rest", () => {
  const family = new GaugeFamily("m", gauge("M", { labels: { port: open("8333") }, cap: 2 }), onFold);
  family.replace([{ at: ["1"], value: 1 }]);
  family.replace(["2", "3", "4", "5", "8333"].map((port, i) => ({ at: [port], value: i + 1 })));
  assertEquals(
    new Set(lines(family)),
    new Set(['{"port":"8333"} 5', '{"port":"5"} 4', '{"port":"4"} 3', '{"port":"other"} 3']),
  );
});

Deno.test("a histogram counts a value in the first bucket that is not below it, and all below are in the next", () => {
  const family = new HistogramFamily("m", histogram("M", [0, 1, 10]), onFold);
  for (const value of [0, 0.5, 1, 1.5, 10, 11]) family.at().observe(value);
  family.at().observe(1, 2);
  const values = family.get().values.map(({ metricName, labels, value }) =>
    `${metricName} ${labels.le ?? ""} ${value}`
  );
  assertEquals(values, [
    "m_bucket 0 1",
    "m_bucket 1 5",
    "m_bucket 10 7",
    "m_bucket +Inf 8",
    "m_sum  26",
    "m_count  8",
  ]);
});
