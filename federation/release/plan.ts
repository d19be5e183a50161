/**
 * What a policy means: the attacker's advantage, and the error of each number. Both before anything is signed.
 *
 * An attacker who guesses whether one operator took part, and moves its numbers as far as they can be moved, is right by
 * at most `2·Φ(μ/2) − 1` more often than wrong, where μ² = releases · groups · (diameter / σ)². Alarms come on top: each
 * is like one more answer that is right with a probability of 1 / (1 + exp(−ε)).
 *
 * @module
 */

import type { Policy } from "../../proto/federation/schema.ts";
import { type Budget, costOf, costOfAlarm } from "./accountant.ts";
import { type GroupName, groupOf, groupsOf, radiusUnits, UNITS } from "./public.ts";
import { type Cadence, cadenceFor, CADENCES } from "./schedule.ts";
import { operatorsForAlarms } from "./watch.ts";

/** What the plan needs of a policy. */
export interface Dial {
  /** Standard deviation of the noise, in thousandths of the diameter. */
  readonly noiseMilli: number;
  /** The most releases a year. */
  readonly releasesPerYear: number;
  /** What is published. */
  readonly groups: readonly GroupName[];
  /** Alarms in a year. */
  readonly alarmsPerYear: number;
  /** What one of them may tell: epsilon, in thousandths. */
  readonly alarmEpsilonMilli: number;
}

/** What is used of a year, or of a release. */
export interface Use {
  /** Releases. */
  readonly releases: number;
  /** Groups in each, with the number of operators. */
  readonly groups: number;
  /** Alarms. */
  readonly alarms?: number;
  /** Of each alarm. */
  readonly epsilon?: number;
}

/** What a policy means for a federation of a size. */
export interface Plan {
  /** How often; `undefined` if never. */
  readonly cadence: Cadence | undefined;
  /** Releases in a year. */
  readonly releases: number;
  /** True positives − false positives of the best attacker, after one release. */
  readonly advantagePerRelease: number;
  /** After a year of releases and alarms. */
  readonly advantagePerYear: number;
  /** Operators that it takes for alarms; `undefined` if there are none. */
  readonly alarmOperators: number | undefined;
  /** 95 of 100 numbers are nearer than this to the truth; values are from 0 to 1. */
  readonly errors: Readonly<Partial<Record<GroupName, number>>>;
}

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
    advantagePerYear: advantageOfYear(dial, releases),
    alarmOperators: dial.alarmsPerYear > 0 ? operatorsForAlarms(dial.alarmEpsilonMilli) : undefined,
    errors: Object.fromEntries(dial.groups.map((name) => [name, errorOf(name, dial.noiseMilli, operators)])),
  };
}

/** What a policy says of it. */
export function dialOf(policy: Policy): Dial {
  const { noiseMilli, releasesPerYear, alarmsPerYear = 0, alarmEpsilonMilli = 0 } = policy;
  return { noiseMilli, releasesPerYear, groups: groupsOf(policy), alarmsPerYear, alarmEpsilonMilli };
}

/** The advantage after a year with so many releases, by default as many as the policy allows. */
export function advantageOfYear(dial: Dial, releases: number = dial.releasesPerYear): number {
  return advantage(dial.noiseMilli / 1000, {
    ...{ releases, groups: dial.groups.length + 1 },
    ...{ alarms: dial.alarmsPerYear, epsilon: dial.alarmEpsilonMilli / 1000 },
  });
}

/**
 * The advantage after so many releases of so many groups and so many alarms; `noise` is σ in diameters. Nothing that is
 * ε-private tells more than an answer that is right with a probability of 1 / (1 + exp(−ε)), and what is composed of
 * parts tells no more than those answers together (Kairouz, Oh, Viswanath 2015; Dong, Roth, Su 2019). So it is summed over
 * how many answers are right.
 */
export function advantage(noise: number, { releases, groups, alarms = 0, epsilon = 0 }: Use): number {
  if (noise === 0 && releases * groups > 0) return 1;
  const mu = releases * groups === 0 ? 0 : Math.sqrt(releases * groups) / noise;
  const right = 1 / (1 + Math.exp(-epsilon));
  let sum = 0;
  let ways = 1;
  for (let count = 0; count <= alarms; count++) {
    const with_ = ways * right ** count * (1 - right) ** (alarms - count);
    const without = ways * right ** (alarms - count) * (1 - right) ** count;
    const told = (2 * count - alarms) * epsilon;
    // With so much told by alarms, releases that speak against it have to speak so loudly.
    const [hit, miss] = mu === 0
      ? [told > 0 ? 1 : 0, told > 0 ? 1 : 0]
      : [normalBelow(mu / 2 + told / mu), normalBelow(-mu / 2 + told / mu)];
    sum += with_ * hit - without * miss;
    ways = ways * (alarms - count) / (count + 1);
  }
  return sum;
}

/** Within what 95 of 100 numbers of the group are, beside the truth of operators that are inside the ball. */
export function errorOf(name: GroupName, noiseMilli: number, operators: number): number {
  const group = groupOf(name);
  const units = Z95 * noiseMilli / 1000 * UNITS / Math.max(1, operators);
  return units / radiusUnits(group) * group.radius;
}

/** What may be spent: exactly what the policy's releases cost, so that one more, or one number more, is refused. */
export function budgetOf(dial: Dial): Budget {
  const { noiseMilli, releasesPerYear, groups, alarmsPerYear, alarmEpsilonMilli } = dial;
  const alarms = costOfAlarm(alarmEpsilonMilli) * alarmsPerYear;
  if (noiseMilli <= 0) return { releases: 0, perGroup: 0, alarms };
  const perGroup = costOf(noiseMilli) * releasesPerYear;
  return { releases: perGroup * (groups.length + 1), perGroup, alarms };
}

/** How often a normal number is below x: the error function's series, exact to 15 digits for |x| < 6. */
export function normalBelow(x: number): number {
  if (Math.abs(x) > 6) return x > 0 ? 1 : 0;
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) sum += term *= x * x / (2 * n + 1);
  return 0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
}
