/**
 * What the public sees between two releases: `public/live.json`, replaced as a whole once a minute. What is in it about
 * hidden nodes is either a fact of the chain that many of them tell alike, or was paid for with the budget of the year;
 * disclosed nodes are in it as they are, because their operators said so.
 *
 * @module
 */

import type { Agent, Behaviour, Command, Network, TipStatus } from "../../proto/federation/schema.ts";

/** A name of a closed list as it stands in public: `PING_SPAM` is `ping spam`. */
export type Lower<Name> = Name extends `${infer First}_${infer Rest}` ? `${Lowercase<First>} ${Lower<Rest>}`
  : Name extends string ? Lowercase<Name>
  : never;

/** Name of the file, beside `index.json`. */
export const LIVE_FILE = "live.json";

/** Chain facts are at least so old before they are shown, and as old as a bin on top of that at most. */
export const LATE_SECONDS = 600;

/** All that is public between two releases: the file, and what a stream of it sends. */
export interface LiveDocument {
  /** How to read it. */
  readonly format: "waggle-live-1";
  /** When it was written: Unix seconds, a whole minute. If it is minutes old, the hub is not running. */
  readonly at: number;
  /** The chain, as many operators see it alike. */
  readonly chain: LiveChain;
  /** Whether the whole network is under stress, or why that is not said. */
  readonly stress: LiveStress;
  /** Nodes whose operators show them, by name. Nothing of a hidden node is in here. */
  readonly disclosed: readonly DisclosedNode[];
}

/**
 * Facts of the chain, each told by at least k operators of k independent trees in one bin of ten minutes that ended ten
 * minutes ago or earlier. Nothing says how many they are beyond k.
 */
export interface LiveChain {
  /** The tip that most nodes work on; `null` before k operators tell the same one. */
  readonly tip: ChainFact | null;
  /** Ends of chains beside it that are not invalid, of the last seven days, the highest first. */
  readonly forks: readonly (ChainFact & {
    /** What most nodes say of it. */
    readonly status: Exclude<Lower<keyof typeof TipStatus>, "active" | "invalid">;
  })[];
  /** Blocks that nodes refused as invalid, of the last seven days, the highest first. */
  readonly invalid: readonly ChainFact[];
  /**
   * Blocks that most of the network had late, of the last seven days, the newest first. An attacker can make a block late
   * for a node, so this is paid for like an alarm (`stress`), is noisy, and is empty while there are no alarms.
   */
  readonly delayed: readonly DelayedBlock[];
}

/** A block that is the end of a chain. */
export interface ChainFact {
  /** Its hash, as people write it. */
  readonly hash: string;
  /** Its height. */
  readonly height: number;
  /** The bin in which k operators first told it: its beginning, Unix seconds, a multiple of 600. */
  readonly first: number;
}

/** A block that came late. */
export interface DelayedBlock {
  /** Its hash, as people write it. */
  readonly hash: string;
  /** The bin in which it came: its beginning, Unix seconds. */
  readonly bin: number;
}

/** Why there is no boolean. */
export type NoStress =
  /** The policy of this federation has no alarms. */
  | "off"
  /** Too few operators: under the noise that hides one of them nobody would see all of them. */
  | "too small"
  /** The alarms of the year are used up. */
  | "budget"
  /** This hub does not keep the book of what was spent, or cannot read it. */
  | "unavailable";

/**
 * One boolean about the whole network, and its budget. It is noisy: it can miss a stress, and rarely is a false alarm.
 * An alarm lasts until a fixed time, whatever happens meanwhile, so that its end tells nothing and costs nothing.
 */
export type LiveStress =
  | {
    /** Whether there is an alarm now. */
    readonly on: boolean;
    /** The hour that raised the alarm which is on, its beginning, Unix seconds; `null` while it is off. */
    readonly since: number | null;
    /** When the alarm which is on ends by itself, Unix seconds; `null` while it is off. */
    readonly until: number | null;
    /** Alarms that can still be raised, after the one that is on: what the year's budget has left. */
    readonly alarmsLeft: number;
    /** Alarms in any 364 days, by the policy. Stress and delayed blocks share them. */
    readonly alarmsPerYear: number;
  }
  | {
    /** Not said. */
    readonly on: null;
    /** Why. */
    readonly reason: NoStress;
    /** Alarms in any 364 days, by the policy; 0 where there are none. */
    readonly alarmsPerYear: number;
  };

