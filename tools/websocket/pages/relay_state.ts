/**
 * Who announced what first.
 *
 * @module
 */

import { type Address, type Bytes, hashText, type Message } from "./frames.ts";
import { ADDRESS_NETWORKS } from "./names.ts";
import type { Peer } from "./peers_state.ts";
import { Bounded, Ring, Sums, Tally } from "./ring.ts";

/** A transaction that was announced. */
export interface Announced {
  readonly hash: string;
  readonly first: number;
  readonly peer: number;
  /** Milliseconds after the first announcement, of each later one. */
  readonly delays: number[];
}

/** Transactions and addresses remembered: some minutes of a busy node. */
const MOST_TRANSACTIONS = 30_000;
const MOST_ADDRESSES = 30_000;
const SHOWN = 200;
/** Later announcements that are remembered of each. */
const MOST_DELAYS = 125;

/** Relay of transactions and addresses. */
export class Relay {
  readonly transactions = new Ring<Announced>(SHOWN);
  readonly newTransactions = new Sums(900);
  readonly announcements = new Sums(900);
  readonly addresses = new Sums(900);
  readonly newAddresses = new Sums(900);
  readonly networks = new Tally(8);
  readonly #transactions = new Bounded<string, Announced>(MOST_TRANSACTIONS);
  readonly #addresses = new Bounded<string, true>(MOST_ADDRESSES);
  announced = 0;
  distinct = 0;

  /** A message that a peer sent us. */
  received({ msg }: Message, peer: Peer, timestamp: number): void {
    for (const { item } of msg?.Inv?.items ?? []) {
      const hash = item?.Wtx ?? item?.Transaction ?? item?.WitnessTransaction;
      if (hash !== undefined) this.#transaction(hash, peer, timestamp);
    }
    const addresses = msg?.Addrv2?.addresses ?? msg?.Addr?.addresses;
    if (addresses !== undefined) this.#received(addresses, peer, timestamp);
  }

  #transaction(bytes: Bytes, peer: Peer, timestamp: number): void {
    const hash = hashText(bytes);
    this.announced++;
    this.announcements.add(timestamp);
    peer.announcements++;
    const known = this.#transactions.get(hash);
    if (known !== undefined) {
      if (known.delays.length < MOST_DELAYS) known.delays.push(Math.max(0, timestamp - known.first));
      return;
    }
    const announced = { hash, first: timestamp, peer: peer.id, delays: [] };
    this.#transactions.set(hash, announced);
    this.transactions.push(announced);
    this.newTransactions.add(timestamp);
    this.distinct++;
    peer.firstTransactions++;
  }

  #received(addresses: readonly Address[], peer: Peer, timestamp: number): void {
    peer.addressMessages++;
    this.addresses.add(timestamp, addresses.length);
    for (const { address, port } of addresses) {
      const [[form, host] = ["", ""]] = Object.entries(address ?? {});
      peer.addresses++;
      this.networks.add(ADDRESS_NETWORKS[form] ?? "other");
      const key = `${typeof host === "string" ? host : JSON.stringify(host)}:${port}`;
      if (this.#addresses.has(key)) continue;
      this.#addresses.set(key, true);
      this.newAddresses.add(timestamp);
      peer.newAddresses++;
    }
  }
}
