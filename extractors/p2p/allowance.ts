import type { Clock } from "./clock.ts";

/**
 * A token bucket: so much at once, and so much a second in the long run.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Allowance } from "./allowance.ts";
 *
 * const allowance = new Allowance({ perSecond: 1, atOnce: 2 }, { now: () => 0 });
 * assertEquals([allowance.take(2), allowance.take(1)], [true, false]);
 * ```
 */
export class Allowance {
  readonly #perMs: number;
  readonly #atOnce: number;
  readonly #clock: Pick<Clock, "now">;
  #left: number;
  #at: number;

  /** Starts full. */
  constructor({ perSecond, atOnce }: { perSecond: number; atOnce: number }, clock: Pick<Clock, "now">) {
    this.#perMs = perSecond / 1000;
    this.#atOnce = atOnce;
    this.#left = atOnce;
    this.#clock = clock;
    this.#at = clock.now();
  }

  /** Takes so much; false if there is not enough, and then nothing is taken. */
  take(amount: number): boolean {
    const now = this.#clock.now();
    this.#left = Math.min(this.#atOnce, this.#left + (now - this.#at) * this.#perMs);
    this.#at = now;
    if (amount > this.#left) return false;
    this.#left -= amount;
    return true;
  }
}
