/**
 * P2P messages as text, one row per message type.
 *
 * @module
 */

import { hashToHex } from "../../proto/bitcoin/hash.ts";
import type { MessageEvent } from "../../proto/schema.ts";
import { printable } from "../../runtime/log.ts";
import {
  address,
  addresses,
  formatMember,
  type Formats,
  hashes,
  header,
  inventory,
  list,
  prefilled,
  transaction,
  transactions,
} from "./primitives.ts";

const MESSAGES: Formats<NonNullable<MessageEvent["msg"]>> = {
  ping: ({ value }) => `Ping(${value})`,
  pong: ({ value }) => `Pong(${value})`,
  inv: ({ items }) => `Inv([${inventory(items)}])`,
  getdata: ({ items }) => `GetData([${inventory(items)}])`,
  notfound: ({ items }) => `NotFound([${inventory(items)}])`,
  tx: ({ tx }) => `Tx(${transaction(tx)})`,
  headers: ({ headers }) => `Headers([${list(headers, header)}])`,
  addr: (m) => `Addr([${addresses(m.addresses)}])`,
  addrv2: (m) => `AddrV2([${addresses(m.addresses)}])`,
  feefilter: ({ fee }) => `FeeFilter(${fee})`,
  getheaders: (m) => `GetHeaders(${locator(m)})`,
  getblocks: (m) => `GetBlocks(${locator(m)})`,
  version: (m) =>
    `Version(version=${m.version}, services=${m.services}, timestamp=${m.timestamp}, receiver=${
      address(m.receiver)
    }, sender=${address(m.sender)}, nonce=${m.nonce}, user_agent=${
      printable(m.userAgent)
    }, start_height=${m.startHeight}, relay=${m.relay})`,
  reject: (m) =>
    `Reject(command=${printable(m.rejectedCommand)}, reason=${m.reason}, details=${
      printable(m.reasonDetails)
    }, hash=${hashToHex(m.hash)})`,
  compactblock: (m) =>
    `CmpctBlock(header=${header(m.header)}, nonce=${m.nonce}, short_ids=[${
      list(m.shortIds, (id) => id.toHex())
    }], prefilled_transactions=[${list(m.transactions, prefilled)}])`,
  sendcompact: (m) => `SendCompact(send_compact=${m.sendCompact}, version=${m.version})`,
  block: (m) => `Block(header=${header(m.header)}, transactions=${transactions(m.transactions)})`,
  getblocktxn: (m) => `GetBlockTxn(hash=${hashToHex(m.blockHash)}, tx_indexes=${m.txIndexes.join(", ")})`,
  blocktxn: (m) => `BlockTxn(hash=${hashToHex(m.blockHash)}, transactions=${transactions(m.transactions)})`,
  alert: (m) => `Alert(alert=${m.alert.toHex()})`,
  filteradd: ({ filter }) => `FilterAdd(filter=${filter.toHex()})`,
  filterload: (m) =>
    `FilterLoad(filter=${m.filter.toHex()}, hash_funcs=${m.hashFuncs}, tweak=${m.tweak}, flags=${m.flags})`,
  getcfcheckpt: (m) => `GetCFCheckpt(filter_type=${m.filterType}, stop_hash=${hashToHex(m.stopHash)})`,
  cfcheckpt: (m) =>
    `CFCheckpt(filter_type=${m.filterType}, stop_hash=${hashToHex(m.stopHash)}, filter_headers=[${
      hashes(m.filterHeaders)
    }])`,
  getcfheaders: (m) => `GetCFHeaders(${filterRange(m)})`,
  cfheaders: (m) =>
    `CFHeaders(filter_type=${m.filterType}, stop_hash=${hashToHex(m.stopHash)}, prev_filter_header=${
      hashToHex(m.previousFilterHeader)
    }, filter_hashes=[${hashes(m.filterHashes)}])`,
  getcfilter: (m) => `GetCFilter(${filterRange(m)})`,
  cfilter: (m) =>
    `CFilter(filter_type=${m.filterType}, block_hash=${hashToHex(m.blockHash)}, filter=${m.filter.toHex()})`,
  merkleblock: (m) =>
    `MerkleBlock(header=${header(m.header)}, num_transactions=${m.numTransactions}, bits=[${
      m.bits.join(",")
    }], hashes=[${hashes(m.hashes)}])`,
  // The Rust logger says FilterLoad here; scripts read what it says.
  unknown: ({ command, payload }) => `FilterLoad(command=${printable(command)}, payload=${payload.toHex()})`,
  verack: () => "verack",
  sendheaders: () => "sendHeaders",
  getaddr: () => "getaddr",
  mempool: () => "mempool",
  wtxidrelay: () => "wtxidrelay",
  sendaddrv2: () => "sendaddrv2",
  filterclear: () => "filterclear",
  emptyaddrv2: () => "empty_addrv2",
  oldping: () => "old_ping",
};

/** A message with its direction and peer, or `undefined` when its type is not in the schema. */
export function formatMessage({ meta, msg }: MessageEvent): string | undefined {
  const text = formatMember(MESSAGES, msg);
  if (text === undefined) return undefined;
  const direction = meta.inbound ? "inbound from" : "outbound to";
  return `${direction} id=${meta.peerId} (conn_type=${meta.connType}): ${text}`;
}

function locator(m: { version: number; locatorHashes: Uint8Array[]; stopHash: Uint8Array }): string {
  return `version=${m.version}, locator_hashes=[${hashes(m.locatorHashes)}], stop_hash=${
    hashToHex(m.stopHash)
  }`;
}

function filterRange(m: { filterType: number; startHeight: number; stopHash: Uint8Array }): string {
  return `filter_type=${m.filterType}, start_height=${m.startHeight}, stop_hash=${hashToHex(m.stopHash)}`;
}
