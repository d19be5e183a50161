/**
 * What is in the input and must not be in the output, as far as it can be compared: nonces, times of connections, hosts.
 * Sets of any size in constant memory; what they find by accident is looked up in the input again.
 *
 * @module
 */

/** Where nonces are. */
export const NONCES: ReadonlySet<string> = new Set([
  "Ping.value",
  "Pong.value",
  "Version.nonce",
  "CompactBlock.nonce",
]);
/** Where the node says since when a peer is connected. */
export const CONNECTED: ReadonlySet<string> = new Set([
  "ClosedConnection.timeEstablished",
  "EvictedInboundConnection.timeEstablished",
  "PeerInfo.connectionTime",
]);
const LOG2_BITS = 28;
const HASHES = 5;

/** A set that may say yes to what it does not hold, once in a million. */
export class LooseSet {
  // Made when there is something to hold.
  #bits = new Uint32Array(0);
  readonly #seed = crypto.getRandomValues(new Uint32Array(1))[0]!;

  /** Adds a text. */
  add(text: string): void {
    if (this.#bits.length === 0) this.#bits = new Uint32Array(2 ** (LOG2_BITS - 5));
    this.#places(text, (word, bit) => {
      this.#bits[word]! |= bit;
      return true;
    });
  }

  /** Whether it was added, or looks like it. */
  has(text: string): boolean {
    return this.#bits.length > 0 && this.#places(text, (word, bit) => (this.#bits[word]! & bit) !== 0);
  }

  /** Calls `at` for each place of a text, as long as it says true. Nobody outside can aim: the seed is random. */
  #places(text: string, at: (word: number, bit: number) => boolean): boolean {
    let [a, b] = [this.#seed, ~this.#seed];
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      a = Math.imul(a ^ code, 0x01000193);
      b = Math.imul(b ^ (code + i), 0x85ebca6b);
      b ^= b >>> 13;
    }
    a = mixed(a);
    b = mixed(b) | 1;
    for (let i = 0; i < HASHES; i++) {
      const place = (a + Math.imul(i, b)) >>> (32 - LOG2_BITS);
      if (!at(place >>> 5, 1 << (place & 31))) return false;
    }
    return true;
  }
}

function mixed(value: number): number {
  value = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  value = Math.imul(value ^ (value >>> 15), 0x846ca68b);
  return value ^ (value >>> 16);
}