/** A node whose operator shows it to everybody, in full: numbers of the last minute, exact. Never a peer's address. */
export interface DisclosedNode {
  /** The name that its operator chose: 1 to 32 of `a-z 0-9 . -`, unique in this document. */
  readonly name: string;
  /** Where there is more about it: an https address of at most 128 printable characters; `null` if not given. */
  readonly url: string | null;
  /** End of the minute that this is about: Unix seconds. */
  readonly at: number;
  /** Seconds that counts are of: usually 60. */
  readonly seconds: number;
  /** Its peers now; `null` if its extractors do not tell. */
  readonly peers: DisclosedPeers | null;
  /** Messages of these seconds, the most bytes first; those with no message are left out. */
  readonly messages: readonly DisclosedMessages[];
  /** Addresses that came in these seconds, and of them what the rate limit dropped. */
  readonly addresses: { readonly received: number; readonly limited: number };
  /** Connections in these seconds. */
  readonly connections: { readonly opened: number; readonly closed: number; readonly evicted: number };
  /** Its mempool; `null` if its extractors do not tell. `minFee` is in sat/vB. */
  readonly mempool:
    | { readonly transactions: number; readonly bytes: number; readonly minFee: number }
    | null;
  /** The last blocks that it connected, the newest first: 12 at most. */
  readonly blocks: readonly {
    /** Hash, as people write it. */
    readonly hash: string;
    /** Height. */
    readonly height: number;
    /** When the node had it: Unix milliseconds. */
    readonly at: number;
  }[];
  /** Ends of chains that it knows, the active one first: 12 at most. */
  readonly tips: readonly {
    /** Hash, as people write it. */
    readonly hash: string;
    /** Height. */
    readonly height: number;
    /** What it says of it. */
    readonly status: Lower<keyof typeof TipStatus>;
  }[];
  /** Netgroups that showed a behaviour within the bin of ten minutes under way; those with none are left out. */
  readonly behaviours: Readonly<Partial<Record<Lower<keyof typeof Behaviour>, number>>>;
  /** Headline numbers of the minutes before, the oldest first: 60 at most, of which some may be missing. */
  readonly history: readonly DisclosedMinute[];
}

/** Peers of a disclosed node, now. */
export interface DisclosedPeers {
  /** That connected to it. */
  readonly inbound: number;
  /** That it connected to. */
  readonly outbound: number;
  /** By network; those with none are left out. */
  readonly networks: Readonly<Partial<Record<Lower<keyof typeof Network>, number>>>;
  /** By transport. */
  readonly transports: { readonly v1: number; readonly v2: number; readonly unknown: number };
  /** By family of user agent; those with none are left out. */
  readonly agents: Readonly<Partial<Record<Lower<keyof typeof Agent>, number>>>;
}

/** Messages of one kind. */
export interface DisclosedMessages {
  /** Which. */
  readonly command: Lower<keyof typeof Command>;
  /** Received: messages. */
  readonly received: number;
  /** Received: bytes. */
  readonly receivedBytes: number;
  /** Sent: messages. */
  readonly sent: number;
  /** Sent: bytes. */
  readonly sentBytes: number;
}

/** Headline numbers of a minute of a disclosed node. */
export interface DisclosedMinute {
  /** Its end: Unix seconds. */
  readonly at: number;
  /** Peers that connected to it; `null` if not told. */
  readonly inbound: number | null;
  /** Peers that it connected to; `null` if not told. */
  readonly outbound: number | null;
  /** Messages received. */
  readonly messages: number;
  /** Bytes received. */
  readonly bytes: number;
  /** Addresses received. */
  readonly addresses: number;
  /** Transactions in its mempool; `null` if not told. */
  readonly transactions: number | null;
}
