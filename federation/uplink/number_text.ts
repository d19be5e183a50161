/**
 * Numbers of summaries in words.
 *
 * @module
 */

import { BIN_SECONDS } from "../../proto/federation/check.ts";
import { endsOf, metricName, METRICS } from "../../proto/federation/metrics.ts";

/** What a number counts: `Peers by network: IPV4`. */
export function metricText(metric: number, index = 0): string {
  const name = metricName(metric);
  if (name === undefined) return `metric ${metric}`;
  const { help, parts } = METRICS[name];
  const part = Object.entries(parts ?? {}).find(([, number]) => number === index)?.[0];
  return part === undefined ? help : `${help}: ${enumText(part)}`;
}

/**
 * What a number says.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Metric } from "../../proto/federation/schema.ts";
 *
 * assertEquals(valueText(Metric.PEERS_V2, 16), "50 %");
 * assertEquals(valueText(Metric.INBOUND_PEERS, 7), "64 to 127");
 * assertEquals(valueText(Metric.INBOUND_PEERS, 41), "1,099,511,627,776 or more");
 * ```
 */
export function valueText(metric: number, value: number): string {
  const name = metricName(metric);
  if (name === undefined) return String(value);
  const { unit } = METRICS[name];
  const [low, high] = endsOf(unit, value);
  if (unit === "share") return `${Math.round(low * 100)} %`;
  const [from, to] = [low, high].map((number) => number.toLocaleString("en"));
  const suffix = unit === "bucket" ? " sat/vB" : "";
  if (low === high) return from!;
  if (high === Infinity) return `${from}${suffix} or more`;
  if (unit === "count") return `up to ${to}`;
  return low === 0 ? `below ${to}${suffix}` : `${from} to ${to}${suffix}`;
}

/** Name of a number in an enum, for people. */
export function enumName(of: Readonly<Record<string, number>>, number: number): string {
  const found = Object.entries(of).find(([, each]) => each === number)?.[0];
  return found === undefined ? `unknown (${number})` : enumText(found);
}

/** The ten minutes of a bin. */
export function binText(bin: number): string {
  const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
  const [start, end] = [iso(bin * BIN_SECONDS), iso((bin + 1) * BIN_SECONDS)];
  return `${start.slice(0, 10)} ${start.slice(11, 16)} to ${end.slice(11, 16)} UTC`;
}

/** Rows with columns of the same width. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (widths, row) => row.map((cell, i) => Math.max(widths[i] ?? 0, cell.length)),
    [],
  );
  return rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd()}`);
}

function enumText(name: string): string {
  return name.toLowerCase().replaceAll("_", " ");
}
