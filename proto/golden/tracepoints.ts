/** What the eBPF extractor reports besides messages: connections, mempool, validation, and the old addrman. */

import type {
  Added,
  AddrmanEvent,
  BlockConnected,
  ClosedConnection,
  Connection,
  ConnectionEvent,
  EvictedInboundConnection,
  InboundConnection,
  InsertNew,
  InsertTried,
  MempoolEvent,
  MisbehavingConnection,
  OutboundConnection,
  Rejected,
  Removed,
  Replaced,
  ValidationEvent,
} from "../schema.ts";
import { bool, bytes, sub, text, varint } from "./assemble.ts";
import { blank, type Golden, golden, NOTHING, type Piece, piece, run } from "./golden.ts";

function connected(name: string, event: ConnectionEvent["event"], ...field: Uint8Array[]): Golden {
  return golden(name, "connection", piece<ConnectionEvent>("ConnectionEvent", { event }, ...field));
}

const ONION = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:1234";
const conn: Piece<Connection> = piece(
  "Connection",
  { peerId: 9007199254740991, addr: ONION, connType: 4, network: 5 },
  varint(1, 9007199254740991),
  text(2, ONION),
  varint(3, 4),
  varint(4, 5),
);
const blankConn: Piece<Connection> = blank(
  "Connection",
  { peerId: 0, addr: "", connType: 0, network: 0 },
  varint(1, 0),
  text(2, ""),
  varint(3, 0),
  varint(4, 0),
);

const closed: Piece<ClosedConnection> = piece(
  "ClosedConnection",
  { conn: conn.value, timeEstablished: 4294967296 },
  sub(1, conn.bytes),
  varint(2, 4294967296),
);
const blankClosed: Piece<ClosedConnection> = blank(
  "ClosedConnection",
  { conn: blankConn.value, timeEstablished: 0 },
  sub(1, blankConn.bytes),
  varint(2, 0),
);
const evicted: Piece<EvictedInboundConnection> = piece(
  "EvictedInboundConnection",
  { conn: conn.value, timeEstablished: 1700000003 },
  sub(1, conn.bytes),
  varint(2, 1700000003),
);
const blankEvicted: Piece<EvictedInboundConnection> = blank(
  "EvictedInboundConnection",
  { conn: blankConn.value, timeEstablished: 0 },
  sub(1, blankConn.bytes),
  varint(2, 0),
);
const inbound: Piece<InboundConnection> = piece(
  "InboundConnection",
  { conn: conn.value, existingConnections: 4294967298 },
  sub(1, conn.bytes),
  varint(2, 4294967298),
);
const blankInbound: Piece<InboundConnection> = blank(
  "InboundConnection",
  { conn: blankConn.value, existingConnections: 0 },
  sub(1, blankConn.bytes),
  varint(2, 0),
);
const outbound: Piece<OutboundConnection> = piece(
  "OutboundConnection",
  { conn: conn.value, existingConnections: 11 },
  sub(1, conn.bytes),
  varint(2, 11),
);
const blankOutbound: Piece<OutboundConnection> = blank(
  "OutboundConnection",
  { conn: blankConn.value, existingConnections: 0 },
  sub(1, blankConn.bytes),
  varint(2, 0),
);
const REASON = "headers message size = 2001".repeat(4);
const misbehaving: Piece<MisbehavingConnection> = piece(
  "MisbehavingConnection",
  { id: 4294967299, message: REASON },
  varint(1, 4294967299),
  text(2, REASON),
);
const blankMisbehaving: Piece<MisbehavingConnection> = blank(
  "MisbehavingConnection",
  { id: 0, message: "" },
  varint(1, 0),
  text(2, ""),
);

