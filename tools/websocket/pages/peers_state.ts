/**
 * What is known of each peer, from the node's answers and from what was seen since.
 *
 * @module
 */

import type { Connection, ConnectionEvent, Message, PeerInfo } from "./frames.ts";
import { describe } from "./message_text.ts";
import { CONNECTION_TYPES, NETWORKS, shownNetwork } from "./names.ts";
import { Bounded, Ring } from "./ring.ts";

/** A message in a peer's log. */
export interface LoggedMessage {
  readonly number: number;
  readonly timestamp: number;
  /** The node received it. */
  readonly inbound: boolean;
  readonly command: string;
  readonly size: number;
  readonly text: string;
}

/** Messages kept of each peer. */
const LOGGED = 200;
/** Peers and connections kept; those that ended go first. */
const MOST_PEERS = 1500;
const MOST_CONNECTIONS = 1500;

/** A peer. */
export class Peer {
  address = "";
  network = "other";
  inbound: boolean | undefined;
  type = "";
  /** Unix milliseconds. */
  opened: number | undefined;
  closed: number | undefined;
  info: PeerInfo | undefined;
  userAgent = "";
  misbehaviour: string | undefined;
  received = 0;
  sent = 0;
  receivedBytes = 0;
  sentBytes = 0;
  lastMessage: number | undefined;
  /** Transactions it announced first, and all it announced. */
  firstTransactions = 0;
  announcements = 0;
  addressMessages = 0;
  addresses = 0;
  newAddresses = 0;
  readonly messages = new Ring<LoggedMessage>(LOGGED);
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }

  /** Whether it is connected, as far as is known. */
  get open(): boolean {
    return this.closed === undefined;
  }
}

/** A bar of the timeline: a connection from its opening to its end. */
export interface Span {
  readonly peer: number;
  readonly address: string;
  readonly network: string;
  readonly inbound: boolean;
  readonly opened: number;
  closed: number | undefined;
  /** Closed by the node to make room. */
  evicted: boolean;
}

/** All peers. */
export class Peers {
  readonly all = new Bounded<number, Peer>(MOST_PEERS, ({ open }) => !open);
  readonly spans = new Bounded<string, Span>(MOST_CONNECTIONS, ({ closed }) => closed !== undefined);
  /** Whether the node has told all its peers. */
  complete = false;

  /** The peer with this id, made when it is new. */
  get(id: number): Peer {
    let peer = this.all.get(id);
    if (peer === undefined) this.all.set(id, peer = new Peer(id));
    return peer;
  }

  /** Peers that are connected. */
  open(): Peer[] {
    return [...this.all.values()].filter((peer) => peer.open);
  }

  /** Connected peers, by direction. */
  counts(): { inbound: number; outbound: number } {
    const open = this.open();
    const inbound = open.filter((peer) => peer.inbound === true).length;
    return { inbound, outbound: open.length - inbound };
  }

  /** All peers the node has now. */
  told(infos: readonly PeerInfo[], timestamp: number): void {
    const ids = new Set(infos.map(({ id }) => id));
    for (const peer of this.all.values()) {
      // Somebody seen after the question was asked is not in the answer.
      const isNew = (peer.opened ?? 0) > timestamp - 2000 || (peer.lastMessage ?? 0) > timestamp - 2000;
      if (peer.open && !ids.has(peer.id) && !isNew) this.#close(peer, timestamp, false);
    }
    for (const info of infos) this.#know(info);
    this.complete = true;
  }

  /** A connection was opened, or has ended. */
  connection(event: ConnectionEvent, timestamp: number): void {
    const opened = event.Inbound ?? event.Outbound;
    const ended = event.Closed ?? event.InboundEvicted;
    if (opened) this.#open(opened.conn, event.Inbound !== undefined, timestamp);
    else if (ended) {
      const peer = this.#identify(ended.conn, isInbound(ended.conn));
      peer.opened ??= ended.time_established * 1000;
      this.#span(peer);
      this.#close(peer, timestamp, event.InboundEvicted !== undefined);
    } else if (event.Misbehaving) {
      this.get(event.Misbehaving.id).misbehaviour = event.Misbehaving.message || "misbehaving";
    }
  }

  /** A message from or to a peer. */
  message(message: Message, timestamp: number): Peer {
    const { peer_id, addr, conn_type, command, inbound, size } = message.meta;
    const peer = this.get(peer_id);
    if (peer.address === "") {
      peer.address = addr;
      peer.network = networkOf(addr);
      peer.inbound = conn_type === 0 ? undefined : conn_type === 1;
      peer.type = CONNECTION_TYPES[conn_type] ?? "";
    }
    if (inbound) peer.received++, peer.receivedBytes += size;
    else peer.sent++, peer.sentBytes += size;
    peer.lastMessage = timestamp;
    if (message.msg?.Version && inbound) peer.userAgent = message.msg.Version.user_agent;
    const text = describe(message.msg);
    peer.messages.push({ number: peer.messages.added, timestamp, inbound, command, size, text });
    return peer;
  }

  #know(info: PeerInfo): void {
    const peer = this.get(info.id);
    peer.info = info;
    peer.address = info.address;
    peer.network = shownNetwork(info.network);
    peer.inbound = info.inbound;
    peer.type = info.connection_type;
    peer.userAgent = info.subversion;
    peer.opened = info.connection_time * 1000;
    peer.closed = undefined;
    this.#span(peer);
  }

  #open(conn: Connection, inbound: boolean, timestamp: number): void {
    // The node gives an id once: a known one that opens again is that of a node which was restarted.
    if (this.all.get(conn.peer_id)?.closed !== undefined) this.all.delete(conn.peer_id);
    const peer = this.#identify(conn, inbound);
    peer.opened ??= timestamp;
    this.#span(peer);
  }

  #identify(conn: Connection, inbound: boolean): Peer {
    const peer = this.get(conn.peer_id);
    peer.address = conn.addr;
    peer.network = shownNetwork(NETWORKS[conn.network] ?? "other");
    peer.inbound = inbound;
    if (peer.info === undefined) peer.type = CONNECTION_TYPES[conn.conn_type] ?? "";
    return peer;
  }

  #close(peer: Peer, timestamp: number, evicted: boolean): void {
    // The node says of an evicted one that it was closed, too.
    peer.closed ??= timestamp;
    const span = this.spans.get(keyOf(peer));
    if (span === undefined) return;
    span.closed ??= timestamp;
    span.evicted ||= evicted;
  }

  #span(peer: Peer): void {
    if (this.spans.has(keyOf(peer))) return;
    const { id, address, network, inbound = false, opened = 0 } = peer;
    this.spans.set(keyOf(peer), {
      peer: id,
      address,
      network,
      inbound,
      opened,
      closed: undefined,
      evicted: false,
    });
  }
}

function keyOf({ id, address }: Peer): string {
  return `${id} ${address}`;
}

function isInbound(conn: Connection): boolean {
  return conn.conn_type === 1;
}

/** The network of an address as the node writes it. */
export function networkOf(address: string): string {
  const host = address.slice(0, address.lastIndexOf(":"));
  if (host.endsWith(".onion")) return "onion";
  if (host.endsWith(".i2p")) return "i2p";
  if (host.startsWith("[fc")) return "cjdns";
  if (host.startsWith("[")) return "ipv6";
  return /^\d+\.\d+\.\d+\.\d+$/.test(host) ? "ipv4" : "other";
}
