/**
 * The address manager: how many of which network, how old, told by whom.
 *
 * @module
 */

/// <reference lib="dom" />

import { h, panel, Table } from "./dom.ts";
import { Feed } from "./feed.ts";
import { count, percent } from "./format.ts";
import type { AddrmanEntry, Frame, Table as Buckets } from "./frames.ts";
import { NETWORK_TITLES, SHOWN_NETWORKS, shownNetwork } from "./names.ts";
import type { Params, View } from "./view.ts";

/** What is shown of a raw address manager. */
interface Summary {
  readonly buckets: { name: string; used: number; of: number; entries: number }[];
  readonly ages: { label: string; entries: number }[];
  readonly sources: [string, number][];
  readonly total: number;
}

/** Bitcoin Core's tables: buckets, and places in each. */
const NEW_BUCKETS = 1024;
const TRIED_BUCKETS = 256;
const BUCKET_SIZE = 64;

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Core calls an address terrible that was not seen for 30 days. */
const AGES: readonly (readonly [label: string, below: number])[] = [
  ["in the future", 0],
  ["below 1 hour", HOUR],
  ["1 hour to 1 day", DAY],
  ["1 to 7 days", 7 * DAY],
  ["7 to 30 days", 30 * DAY],
  ["above 30 days", Infinity],
];

interface NetworkRow {
  readonly network: string;
  readonly new: number;
  readonly tried: number;
}

/** The address manager. */
export function makeAddrman(params: Params): View {
  let most = 1;
  let total = 1;
  let summary: Summary | undefined;
  const networks = new Table<NetworkRow>({
    caption: "Addresses by network and table",
    key: ({ network }) => network,
    columns: [
      { key: "network", title: "Network", cell: ({ network }) => NETWORK_TITLES[network]! },
      {
        key: "new",
        title: "New",
        numeric: true,
        cell: (row) => ({ text: count(row.new), share: row.new / most, tone: "in" }),
      },
      {
        key: "tried",
        title: "Tried",
        numeric: true,
        cell: (row) => ({ text: count(row.tried), share: row.tried / most, tone: "third" }),
      },
      { key: "share", title: "Share", numeric: true, cell: (row) => percent((row.new + row.tried) / total) },
    ],
  });
  const buckets = new Table<Summary["buckets"][number]>({
    caption: "How full the tables are",
    key: ({ name }) => name,
    columns: [
      { key: "name", title: "Table", cell: ({ name }) => name },
      { key: "entries", title: "Entries", numeric: true, cell: ({ entries }) => count(entries) },
      {
        key: "used",
        title: "Buckets used",
        numeric: true,
        cell: ({ used, of }) => `${count(used)} of ${count(of)}`,
      },
      {
        key: "full",
        title: "Full",
        numeric: true,
        cell: ({ entries, of }) => ({
          text: percent(entries / (of * BUCKET_SIZE)),
          share: entries / (of * BUCKET_SIZE),
          tone: "in",
        }),
      },
    ],
  });
  const ages = new Table<Summary["ages"][number]>({
    caption: "When addresses were last seen",
    key: ({ label }) => label,
    columns: [
      { key: "age", title: "Last seen", cell: ({ label }) => label },
      {
        key: "entries",
        title: "Addresses",
        numeric: true,
        cell: ({ entries }) => ({
          text: count(entries),
          share: entries / (summary?.total || 1),
          tone: "fourth",
        }),
      },
      {
        key: "share",
        title: "Share",
        numeric: true,
        cell: ({ entries }) => percent(entries / (summary?.total || 1)),
      },
    ],
  });
  const sources = new Table<[string, number]>({
    caption: "Who told most of the addresses",
    key: ([source]) => source,
    columns: [
      { key: "source", title: "Source", mono: true, grow: true, cell: ([source]) => source },
      {
        key: "entries",
        title: "Addresses",
        numeric: true,
        cell: ([, entries]) => ({
          text: count(entries),
          share: entries / (summary?.sources[0]?.[1] ?? 1),
          tone: "fifth",
        }),
      },
      {
        key: "share",
        title: "Share",
        numeric: true,
        cell: ([, entries]) => percent(entries / (summary?.total || 1)),
      },
    ],
  });
  // A connection of its own: the raw address manager is large, and no other view wants it.
  const feed = new Feed({
    subscription: () => ({ rpc: true, envelope: true, snapshot: true }),
    onState() {},
    onText(text) {
      if (!text.includes('"rpc_event":{"Addrman":')) return;
      const frame = JSON.parse(text) as Frame;
      const addrman = frame.RpcExtractor?.rpc_event?.Addrman;
      if (addrman && (frame.node ?? "") === params.get("node")) summary = summarise(addrman, frame.timestamp);
    },
  });
  const noRaw =
    "The rpc extractor has not asked for the raw address manager yet: it is large, so it asks once in a while.";
  return {
    element: h(
      "div",
      { class: "grid" },
      panel("By network", { class: "half" }, networks.element),
      panel("How full", { class: "half" }, buckets.element),
      panel("Last seen", { class: "half" }, ages.element),
      panel("Largest sources", { class: "half" }, sources.element),
    ),
    update(store) {
      const rows = SHOWN_NETWORKS.flatMap((network) => {
        const counts = Object.entries(store.addrman ?? {}).filter(([name]) =>
          name !== "all_networks" && shownNetwork(name) === network
        );
        if (counts.length === 0) return [];
        return { network, new: sum(counts, "new"), tried: sum(counts, "tried") };
      });
      most = Math.max(1, ...rows.flatMap((row) => [row.new, row.tried]));
      total = Math.max(1, rows.reduce((all, row) => all + row.new + row.tried, 0));
      networks.show(rows, { empty: "Nothing is known yet: getaddrmaninfo comes from the rpc extractor." });
      buckets.show(summary?.buckets ?? [], { empty: noRaw });
      ages.show(summary?.ages ?? [], { empty: noRaw });
      sources.show(summary?.sources ?? [], { empty: noRaw });
    },
    stop: () => feed.stop(),
  };
}

function sum(counts: [string, { new: number; tried: number }][], table: "new" | "tried"): number {
  return counts.reduce((all, [, each]) => all + each[table], 0);
}

/** What a raw address manager comes to. */
export function summarise(addrman: { new: Buckets; tried: Buckets }, timestamp: number): Summary {
  const ages = AGES.map(([label]) => ({ label, entries: 0 }));
  const bySource = new Map<string, number>();
  let total = 0;
  for (const entry of [...entriesOf(addrman.new), ...entriesOf(addrman.tried)]) {
    const age = timestamp / 1000 - entry.time;
    ages[AGES.findIndex(([, below]) => age < below)]!.entries++;
    bySource.set(entry.source, (bySource.get(entry.source) ?? 0) + 1);
    total++;
  }
  return {
    buckets: [
      { name: "new", of: NEW_BUCKETS, ...fill(addrman.new) },
      { name: "tried", of: TRIED_BUCKETS, ...fill(addrman.tried) },
    ],
    ages,
    sources: [...bySource].sort((a, b) => b[1] - a[1]).slice(0, 12),
    total,
  };
}

function fill(table: Buckets): { used: number; entries: number } {
  return { used: Object.keys(table).length, entries: [...entriesOf(table)].length };
}

function* entriesOf(table: Buckets): Generator<AddrmanEntry> {
  for (const { entries } of Object.values(table)) yield* Object.values(entries);
}
