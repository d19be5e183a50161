/**
 * What is known of an address: the lists it is on, its autonomous system, its subnet. Found once and kept, since a
 * peer sends many messages.
 *
 * @module
 */

import { addressText } from "../../proto/bitcoin/address_text.ts";
import { hostOf } from "../../proto/netgroup.ts";
import { parseIp } from "../../proto/subnet.ts";
import type { Knowledge, ListName } from "./knowledge.ts";

/** Most peers that are kept. A node has a few hundred. */
const MOST_KEPT = 10_000;

/** Somebody at an address. */
export class Peer {
  /** The address without its port and without brackets. */
  readonly host: string;
  readonly #knowledge: Knowledge;
  readonly #bytes: Uint8Array | undefined;
  readonly #start: string;
  #lists: ReadonlySet<ListName> | undefined;
  #asn: number | undefined;

  /** Whoever this `host:port` is of. */
  constructor(addr: string, knowledge: Knowledge) {
    this.host = hostOf(addr);
    this.#knowledge = knowledge;
    this.#bytes = parseIp(this.host);
    this.#start = this.host.startsWith(":") ? "" : startOf(this.host);
  }

  /** Whether its IP address is on a list. */
  onList(name: ListName): boolean {
    this.#lists ??= this.#bytes === undefined ? NO_LISTS : this.#knowledge.listsWith(this.#bytes);
    return this.#lists.has(name);
  }

  /** The autonomous system of its IP address; 0 if that is not known. */
  get asn(): number {
    return this.#asn ??= this.#bytes === undefined ? 0 : this.#knowledge.asnOf(this.#bytes);
  }

  /** `203.0.113.0` of IPv4, `2001:db8:0:1::` of IPv6, the whole host of everything else. */
  get subnet(): string {
    const bytes = this.#bytes;
    if (bytes === undefined) return this.host;
    if (bytes.length === 4) return `${bytes.subarray(0, 3).join(".")}.0`;
    return addressText({ network: "ipv6", networkId: 2, bytes: bytes.map((byte, i) => i < 8 ? byte : 0) });
  }

  /** The first two bytes of an IPv4 address as a number; undefined of everything else. */
  get ipv4Group(): number | undefined {
    return this.#bytes?.length === 4 ? this.#bytes[0]! << 8 | this.#bytes[1]! : undefined;
  }

  /** Whether an IP address lies in the same /24, or /64 of IPv6. */
  hasNeighbour(address: string): boolean {
    const own = this.#bytes;
    // A message has up to 1,000 addresses, most of them far away: those differ before the first dot or colon.
    // What starts with a colon is looked at in full: "::ffff:1.2.3.4" is 1.2.3.4.
    if (own === undefined || !address.startsWith(this.#start) && !address.startsWith(":")) return false;
    const other = parseIp(address);
    if (other?.length !== own.length) return false;
    const same = own.length === 4 ? 3 : 8;
    for (let i = 0; i < same; i++) if (own[i] !== other[i]) return false;
    return true;
  }
}

const NO_LISTS: ReadonlySet<ListName> = new Set();

/** The peers of a node. */
export class Peers {
  readonly #knowledge: Knowledge;
  readonly #kept = new Map<string, Peer>();
  readonly #byId = new Map<number, { addr: string; peer: Peer }>();
  #version = 0;

  /** Nobody yet. */
  constructor(knowledge: Knowledge) {
    this.#knowledge = knowledge;
  }

  /** Whether autonomous systems can be told at all. */
  get hasAsmap(): boolean {
    return this.#knowledge.hasAsmap;
  }

  /** What an autonomous system is called. */
  asNameOf(asn: number): string {
    return this.#knowledge.asNameOf(asn);
  }

  /** The peer at `host:port` whom the node knows by this number: that is looked up faster than a text. */
  withId(id: number, addr: string): Peer {
    const kept = this.#byId.get(id);
    if (kept?.addr === addr && this.#version === this.#knowledge.version) return kept.peer;
    const peer = this.of(addr);
    if (this.#byId.size >= MOST_KEPT) this.#byId.clear();
    this.#byId.set(id, { addr, peer });
    return peer;
  }

  /** The peer at `host:port`. */
  of(addr: string): Peer {
    // What was found out with older lists is forgotten.
    if (this.#version !== this.#knowledge.version || this.#kept.size >= MOST_KEPT) {
      this.#kept.clear();
      this.#byId.clear();
      this.#version = this.#knowledge.version;
    }
    let peer = this.#kept.get(addr);
    if (peer === undefined) this.#kept.set(addr, peer = new Peer(addr, this.#knowledge));
    return peer;
  }
}

/** What every neighbour's address begins with, up to the first dot or colon; empty where that says nothing. */
function startOf(host: string): string {
  return host.slice(0, host.search(/[.:]/) + 1);
}
