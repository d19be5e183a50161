/**
 * What was made, beside what arrived.
 *
 * @module
 */

import type { Kind } from "../../proto/subjects.ts";
import type { Ending } from "./program.ts";
import { sumOf } from "./scrape.ts";

/** A number that must be right. */
export interface Total {
  readonly what: string;
  readonly is: number;
  readonly shouldBe: number;
}

/** What was counted where. */
export interface Counted {
  readonly fired: Partial<Record<Kind, number>>;
  readonly blocks: number;
  readonly transactions: number;
  /** By all extractors. */
  readonly published: number;
  readonly endings: ReadonlyMap<string, Ending>;
  readonly loggedLines: number;
  readonly browser: { readonly events: number; readonly dropped: number };
  readonly slowConsumers: number;
  readonly metrics: ReadonlyMap<string, number>;
  readonly checked: number;
  readonly announced: number;
  readonly archive: {
    readonly files: readonly { readonly status: string }[];
    readonly summaries: {
      readonly full: {
        readonly events: number;
        readonly categories: Readonly<Record<string, { events: number }>>;
      };
    };
  };
  readonly uplink: { readonly bins: number; readonly waiting: number };
  /** Bins of the archive. */
  readonly replayed: number;
  readonly hub: { readonly summaries: number; readonly members: number };
}

/** Tools that listen to all kinds of events. */
const HEAR_EVERYTHING = ["logger", "metrics", "websocket", "archive", "alerts", "connectivity-check"];

/** All of them. */
export function compare(counted: Counted): Total[] {
  const { fired, blocks, transactions, published, endings, metrics, archive, uplink, hub } = counted;
  const { events, categories } = archive.summaries.full;
  const total = (what: string, is: number, shouldBe: number): Total => ({ what, is, shouldBe });
  const kinds = Object.entries(fired);
  const addrman = fired.addrman ?? 0;
  return [
    ...kinds.flatMap(([kind, count]) => [
      total(`${kind} events in the metrics`, sumOf(metrics, "waggle_events_total", `kind="${kind}"`), count),
      total(`${kind} events in the archive`, categories[`ebpf/${kind}`]?.events ?? 0, count),
    ]),
    total(
      "messages by type in the metrics",
      sumOf(metrics, "peerobserver_p2p_message_count"),
      fired.message ?? 0,
    ),
    total("events out of ebpf", endings.get("ebpf")!.out, kinds.reduce((sum, [, count]) => sum + count, 0)),
    ...HEAR_EVERYTHING.map((name) => total(`events into ${name}`, endings.get(name)!.in, published)),
    total("events into uplink", endings.get("uplink")!.in, published - addrman),
    total("events in the metrics", sumOf(metrics, "waggle_events_total"), published),
    total("events in the archive", events, published),
    total(
      "archives that are not complete",
      archive.files.filter(({ status }) => status !== "complete").length,
      0,
    ),
    total("lines of the logger", counted.loggedLines, published),
    total("events at a WebSocket client", counted.browser.events, published),
    total("events dropped for that client", counted.browser.dropped, 0),
    total("subscribers that the NATS server found too slow", counted.slowConsumers, 0),
    total("events refused by the metrics", sumOf(metrics, "waggle_refused_events_total"), 0),
    // The node says it twice: when it enqueues the notice, and when it acts on it.
    total(
      "lines about blocks in the log",
      sumOf(metrics, "peerobserver_log_block_connected_events"),
      2 * blocks,
    ),
    total(
      "transactions that the node announced",
      sumOf(metrics, "peerobserver_p2pextractor_invs_items", 'inv_type="WTx"'),
      transactions,
    ),
    total("addresses tried or left out with a reason", counted.checked, counted.announced),
    total("members of the hub", hub.members, 2),
    total("summaries that wait in the uplink", uplink.waiting, 0),
    total("bins that the hub has of both operators", hub.summaries, uplink.bins + counted.replayed),
  ];
}
