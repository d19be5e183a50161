/**
 * What one node saw in one bin, counted by netgroup. Whatever strangers do, it stays below some megabytes; what has no
 * room is counted and left out.
 *
 * @module
 */

import { behavioursOf, ConnectionActs, LIMITS } from "./behaviour.ts";
import { MOST_COMMAND, shareOf } from "./command.ts";
import type { Netgroup } from "./netgroup.ts";
import { type Tally, tally, type What } from "./withheld.ts";

/** Bounds of a node's bin. */
export const MOST = {
  /** Netgroups. A node has some hundred peers; this is what a flood of connections reaches. */
  netgroups: 4096,
  /** Connections. */
  connections: 8192,
  /** Addresses that opened a connection. */
  openers: 8192,
  /** Numbers of which the median is wanted. */
  samples: 1024,
} as const;

/** The most addresses that a netgroup adds to the sum: the answer to one request. */
const ADDRESSES_SHARE = 1000;

/** Behaviours that fit: the schema has fewer. */
const BITS = 31;

/** What one netgroup did; every member is a yes or no, or is cut when it is added up. */
export class GroupActs {
  /** A number of the enum Network. */
  readonly network: number;
  /** The family of the first user agent seen. */
  agent: number | undefined;
  /** Whether it connected to the node, said by the first message. */
  inbound: boolean | undefined;
  /** One bit for each behaviour. */
  behaviours = 0;
  /** Opened an inbound connection. */
  opened = false;
  /** A connection closed. */
  closed = false;
  /** Messages by command, not yet cut. */
  readonly messages: Float64Array = new Float64Array(MOST_COMMAND + 1);
  /** Bytes by command, likewise. */
  readonly bytes: Float64Array = new Float64Array(MOST_COMMAND + 1);
  /** Addresses received, likewise. */
  addresses = 0;
  /** Of them beyond the rate limit. */
  addressesLimited = 0;

  /** Nothing yet. */
  constructor(network: number) {
    this.network = network;
  }

  /** It showed a behaviour. */
  show(behaviour: number): void {
    this.behaviours |= 1 << behaviour;
  }
}

/** A peer in the node's own list of peers. */
export interface ListedPeer {
  /** A number of the enum Network. */
  readonly network: number;
  /** Connected to the node. */
  readonly inbound: boolean;
  /** On the encrypted transport; `undefined` while that is not known. */
  readonly v2: boolean | undefined;
}

/** The mempool, as the node said last. */
export interface Mempool {
  /** Transactions. */
  readonly transactions: number;
  /** Bytes. */
  readonly bytes: number;
  /** Lowest fee rate, sat/vB. */
  readonly minFee: number;
}

/** What is only compared with what the operator is used to. */
export interface Signals {
  /** Addresses received. */
  addresses: number;
  /** Inbound connections opened. */
  openings: number;
  /** Pings received. */
  pings: number;
  /** Evictions. */
  evictions: number;
  /** Blocks with the right header and the wrong content. */
  mutated: number;
  /** Milliseconds that blocks took to connect. */
  readonly validationMs: number[];
  /** Milliseconds that the node took to answer pings. */
  readonly pingMs: number[];
  /** Transactions that were missing from compact blocks. */
  readonly requested: number[];
}

/** A connection: what it did, and whose it is. */
interface Connection {
  readonly acts: ConnectionActs;
  readonly group: GroupActs;
  /** Absent where it does not say who is behind it. */
  readonly address: Uint8Array | undefined;
}

/** One node, one bin. */
export class NodeBin {
  /** What each netgroup did. */
  readonly groups: Map<string, GroupActs> = new Map();
  /** The node's own list of peers, one of each netgroup. */
  listed: Map<string, ListedPeer> | undefined;
  /** Its mempool. */
  mempool: Mempool | undefined;
  /** Transactions that entered the mempool. */
  accepted = 0;
  /** Transactions that were refused. */
  rejected = 0;
  /** Addresses that came, and of them that the rate limit dropped, by the node's account and by netgroup. */
  readonly rates: Map<string, { all: number; limited: number }> = new Map();
  /** What is only compared. */
  readonly signals: Signals = {
    ...{ addresses: 0, openings: 0, pings: 0, evictions: 0, mutated: 0 },
    ...{ validationMs: [], pingMs: [], requested: [] },
  };
  /** What was not counted, or will not be said, and how often. */
  readonly withheld: Tally = new Map();
  readonly #acts = new Map<number, Connection>();
  readonly #suspects = new Map<string, number>();
  readonly #openers = new Map<string, number>();

  /** The acts of a netgroup; `undefined` where there is no room for another one. */
  group({ id, network }: Netgroup): GroupActs | undefined {
    let group = this.groups.get(id);
    if (group === undefined) {
      if (this.groups.size >= MOST.netgroups) return this.leaveOut("netgroups beyond the bound");
      this.groups.set(id, group = new GroupActs(network));
    }
    return group;
  }

