/** P2P messages: every member of the message event. */

import type {
  Addr,
  AddrV2,
  Alert,
  Block,
  BlockTxn,
  CFCheckpt,
  CFHeaders,
  CFilter,
  CompactBlock,
  FeeFilter,
  FilterAdd,
  FilterLoad,
  GetBlocks,
  GetBlockTxn,
  GetCFCheckpt,
  GetCFHeaders,
  GetCFilter,
  GetData,
  GetHeaders,
  Headers,
  Inv,
  MerkleBlock,
  MessageEvent,
  Metadata,
  NotFound,
  Ping,
  Pong,
  Reject,
  SendCompact,
  Tx,
  Unknown,
  Version,
} from "../schema.ts";
import { bool, bytes, fixed64, sint, sub, text, varint } from "./assemble.ts";
import { blank, type Golden, golden, NOTHING, type Piece, piece, run } from "./golden.ts";
import {
  addresses,
  blankAddress,
  blankHeader,
  blankItem,
  blankPrefilled,
  blankTransaction,
  emptyTransaction,
  header,
  highestHeader,
  items,
  lowDataTransaction,
  lowestHeader,
  prefilled,
  repeated,
  transaction,
  values,
} from "./primitives.ts";

/** Metadata of a message received on an inbound connection. */
export const metadata: Piece<Metadata> = piece(
  "Metadata",
  {
    peerId: 4294967297,
    addr: "[2001:db8::1]:8333",
    connType: 3,
    command: "somecommand",
    inbound: true,
    size: 9007199254740991,
  },
  varint(1, 4294967297),
  text(2, "[2001:db8::1]:8333"),
  varint(3, 3),
  text(4, "somecommand"),
  bool(5, true),
  varint(6, 9007199254740991),
);

const blankMetadata: Piece<Metadata> = blank(
  "Metadata",
  { peerId: 0, addr: "", connType: 0, command: "", inbound: false, size: 0 },
  varint(1, 0),
  text(2, ""),
  varint(3, 0),
  text(4, ""),
  bool(5, false),
  varint(6, 0),
);

const blankMessage: Piece<MessageEvent> = blank(
  "MessageEvent",
  { meta: blankMetadata.value, msg: undefined },
  sub(1, blankMetadata.bytes),
);

function message(name: string, msg: MessageEvent["msg"], ...field: Uint8Array[]): Golden {
  const event: Piece<MessageEvent> = piece(
    "MessageEvent",
    { meta: metadata.value, msg },
    sub(1, metadata.bytes),
    ...field,
  );
  return golden(name, "message", event);
}

const ping: Piece<Ping> = piece("Ping", { value: 2n ** 64n - 3n }, fixed64(1, 2n ** 64n - 3n));
const blankPing: Piece<Ping> = blank("Ping", { value: 0n }, fixed64(1, 0n));
const pong: Piece<Pong> = piece("Pong", { value: 2n ** 53n + 1n }, fixed64(1, 2n ** 53n + 1n));
const blankPong: Piece<Pong> = blank("Pong", { value: 0n }, fixed64(1, 0n));

const inv: Piece<Inv> = piece("Inv", { items: values([...items, blankItem]) }, ...repeated(1, items), sub(1));
const blankInv: Piece<Inv> = blank("Inv", { items: [] });
const getdata: Piece<GetData> = piece("GetData", { items: values(items) }, ...repeated(1, items));
const blankGetdata: Piece<GetData> = blank("GetData", { items: [] });
const reversedItems = items.toReversed();
const notfound: Piece<NotFound> = piece(
  "NotFound",
  { items: values(reversedItems) },
  ...repeated(1, reversedItems),
);
const blankNotfound: Piece<NotFound> = blank("NotFound", { items: [] });

