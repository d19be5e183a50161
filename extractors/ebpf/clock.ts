const WINDOW_NS = 10e9;

/**
 * From the kernel's clock to the wall's. A record arrives some time after it was made, never before: the smallest
 * difference seen between the two clocks is the closest to the truth. It counts for 10 to 20 seconds, so that the
 * wall clock may be set.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const clock = new Clock();
 * clock.observe(5e9, 1_700_000_000_030);
 * clock.observe(6e9, 1_700_000_001_001);
 * assertEquals(clock.toUnixMs(7e9), 1_700_000_002_001);
 * ```
 */
export class Clock {
  #since = -Infinity;
  #before = Infinity;
  #now = Infinity;

  /** A record of `nsecs` was there at `unixMs`. */
  observe(nsecs: number, unixMs: number): void {
    const difference = unixMs - nsecs / 1e6;
    // A clock that goes back is one of another boot, in a stream from another machine.
    if (nsecs > this.#since + WINDOW_NS || nsecs < this.#since - WINDOW_NS) {
      this.#before = Math.abs(nsecs - this.#since) > 3 * WINDOW_NS ? Infinity : this.#now;
      this.#now = Infinity;
      this.#since = nsecs;
    }
    if (difference < this.#now) this.#now = difference;
  }

  /** Unix milliseconds of a record; only after one was observed. */
  toUnixMs(nsecs: number): number {
    return Math.max(0, Math.round(nsecs / 1e6 + Math.min(this.#before, this.#now)));
  }
}