  /** The acts of a connection of an address; `undefined` where there is no room for another one. */
  acts(peerId: number, group: GroupActs, address?: Uint8Array): ConnectionActs | undefined {
    let entry = this.#acts.get(peerId);
    if (entry === undefined || entry.group !== group) {
      if (this.#acts.size >= MOST.connections) return this.leaveOut("connections beyond the bound");
      // Another peer under the same id: the node was started again. What the first one did is settled now.
      if (entry !== undefined) this.#settle(entry);
      this.#acts.set(peerId, entry = { acts: new ConnectionActs(), group, address });
    }
    return entry.acts;
  }

  /** An address of a netgroup showed a behaviour. */
  show(behaviour: number, { group, address }: Omit<Connection, "acts">): void {
    group.show(behaviour);
    this.#suspect(address, 1 << behaviour);
  }

  #settle({ acts, ...who }: Connection): void {
    for (const behaviour of behavioursOf(acts)) this.show(behaviour, who);
  }

  #suspect(address: Uint8Array | undefined, bits: number): void {
    if (address === undefined || bits === 0) return;
    const key = address.toHex();
    const known = this.#suspects.get(key);
    if (known === undefined && this.#suspects.size >= MOST.connections) {
      return this.leaveOut("addresses beyond the bound");
    }
    this.#suspects.set(key, (known ?? 0) | bits);
  }

  /** Addresses that showed behaviours up to now: the very ones, which go no further than the operator says. */
  suspects(): { readonly address: Uint8Array; readonly behaviour: number }[] {
    const bits = new Map(this.#suspects);
    for (const { acts, address } of this.#acts.values()) {
      if (address === undefined) continue;
      for (const behaviour of behavioursOf(acts)) {
        const key = address.toHex();
        bits.set(key, (bits.get(key) ?? 0) | 1 << behaviour);
      }
    }
    return [...bits].flatMap(([key, shown]) => {
      const address = Uint8Array.fromHex(key);
      return Array.from({ length: BITS }, (_, behaviour) => behaviour)
        .filter((behaviour) => (shown >> behaviour & 1) === 1)
        .map((behaviour) => ({ address, behaviour }));
    });
  }

  /** An address opened an inbound connection; whether it does so again and again. */
  opens(address: Uint8Array): boolean {
    const key = address.toHex();
    const openings = (this.#openers.get(key) ?? 0) + 1;
    if (openings === 1 && this.#openers.size >= MOST.openers) {
      this.leaveOut("addresses beyond the bound");
      return false;
    }
    this.#openers.set(key, openings);
    return openings > LIMITS.openings;
  }

  /** Counts what is not counted. */
  leaveOut(what: What): undefined {
    return tally(this.withheld, what);
  }

  /** How many connections it saw. */
  get connections(): number {
    return this.#acts.size;
  }

  /** How many netgroups showed each behaviour up to now; the index is its number. */
  behaviours(): number[] {
    const shown = new Map([...this.groups.values()].map((group) => [group, group.behaviours]));
    for (const { acts, group } of this.#acts.values()) {
      shown.set(group, behavioursOf(acts).reduce((bits, one) => bits | 1 << one, shown.get(group)!));
    }
    const counts = new Array<number>(BITS).fill(0);
    for (const bits of shown.values()) {
      for (let one = 0; one < BITS; one++) counts[one]! += bits >> one & 1;
    }
    return counts;
  }

  /** Messages and bytes of a command, where no netgroup adds more than its share. */
  traffic(command: number): { messages: number; bytes: number } {
    const share = shareOf(command);
    const sum = { messages: 0, bytes: 0 };
    for (const { messages, bytes } of this.groups.values()) {
      sum.messages += Math.min(share.messages, messages[command]!);
      sum.bytes += Math.min(share.bytes, bytes[command]!);
    }
    return sum;
  }

  /** Addresses received, likewise. */
  addresses(): number {
    let sum = 0;
    for (const { addresses } of this.groups.values()) sum += Math.min(ADDRESSES_SHARE, addresses);
    return sum;
  }

  /**
   * The share of addresses beyond the rate limit, where each netgroup's own share counts once: of those that came, one
   * spammer would be nearly all. The node's own account is better than ours; `undefined` where there is none at all.
   */
  limitedShare(): number | undefined {
    const ours = [...this.groups.values()].map(({ addresses, addressesLimited }) => {
      return { all: addresses, limited: addressesLimited };
    });
    return meanShare([...this.rates.values()]) ?? meanShare(ours);
  }
}

function meanShare(parts: readonly { readonly all: number; readonly limited: number }[]): number | undefined {
  const shares = parts.flatMap(({ all, limited }) => all === 0 ? [] : [Math.min(1, limited / all)]);
  return shares.length === 0 ? undefined : shares.reduce((a, b) => a + b, 0) / shares.length;
}

/** Adds a number of which the median is wanted, as long as there is room. */
export function sample(samples: number[], value: number): void {
  if (samples.length < MOST.samples && Number.isFinite(value)) samples.push(value);
}
