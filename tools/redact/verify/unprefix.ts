/**
 * The way back from a prefix-preserving pseudonym, written apart from the way there: if what comes out is no address of
 * the input, what went in was no pseudonym.
 *
 * @module
 */

import { createCipheriv } from "node:crypto";

/** The address of which this is the pseudonym under a key of 32 bytes. */
export function unprefix(key: Uint8Array, pseudonym: Uint8Array): Uint8Array {
  const size = pseudonym.length * 8;
  let original = 0n;
  const given = BigInt(`0x${pseudonym.toHex()}`);
  // A one and, for IPv4, the 96 bits that stand before it in IPv6.
  const start = size === 32 ? 1n << 96n | 0xffffn : 1n;
  for (let i = 0; i < size; i++) {
    const before = start << BigInt(i) | original;
    const block = Uint8Array.fromHex(BigInt.asUintN(128, before).toString(16).padStart(32, "0"));
    const pad = (lastByte(key.subarray(0, 16), block) ^ lastByte(key.subarray(16), block)) & 1;
    const bit = given >> BigInt(size - 1 - i) & 1n;
    original = original << 1n | bit ^ BigInt(pad);
  }
  return Uint8Array.fromHex(original.toString(16).padStart(size / 4, "0"));
}

function lastByte(key: Uint8Array, block: Uint8Array): number {
  const cipher = createCipheriv("aes-128-ecb", key, null).setAutoPadding(false);
  const out = cipher.update(block);
  cipher.final();
  return out[15]!;
}
