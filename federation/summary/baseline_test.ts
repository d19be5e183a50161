import { assertEquals } from "@std/assert";
import { Anomaly } from "../../proto/federation/schema.ts";
import { Baseline, RULES } from "./baseline.ts";

const one = (anomaly: number, value: number) => new Map([[anomaly, value]]);

function used(anomaly: number, values: readonly number[]): Baseline {
  const baseline = new Baseline();
  for (const value of values) baseline.learn(one(anomaly, value));
  return baseline;
}

const day = (around: number) => Array.from({ length: 144 }, (_, i) => around * (0.9 + (i % 5) * 0.05));

Deno.test("every anomaly of the schema has a rule", () => {
  assertEquals([...RULES.keys()].sort((a, b) => a - b), Object.values(Anomaly).sort((a, b) => a - b));
});

Deno.test("what is far above the usual is out of the ordinary, what is a bit above is not", () => {
  const baseline = used(Anomaly.ADDR_FLOOD, day(10_000));
  assertEquals(baseline.judge(one(Anomaly.ADDR_FLOOD, 12_000)), []);
  assertEquals(baseline.judge(one(Anomaly.ADDR_FLOOD, 40_000)), [Anomaly.ADDR_FLOOD]);
});

Deno.test("far above very little is still very little", () => {
  assertEquals(used(Anomaly.ADDR_FLOOD, day(10)).judge(one(Anomaly.ADDR_FLOOD, 4000)), []);
});

Deno.test("before anything is usual nothing is out of the ordinary, but a mutated block always is", () => {
  const baseline = used(Anomaly.PING_STRESS, [1, 1, 1]);
  assertEquals(baseline.judge(one(Anomaly.PING_STRESS, 1e9)), []);
  assertEquals(baseline.judge(one(Anomaly.MUTATED_BLOCKS, 1)), [Anomaly.MUTATED_BLOCKS]);
});

Deno.test("inbound peers that go are out of the ordinary, unless there were few", () => {
  assertEquals(used(Anomaly.INBOUND_DROP, day(80)).judge(one(Anomaly.INBOUND_DROP, 30)), [
    Anomaly.INBOUND_DROP,
  ]);
  assertEquals(used(Anomaly.INBOUND_DROP, day(80)).judge(one(Anomaly.INBOUND_DROP, 70)), []);
  assertEquals(used(Anomaly.INBOUND_DROP, day(10)).judge(one(Anomaly.INBOUND_DROP, 0)), []);
});

Deno.test("an attack of half a day does not become usual, a new normal does", () => {
  const baseline = used(Anomaly.ADDR_FLOOD, day(10_000));
  const flood = one(Anomaly.ADDR_FLOOD, 200_000);
  for (let bin = 0; bin < 90; bin++) {
    assertEquals(baseline.judge(flood), [Anomaly.ADDR_FLOOD]);
    baseline.learn(flood);
  }
  const grown = one(Anomaly.ADDR_FLOOD, 19_000);
  for (let bin = 0; bin < 144; bin++) baseline.learn(grown);
  assertEquals(baseline.judge(one(Anomaly.ADDR_FLOOD, 30_000)), []);
});

Deno.test("a baseline goes on where it was saved, through JSON and as numbers alone", () => {
  const baseline = used(Anomaly.ADDR_FLOOD, day(10_000));
  const text = JSON.stringify(baseline.save());
  assertEquals(/^[[\],.\d]*$/.test(text), true);
  const restored = new Baseline();
  restored.restore(JSON.parse(text));
  assertEquals(restored.save(), baseline.save());
  assertEquals(restored.judge(one(Anomaly.ADDR_FLOOD, 40_000)), [Anomaly.ADDR_FLOOD]);
});

Deno.test("what is no saved baseline is left out", () => {
  const baseline = new Baseline();
  const broken = [null, 7, "x", {}, [1], [[]], [["a"]], [[99, 1]], [[1, "x", null, -1, NaN, { a: 1 }]], [[1, [
    2,
  ]]]];
  for (const saved of broken) baseline.restore(saved);
  assertEquals(baseline.save(), [[1]]);
  baseline.restore([[Anomaly.PING_STRESS, ...new Array(100_000).fill(1)]]);
  assertEquals(baseline.save().map((series) => series.length), [1, 145]);
});
