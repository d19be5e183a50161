/**
 * Numbers of the vocabulary as people read them.
 *
 * @module
 */

import { type MetricInfo, MIN_FEE_BUCKETS, MOST, MOST_LOG2, WHOLE } from "../../proto/federation/metrics.ts";
import type { Metric } from "../../proto/federation/schema.ts";
import { short } from "../../runtime/web/format.ts";

/** The name of a metric. */
export type MetricName = keyof typeof Metric;

const THIN = "\u202f";
const COUNT_STEP = 8;
const IN_BYTES: readonly MetricName[] = ["BYTES", "MEMPOOL_BYTES"];
const BINARY = ["B", "KiB", "MiB", "GiB", "TiB"];

/**
 * What a value of a metric says. It says a range wherever the vocabulary does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { METRICS } from "../../proto/federation/metrics.ts";
 *
 * const plain = (text: string) => text.replaceAll("\u202f", " ");
 * assertEquals(plain(inWords("PEERS_V2", METRICS.PEERS_V2, 16)), "50 %");
 * assertEquals(plain(inWords("BYTES", METRICS.BYTES, 21)), "1–2 MiB");
 * assertEquals(plain(inWords("MESSAGES", METRICS.MESSAGES, 10)), "512–1 023");
 * assertEquals(plain(inWords("NETGROUPS_BY_AGENT", METRICS.NETGROUPS_BY_AGENT, 24)), "17–24");
 * ```
 */
export function inWords(name: MetricName, { unit }: Pick<MetricInfo, "unit">, value: number): string {
  switch (unit) {
    case "share":
      return percent(value / WHOLE);
    case "log2":
      return IN_BYTES.includes(name) ? bytesOf(value) : power(value);
    case "count":
      return value === 0 ? "0" : value >= MOST ? `≥${THIN}${short(MOST - 7)}` : step(value);
    case "bucket":
      return feeOf(value);
  }
}

/** A share of one. */
export function percent(share: number): string {
  return `${Math.round(share * 100)}${THIN}%`;
}

/** Operators of an incident: never how many exactly. */
export function upTo(log2: number): string {
  return `up to ${short(2 ** log2)}`;
}

/** What a unit means, for those who read the numbers for the first time. */
export const UNITS: Readonly<Record<MetricInfo["unit"], string>> = {
  share: "shares are told in steps of 3 %",
  log2: "told as a range between two powers of two",
  count: "counts are rounded up to multiples of eight",
  bucket: "told as a range of fee rates",
};

function step(value: number): string {
  return `${short(value - COUNT_STEP + 1)}–${short(value)}`;
}

function power(value: number): string {
  if (value <= 1) return String(value);
  if (value >= MOST_LOG2) return `≥${THIN}${short(2 ** (MOST_LOG2 - 1))}`;
  return `${short(2 ** (value - 1))}–${short(2 ** value - 1)}`;
}

/** 2^20 up to 2^21 is 1–2 MiB: powers of two are what these units are made for. */
function bytesOf(value: number): string {
  if (value <= 1) return `${value}${THIN}B`;
  const from = value - 1;
  const size = Math.min(Math.floor(from / 10), BINARY.length - 1);
  const low = 2 ** (from - 10 * size);
  return value >= MOST_LOG2 ? `≥${THIN}1${THIN}TiB` : `${low}–${2 * low}${THIN}${BINARY[size]}`;
}

function feeOf(bucket: number): string {
  const [low, high] = [MIN_FEE_BUCKETS[bucket - 1], MIN_FEE_BUCKETS[bucket]];
  if (low === undefined) return `<${THIN}${high}${THIN}sat/vB`;
  return high === undefined ? `≥${THIN}${low}${THIN}sat/vB` : `${low}–${high}${THIN}sat/vB`;
}
