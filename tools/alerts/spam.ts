/**
 * The three rules about a single peer, and the report when such a peer goes: names, thresholds and texts are those of
 * the Rust tool, so scripts made for it go on working. The clock is that of the events.
 *
 * @module
 */

import { type Address, ConnType, type Metadata } from "../../proto/schema.ts";
import type { Alert } from "./alert.ts";
import type { Handlers } from "./rule.ts";
import { Window } from "./window.ts";

/** Thresholds, named as the options are. */
export interface SpamLimits {
  /** Pings in the window that are still fine. */
  readonly pingThreshold: number;
  /** The window of pings. */
  readonly pingWindowSecs: number;
  /** Messages with addresses in the window that are still fine. */
  readonly addrThreshold: number;
  /** The window of addresses. */
  readonly addrWindowSecs: number;
  /** Tokens a peer starts with. */
  readonly addrEntriesInitialTokens: number;
  /** Tokens a peer can save up. */
  readonly addrEntriesBucketCapacity: number;
  /** Tokens a peer is given per second. */
  readonly addrEntriesRatePerSec: number;
  /** Entries without a token that are still fine. */
  readonly addrEntriesThreshold: number;
  /** A peer that sends nothing for so long is gone. */
  readonly peerStaleSecs: number;
}

const RULES = ["PingSpammer", "AddrSpammer", "AddrEntriesSpammer"] as const;
type SpamRule = typeof RULES[number];

/** The name of the report; no rule, but it is switched off and counted like one. */
export const DISCONNECTED = "PeerDisconnected";

/** What these alerts are called. */
export const SPAM_RULES: readonly string[] = [...RULES, DISCONNECTED];

/** The tracepoint's text has at most 67. */
const MOST_ADDR_CHARACTERS = 100;
/** A node has 125 peers or some more; ids that nobody closes must not add up. */
const MOST_PEERS = 10_000;
/** Thousands of peers that each spam are one attack: after so many lines of one rule in an hour, they are counted. */
const MOST_PER_HOUR = 200;
const HOUR_MS = 60 * 60_000;

interface Peer {
  readonly addr: string;
  lastSeen: number;
  pings: number[];
  addrs: number[];
  tokens: number;
  refilledAt: number;
  limited: number;
  getaddrSent: number;
  /** When each rule fired. */
  readonly flags: Map<SpamRule, number>;
  /** Those of which somebody was told. */
  readonly told: Set<SpamRule>;
}

/** What watching needs. */
export interface SpamOptions {
  /** The thresholds. */
  readonly limits: SpamLimits;
  /** Rules that are switched off. */
  readonly off: ReadonlySet<string>;
  /** Told every alert. */
  tell(alert: Omit<Alert, "node">): void;
  /** Counts what is held back. */
  count(what: string): void;
}

/** The peers of one node. */
export class SpamWatch {
  readonly #options: SpamOptions;
  readonly #peers = new Map<number, Peer>();
  readonly #told = new Map<string, Window>();
  #checkedAt: number | undefined;

  /** Without peers. */
  constructor(options: SpamOptions) {
    this.#options = options;
  }

  /** What it has to be shown; besides, {@linkcode touch} wants every received message. */
  readonly sees: Handlers = {
    "received.ping": (_, at, meta) => this.#ping(at, meta),
    "received.addr": ({ addresses }, at, meta) => this.#addr(addresses, at, meta),
    "received.addrv2": ({ addresses }, at, meta) => this.#addr(addresses, at, meta),
    "sent.getaddr": (_, at, meta) => {
      const peer = this.#peer(meta, at);
      peer.tokens += this.#options.limits.addrEntriesBucketCapacity;
      peer.getaddrSent++;
    },
    "connection.closed": ({ conn }, at) => this.#forget(conn.peerId, at),
  };

  /** A peer sent something. */
  touch(peerId: number, at: number): void {
    const peer = this.#peers.get(peerId);
    if (peer !== undefined) peer.lastSeen = at;
  }

  /** Forgets the peers that are gone without a word. */
  tick(now: number): void {
    const staleMs = this.#options.limits.peerStaleSecs * 1000;
    this.#checkedAt ??= now;
    if (now - this.#checkedAt < staleMs) return;
    this.#checkedAt = now;
    for (const [id, { lastSeen }] of this.#peers) if (now - lastSeen >= staleMs) this.#forget(id, now);
  }

  /** Forgets all peers. */
  end(now: number): void {
    for (const id of this.#peers.keys()) this.#forget(id, now);
  }

  #ping(at: number, meta: Metadata): void {
    // Our own p2p extractor pings on purpose; it is a peer that the node's operator chose, which no attacker is.
    if (isChosen(meta)) return;
    const peer = this.#peer(meta, at);
    if (peer.flags.has("PingSpammer")) return;
    const { pingThreshold, pingWindowSecs } = this.#options.limits;
    const count = slide(peer.pings, at, pingWindowSecs);
    if (count <= pingThreshold) return;
    peer.pings = [];
    this.#flag("PingSpammer", meta, at, {
      text: `${count} pings in last ${pingWindowSecs}s (threshold: ${pingThreshold})`,
      value: count,
      limit: pingThreshold,
    });
  }