const tx: Piece<Tx> = piece("Tx", { tx: transaction.value }, sub(1, transaction.bytes));
const lowDataTx: Piece<Tx> = piece("Tx", { tx: lowDataTransaction.value }, sub(1, lowDataTransaction.bytes));
const emptyTx: Piece<Tx> = piece("Tx", { tx: emptyTransaction.value }, sub(1, emptyTransaction.bytes));
const blankTx: Piece<Tx> = blank("Tx", { tx: blankTransaction.value }, sub(1, blankTransaction.bytes));

const someHeaders = [header, lowestHeader, highestHeader, blankHeader];
const headers: Piece<Headers> = piece(
  "Headers",
  { headers: values(someHeaders) },
  ...repeated(1, someHeaders),
);
const blankHeaders: Piece<Headers> = blank("Headers", { headers: [] });

const someAddresses = [...addresses, blankAddress];
const addr: Piece<Addr> = piece(
  "Addr",
  { addresses: values(someAddresses) },
  ...repeated(1, someAddresses),
);
const blankAddr: Piece<Addr> = blank("Addr", { addresses: [] });
const reversedAddresses = addresses.toReversed();
const addrv2: Piece<AddrV2> = piece(
  "AddrV2",
  { addresses: values(reversedAddresses) },
  ...repeated(1, reversedAddresses),
);
const blankAddrv2: Piece<AddrV2> = blank("AddrV2", { addresses: [] });

const feefilter: Piece<FeeFilter> = piece("FeeFilter", { fee: 1000n }, sint(1, 1000));
const lowestFeefilter: Piece<FeeFilter> = piece("FeeFilter", { fee: -(2n ** 63n) }, sint(1, -(2n ** 63n)));
const highestFeefilter: Piece<FeeFilter> = piece(
  "FeeFilter",
  { fee: 2n ** 63n - 1n },
  sint(1, 2n ** 63n - 1n),
);
const blankFeefilter: Piece<FeeFilter> = blank("FeeFilter", { fee: 0n }, sint(1, 0));

const getheaders: Piece<GetHeaders> = piece(
  "GetHeaders",
  { version: 70016, locatorHashes: [run(40), run(41), NOTHING, run(42, 5)], stopHash: run(43) },
  varint(1, 70016),
  bytes(2, run(40)),
  bytes(2, run(41)),
  bytes(2, NOTHING),
  bytes(2, run(42, 5)),
  bytes(3, run(43)),
);
const blankGetheaders: Piece<GetHeaders> = blank(
  "GetHeaders",
  { version: 0, locatorHashes: [], stopHash: NOTHING },
  varint(1, 0),
  bytes(3, NOTHING),
);
const getblocks: Piece<GetBlocks> = piece(
  "GetBlocks",
  { version: 4294967295, locatorHashes: [run(44), run(45)], stopHash: run(46) },
  varint(1, 4294967295),
  bytes(2, run(44)),
  bytes(2, run(45)),
  bytes(3, run(46)),
);
const blankGetblocks: Piece<GetBlocks> = blank(
  "GetBlocks",
  { version: 0, locatorHashes: [], stopHash: NOTHING },
  varint(1, 0),
  bytes(3, NOTHING),
);

