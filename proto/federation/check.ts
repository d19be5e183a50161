/**
 * Whether a summary says only what a summary may say. The uplink checks before it sends, the hub before it stores.
 *
 * @module
 */

import { isPart, metricName, METRICS } from "./metrics.ts";
import { Anomaly, Delay, Source, type Summary, TipStatus, type Value } from "./schema.ts";

/** The schema of summaries that this code writes and reads. */
export const SCHEMA = 1;
/** Seconds of a bin. */
export const BIN_SECONDS = 600;
/** Milliseconds of a bin. */
export const BIN_MS: number = BIN_SECONDS * 1000;
/** The most blocks and tips of a summary. */
export const MOST_BLOCKS = 32;
const HASH_BYTES = 32;
/** A height beyond that is none: a block a second for 130 years. */
const MOST_HEIGHT = 2 ** 32 - 1;

/** What is wrong with a summary, in words that do not repeat it; `undefined` if it is right. */
export function checkSummary(summary: Summary): string | undefined {
  const { sequence, schema, sources, values, blocks, tips, anomalies } = summary;
  if (schema !== SCHEMA) return "the schema is another";
  if (!Number.isSafeInteger(sequence) || sequence < 1) return "the sequence is no number from 1 on";
  if (!areDistinct(sources, Source)) return "a source is unknown or said twice";
  if (!areDistinct(anomalies, Anomaly)) return "an anomaly is unknown or said twice";
  if (new Set(values.map(keyOf)).size !== values.length) return "a value is said twice";
  if (!values.every(isValue)) return "a value is unknown or out of its bounds";
  if (blocks.length > MOST_BLOCKS || tips.length > MOST_BLOCKS) return "there are too many blocks";
  if (![...blocks, ...tips].every(({ hash }) => hash.length === HASH_BYTES)) return "a hash is none";
  if (!blocks.every(({ delay }) => has(Delay, delay))) return "a delay is unknown";
  if (!tips.every(({ status, height }) => has(TipStatus, status) && height <= MOST_HEIGHT)) {
    return "a tip is unknown";
  }
  return undefined;
}

/** One number for metric and index. */
export function keyOf({ metric, index = 0 }: Pick<Value, "metric" | "index">): number {
  return metric * 2 ** 32 + index;
}

function isValue({ metric, index = 0, value }: Value): boolean {
  const name = metricName(metric);
  return name !== undefined && isPart(METRICS[name], index) && value <= METRICS[name].max;
}

function areDistinct(numbers: readonly number[], of: Readonly<Record<string, number>>): boolean {
  return new Set(numbers).size === numbers.length && numbers.every((number) => has(of, number));
}

function has(of: Readonly<Record<string, number>>, number: number): boolean {
  return Object.values(of).includes(number);
}
