/**
 * The rules of a hub, and what they are before anybody has changed them.
 *
 * @module
 */

import * as codec from "../../proto/federation/codec.ts";
import { decode, encode } from "../../proto/federation/frame.ts";
import type { KeyPair } from "../../proto/federation/keys.ts";
import { vocabularyHash } from "../../proto/federation/metrics.ts";
import { policyProof } from "../../proto/federation/proofs.ts";
import type { Policy, SignedPolicy } from "../../proto/federation/schema.ts";

/** The safe end. */
export const DEFAULTS = {
  kMember: 3,
  kPublic: 5,
  clip: 64,
  keysPerNode: 64,
  noiseMilli: 13_400,
  releasesPerYear: 12,
  sponsors: 2,
} as const satisfies Partial<Policy>;

/** What can be chosen. */
export type Choices = { readonly [K in keyof typeof DEFAULTS]: number };

/** The rules in force. */
export interface Rules {
  /** What they say. */
  readonly policy: Policy;
  /** As the hub signed them. */
  readonly signed: SignedPolicy;
  /** SHA-256 of them. */
  readonly hash: Uint8Array<ArrayBuffer>;
}

/** Rules as the hub signs them. */
export async function signPolicy(choices: Choices, hub: KeyPair, now: number): Promise<SignedPolicy> {
  const policy: Policy = { version: 1, validFrom: now, ...choices, vocabulary: await vocabularyHash() };
  const bytes = encode(codec.encodePolicy, policy);
  return { policy: bytes, signature: await hub.sign(policyProof(bytes)) };
}

/** What signed rules say. */
export async function readRules(signed: SignedPolicy): Promise<Rules> {
  const policy = decode(codec.decodePolicy, signed.policy);
  if (policy === undefined) throw new Error("Cannot read the policy: the store is damaged, restore a backup");
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", signed.policy.slice()));
  return { policy, signed, hash };
}
