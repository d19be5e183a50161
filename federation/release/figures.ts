/**
 * From noisy sums to the numbers of a release. Whatever happens here happens to what was paid for already, so nothing
 * can leak any more; and nothing else than what was paid for comes in.
 *
 * @module
 */

import { Noised } from "./accountant.ts";
import { Z95 } from "./plan.ts";
import { type Group, radiusUnits, UNITS } from "./public.ts";
import { LEAST } from "./schedule.ts";

/** One number of a release: from 0 to 1, with the interval that holds the truth in 95 of 100 cases. */
export interface Figure {
  /** Which. */
  readonly name: string;
  /** The noisy number; absent where it is below its threshold. */
  readonly value?: number;
  /** Lower end of the interval. */
  readonly low?: number;
  /** Upper end. */
  readonly high?: number;
}

/** The numbers of a group. */
export interface Figures {
  /** The group's name. */
  readonly group: string;
  /** What it is, for people. */
  readonly help: string;
  /** What the noise was. */
  readonly noise: {
    /** Standard deviation of a number. */
    readonly deviation: number;
    /** How far one operator can move the numbers of the group together. */
    readonly diameter: number;
  };
  /** The point that operators' values were cut around; what was published last. */
  readonly centre?: readonly number[];
  /** The threshold, before its own noise: operators. */
  readonly threshold?: number;
  /** The numbers. */
  readonly numbers: readonly Figure[];
}

/** So many noisy counts are averaged: a federation does not change in a day. */
const COUNTS = 4;
declare const bought: unique symbol;
/** Numbers that were paid for: only {@linkcode figuresOf} makes them. */
export type Bought = Figures & { readonly [bought]: true };
const BOUGHT = new WeakSet<object>();

/** Digits behind the point. */
const DIGITS = 5;
/** A threshold for the public is a quarter of all, within bounds. */
const PART_OF_ALL = 4;
const MOST_THRESHOLD = 20;
/** 95 of 100 normal numbers are below. */
const Z95_ONE_SIDED = 1.645;

/** Roughly how many operators there are (thin ones count half), from what was paid for: never below 1. */
export function sizeOf(counts: readonly Noised[]): number {
  const last = counts.slice(-COUNTS).map((each) => entryOf(each).values[0]! / UNITS);
  return last.length === 0 ? 1 : Math.max(1, last.reduce((a, b) => a + b, 0) / last.length);
}

/**
 * Whether there are surely enough for numbers, as far as noisy counts can tell, against a noisy limit. Who is near the
 * limit has to wait: an error to the other side would publish numbers of a few.
 */
export function isEnough(counts: readonly Noised[]): boolean {
  const newest = counts.at(-1);
  if (newest === undefined) return false;
  const { noiseMilli, limits } = entryOf(newest);
  const averaged = Math.min(counts.length, COUNTS);
  const unsure = Z95_ONE_SIDED * noiseMilli / 1000 / Math.sqrt(averaged);
  const limit = Math.max(LEAST.operators, LEAST.nodes / 2) + limits[0]! / UNITS / COUNTS;
  return sizeOf(counts) - unsure >= limit;
}

/** Operators that must stand behind a thresholded number. */
export function thresholdOf(kPublic: number, operators: number): number {
  return Math.max(kPublic, Math.min(MOST_THRESHOLD, Math.ceil(operators / PART_OF_ALL)));
}

/** The numbers of a group. */
export function figuresOf(
  { name, group, centre }: { name: string; group: Group; centre: readonly number[] | undefined },
  { noised, operators, kPublic }: { noised: Noised; operators: number; kPublic: number },
): Bought {
  const { values, limits, noiseMilli } = entryOf(noised);
  const perUnit = group.radius / radiusUnits(group);
  const deviation = noiseMilli / 1000 * UNITS * perUnit / operators;
  const threshold = group.isThresholded ? thresholdOf(kPublic, operators) : undefined;
  const numbers = group.parts.map(({ name }, i): Figure => {
    const isBelow = threshold !== undefined && values[i]! < threshold * radiusUnits(group) + limits[i]!;
    if (isBelow) return { name };
    // The truth is within 0 and 1, so moving the value there only brings it nearer: the interval around it holds as
    // much. Moving the ends of the interval instead would leave a point where nothing is certain.
    const value = shown((centre?.[i] ?? 0) + values[i]! * perUnit / operators);
    return { name, value, low: shown(value - Z95 * deviation), high: shown(value + Z95 * deviation) };
  });
  const figures = {
    group: name,
    help: group.help,
    noise: { deviation: rounded(deviation), diameter: rounded(UNITS * perUnit) },
    ...(centre === undefined ? {} : { centre: centre.map(shown) }),
    ...(threshold === undefined ? {} : { threshold }),
    numbers,
  } as Figures as Bought;
  BOUGHT.add(figures);
  return figures;
}

/** Whether they were paid for, at run time. */
export function isBought(figures: Figures): figures is Bought {
  return BOUGHT.has(figures);
}

/** The centre for the next release: what this one says, or where nothing was said the one before. */
export function nextCentre({ numbers, centre }: Figures): readonly number[] | undefined {
  return centre?.map((before, i) => numbers[i]!.value ?? before);
}

function entryOf(noised: Noised) {
  if (!Noised.is(noised)) throw new TypeError("Cannot publish a number that the accountant did not make");
  return noised.entry;
}

/** After all arithmetic, so that what is cut off here was noise. */
function shown(value: number): number {
  return rounded(Math.min(1, Math.max(0, value)));
}

function rounded(value: number): number {
  return Number(value.toFixed(DIGITS));
}
