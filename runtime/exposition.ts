/**
 * Numbers in the text format of Prometheus, for components that have few of them.
 *
 * @module
 */

/** One number of a family. */
export interface Sample {
  /** Behind the family's name: `_sum`, `_bucket`; nothing by default. */
  readonly suffix?: string;
  /** Values may be a stranger's; names are ours. */
  readonly labels?: Readonly<Record<string, string | number>>;
  /** The number. */
  readonly value: number;
}

/** What the answer to a scrape calls itself. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * A metric with all its samples; nothing when it has none.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const text = family("bees_total", "counter", "Bees seen", [{ labels: { hive: 'the "old" one' }, value: 3 }]);
 * assertEquals(text.split("\n")[2], 'bees_total{hive="the \\"old\\" one"} 3');
 * ```
 */
export function family(
  name: string,
  type: "counter" | "gauge" | "histogram",
  help: string,
  samples: readonly Sample[],
): string {
  if (samples.length === 0) return "";
  const lines = samples.map(({ suffix = "", labels = {}, value }) =>
    `${name}${suffix}${labelText(labels)} ${numberText(value)}`
  );
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ""].join("\n");
}

function labelText(labels: Readonly<Record<string, string | number>>): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (c) => c === "\n" ? "\\n" : `\\${c}`);
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}
