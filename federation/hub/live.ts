/**
 * What the public sees between releases, as the hub writes it: `public/live.json`, once a minute.
 *
 * @module
 */

import { pause } from "../../runtime/backoff.ts";
import type { Log } from "../../runtime/log.ts";
import { alarmsIn, Told } from "../release/alarms.ts";
import { dialOf } from "../release/plan.ts";
import { writeLive } from "../release/site.ts";
import { chainFacts } from "./chain_facts.ts";
import type { Hub } from "./hub.ts";
import { siteOf } from "./releases.ts";
import type { Store } from "./store/store.ts";

/** What the live part needs of a hub. */
export interface LiveOptions {
  /** Its rules, members and disclosed nodes. */
  readonly hub: Pick<Hub, "rules" | "members" | "disclosed" | "binNow">;
  /** Where summaries are. */
  readonly store: Store;
  /** Its folder. */
  readonly folder: string;
  /** This hub keeps the book of what was spent. */
  readonly spends: boolean;
  /** Where lines go. */
  readonly log: Log;
}

const MINUTE_MS = 60_000;

/** Writes what is public between releases. */
export class LiveWriter {
  readonly #options: LiveOptions;
  #trouble = "";

  /** Nothing happens until `run` or `write`. */
  constructor(options: LiveOptions) {
    this.#options = options;
  }

  /** Writes again and again, until it is told to stop. What goes wrong is logged once and tried again. */
  async run(signal: AbortSignal, everyMs = MINUTE_MS): Promise<void> {
    while (!signal.aborted) {
      await this.write().catch((error) => this.#tell(error));
      await pause(everyMs, signal);
    }
  }

  /** Writes it now. */
  async write(): Promise<void> {
    const { hub, store, folder } = this.#options;
    const now = Math.floor(hub.binNow() / MINUTE_MS) * 60;
    const { kMember, kPublic } = hub.rules.policy;
    const counts = (slot: number) => hub.members.mayStay(slot);
    const threshold = { k: Math.max(kMember, kPublic), roots: hub.members.roots };
    const chain = await chainFacts(`${folder}/chain.json`, { store, threshold, counts }, now);
    await writeLive(siteOf(folder), {
      ...{ at: now, chain, told: await this.#alarms(now) },
      disclosed: hub.disclosed.shown(now, counts),
    });
  }

  /** Chain facts do not wait for a ledger that cannot be read. */
  async #alarms(now: number): Promise<Told> {
    const { hub, store, folder, spends } = this.#options;
    const dial = dialOf(hub.rules.policy);
    if (!spends) return Told.nothing("unavailable", dial);
    try {
      const told = await alarmsIn(`${folder}/release`, { source: store, dial, now });
      this.#trouble = "";
      return told;
    } catch (error) {
      this.#tell(error);
      return Told.nothing("unavailable", dial);
    }
  }

  /** Once, until it works again or is something else. */
  #tell(error: unknown): void {
    const trouble = error instanceof Error ? error.message : String(error);
    if (trouble !== this.#trouble) this.#options.log.warn(`Cannot say what is public now: ${trouble}`);
    this.#trouble = trouble;
  }
}
