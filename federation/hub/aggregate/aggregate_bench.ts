import * as codec from "../../../proto/federation/codec.ts";
import { decode, encode } from "../../../proto/federation/frame.ts";
import { METRICS } from "../../../proto/federation/metrics.ts";
import { Metric, type Summary } from "../../../proto/federation/schema.ts";
import type { StoredSummary } from "../store/store.ts";
import { rootsOf } from "../trees.ts";
import { aggregate } from "./aggregate.ts";

/** What closing a bin costs, beside reading its summaries alone. */

const OPERATORS = 1000;

const summaries = Array.from({ length: OPERATORS }, (_, i): StoredSummary => {
  const values = Object.entries(METRICS).flatMap(([name, { parts, max }]) => {
    const metric = Metric[name as keyof typeof Metric];
    const indices = parts === undefined ? [undefined] : Object.values(parts);
    return indices.map((index, j) => ({ metric, index, value: (i * 31 + j) % (max + 1) }));
  });
  const blocks = [{ hash: new Uint8Array(32).fill(i % 3), delay: 1 + i % 5 }];
  const summary: Summary = {
    ...{ sequence: 1, bin: 1, schema: 1, thin: false, sources: [1, 2], anomalies: [], tips: [] },
    values,
    blocks,
  };
  return { slot: i + 1, body: encode(codec.encodeSummary, summary) };
});
// Half of the operators were invited by the other half.
const members = summaries.map(({ slot }) => ({
  slot,
  sponsors: slot > OPERATORS / 2 ? [slot - OPERATORS / 2] : [],
}));
const roots = rootsOf(members);

async function* stored(): AsyncGenerator<StoredSummary> {
  for (const each of summaries) yield await Promise.resolve(each);
}

Deno.bench("read the summaries of 1,000 operators", { group: "close", baseline: true }, async () => {
  for await (const { body } of stored()) {
    if (decode(codec.decodeSummary, body) === undefined) throw new Error("A summary cannot be read");
  }
});

Deno.bench("close a bin of 1,000 operators", { group: "close" }, async () => {
  const { feed } = await aggregate(1, stored(), { k: 5, roots });
  if (feed.quartiles.length < 100) throw new Error("Numbers are missing");
});
