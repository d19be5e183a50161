/**
 * What is usual, and how far from it something must be to be told.
 *
 * @module
 */

import { median } from "../../runtime/median.ts";
const SAMPLE_EVERY_MS = 60_000;
const KEPT_SAMPLES = 360;
/** How many samples say what is usual. */
export const WARM_SAMPLES = 30;

/** Before it is known what is usual here, only what is far beyond the limit is told. */
export const COLD_FACTOR = 3;
/** How many standard deviations from the usual are nothing to tell, unless a band says otherwise. */
export const SIGMAS = 6;
/** The median absolute deviation of a normal distribution is its standard deviation divided by this. */
const SIGMA_PER_MAD = 1.4826;

/** How a value stands. */
export interface Judgement {
  /** 1 = at the limit; more is worse, whichever way the limit is crossed. */
  readonly level: number;
  /** Where it is crossed. */
  readonly limit: number;
  /** The median of the last hours, once there are enough. */
  readonly usual: number | undefined;
}

/** Which side of a band is watched, and how wide it is. */
export interface BandOptions {
  /** "above": too much is told. "below": too little. */
  readonly side: "above" | "below";
  /** A value on the right side of this is never told, whatever is usual. "below" tells nothing before it has learned. */
  readonly limit: number;
  /** How many times the usual is still nothing to tell. */
  readonly factor: number;
  /** How many standard deviations from the usual are still nothing to tell; 6 by default. */
  readonly sigmas?: number;
  /** What no value can exceed: 1 for a share. A limit beyond it would never be reached. */
  readonly most?: number;
}

/**
 * A limit that learns: median and median absolute deviation of one sample a minute over six hours. A value beyond the
 * limit is learned as the limit itself, so an attack does not become usual while it lasts an hour, yet a new normal
 * does within some.
 */
export class Band {
  readonly #options: BandOptions;
  readonly #samples: number[] = [];
  #next = 0;
  #sampledAt = -Infinity;
  #usual: { median: number; spread: number } | undefined;

  /** A band that knows nothing yet. */
  constructor(options: BandOptions) {
    this.#options = options;
  }

  /** Judges a value by what came before it, then learns from it. */
  judge(now: number, value: number): Judgement {
    const limit = this.#limit();
    const above = this.#options.side === "above";
    const level = above ? ratio(value, limit) : ratio(limit, value);
    if (now - this.#sampledAt >= SAMPLE_EVERY_MS) {
      this.#learn(above ? Math.min(value, limit) : Math.max(value, limit));
      this.#sampledAt = now;
    }
    return { level, limit, usual: this.#usual?.median };
  }

  #limit(): number {
    const { side, limit, factor, sigmas = SIGMAS, most = Infinity } = this.#options;
    const usual = this.#usual;
    if (side === "above") {
      if (usual === undefined) return limit * COLD_FACTOR;
      return Math.min(most, Math.max(limit, usual.median * factor, usual.median + sigmas * usual.spread));
    }
    if (usual === undefined) return 0;
    return Math.max(0, Math.min(usual.median / factor, usual.median - sigmas * usual.spread, limit));
  }

  #learn(sample: number): void {
    if (this.#samples.length < KEPT_SAMPLES) this.#samples.push(sample);
    else this.#samples[this.#next++ % KEPT_SAMPLES] = sample;
    if (this.#samples.length < WARM_SAMPLES) return;
    const middle = median(this.#samples);
    const deviations = this.#samples.map((sample) => Math.abs(sample - middle));
    this.#usual = { median: middle, spread: SIGMA_PER_MAD * median(deviations) };
  }
}

/**
 * The level of a value whose limit is the same everywhere.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(fixed({ side: "above", limit: 10 }, 20).level, 2);
 * assertEquals(fixed({ side: "below", limit: 10 }, 20).level, 0.5);
 * ```
 */
export function fixed({ side, limit }: Pick<BandOptions, "side" | "limit">, value: number): Judgement {
  return { level: side === "above" ? ratio(value, limit) : ratio(limit, value), limit, usual: undefined };
}

function ratio(value: number, limit: number): number {
  if (value === limit) return 1;
  return limit === 0 ? Infinity : value / limit;
}
