/**
 * What the doctor prints.
 *
 * @module
 */

import { bold, green, red, yellow } from "@std/fmt/colors";
import { printable } from "../runtime/log.ts";
import type { Asked, Check } from "../runtime/preset.ts";

const PAINT = { ok: green, warning: yellow, fault: red };
const WORDS = { ok: "ok", warning: "warning", fault: "FAULT" };

/** The checks as a table, or as JSON. */
export function report(
  checks: readonly Check[],
  { values }: Pick<Asked, "values">,
): Promise<{ text: string; failed: boolean }> {
  const faults = checks.filter(({ state }) => state === "fault").length;
  const warnings = checks.filter(({ state }) => state === "warning").length;
  const failed = faults > 0;
  if (values[""]?.["json"] === true) {
    return Promise.resolve({
      text: `${JSON.stringify({ ok: !failed, faults, warnings, checks })}\n`,
      failed,
    });
  }
  const width = Math.max(...checks.map(({ about }) => about.length));
  const indent = " ".repeat(8 + 1 + width + 2);
  const lines = checks.flatMap(({ about, state, what, advice, paste }) => [
    `${PAINT[state](WORDS[state].padEnd(8))} ${about.padEnd(width)}  ${printable(what)}`,
    ...advice === undefined ? [] : [`${indent}${printable(advice)}${paste === undefined ? "" : ":"}`],
    ...paste === undefined ? [] : [`${indent}${bold(printable(paste))}`],
  ]);
  return Promise.resolve({ text: [...lines, "", verdict(faults, warnings), ""].join("\n"), failed });
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
