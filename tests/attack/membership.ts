/**
 * Is this node a honeynode? The attacker marks one candidate, reads what is published, and guesses. How much more often
 * he is right when it is one than wrong when it is none is his advantage.
 *
 * He knows everything but that: what the federation looks like without his marks, what his marks would do to a node (he
 * runs the same code), and how a release is made.
 *
 * @module
 */

import type { Figures } from "../../federation/release/figures.ts";
import { addUp, BoundedSum } from "../../federation/release/bounded.ts";
import { normalBelow } from "../../federation/release/plan.ts";
import { UNITS } from "../../federation/release/public.ts";
import type { Totals } from "../../federation/release/totals.ts";
import { type Defences, NO_NOISE, Publisher } from "./release.ts";
import { times } from "./world.ts";

/** What is asked. */
export interface Question {
  /** What operators say when the candidate is none of theirs. */
  readonly without: readonly Totals[];
  /** What they say when it is and was marked. */
  readonly marked: readonly Totals[];
  /** What they say when it is and was left alone: for those who look at differences. */
  readonly unmarked: readonly Totals[];
  /** How numbers are protected. */
  readonly defences: Defences;
  /** He marks in every other release only, and compares. */
  readonly isOnAndOff?: boolean;
  /** Releases that he reads. */
  readonly releases: number;
  /** Guesses: half of them to learn from, half that count. */
  readonly trials: number;
  /** The same seed gives the same answer. */
  readonly seed: number;
}

/** True positives − false positives. */
export interface Advantage {
  readonly advantage: number;
  /** Ends of the 95 % interval. */
  readonly low: number;
  readonly high: number;
}

/** The advantage of the attacker who reads releases. */
export async function membership(question: Question): Promise<Advantage> {
  const known = await apart(question);
  return await advantageOf((isMember, seed) => year(question, isMember, seed), { ...question, known });
}

/**
 * The advantage of who learns how to tell the two cases from half of the trials. `known` is what can be worked out at
 * home: how far apart the numbers are that are read.
 */
export async function advantageOf(
  read: (isMember: boolean, seed: number) => Promise<number[]>,
  { trials, seed: first, known }: { trials: number; seed: number; known: readonly number[] },
): Promise<Advantage> {
  const half = Math.ceil(trials / 2);
  let seed = first;
  const again = (isMember: boolean) => many(half, () => read(isMember, seed++));
  const learn = [await again(false), await again(true)] as const;
  const rule = learned(learn[0], learn[1], known);
  const none = (await again(false)).filter(rule).length / half;
  const some = (await again(true)).filter(rule).length / half;
  const error = 1.96 * Math.sqrt((none * (1 - none) + some * (1 - some)) / half + 1 / (2 * half * half));
  return { advantage: some - none, low: some - none - error, high: some - none + error };
}

/** What a reader knows after some releases: of each number its mean, and how it differs between marked and unmarked. */
async function year(
  { without, marked, unmarked, defences, releases, isOnAndOff = false }: Question,
  isMember: boolean,
  seed: number,
) {
  const publisher = new Publisher(defences, seed);
  const sums: number[] = [];
  for (let release = 0; release < releases; release++) {
    const isMarked = !isOnAndOff || release % 2 === 0;
    const figures = await publisher.publish(isMember ? isMarked ? marked : unmarked : without);
    const read = features(defences, figures);
    const both = [...read, ...read.map((each) => isMarked ? each : -each)];
    both.forEach((each, i) => sums[i] = (sums[i] ?? 0) + each);
  }
  return sums.map((sum) => sum / releases);
}

/** Everything there is to see: values, how far they are from the centre, and what is shown at all. */
export function features({ groups }: Pick<Defences, "groups">, figures: readonly Figures[]): number[] {
  const byName = new Map(figures.map((each) => [each.group, each]));
  return Object.entries(groups).flatMap(([name, { parts }]) => {
    const found = byName.get(name);
    return times(parts.length, (i) => {
      const value = found?.numbers[i]?.value;
      return value === undefined ? [0, 0, 0] : [value, value - (found?.centre?.[i] ?? 0), 1];
    }).flat();
  });
}

