/**
 * The log in which a randomness service announces the key of each epoch: signed, and each entry names the one before,
 * so that there is one key for an epoch and the past cannot become another. Whoever asks remembers the last entry and
 * sees when it is shown a different log.
 *
 * @module
 */

import { equal } from "../../proto/bytes.ts";
import { type KeyPair, verify } from "../../proto/federation/keys.ts";
import { epochKeyProof } from "../../proto/federation/proofs.ts";

/** The key of one epoch. */
export interface KeyEntry {
  /** Unix seconds divided by the length of an epoch. */
  readonly epoch: number;
  /** The length of an epoch. */
  readonly epochSeconds: number;
  /** The service's public key in this epoch, 32 bytes. */
  readonly key: Uint8Array;
  /** SHA-256 of the entry before, zeros for the first. */
  readonly before: Uint8Array;
  /** The service's signature. */
  readonly signature: Uint8Array;
}

/** A log that is not what it has to be: the service is broken, or it cheats. */
export class BrokenLog extends Error {}

/** More entries are not read: that many weeks are a century. */
export const MOST_ENTRIES = 5200;
const FIRST = new Uint8Array(32);

/** Signs the next entry. */
export async function signEntry(
  service: KeyPair,
  { epoch, epochSeconds, key }: Pick<KeyEntry, "epoch" | "epochSeconds" | "key">,
  last: KeyEntry | undefined,
): Promise<KeyEntry> {
  const before = last === undefined ? FIRST : await hashOf(service.publicKey, last);
  const entry = { epoch, epochSeconds, key, before };
  return { ...entry, signature: await service.sign(epochKeyProof(service.publicKey, entry)) };
}

/**
 * The last entry of a log, after a look at all of them. What is known from before has to be its first entry; without
 * that it has to begin at the beginning.
 *
 * @throws {BrokenLog} If it is no log of this service, or another one than before.
 */
export async function checkLog(
  serviceKey: Uint8Array,
  entries: readonly KeyEntry[],
  known?: KeyEntry,
): Promise<KeyEntry> {
  const [first, ...more] = entries;
  if (first === undefined) throw new BrokenLog("the key log is empty");
  await checkSignature(serviceKey, first);
  if (known === undefined && !equal(first.before, FIRST)) {
    throw new BrokenLog("the key log does not begin at its beginning");
  }
  if (known !== undefined && !equal(await hashOf(serviceKey, first), await hashOf(serviceKey, known))) {
    throw new BrokenLog(`the key log has another key for epoch ${known.epoch} than before, or another past`);
  }
  let last = first;
  for (const entry of more) {
    await checkSignature(serviceKey, entry);
    if (!equal(entry.before, await hashOf(serviceKey, last))) {
      throw new BrokenLog(`the key log has a break before epoch ${entry.epoch}`);
    }
    if (entry.epoch <= last.epoch) throw new BrokenLog(`the key log has epoch ${entry.epoch} twice`);
    if (entry.epochSeconds !== last.epochSeconds) throw new BrokenLog("the key log changes its epochs");
    last = entry;
  }
  return last;
}

async function checkSignature(serviceKey: Uint8Array, entry: KeyEntry): Promise<void> {
  if (!await verify(serviceKey, entry.signature, epochKeyProof(serviceKey, entry))) {
    throw new BrokenLog(`the service did not sign its key for epoch ${entry.epoch}`);
  }
}

async function hashOf(serviceKey: Uint8Array, entry: KeyEntry): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", epochKeyProof(serviceKey, entry)));
}

/** An entry as one line of JSON. */
export function entryText({ epoch, epochSeconds, key, before, signature }: KeyEntry): string {
  const bytes = { key: key.toHex(), before: before.toHex(), signature: signature.toHex() };
  return JSON.stringify({ epoch, epochSeconds, ...bytes });
}

/** The entry in a parsed line; `undefined` if it is none. */
export function parseEntry(value: unknown): KeyEntry | undefined {
  const { epoch, epochSeconds, ...texts } = (value ?? {}) as Record<string, unknown>;
  const [key, before, signature] = [
    bytesOf(texts.key, 32),
    bytesOf(texts.before, 32),
    bytesOf(texts.signature, 64),
  ];
  if (!isNumber(epoch) || !isNumber(epochSeconds) || epochSeconds === 0) return undefined;
  if (key === undefined || before === undefined || signature === undefined) return undefined;
  return { epoch, epochSeconds, key, before, signature };
}

/** Entries in the text of an answer; `undefined` if it is none. */
export function parseLog(text: string): KeyEntry[] | undefined {
  try {
    const { entries } = JSON.parse(text) as { entries?: unknown };
    if (!Array.isArray(entries) || entries.length > MOST_ENTRIES) return undefined;
    const parsed = entries.flatMap((entry) => parseEntry(entry) ?? []);
    return parsed.length === entries.length ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;
}

function bytesOf(text: unknown, length: number): Uint8Array<ArrayBuffer> | undefined {
  return typeof text === "string" && text.length === 2 * length && /^[0-9a-f]*$/.test(text)
    ? Uint8Array.fromHex(text)
    : undefined;
}
