/**
 * Ed25519 keys of operators, hubs and randomness services, and their text form, which is that of NATS nkeys: `U…` for
 * an operator, `N…` for a hub, `C…` for a randomness service, `S…` for what is to be kept secret.
 *
 * @module
 */

import { fromBase32, toBase32 } from "../base32.ts";
/** Whose key it is. */
export type Role = keyof typeof PREFIXES;

/** A key that can sign. */
export interface KeyPair {
  /** Whose it is. */
  readonly role: Role;
  /** 32 bytes. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** Signs bytes. */
  sign(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

/** Prefix bytes of the text form. */
const PREFIXES = { operator: 20 << 3, hub: 13 << 3, randomness: 2 << 3 } as const;
const SEED = 18 << 3;
/** What stands before the 32 bytes in PKCS #8 (RFC 8410). */
const PKCS8 = Uint8Array.fromHex("302e020100300506032b657004220420");
const KEY_BYTES = 32;

/** A new secret, in its text form. */
export function newSeed(role: Role): string {
  return seedText(role, crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
}

/**
 * The key pair of a secret.
 *
 * @throws {SyntaxError} If the text is no secret. It does not repeat it.
 */
export async function keyPair(seed: string): Promise<KeyPair> {
  const { role, bytes } = parseSeed(seed.trim());
  const pkcs8 = new Uint8Array([...PKCS8, ...bytes]);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
  const { x } = await crypto.subtle.exportKey("jwk", key);
  const publicKey = Uint8Array.fromBase64(x!, { alphabet: "base64url" }) as Uint8Array<ArrayBuffer>;
  const sign = async (bytes: Uint8Array<ArrayBuffer>) =>
    new Uint8Array(await crypto.subtle.sign("Ed25519", key, bytes));
  return { role, publicKey, sign };
}

/** True if the owner of the key signed the bytes. */
export async function verify(
  publicKey: Uint8Array,
  signature: Uint8Array,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  if (publicKey.length !== KEY_BYTES || signature.length !== 64) return false;
  try {
    const key = await crypto.subtle.importKey("raw", publicKey.slice(), "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, signature.slice(), bytes);
  } catch {
    return false; // no point of the curve
  }
}

/** The text form of a public key. */
export function keyText(role: Role, publicKey: Uint8Array): string {
  return withChecksum([PREFIXES[role], ...publicKey]);
}

/** The public key in a text; `undefined` if it is none of this role. */
export function parseKey(role: Role, text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = withoutChecksum(text);
  if (bytes?.length !== 1 + KEY_BYTES || bytes[0] !== PREFIXES[role]) return undefined;
  return bytes.slice(1);
}

function seedText(role: Role, bytes: Uint8Array): string {
  const prefix = PREFIXES[role];
  return withChecksum([SEED | prefix >> 5, (prefix & 31) << 3, ...bytes]);
}

function parseSeed(text: string): { role: Role; bytes: Uint8Array } {
  const bytes = withoutChecksum(text);
  if (bytes?.length !== 2 + KEY_BYTES || (bytes[0]! & 0xf8) !== SEED) {
    throw new SyntaxError("Cannot read the key: it is no nkey seed");
  }
  const prefix = (bytes[0]! & 7) << 5 | bytes[1]! >> 3;
  const role = (Object.keys(PREFIXES) as Role[]).find((role) => PREFIXES[role] === prefix);
  if (role === undefined) {
    throw new SyntaxError(
      "Cannot read the key: it is neither an operator's, nor a hub's, nor a randomness service's",
    );
  }
  return { role, bytes: bytes.subarray(2) };
}

function withChecksum(bytes: readonly number[]): string {
  const sum = crc16(bytes);
  return toBase32(Uint8Array.of(...bytes, sum & 0xff, sum >> 8)).toUpperCase();
}

function withoutChecksum(text: string): Uint8Array<ArrayBuffer> | undefined {
  // Longer ones are no keys, and a key has one text: no letter too many, no bits behind the last byte.
  const all = /^[A-Z2-7]{5,64}$/.test(text) ? fromBase32(text.toLowerCase()) : undefined;
  if (all === undefined || toBase32(all).toUpperCase() !== text) return undefined;
  const bytes = all.slice(0, -2);
  return crc16(bytes) === (all.at(-2)! | all.at(-1)! << 8) ? bytes : undefined;
}

/** CRC-16/XMODEM. */
function crc16(bytes: Iterable<number>): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
}
