/**
 * What the Rust tool does not tell: of the tool itself, the bus and the other components.
 *
 * @module
 */

import { KINDS } from "../../../proto/subjects.ts";
import type { RunStatistics } from "../../../runtime/statistics.ts";
import { counter, DURATIONS, gauge, histogram, open } from "../definition.ts";
import { LIST_NAMES } from "../knowledge.ts";
import type { Metrics } from "../metrics.ts";
import { COMMANDS } from "../names.ts";

const KIND = { kind: KINDS };
const COMPONENT = { component: open() };
const FILE = { file: [...LIST_NAMES, "asmap", "as_names"] };

/** What our own metrics are. */
export const own = {
  events_total: counter("Events by kind", { labels: KIND }),
  last_event_timestamp_seconds: gauge("Time of the last event by kind, in Unix seconds", { labels: KIND }),
  event_lag_seconds: histogram("Seconds from the time of an event until it was counted, of one event in 16", [
    ...DURATIONS,
    30,
    60,
    300,
  ]),
  refused_events_total: counter(
    "Events that were none, or whose content could not be read, by what they were",
    {
      labels: {
        command: open(...KINDS, ...COMMANDS, "unreadable"),
        reason: ["truncated", "varint-too-long", "bad-tag", "too-many", "old-envelope", "no-known-member"],
      },
    },
  ),
  folded_values_total: counter(
    "Times a label value was counted as `other`, since its metric had as many as it may have",
    { labels: { metric: open() } },
  ),
  file_entries: gauge("Entries taken from a file; of an asmap, its bytes", { labels: FILE }),
  file_loaded_timestamp_seconds: gauge("When a file was last loaded, in Unix seconds", { labels: FILE }),
  file_failures_total: counter("Times a file could not be loaded", { labels: FILE }),
  bus_published_total: counter("Events published on this process' bus"),
  bus_unsent_total: counter("Events that this process could not send"),
  bus_dropped_total: counter("Events that components of this process were too slow for"),
  component_running: gauge("1 while a component of this process runs, 0 before a restart or after its end", {
    labels: COMPONENT,
  }),
  component_events_in_total: counter("Events a component took from the bus", { labels: COMPONENT }),
  component_events_out_total: counter("Events a component put on the bus", { labels: COMPONENT }),
  component_events_dropped_total: counter("Events a component was too slow for", { labels: COMPONENT }),
  component_restarts_total: counter("Times a component was started again after a failure", {
    labels: COMPONENT,
  }),
  component_counts_total: counter("What a component counts itself: refusals, losses, retries", {
    labels: { component: open(), what: open() },
  }),
};

/** Sets what is known of the process: the numbers are counted elsewhere, since its start. */
export function setStatistics(metrics: Metrics, { bus, components }: RunStatistics): void {
  metrics.bus_published_total.at().value = bus.published;
  metrics.bus_unsent_total.at().value = bus.unsent;
  metrics.bus_dropped_total.at().value = bus.dropped;
  for (const [name, statistics] of components) {
    metrics.component_running.at(name).value = Number(statistics.running);
    metrics.component_events_in_total.at(name).value = statistics.in;
    metrics.component_events_out_total.at(name).value = statistics.out;
    metrics.component_events_dropped_total.at(name).value = statistics.dropped;
    metrics.component_restarts_total.at(name).value = statistics.restarts;
    for (const [what, times] of statistics.counts) {
      metrics.component_counts_total.at(name, what).value = times;
    }
  }
}