/** Connection events. */
export const connections: Golden[] = [
  golden(
    "a connection event without a member",
    "connection",
    blank<ConnectionEvent>("ConnectionEvent", { event: undefined }),
  ),
  connected("a closed connection", { case: "closed", value: closed.value }, sub(1, closed.bytes)),
  connected(
    "a closed connection of defaults",
    { case: "closed", value: blankClosed.value },
    sub(1, blankClosed.bytes),
  ),
  connected("an evicted connection", { case: "inboundEvicted", value: evicted.value }, sub(2, evicted.bytes)),
  connected(
    "an evicted connection of defaults",
    { case: "inboundEvicted", value: blankEvicted.value },
    sub(2, blankEvicted.bytes),
  ),
  connected("an inbound connection", { case: "inbound", value: inbound.value }, sub(3, inbound.bytes)),
  connected(
    "an inbound connection of defaults",
    { case: "inbound", value: blankInbound.value },
    sub(3, blankInbound.bytes),
  ),
  connected("an outbound connection", { case: "outbound", value: outbound.value }, sub(4, outbound.bytes)),
  connected(
    "an outbound connection of defaults",
    { case: "outbound", value: blankOutbound.value },
    sub(4, blankOutbound.bytes),
  ),
  connected(
    "a misbehaving peer",
    { case: "misbehaving", value: misbehaving.value },
    sub(5, misbehaving.bytes),
  ),
  connected(
    "a misbehaving peer of defaults",
    { case: "misbehaving", value: blankMisbehaving.value },
    sub(5, blankMisbehaving.bytes),
  ),
];

function pooled(name: string, event: MempoolEvent["event"], ...field: Uint8Array[]): Golden {
  return golden(name, "mempool", piece<MempoolEvent>("MempoolEvent", { event }, ...field));
}

const added: Piece<Added> = piece(
  "Added",
  { txid: run(100), vsize: -1, fee: -1 },
  bytes(1, run(100)),
  varint(2, -1),
  varint(3, -1),
);
const biggestAdded: Piece<Added> = piece(
  "Added",
  { txid: run(101), vsize: 2147483647, fee: 9007199254740991 },
  bytes(1, run(101)),
  varint(2, 2147483647),
  varint(3, 9007199254740991),
);
const smallestAdded: Piece<Added> = piece(
  "Added",
  { txid: run(102), vsize: -2147483648, fee: -9007199254740991 },
  bytes(1, run(102)),
  varint(2, -2147483648),
  varint(3, -9007199254740991),
);
const blankAdded: Piece<Added> = blank(
  "Added",
  { txid: NOTHING, vsize: 0, fee: 0 },
  bytes(1, NOTHING),
  varint(2, 0),
  varint(3, 0),
);
const replaced: Piece<Replaced> = piece(
  "Replaced",
  {
    replacedTxid: run(103),
    replacedVsize: -141,
    replacedFee: -4294967297,
    replacedEntryTime: 4294967300,
    replacementId: run(104),
    replacementVsize: 142,
    replacementFee: 4294967301,
    replacedByTransaction: true,
  },
  bytes(1, run(103)),
  varint(2, -141),
  varint(3, -4294967297),
  varint(4, 4294967300),
  bytes(5, run(104)),
  varint(6, 142),
  varint(7, 4294967301),
  bool(8, true),
);
const packageReplaced: Piece<Replaced> = piece(
  "Replaced",
  {
    replacedTxid: run(105),
    replacedVsize: 143,
    replacedFee: 144,
    replacedEntryTime: 145,
    replacementId: run(106),
    replacementVsize: -146,
    replacementFee: -147,
    replacedByTransaction: false,
  },
  bytes(1, run(105)),
  varint(2, 143),
  varint(3, 144),
  varint(4, 145),
  bytes(5, run(106)),
  varint(6, -146),
  varint(7, -147),
  bool(8, false),
);
const blankReplaced: Piece<Replaced> = blank(
  "Replaced",
  {
    replacedTxid: NOTHING,
    replacedVsize: 0,
    replacedFee: 0,
    replacedEntryTime: 0,
    replacementId: NOTHING,
    replacementVsize: 0,
    replacementFee: 0,
    replacedByTransaction: false,
  },
  bytes(1, NOTHING),
  varint(2, 0),
  varint(3, 0),
  varint(4, 0),
  bytes(5, NOTHING),
  varint(6, 0),
  varint(7, 0),
  bool(8, false),
);
const removed: Piece<Removed> = piece(
  "Removed",
  { txid: run(107), reason: "sizelimi", vsize: -148, fee: -4294967298, entryTime: 4294967302 },
  bytes(1, run(107)),
  text(2, "sizelimi"),
  varint(3, -148),
  varint(4, -4294967298),
  varint(5, 4294967302),
);
const blankRemoved: Piece<Removed> = blank(
  "Removed",
  { txid: NOTHING, reason: "", vsize: 0, fee: 0, entryTime: 0 },
  bytes(1, NOTHING),
  text(2, ""),
  varint(3, 0),
  varint(4, 0),
  varint(5, 0),
);
const rejected: Piece<Rejected> = piece(
  "Rejected",
  { txid: run(108), reason: "min relay fee not met" },
  bytes(1, run(108)),
  text(2, "min relay fee not met"),
);
const blankRejected: Piece<Rejected> = blank(
  "Rejected",
  { txid: NOTHING, reason: "" },
  bytes(1, NOTHING),
  text(2, ""),
);

