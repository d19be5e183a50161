/**
 * A bucket that fills again: so much a minute, and no more than a minute's worth at once.
 *
 * @module
 */

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
