import type { Codec, OfType } from "./_codec.ts";
import { Reader } from "./_reader.ts";
import { MIN_TRANSACTION_BYTES, TransactionScan } from "./_transaction_scan.ts";
import { type BlockHeader, readHeader, writeHeader } from "./header.ts";
import { LazySequence, type Sequence } from "./sequence.ts";
import { readTransaction, readTransactions, type Transaction, writeTransactions } from "./transaction.ts";

/** `sendcmpct` (BIP152). */
export interface SendCmpct extends OfType<"sendcmpct"> {
  /** Whether new blocks shall come as `cmpctblock` without being asked for. */
  readonly announce: boolean;
  /** 1 without witness, 2 with. */
  readonly version: bigint;
}

/** A transaction that comes along with a compact block. */
export interface PrefilledTransaction {
  /** As on the wire: the number of transactions between this one and the prefilled one before it. */
  readonly index: number;
  /** The whole transaction. */
  readonly transaction: Transaction;
}

/** `cmpctblock` (BIP152). */
export interface CmpctBlock extends OfType<"cmpctblock"> {
  /** The header of the block. */
  readonly header: BlockHeader;
  /** Salts the short ids. */
  readonly nonce: bigint;
  /** Six bytes each, in wire order. */
  readonly shortIds: Sequence<Uint8Array>;
  /** The transactions the sender expects us to lack, at least the coinbase. */
  readonly prefilled: Sequence<PrefilledTransaction>;
}

/** `getblocktxn` (BIP152): asks for transactions of a block. */
export interface GetBlockTxn extends OfType<"getblocktxn"> {
  /** The block, in wire order. */
  readonly blockHash: Uint8Array;
  /** Absolute positions in the block, ascending; the wire has the differences. */
  readonly indexes: readonly number[];
}

/** `blocktxn` (BIP152): the answer. */
export interface BlockTxn extends OfType<"blocktxn"> {
  /** The block, in wire order. */
  readonly blockHash: Uint8Array;
  /** In the order in which they were asked for. */
  readonly transactions: Sequence<Transaction>;
}

const SHORT_ID_BYTES = 6;
/** Core keeps indexes of transactions in 16 bits and refuses what does not fit (`blockencodings.h`). */
const MAX_INDEX = 0xffff;

/** Codec of `sendcmpct`. */
export const sendcmpct: Codec<SendCmpct> = {
  decode: (reader) => ({ type: "sendcmpct", announce: reader.bool(), version: reader.u64() }),
  encode({ announce, version }, writer) {
    writer.bool(announce);
    writer.u64(version);
  },
};

/** Codec of `cmpctblock`. */
export const cmpctblock: Codec<CmpctBlock> = {
  decode(reader) {
    const header = readHeader(reader);
    const nonce = reader.u64();
    const shortIds = readShortIds(reader);
    const start = reader.position;
    const prefilled = readPrefilled(reader);
    if (shortIds.length + prefilled.length > MAX_INDEX) reader.refuse("index-overflow", start);
    return { type: "cmpctblock", header, nonce, shortIds, prefilled };
  },
  encode({ header, nonce, shortIds, prefilled }, writer) {
    writeHeader(header, writer);
    writer.u64(nonce);
    writer.compactSize(shortIds.length);
    for (const shortId of shortIds) writer.fixed(shortId, SHORT_ID_BYTES);
    writer.compactSize(prefilled.length);
    for (const { index, transaction } of prefilled) {
      writer.compactSize(index);
      writer.bytes(transaction.raw);
    }
  },
};

/** Codec of `getblocktxn`. */
export const getblocktxn: Codec<GetBlockTxn> = {
  decode(reader) {
    const blockHash = reader.slice(32);
    const indexes: number[] = [];
    // Ascending 16-bit numbers, so the list ends or overflows after 65,536 of them.
    for (let left = reader.count(1), next = 0; left > 0; left--, next++) {
      const start = reader.position;
      next += reader.compactSize();
      if (next > MAX_INDEX) reader.refuse("index-overflow", start);
      indexes.push(next);
    }
    return { type: "getblocktxn", blockHash, indexes };
  },
  encode({ blockHash, indexes }, writer) {
    writer.hash(blockHash);
    writer.compactSize(indexes.length);
    let next = 0;
    for (const index of indexes) {
      if (index < next) throw new RangeError(`Cannot encode index ${index} after ${next - 1}: not ascending`);
      writer.compactSize(index - next);
      next = index + 1;
    }
  },
};

/** Codec of `blocktxn`. */
export const blocktxn: Codec<BlockTxn> = {
  decode: (reader) => ({
    type: "blocktxn",
    blockHash: reader.slice(32),
    transactions: readTransactions(reader),
  }),
  encode({ blockHash, transactions }, writer) {
    writer.hash(blockHash);
    writeTransactions(transactions, writer);
  },
};

function readShortIds(reader: Reader): Sequence<Uint8Array> {
  const count = reader.count(SHORT_ID_BYTES);
  const ids = reader.slice(count * SHORT_ID_BYTES);
  return new LazySequence(count, (index) => {
    return ids.subarray(index * SHORT_ID_BYTES, (index + 1) * SHORT_ID_BYTES);
  });
}

function readPrefilled(reader: Reader): Sequence<PrefilledTransaction> {
  const count = reader.count(1 + MIN_TRANSACTION_BYTES);
  const { bytes } = reader;
  const offsets = new Uint32Array(count);
  const scan = new TransactionScan();
  for (let position = 0; position < count; position++) {
    const start = offsets[position] = reader.position;
    if (reader.compactSize() > MAX_INDEX) reader.refuse("index-overflow", start);
    scan.next(reader);
  }
  return new LazySequence(count, (position) => {
    const entry = new Reader(bytes, offsets[position]!);
    return { index: entry.compactSize(), transaction: readTransaction(entry) };
  });
}
