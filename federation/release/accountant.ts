/**
 * The only way from an exact sum to a number that may leave: the accountant adds noise, and writes down first what that
 * costs. What cannot be paid for is not drawn. docs/privacy-accounting.md has the arithmetic.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { BoundedSum } from "./bounded.ts";
import { discreteGaussian, type Fraction } from "./gaussian.ts";
import type { Entry, Ledger } from "./ledger.ts";
import { UNITS } from "./public.ts";
import { type Bits, keyedBits } from "./random.ts";
import { type Epoch, YEAR_SECONDS } from "./schedule.ts";

let make: (entry: Entry) => Noised;

/** Numbers that were paid for. Nobody but the accountant can make them, and a release takes nothing else. */
export class Noised {
  readonly #entry: Entry;

  private constructor(entry: Entry) {
    this.#entry = entry;
  }

  static {
    make = (entry) => new Noised(entry);
  }

  /** Whether it is one; an object that looks like one is none. */
  static is(value: unknown): value is Noised {
    return typeof value === "object" && value !== null && #entry in value;
  }

  /** The epoch and group it was bought for, its noise, and the noisy sums in units. */
  get entry(): Entry {
    return this.#entry;
  }
}

/** What may be spent in a year, in billionths of zCDP's rho. */
export interface Budget {
  /** On all numbers together. */
  readonly total: number;
  /** On one group. */
  readonly perGroup: number;
}

/** What is wanted. */
export interface Query {
  /** Of which span of time. */
  readonly epoch: Epoch;
  /** Which numbers. */
  readonly group: string;
  /** The exact ones. */
  readonly sum: BoundedSum;
  /** What the values were cut around, if that is not 0: public, and kept beside what is bought. */
  readonly centre?: readonly number[] | undefined;
  /** Standard deviation of the noise, in thousandths of the diameter; 0 is refused. */
  readonly noiseMilli: number;
}

/** Billionths. */
const NANO = 1_000_000_000;
const MILLI = 1000;
const MICRO = 1_000_000;
/** What noise can be, in thousandths. */
const LEAST_NOISE = 0.001;
const MOST_NOISE = 1e9;
/** Noise of a threshold, beside that of what is compared with it. */
const LIMIT_PART = 2n;

/** Keeps the ledger. */
export class Accountant {
  readonly #ledger: Ledger;
  readonly #budget: Budget;
  readonly #key: Uint8Array;
  #last: Promise<unknown> = Promise.resolve();

  /** One that spends from this budget; `key` is the secret that noise comes from, shared by hubs that publish the same. */
  constructor({ ledger, budget, key }: { ledger: Ledger; budget: Budget; key: Uint8Array }) {
    this.#ledger = ledger;
    this.#budget = budget;
    this.#key = key;
  }

  /** Noisy numbers, or why there are none. What was bought before is given again and costs nothing. */
  noise(query: Query): Promise<Noised | { readonly refused: string }> {
    // One after the other: two at once could both find the last of the budget.
    const result = this.#last.then(() => this.#noise(query));
    this.#last = result.catch(() => {});
    return result;
  }

  /** What was bought for an epoch before, without buying. */
  bought({ from, to }: Epoch, group: string): Noised | undefined {
    const entry = this.#ledger.entries.find((each) => {
      return each.from === from && each.to === to && each.group === group;
    });
    return entry && make(entry);
  }

  /** Everything that was bought of a group, in order. */
  history(group: string): Noised[] {
    return this.#ledger.entries.filter((entry) => entry.group === group).map(make);
  }

  /** What was spent in the year up to the end of an epoch: on all, and on one group. */
  spent(to: number, group: string): { readonly total: number; readonly group: number } {
    // What came later counts too: nobody gets more by asking for an old epoch.
    const year = this.#ledger.entries.filter((entry) => entry.to > to - YEAR_SECONDS);
    const sum = (entries: readonly Entry[]) => entries.reduce((total, { cost }) => total + cost, 0);
    return { total: sum(year), group: sum(year.filter((entry) => entry.group === group)) };
  }

  async #noise(query: Query): Promise<Noised | { readonly refused: string }> {
    const { epoch, group, sum, noiseMilli } = query;
    const before = this.bought(epoch, group);
    if (before !== undefined) return before;
    if (!(noiseMilli >= LEAST_NOISE && noiseMilli < MOST_NOISE)) return { refused: "there is no noise" };
    const cost = costOf(noiseMilli);
    const spent = this.spent(epoch.to, group);
    if (spent.total + cost > this.#budget.total) return { refused: "the year's budget is spent" };
    if (spent.group + cost > this.#budget.perGroup) {
      return { refused: "the year's budget of this number is spent" };
    }
    const exact = BoundedSum.read(sum);
    const bits = this.#bits(query, exact);
    const variance = varianceOf(noiseMilli);
    const limitVariance = { ...variance, denominator: variance.denominator * LIMIT_PART * LIMIT_PART };
    const { from, to } = epoch;
    const entry: Entry = {
      ...{ from, to, group, noiseMilli, cost, centre: query.centre },
      values: exact.map((value) => value + Number(discreteGaussian(variance, bits))),
      limits: exact.map(() => Math.abs(Number(discreteGaussian(limitVariance, bits)))),
    };
    await this.#ledger.append(entry);
    return make(entry);
  }

  /**
   * Bits for this query and these sums, from the key. Two hubs that have the same key and the same sums draw the same
   * noise; with other sums the noise is another, since two sums under one noise would tell their difference.
   */
  #bits({ epoch: { from, to }, group, noiseMilli }: Query, exact: readonly number[]): Bits {
    const sums = createHash("sha256").update(JSON.stringify(exact)).digest("hex");
    return keyedBits(this.#key, JSON.stringify(["waggle noise 1", from, to, group, noiseMilli, sums]));
  }
}

/** What one group costs: rho = diameter² / (2·variance), in billionths, rounded up. */
export function costOf(noiseMilli: number): number {
  return Math.ceil(NANO * MILLI * MILLI / (2 * noiseMilli * noiseMilli));
}

/** The variance in units, exactly. */
function varianceOf(noiseMilli: number): Fraction {
  const deviation = BigInt(Math.round(noiseMilli * MILLI)) * BigInt(UNITS);
  return { numerator: deviation * deviation, denominator: BigInt(MICRO) ** 2n };
}
