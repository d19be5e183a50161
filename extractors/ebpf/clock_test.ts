import { assertEquals } from "@std/assert";
import { Clock } from "./clock.ts";

const START = 1_700_000_000_000;

Deno.test("Clock takes the quickest of the last records as the truth", () => {
  const clock = new Clock();
  for (const [second, delay] of [[0, 40], [1, 5], [2, 900], [3, 30]] as const) {
    clock.observe((100 + second) * 1e9, START + second * 1000 + delay);
  }
  assertEquals(clock.toUnixMs(103e9), START + 3005);
});

Deno.test("Clock follows a wall clock that is set, forwards within 20 s and backwards at once", () => {
  const clock = new Clock();
  for (let second = 0; second < 60; second++) clock.observe(second * 1e9, START + second * 1000);
  for (let second = 60; second < 81; second++) clock.observe(second * 1e9, START + second * 1000 + 5000);
  assertEquals(clock.toUnixMs(81e9), START + 86_000);
  clock.observe(81e9, START + 81_000 - 7000);
  assertEquals(clock.toUnixMs(82e9), START + 75_000);
});

Deno.test("Clock begins anew after a restart of the machine that bpftrace runs on", () => {
  const clock = new Clock();
  clock.observe(1e15, START);
  clock.observe(10e9, START + 60_000);
  assertEquals(clock.toUnixMs(11e9), START + 61_000);
});