const [receiver, sender] = [addresses[0]!, addresses[1]!];
const version: Piece<Version> = piece(
  "Version",
  {
    version: 70016,
    services: 2n ** 64n - 1n,
    timestamp: -(2n ** 62n) - 1n,
    receiver: receiver.value,
    sender: sender.value,
    nonce: 0xfedcba9876543210n,
    userAgent: "/Satoshi:30.0.0(Grüße, 世界 🐝)/",
    startHeight: -1,
    relay: true,
  },
  varint(1, 70016),
  varint(2, 2n ** 64n - 1n),
  sint(3, -(2n ** 62n) - 1n),
  sub(4, receiver.bytes),
  sub(5, sender.bytes),
  varint(6, 0xfedcba9876543210n),
  text(7, "/Satoshi:30.0.0(Grüße, 世界 🐝)/"),
  sint(8, -1),
  bool(9, true),
);
const LONG_AGENT = "/Satoshi:30.0.0/".repeat(16);
const laterVersion: Piece<Version> = piece(
  "Version",
  {
    version: 4294967295,
    services: 2n ** 53n + 1n,
    timestamp: 1700000000n,
    receiver: sender.value,
    sender: receiver.value,
    nonce: 2n ** 63n,
    userAgent: LONG_AGENT,
    startHeight: 2147483647,
    relay: false,
  },
  varint(1, 4294967295),
  varint(2, 2n ** 53n + 1n),
  sint(3, 1700000000),
  sub(4, sender.bytes),
  sub(5, receiver.bytes),
  varint(6, 2n ** 63n),
  text(7, LONG_AGENT),
  sint(8, 2147483647),
  bool(9, false),
);
const blankVersion: Piece<Version> = blank(
  "Version",
  {
    version: 0,
    services: 0n,
    timestamp: 0n,
    receiver: blankAddress.value,
    sender: blankAddress.value,
    nonce: 0n,
    userAgent: "",
    startHeight: 0,
    relay: false,
  },
  varint(1, 0),
  varint(2, 0),
  sint(3, 0),
  sub(4, blankAddress.bytes),
  sub(5, blankAddress.bytes),
  varint(6, 0),
  text(7, ""),
  sint(8, 0),
  bool(9, false),
);

const somePrefilled = [prefilled, blankPrefilled];
const compactblock: Piece<CompactBlock> = piece(
  "CompactBlock",
  {
    header: header.value,
    nonce: 2n ** 64n - 2n,
    shortIds: [run(50, 6), run(51, 6), run(52, 6)],
    transactions: values(somePrefilled),
  },
  sub(1, header.bytes),
  varint(2, 2n ** 64n - 2n),
  bytes(3, run(50, 6)),
  bytes(3, run(51, 6)),
  bytes(3, run(52, 6)),
  ...repeated(4, somePrefilled),
);
const blankCompactblock: Piece<CompactBlock> = blank(
  "CompactBlock",
  { header: blankHeader.value, nonce: 0n, shortIds: [], transactions: [] },
  sub(1, blankHeader.bytes),
  varint(2, 0),
);
const sendcompact: Piece<SendCompact> = piece(
  "SendCompact",
  { sendCompact: true, version: 2n ** 64n - 4n },
  bool(1, true),
  varint(2, 2n ** 64n - 4n),
);
const blankSendcompact: Piece<SendCompact> = blank(
  "SendCompact",
  { sendCompact: false, version: 0n },
  bool(1, false),
  varint(2, 0),
);

const someTransactions = [transaction, lowDataTransaction, emptyTransaction, blankTransaction];
const block: Piece<Block> = piece(
  "Block",
  { header: lowestHeader.value, transactions: values(someTransactions) },
  sub(1, lowestHeader.bytes),
  ...repeated(2, someTransactions),
);
const blankBlock: Piece<Block> = blank(
  "Block",
  { header: blankHeader.value, transactions: [] },
  sub(1, blankHeader.bytes),
);
const getblocktxn: Piece<GetBlockTxn> = piece(
  "GetBlockTxn",
  { blockHash: run(60), txIndexes: [0, 1, 127, 128, 65535, 4294967296, 9007199254740991] },
  bytes(1, run(60)),
  varint(2, 0),
  varint(2, 1),
  varint(2, 127),
  varint(2, 128),
  varint(2, 65535),
  varint(2, 4294967296),
  varint(2, 9007199254740991),
);
const blankGetblocktxn: Piece<GetBlockTxn> = blank(
  "GetBlockTxn",
  { blockHash: NOTHING, txIndexes: [] },
  bytes(1, NOTHING),
);
const blocktxn: Piece<BlockTxn> = piece(
  "BlockTxn",
  { blockHash: run(61), transactions: values(someTransactions) },
  bytes(1, run(61)),
  ...repeated(2, someTransactions),
);
const blankBlocktxn: Piece<BlockTxn> = blank(
  "BlockTxn",
  { blockHash: NOTHING, transactions: [] },
  bytes(1, NOTHING),
);

