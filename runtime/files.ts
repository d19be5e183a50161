/**
 * What several rooms ask of the file system.
 *
 * @module
 */

/**
 * Whether there is something at a path, a broken link too.
 *
 * @throws {Error} If that cannot be told, for want of rights: "no" would be a guess.
 *
 * @example Usage
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 *
 * assert(isThere("/"));
 * assertFalse(isThere("/nothing here"));
 * ```
 */
export function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
