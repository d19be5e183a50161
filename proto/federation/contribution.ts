/**
 * Who may contribute a data set to a hub: a member, who signs which one it is, or whoever has a code that the hub made,
 * good for one data set. Both are a line of text; each request carries it, so that nothing has to be remembered between
 * them.
 *
 * @module
 */

import { bytesOfLine, copiedLine } from "./copied_line.ts";
import { type KeyPair, verify } from "./keys.ts";
import { contributionCodeProof, contributionProof, timeBytes } from "./proofs.ts";

const CODE = "waggle-contribution-";
const CONTRIBUTOR = "waggle-contributor-";
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const NONCE_BYTES = 16;
const TIME_BYTES = 8;

/** A code. */
export interface ContributionCode {
  /** The hub's key. */
  readonly hubKey: Uint8Array<ArrayBuffer>;
  /** Unix seconds until which it is good. */
  readonly expires: number;
  /** Says which one it is: it is good for one data set. */
  readonly nonce: Uint8Array<ArrayBuffer>;
  /** The hub's, which nobody has checked yet. */
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** A code that is good until `expires`, Unix seconds. */
export async function newContributionCode(hub: KeyPair, expires: number): Promise<string> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const signature = await hub.sign(contributionCodeProof(hub.publicKey, nonce, expires));
  return copiedLine(CODE, hub.publicKey, timeBytes(expires), nonce, signature);
}

/** The code in a line; `undefined` if there is none. */
export function parseContributionCode(line: string): ContributionCode | undefined {
  const bytes = bytesOfLine(CODE, line, KEY_BYTES + TIME_BYTES + NONCE_BYTES + SIGNATURE_BYTES);
  if (bytes === undefined) return undefined;
  const expires = Number(new DataView(bytes.buffer).getBigUint64(KEY_BYTES));
  const nonceAt = KEY_BYTES + TIME_BYTES;
  return {
    hubKey: bytes.slice(0, KEY_BYTES),
    // Beyond that it could not be told which number it is.
    expires: Math.min(expires, Number.MAX_SAFE_INTEGER),
    nonce: bytes.slice(nonceAt, nonceAt + NONCE_BYTES),
    signature: bytes.slice(nonceAt + NONCE_BYTES),
  };
}

/** True if this hub has made the code. Whether its time is over, and whether it was used, are other questions. */
export async function isCodeOf(hubKey: Uint8Array, code: ContributionCode): Promise<boolean> {
  return await verify(hubKey, code.signature, contributionCodeProof(hubKey, code.nonce, code.expires));
}

/** The line by which a member contributes a data set, named by the first bytes of its hash, to a hub. */
export async function contributorLine(
  operator: KeyPair,
  hubKey: Uint8Array,
  dataSet: Uint8Array,
): Promise<string> {
  const signature = await operator.sign(contributionProof(hubKey, dataSet));
  return copiedLine(CONTRIBUTOR, operator.publicKey, signature);
}

/** The key of the operator who signed a line for this data set and this hub; `undefined` if nobody did. */
export async function contributorOf(
  line: string,
  hubKey: Uint8Array,
  dataSet: Uint8Array,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = bytesOfLine(CONTRIBUTOR, line, KEY_BYTES + SIGNATURE_BYTES);
  if (bytes === undefined) return undefined;
  const [key, signature] = [bytes.slice(0, KEY_BYTES), bytes.slice(KEY_BYTES)];
  return await verify(key, signature, contributionProof(hubKey, dataSet)) ? key : undefined;
}
