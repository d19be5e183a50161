/** The messages that others are made of: transactions, headers, addresses, inventory items. */

import type {
  Address,
  BlockHeader,
  InventoryItem,
  PrefilledTransaction,
  Transaction,
  UnknownAddress,
  UnknownItem,
} from "../schema.ts";
import { bool, bytes, sint, sub, text, varint } from "./assemble.ts";
import { blank, NOTHING, type Piece, piece, run } from "./golden.ts";

/** With raw bytes. */
export const transaction: Piece<Transaction> = piece(
  "Transaction",
  { txid: run(1), wtxid: run(2), raw: run(3, 300) },
  bytes(1, run(1)),
  bytes(2, run(2)),
  bytes(3, run(3, 300)),
);

/** Without raw bytes, as in low-data archives. */
export const lowDataTransaction: Piece<Transaction> = piece(
  "Transaction",
  { txid: run(4), wtxid: run(5), raw: undefined },
  bytes(1, run(4)),
  bytes(2, run(5)),
);

/** With raw bytes that are there, but none. */
export const emptyTransaction: Piece<Transaction> = piece(
  "Transaction",
  { txid: run(6), wtxid: run(7), raw: NOTHING },
  bytes(1, run(6)),
  bytes(2, run(7)),
  bytes(3, NOTHING),
);

/** All defaults. */
export const blankTransaction: Piece<Transaction> = blank(
  "Transaction",
  { txid: NOTHING, wtxid: NOTHING, raw: undefined },
  bytes(1, NOTHING),
  bytes(2, NOTHING),
);

/** A header with a negative version and the largest time. */
export const header: Piece<BlockHeader> = piece(
  "BlockHeader",
  {
    version: -2,
    prevBlockhash: run(10),
    merkleRoot: run(11),
    time: 4294967295,
    bits: 0x1d00ffff,
    nonce: 2083236893,
    hash: run(12),
  },
  sint(1, -2),
  bytes(2, run(10)),
  bytes(3, run(11)),
  varint(4, 4294967295),
  varint(5, 0x1d00ffff),
  varint(6, 2083236893),
  bytes(7, run(12)),
);

/** A header with the lowest version there is. */
export const lowestHeader: Piece<BlockHeader> = piece(
  "BlockHeader",
  {
    version: -2147483648,
    prevBlockhash: run(13),
    merkleRoot: run(14),
    time: 1231006505,
    bits: 4294967294,
    nonce: 4294967293,
    hash: run(15),
  },
  sint(1, -2147483648),
  bytes(2, run(13)),
  bytes(3, run(14)),
  varint(4, 1231006505),
  varint(5, 4294967294),
  varint(6, 4294967293),
  bytes(7, run(15)),
);

/** A header with the highest version there is. */
export const highestHeader: Piece<BlockHeader> = piece(
  "BlockHeader",
  {
    version: 2147483647,
    prevBlockhash: run(16),
    merkleRoot: run(17),
    time: 2147483648,
    bits: 1,
    nonce: 2,
    hash: run(18),
  },
  sint(1, 2147483647),
  bytes(2, run(16)),
  bytes(3, run(17)),
  varint(4, 2147483648),
  varint(5, 1),
  varint(6, 2),
  bytes(7, run(18)),
);

/** All defaults. */
export const blankHeader: Piece<BlockHeader> = blank(
  "BlockHeader",
  { version: 0, prevBlockhash: NOTHING, merkleRoot: NOTHING, time: 0, bits: 0, nonce: 0, hash: NOTHING },
  sint(1, 0),
  bytes(2, NOTHING),
  bytes(3, NOTHING),
  varint(4, 0),
  varint(5, 0),
  varint(6, 0),
  bytes(7, NOTHING),
);

const unknownAddress: Piece<UnknownAddress> = piece(
  "UnknownAddress",
  { id: 200, address: run(20, 9) },
  varint(1, 200),
  bytes(2, run(20, 9)),
);

const blankUnknownAddress: Piece<UnknownAddress> = blank(
  "UnknownAddress",
  { id: 0, address: NOTHING },
  varint(1, 0),
  bytes(2, NOTHING),
);

const ONION_V3 = "a".repeat(51) + "b.onion";
const I2P = "c".repeat(51) + "d.b32.i2p";

