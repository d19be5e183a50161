/**
 * Nodes that their operators show to everybody: the last minute of each, and an hour of headline numbers. All of it is in
 * memory: after a restart it is there again in a minute. It has no way to anything else that a hub knows.
 *
 * @module
 */

import { checkDisclosure, DISCLOSE_SECONDS } from "../../proto/federation/disclosure.ts";
import {
  Agent,
  Behaviour,
  Command,
  type DisclosedCount,
  type Disclosure,
  Network,
  TipStatus,
} from "../../proto/federation/schema.ts";
import type { DisclosedMinute, DisclosedNode, DisclosedPeers, Lower } from "../release/live.ts";

/** What became of a minute. */
export type DisclosedFate = "taken" | "wrong" | "out of time" | "another's name" | "too many";

interface Kept {
  readonly slot: number;
  node: DisclosedNode;
}

/** Names of an operator, and of all. */
const MOST_OF_OPERATOR = 8;
const MOST = 64;
const MOST_MINUTES = 60;
/** The hub's clock and an uplink's may differ by so much. */
const CLOCKS_SECONDS = 600;
/** A node is shown for so long after its last minute, */
const SHOWN_SECONDS = 1800;
/** and its name is kept for its operator. */
const KEPT_SECONDS = 86_400;

/** The nodes of a hub. */
export class DisclosedNodes {
  readonly #nodes = new Map<string, Kept>();

  /** Takes a minute of a node of an operator. Times are Unix seconds. */
  take(slot: number, disclosure: Disclosure, now: number): DisclosedFate {
    if (checkDisclosure(disclosure) !== undefined) return "wrong";
    const { name, at } = disclosure;
    if (Math.abs(at - now) > CLOCKS_SECONDS) return "out of time";
    this.#forget(now);
    const kept = this.#nodes.get(name);
    if (kept !== undefined && kept.slot !== slot) return "another's name";
    if (kept === undefined) {
      const own = [...this.#nodes.values()].filter((each) => each.slot === slot).length;
      if (own >= MOST_OF_OPERATOR || this.#nodes.size >= MOST) return "too many";
    } else if (at < kept.node.at + DISCLOSE_SECONDS / 2) return "out of time";
    const minutes = kept === undefined ? [] : historyOf(kept.node).slice(-MOST_MINUTES);
    this.#nodes.set(name, { slot, node: toPublic(disclosure, minutes) });
    return "taken";
  }

  /** Those to be shown, by name; of operators that were revoked there are none. */
  shown(now: number, counts: (slot: number) => boolean): DisclosedNode[] {
    return [...this.#nodes.values()]
      .filter(({ slot, node }) => counts(slot) && node.at > now - SHOWN_SECONDS)
      .map(({ node }) => node)
      .sort((a, b) => a.name < b.name ? -1 : 1);
  }

  #forget(now: number): void {
    for (const [name, { node }] of this.#nodes) {
      if (node.at < now - KEPT_SECONDS) this.#nodes.delete(name);
    }
  }
}

/** Field by field: what is not written here goes nowhere. */
function toPublic(disclosure: Disclosure, history: readonly DisclosedMinute[]): DisclosedNode {
  const { name, url = null, at, seconds, peers, messages, mempool, blocks, tips } = disclosure;
  return {
    ...{ name, url, at, seconds, history },
    peers: peers === undefined ? null : peersOf(peers),
    messages: messages.map(({ command, received, receivedBytes, sent, sentBytes }) => {
      return { command: wordOf(Command, command), received, receivedBytes, sent, sentBytes };
    }).sort((a, b) => b.receivedBytes + b.sentBytes - a.receivedBytes - a.sentBytes),
    addresses: { received: disclosure.addresses, limited: disclosure.addressesLimited },
    connections: { opened: disclosure.opened, closed: disclosure.closed, evicted: disclosure.evicted },
    mempool: mempool === undefined ? null : {
      ...{ transactions: mempool.transactions, bytes: mempool.bytes, minFee: mempool.minFeeMilli / 1000 },
    },
    blocks: blocks.map(({ hash, height, at }) => ({ hash: textOf(hash), height, at })),
    tips: tips.map(({ hash, height, status }) => {
      return { hash: textOf(hash), height, status: wordOf(TipStatus, status) };
    }),
    behaviours: countsOf(Behaviour, disclosure.behaviours),
  };
}

function peersOf(
  { inbound, outbound, networks, v1, v2, agents }: NonNullable<Disclosure["peers"]>,
): DisclosedPeers {
  return {
    ...{ inbound, outbound, networks: countsOf(Network, networks), agents: countsOf(Agent, agents) },
    transports: { v1, v2, unknown: Math.max(0, inbound + outbound - v1 - v2) },
  };
}

/** What stands for several minutes is none of them. */
function historyOf(node: DisclosedNode): readonly DisclosedMinute[] {
  return node.seconds > 2 * DISCLOSE_SECONDS ? node.history : [...node.history, minuteOf(node)];
}

function minuteOf({ at, peers, messages, addresses, mempool }: DisclosedNode): DisclosedMinute {
  return {
    ...{ at, inbound: peers?.inbound ?? null, outbound: peers?.outbound ?? null },
    messages: messages.reduce((sum, { received }) => sum + received, 0),
    bytes: messages.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0),
    ...{ addresses: addresses.received, transactions: mempool?.transactions ?? null },
  };
}

function wordOf<E extends Readonly<Record<string, number>>>(of: E, number: number): Lower<keyof E> {
  const name = Object.keys(of).find((name) => of[name] === number)!;
  return name.toLowerCase().replaceAll("_", " ") as Lower<keyof E>;
}

function countsOf<E extends Readonly<Record<string, number>>>(of: E, counts: readonly DisclosedCount[]) {
  const entries = counts.filter(({ count }) => count > 0).map((
    { index, count },
  ) => [wordOf(of, index), count]);
  return Object.fromEntries(entries) as Partial<Record<Lower<keyof E>, number>>;
}

/** As people write it. */
function textOf(hash: Uint8Array): string {
  return hash.toReversed().toHex();
}
