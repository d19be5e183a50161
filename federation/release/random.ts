/**
 * Random bits: from the operating system, or from a key and a name, so that the same key, asked for the same thing,
 * gives the same noise.
 *
 * @module
 */

import { createCipheriv, createHmac } from "node:crypto";

/** So many random bits, as a number. */
export type Bits = (count: number) => bigint;

const BLOCK = 4096;

/** Bits of the operating system. */
export function secureBits(): Bits {
  return bitsOf(() => crypto.getRandomValues(new Uint8Array(BLOCK)));
}

/** Bits that only somebody with the key can foresee: AES-256 in counter mode, under a key made from key and name. */
export function keyedBits(key: Uint8Array, name: string): Bits {
  const own = createHmac("sha256", key).update(name).digest();
  let block = 0;
  return bitsOf(() => {
    // A cipher for each block, because one that is not ended is never given back.
    const start = new Uint8Array(16);
    new DataView(start.buffer).setUint32(0, block++);
    const cipher = createCipheriv("aes-256-ctr", own, start);
    const bytes = cipher.update(new Uint8Array(BLOCK));
    cipher.final();
    return bytes;
  });
}

function bitsOf(more: () => Uint8Array): Bits {
  let block = new Uint8Array();
  let at = 0;
  return (count) => {
    let bits = 0n;
    let value = 0;
    const bytes = count + 7 >> 3;
    for (let i = 0; i < bytes; i++) {
      if (at === block.length) [block, at] = [more() as Uint8Array<ArrayBuffer>, 0];
      value = value << 8 | block[at++]!;
      // Six bytes at most are a number that is exact; a bigint for every byte would be slow.
      if (i % 3 === 2) [bits, value] = [bits << 24n | BigInt(value), 0];
    }
    bits = bits << BigInt(bytes % 3 * 8) | BigInt(value);
    return bits >> BigInt(bytes * 8 - count);
  };
}
