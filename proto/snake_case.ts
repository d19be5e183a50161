/**
 * The name a field has in the `.proto` files, in lower case.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(snakeCase("bip152HbTo"), "bip152_hb_to");
 * ```
 */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => `_${letters.toLowerCase()}`);
}
