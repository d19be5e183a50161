import type { Group } from "./calls.ts";

/**
 * When which group of calls is due. Times are milliseconds of any steady clock, and passed in.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const schedule = new Schedule({ frequent: 10, slow: 120 }, 0);
 * assertEquals(schedule.due(0), ["frequent", "slow"]);
 * assertEquals(schedule.finish(["frequent", "slow"], 25), 2); // the rounds of 10 and 20 did not happen
 * assertEquals(schedule.waitMs(25), 5);
 * assertEquals(schedule.due(30), ["frequent"]);
 * ```
 */
export class Schedule {
  readonly #intervalsMs: Readonly<Record<Group, number>>;
  readonly #dueAt: Record<Group, number>;

  /** Everything is due at once at the start. */
  constructor(intervalsMs: Readonly<Record<Group, number>>, now: number) {
    this.#intervalsMs = intervalsMs;
    this.#dueAt = { frequent: now, slow: now };
  }

  /** The groups that are due. */
  due(now: number): Group[] {
    return GROUPS.filter((group) => this.#dueAt[group] <= now);
  }

  /** Time until the next group is due, in whole milliseconds as timers want them. */
  waitMs(now: number): number {
    return Math.max(0, Math.ceil(Math.min(...GROUPS.map((group) => this.#dueAt[group])) - now));
  }

  /** These groups have been called; tells how many of their times passed meanwhile and are left out. */
  finish(groups: readonly Group[], now: number): number {
    let skipped = 0;
    for (const group of groups) {
      const steps = Math.max(1, Math.floor((now - this.#dueAt[group]) / this.#intervalsMs[group]) + 1);
      this.#dueAt[group] += steps * this.#intervalsMs[group];
      skipped += steps - 1;
    }
    return skipped;
  }

  /** Everything is due at once again. */
  startOver(now: number): void {
    for (const group of GROUPS) this.#dueAt[group] = now;
  }
}

const GROUPS: readonly Group[] = ["frequent", "slow"];
