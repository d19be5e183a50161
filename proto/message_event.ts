/**
 * From a P2P payload to the event that reports it: the wire's own message types, in the shape of the event schema.
 *
 * @module
 */

import {
  addressText,
  blockHash,
  type BlockHeader,
  decodeMessage,
  type Endpoint,
  flagBits,
  type GossipedAddress,
  INVENTORY_TYPE,
  type InventoryItem,
  type Message,
  type RefusalReason,
  type Sequence,
  type Transaction,
  txid,
  wtxid,
} from "./bitcoin/mod.ts";
import type * as schema from "./schema.ts";

/** What a message event carries besides the metadata. */
export type MessageContent = NonNullable<schema.MessageEvent["msg"]>;

/** A message event, or why there is none. */
export type MessageEventResult =
  | { ok: true; event: schema.MessageEvent; trailingBytes: number; nonCanonical: boolean }
  | { ok: false; reason: RefusalReason | "unknown-reject-code"; offset: number };

/**
 * The event of a message that a node received or sent. A command this library knows whose payload does not decode
 * gives no event, as in the Rust system: the caller counts it.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const meta = { peerId: 7, addr: "203.0.113.7:8333", connType: 1, command: "verack", inbound: true, size: 0 };
 * const result = toMessageEvent(meta, new Uint8Array(0));
 * assertEquals(result.ok && result.event.msg, { case: "verack", value: true });
 * ```
 */
export function toMessageEvent(meta: schema.Metadata, payload: Uint8Array): MessageEventResult {
  const decoded = decodeMessage(meta.command, payload);
  if (!decoded.ok) return decoded;
  const msg = toContent(decoded.message, payload);
  if (msg === undefined) return { ok: false, reason: "unknown-reject-code", offset: 0 };
  const { trailingBytes, nonCanonical } = decoded;
  return { ok: true, event: { meta, msg }, trailingBytes, nonCanonical };
}

type Convert<M extends Message> = (message: M, payload: Uint8Array) => MessageContent | undefined;

const CONVERT: { [T in Message["type"]]: Convert<Extract<Message, { type: T }>> } = {
  version: (m) => ({ case: "version", value: toVersion(m) }),
  verack: () => ({ case: "verack", value: true }),
  addr: ({ addresses }) => ({ case: "addr", value: { addresses: each(addresses, toAddress) } }),
  addrv2: ({ addresses }) =>
    addresses === undefined
      ? { case: "emptyaddrv2", value: true }
      : { case: "addrv2", value: { addresses: each(addresses, toAddress) } },
  sendaddrv2: () => ({ case: "sendaddrv2", value: true }),
  wtxidrelay: () => ({ case: "wtxidrelay", value: true }),
  sendheaders: () => ({ case: "sendheaders", value: true }),
  getaddr: () => ({ case: "getaddr", value: true }),
  mempool: () => ({ case: "mempool", value: true }),
  filterclear: () => ({ case: "filterclear", value: true }),
  feefilter: ({ feeRate }) => ({ case: "feefilter", value: { fee: feeRate } }),
  sendcmpct: ({ announce, version }) => ({ case: "sendcompact", value: { sendCompact: announce, version } }),
  ping: ({ nonce }) =>
    nonce === undefined ? { case: "oldping", value: true } : { case: "ping", value: { value: nonce } },
  pong: ({ nonce }) => ({ case: "pong", value: { value: nonce } }),
  inv: ({ items }) => ({ case: "inv", value: { items: each(items, toItem) } }),
  getdata: ({ items }) => ({ case: "getdata", value: { items: each(items, toItem) } }),
  notfound: ({ items }) => ({ case: "notfound", value: { items: each(items, toItem) } }),
  tx: ({ transaction }) => ({ case: "tx", value: { tx: toTransaction(transaction) } }),
  block: ({ header, transactions }) => ({
    case: "block",
    value: { header: toHeader(header), transactions: each(transactions, toTransaction) },
  }),
  headers: ({ headers }) => ({ case: "headers", value: { headers: each(headers, toHeader) } }),
  getheaders: ({ version, locator, stop }) => ({
    case: "getheaders",
    value: { version: version >>> 0, locatorHashes: each(locator, same), stopHash: stop },
  }),
  getblocks: ({ version, locator, stop }) => ({
    case: "getblocks",
    value: { version: version >>> 0, locatorHashes: each(locator, same), stopHash: stop },
  }),
  cmpctblock: ({ header, nonce, shortIds, prefilled }) => ({
    case: "compactblock",
    value: {
      header: toHeader(header),
      nonce,
      shortIds: each(shortIds, same),
      transactions: each(
        prefilled,
        ({ index, transaction }) => ({ diffIndex: index, tx: toTransaction(transaction) }),
      ),
    },
  }),
  getblocktxn: ({ blockHash, indexes }) => ({
    case: "getblocktxn",
    value: { blockHash, txIndexes: [...indexes] },
  }),
  blocktxn: ({ blockHash, transactions }) => ({
    case: "blocktxn",
    value: { blockHash, transactions: each(transactions, toTransaction) },
  }),
  reject: toReject,
  alert: ({ payload }) => ({ case: "alert", value: { alert: payload } }),
  filterload: ({ filter, hashFunctions, tweak, flags }) => ({
    case: "filterload",
    value: { filter, hashFuncs: hashFunctions, tweak, flags },
  }),
  filteradd: ({ element }) => ({ case: "filteradd", value: { filter: element } }),
  merkleblock: ({ header, transactionCount, hashes, flags }) => ({
    case: "merkleblock",
    value: {
      header: toHeader(header),
      numTransactions: transactionCount,
      bits: [...flagBits(flags)],
      hashes: each(hashes, same),
    },
  }),
  getcfilters: ({ filterType, startHeight, stop }) => ({
    case: "getcfilter",
    value: { filterType, startHeight, stopHash: stop },
  }),
  cfilter: ({ filterType, blockHash, filter }) => ({
    case: "cfilter",
    value: { filterType, blockHash, filter },
  }),
  getcfheaders: ({ filterType, startHeight, stop }) => ({
    case: "getcfheaders",
    value: { filterType, startHeight, stopHash: stop },
  }),
  cfheaders: ({ filterType, stop, previous, hashes }) => ({
    case: "cfheaders",
    value: { filterType, stopHash: stop, previousFilterHeader: previous, filterHashes: each(hashes, same) },
  }),
  getcfcheckpt: ({ filterType, stop }) => ({ case: "getcfcheckpt", value: { filterType, stopHash: stop } }),
  cfcheckpt: ({ filterType, stop, headers }) => ({
    case: "cfcheckpt",
    value: { filterType, stopHash: stop, filterHeaders: each(headers, same) },
  }),
  // Younger than the event schema: they travel as what they are, a command and bytes.
  sendtxrcncl: (m, payload) => ({ case: "unknown", value: { command: m.type, payload } }),
  feature: (m, payload) => ({ case: "unknown", value: { command: m.type, payload } }),
  unknown: ({ command, payload }) => ({ case: "unknown", value: { command, payload } }),
};