/** How far apart the two cases are where there is neither noise nor threshold: he can work that out at home. */
async function apart(question: Question): Promise<number[]> {
  const { defences, seed } = question;
  const groups = Object.fromEntries(
    Object.entries(defences.groups).map(([name, group]) => [name, { ...group, isThresholded: false }]),
  );
  const open = { ...question, defences: { ...defences, groups, noiseMilli: NO_NOISE } };
  const [none, some] = [await year(open, false, seed), await year(open, true, seed)];
  return some.map((each, i) => each - none[i]!);
}

/** The rule that was right most often: what was worked out, what was learned, or the single best number. */
function learned(
  none: readonly number[][],
  some: readonly number[][],
  known: readonly number[],
): (seen: readonly number[]) => boolean {
  const numbers = none[0]!.map((_, i) => i);
  const moments = numbers.map((i) => {
    const [a, b] = [momentsOf(none, i), momentsOf(some, i)];
    return { apart: b.mean - a.mean, variance: (a.variance + b.variance) / 2 };
  });
  const weights = moments.map(({ apart, variance }) =>
    variance > 1e-12 ? apart / variance : apart === 0 ? 0 : 1e9
  );
  const clear = moments.map(({ apart, variance }) => Math.abs(apart) / Math.sqrt(variance + 1e-12));
  const best = clear.indexOf(Math.max(...clear));
  // Differences that chance makes are not weighed: what tells less than two standard errors is nothing.
  const least = 2 * Math.sqrt(2 / none.length);
  const scores = [
    (seen: readonly number[]) => dot(weights, seen),
    (seen: readonly number[]) => dot(known.map((each, i) => each / (moments[i]!.variance + 1e-12)), seen),
    (seen: readonly number[]) => dot(weights.map((weight, i) => clear[i]! > least ? weight : 0), seen),
    (seen: readonly number[]) => Math.sign(moments[best]!.apart) * seen[best]!,
  ];
  const rules = scores.map((score) => {
    const { limit, advantage } = bestLimit(none.map(score), some.map(score));
    return { advantage, rule: (seen: readonly number[]) => score(seen) > limit };
  });
  return rules.reduce((a, b) => b.advantage > a.advantage ? b : a).rule;
}

function bestLimit(none: readonly number[], some: readonly number[]): { limit: number; advantage: number } {
  const all = [
    ...none.map((score) => ({ score, by: -1 / none.length })),
    ...some.map((score) => ({ score, by: 1 / some.length })),
  ];
  all.sort((a, b) => b.score - a.score);
  let best = { limit: Infinity, advantage: 0 };
  let advantage = 0;
  all.forEach(({ score, by }, i) => {
    advantage += by;
    const next = all[i + 1]?.score;
    if (next !== score && advantage > best.advantage) {
      best = { limit: next === undefined ? -Infinity : (score + next) / 2, advantage };
    }
  });
  return best;
}

function momentsOf(rows: readonly number[][], i: number): { mean: number; variance: number } {
  const mean = rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length;
  return { mean, variance: rows.reduce((sum, row) => sum + (row[i]! - mean) ** 2, 0) / rows.length };
}

/** The most that any attacker can get from these sums: as many numbers as there are, each with Gaussian noise. */
export function limit({ without, marked, defences, releases }: Question): number {
  const parts = Object.values(defences.groups).map((group) => {
    const [a, b] = [without, marked].map((operators) =>
      BoundedSum.read(addUp(group, operators, group.centre))
    );
    return a!.reduce((sum, value, i) => sum + (value - b![i]!) ** 2, 0);
  });
  parts.push(((without.length - marked.length) * UNITS) ** 2);
  const distance = Math.sqrt(parts.reduce((a, b) => a + b)) / UNITS / (defences.noiseMilli / 1000);
  return 2 * normalBelow(distance * Math.sqrt(releases) / 2) - 1;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, each, i) => sum + each * b[i]!, 0);
}

async function many<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let i = 0; i < count; i++) made.push(await make());
  return made;
}
