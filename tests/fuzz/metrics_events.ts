import { all } from "../../proto/golden/all.ts";
import { counted } from "../../tools/metrics/_counted.ts";
import { scenario } from "../../tools/metrics/_scenario.ts";
import { CAP } from "../../tools/metrics/definition.ts";
import type { Family } from "../../tools/metrics/family.ts";
import type { Target } from "./target.ts";

// One for all inputs, as in life: what strangers invent adds up.
const { metrics, count } = counted([]);
const families = Object.values(metrics) as unknown as Family<unknown>[];
let inputs = 0;

/** Bytes that claim to be an event: counted or refused, and no metric has more series than its cap and what is known. */
export const metricsEvents: Target = {
  name: "metrics-events",
  seeds: () => [...scenario(), ...all.map(({ bytes }) => bytes)],
  run(input) {
    count(input);
    return () => {
      if (++inputs % 1000 > 0) return;
      for (const { name, size } of families) {
        if (size > MOST_KNOWN + CAP) throw new Error(`${name} has ${size} series`);
      }
      for (const family of families) {
        if (family.type === "counter") checkCounter(family);
      }
    };
  },
};

/** P2P messages by type, connection type and direction, the most there are of known values. */
const MOST_KNOWN = 50 * 6 * 2;

function checkCounter(family: Family<unknown>): void {
  for (const { value } of family.get().values) {
    if (!(value >= 0)) throw new Error(`${family.name} counted ${value}`);
  }
}
