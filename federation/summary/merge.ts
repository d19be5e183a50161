/**
 * From the numbers of an operator's nodes to those of the operator, and from those to what is said.
 *
 * Almost everything is the median of the nodes: a sum would say how many nodes there are, the median is that of a
 * usual one. Behaviours are added up, because they are rare and one node that sees a spy should be heard; the sum is
 * clipped like a single node's, since more than that could only come from several.
 *
 * @module
 */

import { keyOf } from "../../proto/federation/check.ts";
import {
  metricName,
  METRICS,
  toCount,
  toFeeBucket,
  toLog2,
  toShare,
  type Unit,
} from "../../proto/federation/metrics.ts";
import { Metric, type Value } from "../../proto/federation/schema.ts";
import { median } from "../../runtime/median.ts";
import type { NodePolicy, Numbers, SignalValues } from "./bound.ts";

const KEYS_PER_METRIC = 2 ** 32;

/** Metrics that are added up; all others are medians. */
const SUMS: ReadonlySet<number> = new Set([Metric.NETGROUPS_BY_BEHAVIOUR]);

/** The numbers of the operator. */
export interface Merged {
  /** Not rounded yet. */
  readonly numbers: Numbers;
  /** Fewer than two nodes stand behind some number. */
  readonly thin: boolean;
}

/** One number for each that some node has. */
export function merge(nodes: readonly Numbers[], { clip }: Pick<NodePolicy, "clip">): Merged {
  const numbers: Numbers = new Map();
  let fewest = nodes.length;
  for (const key of new Set(nodes.flatMap((each) => [...each.keys()]))) {
    const values = nodes.flatMap((each) => each.get(key) ?? []);
    fewest = Math.min(fewest, values.length);
    const sum = values.reduce((a, b) => a + b, 0);
    numbers.set(key, SUMS.has(metricOf(key)) ? Math.min(clip, sum) : median(values));
  }
  return { numbers, thin: fewest < 2 };
}

/** The largest over the nodes: what happens to one of them happens to the operator, and one that starts is not seen. */
export function mergeSignals(nodes: readonly SignalValues[]): SignalValues {
  const merged: SignalValues = new Map();
  for (const values of nodes) {
    for (const [anomaly, value] of values) {
      merged.set(anomaly, Math.max(value, merged.get(anomaly) ?? -Infinity));
    }
  }
  return merged;
}

const COARSE: Readonly<Record<Unit, (value: number) => number>> = {
  share: (value) => toShare(value, 1),
  log2: toLog2,
  count: toCount,
  bucket: toFeeBucket,
};

/** Rounds each number as its metric is said. */
export function coarsen(numbers: Numbers): Value[] {
  return [...numbers].sort(([a], [b]) => a - b).map(([key, number]) => {
    const metric = metricOf(key);
    const { unit, max, parts } = METRICS[metricName(metric)!];
    const value = Math.min(max, COARSE[unit](number));
    const index = key - keyOf({ metric, index: 0 });
    return { metric, value, ...(parts === undefined ? {} : { index }) };
  });
}

function metricOf(key: number): number {
  return Math.floor(key / KEYS_PER_METRIC);
}
