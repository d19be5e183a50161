import { assertEquals } from "@std/assert";
import { EventClock } from "./clock.ts";

const NOW = 1_750_939_200_000;
const MINUTE = 60_000;

function clockAt(now: number): EventClock {
  const clock = new EventClock();
  assertEquals(clock.advance(now), "restarts");
  return clock;
}

Deno.test("EventClock takes late events and does not go back", () => {
  const clock = clockAt(NOW);
  assertEquals(clock.advance(NOW + 10 * MINUTE), "passes");
  assertEquals(clock.advance(NOW + 9 * MINUTE), "passes");
  assertEquals(clock.now, NOW + 10 * MINUTE);
});

Deno.test("EventClock is not moved by single events with a wrong time, however many", () => {
  const clock = clockAt(NOW);
  for (let i = 1; i < 1000; i++) {
    assertEquals(clock.advance(NOW + 1000 * 86_400_000 + i), "disbelieved");
    assertEquals(clock.advance(NOW - 1000 * 86_400_000 + i), "disbelieved");
    assertEquals(clock.advance(NOW + i), "passes");
  }
});

Deno.test("EventClock starts anew after a gap that many events agree on, or few that are far apart", () => {
  const busy = clockAt(NOW);
  const verdicts = Array.from({ length: 50 }, (_, i) => busy.advance(NOW + 3 * 3_600_000 + i));
  assertEquals(new Set(verdicts.slice(0, -1)), new Set(["disbelieved"]));
  assertEquals(verdicts.at(-1), "restarts");

  const slow = clockAt(NOW);
  const later = [0, 31, 62].map((minutes) => slow.advance(NOW + 3 * 3_600_000 + minutes * MINUTE));
  assertEquals(later, ["disbelieved", "disbelieved", "restarts"]);
});

Deno.test("EventClock starts anew when another recording is played, which lies in the past", () => {
  const clock = clockAt(NOW);
  for (let i = 0; i < 50; i++) clock.advance(NOW - 86_400_000 + i);
  assertEquals(clock.now, NOW - 86_400_000 + 49);
});

for (const time of [0, 1, -1, NaN, Infinity, 2 ** 53, 1.8e19, Date.UTC(9999, 0, 1)]) {
  Deno.test(`EventClock never believes ${time}`, () => {
    const clock = clockAt(NOW);
    for (let i = 0; i < 100; i++) assertEquals(clock.advance(time), "disbelieved");
    assertEquals(new EventClock().advance(time), "disbelieved");
  });
}
