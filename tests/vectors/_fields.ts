/**
 * Our messages in the form in which the vectors write theirs, one small function per type.
 *
 * @module
 */

import {
  blockHash,
  type BlockHeader,
  type Endpoint,
  flagBits,
  type GossipedAddress,
  hashToHex,
  type InventoryItem,
  type Message,
  outputSum,
  type Sequence,
  type Transaction,
  txid,
  vsize,
  weight,
  wtxid,
} from "../../proto/bitcoin/mod.ts";
import { frameworkAddress } from "./_lenient.ts";

/** A value of a vector. */
export type Field = null | boolean | number | bigint | string | readonly Field[] | {
  readonly [key: string]: Field;
};

/** The fields of a message under the names of the vectors. */
export function fieldsOf(message: Message): { readonly [key: string]: Field } {
  // The table has the function of each type; the compiler cannot follow the pairing through the lookup.
  return (FIELDS[message.type] as (message: Message) => { readonly [key: string]: Field })(message);
}

const FIELDS: { readonly [M in Message as M["type"]]: (message: M) => { readonly [key: string]: Field } } = {
  addr: ({ addresses }) => ({ addresses: list(addresses, addressV1) }),
  addrv2: ({ addresses }) => ({ addresses: list(addresses ?? [], addressV2) }),
  alert: ({ payload }) => ({ payload: payload.toHex() }),
  block: ({ header, transactions }) => ({
    header: headerFields(header),
    txs: list(transactions, transaction),
  }),
  blocktxn: ({ blockHash, transactions }) => ({
    blockHash: hashToHex(blockHash),
    txs: list(transactions, transaction),
  }),
  cfcheckpt: ({ filterType, stop, headers }) => ({
    filterType,
    stop: hashToHex(stop),
    headers: list(headers, hashToHex),
  }),
  cfheaders: ({ filterType, stop, previous, hashes }) => ({
    filterType,
    stop: hashToHex(stop),
    ...named(["prev", "prevHeader", "previous", "previousHeader", "prevFilterHeader"], hashToHex(previous)),
    ...named(["hashes", "filterHashes"], list(hashes, hashToHex)),
  }),
  cfilter: ({ filterType, blockHash, filter }) => ({
    filterType,
    blockHash: hashToHex(blockHash),
    filterBytes: filter.length,
  }),
  cmpctblock: ({ header, nonce, shortIds, prefilled }) => ({
    header: headerFields(header),
    nonce,
    shortIds: list(shortIds, (id) => id.toReversed().toHex()),
    prefilled: list(prefilled, (entry) => [entry.index, transaction(entry.transaction)]),
  }),
  feature: ({ id, payload }) => ({
    ...named(["id", "feature", "featureId"], id),
    ...named(["dataBytes", "featureBytes"], payload.length),
    ...named(["data", "featureData"], payload.toHex()),
  }),
  feefilter: ({ feeRate }) => ({ feerate: BigInt.asUintN(64, feeRate) }),
  filteradd: ({ element }) => ({ dataBytes: element.length }),
  filterclear: nothing,
  filterload: ({ filter, hashFunctions, tweak, flags }) => ({
    filterBytes: filter.length,
    hashFuncs: hashFunctions,
    tweak,
    flags,
  }),
  getaddr: nothing,
  getblocks: locator,
  getblocktxn: ({ blockHash, indexes }) => ({ blockHash: hashToHex(blockHash), indexes }),
  getcfcheckpt: ({ filterType, stop }) => ({ filterType, stop: hashToHex(stop) }),
  getcfheaders: range,
  getcfilters: range,
  getdata: inventory,
  getheaders: locator,
  headers: ({ headers }) => ({ headers: list(headers, headerFields) }),
  inv: inventory,
  mempool: nothing,
  merkleblock: ({ header, transactionCount, hashes, flags }) => ({
    header: headerFields(header),
    totalTxs: transactionCount,
    hashes: list(hashes, hashToHex),
    bits: [...flagBits(flags)],
  }),
  notfound: inventory,
  ping: ({ nonce }) => ({ nonce: nonce ?? 0n }),
  pong: ({ nonce }) => ({ nonce }),
  reject: ({ rejected, code, reason, hash }) => ({
    ...named(["message", "rejected"], rejected),
    code,
    reason,
    hash: hash === undefined ? null : hashToHex(hash),
  }),
  sendaddrv2: nothing,
  sendcmpct: ({ announce, version }) => ({ announce, version }),
  sendheaders: nothing,
  sendtxrcncl: ({ version, salt }) => ({ version, salt }),
  tx: (message) => transaction(message.transaction),
  unknown: ({ command, payload }) => ({ command, payload: payload.toHex() }),
  verack: nothing,
  version: (message) => ({
    version: message.version,
    services: message.services,
    time: message.timestamp,
    nonce: message.nonce ?? 0n,
    userAgent: message.userAgent ?? "",
    startHeight: message.startHeight ?? 0,
    // The framework reads a relay flag that is not there as zero.
    relay: message.relay ?? false,
    to: endpoint(message.receiver),
    from: message.sender === undefined ? null : endpoint(message.sender),
  }),
  wtxidrelay: nothing,
};

/** For types of which no recording has been seen, so that nobody has fixed the names yet. */
function named(names: readonly string[], value: Field): { readonly [key: string]: Field } {
  return Object.fromEntries(names.map((name) => [name, value]));
}

function nothing(): Record<never, Field> {
  return {};
}

function list<T>(sequence: Sequence<T>, field: (element: T) => Field): Field[] {
  return Array.from(sequence, field);
}

function inventory({ items }: { items: Sequence<InventoryItem> }): { items: Field } {
  return { items: list(items, ({ type, hash }) => [type, hashToHex(hash)]) };
}

function locator(
  { version, locator, stop }: { version: number; locator: Sequence<Uint8Array>; stop: Uint8Array },
): { readonly [key: string]: Field } {
  return { version, locator: list(locator, hashToHex), stop: hashToHex(stop) };
}

function range(
  { filterType, startHeight, stop }: { filterType: number; startHeight: number; stop: Uint8Array },
): { readonly [key: string]: Field } {
  return { filterType, startHeight, stop: hashToHex(stop) };
}

/** The framework knows only IPv4 before BIP155: it prints the last 4 of the 16 bytes, whatever the rest is. */
function quad({ address }: Endpoint): string {
  return address.bytes.subarray(-4).join(".");
}

function endpoint(entry: Endpoint): Field {
  return [quad(entry), entry.port, entry.services];
}

function addressV1(entry: GossipedAddress): Field {
  return { services: entry.services, port: entry.port, ip: quad(entry), time: entry.time };
}

function addressV2({ services, port, address, time }: GossipedAddress): Field {
  const ip = frameworkAddress(address.networkId, address.bytes);
  return { services, port, ip, time, net: address.networkId };
}

function headerFields(header: BlockHeader): Field {
  return {
    hash: hashToHex(blockHash(header)),
    version: header.version,
    prev: hashToHex(header.previous),
    merkleRoot: hashToHex(header.merkleRoot),
    time: header.time,
    bits: header.bits,
    nonce: header.nonce,
  };
}

function transaction(tx: Transaction): { readonly [key: string]: Field } {
  return {
    txid: hashToHex(txid(tx)),
    wtxid: hashToHex(wtxid(tx)),
    inputs: tx.inputCount,
    outputs: tx.outputCount,
    version: tx.version,
    locktime: tx.lockTime,
    outputSum: outputSum(tx),
    vsize: vsize(tx),
    weight: weight(tx),
  };
}
