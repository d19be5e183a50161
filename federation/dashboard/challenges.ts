/**
 * Challenges that cost no memory: each says itself until when and for whose browser it is good, and a code that only
 * this process can make vouches for it. Asking for a million of them leaves nothing behind.
 *
 * @module
 */

import { CHALLENGE_BYTES } from "../../proto/federation/sign_in.ts";

/** Long enough to find the terminal. */
const GOOD_MS = 5 * 60_000;
const TIME_BYTES = 8;
const RANDOM_BYTES = 8;
const CODE_BYTES = CHALLENGE_BYTES - TIME_BYTES - RANDOM_BYTES;

/** Makes challenges and knows them again. */
export class Challenges {
  readonly #key: Promise<CryptoKey>;
  /** Those that somebody has signed in with, until they would have ended. */
  readonly #used = new Map<string, number>();

  /** With a key of its own. */
  constructor() {
    const algorithm: HmacKeyGenParams = { name: "HMAC", hash: "SHA-256" };
    this.#key = crypto.subtle.generateKey(algorithm, false, ["sign"]);
  }

  /** A challenge for a browser, which a cookie calls `visit`. */
  async make(visit: string, now: number): Promise<Uint8Array<ArrayBuffer>> {
    const challenge = crypto.getRandomValues(new Uint8Array(CHALLENGE_BYTES));
    new DataView(challenge.buffer).setBigUint64(0, BigInt(now + GOOD_MS));
    challenge.set(await this.#code(challenge, visit), TIME_BYTES + RANDOM_BYTES);
    return challenge;
  }

  /** Whether it is one of ours, for this browser, in time and not used yet. */
  async check(challenge: Uint8Array<ArrayBuffer>, visit: string, now: number): Promise<boolean> {
    const code = await this.#code(challenge, visit);
    const given = challenge.subarray(TIME_BYTES + RANDOM_BYTES);
    let difference = 0;
    code.forEach((byte, i) => difference |= byte ^ given[i]!);
    return difference === 0 && endOf(challenge) >= now && !this.#used.has(challenge.toHex());
  }

  /** It has done its work; `false` if somebody else was faster. */
  use(challenge: Uint8Array<ArrayBuffer>, now: number): boolean {
    for (const [used, ends] of this.#used) if (ends < now) this.#used.delete(used);
    if (this.#used.has(challenge.toHex())) return false;
    this.#used.set(challenge.toHex(), endOf(challenge));
    return true;
  }

  async #code(challenge: Uint8Array<ArrayBuffer>, visit: string): Promise<Uint8Array> {
    const head = challenge.subarray(0, TIME_BYTES + RANDOM_BYTES);
    const bytes = new Uint8Array([...head, ...new TextEncoder().encode(visit)]);
    return new Uint8Array(await crypto.subtle.sign("HMAC", await this.#key, bytes)).subarray(0, CODE_BYTES);
  }
}

function endOf(challenge: Uint8Array<ArrayBuffer>): number {
  return Number(new DataView(challenge.buffer, challenge.byteOffset).getBigUint64(0));
}
