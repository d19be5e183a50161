/**
 * Metrics without the component around them: what a list of events comes to.
 *
 * @module
 */

import { LISTS, scenario, START_MS } from "./_scenario.ts";
import { makeCount } from "./count.ts";
import { Knowledge, type ListName } from "./knowledge.ts";
import { createMetrics } from "./metrics.ts";
import { Peers } from "./peers.ts";

/** Counts events two seconds after the scenario begins; gives families, knowledge, and the page. */
export function counted(events: Iterable<Uint8Array>, knowledge = new Knowledge()) {
  const { metrics, page } = createMetrics();
  const count = makeCount({ metrics, peers: new Peers(knowledge), now: () => START_MS + 2000 });
  for (const bytes of events) count(bytes);
  return { metrics, page, count, knowledge };
}

/** The page after the scenario, with its lists. */
export async function scenarioPage(): Promise<string> {
  const knowledge = new Knowledge();
  for (const [name, text] of Object.entries(LISTS)) knowledge.setList(name as ListName, text);
  return await counted(scenario(), knowledge).page();
}

// `deno run --allow-read --allow-write=tools/metrics/fixtures tools/metrics/_counted.ts` writes the golden page anew.
if (import.meta.main) {
  await Deno.writeTextFile(new URL("fixtures/page.txt", import.meta.url), await scenarioPage());
}
