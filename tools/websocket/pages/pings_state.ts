/**
 * Pings: how long the node takes to answer one (its backlog), how long peers take, and who does not answer.
 *
 * @module
 */

import type { Message } from "./frames.ts";
import type { Peer } from "./peers_state.ts";
import { Bounded, Ring } from "./ring.ts";

/** One round trip. */
export interface RoundTrip {
  readonly timestamp: number;
  readonly ms: number;
}

/** A ping that waits for its pong. */
export interface Waiting {
  readonly peer: Peer;
  readonly since: number;
}

const MOST_WAITING = 2000;
/** What a peer may send; more often is not what Bitcoin Core does, which pings every two minutes. */
const MOST_PINGS = 3;

/** Pings and pongs. */
export class Pings {
  /** Of the P2P extractor's pings: the time until the node's message thread gets to them. */
  readonly backlog = new Ring<RoundTrip>(2000);
  /** Of the node's pings to its peers. */
  readonly peers = new Ring<RoundTrip & { peer: number }>(2000);
  readonly waiting = new Bounded<string, Waiting>(MOST_WAITING);
  readonly #lastPings = new Bounded<number, number[]>(MOST_WAITING);

  /** The P2P extractor got its pong. */
  measured(nanoseconds: number, timestamp: number): void {
    this.backlog.push({ timestamp, ms: nanoseconds / 1e6 });
  }

  /** A message from or to a peer. */
  message({ meta, msg }: Message, peer: Peer, timestamp: number): void {
    const nonce = msg?.Ping?.value ?? msg?.Pong?.value;
    if (nonce === undefined) return;
    const key = `${peer.id} ${nonce}`;
    if (msg?.Ping && !meta.inbound) {
      this.waiting.set(key, { peer, since: timestamp });
    } else if (msg?.Pong && meta.inbound) {
      const ping = this.waiting.get(key);
      if (ping === undefined) return;
      this.waiting.delete(key);
      this.peers.push({ timestamp, ms: Math.max(0, timestamp - ping.since), peer: peer.id });
    } else if (msg?.Ping) {
      const last = this.#lastPings.get(peer.id) ?? [];
      this.#lastPings.set(peer.id, [...last.slice(-MOST_PINGS), timestamp]);
    }
  }

  /** Whether a peer pings more often than three times in two minutes, as the alert rule has it. */
  pingsOften(peer: number): boolean {
    const last = this.#lastPings.get(peer) ?? [];
    return last.length > MOST_PINGS && last.at(-1)! - last[0]! < 120_000;
  }

  /** Pings without answer, longest first; a peer that is gone will not answer. */
  unanswered(): Waiting[] {
    return [...this.waiting.values()].filter(({ peer }) => peer.open).sort((a, b) => a.since - b.since);
  }
}
