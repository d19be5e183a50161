/**
 * The node's address manager, as `getrawaddrman` shows it: every entry at its place in two tables.
 *
 * @module
 */

import type { Addrman, AddrmanBucket, AddrmanEntry } from "../../../proto/schema.ts";
import { counter, gauge, open } from "../definition.ts";
import type { Metrics } from "../metrics.ts";
import { quantile, tally } from "../statistics.ts";
import { setBits } from "./addresses.ts";

const TABLES = ["new", "tried"] as const;
const TABLE = { table: TABLES };
const NETWORK = { network: open("ipv4", "ipv6", "onion", "i2p", "cjdns") };
const QUANTILES = [0.1, 0.25, 0.5, 0.75, 0.9];
const AGES = [3600, 21_600, 86_400, 259_200, 604_800, 1_209_600, 2_592_000, 5_184_000, 7_776_000, Infinity];
const MIN_OFFSETS = [0, 600];
const TERRIBLE_AGE = 2_592_000;

/** What the metrics of the address manager are. */
export const addrman = {
  rpc_getrawaddrman_ports: gauge("Entries by port", { labels: { ...TABLE, port: open("8333") } }),
  rpc_getrawaddrman_services: gauge("Entries by services", { labels: { ...TABLE, service: open() } }),
  rpc_getrawaddrman_service_bits: gauge("Entries by the numbers, from 1, of their service bits", {
    labels: { ...TABLE, service_bit: Array.from({ length: 64 }, (_, i) => String(i + 1)) },
  }),
  rpc_getrawaddrman_distinct_asns: gauge("Distinct autonomous systems of entries", { labels: TABLE }),
  rpc_getrawaddrman_distinct_sources: gauge("Distinct addresses that entries were learned from", {
    labels: TABLE,
  }),
  rpc_getrawaddrman_distinct_source_asn: gauge("Distinct autonomous systems that entries were learned from", {
    labels: TABLE,
  }),
  rpc_getrawaddrman_added_entry: counter("Entries at places that were empty the time before", {
    labels: TABLE,
  }),
  rpc_getrawaddrman_replaced_entry: counter("Entries at places that had another one the time before", {
    labels: TABLE,
  }),
  rpc_getrawaddrman_changed_services: counter("Entries whose services are not those of the time before", {
    labels: TABLE,
  }),
  rpc_getrawaddrman_changed_timestamps: counter("Entries whose time is not that of the time before", {
    labels: TABLE,
  }),
  rpc_getrawaddrman_entry_age_seconds: gauge("Age of entries in seconds, by quantile", {
    labels: { ...TABLE, quantile: QUANTILES.map(String) },
  }),
  rpc_getrawaddrman_entry_age_seconds_bucket: gauge("Entries of at most this age in seconds", {
    labels: { ...TABLE, le: AGES.map(bound) },
  }),
  rpc_getrawaddrman_entries: gauge("Entries by network", { labels: { ...TABLE, ...NETWORK } }),
  rpc_getrawaddrman_terrible_entries: gauge(
    "Entries more than 30 days old or more than 10 minutes in the future, by network",
    { labels: { ...TABLE, ...NETWORK } },
  ),
  rpc_getrawaddrman_future_entries: gauge("Entries more than so many seconds in the future, by network", {
    labels: { ...TABLE, ...NETWORK, min_offset_seconds: MIN_OFFSETS.map(String) },
  }),
  rpc_getrawaddrman_distinct_entries: gauge("Distinct addresses with their ports, by network", {
    labels: { ...TABLE, ...NETWORK },
  }),
  rpc_getrawaddrman_distinct_addresses: gauge("Distinct addresses, by network", {
    labels: { ...TABLE, ...NETWORK },
  }),
};

type TableName = typeof TABLES[number];
type Table = ReadonlyMap<number, AddrmanBucket>;

/** Sets and counts what an address manager shows; the one before is kept for comparison. */
export function makeSetAddrman(metrics: Metrics) {
  let before: Addrman | undefined;
  return (timestamp: number, now: Addrman): void => {
    const seconds = Math.floor(timestamp / 1000);
    const tables = TABLES.map((table) => ({ table, entries: entriesOf(now[table]) }));
    for (const { table, entries } of tables) setDistinct(metrics, table, entries);
    for (const { table, entries } of tables) {
      setAges(
        metrics,
        table,
        entries.map(({ time }) => Math.max(0, seconds - time)),
      );
    }
    replaceAll(
      metrics,
      tables.flatMap(({ table, entries }) => entries.map((entry) => ({ table, entry }))),
      seconds,
    );
    if (before !== undefined) {
      for (const table of TABLES) countChanges(metrics, table, before[table], now[table]);
    }
    before = now;
  };
}

