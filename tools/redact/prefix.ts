/**
 * ipcrypt-pfx of draft-denis-ipcrypt: a keyed permutation of addresses under which two addresses share as many first
 * bits as before.
 *
 * @module
 */

import { createCipheriv } from "node:crypto";

/** Bytes of a key: two of AES-128. */
export const PREFIX_KEY_BYTES = 32;

/** IPv4 is encrypted behind the prefix ::ffff:0:0/96, which stays. */
const MAPPED = Uint8Array.fromHex("00000000000000000000ffff");

/** Encrypts addresses with one key. */
export class PrefixCipher {
  readonly #keys: readonly [Uint8Array, Uint8Array];

  /** A cipher of this key, of {@linkcode PREFIX_KEY_BYTES}, whose halves must differ. */
  constructor(key: Uint8Array) {
    const [first, second] = [key.subarray(0, 16), key.subarray(16)];
    if (key.length !== PREFIX_KEY_BYTES || first.every((byte, i) => byte === second[i])) {
      throw new RangeError(`Expected a key of ${PREFIX_KEY_BYTES} bytes with different halves`);
    }
    this.#keys = [first, second];
  }

  /** The pseudonym of an address of 4 or 16 bytes, of the same length. */
  encrypt(address: Uint8Array): Uint8Array {
    const isIpv4 = address.length === 4;
    const bits = address.length * 8;
    const out = new Uint8Array(address.length);
    const pads = this.#pads(paddedPrefixes(address, isIpv4));
    for (let i = 0; i < bits; i++) {
      const bit = (address[i >> 3]! >> (7 - (i & 7))) & 1;
      out[i >> 3]! |= (bit ^ pads[i]!) << (7 - (i & 7));
    }
    return out;
  }

  /** One bit for each block: the last of the sum of both encryptions. */
  #pads(blocks: Uint8Array): Uint8Array {
    const [a, b] = [aes(this.#keys[0], blocks), aes(this.#keys[1], blocks)];
    const pads = new Uint8Array(blocks.length / 16);
    for (let i = 0; i < pads.length; i++) pads[i] = (a[16 * i + 15]! ^ b[16 * i + 15]!) & 1;
    return pads;
  }
}

function aes(key: Uint8Array, blocks: Uint8Array): Uint8Array {
  const cipher = createCipheriv("aes-128-ecb", key, null).setAutoPadding(false);
  const out = cipher.update(blocks);
  cipher.final();
  return out;
}

/** For each bit of the address a block: zeros, a one, and all bits that come before it. */
function paddedPrefixes(address: Uint8Array, isIpv4: boolean): Uint8Array {
  const bits = address.length * 8;
  const blocks = new Uint8Array(16 * bits);
  const block = new Uint8Array(16);
  if (isIpv4) {
    block.set(MAPPED, 4);
    block[3] = 1;
  } else block[15] = 1;
  for (let i = 0; i < bits; i++) {
    blocks.set(block, 16 * i);
    let carry = (address[i >> 3]! >> (7 - (i & 7))) & 1;
    for (let at = 15; at >= 0; at--) {
      const byte = block[at]!;
      block[at] = byte << 1 | carry;
      carry = byte >> 7;
    }
  }
  return blocks;
}
