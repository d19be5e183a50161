/**
 * Keys that sign releases. The hub's own key signs each of them, once, with the time from which it counts; so the key that
 * lies where releases are made can be changed, and the hub's key need not lie there.
 *
 * @module
 */

import { type KeyPair, keyPair, keyText, newSeed, parseKey, verify } from "../../proto/federation/keys.ts";
import { releaseKeyProof } from "../../proto/federation/proofs.ts";

/** A key and from when on it counts, as the hub signed it. */
export interface KeyLink {
  /** The key, in its text form. */
  readonly key: string;
  /** Unix seconds. */
  readonly from: number;
  /** The hub's signature, base 64. */
  readonly signature: string;
}

/** A new key that counts from a time on. */
export async function newReleaseKey(
  hub: KeyPair,
  from: number,
): Promise<{ readonly seed: string; readonly link: KeyLink }> {
  const seed = newSeed("hub");
  const { publicKey } = await keyPair(seed);
  const signature = await hub.sign(releaseKeyProof(hub.publicKey, publicKey, from));
  return { seed, link: { key: keyText("hub", publicKey), from, signature: signature.toBase64() } };
}

/** The key that counts at a time: the last one the hub signed for it. */
export async function signerAt(
  links: readonly KeyLink[],
  { hubKey, at }: { hubKey: Uint8Array; at: number },
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const before = links.filter(({ from }) => from <= at).sort((a, b) => b.from - a.from);
  for (const { key, from, signature } of before) {
    const publicKey = parseKey("hub", key);
    if (publicKey === undefined || !Number.isSafeInteger(from) || from < 0) continue;
    if (await verify(hubKey, bytesOf(signature), releaseKeyProof(hubKey, publicKey, from))) return publicKey;
  }
  return undefined;
}

/** Links out of `keys.json`. */
export function parseKeys(text: string): KeyLink[] {
  const { keys } = JSON.parse(text);
  if (!Array.isArray(keys) || !keys.every(isLink)) {
    throw new SyntaxError("Cannot read the keys: they are none");
  }
  return keys;
}

function isLink(link: unknown): link is KeyLink {
  const { key, from, signature } = link as Record<string, unknown>;
  return typeof key === "string" && typeof from === "number" && typeof signature === "string";
}

function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    return new Uint8Array();
  }
}
