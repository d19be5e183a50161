/**
 * What lines are put together from: hashes, stranger's texts, lists, and the small messages that others consist of.
 *
 * @module
 */

import { hashToHex } from "../../proto/bitcoin/hash.ts";
import type {
  Address,
  BlockHeader,
  InventoryItem,
  PrefilledTransaction,
  Transaction,
} from "../../proto/schema.ts";
import { printable } from "../../runtime/log.ts";

/** The member that a oneof has, as our codec gives it. */
export interface Member {
  /** Its name. */
  readonly case: string;
  /** Its value. */
  readonly value: unknown;
}

/** One small formatting function per member of a oneof; a member without one does not compile. */
export type Formats<M extends Member> = {
  readonly [C in M["case"]]: (value: Extract<M, { case: C }>["value"]) => string;
};

/** The text of a member, or `undefined` when the oneof has none that this schema knows. */
export function formatMember<M extends Member>(
  formats: Formats<M>,
  member: M | undefined,
): string | undefined {
  if (member === undefined) return undefined;
  const format = formats[member.case as M["case"]] as (value: unknown) => string;
  return format(member.value);
}

/** The texts of all items, one after the other. */
export function list<T>(items: readonly T[], format: (item: T) => string, separator = ", "): string {
  let text = "";
  for (let i = 0; i < items.length; i++) text += i === 0 ? format(items[i]!) : separator + format(items[i]!);
  return text;
}

/** Hashes, separated. */
export function hashes(items: readonly Uint8Array[]): string {
  return list(items, hashToHex);
}

const ITEMS: Formats<NonNullable<InventoryItem["item"]>> = {
  transaction: (hash) => `Tx(${hashToHex(hash)})`,
  block: (hash) => `Block(${hashToHex(hash)})`,
  wtx: (hash) => `WTx(${hashToHex(hash)})`,
  witnessTransaction: (hash) => `WitnessTx(${hashToHex(hash)})`,
  witnessBlock: (hash) => `WitnessBlock(${hashToHex(hash)})`,
  compactBlock: (hash) => `CompactBlock(${hashToHex(hash)})`,
  unknown: ({ invType, hash }) => `Unknown(type=${invType}, hash=${hash.toHex()})`,
  error: () => "Error",
};

/** Inventory items, separated. */
export function inventory(items: readonly InventoryItem[]): string {
  return list(items, ({ item }) => formatMember(ITEMS, item) ?? "None");
}

const HOSTS: Formats<NonNullable<Address["address"]>> = {
  ipv4: (host) => `IPv4(${printable(host)})`,
  ipv6: (host) => `IPv6(${printable(host)})`,
  torv2: (host) => `TorV2(${printable(host)})`,
  torv3: (host) => `TorV3(${printable(host)})`,
  i2p: (host) => `I2p(${printable(host)})`,
  cjdns: (host) => `Cjdns(${printable(host)})`,
  unknown: ({ id, address }) => `Unknown(id=${id}, bytes=${address.toHex()})`,
};

/** An address that somebody announced. */
export function address({ timestamp, address: host, port, services }: Address): string {
  const text = formatMember(HOSTS, host) ?? "None";
  return `Address(timestamp=${timestamp}, address=${text}, port=${port}, services=${services})`;
}

/** Addresses, separated. */
export function addresses(items: readonly Address[]): string {
  return list(items, address);
}

/** A block header. */
export function header({ hash, version, prevBlockhash, merkleRoot, time, bits, nonce }: BlockHeader): string {
  return `BlockHeader(hash=${hashToHex(hash)}, version=${version}, prev_blockhash=${
    hashToHex(prevBlockhash)
  }, merkle_root=${hashToHex(merkleRoot)}, time=${time}, bits=${bits}, nonce=${nonce})`;
}

/** The ids of a transaction; its bytes are left to `--logger.json`. */
export function transaction({ txid, wtxid }: Transaction): string {
  return `Transaction(txid=${hashToHex(txid)}, wtxid=${hashToHex(wtxid)})`;
}

/** Transactions, separated. */
export function transactions(items: readonly Transaction[]): string {
  return list(items, transaction);
}

/** A transaction sent along with a compact block. */
export function prefilled({ diffIndex, tx }: PrefilledTransaction): string {
  return `PrefilledTransaction(diff_index=${diffIndex}, tx=${transaction(tx)})`;
}
