/**
 * The world of the simulator: reachable nodes of which a few are honeynodes, operators, and what an attacker can do to
 * a node. Everything between a node and the public is the real code: events as bytes, the Summariser, the summaries as
 * they are stored, the accountant, the numbers of a release.
 *
 * @module
 */

import { encodeEvent, type Event } from "../../proto/event.ts";
import * as codec from "../../proto/federation/codec.ts";
import { BIN_SECONDS } from "../../proto/federation/check.ts";
import { encode } from "../../proto/federation/frame.ts";
import {
  addresses,
  connection,
  honest,
  message,
  peerInfos,
  version,
} from "../../federation/summary/_network.ts";
import type { PeerPlan } from "../../federation/summary/_network.ts";
import { Summariser } from "../../federation/summary/mod.ts";
import { addSummary, noTotals, type Totals } from "../../federation/release/totals.ts";

/** What an attacker can show a node, and what it costs him in events. */
export type Mark = keyof typeof MARKS;

/** A mark from so many netgroups. */
export interface Marks {
  /** What each does. */
  readonly mark: Mark;
  /** How many. */
  readonly netgroups: number;
}

/** What is done to a node in a bin. */
export interface Act {
  /** What peers of the attacker do, and from how many netgroups. */
  readonly marks?: readonly Marks[];
  /** From so many netgroups somebody connects and stays, so that the node counts him among its peers. */
  readonly sits?: number;
  /** It is knocked over: it says nothing. */
  readonly isDown?: boolean;
}

/** How large the world is. */
export interface Size {
  /** Nodes that anybody can reach. */
  readonly candidates: number;
  /** Honeynodes of each operator. */
  readonly nodes: readonly number[];
  /** Bins of an epoch. An epoch of the real system has more; its numbers are means over bins, whatever their number. */
  readonly bins: number;
  /** Usual peers of a node. */
  readonly peers: number;
}

/** What the policy says of a node. */
export interface Rules {
  readonly clip: number;
  readonly keysPerNode: number;
}

/** Different bins of usual traffic. */
const VARIANTS = 8;
const FIRST_BIN = 2_833_000;
/** Peers of the attacker have ids from here on. */
const FIRST_ID = 10_000;

/** What peers of the attacker do; each keeps to what an ordinary peer can do. */
export const MARKS = {
  pings: (peer, at) => times(16, (i) => message(peer, { command: "ping", at: at(i), size: 8 })),
  addrMessages: (peer, at) => times(61, (i) => addresses(peer, at(i), 1)),
  addrEntries: (peer, at) => [connection(peer, at(0)), addresses(peer, at(1), 30)],
  spies: (peer, at) => times(20, (i) => message(peer, { command: "inv", at: at(i), inbound: false })),
  short: (peer, at) => [connection(peer, at(0)), connection(peer, at(20), "closed", 20_000)],
  reconnects: (peer, at) => times(4, (i) => connection({ ...peer, id: peer.id + i }, at(i))),
  misbehaves: (peer, at) => [connection(peer, at(0)), misbehaving(peer, at(1))],
  fills: (peer, at) => [connection(peer, at(0)), connection(peer, at(9), "inboundEvicted")],
  agent: (peer, at) => [connection(peer, at(0)), version({ ...peer, userAgent: "/bcoin:2.2.0/" }, at(1))],
} as const satisfies Record<string, (peer: PeerPlan, at: (second: number) => number) => Event[]>;

/** The marks of which a single node that shows them is seen in a sum. */
export const SUMMED: readonly Mark[] = [
  ...["pings", "addrMessages", "addrEntries", "spies", "short", "reconnects", "misbehaves", "fills"] as const,
];

/** A random number from 0 up to and without 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  return () => {
    seed = seed + 0x6d2b79f5 | 0;
    let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
}

/** Operators and their honeynodes among the candidates. */
export class World {
  /** How large it is. */
  readonly size: Size;
  /** For each candidate its operator and node; most have none. */
  readonly honeynodes: ReadonlyMap<number, { readonly operator: number; readonly node: number }>;
  readonly #rules: Rules;
  readonly #primed: (bin: number) => readonly Marks[];
  readonly #usual: readonly (readonly Usual[])[];
  readonly #bodies: readonly (readonly Uint8Array[])[];
  readonly #leftAlone = new Map<number, Totals>();

