/**
 * What an operator asks of a federation: weaker rules are refused.
 *
 * @module
 */

import * as codec from "../../proto/federation/codec.ts";
import { decode } from "../../proto/federation/frame.ts";
import { verify } from "../../proto/federation/keys.ts";
import { policyProof } from "../../proto/federation/proofs.ts";
import type { Policy, SignedPolicy } from "../../proto/federation/schema.ts";
import { advantageOfYear, dialOf } from "../release/plan.ts";
import { groupsOf } from "../release/public.ts";

/** The weakest rules that are taken. */
export interface Floor {
  /** The least `k_member`. */
  readonly minKMember: number;
  /** The least `k_public`. */
  readonly minKPublic: number;
  /** The most that a node may add to a count. */
  readonly maxClip: number;
  /** The most counts that a node may add to. */
  readonly maxKeysPerNode: number;
  /** The least noise, in thousandths of the clip. */
  readonly minNoiseMilli: number;
  /** The most releases a year. */
  readonly maxReleasesPerYear: number;
  /** The most alarms a year. */
  readonly maxAlarmsPerYear: number;
  /** What all of it together may tell in a year: the advantage of who guesses whether we take part, in thousandths. */
  readonly maxAdvantageMilli: number;
  /** Groups of numbers that may be published. */
  readonly mayPublish: readonly string[];
}

/** Rules that are taken, or why they are not. */
export type Judged = { readonly policy: Policy } | { readonly refused: string };

interface Bound {
  readonly rule: keyof Policy & string;
  readonly limit: keyof Floor;
  readonly isLeast: boolean;
}

/** Which rule each limit is for, and on which side of it rules have to be. */
const BOUNDS: readonly Bound[] = [
  { rule: "kMember", limit: "minKMember", isLeast: true },
  { rule: "kPublic", limit: "minKPublic", isLeast: true },
  { rule: "clip", limit: "maxClip", isLeast: false },
  { rule: "keysPerNode", limit: "maxKeysPerNode", isLeast: false },
  { rule: "noiseMilli", limit: "minNoiseMilli", isLeast: true },
  { rule: "releasesPerYear", limit: "maxReleasesPerYear", isLeast: false },
  { rule: "alarmsPerYear", limit: "maxAlarmsPerYear", isLeast: false },
];

/** Looks at signed rules: are they the hub's, do we speak the same, are they strong enough? */
export async function judgePolicy(
  { policy: bytes, signature }: SignedPolicy,
  { hubKey, floor, vocabulary }: { hubKey: Uint8Array; floor: Floor; vocabulary: Uint8Array },
): Promise<Judged> {
  if (!await verify(hubKey, signature, policyProof(bytes))) {
    return { refused: "the hub did not sign its policy" };
  }
  const policy = decode(codec.decodePolicy, bytes);
  if (policy === undefined || policy.clip === 0 || policy.keysPerNode === 0) {
    return { refused: "the hub's policy cannot be read" };
  }
  if (policy.vocabulary.toHex() !== vocabulary.toHex()) {
    return { refused: "the hub speaks another version, update the older of both" };
  }
  const weak = [
    ...BOUNDS.flatMap(({ rule, limit, isLeast }) => {
      const [value, bound] = [(policy[rule] ?? 0) as number, floor[limit] as number];
      return (isLeast ? value >= bound : value <= bound)
        ? []
        : [`${rule} is ${value}, and ${isLeast ? "at least" : "at most"} ${bound} is taken`];
    }),
    ...weakTogether(policy, floor),
  ];
  return weak.length === 0 ? { policy } : { refused: `the hub's policy is too weak: ${weak.join("; ")}` };
}

/** Each rule can be fine, and all of them together too weak. */
function weakTogether(policy: Policy, { maxAdvantageMilli, mayPublish }: Floor): string[] {
  const advantage = Math.ceil(1000 * advantageOfYear(dialOf(policy)));
  const unwanted = groupsOf(policy).filter((name) => !mayPublish.includes(name));
  return [
    ...advantage <= maxAdvantageMilli
      ? []
      : [`the advantage of a year is ${advantage} thousandths, and at most ${maxAdvantageMilli} is taken`],
    ...unwanted.map((name) => `it publishes ${name}`),
  ];
}
