/**
 * A scenario as series of the real metrics tool, for promtool: one sample a minute.
 *
 * @module
 */

import { encodeEvent, type Event } from "../../proto/event.ts";
import { eventsOf, type Scenario } from "./mod.ts";
import { START } from "./world.ts";
import { makeCount } from "../../tools/metrics/count.ts";
import { Knowledge } from "../../tools/metrics/knowledge.ts";
import { createMetrics } from "../../tools/metrics/metrics.ts";
import { Peers } from "../../tools/metrics/peers.ts";

const MINUTE_MS = 60_000;

/** One series in promtool's notation. */
export interface TestSeries {
  /** Metric and labels. */
  readonly series: string;
  /** A value for each minute. */
  readonly values: string;
}

/** What of a scenario is wanted, and what happens to the metrics tool meanwhile. */
export interface SeriesOptions {
  /** Which metrics. */
  wanted(metric: string): boolean;
  /** The label that scraping adds. */
  readonly host?: string;
  /** The minute in which the metrics tool is started again: everything begins at 0. */
  readonly restartAt?: number;
}

/** The series of some metrics over a scenario. */
export async function seriesOf(
  scenario: Scenario,
  { wanted, host = "alpha", restartAt }: SeriesOptions,
): Promise<TestSeries[]> {
  let now = START;
  const start = () => {
    const { metrics, page } = createMetrics();
    return { page, count: makeCount({ metrics, peers: new Peers(new Knowledge()), now: () => now }) };
  };
  let tool = start();
  const values = new Map<string, string[]>();
  let minutes = 0;
  const sample = async () => {
    if (minutes === restartAt) tool = start();
    for (const line of (await tool.page()).split("\n")) {
      const end = line.lastIndexOf(" ");
      const series = line.slice(0, end);
      if (line.startsWith("#") || !wanted(series.split("{")[0]!)) continue;
      const samples = values.get(series) ?? [];
      values.set(series, samples);
      while (samples.length < minutes) samples.push("_");
      samples.push(line.slice(end + 1));
    }
    minutes++;
  };
  for (const event of withHeaders(eventsOf(scenario))) {
    while (event.timestamp >= START + minutes * MINUTE_MS) await sample();
    now = event.timestamp;
    tool.count(encodeEvent(event));
  }
  await sample();
  return [...values].map(([series, samples]) => ({
    series: withHost(series, host),
    values: Array.from({ length: minutes }, (_, i) => samples[i] ?? "_").join(" "),
  }));
}

/** What scraping adds. */
function withHost(series: string, host: string): string {
  const labels = `host="${host}",job="peer-observer-metrics"`;
  return series.includes("{") ? series.replace("{", `{${labels},`) : `${series}{${labels}}`;
}

/** The metrics tool counts a compact block whose header it saw, which scenarios leave out. */
export function* withHeaders(events: Iterable<Event>): Generator<Event> {
  for (const event of events) {
    if (event.kind === "log" && event.value.logEvent?.case === "compactBlockReconstructedLog") {
      const { blockHash } = event.value.logEvent.value;
      const seen = { blockHash, blockHeight: 0, peerId: 1, isCmpctblock: true };
      yield { ...event, value: { ...event.value, logEvent: { case: "sawNewHeaderLog", value: seen } } };
    }
    yield event;
  }
}
