/**
 * Events as text, in the words of the Rust logger: a table from kind to function, and in it one from member to
 * function. P2P messages and RPC answers have files of their own.
 *
 * @module
 */

import { hashToHex } from "../../proto/bitcoin/hash.ts";
import type { Event, Payloads } from "../../proto/event.ts";
import {
  type AddrmanEvent,
  type Connection,
  type ConnectionEvent,
  type Ipc,
  type Log,
  LogDebugCategory,
  type MempoolEvent,
  type P2p,
  type ValidationEvent,
} from "../../proto/schema.ts";
import type { Kind } from "../../proto/subjects.ts";
import { printable } from "../../runtime/log.ts";
import { formatMessage } from "./format_message.ts";
import { formatRpc } from "./format_rpc.ts";
import { addresses, formatMember, type Formats, inventory } from "./primitives.ts";

interface KindFormat<T> {
  /** How the line starts. */
  group: string;
  /** The rest; `undefined` when the event has no member that the schema knows. */
  text(value: T): string | undefined;
}

const KIND_FORMATS: { readonly [K in Kind]: KindFormat<Payloads[K]> } = {
  message: { group: "message", text: formatMessage },
  connection: { group: "connection", text: ({ event }) => formatMember(CONNECTIONS, event) },
  mempool: { group: "mempool", text: ({ event }) => formatMember(MEMPOOL, event) },
  validation: { group: "validation", text: ({ event }) => formatMember(VALIDATION, event) },
  addrman: { group: "addrman", text: ({ event }) => formatMember(ADDRMAN, event) },
  rpc: { group: "rpc", text: formatRpc },
  p2p: { group: "p2p event", text: ({ p2pEvent }) => formatMember(P2P, p2pEvent) },
  log: { group: "log event", text: formatLog },
  ipc: { group: "ipc", text: ({ ipcEvent }) => formatMember(IPC, ipcEvent) },
};

/** The text of an event in two parts, what it is about and what happened. */
export interface EventText {
  /** How the line starts: `message`, `connection`, … */
  group: string;
  /** What follows after a colon. */
  text: string;
}

/** An event as text, or `undefined` when it has no member that this schema knows. */
export function formatEvent(event: Event): EventText | undefined {
  if (event.kind === "none") return undefined;
  const format = KIND_FORMATS[event.kind] as KindFormat<Event["value"]>;
  const text = format.text(event.value);
  return text === undefined ? undefined : { group: format.group, text };
}

const CONNECTIONS: Formats<NonNullable<ConnectionEvent["event"]>> = {
  closed: ({ conn, timeEstablished }) =>
    `ClosedConnection(conn=${connection(conn)}, time_established=${timeEstablished})`,
  inboundEvicted: ({ conn, timeEstablished }) =>
    `EvictedInboundConnection(conn=${connection(conn)}, time_established=${timeEstablished})`,
  inbound: ({ conn, existingConnections }) =>
    `InboundConnection(conn=${connection(conn)}, existing_connections=${existingConnections})`,
  outbound: ({ conn, existingConnections }) =>
    `OutboundConnection(conn=${connection(conn)}, existing_connections=${existingConnections})`,
  misbehaving: ({ id, message }) => `MisbehavingConnection(id=${id}, message=${printable(message)})`,
};

function connection({ peerId, addr, connType, network }: Connection): string {
  return `Connection(id=${peerId}, addr=${printable(addr)}, conn_type=${connType}, network=${network})`;
}

