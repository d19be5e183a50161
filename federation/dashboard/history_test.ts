import { assertEquals } from "@std/assert";
import type { Feed } from "../../proto/federation/schema.ts";
import { Command, Metric } from "../../proto/federation/schema.ts";
import { DAY, delaysOf, History, quartilesOf, seriesOf, WEEK } from "./history.ts";

const LAST = 3_000_000;

function feed(bin: number, median: number, more: Partial<Feed> = {}): Feed {
  const quartile = { metric: Metric.PEERS_V2, lower: median - 1, median, upper: median + 1 };
  return { bin, quartiles: [quartile], blocks: [], tips: [], incidents: [], ...more };
}

/** A source over feeds; what was asked of it. */
function sourceOf(feeds: readonly Feed[], { ageSeconds = 0, through = LAST } = {}) {
  const asked: [number, number][] = [];
  const source = {
    closeAfterSeconds: 300,
    now: () => ((through + 1) * 600 + 300 + ageSeconds) * 1000,
    closedThrough: () => Promise.resolve(through),
    feeds(from: number, to: number) {
      asked.push([from, to]);
      return Promise.resolve(feeds.filter(({ bin }) => bin >= from && bin <= to));
    },
  };
  return { source, asked };
}

Deno.test("History reads a week once, and then only what is new", async () => {
  const { source, asked } = sourceOf([feed(LAST - WEEK, 1), feed(LAST - WEEK + 1, 2), feed(LAST, 3)]);
  const history = new History(source);
  assertEquals((await history.last(WEEK)).feeds.map(({ bin }) => bin), [LAST - WEEK + 1, LAST]);
  assertEquals((await history.last(DAY)).feeds.map(({ bin }) => bin), [LAST]);
  assertEquals(asked.length, 7, "a day at a time");
  source.closedThrough = () => Promise.resolve(LAST + 1);
  await Promise.all([history.last(DAY), history.last(DAY)]);
  assertEquals(asked.slice(7), [[LAST + 1, LAST + 1]]);
});

Deno.test("History forgets what it read when the store could not be read", async () => {
  const { source } = sourceOf([feed(LAST, 3)]);
  const history = new History(source);
  const working = source.closedThrough;
  source.closedThrough = () => Promise.reject(new Error("away"));
  assertEquals(await history.last(DAY).catch(() => "away"), "away");
  source.closedThrough = working;
  assertEquals((await history.last(DAY)).feeds.length, 1);
});

Deno.test("History says whether there is nothing yet, too little, or nothing new for too long", async () => {
  const state = async (feeds: Feed[], options = {}) => {
    return (await new History(sourceOf(feeds, options).source).lastBin()).state;
  };
  assertEquals(await state([], { through: 0 }), "fresh");
  assertEquals(await state([feed(LAST, 3)]), "current");
  assertEquals(await state([feed(LAST, 3)], { ageSeconds: 700 }), "current");
  assertEquals(await state([feed(LAST, 3)], { ageSeconds: 721 }), "behind");
  assertEquals(await state([feed(LAST - 1, 3), feed(LAST, 3, { quartiles: [] })]), "few");
});

Deno.test("quartilesOf() leaves out what the vocabulary does not have", () => {
  const quartiles = [
    { metric: Metric.MESSAGES, index: Command.INV, lower: 1, median: 2, upper: 3 },
    { metric: Metric.MESSAGES, index: 99, lower: 1, median: 2, upper: 3 },
    { metric: 77, lower: 1, median: 2, upper: 3 },
  ];
  assertEquals([...quartilesOf(feed(1, 1, { quartiles }), "MESSAGES").keys()], [Command.INV]);
});

Deno.test("seriesOf() is the median of each step, delaysOf() the quartiles over its blocks", () => {
  const values = [4, 9, 5, 7, 6, 8];
  const bins = values.map((value, i) => feed(600 + i, value));
  assertEquals(seriesOf([...bins, feed(606, 1)], "PEERS_V2", 6).get(0), [
    { from: 360_000, lower: 5, median: 6, upper: 7 },
    { from: 363_600, lower: 0, median: 1, upper: 2 },
  ]);
  const hash = new Uint8Array(32);
  const blocks = [8, 16, 32, 24].map((share, i) => feed(600 + i, 1, { blocks: [{ hash, shares: [share] }] }));
  assertEquals(delaysOf(blocks, "BELOW_1_S", 6), [{ from: 360_000, lower: 8, median: 16, upper: 24 }]);
  assertEquals(delaysOf(blocks, "ABOVE_15_S", 6), [{ from: 360_000, lower: 0, median: 0, upper: 0 }]);
});
