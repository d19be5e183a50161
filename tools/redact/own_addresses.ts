/**
 * The node's own addresses, as far as its events give them away. They are learnt before anything is written, since the
 * first mention may come before the event that tells whose address it is.
 *
 * @module
 */

import type { Event } from "../../proto/event.ts";
import type { Address } from "../../proto/schema.ts";
import { parseHost } from "./host.ts";

/** Version messages are written by strangers: so many different claims of who we are, and no more. */
const MOST_CLAIMED = 100_000;
/** An address that a node passes on goes to one or two of its peers a day; its own to all of them. */
const PEERS_TOLD = 3;
const DAY_MS = 86_400_000;
/** Answers to getaddr are longer, and hold addresses of others. */
const LONGEST_ANNOUNCEMENT = 10;
const MOST_WATCHED = 20_000;

interface Watched {
  since: number;
  readonly peers: Set<number>;
}

/** Finds out which addresses are the node's own. */
export class OwnAddresses {
  readonly #ids = new Set<string>();
  readonly #sure = new Set<string>();
  readonly #watched = new Map<string, Watched>();
  #unheard = 0;

  /** Starts with those that the user named. */
  constructor(named: readonly string[]) {
    for (const text of named) this.#addSure(text);
  }

  /** How many there are. */
  get size(): number {
    return this.#ids.size;
  }

  /** Claims that were one too many. */
  get unheard(): number {
    return this.#unheard;
  }

  /** Those that the user or the node itself named, as texts without ports. */
  get sure(): readonly string[] {
    return [...this.#sure];
  }

  /** Whether an address, with or without a port, is one of them. */
  has(text: string): boolean {
    return this.#ids.size > 0 && text !== "" && this.#ids.has(parseHost(text).id);
  }

  /** Takes what an event tells. */
  learn(event: Event): void {
    if (event.kind === "rpc") this.#learnFromRpc(event.value.rpcEvent);
    else if (event.kind === "message") {
      const { meta, msg } = event.value;
      if (msg?.case === "version") {
        const ours = meta.inbound ? msg.value.receiver : msg.value.sender;
        this.#addClaimed(textOf(ours));
      }
      if (!meta.inbound && (msg?.case === "addr" || msg?.case === "addrv2")) {
        this.#watch(msg.value.addresses, meta.peerId, event.timestamp);
      }
    } else if (event.kind === "p2p" && event.value.p2pEvent?.case === "addressAnnouncement") {
      // The extractor is one more peer, with a number that no other has.
      this.#watch(event.value.p2pEvent.value.addresses, -1, event.timestamp);
    }
  }

  #learnFromRpc(answer: (Event & { kind: "rpc" })["value"]["rpcEvent"]): void {
    if (answer?.case === "networkInfo") {
      for (const { address } of answer.value.localAddresses) this.#addSure(address);
      for (const { proxy } of answer.value.networks) this.#addSure(proxy);
    }
    if (answer?.case === "peerInfos") {
      for (const { addressBind, addressLocal } of answer.value.infos) {
        this.#addSure(addressBind);
        // This is what the peer says.
        this.#addClaimed(addressLocal);
      }
    }
  }

  /** Counts whom the node told about an address. */
  #watch(addresses: readonly Address[], peer: number, time: number): void {
    if (addresses.length > LONGEST_ANNOUNCEMENT) return;
    for (const address of addresses) {
      const text = textOf(address);
      let watched = this.#watched.get(text);
      if (watched === undefined || time - watched.since > DAY_MS) {
        this.#watched.delete(text);
        // The one that has been there longest makes room.
        const [oldest] = this.#watched.size >= MOST_WATCHED ? this.#watched.keys() : [];
        if (oldest !== undefined) this.#watched.delete(oldest);
        this.#watched.set(text, watched = { since: time, peers: new Set() });
      }
      if (watched.peers.size < PEERS_TOLD) watched.peers.add(peer);
      if (watched.peers.size >= PEERS_TOLD) this.#addClaimed(text);
    }
  }

  #addSure(text: string): void {
    const host = parseHost(text);
    if (host.network === "local" || host.text === "") return;
    this.#ids.add(host.id);
    this.#sure.add(host.text);
  }

  #addClaimed(text: string): void {
    const host = parseHost(text);
    if (host.network === "local" || host.text === "" || this.#ids.has(host.id)) return;
    if (this.#ids.size >= MOST_CLAIMED) this.#unheard++;
    else this.#ids.add(host.id);
  }
}

function textOf({ address }: Address): string {
  return typeof address?.value === "string" ? address.value : "";
}
