/** Numbers further apart than this are not a loss but another stream. */
const MOST_LOST = 1e9;

/** CPUs a stream may speak of. */
export const MOST_CPUS = 4096;

/**
 * Finds losses. Each CPU numbers the records of each tracepoint, and its records arrive in order: a number that is
 * missing is a record that is lost. Numbers of all CPUs together would not do, bpftrace cannot count them atomically.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const numbers = new Numbers();
 * numbers.restart();
 * assertEquals(numbers.next("r", 0, 0), 0);
 * assertEquals(numbers.next("r", 0, 3), 2, "1 and 2 are lost");
 * ```
 */
export class Numbers {
  /** The number each CPU has to give next, by kind. */
  readonly #next = new Map<string, number[]>();
  #fromZero = false;

  /** A stream begins: all numbers begin at 0. */
  restart(): void {
    this.#next.clear();
    this.#fromZero = true;
  }

  /** A record came; returns how many were lost before it. */
  next(kind: string, cpu: number, number: number): number {
    const lost = this.upTo(kind, cpu, number);
    this.#next.get(kind)![cpu] = number + 1;
    return lost;
  }

  /** A CPU has given this many numbers; returns how many of them did not come. */
  upTo(kind: string, cpu: number, count: number): number {
    let byCpu = this.#next.get(kind);
    if (byCpu === undefined) this.#next.set(kind, byCpu = []);
    const lost = count - (byCpu[cpu] ?? (this.#fromZero ? 0 : count));
    if (lost === 0 || lost < 0) {
      byCpu[cpu] ??= count;
      return 0;
    }
    byCpu[cpu] = count;
    return lost > MOST_LOST ? 0 : lost;
  }
}