function toContent<M extends Message>(message: M, payload: Uint8Array): MessageContent | undefined {
  return (CONVERT[message.type] as unknown as Convert<M>)(message, payload);
}

/** Entries of an inventory, also used for what a node announces to the p2p extractor. */
export function toItem({ type, hash }: InventoryItem): schema.InventoryItem {
  switch (type) {
    case INVENTORY_TYPE.tx:
      return { item: { case: "transaction", value: hash } };
    case INVENTORY_TYPE.block:
      return { item: { case: "block", value: hash } };
    case INVENTORY_TYPE.wtx:
      return { item: { case: "wtx", value: hash } };
    case INVENTORY_TYPE.witnessTx:
      return { item: { case: "witnessTransaction", value: hash } };
    case INVENTORY_TYPE.witnessBlock:
      return { item: { case: "witnessBlock", value: hash } };
    case INVENTORY_TYPE.compactBlock:
      return { item: { case: "compactBlock", value: hash } };
    case INVENTORY_TYPE.error:
      return { item: { case: "error", value: true } };
    default:
      return { item: { case: "unknown", value: { invType: type, hash } } };
  }
}

/** Entries of an addr or addrv2 message, also used for what a node announces to the p2p extractor. */
export function toAddress({ time, services, address, port }: GossipedAddress): schema.Address {
  const { network, networkId: id, bytes } = address;
  const value: schema.Address["address"] = network === "unknown"
    ? { case: "unknown", value: { id, address: bytes } }
    : { case: network, value: addressText(address) };
  return { timestamp: time, address: value, services, port };
}

const NOWHERE: Endpoint = {
  services: 0n,
  address: { network: "ipv6", networkId: 2, bytes: new Uint8Array(16) },
  port: 0,
};

// Old versions end earlier. The schema has no "absent", so what is missing reads as the wire's neutral value.
function toVersion(m: Extract<Message, { type: "version" }>): schema.Version {
  const { version, services, timestamp, receiver, sender = NOWHERE } = m;
  return {
    version: version >>> 0,
    services,
    timestamp,
    receiver: toAddress({ ...receiver, time: 0 }),
    sender: toAddress({ ...sender, time: 0 }),
    nonce: m.nonce ?? 0n,
    userAgent: m.userAgent ?? "",
    startHeight: m.startHeight ?? 0,
    // BIP37: a peer that does not say wants to be told.
    relay: m.relay ?? true,
  };
}

// Wire codes in the order of the schema's own numbers.
const REJECT_CODES = [0x01, 0x10, 0x11, 0x12, 0x40, 0x41, 0x42, 0x43];
const NO_HASH = new Uint8Array(32);

function toReject(m: Extract<Message, { type: "reject" }>): MessageContent | undefined {
  const reason = REJECT_CODES.indexOf(m.code);
  if (reason < 0) return undefined;
  const value = { rejectedCommand: m.rejected, reason, reasonDetails: m.reason, hash: m.hash ?? NO_HASH };
  return { case: "reject", value };
}

function toTransaction(transaction: Transaction): schema.Transaction {
  const id = txid(transaction);
  return { txid: id, wtxid: transaction.hasWitness ? wtxid(transaction) : id, raw: transaction.raw };
}

function toHeader(header: BlockHeader): schema.BlockHeader {
  const { version, previous, merkleRoot, time, bits, nonce } = header;
  return { version, prevBlockhash: previous, merkleRoot, time, bits, nonce, hash: blockHash(header) };
}

function each<A, B>(list: Sequence<A>, convert: (item: A) => B): B[] {
  return Array.from(list, (item) => convert(item));
}

function same<T>(item: T): T {
  return item;
}
