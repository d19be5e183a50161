/**
 * Pseudonyms that only the holder of the key can find again. They are computed, not kept: a data set of any size needs no
 * table, and what is remembered here is forgotten again when it becomes much.
 *
 * @module
 */

import { createHmac, hkdfSync } from "node:crypto";
import { toBase32 } from "../../proto/base32.ts";
import { addressText } from "../../proto/bitcoin/address_text.ts";
import { joined } from "../../proto/bytes.ts";
import { type Host, parseHost } from "./host.ts";
import { PREFIX_KEY_BYTES, PrefixCipher } from "./prefix.ts";

/** Bytes of the key of a data set. */
export const KEY_BYTES = 32;

/** Pseudonyms remembered at once. */
const MOST_REMEMBERED = 65_536;
/** Peer ids get ids below this; a number that small can carry no address. */
const PEER_ID_BITS = 24;
const ROUNDS = 6;
/** The longest time that events are moved back by, and the shortest. */
const MOST_SHIFT_S = 10 * 365 * 86_400;
const LEAST_SHIFT_S = 365 * 86_400;
const MOST_HEIGHT_SHIFT = 400_000;

/** What keys and hosts that were made up begin with, in base32 and as bytes. */
const MARK = "redacted";
const MARK_BYTES = new TextEncoder().encode(MARK);
const HASH_BYTES = 32;
/** IPv6 of documentation (RFC 3849); the same bits behind fc00 for CJDNS. */
const DOCUMENTATION = Uint8Array.fromHex("20010db8");
const CJDNS = Uint8Array.fromHex("fc000db8");

/** Pseudonyms of one data set. */
export class Pseudonyms {
  /** Seconds that are added to every time. */
  readonly shiftS: number;
  /** Blocks that are added to every height. */
  readonly heightShift: number;
  readonly #key: Uint8Array;
  readonly #prefix: PrefixCipher;
  readonly #rounds: Uint16Array[];
  readonly #remembered = new Map<string, string>();
  readonly #hashes = new Map<string, Uint8Array>();

  /** Those of this key, of {@linkcode KEY_BYTES}. */
  constructor(key: Uint8Array) {
    if (key.length !== KEY_BYTES) {
      throw new RangeError(`Expected a key of ${KEY_BYTES} bytes, not ${key.length}`);
    }
    this.#key = derive(key, "pseudonyms", KEY_BYTES);
    this.#prefix = new PrefixCipher(derive(key, "prefix", PREFIX_KEY_BYTES));
    this.#rounds = Array.from({ length: ROUNDS }, (_, i) => roundTable(derive(key, `round ${i}`, KEY_BYTES)));
    const random = new DataView(derive(key, "shifts", 16).buffer);
    const below = (at: number, limit: number) => Number(random.getBigUint64(at) % BigInt(limit));
    this.shiftS = -LEAST_SHIFT_S - below(0, MOST_SHIFT_S - LEAST_SHIFT_S);
    this.heightShift = 1 + below(8, MOST_HEIGHT_SHIFT);
  }

  /** The pseudonym of a host, as text, of the same network, which nobody has. */
  host(text: string): string {
    return this.#remember(`h${text}`, () => this.#host(parseHost(text)));
  }

