/**
 * The README's table of fields: `deno run tools/redact/_table.ts` prints it.
 *
 * @module
 */

import { CLASS_TEXTS, CLASSES, type ClassName, classNameOf } from "./classes.ts";
import { allowedFor, CHOICES } from "./policy.ts";

if (import.meta.main) console.log(table());

/** One row for each class, with all its fields. */
export function table(): string {
  const names = Object.keys(CLASS_TEXTS) as ClassName[];
  const rows = names.filter((name) => name !== "inside").map((name) => {
    const { strict, research } = CHOICES[name];
    const others = allowedFor(name).filter((word) => word !== strict && word !== research).join(", ") || "–";
    return `| \`${name}\` | ${CLASS_TEXTS[name]} | ${strict} | ${research} | ${others} | ${fieldsOf(name)} |`;
  });
  return ["| class | what it is | strict | research | or | fields |", "| - | - | - | - | - | - |", ...rows]
    .join("\n");
}

function fieldsOf(name: ClassName): string {
  const all = Object.entries(CLASSES).flatMap(([message, fields]) => {
    const own = Object.entries(fields).filter(([, of]) => classNameOf(of) === name).map(([field]) => field);
    return own.length === 0 ? [] : [`${message}: ${own.join(" ")}`];
  });
  return all.join("; ");
}
