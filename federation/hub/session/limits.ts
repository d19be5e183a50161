/**
 * What one session may do, and a bucket that fills again.
 *
 * @module
 */

/** Limits of a session. */
export interface SessionLimits {
  /** Frames a minute. */
  readonly framesPerMinute: number;
  /** Bytes a minute. */
  readonly bytesPerMinute: number;
  /** Summaries that may be under way at first. */
  readonly firstCredits: number;
  /** Summaries that may be under way once the hub is seen to keep up. */
  readonly mostCredits: number;
  /** Bins back that are still taken. */
  readonly lateBins: number;
}

/** A minute's worth of something; what was not used is not saved up beyond that. */
export class Bucket {
  readonly #perMinute: number;
  #left: number;
  #at: number;

  /** A full one. */
  constructor(perMinute: number, now: number) {
    this.#perMinute = perMinute;
    this.#left = perMinute;
    this.#at = now;
  }

  /** Takes some, and says how many milliseconds too early that was. */
  take(amount: number, now: number): number {
    const filled = Math.max(0, now - this.#at) * this.#perMinute / 60_000;
    this.#left = Math.min(this.#perMinute, this.#left + filled) - amount;
    this.#at = Math.max(this.#at, now);
    return this.#left >= 0 ? 0 : Math.ceil(-this.#left * 60_000 / this.#perMinute);
  }
}
