/**
 * What lines are put together from: hashes, stranger's texts, lists, and the small messages that others consist of.
 *
 * @module
 */

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

const reversed = new Uint8Array(32);

/**
 * A hash as people write it: hexadecimal, with the bytes of the wire reversed.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(displayHex(Uint8Array.of(1, 2, 0xff)), "ff0201");
 * ```
 */
export function displayHex(hash: Uint8Array): string {
  // A copy of its own per hash takes twelve times as long (815 against 69 ns), and an inv has up to 50,000 of them.
  if (hash.length !== 32) return hash.toReversed().toHex();
  for (let i = 0; i < 32; i++) reversed[i] = hash[31 - i]!;
  return reversed.toHex();
}

/** The texts of all items, one after the other. */
export function list<T>(items: readonly T[], format: (item: T) => string, separator = ", "): string {
  let text = "";
  for (let i = 0; i < items.length; i++) text += i === 0 ? format(items[i]!) : separator + format(items[i]!);
  return text;
}

/** Hashes, separated. */
export function hashes(items: readonly Uint8Array[]): string {
  return list(items, displayHex);
}

const ITEMS: Formats<NonNullable<InventoryItem["item"]>> = {
  transaction: (hash) => `Tx(${displayHex(hash)})`,
  block: (hash) => `Block(${displayHex(hash)})`,
  wtx: (hash) => `WTx(${displayHex(hash)})`,
  witnessTransaction: (hash) => `WitnessTx(${displayHex(hash)})`,
  witnessBlock: (hash) => `WitnessBlock(${displayHex(hash)})`,
  compactBlock: (hash) => `CompactBlock(${displayHex(hash)})`,
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
  return `BlockHeader(hash=${displayHex(hash)}, version=${version}, prev_blockhash=${
    displayHex(prevBlockhash)
  }, merkle_root=${displayHex(merkleRoot)}, time=${time}, bits=${bits}, nonce=${nonce})`;
}

/** The ids of a transaction; its bytes are left to `--logger.json`. */
export function transaction({ txid, wtxid }: Transaction): string {
  return `Transaction(txid=${displayHex(txid)}, wtxid=${displayHex(wtxid)})`;
}

/** Transactions, separated. */
export function transactions(items: readonly Transaction[]): string {
  return list(items, transaction);
}

/** A transaction sent along with a compact block. */
export function prefilled({ diffIndex, tx }: PrefilledTransaction): string {
  return `PrefilledTransaction(diff_index=${diffIndex}, tx=${transaction(tx)})`;
}