/** Mempool events. */
export const mempool: Golden[] = [
  golden(
    "a mempool event without a member",
    "mempool",
    blank<MempoolEvent>("MempoolEvent", { event: undefined }),
  ),
  pooled("a transaction that entered", { case: "added", value: added.value }, sub(1, added.bytes)),
  pooled(
    "a transaction that entered, with the highest numbers",
    { case: "added", value: biggestAdded.value },
    sub(1, biggestAdded.bytes),
  ),
  pooled(
    "a transaction that entered, with the lowest numbers",
    { case: "added", value: smallestAdded.value },
    sub(1, smallestAdded.bytes),
  ),
  pooled(
    "a transaction of defaults that entered",
    { case: "added", value: blankAdded.value },
    sub(1, blankAdded.bytes),
  ),
  pooled("a replaced transaction", { case: "replaced", value: replaced.value }, sub(2, replaced.bytes)),
  pooled(
    "a transaction replaced by a package",
    { case: "replaced", value: packageReplaced.value },
    sub(2, packageReplaced.bytes),
  ),
  pooled(
    "a replaced transaction of defaults",
    { case: "replaced", value: blankReplaced.value },
    sub(2, blankReplaced.bytes),
  ),
  pooled("a removed transaction", { case: "removed", value: removed.value }, sub(3, removed.bytes)),
  pooled(
    "a removed transaction of defaults",
    { case: "removed", value: blankRemoved.value },
    sub(3, blankRemoved.bytes),
  ),
  pooled("a rejected transaction", { case: "rejected", value: rejected.value }, sub(4, rejected.bytes)),
  pooled(
    "a rejected transaction of defaults",
    { case: "rejected", value: blankRejected.value },
    sub(4, blankRejected.bytes),
  ),
];

function validated(name: string, event: ValidationEvent["event"], ...field: Uint8Array[]): Golden {
  return golden(name, "validation", piece<ValidationEvent>("ValidationEvent", { event }, ...field));
}