const alert: Piece<Alert> = piece("Alert", { alert: run(62, 200) }, bytes(1, run(62, 200)));
const blankAlert: Piece<Alert> = blank("Alert", { alert: NOTHING }, bytes(1, NOTHING));
const filteradd: Piece<FilterAdd> = piece("FilterAdd", { filter: run(63, 20) }, bytes(1, run(63, 20)));
const blankFilteradd: Piece<FilterAdd> = blank("FilterAdd", { filter: NOTHING }, bytes(1, NOTHING));
const filterload: Piece<FilterLoad> = piece(
  "FilterLoad",
  { filter: run(64, 130), hashFuncs: 11, tweak: 4294967295, flags: 2 },
  bytes(1, run(64, 130)),
  varint(2, 11),
  varint(3, 4294967295),
  varint(4, 2),
);
const blankFilterload: Piece<FilterLoad> = blank(
  "FilterLoad",
  { filter: NOTHING, hashFuncs: 0, tweak: 0, flags: 0 },
  bytes(1, NOTHING),
  varint(2, 0),
  varint(3, 0),
  varint(4, 0),
);

const getcfcheckpt: Piece<GetCFCheckpt> = piece(
  "GetCFCheckpt",
  { filterType: 1, stopHash: run(70) },
  varint(1, 1),
  bytes(2, run(70)),
);
const blankGetcfcheckpt: Piece<GetCFCheckpt> = blank(
  "GetCFCheckpt",
  { filterType: 0, stopHash: NOTHING },
  varint(1, 0),
  bytes(2, NOTHING),
);
const cfheaders: Piece<CFHeaders> = piece(
  "CFHeaders",
  {
    filterType: 2,
    stopHash: run(71),
    previousFilterHeader: run(72),
    filterHashes: [run(73), run(74), run(75)],
  },
  varint(1, 2),
  bytes(2, run(71)),
  bytes(3, run(72)),
  bytes(4, run(73)),
  bytes(4, run(74)),
  bytes(4, run(75)),
);
const blankCfheaders: Piece<CFHeaders> = blank(
  "CFHeaders",
  { filterType: 0, stopHash: NOTHING, previousFilterHeader: NOTHING, filterHashes: [] },
  varint(1, 0),
  bytes(2, NOTHING),
  bytes(3, NOTHING),
);
const cfilter: Piece<CFilter> = piece(
  "CFilter",
  { filterType: 3, blockHash: run(76), filter: run(77, 400) },
  varint(1, 3),
  bytes(2, run(76)),
  bytes(3, run(77, 400)),
);
const blankCfilter: Piece<CFilter> = blank(
  "CFilter",
  { filterType: 0, blockHash: NOTHING, filter: NOTHING },
  varint(1, 0),
  bytes(2, NOTHING),
  bytes(3, NOTHING),
);
const cfcheckpt: Piece<CFCheckpt> = piece(
  "CFCheckpt",
  { filterType: 4, stopHash: run(78), filterHeaders: [run(79), run(80)] },
  varint(1, 4),
  bytes(2, run(78)),
  bytes(3, run(79)),
  bytes(3, run(80)),
);
const blankCfcheckpt: Piece<CFCheckpt> = blank(
  "CFCheckpt",
  { filterType: 0, stopHash: NOTHING, filterHeaders: [] },
  varint(1, 0),
  bytes(2, NOTHING),
);
const getcfheaders: Piece<GetCFHeaders> = piece(
  "GetCFHeaders",
  { filterType: 5, startHeight: 840000, stopHash: run(81) },
  varint(1, 5),
  varint(2, 840000),
  bytes(3, run(81)),
);
const blankGetcfheaders: Piece<GetCFHeaders> = blank(
  "GetCFHeaders",
  { filterType: 0, startHeight: 0, stopHash: NOTHING },
  varint(1, 0),
  varint(2, 0),
  bytes(3, NOTHING),
);
const getcfilter: Piece<GetCFilter> = piece(
  "GetCFilter",
  { filterType: 4294967295, startHeight: 4294967294, stopHash: run(82) },
  varint(1, 4294967295),
  varint(2, 4294967294),
  bytes(3, run(82)),
);
const blankGetcfilter: Piece<GetCFilter> = blank(
  "GetCFilter",
  { filterType: 0, startHeight: 0, stopHash: NOTHING },
  varint(1, 0),
  varint(2, 0),
  bytes(3, NOTHING),
);
const merkleblock: Piece<MerkleBlock> = piece(
  "MerkleBlock",
  {
    header: highestHeader.value,
    numTransactions: 4294967295,
    bits: [true, false, true, true],
    hashes: [run(83), run(84)],
  },
  sub(1, highestHeader.bytes),
  varint(2, 4294967295),
  bool(3, true),
  bool(3, false),
  bool(3, true),
  bool(3, true),
  bytes(4, run(83)),
  bytes(4, run(84)),
);
const blankMerkleblock: Piece<MerkleBlock> = blank(
  "MerkleBlock",
  { header: blankHeader.value, numTransactions: 0, bits: [], hashes: [] },
  sub(1, blankHeader.bytes),
  varint(2, 0),
);

