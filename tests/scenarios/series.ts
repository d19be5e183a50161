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

/** The series of some metrics over a scenario, in promtool's notation. */
export async function seriesOf(
  scenario: Scenario,
  wanted: (metric: string) => boolean,
): Promise<{ series: string; values: string }[]> {
  let now = START;
  const { metrics, page } = createMetrics();
  const count = makeCount({ metrics, peers: new Peers(new Knowledge()), now: () => now });
  const values = new Map<string, string[]>();
  let minutes = 0;
  const sample = async () => {
    for (const line of (await page()).split("\n")) {
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
    count(encodeEvent(event));
  }
  await sample();
  return [...values].map(([series, samples]) => ({
    series: withLabel(series),
    values: Array.from({ length: minutes }, (_, i) => samples[i] ?? "_").join(" "),
  }));
}

/** Whoever scrapes adds the host. */
function withLabel(series: string): string {
  const host = 'host="alpha",job="peer-observer-metrics"';
  return series.includes("{") ? series.replace("{", `{${host},`) : `${series}{${host}}`;
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
