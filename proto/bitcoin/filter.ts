import type { Codec, OfType } from "./_codec.ts";
import { type BlockHeader, readHashes, readHeader, writeHashes, writeHeader } from "./header.ts";
import type { Sequence } from "./sequence.ts";

/** `filterload` (BIP37): sets a bloom filter. Sizes beyond BIP37's limits are kept, as Core reads them too. */
export interface FilterLoad extends OfType<"filterload"> {
  /** The bits of the filter. */
  readonly filter: Uint8Array;
  /** How many hash functions; BIP37 allows 50. */
  readonly hashFunctions: number;
  /** Seed of the hash functions. */
  readonly tweak: number;
  /** How outputs that match update the filter. */
  readonly flags: number;
}

/** `filteradd` (BIP37): adds an element to the filter. */
export interface FilterAdd extends OfType<"filteradd"> {
  /** What shall match from now on; BIP37 allows 520 bytes. */
  readonly element: Uint8Array;
}

/** `merkleblock` (BIP37): a header with a partial merkle tree. */
export interface MerkleBlock extends OfType<"merkleblock"> {
  /** The header of the block. */
  readonly header: BlockHeader;
  /** Number of transactions in the block. */
  readonly transactionCount: number;
  /** Nodes of the tree, depth first. */
  readonly hashes: Sequence<Uint8Array>;
  /** The flag bits of the tree, eight to a byte, lowest first; see {@linkcode flagBits}. */
  readonly flags: Uint8Array;
}

/**
 * The flag bits of a `merkleblock` one by one. They stay packed in the message because 4 MB of them are 32
 * million booleans.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { flagBits } from "./filter.ts";
 *
 * assertEquals([...flagBits(Uint8Array.of(5))].slice(0, 4), [true, false, true, false]);
 * ```
 */
export function* flagBits(flags: Uint8Array): Generator<boolean> {
  for (const byte of flags) {
    for (let bit = 0; bit < 8; bit++) yield (byte >> bit & 1) === 1;
  }
}

/** Codec of `filterload`. */
export const filterload: Codec<FilterLoad> = {
  decode: (reader) => ({
    type: "filterload",
    filter: reader.varBytes(),
    hashFunctions: reader.u32(),
    tweak: reader.u32(),
    flags: reader.u8(),
  }),
  encode({ filter, hashFunctions, tweak, flags }, writer) {
    writer.varBytes(filter);
    writer.u32(hashFunctions);
    writer.u32(tweak);
    writer.u8(flags);
  },
};

/** Codec of `filteradd`. */
export const filteradd: Codec<FilterAdd> = {
  decode: (reader) => ({ type: "filteradd", element: reader.varBytes() }),
  encode: ({ element }, writer) => writer.varBytes(element),
};

/** Codec of `merkleblock`. */
export const merkleblock: Codec<MerkleBlock> = {
  decode: (reader) => ({
    type: "merkleblock",
    header: readHeader(reader),
    transactionCount: reader.u32(),
    hashes: readHashes(reader),
    flags: reader.varBytes(),
  }),
  encode({ header, transactionCount, hashes, flags }, writer) {
    writeHeader(header, writer);
    writer.u32(transactionCount);
    writeHashes(hashes, writer);
    writer.varBytes(flags);
  },
};
