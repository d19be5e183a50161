/**
 * Signing in to a hub's pages: lines of text that people copy between a browser and a terminal.
 *
 * A member gets a challenge from the page, signs it with `uplink sign`, and pastes the answer. Whoever has the hub's
 * folder makes a token with `hub token`, good for some minutes and once.
 *
 * @module
 */

import { bytesOfLine, copiedLine } from "./copied_line.ts";
import { type KeyPair, verify } from "./keys.ts";
import { hubTokenProof, signInProof, timeBytes } from "./proofs.ts";

/** Bytes of a challenge. */
export const CHALLENGE_BYTES = 32;

const CHALLENGE = "waggle-sign-in-";
const ANSWER = "waggle-signed-";
const TOKEN = "waggle-hub-token-";
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const NONCE_BYTES = 16;
const TIME_BYTES = 8;

/** Who signed a challenge. */
export interface Answer {
  /** The operator's key. */
  readonly key: Uint8Array<ArrayBuffer>;
  /** Its signature, which nobody has checked yet. */
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** A token of the hub. */
export interface HubToken {
  /** Says which one it is: it is good once. */
  readonly nonce: Uint8Array<ArrayBuffer>;
  /** Unix seconds until which it is good. */
  readonly expires: number;
}

/** The line that a page shows. */
export function challengeText(challenge: Uint8Array): string {
  return copiedLine(CHALLENGE, challenge);
}

/** The challenge in a text; `undefined` if there is none. */
export function parseChallenge(line: string): Uint8Array<ArrayBuffer> | undefined {
  return bytesOfLine(CHALLENGE, line, CHALLENGE_BYTES);
}

/** The line that is pasted into the page. */
export async function answerChallenge(
  challenge: Uint8Array,
  hubKey: Uint8Array,
  operator: KeyPair,
): Promise<string> {
  const signature = await operator.sign(signInProof(hubKey, challenge));
  return copiedLine(ANSWER, operator.publicKey, signature);
}

/** The answer in a text; `undefined` if there is none. */
export function parseAnswer(line: string): Answer | undefined {
  const bytes = bytesOfLine(ANSWER, line, KEY_BYTES + SIGNATURE_BYTES);
  return bytes && { key: bytes.slice(0, KEY_BYTES), signature: bytes.slice(KEY_BYTES) };
}

/** True if the owner of the key has signed this challenge of this hub. */
export async function isAnswer(
  { key, signature }: Answer,
  challenge: Uint8Array,
  hubKey: Uint8Array,
): Promise<boolean> {
  return await verify(key, signature, signInProof(hubKey, challenge));
}

/** A token that opens the hub's own pages until `expires`, Unix seconds. */
export async function newHubToken(hub: KeyPair, expires: number): Promise<string> {
  const when = timeBytes(expires);
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  return copiedLine(TOKEN, when, nonce, await hub.sign(hubTokenProof(hub.publicKey, nonce, when)));
}

/** The token in a text, if this hub has signed it; else `undefined`. Whether its time is over is another question. */
export async function readHubToken(line: string, hubKey: Uint8Array): Promise<HubToken | undefined> {
  const bytes = bytesOfLine(TOKEN, line, TIME_BYTES + NONCE_BYTES + SIGNATURE_BYTES);
  if (bytes === undefined) return undefined;
  const when = bytes.slice(0, TIME_BYTES);
  const nonce = bytes.slice(TIME_BYTES, TIME_BYTES + NONCE_BYTES);
  const signature = bytes.slice(TIME_BYTES + NONCE_BYTES);
  if (!await verify(hubKey, signature, hubTokenProof(hubKey, nonce, when))) return undefined;
  return { nonce, expires: Number(new DataView(when.buffer).getBigUint64(0)) };
}
