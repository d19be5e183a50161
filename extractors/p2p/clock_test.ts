import { assertEquals } from "@std/assert";
import { FakeClock } from "./_fake_clock.ts";
import { every } from "./clock.ts";

Deno.test("every() calls at each multiple of the interval until it is called off", () => {
  const clock = new FakeClock();
  const calls: number[] = [];
  const callOff = every(clock, 100, () => calls.push(clock.now()));
  clock.advance(350);
  callOff();
  clock.advance(1000);
  assertEquals(calls, [100, 200, 300]);
});

Deno.test("every() keeps to its multiples after a late call, and does not make up for those it missed", () => {
  const clock = new FakeClock();
  const calls: number[] = [];
  every(clock, 100, () => calls.push(clock.now()));
  clock.skip(130);
  clock.advance(0);
  clock.advance(70);
  clock.skip(350);
  clock.advance(50);
  assertEquals(calls, [130, 200, 550, 600]);
});

Deno.test("every() stops when the call itself calls it off", () => {
  const clock = new FakeClock();
  const callOff: () => void = every(clock, 100, () => callOff());
  clock.advance(100);
  assertEquals(clock.timers, 0);
});
