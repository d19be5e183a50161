/**
 * What Core calls a checked block whose header is right and whose content is not that of the header: somebody changed it
 * on the way, and the block itself may be fine.
 *
 * @module
 */

/** All such states. */
export const MUTATED_STATES = [
  "bad-txnmrklroot",
  "bad-txns-duplicate",
  "bad-witness-nonce-size",
  "bad-witness-merkle-match",
  "unexpected-witness",
] as const;

/**
 * Whether the state of a checked block is one of them.
 *
 * @example Usage
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 *
 * assert(isMutated("bad-txnmrklroot"));
 * assertFalse(isMutated("Valid"));
 * ```
 */
export function isMutated(state: string): boolean {
  return (MUTATED_STATES as readonly string[]).includes(state);
}