/** One address per member of its oneof. */
export const addresses: Piece<Address>[] = [
  piece(
    "Address",
    { timestamp: 1700000001, address: { case: "ipv4", value: "203.0.113.7" }, services: 1033n, port: 8333 },
    varint(1, 1700000001),
    text(2, "203.0.113.7"),
    varint(9, 1033),
    varint(10, 8333),
  ),
  piece(
    "Address",
    {
      timestamp: 1700000002,
      address: { case: "ipv6", value: "2001:db8::7" },
      services: 2n ** 64n - 1n,
      port: 65535,
    },
    varint(1, 1700000002),
    text(3, "2001:db8::7"),
    varint(9, 2n ** 64n - 1n),
    varint(10, 65535),
  ),
  piece(
    "Address",
    {
      timestamp: 4294967295,
      address: { case: "torv2", value: "expyuzz4wqqyqhjn.onion" },
      services: 2n ** 53n + 1n,
      port: 1,
    },
    varint(1, 4294967295),
    text(4, "expyuzz4wqqyqhjn.onion"),
    varint(9, 2n ** 53n + 1n),
    varint(10, 1),
  ),
  piece(
    "Address",
    { timestamp: 3, address: { case: "torv3", value: ONION_V3 }, services: 2n ** 63n, port: 9050 },
    varint(1, 3),
    text(5, ONION_V3),
    varint(9, 2n ** 63n),
    varint(10, 9050),
  ),
  piece(
    "Address",
    { timestamp: 4, address: { case: "i2p", value: I2P }, services: 2n ** 32n, port: 7656 },
    varint(1, 4),
    text(6, I2P),
    varint(9, 2n ** 32n),
    varint(10, 7656),
  ),
  piece(
    "Address",
    { timestamp: 5, address: { case: "cjdns", value: "fc00:1:2:3::4" }, services: 5n, port: 8334 },
    varint(1, 5),
    text(7, "fc00:1:2:3::4"),
    varint(9, 5),
    varint(10, 8334),
  ),
  piece(
    "Address",
    { timestamp: 6, address: { case: "unknown", value: unknownAddress.value }, services: 6n, port: 8335 },
    varint(1, 6),
    sub(8, unknownAddress.bytes),
    varint(9, 6),
    varint(10, 8335),
  ),
  piece(
    "Address",
    {
      timestamp: 7,
      address: { case: "unknown", value: blankUnknownAddress.value },
      services: 7n,
      port: 8336,
    },
    varint(1, 7),
    sub(8, blankUnknownAddress.bytes),
    varint(9, 7),
    varint(10, 8336),
  ),
  piece(
    "Address",
    { timestamp: 8, address: { case: "ipv4", value: "" }, services: 8n, port: 8337 },
    varint(1, 8),
    text(2, ""),
    varint(9, 8),
    varint(10, 8337),
  ),
];

/** All defaults. */
export const blankAddress: Piece<Address> = blank(
  "Address",
  { timestamp: 0, address: undefined, services: 0n, port: 0 },
  varint(1, 0),
  varint(9, 0),
  varint(10, 0),
);

const unknownItem: Piece<UnknownItem> = piece(
  "UnknownItem",
  { invType: 4294967295, hash: run(30) },
  varint(1, 4294967295),
  bytes(2, run(30)),
);

const blankUnknownItem: Piece<UnknownItem> = blank(
  "UnknownItem",
  { invType: 0, hash: NOTHING },
  varint(1, 0),
  bytes(2, NOTHING),
);

/** One item per member of its oneof. */
export const items: Piece<InventoryItem>[] = [
  piece("InventoryItem", { item: { case: "transaction", value: run(31) } }, bytes(1, run(31))),
  piece("InventoryItem", { item: { case: "block", value: run(32) } }, bytes(2, run(32))),
  piece("InventoryItem", { item: { case: "wtx", value: run(33) } }, bytes(3, run(33))),
  piece("InventoryItem", { item: { case: "witnessTransaction", value: run(34) } }, bytes(4, run(34))),
  piece("InventoryItem", { item: { case: "witnessBlock", value: run(35) } }, bytes(5, run(35))),
  piece("InventoryItem", { item: { case: "compactBlock", value: run(36) } }, bytes(6, run(36))),
  piece("InventoryItem", { item: { case: "unknown", value: unknownItem.value } }, sub(7, unknownItem.bytes)),
  piece("InventoryItem", { item: { case: "error", value: true } }, bool(15, true)),
  // A member with its default is a member nevertheless.
  piece(
    "InventoryItem",
    { item: { case: "unknown", value: blankUnknownItem.value } },
    sub(7, blankUnknownItem.bytes),
  ),
  piece("InventoryItem", { item: { case: "error", value: false } }, bool(15, false)),
  piece("InventoryItem", { item: { case: "transaction", value: NOTHING } }, bytes(1, NOTHING)),
];

/** No member. */
export const blankItem: Piece<InventoryItem> = blank("InventoryItem", { item: undefined });

/** A transaction sent along with a compact block. */
export const prefilled: Piece<PrefilledTransaction> = piece(
  "PrefilledTransaction",
  { diffIndex: 65535, tx: transaction.value },
  varint(1, 65535),
  sub(2, transaction.bytes),
);

/** All defaults. */
export const blankPrefilled: Piece<PrefilledTransaction> = blank(
  "PrefilledTransaction",
  { diffIndex: 0, tx: blankTransaction.value },
  varint(1, 0),
  sub(2, blankTransaction.bytes),
);

/** The values of pieces. */
export function values<T>(pieces: Piece<T>[]): T[] {
  return pieces.map(({ value }) => value);
}

/** Every piece as a field of this number: a repeated message. */
export function repeated(number: number, pieces: Piece<unknown>[]): Uint8Array[] {
  return pieces.map((each) => sub(number, each.bytes));
}
