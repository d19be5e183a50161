/**
 * All metrics: one table of what they are, and the families that hold their values.
 *
 * @module
 */

import { Registry } from "prom-client";
import { type Definition, gauge } from "./definition.ts";
import { asMetric, CounterFamily, type Family, GaugeFamily, HistogramFamily, type OnFold } from "./family.ts";
import { addrman } from "./groups/addrman.ts";
import { chain } from "./groups/chain.ts";
import { connections } from "./groups/connections.ts";
import { extractors } from "./groups/extractors.ts";
import { messages } from "./groups/messages.ts";
import { own } from "./groups/own.ts";
import { peerInfo } from "./groups/peer_info.ts";
import { rpc } from "./groups/rpc.ts";

const PEER_OBSERVER = {
  runtime_start_timestamp: gauge("When this tool began to listen, in Unix seconds"),
  ...messages,
  ...connections,
  ...chain,
  ...peerInfo,
  ...rpc,
  ...addrman,
  ...extractors,
};

/** The metrics by prefix: those of the Rust tool, which its dashboards ask for, and those it has not. */
export const TABLES = { peerobserver: PEER_OBSERVER, waggle: own } as const;

type Table = typeof PEER_OBSERVER & typeof own;

type FamilyOf<D extends Definition> = D["type"] extends "histogram" ? HistogramFamily
  : D["type"] extends "gauge" ? GaugeFamily
  : CounterFamily;

/** All families, by name without the prefix. */
export type Metrics = { readonly [K in keyof Table]: FamilyOf<Table[K]> };

const FAMILIES = { counter: CounterFamily, gauge: GaugeFamily, histogram: HistogramFamily };

/** Families that have counted nothing yet, and what prints them. */
export function createMetrics(): { metrics: Metrics; page: () => Promise<string> } {
  const registry = new UsedRegistry();
  const families: Record<string, Family<unknown>> = {};
  const onFold: OnFold = (metric) => metrics.folded_values_total.at(metric).add(1);
  for (const [prefix, table] of Object.entries(TABLES)) {
    for (const [name, definition] of Object.entries<Definition>(table)) {
      const family = new FAMILIES[definition.type](`${prefix}_${name}`, definition, onFold);
      if (Object.keys(definition.labels).length === 0) family.at();
      registry.registerMetric(asMetric(family));
      families[name] = family;
    }
  }
  const metrics = families as unknown as Metrics;
  return { metrics, page: () => registry.metrics() };
}

/** Of what the page is, for its header. */
export const CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** Leaves out metrics without any series, as the Rust tool does. */
class UsedRegistry extends Registry {
  override getMetricsAsArray() {
    return super.getMetricsAsArray().filter((metric) => (metric as unknown as Family<unknown>).size > 0);
  }
}
