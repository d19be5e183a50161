/** What the P2P, log and IPC extractors report, and the head of an archive. */

import type {
  AddressAnnouncement,
  ArchiveHeader,
  BlockCheckedLog,
  BlockConnectedLog,
  BlockTip,
  CompactBlockReconstructedLog,
  InventoryAnnouncement,
  Ipc,
  Log,
  LogG1,
  P2p,
  PingDuration,
  SawNewHeaderLog,
  UnknownLogMessage,
} from "../schema.ts";
import { bool, bytes, sint, sub, text, varint } from "./assemble.ts";
import {
  blank,
  envelope,
  type Golden,
  golden,
  NOTHING,
  type Piece,
  piece,
  run,
  TIMESTAMP,
} from "./golden.ts";
import { addresses, blankAddress, blankItem, items, repeated, values } from "./primitives.ts";

function told(name: string, p2pEvent: P2p["p2pEvent"], ...field: Uint8Array[]): Golden {
  return golden(name, "p2p", piece<P2p>("P2p", { p2pEvent }, ...field));
}

const pingDuration: Piece<PingDuration> = piece(
  "PingDuration",
  { duration: 9007199254740991 },
  varint(1, 9007199254740991),
);
const blankPingDuration: Piece<PingDuration> = blank("PingDuration", { duration: 0 }, varint(1, 0));
const someAddresses = [...addresses, blankAddress];
const announced: Piece<AddressAnnouncement> = piece(
  "AddressAnnouncement",
  { addresses: values(someAddresses) },
  ...repeated(1, someAddresses),
);
const blankAnnounced: Piece<AddressAnnouncement> = blank("AddressAnnouncement", { addresses: [] });
const someItems = [blankItem, ...items];
const inventory: Piece<InventoryAnnouncement> = piece(
  "InventoryAnnouncement",
  { inventory: values(someItems) },
  ...repeated(1, someItems),
);
const blankInventory: Piece<InventoryAnnouncement> = blank("InventoryAnnouncement", { inventory: [] });

/** What the node told the P2P extractor. */
export const p2p: Golden[] = [
  golden("a P2P event without a member", "p2p", blank<P2p>("P2p", { p2pEvent: undefined })),
  told("a ping duration", { case: "pingDuration", value: pingDuration.value }, sub(1, pingDuration.bytes)),
  told(
    "a ping duration of zero",
    { case: "pingDuration", value: blankPingDuration.value },
    sub(1, blankPingDuration.bytes),
  ),
  told(
    "an address announcement",
    { case: "addressAnnouncement", value: announced.value },
    sub(2, announced.bytes),
  ),
  told(
    "an empty address announcement",
    { case: "addressAnnouncement", value: blankAnnounced.value },
    sub(2, blankAnnounced.bytes),
  ),
  told(
    "an inventory announcement",
    { case: "inventoryAnnouncement", value: inventory.value },
    sub(3, inventory.bytes),
  ),
  told(
    "an empty inventory announcement",
    { case: "inventoryAnnouncement", value: blankInventory.value },
    sub(3, blankInventory.bytes),
  ),
  told("a feefilter announcement", { case: "feefilterAnnouncement", value: -1000n }, sint(4, -1000)),
  told(
    "the lowest feefilter announcement",
    { case: "feefilterAnnouncement", value: -(2n ** 63n) },
    sint(4, -(2n ** 63n)),
  ),
  told(
    "the highest feefilter announcement",
    { case: "feefilterAnnouncement", value: 2n ** 63n - 1n },
    sint(4, 2n ** 63n - 1n),
  ),
  told("a feefilter announcement of zero", { case: "feefilterAnnouncement", value: 0n }, sint(4, 0)),
];

const HASH = "00000000000000000000" + "ef".repeat(22);

