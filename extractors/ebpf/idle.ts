/** After this time without an event something may be wrong. */
export const IDLE_MS = 60_000;

/**
 * Notices silence: once, until the next event.
 *
 * @example Usage
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 *
 * const idle = new Idle(0);
 * assertFalse(idle.tooLong(59_999));
 * assert(idle.tooLong(60_000));
 * assertFalse(idle.tooLong(90_000), "said once");
 * ```
 */
export class Idle {
  #since: number;
  #said = false;

  /** Silence begins now. */
  constructor(now: number) {
    this.#since = now;
  }

  /** Something happened. */
  reset(now: number): void {
    this.#since = now;
    this.#said = false;
  }

  /** True once when the silence has become too long. */
  tooLong(now: number): boolean {
    if (this.#said || now - this.#since < IDLE_MS) return false;
    return this.#said = true;
  }
}
