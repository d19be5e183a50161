/**
 * What an expression asks for, as Prometheus' own parser understands it.
 *
 * @module
 */
import type { Prometheus } from "./prometheus.ts";

/** A selector: a metric and what its labels must be. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly { readonly name: string; readonly type: string; readonly value: string }[];
}

/** What an expression is made of. */
export interface Parsed {
  readonly selectors: readonly Selector[];
  /** Labels that it groups by or matches on. */
  readonly grouping: readonly string[];
  /** Labels that it makes itself. */
  readonly made: readonly string[];
}

/** Takes an expression apart; throws what the parser says against it. */
export async function parsePromql(prometheus: Prometheus, expression: string): Promise<Parsed> {
  const selectors: Selector[] = [];
  const grouping = new Set<string>();
  const made = new Set<string>();
  walk(await prometheus.api(`parse_query?query=${encodeURIComponent(expression)}`), (node) => {
    if (node.type === "vectorSelector" || node.type === "matrixSelector") {
      const matchers = node.matchers.filter(({ name }: { name: string }) => name !== "__name__");
      selectors.push({ metric: node.name, matchers });
    }
    if (node.type === "call" && node.func.name === "label_replace") made.add(node.args[1].val);
    for (
      const label of [...node.grouping ?? [], ...node.matching?.labels ?? [], ...node.matching?.include ?? []]
    ) {
      grouping.add(label);
    }
  });
  return { selectors, grouping: [...grouping], made: [...made] };
}

// deno-lint-ignore no-explicit-any -- the parser's tree: nodes of a dozen shapes
type Node = any;

function walk(node: Node, visit: (node: Node) => void): void {
  if (node === null || typeof node !== "object") return;
  if (Array.isArray(node)) return node.forEach((child) => walk(child, visit));
  if (typeof node.type === "string") visit(node);
  for (const [key, child] of Object.entries(node)) if (key !== "matchers") walk(child, visit);
}
