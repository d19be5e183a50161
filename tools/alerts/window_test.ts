import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { seeded } from "../../demo/scenarios/random.ts";
import { median } from "../../runtime/median.ts";
import { Band, fixed } from "./band.ts";
import { Novelty } from "./novelty.ts";
import { KeyedWindow, OTHER_KEYS, Window } from "./window.ts";

const NOW = 1_750_939_200_000;

Deno.test("Window sums what lies in its length, to a thirtieth of it", () => {
  const random = seeded(3);
  const window = new Window(60_000);
  const all: number[] = [];
  for (let now = NOW; now < NOW + 3_600_000; now += random.below(5000)) {
    window.add(now);
    all.push(now);
    const sum = window.sum(now);
    const inAll = all.filter((at) => at > now - 60_000).length;
    const inLess = all.filter((at) => at > now - 58_000).length;
    if (sum < inLess || sum > inAll) throw new Error(`${sum} is not from ${inLess} to ${inAll}`);
  }
  assertEquals(window.sum(NOW + 7_200_000), 0);
});

Deno.test("KeyedWindow forgets keys with their time, and keeps at most 10,000 apart", () => {
  const window = new KeyedWindow(60_000);
  for (let i = 0; i < 15_000; i++) window.add(`key ${i}`, NOW);
  window.add("key 3", NOW + 2500, 5);
  assertEquals(window.sums(NOW + 2500).size, 10_001);
  assertEquals(window.sums(NOW + 2500).get(OTHER_KEYS), 5000);
  assertEquals(window.sums(NOW + 2500).get("key 3"), 6);
  assertEquals([...window.sums(NOW + 60_500)], [["key 3", 5]]);
  assertEquals([...window.sums(NOW + 63_000)], []);
});

Deno.test("Novelty knows what it saw, takes nearly nothing new for known, and forgets after long", () => {
  const novelty = new Novelty();
  let wrong = 0;
  for (let i = 0; i < 50_000; i++) if (!novelty.isNew(`10.0.${i}:8333`)) wrong++;
  assertLess(wrong, 50);
  for (let i = 0; i < 50_000; i++) assertEquals(novelty.isNew(`10.0.${i}:8333`), false);
  for (let i = 0; i < 250_000; i++) novelty.isNew(`other ${i}`);
  assertEquals(novelty.isNew("10.0.1:8333"), true);
});

/** A band that saw values around 100 for an hour. */
function warm(side: "above" | "below", limit: number): { band: Band; now: number } {
  const band = new Band({ side, limit, factor: 2 });
  let now = NOW;
  for (let i = 0; i < 60; i++, now += 60_000) band.judge(now, 100 + i % 3);
  return { band, now };
}

Deno.test("Band tells what is far from usual, and before it learned only what is far beyond the limit", () => {
  const cold = new Band({ side: "above", limit: 50, factor: 2 });
  assertLess(cold.judge(NOW, 100).level, 1);
  assertGreater(cold.judge(NOW, 160).level, 1);
  const { band, now } = warm("above", 50);
  const { level, limit, usual } = band.judge(now, 150);
  assertEquals(usual, 101);
  assertEquals(limit, 202);
  assertEquals(level, 150 / 202);
  assertGreater(band.judge(now, 300).level, 1);
});

Deno.test("Band has a limit below which nothing is unusual", () => {
  const { band, now } = warm("above", 1000);
  assertLess(band.judge(now, 900).level, 1);
});

Deno.test("Band tells what is missing, once it knows what is usual", () => {
  assertEquals(new Band({ side: "below", limit: Infinity, factor: 2 }).judge(NOW, 0).usual, undefined);
  const { band, now } = warm("below", Infinity);
  assertLess(band.judge(now, 60).level, 1);
  assertGreater(band.judge(now, 40).level, 1);
  assertEquals(band.judge(now, 0).level, Infinity);
});

Deno.test("Band does not take two hours of attack for usual, and does some days of it", () => {
  const { band, now } = warm("above", 50);
  let at = now;
  for (; at < now + 2 * 3_600_000; at += 60_000) assertGreater(band.judge(at, 10_000).level, 1);
  for (; at < now + 86_400_000 * 3; at += 60_000) band.judge(at, 10_000);
  assertLess(band.judge(at, 10_000).level, 1);
});

Deno.test("fixed() and median() know the edges", () => {
  assertEquals(fixed({ side: "below", limit: 5 }, 5).level, 1);
  assertEquals(fixed({ side: "below", limit: 5 }, 0).level, Infinity);
  assertEquals(fixed({ side: "above", limit: 5 }, 0).level, 0);
  assertEquals([median([3]), median([4, 1]), median([9, 1, 2])], [3, 2.5, 2]);
});