const unknown: Piece<UnknownLogMessage> = piece(
  "UnknownLogMessage",
  { rawMessage: "New block-relay-only v2 peer connected: version: 70016, blocks=840000, peer=12 – grüezi" },
  text(1, "New block-relay-only v2 peer connected: version: 70016, blocks=840000, peer=12 – grüezi"),
);
const blankUnknown: Piece<UnknownLogMessage> = blank("UnknownLogMessage", { rawMessage: "" }, text(1, ""));
const connected: Piece<BlockConnectedLog> = piece(
  "BlockConnectedLog",
  { blockHash: HASH, blockHeight: 4294967295 },
  text(1, HASH),
  varint(2, 4294967295),
);
const blankConnected: Piece<BlockConnectedLog> = blank(
  "BlockConnectedLog",
  { blockHash: "", blockHeight: 0 },
  text(1, ""),
  varint(2, 0),
);
const checked: Piece<BlockCheckedLog> = piece(
  "BlockCheckedLog",
  { blockHash: HASH, state: "bad-txnmrklroot", debugMessage: "hashMerkleRoot mismatch" },
  text(1, HASH),
  text(2, "bad-txnmrklroot"),
  text(3, "hashMerkleRoot mismatch"),
);
const blankChecked: Piece<BlockCheckedLog> = blank(
  "BlockCheckedLog",
  { blockHash: "", state: "", debugMessage: "" },
  text(1, ""),
  text(2, ""),
  text(3, ""),
);
const newHeader: Piece<SawNewHeaderLog> = piece(
  "SawNewHeaderLog",
  { blockHash: HASH, blockHeight: 4294967294, peerId: 1234567, isCmpctblock: true },
  text(1, HASH),
  varint(2, 4294967294),
  varint(3, 1234567),
  bool(4, true),
);
const blankNewHeader: Piece<SawNewHeaderLog> = blank(
  "SawNewHeaderLog",
  { blockHash: "", blockHeight: 0, peerId: 0, isCmpctblock: false },
  text(1, ""),
  varint(2, 0),
  varint(3, 0),
  bool(4, false),
);
const reconstructed: Piece<CompactBlockReconstructedLog> = piece(
  "CompactBlockReconstructedLog",
  {
    blockHash: HASH,
    prefilledTxnCount: 1,
    mempoolTxnCount: 3000,
    extraPoolTxnCount: 4294967295,
    requestedTxnCount: 4294967294,
    requestedTxnBytes: 4294967293,
  },
  text(1, HASH),
  varint(2, 1),
  varint(3, 3000),
  varint(4, 4294967295),
  varint(5, 4294967294),
  varint(6, 4294967293),
);
const blankReconstructed: Piece<CompactBlockReconstructedLog> = blank(
  "CompactBlockReconstructedLog",
  {
    blockHash: "",
    prefilledTxnCount: 0,
    mempoolTxnCount: 0,
    extraPoolTxnCount: 0,
    requestedTxnCount: 0,
    requestedTxnBytes: 0,
  },
  text(1, ""),
  varint(2, 0),
  varint(3, 0),
  varint(4, 0),
  varint(5, 0),
  varint(6, 0),
);

function logged(name: string, logEvent: Log["logEvent"], ...member: Uint8Array[]): Golden {
  const line: Piece<Log> = piece(
    "Log",
    {
      logTimestamp: 1759372281000001,
      category: 28,
      threadname: "msghand",
      logEvent,
      logLevel: 4,
      logLineBytes: 4294967340,
    },
    varint(1, 1759372281000001),
    varint(2, 28),
    text(3, "msghand"),
    ...member,
    varint(7, 4),
    varint(8, 4294967340),
  );
  return golden(name, "log", line);
}

const blankLog: Piece<Log> = blank(
  "Log",
  { logTimestamp: 0, category: 0, threadname: "", logEvent: undefined, logLevel: 0, logLineBytes: 0 },
  varint(1, 0),
  varint(2, 0),
  text(3, ""),
  varint(7, 0),
  varint(8, 0),
);

/** Lines of debug.log. */
export const log: Golden[] = [
  golden("a log event of defaults without a member", "log", blankLog),
  logged("a log event without a member", undefined),
  logged(
    "an unknown log message",
    { case: "unknownLogMessage", value: unknown.value },
    sub(4, unknown.bytes),
  ),
  logged(
    "an empty log message",
    { case: "unknownLogMessage", value: blankUnknown.value },
    sub(4, blankUnknown.bytes),
  ),
  logged(
    "a logged block connection",
    { case: "blockConnectedLog", value: connected.value },
    sub(5, connected.bytes),
  ),
  logged(
    "a logged block connection of defaults",
    { case: "blockConnectedLog", value: blankConnected.value },
    sub(5, blankConnected.bytes),
  ),
  logged("a logged block check", { case: "blockCheckedLog", value: checked.value }, sub(6, checked.bytes)),
  logged(
    "a logged block check of defaults",
    { case: "blockCheckedLog", value: blankChecked.value },
    sub(6, blankChecked.bytes),
  ),
  logged("a logged header", { case: "sawNewHeaderLog", value: newHeader.value }, sub(9, newHeader.bytes)),
  logged(
    "a logged header of defaults",
    { case: "sawNewHeaderLog", value: blankNewHeader.value },
    sub(9, blankNewHeader.bytes),
  ),
  logged(
    "a logged reconstruction",
    { case: "compactBlockReconstructedLog", value: reconstructed.value },
    sub(10, reconstructed.bytes),
  ),
  logged(
    "a logged reconstruction of defaults",
    { case: "compactBlockReconstructedLog", value: blankReconstructed.value },
    sub(10, blankReconstructed.bytes),
  ),
];

