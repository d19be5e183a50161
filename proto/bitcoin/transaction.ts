import type { Codec, OfType } from "./_codec.ts";
import { Reader } from "./_reader.ts";
import { canonicalBytes, MIN_TRANSACTION_BYTES, sumOutputs, TransactionScan } from "./_transaction_scan.ts";
import type { Writer } from "./_writer.ts";
import { sha256d } from "./hash.ts";
import { LazySequence, type Sequence } from "./sequence.ts";

/**
 * A transaction as its bytes, with what one pass over them tells. It was checked to be well formed when it
 * was decoded, so the functions of this file do not fail on it.
 */
export interface Transaction {
  /** With witness. A view of the payload, unless a size in it was longer than needed. */
  readonly raw: Uint8Array;
  /** Unsigned, as in Core since v28. */
  readonly version: number;
  /** Block height, or unix seconds from 500,000,000 on. */
  readonly lockTime: number;
  /** Number of inputs. */
  readonly inputCount: number;
  /** Number of outputs. */
  readonly outputCount: number;
  /** Whether it is in the extended form of BIP144. */
  readonly hasWitness: boolean;
  /** Bytes without witness, marker and flag. */
  readonly baseSizeBytes: number;
}

/** `tx`. */
export interface Tx extends OfType<"tx"> {
  /** The transaction. */
  readonly transaction: Transaction;
}

const VERSION_BYTES = 4;
const LOCK_TIME_BYTES = 4;
const MARKER_AND_FLAG_BYTES = 2;

/**
 * The transaction id, in wire order: the hash without witness.
 *
 * @example Usage
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { decodeMessage, hashToHex, txid, weight } from "./mod.ts";
 *
 * const decoded = decodeMessage("tx", Uint8Array.fromHex("02000000000000000000"));
 * assert(decoded.ok && decoded.message.type === "tx");
 * assertEquals(weight(decoded.message.transaction), 40);
 * assertEquals(
 *   hashToHex(txid(decoded.message.transaction)),
 *   "4ebd325a4b394cff8c57e8317ccf5a8d0e2bdf1b8526f8aad6c8e43d8240621a",
 * );
 * ```
 */
export function txid({ raw, hasWitness, baseSizeBytes }: Transaction): Uint8Array {
  if (!hasWitness) return sha256d(raw);
  const inputsAt = VERSION_BYTES + MARKER_AND_FLAG_BYTES;
  return sha256d(
    raw.subarray(0, VERSION_BYTES),
    raw.subarray(inputsAt, inputsAt + baseSizeBytes - VERSION_BYTES - LOCK_TIME_BYTES),
    raw.subarray(raw.length - LOCK_TIME_BYTES),
  );
}

/** The witness transaction id (BIP141), in wire order: the hash of all bytes. */
export function wtxid({ raw }: Transaction): Uint8Array {
  return sha256d(raw);
}

/** The weight (BIP141): four units per byte, one per byte of the witness. */
export function weight({ raw, baseSizeBytes }: Transaction): number {
  return baseSizeBytes * 3 + raw.length;
}

/** The virtual size (BIP141): a quarter of the weight, rounded up. */
export function vsize(transaction: Transaction): number {
  return Math.ceil(weight(transaction) / 4);
}

/** The sum of the output values in satoshi; absurd and negative if the sender wrote such values. */
export function outputSum({ raw, outputCount }: Transaction): bigint {
  if (outputCount === 0) return 0n;
  const scan = new TransactionScan();
  scan.next(new Reader(raw));
  return sumOutputs(new Reader(raw, scan.outputsAt));
}

/** Codec of `tx`. */
export const tx: Codec<Tx> = {
  decode: (reader) => ({ type: "tx", transaction: readTransaction(reader) }),
  encode: ({ transaction }, writer) => writer.bytes(transaction.raw),
};

/** Reads one transaction. */
export function readTransaction(reader: Reader): Transaction {
  const start = reader.position;
  const nonCanonicalBefore = reader.nonCanonical;
  reader.nonCanonical = false;
  const scan = new TransactionScan();
  scan.next(reader);
  let raw = reader.bytes.subarray(start, reader.position);
  if (reader.nonCanonical) {
    raw = canonicalBytes(reader, start, scan);
    scan.next(new Reader(raw));
  }
  reader.nonCanonical ||= nonCanonicalBefore;
  return describe(raw, scan);
}

/** Reads a count and that many transactions, which are checked now and made when they are asked for. */
export function readTransactions(reader: Reader): Sequence<Transaction> {
  const count = reader.count(MIN_TRANSACTION_BYTES);
  const { bytes } = reader;
  const offsets = new Uint32Array(count);
  const scan = new TransactionScan();
  for (let index = 0; index < count; index++) {
    offsets[index] = reader.position;
    scan.next(reader);
  }
  return new LazySequence(count, (index) => readTransaction(new Reader(bytes, offsets[index]!)));
}

/** Writes a count and the transactions. */
export function writeTransactions(transactions: Sequence<Transaction>, writer: Writer): void {
  writer.compactSize(transactions.length);
  for (const { raw } of transactions) writer.bytes(raw);
}

function describe(raw: Uint8Array, scan: TransactionScan): Transaction {
  const witnessBytes = scan.hasWitness ? MARKER_AND_FLAG_BYTES + scan.lockTimeAt - scan.witnessAt : 0;
  return {
    raw,
    version: new Reader(raw).u32(),
    lockTime: new Reader(raw, raw.length - LOCK_TIME_BYTES).u32(),
    inputCount: scan.inputCount,
    outputCount: scan.outputCount,
    hasWitness: scan.hasWitness,
    baseSizeBytes: raw.length - witnessBytes,
  };
}
