/**
 * The numbers of an epoch: from operators' totals to what is published of them.
 *
 * @module
 */

import { type Accountant, Noised } from "./accountant.ts";
import { addUp, countOperators } from "./bounded.ts";
import { type Bought, figuresOf, isEnough, nextCentre, sizeOf } from "./figures.ts";
import { type Group, OPERATORS } from "./public.ts";
import { type Epoch, LEAST } from "./schedule.ts";
import type { Totals } from "./totals.ts";

/** What the numbers of an epoch are made from. */
export interface Ingredients {
  /** Which epoch. */
  readonly epoch: Epoch;
  /** Of each operator what its summaries add up to. */
  readonly operators: readonly Totals[];
  /** Operators that are members, whether they took part or not. */
  readonly members: number;
  /** What is published, by name. */
  readonly groups: Readonly<Record<string, Group>>;
  /** Standard deviation of the noise, in thousandths of the diameter. */
  readonly noiseMilli: number;
  /** Operators behind a number that is shown, at least. */
  readonly kPublic: number;
}

/** The numbers, or why there are none. */
export type Numbers = { readonly figures: readonly Bought[] } | { readonly none: string };

const TOO_FEW = "Too few take part for numbers that give nobody away; facts about the chain are below.";

/** Buys the numbers of an epoch, or gives those that were bought. */
export async function numbersOf(accountant: Accountant, ingredients: Ingredients): Promise<Numbers> {
  const { epoch, operators, members, groups, noiseMilli, kPublic } = ingredients;
  if (members < LEAST.operators) return { none: TOO_FEW };
  const count = await accountant.noise({
    ...{ epoch, group: OPERATORS, noiseMilli },
    sum: countOperators(operators),
  });
  if (!Noised.is(count)) return { none: notPaid(count.refused) };
  const counts = countsUpTo(accountant, epoch);
  if (!isEnough(counts)) return { none: TOO_FEW };
  const figures: Bought[] = [];
  for (const [name, group] of Object.entries(groups)) {
    const centre = centreBefore(accountant, { name, group, epoch, kPublic });
    const noised = await accountant.noise({
      ...{ epoch, group: name, noiseMilli, centre },
      sum: addUp(group, operators, centre),
    });
    if (!Noised.is(noised)) return { none: notPaid(noised.refused) };
    figures.push(
      figuresOf({ name, group, centre: noised.entry.centre }, { noised, operators: sizeOf(counts), kPublic }),
    );
  }
  return { figures };
}

/** The size of a federation as the last releases know it; 0 before the first. */
export function knownSize(accountant: Accountant): number {
  const counts = accountant.history(OPERATORS);
  return counts.length === 0 ? 0 : sizeOf(counts);
}

function countsUpTo(accountant: Accountant, { to }: Epoch): Noised[] {
  return accountant.history(OPERATORS).filter(({ entry }) => entry.to <= to);
}

/** What was published last of the group before the epoch. */
function centreBefore(
  accountant: Accountant,
  { name, group, epoch, kPublic }: { name: string; group: Group; epoch: Epoch; kPublic: number },
): readonly number[] | undefined {
  if (group.centre === undefined) return undefined;
  const noised = accountant.history(name).findLast(({ entry }) => entry.to <= epoch.from);
  if (noised === undefined) return group.centre;
  const { from, to, centre = group.centre } = noised.entry;
  const operators = sizeOf(countsUpTo(accountant, { ...epoch, from, to }));
  return nextCentre(figuresOf({ name, group, centre }, { noised, operators, kPublic })) ?? group.centre;
}

function notPaid(why: string): string {
  return `No numbers: ${why}.`;
}
