/**
 * From what a node saw to its numbers, so that no stranger and no single node moves them far: netgroups are counted
 * once, counts are clipped, and a node adds to so many counts only.
 *
 * @module
 */

import { keyOf } from "../../proto/federation/check.ts";
import { METRICS } from "../../proto/federation/metrics.ts";
import { Agent, Anomaly, Behaviour, Command, Metric, Network } from "../../proto/federation/schema.ts";
import { median } from "../../runtime/median.ts";
import type { Node } from "./node.ts";
import type { ListedPeer, NodeBin } from "./node_bin.ts";
import { type Tally, tally } from "./withheld.ts";

/** What a policy says of a node. */
export interface NodePolicy {
  /** The most that a node adds to one count. */
  readonly clip: number;
  /** The most counts that a node adds to in a bin. */
  readonly keysPerNode: number;
}

/** Numbers by {@linkcode keyOf}; shares are from 0 to 1, nothing is rounded yet. */
export type Numbers = Map<number, number>;

/** Numbers by anomaly. */
export type SignalValues = Map<number, number>;

/** A node that told of something within so many bins and now does not, saw none of it. */
const QUIET_BINS = 6;

/** Those that a hub adds up over operators. Of the others it takes medians and quartiles, where one voice is one voice. */
export const COUNT_KEYS: readonly number[] = Object.entries(METRICS).flatMap(([name, { unit, parts }]) => {
  const metric = Metric[name as keyof typeof Metric];
  return unit === "count" ? Object.values(parts ?? { "": 0 }).map((index) => keyOf({ metric, index })) : [];
});

/** Which events show which behaviours: of what a node cannot see it says nothing, and not that there is none. */
const SEEN_IN_MESSAGES = [
  ...[Behaviour.PING_SPAM, Behaviour.ADDR_SPAM, Behaviour.ADDR_ENTRIES_SPAM, Behaviour.INV_ONLY],
];
const SEEN_IN_CONNECTIONS = [
  ...[Behaviour.SHORT_LIVED, Behaviour.RECONNECTING, Behaviour.MISBEHAVING, Behaviour.EVICTED],
];

/** The numbers of a node in a bin. */
export function numbersOf(node: Node, seen: NodeBin, bin: number): Numbers {
  const numbers: Numbers = new Map();
  const set = (metric: number, value: number | undefined, index = 0) => {
    if (value !== undefined) numbers.set(keyOf({ metric, index }), value);
  };
  const shown = seen.behaviours();
  const has = (kind: string) => tells(node, kind, bin);
  if (has("message") || seen.listed !== undefined) setPeers(seen, set);
  if (has("message")) setTraffic(seen, shown, set);
  set(Metric.ADDRESSES_RATE_LIMITED, seen.limitedShare() ?? (has("message") ? 0 : undefined));
  if (node.hasLists) setBehaviours(shown, [Behaviour.LIST_HIT], set);
  if (has("connection")) setConnections(seen, shown, set);
  if (has("mempool")) {
    set(Metric.TRANSACTIONS_ACCEPTED, seen.accepted);
    set(Metric.TRANSACTIONS_REJECTED, seen.rejected);
  }
  set(Metric.MEMPOOL_TRANSACTIONS, seen.mempool?.transactions);
  set(Metric.MEMPOOL_BYTES, seen.mempool?.bytes);
  set(Metric.MEMPOOL_MIN_FEE, seen.mempool?.minFee);
  return numbers;
}

/** Clips the counts, and leaves out those beyond the policy's number; `order` is drawn by lot, not by size. */
export function bound(
  numbers: Numbers,
  { policy, order, withheld }: { policy: NodePolicy; order: readonly number[]; withheld: Tally },
): Numbers {
  const bounded = new Map(numbers);
  let left = policy.keysPerNode;
  for (const key of order) {
    const value = bounded.get(key);
    if (value === undefined || value === 0) continue;
    if (left-- <= 0) {
      bounded.set(key, 0);
      tally(withheld, "counts beyond the policy's number");
    } else if (value > policy.clip) {
      bounded.set(key, policy.clip);
      tally(withheld, "counts above the policy's clip");
    }
  }
  return bounded;
}