const MEMPOOL: Formats<NonNullable<MempoolEvent["event"]>> = {
  added: ({ txid, fee, vsize }) => `Added(${hashToHex(txid)}, fee=${fee}, vsize=${vsize})`,
  removed: ({ txid, reason, vsize, fee, entryTime }) =>
    `Removed(${hashToHex(txid)}, reason=${
      printable(reason)
    }, vsize=${vsize}, fee=${fee}, entry_time=${entryTime})`,
  rejected: ({ txid, reason }) => `Rejected(${hashToHex(txid)}, reason=${printable(reason)})`,
  replaced: (m) =>
    `Replaced(old=(txid=${
      hashToHex(m.replacedTxid)
    }, vsize=${m.replacedVsize}, fee=${m.replacedFee}, entry_time=${m.replacedEntryTime}) new=(${
      m.replacedByTransaction ? "txid" : "package_hash"
    }=${hashToHex(m.replacementId)}, vsize=${m.replacementVsize}, fee=${m.replacementFee}))`,
};

const VALIDATION: Formats<NonNullable<ValidationEvent["event"]>> = {
  blockConnected: (m) =>
    `BlockConnected(hash=${
      hashToHex(m.hash)
    }, height=${m.height}, transactions=${m.transactions}, inputs=${m.inputs}, sigops=${m.sigops}, time=${m.connectionTime}ns)`,
};

const ADDRMAN: Formats<NonNullable<AddrmanEvent["event"]>> = {
  new: (m) =>
    `InsertNew(inserted=${m.inserted}, bucket=${m.bucket}, bucket_pos=${m.bucketPos}, addr=${
      printable(m.addr)
    }, addr_AS=${m.addrAS}, source=${printable(m.source)}, source_AS=${m.sourceAS})`,
  tried: (m) =>
    `InsertTried(bucket=${m.bucket}, bucket_pos=${m.bucketPos}, addr=${
      printable(m.addr)
    }, addr_AS=${m.addrAS}, source=${printable(m.source)}, source_AS=${m.sourceAS})`,
};

const P2P: Formats<NonNullable<P2p["p2pEvent"]>> = {
  pingDuration: ({ duration }) => `PingDuration(${duration}ns)`,
  addressAnnouncement: (m) => `AddressAnnouncement: [${addresses(m.addresses)}]`,
  inventoryAnnouncement: (m) => `InventoryAnnouncement: [${inventory(m.inventory)}]`,
  feefilterAnnouncement: (fee) => `FeefilterAnnouncement(${fee})`,
};

const CATEGORY_NAMES = new Map<number, string>(
  Object.entries(LogDebugCategory).map(([name, number]) => [number, name.toLowerCase()]),
);

function formatLog({ logTimestamp, category, logEvent }: Log): string | undefined {
  const text = formatMember(LOG, logEvent);
  if (text === undefined) return undefined;
  return `${logTimestamp} [${CATEGORY_NAMES.get(category) ?? category}] ${text}`;
}

const LOG: Formats<NonNullable<Log["logEvent"]>> = {
  unknownLogMessage: ({ rawMessage }) => `UnknownLogMessage(${printable(rawMessage)})`,
  blockConnectedLog: ({ blockHash, blockHeight }) =>
    `BlockConnected(hash=${printable(blockHash)}, height=${blockHeight})`,
  blockCheckedLog: ({ blockHash, state, debugMessage }) =>
    `BlockChecked(hash=${printable(blockHash)}, state=${printable(state)}, debug_message=${
      printable(debugMessage)
    })`,
  sawNewHeaderLog: (m) =>
    `SawNewHeader(hash=${
      printable(m.blockHash)
    }, height=${m.blockHeight}, peer_id=${m.peerId}, is_compact_block=${m.isCmpctblock})`,
  compactBlockReconstructedLog: (m) =>
    `CompactBlockReconstructed(hash=${
      printable(m.blockHash)
    }, prefilled=${m.prefilledTxnCount}, mempool=${m.mempoolTxnCount}, extra_pool=${m.extraPoolTxnCount}, requested_count=${m.requestedTxnCount}, requested_bytes=${m.requestedTxnBytes})`,
};

const IPC: Formats<NonNullable<Ipc["ipcEvent"]>> = {
  blockTip: ({ height, hash }) => `BlockTip(height=${height}, hash=${hashToHex(hash)})`,
};
