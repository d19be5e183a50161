/**
 * Numbers of summaries in words.
 *
 * @module
 */

import { BIN_SECONDS } from "../../proto/federation/check.ts";
import { metricName, METRICS, MIN_FEE_BUCKETS, WHOLE } from "../../proto/federation/metrics.ts";

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
 * ```
 */
export function valueText(metric: number, value: number): string {
  const name = metricName(metric);
  const unit = name === undefined ? undefined : METRICS[name].unit;
  if (unit === "share") return `${Math.round(value * 100 / WHOLE)} %`;
  if (unit === "log2") return powerText(value);
  if (unit === "bucket") return feeText(value);
  return value === 0 ? "0" : `up to ${value}`;
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

function powerText(value: number): string {
  if (value === 0) return "0";
  const from = 2 ** (value - 1);
  return value === 1 ? "1" : `${from.toLocaleString("en")} to ${(2 * from - 1).toLocaleString("en")}`;
}

function feeText(value: number): string {
  const [from, to] = [MIN_FEE_BUCKETS[value - 1], MIN_FEE_BUCKETS[value]];
  if (from === undefined) return `below ${to} sat/vB`;
  return to === undefined ? `${from} sat/vB or more` : `${from} to ${to} sat/vB`;
}
