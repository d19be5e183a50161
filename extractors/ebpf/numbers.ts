/** CPUs a stream may speak of. */
export const MOST_CPUS = 4096;

/** Numbers further apart than this are not a loss but another stream. */
const MOST_LOST = 1e9;
/** Missing numbers that are remembered one by one: enough for records that come late. */
const MOST_REMEMBERED = 1000;

/** The records of one tracepoint on one CPU. */
interface Series {
  /** The number that comes next. */
  next: number;
  /** The last missing numbers. */
  missing: Set<number>;
  /** How many are missing, by age: since the last settling, and before. */
  fresh: number;
  old: number;
}

/**
 * Finds losses. Each CPU numbers the records of each tracepoint: a number that is missing is a record that is lost, or
 * late. Late because a program may be interrupted between taking its number and printing its record, by a heartbeat or
 * by another thread. So a number counts as lost when it is still missing at the second settling.
 *
 * Numbers over all CPUs would not do, bpftrace cannot count atomically; and on one CPU two threads may in theory take
 * the same number, which is no loss.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const numbers = new Numbers();
 * numbers.restart();
 * for (const number of [0, 4, 2]) numbers.next("r", 0, number);
 * assertEquals([numbers.settle(), numbers.settle()], [new Map(), new Map([["r", 2]])], "1 and 3 are lost");
 * ```
 */
export class Numbers {
  readonly #series = new Map<string, Series[]>();
  #fromZero = false;

  /** A stream begins: all numbers begin at 0. */
  restart(): void {
    this.#series.clear();
    this.#fromZero = true;
  }

  /** A record came. */
  next(kind: string, cpu: number, number: number): void {
    const series = this.#get(kind, cpu, number);
    if (number >= series.next) {
      this.#miss(series, number);
      series.next = number + 1;
    } else if (series.missing.delete(number)) {
      if (series.fresh > 0) series.fresh--;
      else if (series.old > 0) series.old--;
    }
  }

  /** A CPU has given this many numbers. */
  upTo(kind: string, cpu: number, count: number): void {
    const series = this.#get(kind, cpu, count);
    if (count > series.next) this.#miss(series, count);
  }

  /** What is lost for good, by kind. To be called every second or so. */
  settle(): Map<string, number> {
    const lost = new Map<string, number>();
    for (const [kind, byCpu] of this.#series) {
      // Not every CPU has been heard of.
      const sum = byCpu.reduce((sum, series) => sum + series.old, 0);
      if (sum > 0) lost.set(kind, sum);
      byCpu.forEach((series) => {
        series.old = series.fresh;
        series.fresh = 0;
        if (series.old === 0) series.missing.clear();
      });
    }
    return lost;
  }

  #get(kind: string, cpu: number, number: number): Series {
    let byCpu = this.#series.get(kind);
    if (byCpu === undefined) this.#series.set(kind, byCpu = []);
    return byCpu[cpu] ??= { next: this.#fromZero ? 0 : number, missing: new Set(), fresh: 0, old: 0 };
  }

  /** Everything from the next number up to this one, without it, has not come. */
  #miss(series: Series, end: number): void {
    const count = end - series.next;
    if (count > 0 && count <= MOST_LOST) {
      series.fresh += count;
      for (let number = Math.max(series.next, end - MOST_REMEMBERED); number < end; number++) {
        series.missing.add(number);
      }
      for (const number of series.missing) {
        if (series.missing.size <= MOST_REMEMBERED) break;
        series.missing.delete(number);
      }
    }
    series.next = end;
  }
}
