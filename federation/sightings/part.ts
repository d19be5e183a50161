/**
 * The parts in which sightings go to a hub: every operator sends as many, and all of them are full.
 *
 * @module
 */

import type { SealedSighting, SightingRules, Sightings } from "../../proto/federation/schema.ts";
import { BYTES, MOST_K } from "./share.ts";

/** Sealed sightings in a part. */
export const PER_PART = 32;
const KEY_BYTES = 32;

/** Parts that an operator sends for an epoch. */
export function partsOf({ perEpoch }: Pick<SightingRules, "perEpoch">): number {
  return Math.ceil(perEpoch / PER_PART);
}

/** The epoch of a time in Unix seconds. */
export function epochAt(seconds: number, { epochSeconds }: Pick<SightingRules, "epochSeconds">): number {
  return Math.floor(seconds / epochSeconds);
}

/** What is wrong with a part, in words that do not repeat it; `undefined` if it is right. */
export function checkPart({ part, key, sealed }: Sightings, rules: SightingRules): string | undefined {
  if (part >= partsOf(rules)) return "there are not so many parts";
  if (key.length !== KEY_BYTES) return "the key is none";
  if (sealed.length !== PER_PART) return "it is not full";
  const length = sealed[0]!.commitments.length;
  const k = length / BYTES.commitment;
  if (!Number.isInteger(k) || k < 2 || k > MOST_K) return "commitments are none";
  return sealed.every((each) => isSealed(each) && each.commitments.length === length)
    ? undefined
    : "a sealed sighting is none";
}

function isSealed({ tag, share, box }: SealedSighting): boolean {
  return tag.length === BYTES.tag && share.length === BYTES.share && box.length === BYTES.box;
}
