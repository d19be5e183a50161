/**
 * Numbers of the vocabulary as people read them.
 *
 * @module
 */

import { endsOf, METRICS } from "../../proto/federation/metrics.ts";
import type { Metric } from "../../proto/federation/schema.ts";
import { short } from "../../runtime/web/format.ts";

/** The name of a metric. */
export type MetricName = keyof typeof Metric;

const THIN = "\u202f";
const IN_BYTES: readonly MetricName[] = ["BYTES", "MEMPOOL_BYTES"];
const BINARY = ["B", "KiB", "MiB", "GiB", "TiB"];

/**
 * What a value of a metric says, or several of them from the lowest to the highest. It says a range wherever the
 * vocabulary does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const plain = (text: string) => text.replaceAll("\u202f", " ");
 * assertEquals(plain(inWords("PEERS_V2", 16)), "50 %");
 * assertEquals(plain(inWords("BYTES", 20, 21)), "512 KiB–2 MiB");
 * assertEquals(plain(inWords("MESSAGES", 10)), "512–1 023");
 * assertEquals(plain(inWords("NETGROUPS_BY_AGENT", 24, 32)), "17–32");
 * assertEquals(plain(inWords("MEMPOOL_MIN_FEE", 0)), "< 0.1 sat/vB");
 * ```
 */
export function inWords(name: MetricName, lowest: number, highest = lowest): string {
  const { unit } = METRICS[name];
  const [[low], [, high]] = [endsOf(unit, lowest), endsOf(unit, highest)];
  if (unit === "share") return low === high ? percent(low) : `${percentNumber(low)}–${percent(high)}`;
  if (unit === "bucket") return rangeOf(low, high, String, `${THIN}sat/vB`);
  if (!IN_BYTES.includes(name)) return rangeOf(low, high, short, "");
  const [from, to] = [sizeOf(low), sizeOf(high + 1)];
  if (low === high) return from.join(THIN);
  if (high === Infinity) return `≥${THIN}${from.join(THIN)}`;
  return `${from[1] === to[1] ? from[0] : from.join(THIN)}–${to.join(THIN)}`;
}

function rangeOf(low: number, high: number, words: (value: number) => string, unit: string): string {
  if (low === high) return `${words(low)}${unit}`;
  if (high === Infinity) return `≥${THIN}${words(low)}${unit}`;
  return unit !== "" && low === 0 ? `<${THIN}${words(high)}${unit}` : `${words(low)}–${words(high)}${unit}`;
}

/** Powers of two are what these units are made for. */
function sizeOf(bytes: number): [text: string, unit: string] {
  const size = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), BINARY.length - 1);
  return [String(bytes / 2 ** (10 * size)), BINARY[size]!];
}

/** A share of one. */
export function percent(share: number): string {
  return `${percentNumber(share)}${THIN}%`;
}

function percentNumber(share: number): string {
  return String(Math.round(share * 100));
}

/** Operators of an incident: never how many exactly. */
export function upTo(log2: number): string {
  return `up to ${short(2 ** log2)}`;
}

/** What the numbers say, for those who read them for the first time. */
export const ABOUT_UNITS =
  "Shares are told in steps of 3 %, counts rounded up to multiples of eight, everything else as a range between two powers of two.";
