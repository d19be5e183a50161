import { assertEquals } from "@std/assert";
import { Condition } from "./condition.ts";
import type { Measured } from "./rule.ts";

const STEP = 10_000;
const MINUTE = 60_000;

/** The changes that a row of levels, one every ten seconds, makes; `undefined` is no answer. */
function changes(levels: readonly (number | undefined)[], holdMs = 0): string[] {
  const condition = new Condition({ holdMs }, 15 * MINUTE);
  return levels.flatMap((level, i) => {
    const measured: Measured | undefined = level === undefined
      ? undefined
      : { level, limit: 1, value: level, usual: undefined, what: "" };
    const change = condition.step(i * STEP, measured);
    return change === undefined ? [] : [`${change} at ${i * STEP / 1000} s`];
  });
}

function steps(minutes: number, level: number | undefined): (number | undefined)[] {
  return new Array(minutes * 6).fill(level);
}

Deno.test("Condition fires at the limit and ends after five minutes well below it", () => {
  assertEquals(changes([...steps(1, 0), ...steps(2, 1), ...steps(10, 0.5)]), [
    "fires at 60 s",
    "clears at 480 s",
  ]);
});

Deno.test("Condition waits for as long as the rule says, without a break", () => {
  const twoMinutes = 2 * MINUTE;
  assertEquals(changes([...steps(1, 2), 0.9, ...steps(1, 2), 0.9], twoMinutes), []);
  assertEquals(changes(steps(3, 2), twoMinutes), ["fires at 120 s"]);
});

Deno.test("Condition fires once while the level sways around the limit", () => {
  const swaying = Array.from({ length: 600 }, (_, i) => i % 2 === 0 ? 1.2 : 0.7);
  assertEquals(changes(swaying), ["fires at 0 s"]);
  assertEquals(changes([2, ...steps(60, 0.9)]), ["fires at 0 s"], "nor just below it");
});

Deno.test("Condition rests after its end, and fires again if it still must", () => {
  const again = [...steps(1, 2), ...steps(6, 0), ...steps(30, 2)];
  assertEquals(changes(again), ["fires at 0 s", "clears at 360 s", "fires at 1260 s"]);
});

Deno.test("Condition outlives a pause of answers, and ends when nothing is heard for half an hour", () => {
  assertEquals(changes([2, ...steps(20, undefined), ...steps(1, 2)]), ["fires at 0 s"]);
  assertEquals(changes([2, ...steps(40, undefined)]), ["fires at 0 s", "is silent at 1800 s"]);
});

Deno.test("Condition takes no answer for no proof", () => {
  assertEquals(changes([2, undefined, 2, undefined], STEP), []);
  assertEquals(changes([NaN, NaN, NaN]), []);
});