/** What is compared with what the operator is used to. Of a node that was just started there is nothing. */
export function signalsOf(node: Node, seen: NodeBin, bin: number): SignalValues {
  const values: SignalValues = new Map();
  if (node.isYoung(bin)) return values;
  const { signals } = seen;
  if (tells(node, "message", bin)) {
    values.set(Anomaly.ADDR_FLOOD, signals.addresses).set(Anomaly.PING_STRESS, signals.pings);
  }
  if (tells(node, "connection", bin)) {
    values.set(Anomaly.CONNECTION_CHURN, signals.openings).set(Anomaly.EVICTION_STORM, signals.evictions);
  }
  if (signals.mutated > 0) values.set(Anomaly.MUTATED_BLOCKS, signals.mutated);
  const peers = peersOf(seen);
  if (peers.length > 0) values.set(Anomaly.INBOUND_DROP, peers.filter(({ inbound }) => inbound).length);
  const medians: [number, readonly number[]][] = [
    [Anomaly.SLOW_VALIDATION, signals.validationMs],
    [Anomaly.BUSY_MESSAGE_THREAD, signals.pingMs],
    [Anomaly.RECONSTRUCTION_FAILURES, signals.requested],
  ];
  for (const [anomaly, samples] of medians) if (samples.length > 0) values.set(anomaly, median(samples));
  return values;
}

type Set = (metric: number, value: number | undefined, index?: number) => void;

function setPeers(seen: NodeBin, set: Set): void {
  const peers = peersOf(seen);
  const share = (is: (peer: ListedPeer) => boolean, of = peers) =>
    of.length === 0 ? undefined : of.filter(is).length / of.length;
  for (const index of Object.values(Network)) {
    set(Metric.PEERS_BY_NETWORK, share(({ network }) => network === index), index);
  }
  set(Metric.PEERS_INBOUND, share(({ inbound }) => inbound));
  set(Metric.PEERS_V2, share(({ v2 }) => v2 === true, peers.filter(({ v2 }) => v2 !== undefined)));
  set(Metric.INBOUND_PEERS, peers.filter(({ inbound }) => inbound).length);
  const groups = [...seen.groups.values()];
  for (const index of Object.values(Agent)) {
    set(Metric.NETGROUPS_BY_AGENT, groups.filter(({ agent }) => agent === index).length, index);
  }
}

function setBehaviours(shown: readonly number[], behaviours: readonly number[], set: Set): void {
  for (const index of behaviours) set(Metric.NETGROUPS_BY_BEHAVIOUR, shown[index], index);
}

function setTraffic(seen: NodeBin, shown: readonly number[], set: Set): void {
  setBehaviours(shown, SEEN_IN_MESSAGES, set);
  for (const command of Object.values(Command)) {
    const { messages, bytes } = seen.traffic(command);
    set(Metric.MESSAGES, messages, command);
    set(Metric.BYTES, bytes, command);
  }
  set(Metric.ADDRESSES, seen.addresses());
}

function setConnections(seen: NodeBin, shown: readonly number[], set: Set): void {
  const groups = [...seen.groups.values()];
  set(Metric.CONNECTIONS_OPENED, groups.filter(({ opened }) => opened).length);
  set(Metric.CONNECTIONS_CLOSED, groups.filter(({ closed }) => closed).length);
  set(Metric.CONNECTIONS_EVICTED, shown[Behaviour.EVICTED]);
  set(Metric.PEERS_MISBEHAVED, shown[Behaviour.MISBEHAVING]);
  setBehaviours(shown, SEEN_IN_CONNECTIONS, set);
}

/** One peer of each netgroup: from the node's list, else those that said something. */
function peersOf({ listed, groups }: NodeBin): ListedPeer[] {
  if (listed !== undefined) return [...listed.values()];
  return [...groups.values()].flatMap(({ network, inbound }) =>
    inbound === undefined ? [] : [{ network, inbound, v2: undefined }]
  );
}

function tells(node: Node, kind: string, bin: number): boolean {
  return (node.seen.get(kind) ?? -Infinity) >= bin - QUIET_BINS;
}
