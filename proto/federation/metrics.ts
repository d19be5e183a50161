/**
 * The vocabulary of summaries: which numbers there are, what their index means, how large they can be. The only
 * place that knows; the uplink, the hub and the documents all read this table.
 *
 * @module
 */

import { Agent, Behaviour, Command, Metric, Network } from "./schema.ts";

/** How a value is to be read. */
export type Unit =
  /** Thirty-seconds of a whole. */
  | "share"
  /** 0, or one more than the power of two below the number. */
  | "log2"
  /** A count, rounded up to {@linkcode COUNT_STEP}. */
  | "count"
  /** A position in {@linkcode MIN_FEE_BUCKETS}. */
  | "bucket";

/** One kind of number. */
export interface MetricInfo {
  /** Name and number of each part; `undefined` where there is one number only. */
  readonly parts?: Readonly<Record<string, number>>;
  /** How it is to be read. */
  readonly unit: Unit;
  /** The largest value that can be said. */
  readonly max: number;
  /** What it is, for people. */
  readonly help: string;
}

/** Thirty-seconds in a whole. */
export const WHOLE = 32;
/** Counts are rounded up to multiples of this. */
export const COUNT_STEP = 8;
/** The largest count that can be said. */
export const MOST = 4096;
/** The largest logarithm that can be said: more than 2^40 is said as 2^40. */
export const MOST_LOG2 = 41;
/** Upper ends of the buckets of fee rates, in sat/vB. */
export const MIN_FEE_BUCKETS = [0.1, 0.5, 1, 2, 5, 10, 20, 50, 100, 500] as const;

const share = { unit: "share", max: WHOLE } as const;
const log2 = { unit: "log2", max: MOST_LOG2 } as const;
const count = { unit: "count", max: MOST } as const;

/** All of them. */
export const METRICS: Readonly<Record<keyof typeof Metric, MetricInfo>> = {
  PEERS_BY_NETWORK: { ...share, parts: Network, help: "Peers by network" },
  PEERS_INBOUND: { ...share, help: "Peers that connected to the node" },
  PEERS_V2: { ...share, help: "Peers on the encrypted transport" },
  INBOUND_PEERS: { ...log2, help: "Inbound peers of a node" },
  NETGROUPS_BY_BEHAVIOUR: { ...count, parts: Behaviour, help: "Netgroups that showed a behaviour" },
  NETGROUPS_BY_AGENT: { ...count, parts: Agent, help: "Netgroups by family of user agent" },
  MESSAGES: { ...log2, parts: Command, help: "Messages received" },
  BYTES: { ...log2, parts: Command, help: "Bytes received" },
  ADDRESSES: { ...log2, help: "Addresses received" },
  ADDRESSES_RATE_LIMITED: { ...share, help: "Addresses that the node's rate limit dropped" },
  MEMPOOL_TRANSACTIONS: { ...log2, help: "Transactions in the mempool" },
  MEMPOOL_BYTES: { ...log2, help: "Bytes in the mempool" },
  MEMPOOL_MIN_FEE: { unit: "bucket", max: MIN_FEE_BUCKETS.length, help: "Lowest fee rate of the mempool" },
  TRANSACTIONS_ACCEPTED: { ...log2, help: "Transactions that entered the mempool" },
  TRANSACTIONS_REJECTED: { ...log2, help: "Transactions that were refused" },
  CONNECTIONS_OPENED: { ...log2, help: "Inbound connections opened" },
  CONNECTIONS_CLOSED: { ...log2, help: "Connections closed" },
  CONNECTIONS_EVICTED: { ...log2, help: "Inbound connections evicted" },
  PEERS_MISBEHAVED: { ...log2, help: "Peers that misbehaved" },
};

/** The name of a metric's number. */
export function metricName(metric: number): keyof typeof Metric | undefined {
  return NAMES.get(metric);
}

/** True if this index exists for this metric. */
export function isPart({ parts }: MetricInfo, index: number): boolean {
  return parts === undefined ? index === 0 : Object.values(parts).includes(index);
}

/**
 * 0 for nothing, else one more than the power of two below.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([0, 1, 2, 3, 4, 1000].map(toLog2), [0, 1, 2, 2, 3, 10]);
 * ```
 */
export function toLog2(value: number): number {
  return value < 1 ? 0 : Math.min(MOST_LOG2, Math.floor(Math.log2(value)) + 1);
}

/** Thirty-seconds of `whole` that `part` is; nothing of nothing is nothing. */
export function toShare(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(WHOLE, Math.max(0, Math.round(part * WHOLE / whole)));
}

/** A count, rounded up. */
export function toCount(value: number): number {
  return Math.min(MOST, Math.ceil(Math.max(0, value) / COUNT_STEP) * COUNT_STEP);
}

/** The bucket of a fee rate in sat/vB. */
export function toFeeBucket(rate: number): number {
  const bucket = MIN_FEE_BUCKETS.findIndex((end) => rate < end);
  return bucket < 0 ? MIN_FEE_BUCKETS.length : bucket;
}

/**
 * The lowest and the highest number that a value may stand for; the largest value has no end.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(endsOf("log2", 10), [512, 1023]);
 * assertEquals(endsOf("count", 16), [9, 16]);
 * assertEquals(endsOf("log2", MOST_LOG2), [2 ** 40, Infinity]);
 * ```
 */
export function endsOf(unit: Unit, value: number): [low: number, high: number] {
  switch (unit) {
    case "share":
      return [value / WHOLE, value / WHOLE];
    case "log2":
      return value === 0 ? [0, 0] : [2 ** (value - 1), value >= MOST_LOG2 ? Infinity : 2 ** value - 1];
    case "count":
      return value === 0 ? [0, 0] : [value - COUNT_STEP + 1, value >= MOST ? Infinity : value];
    case "bucket":
      return [MIN_FEE_BUCKETS[value - 1] ?? 0, MIN_FEE_BUCKETS[value] ?? Infinity];
  }
}

/** SHA-256 of the vocabulary; uplink and hub with another one do not understand each other. */
export async function vocabularyHash(): Promise<Uint8Array<ArrayBuffer>> {
  const numbers = Object.entries(METRICS).map(([name, { parts, unit, max }]) => {
    return [Metric[name as keyof typeof Metric], unit, max, Object.values(parts ?? {})];
  });
  const text = JSON.stringify([numbers, WHOLE, COUNT_STEP, MIN_FEE_BUCKETS]);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

const NAMES = new Map(
  Object.entries(Metric).map(([name, number]) => [number as number, name as keyof typeof Metric]),
);