  #addr(addresses: readonly Address[], at: number, meta: Metadata): void {
    const peer = this.#peer(meta, at);
    this.#addrMessages(peer, at, meta);
    this.#addrEntries(peer, addresses.length, at, meta);
  }

  #addrMessages(peer: Peer, at: number, meta: Metadata): void {
    if (peer.flags.has("AddrSpammer")) return;
    const { addrThreshold, addrWindowSecs } = this.#options.limits;
    const count = slide(peer.addrs, at, addrWindowSecs);
    if (count <= addrThreshold) return;
    peer.addrs = [];
    this.#flag("AddrSpammer", meta, at, {
      text: `${count} addr/addrv2 messages in last ${addrWindowSecs}s (threshold: ${addrThreshold})`,
      value: count,
      limit: addrThreshold,
    });
  }

  /** As Bitcoin Core limits them (net_processing.cpp, ProcessAddrs): a token for each entry. */
  #addrEntries(peer: Peer, entries: number, at: number, meta: Metadata): void {
    if (peer.flags.has("AddrEntriesSpammer")) return;
    const { limits } = this.#options;
    const capacity = limits.addrEntriesBucketCapacity;
    const rate = limits.addrEntriesRatePerSec;
    if (peer.tokens < capacity) {
      peer.tokens = Math.min(capacity, peer.tokens + rate * (at - peer.refilledAt) / 1000);
    }
    peer.refilledAt = at;
    const paid = Math.min(entries, Math.floor(peer.tokens));
    peer.tokens -= paid;
    peer.limited += entries - paid;
    if (peer.limited <= limits.addrEntriesThreshold) return;
    this.#flag("AddrEntriesSpammer", meta, at, {
      text: `${peer.limited} addr/addrv2 entries rate-limited (threshold: ${limits.addrEntriesThreshold}, ` +
        `bucket: ${capacity}, rate: ${rate}/s, getaddr_sent: ${peer.getaddrSent})`,
      value: peer.limited,
      limit: limits.addrEntriesThreshold,
    });
  }

  #flag(
    rule: SpamRule,
    { peerId }: Metadata,
    at: number,
    { text, value, limit }: { text: string; value: number; limit: number },
  ): void {
    const { off, tell } = this.#options;
    const { flags, told, addr } = this.#peers.get(peerId)!;
    flags.set(rule, at);
    if (off.has(rule) || !this.#mayTell(rule, at)) return;
    told.add(rule);
    tell({
      ...this.#about(rule, peerId, addr),
      state: "firing",
      since: at,
      at,
      value,
      limit,
      text: `${rule} | peer_id=${peerId} addr=${addr} | ${text}`,
    });
  }

  #forget(peerId: number, at: number): void {
    const peer = this.#peers.get(peerId);
    if (peer === undefined) return;
    this.#peers.delete(peerId);
    const { off, tell } = this.#options;
    const flags = RULES.filter((rule) => peer.flags.has(rule) && !off.has(rule));
    if (flags.length === 0) return;
    const since = flags.reduce((first, rule) => Math.min(first, peer.flags.get(rule)!), at);
    const active = `active=${Math.floor((at - since) / 1000)}s`;
    const text = `${DISCONNECTED} | peer_id=${peerId} addr=${peer.addr} | ${active} | flags=[${
      flags.join(", ")
    }]`;
    for (const rule of peer.told) {
      const since = peer.flags.get(rule)!;
      tell({ ...this.#about(rule, peerId, peer.addr), state: "resolved", since, at, text });
    }
    if (off.has(DISCONNECTED) || !this.#mayTell(DISCONNECTED, at)) return;
    tell({ ...this.#about(DISCONNECTED, peerId, peer.addr), state: "report", since, at, text });
  }

  #about(rule: string, peerId: number, addr: string) {
    const labels = { peer_id: String(peerId), addr };
    return { rule, subject: `${peerId} ${addr}`, severity: "info" as const, labels };
  }

  #mayTell(rule: string, at: number): boolean {
    let told = this.#told.get(rule);
    if (told === undefined) this.#told.set(rule, told = new Window(HOUR_MS));
    if (told.sum(at) >= MOST_PER_HOUR) {
      this.#options.count(`held back: ${rule}`);
      return false;
    }
    told.add(at);
    return true;
  }

  #peer({ peerId, addr: said }: Metadata, at: number): Peer {
    const addr = said.length > MOST_ADDR_CHARACTERS ? "(too long)" : said;
    const known = this.#peers.get(peerId);
    if (known?.addr === addr) return known;
    // After a restart that nobody saw the node counts its peers from zero again.
    this.#forget(peerId, at);
    if (this.#peers.size >= MOST_PEERS) {
      this.#forget(this.#peers.keys().next().value!, at);
      this.#options.count("peers forgotten: too many");
    }
    const peer: Peer = {
      addr,
      lastSeen: at,
      pings: [],
      addrs: [],
      tokens: this.#options.limits.addrEntriesInitialTokens,
      refilledAt: at,
      limited: 0,
      getaddrSent: 0,
      flags: new Map(),
      told: new Set(),
    };
    this.#peers.set(peerId, peer);
    return peer;
  }
}

/** Adds a time to a sliding window and returns how many are in it. */
function slide(times: number[], at: number, windowSecs: number): number {
  const from = at - windowSecs * 1000;
  let expired = 0;
  while (expired < times.length && times[expired]! < from) expired++;
  if (expired > 0) times.splice(0, expired);
  return times.push(at);
}

/** Of `manual`, `addr-fetch` and `private-broadcast` connections the tracepoint's event says only "unknown". */
function isChosen({ connType }: Metadata): boolean {
  return connType === ConnType.Unknown;
}
