/**
 * Sums over the last minutes of event time, in bins: the memory does not grow with what happens in them.
 *
 * @module
 */

const BINS = 30;
/** A stranger who invents keys must not fill the memory; what comes on top is counted as one. */
const MOST_KEYS = 10_000;
/** The key of what had no room. */
export const OTHER_KEYS = "others";

/** How much happened in the last so many milliseconds, to a thirtieth of them. */
export class Window {
  readonly #bins = new Float64Array(BINS);
  readonly #binMs: number;
  #last = 0;
  #sum = 0;

  /** A window of this length. */
  constructor(lengthMs: number) {
    this.#binMs = lengthMs / BINS;
  }

  /** Something happened. */
  add(now: number, amount = 1): void {
    this.#expire(now);
    this.#bins[this.#last % BINS]! += amount;
    this.#sum += amount;
  }

  /** The sum up to now. */
  sum(now: number): number {
    this.#expire(now);
    return this.#sum;
  }

  #expire(now: number): void {
    const bin = Math.floor(now / this.#binMs);
    for (let steps = Math.min(bin - this.#last, BINS); steps > 0; steps--) {
      const old = (bin - steps + 1) % BINS;
      this.#sum -= this.#bins[old]!;
      this.#bins[old] = 0;
    }
    this.#last = Math.max(this.#last, bin);
  }
}

/** The same for each of many keys. */
export class KeyedWindow {
  readonly #bins: Map<string, number>[] = Array.from({ length: BINS }, () => new Map());
  readonly #sums = new Map<string, number>();
  readonly #binMs: number;
  #last = 0;

  /** A window of this length. */
  constructor(lengthMs: number) {
    this.#binMs = lengthMs / BINS;
  }

  /** Something happened to a key. */
  add(key: string, now: number, amount = 1): void {
    this.#expire(now);
    const known = this.#sums.has(key) || this.#sums.size < MOST_KEYS ? key : OTHER_KEYS;
    const bin = this.#bins[this.#last % BINS]!;
    bin.set(known, (bin.get(known) ?? 0) + amount);
    this.#sums.set(known, (this.#sums.get(known) ?? 0) + amount);
  }

  /** The sum of each key up to now. */
  sums(now: number): ReadonlyMap<string, number> {
    this.#expire(now);
    return this.#sums;
  }

  #expire(now: number): void {
    const bin = Math.floor(now / this.#binMs);
    for (let steps = Math.min(bin - this.#last, BINS); steps > 0; steps--) {
      const old = this.#bins[(bin - steps + 1) % BINS]!;
      for (const [key, amount] of old) {
        const left = this.#sums.get(key)! - amount;
        if (left > 0) this.#sums.set(key, left);
        else this.#sums.delete(key);
      }
      old.clear();
    }
    this.#last = Math.max(this.#last, bin);
  }
}
