/**
 * What was thrown, in words: not everything that is thrown is an error.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([reasonOf(new Error("no disk")), reasonOf("why not")], ["no disk", "why not"]);
 * ```
 */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
