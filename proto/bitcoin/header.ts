import type { Codec, OfType } from "./_codec.ts";
import { Reader } from "./_reader.ts";
import { Writer } from "./_writer.ts";
import { sha256d } from "./hash.ts";
import { LazySequence, type Sequence } from "./sequence.ts";

/** The 80 bytes that are hashed to identify a block. */
export interface BlockHeader {
  /** Signed, as in consensus. */
  readonly version: number;
  /** Hash of the block before. */
  readonly previous: Uint8Array;
  /** Root over the transaction ids. */
  readonly merkleRoot: Uint8Array;
  /** Unix seconds. */
  readonly time: number;
  /** The target in its compact form. */
  readonly bits: number;
  /** What mining varies. */
  readonly nonce: number;
}

/** `headers`. */
export interface Headers extends OfType<"headers"> {
  /** In chain order. */
  readonly headers: Sequence<BlockHeader>;
}

/** `getheaders`: asks for the headers after the first known hash of the locator. */
export interface GetHeaders extends OfType<"getheaders"> {
  /** Protocol version; nobody reads it. */
  readonly version: number;
  /** Known block hashes, the newest first. */
  readonly locator: Sequence<Uint8Array>;
  /** Where to stop; all zero for as many as possible. */
  readonly stop: Uint8Array;
}

/** `getblocks`: the same for an inventory of blocks. */
export interface GetBlocks extends OfType<"getblocks"> {
  /** Protocol version; nobody reads it. */
  readonly version: number;
  /** Known block hashes, the newest first. */
  readonly locator: Sequence<Uint8Array>;
  /** Where to stop; all zero for as many as possible. */
  readonly stop: Uint8Array;
}

const HEADER_BYTES = 80;
const HASH_BYTES = 32;

/**
 * The hash of a block, in wire order.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { blockHash, hashFromHex, hashToHex } from "./mod.ts";
 *
 * const genesis = {
 *   version: 1,
 *   previous: new Uint8Array(32),
 *   merkleRoot: hashFromHex("4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"),
 *   time: 1231006505,
 *   bits: 0x1d00ffff,
 *   nonce: 2083236893,
 * };
 * assertEquals(
 *   hashToHex(blockHash(genesis)),
 *   "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
 * );
 * ```
 */
export function blockHash(header: BlockHeader): Uint8Array {
  const writer = new Writer(HEADER_BYTES);
  writeHeader(header, writer);
  return sha256d(writer.finish());
}

/** Codec of `headers`. */
export const headers: Codec<Headers> = {
  decode(reader) {
    // Behind each header stands the number of its transactions, which is 0 in this message.
    const count = reader.count(HEADER_BYTES + 1);
    const { bytes } = reader;
    const offsets = new Uint32Array(count);
    for (let index = 0; index < count; index++) {
      offsets[index] = reader.skip(HEADER_BYTES);
      // Core reads the number and goes on with the next header, whatever it is.
      if (reader.compactSize() !== 0) reader.nonCanonical = true;
    }
    const headers = new LazySequence(count, (index) => readHeader(new Reader(bytes, offsets[index]!)));
    return { type: "headers", headers };
  },
  encode({ headers }, writer) {
    writer.compactSize(headers.length);
    for (const header of headers) {
      writeHeader(header, writer);
      writer.compactSize(0);
    }
  },
};

/** Codec of `getheaders`. */
export const getheaders: Codec<GetHeaders> = locatorCodec("getheaders");
/** Codec of `getblocks`. */
export const getblocks: Codec<GetBlocks> = locatorCodec("getblocks");

/** Reads the 80 bytes of a header. */
export function readHeader(reader: Reader): BlockHeader {
  return {
    version: reader.i32(),
    previous: reader.slice(HASH_BYTES),
    merkleRoot: reader.slice(HASH_BYTES),
    time: reader.u32(),
    bits: reader.u32(),
    nonce: reader.u32(),
  };
}

/** Writes the 80 bytes of a header. */
export function writeHeader(header: BlockHeader, writer: Writer): void {
  writer.u32(header.version);
  writer.hash(header.previous);
  writer.hash(header.merkleRoot);
  writer.u32(header.time);
  writer.u32(header.bits);
  writer.u32(header.nonce);
}

/** Reads a count and that many hashes. */
export function readHashes(reader: Reader): Sequence<Uint8Array> {
  const count = reader.count(HASH_BYTES);
  const hashes = reader.slice(count * HASH_BYTES);
  return new LazySequence(count, (index) => {
    return hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
  });
}

/** Writes a count and the hashes. */
export function writeHashes(hashes: Sequence<Uint8Array>, writer: Writer): void {
  writer.compactSize(hashes.length);
  for (const hash of hashes) writer.hash(hash);
}

interface Locator<T extends string> {
  readonly type: T;
  readonly version: number;
  readonly locator: Sequence<Uint8Array>;
  readonly stop: Uint8Array;
}

function locatorCodec<T extends string>(type: T): Codec<Locator<T>> {
  return {
    decode: (reader) => ({
      type,
      version: reader.i32(),
      locator: readHashes(reader),
      stop: reader.slice(HASH_BYTES),
    }),
    encode({ version, locator, stop }, writer) {
      writer.u32(version);
      writeHashes(locator, writer);
      writer.hash(stop);
    },
  };
}
