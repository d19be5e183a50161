/**
 * From the record of a tracepoint to the event: fields are read in the order in which the template prints them.
 *
 * @module
 */

import type { Payloads } from "../../proto/event.ts";
import { ConnType } from "../../proto/schema.ts";
import type { Kind } from "../../proto/subjects.ts";
import type { Record as Fields } from "./record.ts";

/** An event that lacks its time. */
export type Untimed = { [K in Kind]: { kind: K; value: Payloads[K] } }[Kind];

/** Words that a peer's address takes, and the name of its connection type. */
export const ADDRESS_WORDS = 9;
/** Two words: `outbound-full-re` is as telling as the whole. */
export const CONNECTION_WORDS = 2;

// As the Rust extractor has them: a feeler counts as a full outbound connection.
const CONNECTION_TYPES: Readonly<Record<string, number>> = {
  "inbound": ConnType.Inbound,
  "outbound-full-re": ConnType.OutboundFullRelay,
  "block-relay-only": ConnType.BlockRelayOnly,
  "feeler": ConnType.OutboundFullRelay,
};

/** What to make of a record, by its letter; messages are read in `message.ts`. */
export const EVENTS: Readonly<Record<string, (fields: Fields) => Untimed>> = {
  c: (r) => connection({ case: "inbound", value: { conn: peer(r), existingConnections: r.uint() } }),
  d: (r) => connection({ case: "outbound", value: { conn: peer(r), existingConnections: r.uint() } }),
  e: (r) => connection({ case: "closed", value: { conn: peer(r), timeEstablished: r.uint() } }),
  f: (r) => connection({ case: "inboundEvicted", value: { conn: peer(r), timeEstablished: r.uint() } }),
  g: (r) => connection({ case: "misbehaving", value: { id: r.uint(), message: r.text(16) } }),
  m: (r) => mempool({ case: "added", value: { txid: r.hash(), vsize: r.int32(), fee: r.int() } }),
  r: (r) =>
    mempool({
      case: "removed",
      value: { txid: r.hash(), reason: r.text(2), vsize: r.int32(), fee: r.int(), entryTime: r.uint() },
    }),
  p: (r) =>
    mempool({
      case: "replaced",
      value: {
        replacedTxid: r.hash(),
        replacedVsize: r.int32(),
        replacedFee: r.int(),
        replacedEntryTime: r.uint(),
        replacementId: r.hash(),
        replacementVsize: r.int32(),
        replacementFee: r.int(),
        replacedByTransaction: r.bool(),
      },
    }),
  j: (r) => mempool({ case: "rejected", value: { txid: r.hash(), reason: r.text(15) } }),
  v: (r) => ({
    kind: "validation",
    value: {
      event: {
        case: "blockConnected",
        value: {
          hash: r.hash(),
          height: r.int32(),
          transactions: r.uint(),
          inputs: r.int32(),
          sigops: r.int(),
          connectionTime: r.uint(),
        },
      },
    },
  }),
  a: (r) => ({
    kind: "addrman",
    value: { event: { case: "new", value: { inserted: r.bool(), ...place(r), ...addresses(r) } } },
  }),
  t: (r) => ({
    kind: "addrman",
    value: { event: { case: "tried", value: { ...place(r), ...addresses(r) } } },
  }),
};

/** The schema's number for the name of a connection type, of which the first 16 characters are enough. */
export function connectionType(name: string): number {
  return Object.hasOwn(CONNECTION_TYPES, name) ? CONNECTION_TYPES[name]! : ConnType.Unknown;
}

function connection(event: Payloads["connection"]["event"]): Untimed {
  return { kind: "connection", value: { event } };
}

function mempool(event: Payloads["mempool"]["event"]): Untimed {
  return { kind: "mempool", value: { event } };
}

function peer(r: Fields) {
  return {
    peerId: r.uint(),
    addr: r.text(ADDRESS_WORDS),
    connType: connectionType(r.text(CONNECTION_WORDS)),
    network: r.uint32(),
  };
}

function place(r: Fields) {
  return { bucket: r.int32(), bucketPos: r.int32() };
}

function addresses(r: Fields) {
  return {
    addr: r.text(ADDRESS_WORDS),
    addrAS: r.uint32(),
    source: r.text(ADDRESS_WORDS),
    sourceAS: r.uint32(),
  };
}
