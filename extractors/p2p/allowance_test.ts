import { assertEquals } from "@std/assert";
import { FakeClock } from "./_fake_clock.ts";
import { Allowance } from "./allowance.ts";

Deno.test("Allowance gives so much at once, and then so much a second", () => {
  const clock = new FakeClock();
  const allowance = new Allowance({ perSecond: 10, atOnce: 100 }, clock);
  assertEquals([allowance.take(100), allowance.take(1)], [true, false]);
  clock.skip(1000);
  assertEquals([allowance.take(10), allowance.take(1)], [true, false]);
  clock.skip(100);
  assertEquals(allowance.take(1), true);
});

Deno.test("Allowance does not save up more than it gives at once", () => {
  const clock = new FakeClock();
  const allowance = new Allowance({ perSecond: 10, atOnce: 100 }, clock);
  clock.skip(3_600_000);
  assertEquals([allowance.take(101), allowance.take(100), allowance.take(1)], [false, true, false]);
});