  /** `primed` is what the attacker does to every candidate all the time, to lift sums above their thresholds. */
  constructor(
    { size, rules, seed, primed = () => [] }: {
      size: Size;
      rules: Rules;
      seed: number;
      primed?: (bin: number) => readonly Marks[];
    },
  ) {
    this.size = size;
    this.#rules = rules;
    this.#primed = primed;
    const random = seeded(seed);
    const taken = new Map<number, { operator: number; node: number }>();
    size.nodes.forEach((count, operator) => {
      for (let node = 0; node < count;) {
        const candidate = Math.floor(random() * size.candidates);
        if (!taken.has(candidate)) taken.set(candidate, { operator, node: node++ });
      }
    });
    this.honeynodes = taken;
    this.#usual = size.nodes.map((count, operator) =>
      times(count * VARIANTS, (i) => usual({ operator, node: i % count, peers: size.peers }, random))
    );
    this.#bodies = size.nodes.map((_, operator) =>
      times(VARIANTS, (bin) => this.#summary(operator, bin, []))
    );
  }

  /** What the summaries of every operator add up to, when these nodes had these acts in these bins. */
  epoch(acts: ReadonlyMap<number, ReadonlyMap<number, Act>>): Totals[] {
    const byOperator = new Map<number, Map<number, (Act | undefined)[]>>();
    for (const [candidate, byBin] of acts) {
      const at = this.honeynodes.get(candidate);
      if (at === undefined) continue;
      let bins = byOperator.get(at.operator);
      if (bins === undefined) byOperator.set(at.operator, bins = new Map());
      for (const [bin, act] of byBin) {
        const nodes = bins.get(bin) ?? [];
        nodes[at.node] = act;
        bins.set(bin, nodes);
      }
    }
    return this.size.nodes.map((_, operator) => {
      const own = byOperator.get(operator);
      if (own !== undefined) return this.totals(operator, own);
      // Most are left alone in most epochs.
      let usual = this.#leftAlone.get(operator);
      if (usual === undefined) this.#leftAlone.set(operator, usual = this.totals(operator, new Map()));
      return usual;
    });
  }

  /** What one operator's summaries add up to; of each bin what was done to each of its nodes. */
  totals(operator: number, acts: ReadonlyMap<number, readonly (Act | undefined)[]>): Totals {
    const totals = noTotals();
    for (let bin = 0; bin < this.size.bins; bin++) {
      const nodes = acts.get(bin);
      const body = nodes === undefined
        ? this.#bodies[operator]![bin % VARIANTS]!
        : this.#summary(operator, bin, nodes);
      if (!addSummary(totals, body, this.#rules.clip)) throw new Error("A summary could not be read");
    }
    return totals;
  }

  #summary(operator: number, bin: number, acts: readonly (Act | undefined)[]): Uint8Array {
    const nodes = times(this.size.nodes[operator]!, (node) => `node ${node}`);
    const random = seeded(operator * 1000 + bin);
    const summariser = new Summariser({ nodes, policy: this.#rules, canaries: [], random });
    nodes.forEach((name, node) => {
      const act = acts[node];
      if (act?.isDown) return;
      const { peers, events } = this.#usual[operator]![bin % VARIANTS * nodes.length + node]!;
      for (const bytes of events) summariser.observe(name, bytes);
      for (const event of markEvents([...this.#primed(bin), ...act?.marks ?? []])) {
        summariser.observe(name, encodeEvent(event));
      }
      for (const event of sitEvents(peers, act?.sits ?? 0)) summariser.observe(name, encodeEvent(event));
    });
    const closed = summariser.close(FIRST_BIN);
    if (!("summary" in closed)) throw new Error(closed.blocked);
    return encode(codec.encodeSummary, { ...closed.summary, sequence: 1 });
  }
}

interface Usual {
  readonly peers: readonly PeerPlan[];
  readonly events: readonly Uint8Array[];
}

/** A usual bin of a node: each operator meets somewhat different peers. */
function usual(
  { operator, node, peers: count }: { operator: number; node: number; peers: number },
  random: () => number,
): Usual {
  const start = FIRST_BIN * BIN_SECONDS * 1000;
  const agents = [
    "/Satoshi:29.0.0/",
    "/Satoshi:30.0.0/",
    "/Satoshi:28.1.0/",
    "/Satoshi:27.1.0/",
    "/btcwire:0.5.0/btcd:0.24.2/",
  ];
  const peers = times(count, (i): PeerPlan => ({
    id: 1 + i,
    address: `${20 + operator % 100}.${node * count + i}.7.9:8333`,
    userAgent: agents[Math.floor(random() * agents.length)]!,
    inbound: random() < 0.75,
  }));
  const events = [...peers.flatMap((peer) => honest(peer, start)), peerInfos(peers, start + 590_000)];
  return { peers, events: events.sort((a, b) => a.timestamp - b.timestamp).map(encodeEvent) };
}

/** He is on the encrypted transport, says he is a bcoin, and comes through Tor where he can. */
function sitEvents(usual: readonly PeerPlan[], netgroups: number): Event[] {
  if (netgroups === 0) return [];
  const start = FIRST_BIN * BIN_SECONDS * 1000;
  const sitters = times(netgroups, (i): PeerPlan => ({
    id: 2 * (FIRST_ID * 4 + i),
    address: i % 8 === 0
      ? `${"abcdefghijklmnop"[i >> 3 & 15]}${"a".repeat(55)}.onion:8333`
      : `${192 + (i >> 8)}.${i & 255}.1.1:8333`,
    userAgent: "/bcoin:2.2.0/",
  }));
  return [
    ...sitters.map((peer) => version(peer, start + 30_000)),
    peerInfos([...usual, ...sitters], start + 595_000),
  ];
}

function markEvents(marks: readonly Marks[]): Event[] {
  const start = FIRST_BIN * BIN_SECONDS * 1000;
  return marks.flatMap(({ mark, netgroups }, which) =>
    times(netgroups, (i) => {
      const number = which * 512 + i;
      const peer = { id: FIRST_ID + number * 8, address: `${128 + (number >> 8)}.${number & 255}.1.1:8333` };
      return MARKS[mark]({ ...peer, userAgent: "/Satoshi:29.0.0/" }, (second) =>
        start + 60_000 + second * 1000);
    }).flat()
  );
}

function misbehaving({ id }: PeerPlan, at: number): Event {
  const value = { id, message: "" };
  return { timestamp: at, kind: "connection", value: { event: { case: "misbehaving", value } } } as Event;
}

/** The results of so many calls. */
export function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}
