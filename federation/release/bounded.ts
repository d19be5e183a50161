/**
 * From operators' totals to a sum that no operator moves by more than the diameter of its group: the only thing the
 * accountant takes.
 *
 * @module
 */

import { type Group, radiusUnits, UNITS } from "./public.ts";
import { partKey, type Totals } from "./totals.ts";

let make: (values: readonly number[]) => BoundedSum;

/** A sum of bounded values; it can only be made here. In it two operators, or one and none, are at most UNITS apart. */
export class BoundedSum {
  readonly #values: readonly number[];

  private constructor(values: readonly number[]) {
    this.#values = values;
  }

  static {
    make = (values) => new BoundedSum(values);
  }

  /** How many numbers it has. */
  get length(): number {
    return this.#values.length;
  }

  /** The exact values, for the accountant. */
  static read(sum: BoundedSum): readonly number[] {
    return sum.#values;
  }
}

/** How many operators there are, in units. Those with fewer than two nodes count half, here and in every sum. */
export function countOperators(operators: readonly Totals[]): BoundedSum {
  return make([operators.reduce((sum, totals) => sum + UNITS * weightOf(totals), 0)]);
}

/** What an operator says of one question: how much of it, from 0 to 1. */
export interface Share {
  /** How much. */
  readonly share: number;
  /** Fewer than two nodes stand behind it. */
  readonly isThin: boolean;
}

/** How many operators say yes, in units; whatever one says, it is one at most, and a half with fewer than two nodes. */
export function countShares(operators: readonly Share[]): BoundedSum {
  return make([operators.reduce((sum, { share, isThin }) => {
    const whole = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
    return sum + Math.trunc(whole * (isThin ? UNITS / 2 : UNITS));
  }, 0)]);
}

/** The sum over operators of how far each is from the centre (or from 0), each cut to the radius. */
export function addUp(
  group: Group,
  operators: readonly Totals[],
  centre: readonly number[] | undefined,
): BoundedSum {
  const sum = group.parts.map(() => 0);
  for (const totals of operators) {
    const values = valuesOf(group, totals);
    if (values === undefined) continue;
    bounded(group, values.map((value, i) => value - (centre?.[i] ?? 0))).forEach((units, i) =>
      sum[i]! += units
    );
  }
  return make(sum);
}

/** An operator's value of each part, from 0 to 1; `undefined` if it says nothing of the group. */
export function valuesOf({ parts, from }: Group, { sums }: Totals): number[] | undefined {
  const found = parts.map((part) => sums[partKey(part)]);
  if (found.every((each) => each === undefined)) return undefined;
  if (from === "mean") return found.map((each) => each === undefined ? 0 : each[0] / each[1]);
  const whole = found.reduce((total, each) => total + (each?.[0] ?? 0), 0);
  return whole === 0 ? undefined : found.map((each) => (each?.[0] ?? 0) / whole);
}

/** Integers in the ball. Rounded towards its middle, and looked at again: here no rounding may be forgotten. */
export function bounded(group: Group, away: readonly number[]): number[] {
  const radius = radiusUnits(group);
  const isInOrthant = group.centre === undefined;
  const whole = away.map((value) => {
    const finite = Number.isFinite(value) ? value : 0;
    return (isInOrthant ? Math.max(0, finite) : finite) / group.radius * radius;
  });
  const length = Math.hypot(...whole);
  let shrink = length > radius ? radius / length : 1;
  while (true) {
    const units = whole.map((value) => Math.trunc(value * shrink));
    if (units.reduce((sum, value) => sum + value * value, 0) <= radius * radius) return units;
    shrink *= 0.999;
  }
}

function weightOf({ bins, thin }: Totals): number {
  return thin * 2 > bins ? 0.5 : 1;
}
