/**
 * A message in a few words.
 *
 * @module
 */

import { type Bytes, hashText, type InventoryItem, type MessageContent } from "./frames.ts";
import { count, shortHash } from "./format.ts";

type Describe = { [K in keyof MessageContent]-?: (value: NonNullable<MessageContent[K]>) => string };

const TEXTS: Describe = {
  Ping: ({ value }) => `nonce ${value}`,
  Pong: ({ value }) => `nonce ${value}`,
  Inv: ({ items }) => inventory(items),
  Getdata: ({ items }) => inventory(items),
  Notfound: ({ items }) => inventory(items),
  Tx: ({ tx }) => short(tx.txid),
  Headers: ({ headers }) => {
    const last = headers.at(-1);
    return last === undefined ? "none" : `${plural(headers.length, "header")}, last ${short(last.hash)}`;
  },
  Addr: ({ addresses }) => plural(addresses.length, "address", "addresses"),
  Addrv2: ({ addresses }) => plural(addresses.length, "address", "addresses"),
  Feefilter: ({ fee }) => `${Number(fee) / 1000} sat/vB`,
  Version: ({ user_agent, start_height, version }) =>
    `${user_agent} ${version}, height ${count(start_height)}`,
  Compactblock: ({ header, short_ids }) => `${short(header.hash)}, ${plural(short_ids.length, "short id")}`,
  Block: ({ header }) => short(header.hash),
  Blocktxn: ({ block_hash, transactions }) =>
    `${plural(transactions.length, "transaction")} of ${short(block_hash)}`,
  Getblocktxn: ({ block_hash, tx_indexes }) =>
    `${plural(tx_indexes.length, "transaction")} of ${short(block_hash)}`,
  Reject: ({ rejected_command, reason_details }) => `${rejected_command}: ${reason_details}`,
};

/** What a message says; empty for one that says nothing but its name. */
export function describe(content: MessageContent | null): string {
  for (const key in content) {
    const text = TEXTS[key as keyof MessageContent] as ((value: unknown) => string) | undefined;
    return text?.(content[key as keyof MessageContent]) ?? "";
  }
  return "";
}

function inventory(items: readonly InventoryItem[]): string {
  const only = items.length === 1 ? hashOf(items[0]!) : undefined;
  if (only !== undefined) return `${kindOf(items[0]!)} ${short(only)}`;
  const kinds = new Map<string, number>();
  for (const item of items) kinds.set(kindOf(item), (kinds.get(kindOf(item)) ?? 0) + 1);
  return [...kinds].map(([kind, times]) => plural(times, kind)).join(", ");
}

function kindOf({ item }: InventoryItem): string {
  if (item === null) return "item";
  if ("Wtx" in item || "Transaction" in item || "WitnessTransaction" in item) return "transaction";
  return "Block" in item || "WitnessBlock" in item || "CompactBlock" in item ? "block" : "item";
}

function hashOf({ item }: InventoryItem): Bytes | undefined {
  const [value] = Object.values(item ?? {});
  return Array.isArray(value) ? value : undefined;
}

function short(hash: Bytes): string {
  return shortHash(hashText(hash));
}

function plural(times: number, one: string, many = `${one}s`): string {
  return `${count(times)} ${times === 1 ? one : many}`;
}
