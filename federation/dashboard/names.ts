/**
 * Words for what has a number in the schema.
 *
 * @module
 */

import type { Agent, Anomaly, Behaviour, Network, TipStatus } from "../../proto/federation/schema.ts";
import { Delay } from "../../proto/federation/schema.ts";
import type { MetricName } from "./numbers.ts";

/** Networks. */
export const NETWORKS: Readonly<Record<keyof typeof Network, string>> = {
  IPV4: "IPv4",
  IPV6: "IPv6",
  ONION: "Tor",
  I2P: "I2P",
  CJDNS: "CJDNS",
  NOT_PUBLIC: "local, private",
};

/** Behaviours. */
export const BEHAVIOURS: Readonly<Record<keyof typeof Behaviour, string>> = {
  PING_SPAM: "pings all the time",
  ADDR_SPAM: "sends addresses all the time",
  ADDR_ENTRIES_SPAM: "sends more addresses than a node takes",
  INV_ONLY: "only listens, or never delivers",
  SHORT_LIVED: "goes within a minute of coming",
  RECONNECTING: "comes back again and again",
  LIST_HIT: "is on a list of bad addresses",
  MISBEHAVING: "broke the protocol",
  EVICTED: "was evicted",
};

/** User agents. */
export const AGENTS: Readonly<Record<keyof typeof Agent, string>> = {
  CORE_OTHER: "Core, other",
  CORE_24: "Core 24",
  CORE_25: "Core 25",
  CORE_26: "Core 26",
  CORE_27: "Core 27",
  CORE_28: "Core 28",
  CORE_29: "Core 29",
  CORE_30: "Core 30",
  CORE_31: "Core 31",
  KNOTS: "Knots",
  BTCD: "btcd",
  BCOIN: "bcoin",
  BITCOINJ: "bitcoinj",
  LIBBITCOIN: "libbitcoin",
  LIGHT_WALLET: "light wallets",
  CRAWLER: "crawlers",
  OTHER_AGENT: "others",
};

/** An anomaly: its name, and what it is. */
export const ANOMALIES: Readonly<Record<keyof typeof Anomaly, readonly [name: string, about: string]>> = {
  ADDR_FLOOD: ["Address flood", "Peers send far more addresses than usual"],
  CONNECTION_CHURN: ["Connection churn", "Connections come and go far faster than usual"],
  PING_STRESS: ["Ping stress", "Nodes answer pings far later than usual, or get far too many"],
  EVICTION_STORM: ["Eviction storm", "Nodes make room for new connections all the time"],
  MUTATED_BLOCKS: ["Mutated blocks", "Peers send blocks that do not fit their header"],
  FORK: ["Fork", "There is more than one chain to follow"],
  STALE_TIP: ["Stale tip", "No block has come for unusually long"],
  SLOW_VALIDATION: ["Slow validation", "Blocks take far longer to check than usual"],
  BUSY_MESSAGE_THREAD: ["Busy message thread", "Nodes hardly keep up with their messages"],
  INBOUND_DROP: ["Loss of inbound peers", "Far fewer peers are connected than usual"],
  RECONSTRUCTION_FAILURES: ["Failed reconstructions", "Compact blocks lack more transactions than usual"],
};

/** Ends of chains. */
export const TIPS: Readonly<Record<keyof typeof TipStatus, string>> = {
  ACTIVE: "the chain that is followed",
  VALID_FORK: "valid, not followed",
  VALID_HEADERS: "valid headers, not checked",
  HEADERS_ONLY: "headers only",
  INVALID: "invalid",
};

/** Delays in their order. */
export const DELAYS: readonly (readonly [key: keyof typeof Delay, text: string, short: string])[] = [
  ["BELOW_1_S", "below 1 s", "< 1 s"],
  ["BELOW_2_S", "1–2 s", "1–2"],
  ["BELOW_5_S", "2–5 s", "2–5"],
  ["BELOW_15_S", "5–15 s", "5–15"],
  ["ABOVE_15_S", "above 15 s", "> 15 s"],
];

/** The key of a number in one of the schema's enums. */
export function keyIn<K extends string>(of: Readonly<Record<K, number>>, number: number): K | undefined {
  return (Object.keys(of) as K[]).find((key) => of[key] === number);
}

/** A metric's part in words; `undefined` for a number without a name. */
export function partName(metric: MetricName, key: string): string {
  const words: Partial<Record<MetricName, Readonly<Record<string, string>>>> = {
    PEERS_BY_NETWORK: NETWORKS,
    NETGROUPS_BY_BEHAVIOUR: BEHAVIOURS,
    NETGROUPS_BY_AGENT: AGENTS,
  };
  return words[metric]?.[key] ?? (key === "OTHER_COMMAND" ? "others" : key.toLowerCase());
}
