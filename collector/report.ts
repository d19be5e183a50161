/**
 * What the doctor prints.
 *
 * @module
 */

import { bold, green, red, yellow } from "@std/fmt/colors";
import { printable } from "../runtime/log.ts";
import type { AllValues, Check, Found } from "../runtime/preset.ts";

const PAINT = { ok: green, warning: yellow, fault: red };
const WORDS = { ok: "ok", warning: "warning", fault: "FAULT" };

/** What was found, as the options want it: a table, JSON, or a configuration file. */
export async function report(
  found: Found,
  values: AllValues,
  signal: AbortSignal,
): Promise<{ text: string; failed: boolean }> {
  const { json, printConfig } = values[""] as { json: boolean; printConfig: boolean };
  if (printConfig) return { text: configuration(found), failed: found.values["rpc"] === undefined };
  const checks = await found.check(values, signal);
  const faults = checks.filter(({ state }) => state === "fault").length;
  const warnings = checks.filter(({ state }) => state === "warning").length;
  const failed = faults > 0;
  if (json) return { text: `${JSON.stringify({ ok: !failed, faults, warnings, checks })}\n`, failed };
  return { text: table(checks, verdict(faults, warnings)), failed };
}

/** The node as it is found now; a process has another number tomorrow. */
function configuration(
  { values: { "": own = {}, ebpf: { pid: _, ...ebpf } = {}, ...components } }: Found,
): string {
  const sections = Object.keys(ebpf).length > 0 ? { ...components, ebpf } : components;
  return `${JSON.stringify({ ...own, ...sections }, null, 2)}\n`;
}

function table(checks: readonly Check[], verdict: string): string {
  const width = Math.max(...checks.map(({ about }) => about.length));
  const indent = " ".repeat(8 + 1 + width + 2);
  const lines = checks.flatMap(({ about, state, what, advice, paste }) => [
    `${PAINT[state](WORDS[state].padEnd(8))} ${about.padEnd(width)}  ${printable(what)}`,
    ...advice === undefined ? [] : [`${indent}${printable(advice)}${paste === undefined ? "" : ":"}`],
    ...paste === undefined ? [] : [`${indent}${bold(printable(paste))}`],
  ]);
  return [...lines, "", verdict, ""].join("\n");
}

function verdict(faults: number, warnings: number): string {
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? "" : "s"}`;
  if (faults === 0 && warnings === 0) return "The collector would see everything.";
  const parts = [
    ...faults > 0 ? [count(faults, "fault")] : [],
    ...warnings > 0 ? [count(warnings, "warning")] : [],
  ];
  return `${parts.join(", ")}. ${
    faults > 0 ? "The collector would be blind in part, or leak." : "The collector would work."
  }`;
}