const block: Piece<BlockConnected> = piece(
  "BlockConnected",
  {
    hash: run(110),
    height: -840000,
    transactions: -4294967299,
    inputs: -8000,
    sigops: 9007199254740990,
    connectionTime: 4294967303,
  },
  bytes(1, run(110)),
  varint(2, -840000),
  varint(3, -4294967299),
  varint(4, -8000),
  varint(5, 9007199254740990),
  varint(6, 4294967303),
);
const usualBlock: Piece<BlockConnected> = piece(
  "BlockConnected",
  { hash: run(111), height: 840001, transactions: 3050, inputs: 7000, sigops: -12000, connectionTime: 55 },
  bytes(1, run(111)),
  varint(2, 840001),
  varint(3, 3050),
  varint(4, 7000),
  varint(5, -12000),
  varint(6, 55),
);
const blankBlock: Piece<BlockConnected> = blank(
  "BlockConnected",
  { hash: NOTHING, height: 0, transactions: 0, inputs: 0, sigops: 0, connectionTime: 0 },
  bytes(1, NOTHING),
  varint(2, 0),
  varint(3, 0),
  varint(4, 0),
  varint(5, 0),
  varint(6, 0),
);

/** Validation events. */
export const validation: Golden[] = [
  golden(
    "a validation event without a member",
    "validation",
    blank<ValidationEvent>("ValidationEvent", { event: undefined }),
  ),
  validated("a connected block", { case: "blockConnected", value: block.value }, sub(1, block.bytes)),
  validated("another block", { case: "blockConnected", value: usualBlock.value }, sub(1, usualBlock.bytes)),
  validated(
    "a connected block of defaults",
    { case: "blockConnected", value: blankBlock.value },
    sub(1, blankBlock.bytes),
  ),
];

function inserted(name: string, event: AddrmanEvent["event"], ...field: Uint8Array[]): Golden {
  return golden(name, "addrman", piece<AddrmanEvent>("AddrmanEvent", { event }, ...field));
}

const insertNew: Piece<InsertNew> = piece(
  "InsertNew",
  {
    inserted: true,
    bucket: -1023,
    bucketPos: -63,
    addr: "198.51.100.1:8333",
    addrAS: 4294967295,
    source: "192.0.2.1:8333",
    sourceAS: 4294967294,
  },
  bool(1, true),
  varint(2, -1023),
  varint(3, -63),
  text(4, "198.51.100.1:8333"),
  varint(5, 4294967295),
  text(6, "192.0.2.1:8333"),
  varint(7, 4294967294),
);
const blankNew: Piece<InsertNew> = blank(
  "InsertNew",
  { inserted: false, bucket: 0, bucketPos: 0, addr: "", addrAS: 0, source: "", sourceAS: 0 },
  bool(1, false),
  varint(2, 0),
  varint(3, 0),
  text(4, ""),
  varint(5, 0),
  text(6, ""),
  varint(7, 0),
);
const insertTried: Piece<InsertTried> = piece(
  "InsertTried",
  {
    bucket: 255,
    bucketPos: 62,
    addr: "[2001:db8::2]:8333",
    addrAS: 64500,
    source: "[2001:db8::3]:8333",
    sourceAS: 64501,
  },
  varint(1, 255),
  varint(2, 62),
  text(3, "[2001:db8::2]:8333"),
  varint(4, 64500),
  text(5, "[2001:db8::3]:8333"),
  varint(6, 64501),
);
const blankTried: Piece<InsertTried> = blank(
  "InsertTried",
  { bucket: 0, bucketPos: 0, addr: "", addrAS: 0, source: "", sourceAS: 0 },
  varint(1, 0),
  varint(2, 0),
  text(3, ""),
  varint(4, 0),
  text(5, ""),
  varint(6, 0),
);

/** Address manager events, which only old archives hold. */
export const addrman: Golden[] = [
  golden(
    "an addrman event without a member",
    "addrman",
    blank<AddrmanEvent>("AddrmanEvent", { event: undefined }),
  ),
  inserted("an insert into new", { case: "new", value: insertNew.value }, sub(1, insertNew.bytes)),
  inserted("an insert of defaults into new", { case: "new", value: blankNew.value }, sub(1, blankNew.bytes)),
  inserted("an insert into tried", { case: "tried", value: insertTried.value }, sub(2, insertTried.bytes)),
  inserted(
    "an insert of defaults into tried",
    { case: "tried", value: blankTried.value },
    sub(2, blankTried.bytes),
  ),
];
