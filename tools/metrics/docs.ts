/**
 * Writes docs/metrics.md from the tables: `deno run --allow-read --allow-write=docs tools/metrics/docs.ts`.
 *
 * @module
 */

import { type Definition, isOpen, type LabelValues } from "./definition.ts";
import { TABLES } from "./metrics.ts";

const INTRODUCTION = {
  peerobserver:
    "Names, types, labels and values are those of the Rust metrics tool. A counter has no `_total`, and " +
    "some names say what they do not mean; [decisions/005-metrics.md](decisions/005-metrics.md) tells which.",
  waggle: "What the Rust tool does not tell.",
};

/** The page of all metrics. */
export function metricsPage(): string {
  return [
    "# Metrics",
    "Written by `tools/metrics/docs.ts` from the tables in `tools/metrics/groups/`; do not edit.",
    "A metric with labels appears once it has been counted. Of a label with values that others choose (_any_), a " +
    "metric has at most so many series as its cap says; what comes later counts as `other`, and " +
    "`waggle_folded_values_total` says how often. Values of more than 256 characters are cut.",
    ...Object.entries(TABLES).flatMap(([prefix, table]) => section(prefix as keyof typeof TABLES, table)),
  ].join("\n\n") + "\n";
}

function section(prefix: keyof typeof TABLES, table: Readonly<Record<string, Definition>>): string[] {
  const rows = Object.entries(table).map(([name, definition]) => row(`${prefix}_${name}`, definition));
  return [
    `## ${prefix}\\_…`,
    `${INTRODUCTION[prefix]} ${rows.length} metrics.`,
    ["| metric | type | what | labels | cap |", "| --- | --- | --- | --- | --- |", ...rows].join("\n"),
  ];
}

function row(name: string, { type, help, labels, buckets, cap }: Definition): string {
  const bounds = buckets.length === 0 ? "" : `, buckets ${shortList(buckets.map(String))}`;
  const values = Object.entries(labels).map(([label, values]) => `\`${label}\`: ${valuesText(values)}`);
  const isCapped = Object.values(labels).some(isOpen);
  return `| \`${name}\` | ${type}${bounds} | ${help} | ${values.join("; ") || "–"} | ${
    isCapped ? cap : "–"
  } |`;
}

function valuesText(values: LabelValues): string {
  if (!isOpen(values)) return shortList(values);
  return values.known.length === 0 ? "_any_" : `${shortList(values.known)}, _any_`;
}

/** All of a short list; first, second and last of a long one. */
function shortList(values: readonly string[]): string {
  return values.length <= 10 ? values.join(", ") : `${values[0]}, ${values[1]}, … ${values.at(-1)}`;
}

if (import.meta.main) {
  const file = new URL("../../docs/metrics.md", import.meta.url).pathname;
  await Deno.writeTextFile(file, metricsPage());
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", file] }).output();
}
