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
import type { Policy, SightingRules, SignedPolicy } from "../../proto/federation/schema.ts";
import { GROUP_NAMES, type GroupName, groupNumber } from "../release/public.ts";

/** The safe end. */
export const DEFAULTS = {
  kMember: 3,
  kPublic: 5,
  clip: 64,
  keysPerNode: 64,
  noiseMilli: 15_000,
  releasesPerYear: 12,
  alarmsPerYear: 2,
  alarmEpsilonMilli: 200,
  sponsors: 2,
} as const satisfies Partial<Policy>;

/** What can be chosen. */
export type Choices = { readonly [K in keyof typeof DEFAULTS]: number } & {
  /** What is published; everything by default. */
  readonly groups?: readonly GroupName[];
  /** How operators ask each other whom they saw; not at all by default. */
  readonly sightings?: SightingRules | undefined;
};

/** The version of policies that say what is published. */
const VERSION = 2;

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
export async function signPolicy(
  { groups = GROUP_NAMES, ...choices }: Choices,
  hub: KeyPair,
  now: number,
): Promise<SignedPolicy> {
  const numbers = groups.map(groupNumber).sort((a, b) => a - b);
  const vocabulary = await vocabularyHash();
  const policy: Policy = { version: VERSION, validFrom: now, ...choices, groups: numbers, vocabulary };
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
