import type { Codec, OfType } from "./_codec.ts";
import { readHashes, writeHashes } from "./header.ts";
import type { Sequence } from "./sequence.ts";

/** `getcfilters` (BIP157): asks for the filters of a range of blocks. */
export interface GetCFilters extends OfType<"getcfilters"> {
  /** 0 is the basic filter of BIP158. */
  readonly filterType: number;
  /** Height of the first block. */
  readonly startHeight: number;
  /** Hash of the last block. */
  readonly stop: Uint8Array;
}

/** `cfilter` (BIP157): the filter of one block. */
export interface CFilter extends OfType<"cfilter"> {
  /** 0 is the basic filter of BIP158. */
  readonly filterType: number;
  /** The block, in wire order. */
  readonly blockHash: Uint8Array;
  /** The encoded filter. */
  readonly filter: Uint8Array;
}

/** `getcfheaders` (BIP157): asks for the filter headers of a range of blocks. */
export interface GetCFHeaders extends OfType<"getcfheaders"> {
  /** 0 is the basic filter of BIP158. */
  readonly filterType: number;
  /** Height of the first block. */
  readonly startHeight: number;
  /** Hash of the last block. */
  readonly stop: Uint8Array;
}

/** `cfheaders` (BIP157). */
export interface CFHeaders extends OfType<"cfheaders"> {
  /** 0 is the basic filter of BIP158. */
  readonly filterType: number;
  /** Hash of the last block. */
  readonly stop: Uint8Array;
  /** The filter header before the first hash. */
  readonly previous: Uint8Array;
  /** Filter hashes in height order. */
  readonly hashes: Sequence<Uint8Array>;
}

/** `getcfcheckpt` (BIP157): asks for filter headers at intervals of 1,000 blocks. */
export interface GetCFCheckpt extends OfType<"getcfcheckpt"> {
  /** 0 is the basic filter of BIP158. */
  readonly filterType: number;
  /** Hash of the last block. */
  readonly stop: Uint8Array;
}

/** `cfcheckpt` (BIP157). */
export interface CFCheckpt extends OfType<"cfcheckpt"> {
  /** 0 is the basic filter of BIP158. */
  readonly filterType: number;
  /** Hash of the last block. */
  readonly stop: Uint8Array;
  /** Filter headers in height order. */
  readonly headers: Sequence<Uint8Array>;
}

/** Codec of `getcfilters`. */
export const getcfilters: Codec<GetCFilters> = rangeCodec("getcfilters");
/** Codec of `getcfheaders`. */
export const getcfheaders: Codec<GetCFHeaders> = rangeCodec("getcfheaders");

/** Codec of `cfilter`. */
export const cfilter: Codec<CFilter> = {
  decode: (reader) => ({
    type: "cfilter",
    filterType: reader.u8(),
    blockHash: reader.slice(32),
    filter: reader.varBytes(),
  }),
  encode({ filterType, blockHash, filter }, writer) {
    writer.u8(filterType);
    writer.hash(blockHash);
    writer.varBytes(filter);
  },
};

/** Codec of `cfheaders`. */
export const cfheaders: Codec<CFHeaders> = {
  decode: (reader) => ({
    type: "cfheaders",
    filterType: reader.u8(),
    stop: reader.slice(32),
    previous: reader.slice(32),
    hashes: readHashes(reader),
  }),
  encode({ filterType, stop, previous, hashes }, writer) {
    writer.u8(filterType);
    writer.hash(stop);
    writer.hash(previous);
    writeHashes(hashes, writer);
  },
};

/** Codec of `getcfcheckpt`. */
export const getcfcheckpt: Codec<GetCFCheckpt> = {
  decode: (reader) => ({ type: "getcfcheckpt", filterType: reader.u8(), stop: reader.slice(32) }),
  encode({ filterType, stop }, writer) {
    writer.u8(filterType);
    writer.hash(stop);
  },
};

/** Codec of `cfcheckpt`. */
export const cfcheckpt: Codec<CFCheckpt> = {
  decode: (reader) => ({
    type: "cfcheckpt",
    filterType: reader.u8(),
    stop: reader.slice(32),
    headers: readHashes(reader),
  }),
  encode({ filterType, stop, headers }, writer) {
    writer.u8(filterType);
    writer.hash(stop);
    writeHashes(headers, writer);
  },
};

interface Range<T extends string> {
  readonly type: T;
  readonly filterType: number;
  readonly startHeight: number;
  readonly stop: Uint8Array;
}

function rangeCodec<T extends string>(type: T): Codec<Range<T>> {
  return {
    decode: (reader) => ({
      type,
      filterType: reader.u8(),
      startHeight: reader.u32(),
      stop: reader.slice(32),
    }),
    encode({ filterType, startHeight, stop }, writer) {
      writer.u8(filterType);
      writer.u32(startHeight);
      writer.hash(stop);
    },
  };
}
