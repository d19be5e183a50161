/**
 * What a policy means: the attacker's advantage, and the error of each number. Both before anything is signed.
 *
 * An attacker who guesses whether one operator took part, and moves its numbers as far as they can be moved, is right by
 * at most `2·Φ(μ/2) − 1` more often than wrong, where μ² = releases · groups · (diameter / σ)².
 *
 * @module
 */

import { type Budget, costOf } from "./accountant.ts";
import { GROUP_NAMES, type GroupName, groupOf, radiusUnits, UNITS } from "./public.ts";
import { type Cadence, cadenceFor, CADENCES } from "./schedule.ts";

/** What the plan needs of a policy. */
export interface Dial {
  /** Standard deviation of the noise, in thousandths of the diameter. */
  readonly noiseMilli: number;
  /** The most releases a year. */
  readonly releasesPerYear: number;
  /** What is published. */
  readonly groups: readonly GroupName[];
}

/** What a policy means for a federation of a size. */
export interface Plan {
  /** How often; `undefined` if never. */
  readonly cadence: Cadence | undefined;
  /** Releases in a year. */
  readonly releases: number;
  /** True positives − false positives of the best attacker, after one release. */
  readonly advantagePerRelease: number;
  /** After a year. */
  readonly advantagePerYear: number;
  /** 95 of 100 numbers are nearer than this to the truth; values are from 0 to 1. */
  readonly errors: Readonly<Partial<Record<GroupName, number>>>;
}

/** The safe end. */
export const ALL_GROUPS: readonly GroupName[] = GROUP_NAMES;
/** 95 of 100. */
export const Z95 = 1.959963984540054;

/** What the policy means for so many operators that have so many nodes. */
export function plan(dial: Dial, { operators, nodes }: { operators: number; nodes: number }): Plan {
  const cadence = cadenceFor(dial.releasesPerYear, nodes);
  const releases = cadence === undefined ? 0 : CADENCES[cadence].perYear;
  // The number of operators is never shown, but what is shown stands on it.
  const debits = dial.groups.length + 1;
  const noise = dial.noiseMilli / 1000;
  return {
    cadence,
    releases,
    advantagePerRelease: advantage(noise, { releases: Math.min(1, releases), groups: debits }),
    advantagePerYear: advantage(noise, { releases, groups: debits }),
    errors: Object.fromEntries(dial.groups.map((name) => [name, errorOf(name, dial.noiseMilli, operators)])),
  };
}

/** The advantage after so many releases of so many groups; `noise` is σ in diameters. */
export function advantage(noise: number, { releases, groups }: { releases: number; groups: number }): number {
  if (releases * groups === 0) return 0;
  return noise === 0 ? 1 : 2 * normalBelow(Math.sqrt(releases * groups) / noise / 2) - 1;
}

/** Within what 95 of 100 numbers of the group are, beside the truth of operators that are inside the ball. */
export function errorOf(name: GroupName, noiseMilli: number, operators: number): number {
  const group = groupOf(name);
  const units = Z95 * noiseMilli / 1000 * UNITS / Math.max(1, operators);
  return units / radiusUnits(group) * group.radius;
}

/** What may be spent: exactly what the policy's releases cost, so that one more, or one number more, is refused. */
export function budgetOf({ noiseMilli, releasesPerYear, groups }: Dial): Budget {
  if (noiseMilli <= 0) return { total: 0, perGroup: 0 };
  const perGroup = costOf(noiseMilli) * releasesPerYear;
  return { total: perGroup * (groups.length + 1), perGroup };
}

/** How often a normal number is below x: the error function's series, exact to 15 digits for |x| < 6. */
export function normalBelow(x: number): number {
  if (Math.abs(x) > 6) return x > 0 ? 1 : 0;
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) sum += term *= x * x / (2 * n + 1);
  return 0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
}
