/**
 * Remembers what was said about a subject, so that a state is logged when it changes and not at every poll.
 *
 * @example Usage
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 *
 * const said = new Said();
 * assert(said.isNew("uptime", "timeout"));
 * assertFalse(said.isNew("uptime", "timeout"));
 * assert(said.settle("uptime"));
 * assertFalse(said.settle("uptime"));
 * ```
 */
export class Said {
  readonly #states = new Map<string, string>();

  /** Whether the subject was in another state before; from now on it is in this one. */
  isNew(subject: string, state: string): boolean {
    const changed = this.#states.get(subject) !== state;
    this.#states.set(subject, state);
    return changed;
  }

  /** The subject is as it should be again; tells whether it was not. */
  settle(subject: string): boolean {
    return this.#states.delete(subject);
  }
}
