/**
 * What is signed in the federation: each proof begins with its own context, so that no signature serves two ends.
 *
 * @module
 */

import type { Invitation } from "./schema.ts";

/** What both sides have said when an operator proves who it is. */
export interface Handshake {
  /** The hub's key. */
  readonly hubKey: Uint8Array;
  /** Random, from `hello`. */
  readonly helloNonce: Uint8Array;
  /** Random, from `challenge`. */
  readonly challengeNonce: Uint8Array;
  /** SHA-256 of the policy in force. */
  readonly policyHash: Uint8Array;
}

/** Signed by the hub, in `challenge`. */
export function hubProof(
  { hubKey, helloNonce, challengeNonce, policyHash }: Handshake,
): Uint8Array<ArrayBuffer> {
  return join("waggle hub 1", hubKey, helloNonce, challengeNonce, policyHash);
}

/** Signed by the operator, in `auth`. */
export function operatorProof(
  { hubKey, helloNonce, challengeNonce, policyHash }: Handshake,
): Uint8Array<ArrayBuffer> {
  return join("waggle operator 1", hubKey, helloNonce, challengeNonce, policyHash);
}

/** Signed by both keys, in `rotate`. */
export function rotationProof(
  { hubKey, helloNonce, challengeNonce }: Handshake,
  newKey: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return join("waggle rotation 1", hubKey, helloNonce, challengeNonce, newKey);
}

/** Signed by each sponsor of an invitation. */
export function sponsorProof(
  { id, hubKey, expires }: Pick<Invitation, "id" | "hubKey" | "expires">,
): Uint8Array<ArrayBuffer> {
  return join("waggle invitation 1", id, hubKey, timeBytes(expires));
}

/** Signed by the hub: the rules. */
export function policyProof(policy: Uint8Array): Uint8Array<ArrayBuffer> {
  return join("waggle policy 1", policy);
}

/** Signed by an operator to open the members' pages in a browser. */
export function signInProof(hubKey: Uint8Array, challenge: Uint8Array): Uint8Array<ArrayBuffer> {
  return join("waggle sign-in 1", hubKey, challenge);
}

/** Signed by the hub to open its own pages: good until `when`, 8 bytes of Unix seconds. */
export function hubTokenProof(
  hubKey: Uint8Array,
  nonce: Uint8Array,
  when: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return join("waggle hub token 1", hubKey, nonce, when);
}

/** Signed by a release key: what the public may see. */
export function releaseProof(hubKey: Uint8Array, release: Uint8Array): Uint8Array<ArrayBuffer> {
  return join("waggle release 1", hubKey, release);
}

/** Signed by the hub: a key that signs its releases from a time on, Unix seconds. */
export function releaseKeyProof(hubKey: Uint8Array, key: Uint8Array, from: number): Uint8Array<ArrayBuffer> {
  return join("waggle release key 1", hubKey, key, timeBytes(from));
}

/** Signed by a randomness service: the key of an epoch, and all that it has announced before. */
export function epochKeyProof(
  serviceKey: Uint8Array,
  { epoch, epochSeconds, key, before }: {
    readonly epoch: number;
    readonly epochSeconds: number;
    readonly key: Uint8Array;
    readonly before: Uint8Array;
  },
): Uint8Array<ArrayBuffer> {
  const numbers = new Uint8Array(8);
  new DataView(numbers.buffer).setUint32(0, epoch);
  new DataView(numbers.buffer).setUint32(4, epochSeconds);
  return join("waggle randomness key 1", serviceKey, numbers, key, before);
}

/** Signed by an operator: what it asks a randomness service. */
export function evaluationProof(
  serviceKey: Uint8Array,
  epoch: number,
  blinded: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, epoch);
  return join("waggle randomness request 1", serviceKey, number, blinded);
}

/** Signed by an operator: it contributes a data set, named by the first bytes of its hash. */
export function contributionProof(hubKey: Uint8Array, dataSet: Uint8Array): Uint8Array<ArrayBuffer> {
  return join("waggle contribution 1", hubKey, dataSet);
}

/** Signed by the hub: a code that is good for one data set until `expires`, Unix seconds. */
export function contributionCodeProof(
  hubKey: Uint8Array,
  nonce: Uint8Array,
  expires: number,
): Uint8Array<ArrayBuffer> {
  return join("waggle contribution code 1", hubKey, nonce, timeBytes(expires));
}

/** Unix seconds as they are signed: eight bytes, the highest first. */
export function timeBytes(seconds: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(seconds));
  return bytes;
}

/** Each part behind its length, so that no two lists of parts are the same bytes. */
function join(context: string, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = [new TextEncoder().encode(context), ...parts];
  const bytes = new Uint8Array(all.reduce((sum, part) => sum + 4 + part.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const part of all) {
    view.setUint32(at, part.length);
    bytes.set(part, at + 4);
    at += 4 + part.length;
  }
  return bytes;
}
