/**
 * Base 32 of RFC 4648 in small letters and without padding, as onion and I2P addresses have it.
 *
 * @module
 */

/** Its letters and digits, from 0 to 31. */
export const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

/**
 * Bytes as text.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(toBase32(new TextEncoder().encode("foobar")), "mzxw6ytboi");
 * ```
 */
export function toBase32(bytes: Uint8Array): string {
  let text = "";
  let [bits, value] = [0, 0];
  for (const byte of bytes) {
    value = (value << 8 | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32[value >> (bits - 5) & 31];
  }
  return bits > 0 ? text + BASE32[value << (5 - bits) & 31] : text;
}

/** The bytes of a text that has no other letters; bits that fill no byte are left out. */
export function fromBase32(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length * 5 >> 3);
  let [bits, value, at] = [0, 0, 0];
  for (const letter of text) {
    value = (value << 5 | BASE32.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits >= 8) bytes[at++] = value >> (bits -= 8) & 0xff;
  }
  return bytes;
}
