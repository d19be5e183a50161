import { assert, assertEquals } from "@std/assert";
import * as codec from "../../../proto/federation/codec.ts";
import { encode } from "../../../proto/federation/frame.ts";
import { Delay, Metric, type Summary, TipStatus } from "../../../proto/federation/schema.ts";
import type { StoredSummary } from "../store/store.ts";
import { rootsOf } from "../trees.ts";
import { aggregate } from "./aggregate.ts";

const BIN = 100;
const METRIC = Metric.ADDRESSES;

interface Said extends Partial<Summary> {
  readonly slot: number;
  readonly sponsors?: readonly number[];
}

async function add(said: readonly Said[], k = 3) {
  const roots = rootsOf(said.map(({ slot, sponsors = [] }) => ({ slot, sponsors })));
  return (await aggregate(BIN, stored(said), { k, roots })).feed;
}

async function* stored(said: readonly Said[]): AsyncGenerator<StoredSummary> {
  for (const { slot, sponsors: _, ...summary } of said) {
    const whole = {
      sequence: 1,
      bin: BIN,
      schema: 1,
      thin: false,
      sources: [],
      values: [],
      blocks: [],
      tips: [],
    };
    yield await Promise.resolve({
      slot,
      body: encode(codec.encodeSummary, { ...whole, anomalies: [], ...summary }),
    });
  }
}

const value = (value: number) => ({ values: [{ metric: METRIC, value }] });
const hash = (byte: number) => new Uint8Array(32).fill(byte);

Deno.test("quartiles stand for operators, each with one voice", async () => {
  const { quartiles } = await add([1, 2, 3, 4, 5, 6, 7, 8].map((n) => ({ slot: n, ...value(n) })));
  assertEquals(quartiles, [{ metric: METRIC, index: undefined, lower: 2, median: 4, upper: 6 }]);
});

Deno.test("behind a number that is seen stand at least k operators and k trees", async () => {
  const three = [1, 2, 3].map((slot) => ({ slot, ...value(10) }));
  assertEquals((await add(three, 3)).quartiles.length, 1);
  assertEquals((await add(three, 4)).quartiles, [], "too few operators");
  const oneTree = [
    { slot: 1, ...value(10) },
    ...[2, 3, 4, 5].map((slot) => ({ slot, sponsors: [1], ...value(10) })),
  ];
  assertEquals((await add(oneTree, 3)).quartiles, [], "too few trees");
  assertEquals(
    (await add([{ slot: 1, thin: true, ...value(10) }], 1)).quartiles,
    [],
    "one alone, whatever k is",
  );
});

Deno.test("a number that few say is not seen beside one that many say", async () => {
  const said = [1, 2, 3, 4].map((slot) => ({
    slot,
    values: [
      { metric: METRIC, value: 5 },
      ...slot < 3 ? [{ metric: Metric.MESSAGES, index: 7, value: 9 }] : [],
    ],
  }));
  assertEquals((await add(said)).quartiles.map(({ metric }) => metric), [METRIC]);
});

Deno.test("k−1 liars move a median no further than to what the honest say beside it", async () => {
  const honest = Array.from({ length: 21 }, (_, i) => ({ slot: 1 + i, ...value(10 + i) }));
  for (const lie of [0, 41]) {
    const liars = [101, 102, 103, 104].map((slot) => ({ slot, ...value(lie) }));
    const [{ median } = { median: NaN }] = (await add([...honest, ...liars], 5)).quartiles;
    // Without them it is 20; four liars push it past two of the honest.
    assertEquals(median, lie === 0 ? 18 : 22);
  }
});

Deno.test("a member that makes a thousand others moves a median no further than one liar", async () => {
  const honest = Array.from({ length: 21 }, (_, i) => ({ slot: 1 + i, ...value(10 + i) }));
  const made = Array.from({ length: 1000 }, (_, i) => ({ slot: 1000 + i, sponsors: [999], ...value(41) }));
  const [one] = (await add([...honest, { slot: 999, ...value(41) }])).quartiles;
  const [thousand] = (await add([...honest, { slot: 999, ...value(41) }, ...made])).quartiles;
  assertEquals(thousand!.median, one!.median);
  assert(thousand!.median <= 21);
});

Deno.test("a block is seen as shares of operators, once enough have it", async () => {
  const delays = [Delay.BELOW_1_S, Delay.BELOW_1_S, Delay.BELOW_2_S, Delay.ABOVE_15_S];
  const said = delays.map((delay, i) => ({
    slot: 1 + i,
    blocks: [{ hash: hash(7), delay }, ...i < 2 ? [{ hash: hash(8), delay }] : []],
  }));
  assertEquals((await add(said)).blocks, [{ hash: hash(7), shares: [16, 8, 0, 0, 8] }]);
});

Deno.test("a tip is seen once enough see it, as most see it", async () => {
  const tip = (status: number, height = 900_000) => ({ hash: hash(1), height, status });
  const said = [
    tip(TipStatus.ACTIVE),
    tip(TipStatus.ACTIVE),
    tip(TipStatus.VALID_FORK),
    tip(TipStatus.ACTIVE, 5),
  ];
  assertEquals((await add(said.map((tip, i) => ({ slot: 1 + i, tips: [tip] })))).tips, [
    tip(TipStatus.ACTIVE),
  ]);
  const invented = [1, 2].map((slot) => ({ slot, tips: [tip(TipStatus.INVALID)] }));
  assertEquals((await add(invented)).tips, []);
});

Deno.test("a summary that repeats itself counts once", async () => {
  const twice = {
    blocks: [{ hash: hash(1), delay: 1 }, { hash: hash(1), delay: 1 }, { hash: hash(1), delay: 1 }],
  };
  assertEquals((await add([{ slot: 1, ...twice }, { slot: 2, ...twice }])).blocks, []);
});
