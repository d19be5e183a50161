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
import { ALARMS, UNITS } from "./public.ts";
import { type Bits, keyedBits } from "./random.ts";
import { type Epoch, YEAR_SECONDS } from "./schedule.ts";

let make: (entry: Entry) => Noised;
let makeWatch: (entry: Entry, end: Entry | undefined, bits: (name: string) => Bits) => PaidWatch;

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

/**
 * A watch that was paid for: it may be asked as often as one likes, and raises one alarm at most. Nobody but the
 * accountant can make one, and there is no boolean without.
 */
export class PaidWatch {
  /** Its debit. */
  readonly entry: Entry;
  /** How it ended; `undefined` as long as it may be asked. */
  readonly end: Entry | undefined;
  readonly #bits: (name: string) => Bits;

  private constructor(entry: Entry, end: Entry | undefined, bits: (name: string) => Bits) {
    this.entry = entry;
    this.end = end;
    this.#bits = bits;
  }

  static {
    makeWatch = (entry, end, bits) => new PaidWatch(entry, end, bits);
  }

  /** Whether it is one; an object that looks like one is none. */
  static is(value: unknown): value is PaidWatch {
    return typeof value === "object" && value !== null && #bits in value;
  }

  /** Bits of this watch for one purpose, always the same. */
  bits(purpose: string): Bits {
    return this.#bits(purpose);
  }
}

/** How a watch ends. */
export type End = Required<Pick<Entry, "from" | "to" | "alarm">>;

/** What may be spent in a year, in billionths of zCDP's rho. */
export interface Budget {
  /** On all numbers of releases together. */
  readonly releases: number;
  /** On one group of them. */
  readonly perGroup: number;
  /** On alarms. */
  readonly alarms: number;
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
/** What a watch may tell at most, in thousandths: beyond that nothing is left of privacy. */
const MOST_EPSILON_MILLI = 10_000_000;

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
    return this.#inTurn(() => this.#noise(query));
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
    const ofReleases = year.filter((entry) => entry.group !== ALARMS);
    return { total: costs(ofReleases), group: costs(ofReleases.filter((entry) => entry.group === group)) };
  }

  /** The watch that was begun last. */
  get lastWatch(): PaidWatch | undefined {
    const watches = this.#watches();
    const last = watches.at(-1);
    if (last === undefined) return undefined;
    const name = ["waggle watch 1", watches.length, last.entry.from, last.entry.noiseMilli];
    return makeWatch(last.entry, last.end, (purpose) => {
      return keyedBits(this.#key, JSON.stringify([...name, purpose]));
    });
  }

  /** The watch that is on, or a new one that is paid for now; or why there is none. */
  watch(from: number, epsilonMilli: number): Promise<PaidWatch | { readonly refused: string }> {
    return this.#inTurn(async () => {
      const last = this.lastWatch;
      if (last !== undefined && last.end === undefined) return last;
      if (!(epsilonMilli >= 1 && epsilonMilli <= MOST_EPSILON_MILLI)) return { refused: "there is no noise" };
      if (this.watchesLeft(from, epsilonMilli) < 1) return { refused: "the year's alarms are used up" };
      const cost = costOfAlarm(epsilonMilli);
      const entry = { from, to: from, group: ALARMS, noiseMilli: epsilonMilli, cost, values: [], limits: [] };
      await this.#ledger.append(entry);
      return this.lastWatch!;
    });
  }

  /** Ends a watch, with an alarm or without. */
  end({ entry: { noiseMilli } }: PaidWatch, end: End): Promise<void> {
    return this.#inTurn(async () => {
      if (this.lastWatch?.end !== undefined) throw new TypeError("Cannot end a watch twice");
      await this.#ledger.append({ ...end, group: ALARMS, noiseMilli, cost: 0, values: [], limits: [] });
    });
  }

  /** Alarms that were raised, in order. */
  get alarms(): Entry[] {
    return this.#watches().flatMap(({ end }) => end === undefined || end.alarm === "" ? [] : [end]);
  }

  /** How many watches of this kind can be paid for in the year before a time. One that goes on is of every year. */
  watchesLeft(at: number, epsilonMilli: number): number {
    const year = this.#watches().filter(({ end }) => end === undefined || end.to > at - YEAR_SECONDS);
    const spent = costs(year.map(({ entry }) => entry));
    return Math.max(0, Math.floor((this.#budget.alarms - spent) / costOfAlarm(epsilonMilli)));
  }

  /** Debits of watches, each with what ended it. */
  #watches(): { entry: Entry; end: Entry | undefined }[] {
    const all = this.#ledger.entries.filter(({ group }) => group === ALARMS);
    return all.flatMap((entry, i) => {
      if (entry.alarm !== undefined) return [];
      const next = all[i + 1];
      return [{ entry, end: next?.alarm === undefined ? undefined : next }];
    });
  }

  /** One after the other: two at once could both find the last of the budget. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  async #noise(query: Query): Promise<Noised | { readonly refused: string }> {
    const { epoch, group, sum, noiseMilli } = query;
    const before = this.bought(epoch, group);
    if (before !== undefined) return before;
    if (!(noiseMilli >= LEAST_NOISE && noiseMilli < MOST_NOISE)) return { refused: "there is no noise" };
    const cost = costOf(noiseMilli);
    const spent = this.spent(epoch.to, group);
    if (spent.total + cost > this.#budget.releases) return { refused: "the year's budget is spent" };
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

/** What one watch costs: whatever is ε-private is ε²/2-zCDP; in billionths, rounded up. */
export function costOfAlarm(epsilonMilli: number): number {
  return Math.ceil(NANO * epsilonMilli * epsilonMilli / (2 * MILLI * MILLI));
}

function costs(entries: readonly Entry[]): number {
  return entries.reduce((total, { cost }) => total + cost, 0);
}

/** The variance in units, exactly. */
function varianceOf(noiseMilli: number): Fraction {
  const deviation = BigInt(Math.round(noiseMilli * MILLI)) * BigInt(UNITS);
  return { numerator: deviation * deviation, denominator: BigInt(MICRO) ** 2n };
}
