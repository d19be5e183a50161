/**
 * How far the public numbers are from the truth: what federations of some sizes would publish, beside the plain mean of
 * their operators. Noise and cutting both count.
 *
 * @module
 */

import { valuesOf } from "../../federation/release/bounded.ts";
import { errorOf } from "../../federation/release/plan.ts";
import { GROUP_NAMES, groupOf } from "../../federation/release/public.ts";
import { noTotals, partKey, type Totals } from "../../federation/release/totals.ts";
import { POLICY } from "./attacks.ts";
import { Publisher, settled } from "./release.ts";
import { seeded, times } from "./world.ts";

/** Nodes of a federation, two for each operator: the least that an operator can have without counting half. */
const NODES = [10, 25, 100, 500];
const PER_OPERATOR = 2;
/** How much operators differ from each other, in parts of the radius of a group. */
const SPREAD = 0.5;

/** Operators that differ about as much from the centre as the ball is wide. */
function federation(operators: number, random: () => number): Totals[] {
  return times(operators, () => {
    const sums = Object.fromEntries(GROUP_NAMES.flatMap((name) => {
      const { parts, centre, radius } = groupOf(name);
      return parts.map((part, i): [string, [number, number]] => {
        const away = (random() - 0.5) * 2 * SPREAD * radius / Math.sqrt(parts.length);
        return [partKey(part), [Math.max(0, (centre?.[i] ?? 0.2) + away), 1]];
      });
    }));
    return { ...noTotals(), bins: 1, sums };
  });
}

/**
 * A table: for each group and size, the error that 95 of 100 numbers stay below, in brackets by the plan
 * alone where the gate is closed; values are from 0 to 1.
 */
export async function utility(
  { rounds, say }: { rounds: number; say: (what: string) => void },
): Promise<string> {
  const cells = new Map<string, string[]>(GROUP_NAMES.map((name) => [name, []]));
  const gate: string[] = [];
  for (const nodes of NODES) {
    say(`utility at ${nodes} nodes`);
    const errors = new Map<string, number[]>();
    let open = 0;
    for (let seed = 0; seed < rounds; seed++) {
      const operators = federation(Math.round(nodes / PER_OPERATOR), seeded(seed));
      const groups = settled(operators);
      const publisher = new Publisher({ ...POLICY, groups }, seed);
      const figures = await publisher.publish(operators);
      if (figures.length > 0) open++;
      for (const { group, numbers } of figures) {
        const all = operators.map((totals) => valuesOf(groups[group]!, totals)!);
        numbers.forEach(({ value }, i) => {
          if (value === undefined) return;
          const truth = all.reduce((sum, each) => sum + each[i]!, 0) / all.length;
          errors.set(group, [...errors.get(group) ?? [], Math.abs(value - truth)]);
        });
      }
    }
    gate.push(`${Math.round(open / rounds * 100)} %`);
    for (const name of GROUP_NAMES) {
      const sorted = (errors.get(name) ?? []).sort((a, b) => a - b);
      const at = sorted[Math.floor(sorted.length * 0.95)];
      const planned = Math.min(1, errorOf(name, POLICY.noiseMilli, nodes / PER_OPERATOR));
      // Too few were published to measure anything.
      cells.get(name)!.push(
        at === undefined || open < rounds / 2 ? `(${planned.toFixed(3)})` : at.toFixed(3),
      );
    }
  }
  const line = (words: readonly string[]) => `| ${words.join(" | ")} |\n`;
  return line(["error", ...NODES.map((nodes) => `${nodes} nodes`)]) +
    line(["---", ...NODES.map(() => "---")]) +
    [...cells].map(([name, each]) => line([name, ...each])).join("") +
    line(["releases with numbers", ...gate]);
}
