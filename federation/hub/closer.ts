/**
 * Closes bins: some minutes after its end a bin is added up, and stays as it is.
 *
 * @module
 */

import * as codec from "../../proto/federation/codec.ts";
import { BIN_SECONDS } from "../../proto/federation/check.ts";
import { encode } from "../../proto/federation/frame.ts";
import type { Incident } from "../../proto/federation/schema.ts";
import { aggregate } from "./aggregate/aggregate.ts";
import { judge, type Known } from "./aggregate/incidents.ts";
import type { Threshold } from "./aggregate/votes.ts";
import type { ClosedBin, IncidentUpdate, Store, StoredSummary } from "./store/store.ts";

/** Incidents that are over stay in the members' view for a day. */
const SHOWN_SECONDS = 86_400;

/** What closing needs. */
export interface CloserOptions {
  /** Where summaries are, and where what comes out of them goes. */
  readonly store: Store;
  /** Seconds after its end at which a bin is closed. */
  readonly closeAfterSeconds: number;
  /** Unix seconds: what arrived while the hub was away still has as long to come. */
  readonly startedAt: number;
  /** What numbers need to be seen. */
  threshold(): Threshold;
  /** True if what an operator says counts; nothing does of one that was revoked meanwhile. */
  counts(slot: number): boolean;
}

/** Closes bins, one after the other. */
export class Closer {
  readonly #options: CloserOptions;
  /** Incidents as they are after a bin was closed; another hub with this store may close the next. */
  #known: { readonly after: number; readonly incidents: Map<number, Known> } | undefined;

  /** Nothing happens until `close`. */
  constructor(options: CloserOptions) {
    this.#options = options;
  }

  /** Closes what is due at this time (Unix seconds), and says what was closed. */
  async close(now: number): Promise<ClosedBin[]> {
    const { store, closeAfterSeconds, startedAt } = this.#options;
    if (now < startedAt + closeAfterSeconds) return [];
    const through = Math.floor((now - closeAfterSeconds) / BIN_SECONDS) - 1;
    if (await store.closedThrough() >= through) return [];
    const bins = await store.openBins(through);
    // The last one even if it is empty: what is behind it is late from now on.
    const closed: ClosedBin[] = [];
    for (const bin of new Set([...bins, through])) {
      const one = await this.#close(bin);
      // Another hub was first, and goes on.
      if (one === undefined) break;
      closed.push(one);
    }
    return closed;
  }

  async #close(bin: number): Promise<ClosedBin | undefined> {
    const { store, threshold } = this.#options;
    const limits = threshold();
    const { feed, ...judged } = await aggregate(bin, this.#counted(bin), limits);
    const known = await this.#incidents();
    const updates = judge(judged, [...known.values()], limits);
    const incidents = shown(known, updates, bin);
    const closed: ClosedBin = {
      bin,
      operators: judged.voters.slots.length,
      feed: encode(codec.encodeFeed, { ...feed, incidents }),
    };
    if (!await store.close(closed, updates)) return undefined;
    for (const { incident } of updates) known.set(incident.id, afterwards(incident, bin));
    this.#known = { after: bin, incidents: known };
    return closed;
  }

  async #incidents(): Promise<Map<number, Known>> {
    const after = await this.#options.store.closedThrough();
    if (this.#known?.after !== after) this.#known = { after, incidents: await this.#read() };
    return this.#known.incidents;
  }

  async *#counted(bin: number): AsyncGenerator<StoredSummary> {
    const { store, counts } = this.#options;
    for await (const summary of store.summaries(bin)) if (counts(summary.slot)) yield summary;
  }

  /** What is known of incidents after a restart. */
  async #read(): Promise<Map<number, Known>> {
    const { store } = this.#options;
    const known = new Map<number, Known>();
    for (const incident of await store.incidents(0)) {
      const seen = (await store.incidentBins(incident.id)).filter(({ seenLog2 }) => seenLog2 > 0);
      known.set(incident.id, {
        incident,
        lastBin: seen.at(-1)?.bin ?? Math.floor(incident.opened / BIN_SECONDS),
      });
    }
    return known;
  }
}

/** An incident that is over was seen last before it was closed. */
function afterwards(incident: Incident, bin: number): Known {
  return { incident, lastBin: incident.closed === undefined ? bin : incident.closed / BIN_SECONDS - 1 };
}

function shown(
  known: ReadonlyMap<number, Known>,
  updates: readonly IncidentUpdate[],
  bin: number,
): Incident[] {
  const all = new Map([...known.values()].map(({ incident }) => [incident.id, incident]));
  for (const { incident } of updates) all.set(incident.id, incident);
  const since = bin * BIN_SECONDS - SHOWN_SECONDS;
  return [...all.values()].filter(({ closed = Infinity }) => closed >= since).sort((a, b) => b.id - a.id);
}
