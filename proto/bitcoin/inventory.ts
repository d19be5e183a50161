import type { Codec, OfType } from "./_codec.ts";
import type { Reader } from "./_reader.ts";
import { LazySequence, type Sequence } from "./sequence.ts";

/** One entry of an inventory: what kind of thing, and its hash in wire order. */
export interface InventoryItem {
  /** The number on the wire, of which {@linkcode INVENTORY_TYPE} names the known ones. */
  readonly type: number;
  /** In wire order. */
  readonly hash: Uint8Array;
}

/** `inv`: announces things. */
export interface Inv extends OfType<"inv"> {
  /** In wire order. */
  readonly items: Sequence<InventoryItem>;
}

/** `getdata`: asks for things. */
export interface GetData extends OfType<"getdata"> {
  /** In wire order. */
  readonly items: Sequence<InventoryItem>;
}

/** `notfound`: the answer to what cannot be given. */
export interface NotFound extends OfType<"notfound"> {
  /** In wire order. */
  readonly items: Sequence<InventoryItem>;
}

/** The inventory types that Core knows (its GetDataMsg). */
export const INVENTORY_TYPE = {
  error: 0,
  tx: 1,
  block: 2,
  filteredBlock: 3,
  compactBlock: 4,
  wtx: 5,
  witnessTx: 0x4000_0001,
  witnessBlock: 0x4000_0002,
} as const;

const ITEM_BYTES = 36;

/** Codec of `inv`. */
export const inv: Codec<Inv> = codec("inv");
/** Codec of `getdata`. */
export const getdata: Codec<GetData> = codec("getdata");
/** Codec of `notfound`. */
export const notfound: Codec<NotFound> = codec("notfound");

interface Inventory<T extends string> {
  readonly type: T;
  readonly items: Sequence<InventoryItem>;
}

function codec<T extends string>(type: T): Codec<Inventory<T>> {
  return {
    decode: (reader) => ({ type, items: readItems(reader) }),
    encode({ items }, writer) {
      writer.compactSize(items.length);
      for (const item of items) {
        writer.u32(item.type);
        writer.hash(item.hash);
      }
    },
  };
}

function readItems(reader: Reader): Sequence<InventoryItem> {
  const count = reader.count(ITEM_BYTES);
  const items = reader.slice(count * ITEM_BYTES);
  const view = new DataView(items.buffer, items.byteOffset, items.byteLength);
  return new LazySequence(count, (index) => {
    const at = index * ITEM_BYTES;
    return { type: view.getUint32(at, true), hash: items.subarray(at + 4, at + ITEM_BYTES) };
  });
}
