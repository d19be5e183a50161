/**
 * What the pages of the federation get of a hub. This is the whole list: what is not on it, no page can show.
 *
 * @module
 */

import { BIN_SECONDS } from "../../proto/federation/check.ts";
import * as codec from "../../proto/federation/codec.ts";
import { decode } from "../../proto/federation/frame.ts";
import type { KeyPair } from "../../proto/federation/keys.ts";
import type { Door, HubSource, MembersSource } from "../dashboard/mod.ts";
import { makeDashboard } from "../dashboard/mod.ts";
import type { Log } from "../../runtime/log.ts";
import { reasonOf } from "../../runtime/reason.ts";
import type { Hub } from "./hub.ts";
import type { Metrics } from "./metrics.ts";
import { sightingsFor } from "./sightings_feed.ts";
import { slotText } from "./slot_text.ts";
import type { Store } from "./store/store.ts";

/** What the pages are about. */
export interface PagesOptions {
  readonly hub: Hub;
  readonly store: Store;
  readonly key: KeyPair;
  readonly log: Log;
  /** Stands on every page. */
  readonly notice?: string | undefined;
  /** Seconds after its end at which a bin is closed. */
  readonly closeAfterSeconds: number;
  /** Aborted = open pages are let go. */
  readonly signal: AbortSignal;
}

/** The pages of a hub. */
export function makePages(options: PagesOptions): ReturnType<typeof makeDashboard> {
  const { hub, log, notice, signal } = options;
  const door: Door = {
    find: async (key) => (await hub.members.find(key, Math.floor(hub.now() / 1000)))?.slot,
    mayStay: (slot) => hub.members.mayStay(slot),
  };
  const count = (outcome: string) => hub.metrics.signIns.inc({ outcome });
  const onTrouble = (error: unknown) => {
    log.error(`Cannot show a page: ${reasonOf(error)}`);
  };
  const [members, ofHub] = [membersSource(options), hubSource(options)];
  return makeDashboard({ door, members, hub: ofHub, now: () => hub.now(), notice, count, onTrouble, signal });
}

/** Closed bins, incidents, rules. How many operators were in a bin stays here. */
function membersSource({ hub, store, key, closeAfterSeconds }: PagesOptions): MembersSource {
  return {
    hubKey: key.publicKey,
    closeAfterSeconds,
    now: () => hub.binNow(),
    rules: () => hub.rules,
    closedThrough: () => store.closedThrough(),
    async feeds(from, to) {
      const closed = await store.closedBins(from, to);
      return closed.flatMap(({ feed }) => decode(codec.decodeFeed, feed) ?? []);
    },
    incidents: (since) => store.incidents(since),
    incidentBins: (id) => store.incidentBins(id),
    sightings: (slot) => sightingsFor(slot, { hub, store }),
  };
}

function hubSource({ hub, store }: PagesOptions): HubSource {
  return {
    async members() {
      const members = (await store.members()).toSorted((a, b) => a.slot - b.slot);
      return members.map(({ slot, sponsors, joinedDay, revoked }) => {
        return { member: slotText(slot), sponsors: sponsors.map(slotText), joinedDay, revoked };
      });
    },
    operators: () => hub.operators.map(({ slot, ...operator }) => ({ member: slotText(slot), ...operator })),
    async bins(from, to) {
      return (await store.closedBins(from, to)).map(({ bin, operators }) => ({ bin, operators }));
    },
    openBins: () => store.openBins(Math.floor(hub.binNow() / 1000 / BIN_SECONDS) + 1),
    async status() {
      const { members, revoked, summaries, late, bytes } = await store.status();
      const { metrics, sessions, handshakes, waiting } = hub;
      return {
        sessions,
        handshakes,
        members,
        revoked,
        summaries,
        late,
        waiting,
        bytes,
        storeFailures: (await metrics.storeFailures.get()).values[0]?.value ?? 0,
        fates: await byLabel(metrics.summaries),
        nacks: await byLabel(metrics.nacks),
        byes: await byLabel(metrics.byes),
        refusedConnections: await byLabel(metrics.refusedUpgrades),
      };
    },
  };
}

async function byLabel(counter: Metrics["summaries" | "nacks" | "byes" | "refusedUpgrades"]) {
  const { values } = await counter.get();
  return Object.fromEntries(values.map(({ labels, value }) => [String(Object.values(labels)[0]), value]));
}
