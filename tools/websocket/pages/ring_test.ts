import { assertEquals } from "@std/assert";
import { Bounded, Ring, Sums, Tally } from "./ring.ts";

Deno.test("Ring keeps the last items, and gives them from either end", () => {
  const ring = new Ring<number>(3);
  assertEquals([[...ring], ring.last], [[], undefined]);
  for (const item of [1, 2, 3, 4, 5]) ring.push(item);
  assertEquals([...ring], [3, 4, 5]);
  assertEquals([...ring.newest()], [5, 4, 3]);
  assertEquals([ring.last, ring.size, ring.added], [5, 3, 5]);
});

Deno.test("Ring that is not full yet begins at its first item", () => {
  const ring = new Ring<number>(5);
  ring.push(1);
  ring.push(2);
  assertEquals([[...ring], [...ring.newest()], ring.last], [[1, 2], [2, 1], 2]);
});

Deno.test("Sums forgets what is older than its steps, whatever the gap", () => {
  const sums = new Sums(10);
  for (let second = 100; second < 125; second++) sums.add(second * 1000 + 5, 2);
  assertEquals([sums.at(114), sums.at(115), sums.at(124), sums.at(125)], [0, 2, 2, 0]);
  sums.add(200_000);
  assertEquals([sums.at(124), sums.at(199), sums.at(200)], [0, 0, 1]);
  sums.add(150_000);
  assertEquals(sums.at(150), 0, "too late");
  sums.add(195_000, 3);
  assertEquals(sums.at(195), 3, "late, but in time");
});

Deno.test("Sums.rate() is of whole steps, and of those since it began", () => {
  const sums = new Sums(60);
  assertEquals(sums.rate(100_000, 30), undefined);
  for (let second = 100; second < 105; second++) sums.add(second * 1000, 4);
  assertEquals(sums.rate(105_500, 30), 4);
  assertEquals(sums.rate(110_500, 5), 0);
  assertEquals([sums.covers(99), sums.covers(100)], [false, true]);
});

Deno.test("Bounded forgets what is spent first", () => {
  const map = new Bounded<number, boolean>(3, (spent) => spent);
  map.set(1, false).set(2, true).set(3, false).set(4, true).set(5, false);
  assertEquals([...map.keys()], [1, 3, 5]);
  map.set(6, false).set(6, true);
  assertEquals([...map.keys()], [3, 5, 6]);
});

Deno.test("Tally counts names beyond its bound together", () => {
  const tally = new Tally(2);
  for (const name of ["a", "b", "b", "c", "d", "a", "b"]) tally.add(name);
  assertEquals(tally.sorted(), [["b", 3], ["a", 2], ["other", 2]]);
  assertEquals([tally.total, tally.get("c")], [7, 0]);
});
