/**
 * A small network for tests and benchmarks: peers as an honest node meets them, and the events they cause.
 *
 * @module
 */

import type { Event } from "../../proto/event.ts";
import type { MessageContent } from "../../proto/message_event.ts";
import type { Address, Metadata, PeerInfo } from "../../proto/schema.ts";

/** The bin that tests are about. */
export const BIN = 2_833_333;
/** Its start, in Unix milliseconds. */
export const START: number = BIN * 600_000;

/** A peer and how it behaves. */
export interface PeerPlan {
  readonly id: number;
  readonly address: string;
  readonly userAgent: string;
  readonly inbound?: boolean;
  /** Core's number. */
  readonly network?: number;
}

/** So many honest peers, each in a group of its own. */
export function peers(count: number, first = 1): PeerPlan[] {
  const agents = ["/Satoshi:29.0.0/", "/Satoshi:30.0.0/", "/Satoshi:27.1.0(home)/", "/nobody:1.0/"];
  return Array.from({ length: count }, (_, i) => ({
    id: first + i,
    address: `${20 + (i + first >> 7)}.${(i + first) % 128}.7.9:8333`,
    userAgent: agents[i % agents.length]!,
    inbound: i % 4 !== 0,
  }));
}

/** A message between the node and a peer. */
export function message(
  peer: PeerPlan,
  { command, at, inbound = true, msg, size = 37 }: {
    command: string;
    at: number;
    inbound?: boolean;
    msg?: MessageContent;
    size?: number;
  },
): Event {
  const { id, address, inbound: from = true } = peer;
  const meta: Metadata = { peerId: id, addr: address, connType: from ? 1 : 2, command, inbound, size };
  return { timestamp: at, kind: "message", value: { meta, msg } };
}

/** The `version` message of a peer. */
export function version(peer: PeerPlan, at: number): Event {
  const nobody: Address = {
    timestamp: 0,
    address: { case: "ipv4", value: "0.0.0.0" },
    services: 0n,
    port: 0,
  };
  const value = {
    ...{ version: 70016, services: 1033n, timestamp: BigInt(Math.floor(at / 1000)), receiver: nobody },
    ...{
      sender: nobody,
      nonce: BigInt(peer.id),
      userAgent: peer.userAgent,
      startHeight: 900_000,
      relay: true,
    },
  };
  return message(peer, { command: "version", at, msg: { case: "version", value }, size: 102 });
}

/** Some addresses from a peer. */
export function addresses(peer: PeerPlan, at: number, count: number, first = 9): Event {
  const all = Array.from({ length: count }, (_, i): Address => {
    const value = `${first}.${i >> 8 & 255}.${i & 255}.1`;
    return { timestamp: 1, address: { case: "ipv4", value }, services: 1n, port: 8333 };
  });
  return message(peer, {
    command: "addrv2",
    at,
    msg: { case: "addrv2", value: { addresses: all } },
    size: 13 * count,
  });
}

/** A connection's beginning or end. */
export function connection(
  peer: PeerPlan,
  at: number,
  event: "inbound" | "outbound" | "closed" | "inboundEvicted" = "inbound",
  lastedMs = 3_600_000,
): Event {
  const { id, address, inbound = true, network = 1 } = peer;
  const conn = { peerId: id, addr: address, connType: inbound ? 1 : 2, network };
  const timeEstablished = Math.floor((at - lastedMs) / 1000);
  const value = event === "closed" || event === "inboundEvicted"
    ? { case: event, value: { conn, timeEstablished } }
    : { case: event, value: { conn, existingConnections: 100 } };
  return { timestamp: at, kind: "connection", value: { event: value } };
}

/** What an honest peer sends in a bin, from its beginning on. */
export function honest(peer: PeerPlan, start: number = START): Event[] {
  const at = (seconds: number) => start + seconds * 1000 + peer.id % 900;
  const inv: MessageContent = { case: "inv", value: { items: [{ item: { case: "wtx", value: HASH } }] } };
  const tx: MessageContent = { case: "tx", value: { tx: { txid: HASH, wtxid: HASH } } };
  return [
    connection(peer, at(1), peer.inbound === false ? "outbound" : "inbound"),
    version(peer, at(2)),
    message(peer, { command: "verack", at: at(3), msg: { case: "verack", value: true }, size: 0 }),
    ...[60, 180, 300, 420, 540].flatMap((seconds) => [
      message(peer, {
        command: "ping",
        at: at(seconds),
        msg: { case: "ping", value: { value: 1n } },
        size: 8,
      }),
      message(peer, { command: "inv", at: at(seconds + 1), msg: inv, size: 37 }),
      message(peer, { command: "getdata", at: at(seconds + 2), inbound: false, size: 37 }),
      message(peer, { command: "tx", at: at(seconds + 3), msg: tx, size: 250 }),
    ]),
    addresses(peer, at(200), 10),
  ];
}

const HASH = new Uint8Array(32).fill(7);

/** What the node says of a peer when asked. */
export function peerInfo({ id, address, userAgent, inbound = true }: PeerPlan): PeerInfo {
  return {
    ...{ id, address, addressBind: "", addressLocal: "", network: "ipv4", mappedAs: 0, services: "0409" },
    ...{ relayTransactions: true, lastSend: 0, lastReceived: 0, lastTransaction: 0, lastBlock: 0 },
    ...{ bytesSent: 0, bytesReceived: 0, connectionTime: 0, timeOffset: 0, pingTime: 0.1, minimumPing: 0.1 },
    ...{
      pingWait: 0,
      version: 70016,
      subversion: userAgent,
      inbound,
      bip152HbTo: false,
      bip152HbFrom: false,
    },
    ...{ startingHeight: 0, syncedHeaders: 0, syncedBlocks: 0, inflight: [], addrRelayEnabled: true },
    ...{ addrProcessed: 100, addrRateLimited: 0, permissions: [], minfeefilter: 0 },
    ...{ bytesSentPerMessage: new Map(), bytesReceivedPerMessage: new Map() },
    ...{
      connectionType: "inbound",
      transportProtocolType: id % 2 === 0 ? "v2" : "v1",
      invToSend: 0,
      cpuLoad: 0,
    },
  };
}

/** The node's list of peers. */
export function peerInfos(of: readonly PeerPlan[], at: number): Event {
  const infos = of.map(peerInfo);
  return { timestamp: at, kind: "rpc", value: { rpcEvent: { case: "peerInfos", value: { infos } } } };
}
