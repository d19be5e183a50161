/**
 * Opens what an epoch brought: groups of enough operators, of enough independent trees, whose shares fit. Everything
 * else stays shut, and is deleted.
 *
 * @module
 */

import { discreteGaussian } from "../release/gaussian.ts";
import { secureBits } from "../release/random.ts";
import { decodeSighting } from "../sightings/sighting.ts";
import { open } from "../sightings/share.ts";
import type { OpenedEpoch, OpenedSighting, SealedGroup, SightingStore } from "./store/sightings.ts";
import { independent, type Roots } from "./trees.ts";

/** What it takes. */
export interface Threshold {
  /** Operators, and independent trees of them. */
  readonly k: number;
  /** Trees of all members. */
  readonly roots: Roots;
  /** Whether an operator counts. */
  counts(slot: number): boolean;
  /** Noise on the number of voices. */
  readonly noise?: () => number;
}

/** The variance of the noise on a number of operators. */
const VARIANCE = { numerator: 1n, denominator: 1n };

/** Opens an epoch; also says whose shares did not fit. */
export async function openEpoch(
  store: SightingStore,
  epoch: number,
  threshold: Threshold,
): Promise<{ opened: OpenedEpoch; liars: readonly number[] }> {
  const sightings: OpenedSighting[] = [];
  const liars = new Set<number>();
  for await (const group of store.groups(epoch, threshold.k)) {
    const { sighting, wrong } = openGroup(group, threshold);
    if (sighting !== undefined) sightings.push(sighting);
    wrong.forEach((slot) => liars.add(slot));
  }
  const [most] = await store.keys(epoch);
  const key = most !== undefined && most.operators >= threshold.k ? most.key : undefined;
  const dropKey = crypto.getRandomValues(new Uint8Array(32));
  return { opened: { epoch, key, dropKey, sightings }, liars: [...liars] };
}

function openGroup(
  { slots, sealed }: SealedGroup,
  { k, roots, counts, noise = gaussian }: Threshold,
): { sighting?: OpenedSighting; wrong: readonly number[] } {
  const own = slots.flatMap((slot, i) => counts(slot) ? [{ slot, sealed: sealed[i]! }] : []);
  const slotsOf = (positions: readonly number[]) => positions.map((position) => own[position]!.slot);
  const voices = (slots: readonly number[], most: number) =>
    slots.length < k ? 0 : independent(slots, most, roots);
  // Not even looked into before there are enough.
  if (voices(own.map(({ slot }) => slot), k) < k) return { wrong: [] };
  const result = open(own.map(({ sealed }) => sealed), k);
  if (result === undefined) return { wrong: [] };
  if (result === "forged") return { wrong: own.map(({ slot }) => slot) };
  const wrong = slotsOf(result.bad);
  const count = voices(slotsOf(result.good), own.length);
  if (count < k || decodeSighting(result.content) === undefined) return { wrong };
  const noisy = count + noise();
  return noisy < k ? { wrong } : { wrong, sighting: { content: result.content, many: noisy >= 2 * k } };
}

function gaussian(): number {
  return Number(discreteGaussian(VARIANCE, secureBits()));
}
