/**
 * Names of what events say in numbers.
 *
 * @module
 */

/** Bitcoin Core's numbers of networks. */
export const NETWORKS: readonly string[] = [
  "unroutable",
  "ipv4",
  "ipv6",
  "onion",
  "i2p",
  "cjdns",
  "internal",
];

/** Networks in the order they are shown. */
export const SHOWN_NETWORKS = ["ipv4", "ipv6", "onion", "i2p", "cjdns", "other"] as const;

/** How a network is written. */
export const NETWORK_TITLES: Readonly<Record<string, string>> = {
  ipv4: "IPv4",
  ipv6: "IPv6",
  onion: "Tor",
  i2p: "I2P",
  cjdns: "CJDNS",
  other: "other",
};

/** The network as it is shown: what is not one of ours is "other" (`not_publicly_routable`, say). */
export function shownNetwork(network: string): string {
  return SHOWN_NETWORKS.find((name) => name === network) ?? "other";
}

/** The network of an announced address, by the name of its form. */
export const ADDRESS_NETWORKS: Readonly<Record<string, string>> = {
  Ipv4: "ipv4",
  Ipv6: "ipv6",
  Torv2: "onion",
  Torv3: "onion",
  I2p: "i2p",
  Cjdns: "cjdns",
};

/** Levels of the log. */
export const LEVELS = ["info", "warning", "error", "debug", "trace"] as const;

/** Categories of the log. */
export const CATEGORIES: readonly string[] =
  ("unknown addrman bench blockstorage cmpctblock coindb estimatefee http i2p ipc leveldb libevent mempool " +
    "mempoolrej net proxy prune qt rand reindex rpc scan selectcoins tor txpackages txreconciliation " +
    "validation walletdb zmq").split(" ");

/** Types of connections, by the number in a tracepoint. */
export const CONNECTION_TYPES: readonly string[] = [
  "",
  "inbound",
  "outbound-full-relay",
  "block-relay-only",
  "feeler",
];

/** A type of connection, in short. */
export function shortType(type: string): string {
  return { "outbound-full-relay": "full relay", "block-relay-only": "block relay" }[type] ?? type;
}