  /** The same, but of two IP addresses with a common prefix that is as long as before. Somebody may have it. */
  prefixHost(text: string): string {
    return this.#remember(`p${text}`, () => {
      const host = parseHost(text);
      const { network, bytes } = host;
      if (bytes === undefined || network === "local" || network === "cjdns") return this.#host(host);
      return ipText(this.#prefix.encrypt(bytes));
    });
  }

  /** The pseudonym of a hash; hashes of zeros stay what they are, since they stand for "none". */
  hash(kind: "block" | "tx", hash: Uint8Array): Uint8Array {
    // A hundred peers announce the same transaction.
    const key = kind + hash.toHex();
    let made = this.#hashes.get(key);
    if (made === undefined) {
      made = new Uint8Array(HASH_BYTES);
      if (hash.some((byte) => byte !== 0)) {
        made.set(MARK_BYTES);
        made.set(this.#prf(kind, hash).subarray(0, 8), 8);
      }
      if (this.#hashes.size >= MOST_REMEMBERED) this.#hashes.clear();
      this.#hashes.set(key, made);
    }
    return made;
  }

  /** The pseudonym of a number of 64 bits, with a mark in its first 16; 0 stays 0. */
  nonce(nonce: bigint): bigint {
    if (nonce === 0n) return 0n;
    const bytes = new DataView(new ArrayBuffer(8));
    bytes.setBigUint64(0, BigInt.asUintN(64, nonce));
    const random = this.#prf("nonce", new Uint8Array(bytes.buffer));
    random.set([0x52, 0x44]);
    return new DataView(random.buffer, random.byteOffset).getBigUint64(0);
  }

  /** Another number for each, below 2^24; of larger ones two may get the same. */
  peerId(id: number): number {
    const half = PEER_ID_BITS / 2;
    const mask = 2 ** half - 1;
    const small = id < 2 ** PEER_ID_BITS ? id : id % (2 ** PEER_ID_BITS - 3);
    let [left, right] = [small >>> half & mask, small & mask];
    for (const table of this.#rounds) [left, right] = [right, left ^ table[right]!];
    return left << half | right;
  }

  #host(host: Host): string {
    const { network, id, text } = host;
    if (text === "") return "";
    const random = this.#prf("host", new TextEncoder().encode(id));
    switch (network) {
      case "local":
        return host.bytes!.length === 4 ? "127.0.0.1" : "::1";
      case "ipv4":
        // 240.0.0.0/4 is reserved (RFC 1112) but for its last address, which is for broadcasts.
        return `${240 | random[0]! & 15}.${random[1]}.${random[2]}.${Math.min(random[3]!, 254)}`;
      case "ipv6":
        return ipText(joined([DOCUMENTATION, random.subarray(0, 12)]));
      case "cjdns":
        return ipText(joined([CJDNS, random.subarray(0, 12)]));
      case "torv2":
        return `${MARK}${toBase32(random).slice(0, 8)}.onion`;
      case "torv3":
        // Four characters that are no checksum, where there were four.
        return `${MARK}${toBase32(random).slice(0, 44)}${text.length > 58 ? MARK.slice(0, 4) : ""}.onion`;
      case "i2p":
        return `${MARK}${toBase32(random).slice(0, 44)}.b32.i2p`;
      case "name":
        return `${MARK}-${toBase32(random).slice(0, 16)}.invalid`;
    }
  }

  #prf(label: string, data: Uint8Array): Uint8Array {
    return new Uint8Array(createHmac("sha256", this.#key).update(`${label}\0`).update(data).digest());
  }

  #remember(key: string, make: () => string): string {
    let made = this.#remembered.get(key);
    if (made === undefined) {
      if (this.#remembered.size >= MOST_REMEMBERED) this.#remembered.clear();
      this.#remembered.set(key, made = make());
    }
    return made;
  }
}

/** A key for one purpose. */
export function derive(key: Uint8Array, purpose: string, length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hkdfSync("sha256", key, "", `waggle redact ${purpose}`, length));
}

/** A random function on 12 bits. */
function roundTable(key: Uint8Array): Uint16Array {
  const bytes = 2 ** (PEER_ID_BITS / 2) * 2;
  const pieces = Array.from(
    { length: bytes / 32 },
    (_, i) => createHmac("sha256", key).update(String(i)).digest(),
  );
  const table = new Uint16Array(bytes / 2);
  const all = new DataView(joined(pieces).buffer);
  for (let i = 0; i < table.length; i++) table[i] = all.getUint16(2 * i) & (table.length - 1);
  return table;
}

function ipText(bytes: Uint8Array): string {
  const isIpv4 = bytes.length === 4;
  return addressText({ network: isIpv4 ? "ipv4" : "ipv6", networkId: isIpv4 ? 1 : 2, bytes });
}