const unknown: Piece<Unknown> = piece(
  "Unknown",
  { command: "getcfcheckp", payload: run(90, 33) },
  text(1, "getcfcheckp"),
  bytes(2, run(90, 33)),
);
const blankUnknown: Piece<Unknown> = blank(
  "Unknown",
  { command: "", payload: NOTHING },
  text(1, ""),
  bytes(2, NOTHING),
);
const reject: Piece<Reject> = piece(
  "Reject",
  { rejectedCommand: "tx", reason: 7, reasonDetails: "non-mandatory-script-verify-flag", hash: run(91) },
  text(1, "tx"),
  varint(2, 7),
  text(3, "non-mandatory-script-verify-flag"),
  bytes(4, run(91)),
);
const blankReject: Piece<Reject> = blank(
  "Reject",
  { rejectedCommand: "", reason: 0, reasonDetails: "", hash: NOTHING },
  text(1, ""),
  varint(2, 0),
  text(3, ""),
  bytes(4, NOTHING),
);

/** The messages. */
export const messages: Golden[] = [
  golden("a message event with nothing set", "message", blankMessage),
  message("a message event without a member", undefined),
  message("a ping", { case: "ping", value: ping.value }, sub(2, ping.bytes)),
  message("a ping with a zero nonce", { case: "ping", value: blankPing.value }, sub(2, blankPing.bytes)),
  message("a pong", { case: "pong", value: pong.value }, sub(3, pong.bytes)),
  message("a pong with a zero nonce", { case: "pong", value: blankPong.value }, sub(3, blankPong.bytes)),
  message("an inv with every type of item", { case: "inv", value: inv.value }, sub(4, inv.bytes)),
  message("an empty inv", { case: "inv", value: blankInv.value }, sub(4, blankInv.bytes)),
  message(
    "a getdata with every type of item",
    { case: "getdata", value: getdata.value },
    sub(5, getdata.bytes),
  ),
  message("an empty getdata", { case: "getdata", value: blankGetdata.value }, sub(5, blankGetdata.bytes)),
  message("a tx", { case: "tx", value: tx.value }, sub(6, tx.bytes)),
  message("a tx without raw bytes", { case: "tx", value: lowDataTx.value }, sub(6, lowDataTx.bytes)),
  message("a tx with zero raw bytes", { case: "tx", value: emptyTx.value }, sub(6, emptyTx.bytes)),
  message("a tx of defaults", { case: "tx", value: blankTx.value }, sub(6, blankTx.bytes)),
  message("a headers message", { case: "headers", value: headers.value }, sub(7, headers.bytes)),
  message(
    "an empty headers message",
    { case: "headers", value: blankHeaders.value },
    sub(7, blankHeaders.bytes),
  ),
  message("an addr with every type of address", { case: "addr", value: addr.value }, sub(8, addr.bytes)),
  message("an empty addr", { case: "addr", value: blankAddr.value }, sub(8, blankAddr.bytes)),
  message(
    "an addrv2 with every type of address",
    { case: "addrv2", value: addrv2.value },
    sub(9, addrv2.bytes),
  ),
  message("an empty addrv2 list", { case: "addrv2", value: blankAddrv2.value }, sub(9, blankAddrv2.bytes)),
  message("a feefilter", { case: "feefilter", value: feefilter.value }, sub(10, feefilter.bytes)),
  message(
    "a feefilter of the lowest fee",
    { case: "feefilter", value: lowestFeefilter.value },
    sub(10, lowestFeefilter.bytes),
  ),
  message(
    "a feefilter of the highest fee",
    { case: "feefilter", value: highestFeefilter.value },
    sub(10, highestFeefilter.bytes),
  ),
  message(
    "a feefilter of 0",
    { case: "feefilter", value: blankFeefilter.value },
    sub(10, blankFeefilter.bytes),
  ),
  message("a getheaders", { case: "getheaders", value: getheaders.value }, sub(11, getheaders.bytes)),
  message(
    "a getheaders of defaults",
    { case: "getheaders", value: blankGetheaders.value },
    sub(11, blankGetheaders.bytes),
  ),
  message("a getblocks", { case: "getblocks", value: getblocks.value }, sub(12, getblocks.bytes)),
  message(
    "a getblocks of defaults",
    { case: "getblocks", value: blankGetblocks.value },
    sub(12, blankGetblocks.bytes),
  ),
  message("a version", { case: "version", value: version.value }, sub(13, version.bytes)),
  message("a later version", { case: "version", value: laterVersion.value }, sub(13, laterVersion.bytes)),
  message(
    "a version of defaults",
    { case: "version", value: blankVersion.value },
    sub(13, blankVersion.bytes),
  ),
  message(
    "a notfound with every type of item",
    { case: "notfound", value: notfound.value },
    sub(14, notfound.bytes),
  ),
  message(
    "an empty notfound",
    { case: "notfound", value: blankNotfound.value },
    sub(14, blankNotfound.bytes),
  ),
  message(
    "a compact block",
    { case: "compactblock", value: compactblock.value },
    sub(16, compactblock.bytes),
  ),
  message(
    "a compact block of defaults",
    { case: "compactblock", value: blankCompactblock.value },
    sub(16, blankCompactblock.bytes),
  ),
  message("a sendcmpct", { case: "sendcompact", value: sendcompact.value }, sub(17, sendcompact.bytes)),
  message(
    "a sendcmpct of defaults",
    { case: "sendcompact", value: blankSendcompact.value },
    sub(17, blankSendcompact.bytes),
  ),
  message("a block", { case: "block", value: block.value }, sub(18, block.bytes)),
  message("a block of defaults", { case: "block", value: blankBlock.value }, sub(18, blankBlock.bytes)),
  message("a getblocktxn", { case: "getblocktxn", value: getblocktxn.value }, sub(19, getblocktxn.bytes)),
  message(
    "a getblocktxn of defaults",
    { case: "getblocktxn", value: blankGetblocktxn.value },
    sub(19, blankGetblocktxn.bytes),
  ),
  message("a blocktxn", { case: "blocktxn", value: blocktxn.value }, sub(20, blocktxn.bytes)),
  message(
    "a blocktxn of defaults",
    { case: "blocktxn", value: blankBlocktxn.value },
    sub(20, blankBlocktxn.bytes),
  ),
  message("an alert", { case: "alert", value: alert.value }, sub(21, alert.bytes)),
  message("an empty alert", { case: "alert", value: blankAlert.value }, sub(21, blankAlert.bytes)),
  message("a filteradd", { case: "filteradd", value: filteradd.value }, sub(22, filteradd.bytes)),
  message(
    "an empty filteradd",
    { case: "filteradd", value: blankFilteradd.value },
    sub(22, blankFilteradd.bytes),
  ),
  message("a filterload", { case: "filterload", value: filterload.value }, sub(23, filterload.bytes)),
  message(
    "a filterload of defaults",
    { case: "filterload", value: blankFilterload.value },
    sub(23, blankFilterload.bytes),
  ),
  message("a getcfcheckpt", { case: "getcfcheckpt", value: getcfcheckpt.value }, sub(24, getcfcheckpt.bytes)),
  message(
    "a getcfcheckpt of defaults",
    { case: "getcfcheckpt", value: blankGetcfcheckpt.value },
    sub(24, blankGetcfcheckpt.bytes),
  ),
  message("a cfheaders", { case: "cfheaders", value: cfheaders.value }, sub(25, cfheaders.bytes)),
  message(
    "a cfheaders of defaults",
    { case: "cfheaders", value: blankCfheaders.value },
    sub(25, blankCfheaders.bytes),
  ),
  message("a cfilter", { case: "cfilter", value: cfilter.value }, sub(26, cfilter.bytes)),
  message(
    "a cfilter of defaults",
    { case: "cfilter", value: blankCfilter.value },
    sub(26, blankCfilter.bytes),
  ),
  message("a cfcheckpt", { case: "cfcheckpt", value: cfcheckpt.value }, sub(27, cfcheckpt.bytes)),
  message(
    "a cfcheckpt of defaults",
    { case: "cfcheckpt", value: blankCfcheckpt.value },
    sub(27, blankCfcheckpt.bytes),
  ),
  message("a getcfheaders", { case: "getcfheaders", value: getcfheaders.value }, sub(28, getcfheaders.bytes)),
  message(
    "a getcfheaders of defaults",
    { case: "getcfheaders", value: blankGetcfheaders.value },
    sub(28, blankGetcfheaders.bytes),
  ),
  message("a getcfilters", { case: "getcfilter", value: getcfilter.value }, sub(29, getcfilter.bytes)),
  message(
    "a getcfilters of defaults",
    { case: "getcfilter", value: blankGetcfilter.value },
    sub(29, blankGetcfilter.bytes),
  ),
  message("a merkleblock", { case: "merkleblock", value: merkleblock.value }, sub(30, merkleblock.bytes)),
  message(
    "a merkleblock of defaults",
    { case: "merkleblock", value: blankMerkleblock.value },
    sub(30, blankMerkleblock.bytes),
  ),
  message("a message of an unknown type", { case: "unknown", value: unknown.value }, sub(31, unknown.bytes)),
  message(
    "a message of an unknown and empty type",
    { case: "unknown", value: blankUnknown.value },
    sub(31, blankUnknown.bytes),
  ),
  message("a verack", { case: "verack", value: true }, bool(32, true)),
  message("a verack that says false", { case: "verack", value: false }, bool(32, false)),
  message("a sendheaders", { case: "sendheaders", value: true }, bool(33, true)),
  message("a getaddr", { case: "getaddr", value: true }, bool(34, true)),
  message("a mempool message", { case: "mempool", value: true }, bool(35, true)),
  message("a wtxidrelay", { case: "wtxidrelay", value: true }, bool(36, true)),
  message("a sendaddrv2", { case: "sendaddrv2", value: true }, bool(37, true)),
  message("a filterclear", { case: "filterclear", value: true }, bool(38, true)),
  message("a reject", { case: "reject", value: reject.value }, sub(39, reject.bytes)),
  message("a reject of defaults", { case: "reject", value: blankReject.value }, sub(39, blankReject.bytes)),
  message("an addrv2 without payload", { case: "emptyaddrv2", value: true }, bool(40, true)),
  message("a ping without nonce", { case: "oldping", value: true }, bool(41, true)),
  message("an old ping that says false", { case: "oldping", value: false }, bool(41, false)),
];
