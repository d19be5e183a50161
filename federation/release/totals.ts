/**
 * What each operator's summaries of an epoch add up to, kept while the epoch lasts: summaries themselves are deleted
 * long before a month is over.
 *
 * @module
 */

import * as codec from "../../proto/federation/codec.ts";
import { checkSummary } from "../../proto/federation/check.ts";
import { decode } from "../../proto/federation/frame.ts";
import { metricName, METRICS } from "../../proto/federation/metrics.ts";
import type { Summary } from "../../proto/federation/schema.ts";
import { GROUPS, type Part, toWhole } from "./public.ts";

/** What an operator's summaries add up to. */
export interface Totals {
  /** Bins with a summary. */
  bins: number;
  /** Of them those behind which fewer than two nodes stand. */
  thin: number;
  /** For each part that is ever published: the sum of its values from 0 to 1, and of how many. */
  readonly sums: Record<string, [sum: number, count: number]>;
}

/** Whatever is published of a metric, and nothing else, is added up. */
const PARTS: ReadonlyMap<string, Part> = new Map(
  Object.values(GROUPS).flatMap(({ parts }) => parts.map((part: Part) => [partKey(part), part])),
);

/** A part's place among the sums. */
export function partKey({ metric = 0, index }: Part): string {
  return `${metric}.${index}`;
}

/** Totals of an operator that said nothing. */
export function noTotals(): Totals {
  return { bins: 0, thin: 0, sums: {} };
}

/** Adds an encoded summary; one that cannot be read, or that says what may not be said, is left out. */
export function addSummary(totals: Totals, body: Uint8Array, clip: number): boolean {
  const summary = decode(codec.decodeSummary, body);
  if (summary === undefined || checkSummary(summary) !== undefined) return false;
  totals.bins++;
  if (summary.thin) totals.thin++;
  addValues(totals, summary, clip);
  for (const { delay } of summary.blocks) add(totals, { index: delay, name: "" }, 1);
  return true;
}

function addValues(totals: Totals, { values }: Summary, clip: number): void {
  for (const { metric, index = 0, value } of values) {
    const part = PARTS.get(partKey({ metric, index, name: "" }));
    if (part === undefined) continue;
    // Of shares of a whole the counts are needed as they are; of all else the mean of what is cut.
    const { unit, parts } = METRICS[metricName(metric)!];
    const isShares = unit === "count" && parts === METRICS.NETGROUPS_BY_AGENT.parts;
    add(totals, part, isShares ? value : toWhole(part, value, clip));
  }
}

function add({ sums }: Totals, part: Part, value: number): void {
  const sum = sums[partKey(part)] ??= [0, 0];
  sum[0] += value;
  sum[1]++;
}
