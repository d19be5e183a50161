/**
 * What a member gets of opened sightings: not all of them, and always the same, so that a list that leaks tells by
 * what is missing whose it was.
 *
 * @module
 */

import { createHmac } from "node:crypto";
import type { MembersSource } from "../dashboard/mod.ts";
import { decodeSighting, networkText } from "../sightings/sighting.ts";
import type { Hub } from "./hub.ts";
import type { OpenedEpoch, OpenedSighting } from "./store/sightings.ts";
import type { Store } from "./store/store.ts";

/** One in twenty is left out. */
const DROPPED = 0.05;

/** Sightings of the last epochs for the member in a slot, or all for those who run the hub. */
export async function sightingsFor(
  slot: number | undefined,
  { hub, store }: { hub: Hub; store: Store },
): ReturnType<MembersSource["sightings"]> {
  const rules = hub.rules.policy.sightings;
  if (rules === undefined || store.sightings === undefined) return undefined;
  const { epochSeconds } = rules;
  return (await store.sightings.opened(0)).map((opened) => ({
    from: opened.epoch * epochSeconds,
    to: (opened.epoch + 1) * epochSeconds,
    key: opened.key?.toHex(),
    sightings: opened.sightings.filter((each) => isDelivered(each, { slot, opened })).flatMap(told),
  }));
}

function told({ content, many }: OpenedSighting) {
  const sighting = decodeSighting(content);
  if (sighting === undefined) return [];
  return [{ network: networkText(sighting.network), behaviour: sighting.behaviour, many }];
}

/** Drawn by a key that only the hub has. */
export function isDelivered(
  { content }: Pick<OpenedSighting, "content">,
  { slot, opened: { dropKey } }: { slot: number | undefined; opened: Pick<OpenedEpoch, "dropKey"> },
): boolean {
  if (slot === undefined) return true;
  const drawn = createHmac("sha256", dropKey).update(`${slot} `).update(content).digest().readUInt32BE(0);
  return drawn >= DROPPED * 2 ** 32;
}
