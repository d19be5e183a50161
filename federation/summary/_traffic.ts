/**
 * What a busy node on the main network brings, for benchmarks: recorded messages in a fixed mixture, from 125 peers in
 * netgroups of their own.
 *
 * @module
 */

import { decodeEvent, encodeEvent } from "../../proto/event.ts";
import { encodedTraffic } from "../../tools/logger/_traffic.ts";
import { connection, type PeerPlan } from "./_network.ts";

const TIMESTAMP_BYTES = 6;

/** The mixture; some of it is sent by the node. */
export function deck(): Uint8Array[] {
  return encodedTraffic().map((bytes, i) => {
    const decoded = decodeEvent(bytes);
    if (!decoded.ok || decoded.event.kind !== "message") return bytes;
    const { meta } = decoded.event.value;
    meta.addr = `${20 + meta.peerId}.7.8.9:8333`;
    meta.inbound = i % 3 > 0;
    return encodeEvent(decoded.event);
  });
}

/** A stranger who comes and goes: never the same, from one of 40,000 netgroups. */
export function stranger(i: number, at: number): Uint8Array[] {
  const address = `${20 + (i * 7) % 150}.${(i * 13) % 256}.${i >> 8 & 255}.${i & 255}:8333`;
  const peer: PeerPlan = { id: 1000 + i, address, userAgent: "" };
  return [connection(peer, at), connection(peer, at + 1, "closed", 30_000)].map(encodeEvent);
}

/** Gives an event another time, in place: it is its last field, of six bytes in this millennium. */
export function setTime(bytes: Uint8Array, at: number): void {
  let rest = at;
  for (let i = TIMESTAMP_BYTES; i > 0; i--) {
    bytes[bytes.length - i] = rest % 128 + (i > 1 ? 128 : 0);
    rest = Math.floor(rest / 128);
  }
}
