/**
 * What an operator is used to, and what is out of the ordinary: median and median absolute deviation of the last day,
 * which a few wild bins do not move. A value beyond its limit is learned as the limit, so that an attack does not become
 * usual while it lasts.
 *
 * @module
 */

import { Anomaly } from "../../proto/federation/schema.ts";
import { median } from "../../runtime/median.ts";
import type { SignalValues } from "./bound.ts";

interface Rule {
  /** "above": too much is out of the ordinary. "below": too little. */
  readonly side: "above" | "below";
  /** What is never out of the ordinary, whatever is usual. */
  readonly floor: number;
  /** How many times the usual still is usual; absent where the floor alone decides. */
  readonly factor?: number;
}

/** A day of bins. */
const SAMPLES = 144;
/** Two hours: before that nothing is usual. */
const WARM_SAMPLES = 12;
const SIGMAS = 6;
/** The median absolute deviation of a normal distribution is its standard deviation divided by this. */
const SIGMA_PER_MAD = 1.4826;

/** For each anomaly, by its number, when a value shows it. */
export const RULES: ReadonlyMap<number, Rule> = new Map<number, Rule>([
  [Anomaly.ADDR_FLOOD, { side: "above", floor: 5000, factor: 2 }], // addresses received
  [Anomaly.CONNECTION_CHURN, { side: "above", floor: 50, factor: 2 }], // inbound connections opened
  [Anomaly.PING_STRESS, { side: "above", floor: 2000, factor: 2 }], // pings received
  [Anomaly.EVICTION_STORM, { side: "above", floor: 20, factor: 2 }], // inbound connections evicted
  [Anomaly.MUTATED_BLOCKS, { side: "above", floor: 0 }], // blocks
  [Anomaly.FORK, { side: "above", floor: 0 }], // forks first seen in the bin
  [Anomaly.STALE_TIP, { side: "above", floor: 90 }], // minutes without a block: once in 8,000 blocks
  [Anomaly.SLOW_VALIDATION, { side: "above", floor: 1000, factor: 4 }], // milliseconds to connect a block
  [Anomaly.BUSY_MESSAGE_THREAD, { side: "above", floor: 500, factor: 5 }], // milliseconds to answer a ping
  [Anomaly.INBOUND_DROP, { side: "below", floor: Infinity, factor: 1.5 }], // netgroups with inbound peers
  [Anomaly.RECONSTRUCTION_FAILURES, { side: "above", floor: 200, factor: 2 }], // missing transactions of a block
]);

/** Of so few inbound peers some may go. */
const FEW_INBOUND = 16;

/** The state of a baseline: for each anomaly its number and samples, oldest first. Numbers and nothing else. */
export type SavedBaseline = number[][];

/** What an operator is used to. */
export class Baseline {
  readonly #samples = new Map<number, number[]>();

  /** The anomalies that these values show. */
  judge(values: SignalValues): number[] {
    return [...values].flatMap(([anomaly, value]) => this.#shows(anomaly, value) ? [anomaly] : [])
      .sort((a, b) => a - b);
  }

  /** Takes the values of a bin that is over. */
  learn(values: SignalValues): void {
    for (const [anomaly, value] of values) {
      const rule = RULES.get(anomaly);
      if (rule?.factor === undefined) continue;
      const limit = this.#limit(anomaly, rule);
      const known = limit === undefined
        ? value
        : rule.side === "above"
        ? Math.min(value, limit)
        : Math.max(value, limit);
      const samples = this.#samples.get(anomaly) ?? [];
      samples.push(known);
      this.#samples.set(anomaly, samples.slice(-SAMPLES));
    }
  }

  /** Everything that was learned. */
  save(): SavedBaseline {
    return [...this.#samples].map(([anomaly, samples]) => [anomaly, ...samples]);
  }

  /** Goes on with what was saved; whatever is not of that form is left out. */
  restore(saved: unknown): void {
    if (!Array.isArray(saved)) return;
    for (const series of saved.slice(0, RULES.size)) {
      if (!Array.isArray(series)) continue;
      const [anomaly, ...samples] = series.slice(0, SAMPLES + 1);
      if (RULES.get(anomaly)?.factor === undefined) continue;
      this.#samples.set(anomaly, samples.filter((sample) => Number.isFinite(sample) && sample >= 0));
    }
  }

  #shows(anomaly: number, value: number): boolean {
    const rule = RULES.get(anomaly);
    const limit = rule && this.#limit(anomaly, rule);
    if (limit === undefined) return false;
    return rule!.side === "above" ? value > limit : value < limit;
  }

  #limit(anomaly: number, { side, floor, factor }: Rule): number | undefined {
    if (factor === undefined) return floor;
    const samples = this.#samples.get(anomaly) ?? [];
    if (samples.length < WARM_SAMPLES) return undefined;
    const middle = median(samples);
    const spread = SIGMAS * SIGMA_PER_MAD * median(samples.map((sample) => Math.abs(sample - middle)));
    if (side === "above") return Math.max(floor, middle * factor, middle + spread);
    return middle < FEW_INBOUND ? undefined : Math.min(middle / factor, middle - spread);
  }
}
