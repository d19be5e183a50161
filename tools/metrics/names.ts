/**
 * What the schema's numbers and members are called in labels.
 *
 * @module
 */

import { type Address, FeeEstimateMode, LogDebugCategory, LogLevel } from "../../proto/schema.ts";

const BY_MEMBER = {
  ipv4: "IPv4",
  ipv6: "IPv6",
  torv2: "TorV2",
  torv3: "TorV3",
  i2p: "I2P",
  cjdns: "CJDNS",
  unknown: "Unknown",
} as const;

/** Networks of addresses on the wire. */
export const NETWORKS: readonly string[] = Object.values(BY_MEMBER);

/** The network of an address on the wire. */
export function networkOf({ address }: Address): string {
  return address === undefined ? "Unknown" : BY_MEMBER[address.case];
}

/** Types of inventory items; `None` is an item without a member that the schema knows. */
export const INVENTORY_TYPES: readonly string[] = [
  ...["Tx", "Block", "WTx", "WitnessTx", "WitnessBlock", "CompactBlock", "Unknown", "Error", "None"],
];

/** The type of an inventory item by the number of its field. */
export function inventoryType(field: number): string {
  return field === 15 ? "Error" : INVENTORY_TYPES[field - 1] ?? "None";
}

/** The type of an inventory item by its member. */
export const INVENTORY_TYPE_BY_MEMBER = {
  transaction: "Tx",
  block: "Block",
  wtx: "WTx",
  witnessTransaction: "WitnessTx",
  witnessBlock: "WitnessBlock",
  compactBlock: "CompactBlock",
  unknown: "Unknown",
  error: "Error",
} as const;

/** Messages that a node may send; the tracepoint cuts the last letter off the longest. */
export const COMMANDS: readonly string[] = [
  ...[
    "addr",
    "addrv2",
    "alert",
    "block",
    "blocktxn",
    "cfcheckpt",
    "cfheaders",
    "cfilter",
    "cmpctblock",
    "feature",
  ],
  ...["feefilter", "filteradd", "filterclear", "filterload", "getaddr", "getblocks", "getblocktxn"],
  ...[
    "getcfcheckp",
    "getcfcheckpt",
    "getcfheaders",
    "getcfilters",
    "getdata",
    "getheaders",
    "headers",
    "inv",
  ],
  ...[
    "mempool",
    "merkleblock",
    "notfound",
    "ping",
    "pong",
    "reject",
    "sendaddrv2",
    "sendcmpct",
    "sendheaders",
  ],
  ...["sendtxrcncl", "tx", "verack", "version", "wtxidrelay"],
];

/** Categories of the node's log. */
export const LOG_CATEGORIES: readonly string[] = lowerCase(LogDebugCategory);

/** Levels of the node's log. */
export const LOG_LEVELS: readonly string[] = lowerCase(LogLevel);

/** Modes of the node's fee estimates. */
export const FEE_MODES: readonly string[] = Object.keys(FeeEstimateMode);

/** Names by number; the numbers of these enums count from 0 without a gap. */
function lowerCase(names: Record<string, number>): string[] {
  return Object.keys(names).map((name) => name.toLowerCase());
}