/** A line in the numbers of the first generation, as it is and as today's reader should give it. */
export interface OldLine {
  /** What it is, as the beginning of a sentence. */
  name: string;
  /** In the old numbers. */
  old: Piece<LogG1>;
  /** As an event. */
  golden: Golden;
}

function old(name: string, logEvent: LogG1["logEvent"], member: Uint8Array): OldLine {
  const line: Piece<LogG1> = piece(
    "LogG1",
    { logTimestamp: 1759372281000002, category: 27, logEvent },
    varint(1, 1759372281000002),
    varint(2, 27),
    member,
  );
  const value = { ...line.value, threadname: "", logLevel: 0, logLineBytes: 0 };
  const event: Golden["event"] = { timestamp: TIMESTAMP, kind: "log", value };
  return { name, old: line, golden: { name, event, bytes: envelope("log", line.bytes) } };
}

/** Lines of the first generation. They are read, and never written. */
export const oldLog: OldLine[] = [
  old(
    "an old unknown log message",
    { case: "unknownLogMessage", value: unknown.value },
    sub(3, unknown.bytes),
  ),
  old(
    "an old empty log message",
    { case: "unknownLogMessage", value: blankUnknown.value },
    sub(3, blankUnknown.bytes),
  ),
  old(
    "an old logged block connection",
    { case: "blockConnectedLog", value: connected.value },
    sub(4, connected.bytes),
  ),
  old(
    "an old logged block connection of defaults",
    { case: "blockConnectedLog", value: blankConnected.value },
    sub(4, blankConnected.bytes),
  ),
  old("an old logged block check", { case: "blockCheckedLog", value: checked.value }, sub(5, checked.bytes)),
  old(
    "an old logged block check of defaults",
    { case: "blockCheckedLog", value: blankChecked.value },
    sub(5, blankChecked.bytes),
  ),
];

blank<LogG1>("LogG1", { logTimestamp: 0, category: 0, logEvent: undefined }, varint(1, 0), varint(2, 0));

function tipped(name: string, ipcEvent: Ipc["ipcEvent"], ...field: Uint8Array[]): Golden {
  return golden(name, "ipc", piece<Ipc>("Ipc", { ipcEvent }, ...field));
}

const tip: Piece<BlockTip> = piece(
  "BlockTip",
  { height: -1, hash: run(120) },
  varint(1, -1),
  bytes(2, run(120)),
);
const highestTip: Piece<BlockTip> = piece(
  "BlockTip",
  { height: 2147483647, hash: run(121) },
  varint(1, 2147483647),
  bytes(2, run(121)),
);
const blankTip: Piece<BlockTip> = blank(
  "BlockTip",
  { height: 0, hash: NOTHING },
  varint(1, 0),
  bytes(2, NOTHING),
);

/** What the node's mining interface says. */
export const ipc: Golden[] = [
  golden("an IPC event without a member", "ipc", blank<Ipc>("Ipc", { ipcEvent: undefined })),
  tipped("a block tip", { case: "blockTip", value: tip.value }, sub(1, tip.bytes)),
  tipped("the highest block tip", { case: "blockTip", value: highestTip.value }, sub(1, highestTip.bytes)),
  tipped("a block tip of defaults", { case: "blockTip", value: blankTip.value }, sub(1, blankTip.bytes)),
];

/** Heads of archives, which are no events. */
export const archiveHeaders: Piece<ArchiveHeader>[] = [
  piece("ArchiveHeader", { created: 4294967350, lowData: true }, varint(1, 4294967350), bool(2, true)),
  piece("ArchiveHeader", { created: 1780140481, lowData: false }, varint(1, 1780140481), bool(2, false)),
  piece("ArchiveHeader", { created: 9007199254740991, lowData: undefined }, varint(1, 9007199254740991)),
  blank("ArchiveHeader", { created: 0, lowData: undefined }, varint(1, 0)),
];