function setDistinct(metrics: Metrics, table: TableName, entries: readonly AddrmanEntry[]): void {
  const distinct = (pick: (entry: AddrmanEntry) => unknown) => new Set(entries.map(pick)).size;
  metrics.rpc_getrawaddrman_distinct_asns.at(table).value = distinct((entry) => entry.mappedAs ?? 0);
  metrics.rpc_getrawaddrman_distinct_sources.at(table).value = distinct((entry) => entry.source);
  metrics.rpc_getrawaddrman_distinct_source_asn.at(table).value = distinct((entry) =>
    entry.sourceMappedAs ?? 0
  );
}

function setAges(metrics: Metrics, table: TableName, ages: number[]): void {
  ages.sort((a, b) => a - b);
  for (const share of QUANTILES) {
    metrics.rpc_getrawaddrman_entry_age_seconds.at(table, String(share)).value = quantile(ages, share);
  }
  let counted = 0;
  for (const limit of AGES) {
    while (counted < ages.length && ages[counted]! <= limit) counted++;
    metrics.rpc_getrawaddrman_entry_age_seconds_bucket.at(table, bound(limit)).value = counted;
  }
}

interface Placed {
  readonly table: TableName;
  readonly entry: AddrmanEntry;
}

/** Sets the metrics whose series come and go. */
function replaceAll(metrics: Metrics, all: readonly Placed[], seconds: number): void {
  const ofNetwork = ({ table, entry }: Placed) => key(table, entry.network);
  const address = ({ table, entry }: Placed) => key(table, entry.network, entry.address);
  const ahead = (offset: number) => all.filter(({ entry }) => entry.time > seconds + offset);
  const isTerrible = ({ entry: { time } }: Placed) => time > seconds + 600 || time < seconds - TERRIBLE_AGE;
  const services = tally(all, ({ table, entry }) => key(table, String(entry.services)));
  metrics.rpc_getrawaddrman_services.replace(rowsOf(services));
  metrics.rpc_getrawaddrman_service_bits.replace(
    rowsOf(services).flatMap(({ at: [table, value], value: count }) =>
      setBits(BigInt(value!)).map((bit) => ({ at: [table!, String(bit + 1)], value: count }))
    ),
  );
  metrics.rpc_getrawaddrman_ports.replace(
    rowsOf(tally(all, ({ table, entry }) => key(table, String(entry.port & 0xffff)))),
  );
  metrics.rpc_getrawaddrman_entries.replace(rowsOf(tally(all, ofNetwork)));
  metrics.rpc_getrawaddrman_terrible_entries.replace(rowsOf(tally(all.filter(isTerrible), ofNetwork)));
  metrics.rpc_getrawaddrman_future_entries.replace(
    MIN_OFFSETS.flatMap((offset) =>
      rowsOf(tally(ahead(offset), ofNetwork)).map(({ at, value }) => ({ at: [...at, String(offset)], value }))
    ),
  );
  metrics.rpc_getrawaddrman_distinct_addresses.replace(networksOf(new Set(all.map(address))));
  metrics.rpc_getrawaddrman_distinct_entries.replace(
    networksOf(new Set(all.map((placed) => key(address(placed), String(placed.entry.port))))),
  );
}

function countChanges(metrics: Metrics, table: TableName, before: Table, now: Table): void {
  for (const [number, { entries }] of now) {
    const bucket = before.get(number)?.entries;
    for (const [position, entry] of entries) {
      const old = bucket?.get(position);
      if (old === undefined) metrics.rpc_getrawaddrman_added_entry.at(table).add(1);
      else if (old.address !== entry.address || old.port !== entry.port) {
        metrics.rpc_getrawaddrman_replaced_entry.at(table).add(1);
      } else {
        if (old.services !== entry.services) metrics.rpc_getrawaddrman_changed_services.at(table).add(1);
        if (old.time !== entry.time) metrics.rpc_getrawaddrman_changed_timestamps.at(table).add(1);
      }
    }
  }
}

function entriesOf(table: Table): AddrmanEntry[] {
  return [...table.values()].flatMap(({ entries }) => [...entries.values()]);
}

// Texts as keys of maps: label values with a character between them that none of ours has.
function key(...parts: string[]): string {
  return parts.join("\n");
}

function rowsOf(counts: ReadonlyMap<string, number>) {
  return [...counts].map(([key, value]) => ({ at: key.split("\n", 2), value }));
}

/** How many keys there are of each table and network, which they begin with. */
function networksOf(keys: Iterable<string>) {
  return rowsOf(tally(keys, (key) => key.split("\n", 2).join("\n")));
}

function bound(limit: number): string {
  return limit === Infinity ? "+Inf" : String(limit);
}
