/**
 * The messages of the Bitcoin P2P protocol: payload bytes to message and back, and the frames they travel
 * in. Pure functions over bytes; what a stranger sends never makes them throw.
 *
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { decodeMessage, encodeMessage, hashToHex, INVENTORY_TYPE } from "./mod.ts";
 *
 * const payload = encodeMessage({
 *   type: "inv",
 *   items: [{ type: INVENTORY_TYPE.wtx, hash: new Uint8Array(32).fill(0xab) }],
 * });
 *
 * const decoded = decodeMessage("inv", payload);
 * assert(decoded.ok && decoded.message.type === "inv");
 * for (const { hash } of decoded.message.items) assertEquals(hashToHex(hash), "ab".repeat(32));
 * ```
 *
 * @module
 */

export type { OfType } from "./_codec.ts";
export type { RefusalReason } from "./_reader.ts";
export type { Addr, AddrV2, Endpoint, GossipedAddress, NetAddress, Network } from "./address.ts";
export { addressText } from "./address_text.ts";
export type { Block } from "./block.ts";
export type { BlockTxn, CmpctBlock, GetBlockTxn, PrefilledTransaction, SendCmpct } from "./compact_block.ts";
export type {
  CFCheckpt,
  CFHeaders,
  CFilter,
  GetCFCheckpt,
  GetCFHeaders,
  GetCFilters,
} from "./compact_filter.ts";
export type { FilterClear, GetAddr, Mempool, SendAddrV2, SendHeaders, Verack, WtxidRelay } from "./empty.ts";
export { type FilterAdd, type FilterLoad, flagBits, type MerkleBlock } from "./filter.ts";
export type { Feature, FeeFilter, SendTxRcncl, Version } from "./handshake.ts";
export {
  encodeFrame,
  type Frame,
  FrameParser,
  type FrameParserOptions,
  type FrameRefusal,
  MAX_PAYLOAD_BYTES,
  type Pushed,
} from "./framing.ts";
export { hashFromHex, hashToHex, sha256d } from "./hash.ts";
export { blockHash, type BlockHeader, type GetBlocks, type GetHeaders, type Headers } from "./header.ts";
export { type GetData, type Inv, INVENTORY_TYPE, type InventoryItem, type NotFound } from "./inventory.ts";
export type { Alert, Reject } from "./legacy.ts";
export {
  type Decoded,
  decodeMessage,
  encodeMessage,
  KNOWN_COMMANDS,
  type KnownMessage,
  type Message,
  type Unknown,
} from "./message.ts";
export { type NetworkName, signetStartBytes, START_BYTES } from "./network.ts";
export type { Ping, Pong } from "./ping.ts";
export type { Sequence } from "./sequence.ts";
export { outputSum, type Transaction, type Tx, txid, vsize, weight, wtxid } from "./transaction.ts";
