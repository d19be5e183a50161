import { assert, assertEquals } from "@std/assert";
import { metricName, METRICS } from "../../proto/federation/metrics.ts";
import { addUp, bounded, BoundedSum } from "./bounded.ts";
import { type Group, GROUPS, type Part, radiusUnits, UNITS } from "./public.ts";
import { noTotals, partKey, type Totals } from "./totals.ts";

const groups: [string, Group][] = Object.entries(GROUPS);
const WILD = [0, 1, -1, 0.5, 1e-9, 1e9, -1e9, 1e300, -1e300, NaN, Infinity, -Infinity];

function wild(): number {
  return Math.random() < 0.5 ? WILD[Math.floor(Math.random() * WILD.length)]! : Math.random() * 2 - 0.5;
}

function totalsOf({ parts }: Group, value: () => number): Totals {
  return {
    ...noTotals(),
    bins: 1,
    sums: Object.fromEntries(parts.map((part: Part) => [partKey(part), [value(), 1]])),
  };
}

function square(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

for (const [name, group] of groups) {
  Deno.test(`${name}: whatever an operator says, it moves the sum by no more than the diameter`, () => {
    const centre = group.centre;
    const sum = (operators: readonly Totals[]) => BoundedSum.read(addUp(group, operators, centre));
    for (let i = 0; i < 2000; i++) {
      const [a, b, c] = [totalsOf(group, wild), totalsOf(group, wild), totalsOf(group, wild)];
      const [one, other, without] = [sum([a, b]), sum([a, c]), sum([a])];
      const apart = (x: readonly number[], y: readonly number[]) =>
        square(x.map((value, i) => value - y[i]!));
      assert(apart(one, other) <= UNITS * UNITS);
      assert(apart(one, without) <= UNITS * UNITS);
      assert(one.every(Number.isSafeInteger));
    }
  });

  Deno.test(`${name}: what is inside the ball is not changed by more than a unit`, () => {
    const away = group.parts.map(() => group.radius / 2 / Math.sqrt(group.parts.length));
    for (const units of bounded(group, away)) {
      assert(Math.abs(units - radiusUnits(group) / 2 / Math.sqrt(group.parts.length)) <= 1);
    }
  });

  Deno.test(`${name}: each part is something that members see`, () => {
    for (const part of group.parts) {
      if (part.metric === undefined) continue;
      const { parts } = METRICS[metricName(part.metric)!];
      assert(parts === undefined ? part.index === 0 : Object.values(parts).includes(part.index));
    }
    assertEquals(new Set(group.parts.map(partKey)).size, group.parts.length);
    assertEquals(group.centre?.length ?? group.parts.length, group.parts.length);
  });
}
