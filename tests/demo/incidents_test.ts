import { assert, assertEquals } from "@std/assert";
import { Summariser } from "../../federation/summary/mod.ts";
import { eventsOf, type Scenario, SCENARIOS } from "../../demo/scenarios/mod.ts";
import { START } from "../../demo/scenarios/world.ts";
import { encodeEvent } from "../../proto/event.ts";
import { Anomaly } from "../../proto/federation/schema.ts";

const BIN_MS = 600_000;
/** An operator needs two hours to know what is usual. */
const EARLIER_MINUTES = 90;

/** What an operator says of each bin, by the bin's minute in the scenario. */
function anomaliesOf(scenario: Scenario): Map<number, readonly number[]> {
  const { fromMinute, toMinute, minutes } = scenario;
  const later = {
    ...scenario,
    ...{ fromMinute: fromMinute + EARLIER_MINUTES, toMinute: toMinute + EARLIER_MINUTES },
    minutes: minutes + EARLIER_MINUTES,
  };
  const summariser = new Summariser({
    ...{ nodes: ["alpha", "beta"], policy: { clip: 64, keysPerNode: 64 }, canaries: [] },
  });
  const nodes = [1, 2].map((seed) => [...eventsOf(later, seed)]);
  const said = new Map<number, readonly number[]>();
  for (let bin = START / BIN_MS; bin * BIN_MS < START + later.minutes * 60_000; bin++) {
    nodes.forEach((events, i) => {
      for (const event of events.filter(({ timestamp }) => Math.floor(timestamp / BIN_MS) === bin)) {
        summariser.observe(["alpha", "beta"][i]!, encodeEvent(event));
      }
    });
    const closed = summariser.close(bin);
    assert("summary" in closed);
    said.set((bin * BIN_MS - START) / 60_000 - EARLIER_MINUTES, closed.summary.anomalies);
  }
  return said;
}

for (const scenario of SCENARIOS.filter(({ incident }) => incident !== undefined)) {
  const { name, incident, fromMinute, toMinute } = scenario;
  Deno.test(`${name}: an operator that meets it says ${incident} of that time, and of no time before`, () => {
    const told = [...anomaliesOf(scenario)].filter(([, anomalies]) => anomalies.includes(Anomaly[incident!]));
    const minutes = told.map(([minute]) => minute);
    assert(minutes.length > 0, "it is told");
    assertEquals(minutes.filter((minute) => minute < fromMinute - 10 || minute > toMinute + 10), []);
  });
}
