import { assert, assertEquals } from "@std/assert";
import { keyOf } from "../../proto/federation/check.ts";
import { Agent, Behaviour, Command, Metric, Network } from "../../proto/federation/schema.ts";
import { bound, COUNT_KEYS } from "./bound.ts";
import { coarsen, merge, mergeSignals } from "./merge.ts";
import { NodeBin } from "./node_bin.ts";
import type { Tally } from "./withheld.ts";

const agent = (index: number) => keyOf({ metric: Metric.NETGROUPS_BY_AGENT, index });
const spam = keyOf({ metric: Metric.NETGROUPS_BY_BEHAVIOUR, index: Behaviour.PING_SPAM });
const inbound = keyOf({ metric: Metric.PEERS_INBOUND });
const all = new Map(Object.values(Agent).map((index) => [agent(index), 10 + index]));
const group = (i: number) => ({ id: `4 ${i}`, network: Network.IPV4, bytes: undefined });

function bounded(numbers: Map<number, number>, clip: number, keysPerNode: number, order = COUNT_KEYS) {
  const withheld: Tally = new Map();
  const values = bound(numbers, { policy: { clip, keysPerNode }, order, withheld });
  return { values, withheld };
}

Deno.test("bound() clips counts and says so; other numbers stay", () => {
  const { values, withheld } = bounded(new Map([[agent(1), 100], [agent(2), 5], [inbound, 0.5]]), 64, 99);
  assertEquals([...values.values()], [64, 5, 0.5]);
  assertEquals([...withheld], [["counts above the policy's clip", 1]]);
});

Deno.test("bound() leaves out counts beyond the policy's number, by the lot and not by size", () => {
  const ofOrder = (order: readonly number[]) =>
    [...bounded(all, 64, 3, order).values].filter(([, value]) => value > 0).map(([key]) => key);
  const backwards = COUNT_KEYS.toReversed();
  assertEquals(ofOrder(COUNT_KEYS), [agent(1), agent(2), agent(3)]);
  assertEquals(ofOrder(backwards), [agent(15), agent(16), agent(17)]);
  assertEquals(bounded(all, 64, 3).withheld.get("counts beyond the policy's number"), all.size - 3);
});

Deno.test("bound() does not spend the number on counts of nothing", () => {
  const numbers = new Map([[agent(1), 0], [agent(2), 0], [agent(3), 8]]);
  assertEquals(bounded(numbers, 64, 1).values.get(agent(3)), 8);
});

Deno.test("merge() takes the median over nodes, which does not say how many there are", () => {
  const node = (value: number) => new Map([[agent(7), value], [inbound, value / 100]]);
  const merged = merge([node(10), node(20), node(90)], { clip: 64 });
  assertEquals([...merged.numbers], [[agent(7), 20], [inbound, 0.2]]);
  assertEquals(merged.thin, false);
});

Deno.test("merge() adds up behaviours, and clips them once more", () => {
  const node = (value: number) => new Map([[spam, value]]);
  assertEquals(merge([node(3), node(0)], { clip: 64 }).numbers.get(spam), 3);
  assertEquals(merge([node(60), node(60)], { clip: 64 }).numbers.get(spam), 64);
});

Deno.test("merge() is thin with less than two nodes behind any number", () => {
  const policy = { clip: 64 };
  assert(merge([], policy).thin);
  assert(merge([new Map([[spam, 1]])], policy).thin);
  assert(merge([new Map([[spam, 1]]), new Map()], policy).thin);
  assert(!merge([new Map([[spam, 1]]), new Map([[spam, 1]])], policy).thin);
});

Deno.test("mergeSignals() takes the largest", () => {
  assertEquals([...mergeSignals([new Map([[1, 5]]), new Map([[1, 7], [2, 1]])])], [[1, 7], [2, 1]]);
});

Deno.test("coarsen() rounds each number as its metric is said", () => {
  const numbers = new Map([
    [spam, 9],
    [inbound, 0.51],
    [keyOf({ metric: Metric.MESSAGES, index: Command.INV }), 1000],
    [keyOf({ metric: Metric.MEMPOOL_MIN_FEE }), 0.7],
    [keyOf({ metric: Metric.MEMPOOL_BYTES }), 1e18],
  ]);
  assertEquals(coarsen(numbers), [
    { metric: Metric.PEERS_INBOUND, value: 16 },
    { metric: Metric.NETGROUPS_BY_BEHAVIOUR, index: Behaviour.PING_SPAM, value: 16 },
    { metric: Metric.MESSAGES, index: Command.INV, value: 10 },
    { metric: Metric.MEMPOOL_BYTES, value: 41 },
    { metric: Metric.MEMPOOL_MIN_FEE, value: 2 },
  ]);
});

Deno.test("a netgroup adds no more than its share to the traffic", () => {
  const bin = new NodeBin();
  for (const i of [1, 2]) bin.group(group(i))!.messages[Command.PING] = 1e9;
  assertEquals(bin.traffic(Command.PING).messages, 32);
  for (const i of [1, 2]) bin.group(group(i))!.bytes[Command.OTHER_COMMAND] = 1e9;
  assertEquals(bin.traffic(Command.OTHER_COMMAND).bytes, 512);
  bin.group(group(1))!.addresses = 1e6;
  assertEquals(bin.addresses(), 1000);
});

Deno.test("a netgroup counts once in the share of addresses beyond the rate limit; the node knows it better", () => {
  const bin = new NodeBin();
  assertEquals(bin.limitedShare(), undefined);
  Object.assign(bin.group(group(1))!, { addresses: 1e6, addressesLimited: 1e6 });
  Object.assign(bin.group(group(2))!, { addresses: 10, addressesLimited: 0 });
  assertEquals(bin.limitedShare(), 0.5);
  bin.rates.set("4 1", { all: 0, limited: 0 }).set("4 2", { all: 8, limited: 2 });
  assertEquals(bin.limitedShare(), 0.25);
});

Deno.test("netgroups, connections and addresses beyond their bounds are counted and left out", () => {
  const bin = new NodeBin();
  for (let i = 0; i < 10_000; i++) {
    const of = bin.group(group(i));
    if (of !== undefined) bin.acts(i, of);
    bin.opens(Uint8Array.of(1, 2, i >> 8, i));
  }
  const kept = bin.group(group(0))!;
  for (let i = 0; i < 10_000; i++) bin.acts(100_000 + i, kept);
  assertEquals([bin.groups.size, bin.connections], [4096, 8192]);
  assertEquals(Object.fromEntries(bin.withheld), {
    "netgroups beyond the bound": 5904,
    "addresses beyond the bound": 1808,
    "connections beyond the bound": 5904,
  });
});

Deno.test("an address that opens a fourth connection comes again and again", () => {
  const bin = new NodeBin();
  const address = Uint8Array.of(1, 2, 3, 4);
  assertEquals([1, 2, 3, 4].map(() => bin.opens(address)), [false, false, false, true]);
});
