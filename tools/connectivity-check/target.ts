/**
 * What of an announced address can be connected to, and how.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { fromBase32, toBase32 } from "../../proto/base32.ts";
import type { Address } from "../../proto/schema.ts";
import { contains, parseIp, parseSubnet, type Subnet } from "../../proto/subnet.ts";

/** The networks that can be reached. */
export const NETWORKS = ["ipv4", "ipv6", "torv3", "i2p", "cjdns"] as const;

/** A network, as the option names it. */
export type Network = typeof NETWORKS[number];

/** The names that peer-observer gives them in labels and files. */
export const NETWORK_NAMES: { readonly [N in Network]: string } = {
  ipv4: "IPv4",
  ipv6: "IPv6",
  torv3: "TorV3",
  i2p: "I2p",
  cjdns: "Cjdns",
};

/** Somewhere to connect to. */
export interface Target {
  /** Which network it is on. */
  readonly network: Network;
  /** What a socket or a proxy takes as host. */
  readonly host: string;
  /** The port. */
  readonly port: number;
}

/** Nothing on the internet: this machine, its neighbours, groups, documentation (IANA's special-purpose registries). */
const SPECIAL: readonly Subnet[] = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
].map(parseSubnet);
/** The only part of IPv6 that is given out, and what of it is not for hosts (Teredo, documentation, 6to4). */
const GLOBAL = [parseSubnet("2000::/3")];
const NOT_HOSTS = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"].map(parseSubnet);
const CJDNS = [parseSubnet("fc00::/8")];

/** I2P has no ports; SOCKS wants one. */
const I2P_PORT = 1;

/** Why an address is not tried. */
export type Unreachable = "network" | "not routable" | "no port" | "no host name";

/** Which addresses may be tried. */
export interface Reach {
  /** The networks that were chosen. */
  readonly networks: ReadonlySet<string>;
  /** Subnets that may be tried although they are special. */
  readonly allow: readonly Subnet[];
}

/**
 * The target of an announced address, or why there is none. What strangers announce must never make us knock on
 * doors of our own house.
 */
export function targetOf({ address, port }: Address, { networks, allow }: Reach): Target | Unreachable {
  if (address === undefined || !isNetwork(address.case) || !networks.has(address.case)) return "network";
  const network = address.case;
  const text = address.value as string;
  const host = HOSTS[network](text, allow);
  if (host === undefined) return network === "torv3" || network === "i2p" ? "no host name" : "not routable";
  if (network === "i2p") return { network, host, port: port || I2P_PORT };
  return port >= 1 && port <= 65535 ? { network, host, port } : "no port";
}

const HOSTS: { readonly [N in Network]: (text: string, allow: readonly Subnet[]) => string | undefined } = {
  ipv4: (text, allow) => parseIp(text)?.length === 4 && isPublic(text, allow) ? text : undefined,
  ipv6: (text, allow) => parseIp(text) !== undefined && isPublic(text, allow) ? text : undefined,
  cjdns: (text) => contains(CJDNS, text) ? text : undefined,
  torv3: onionHost,
  i2p: (text) => /^[a-z2-7]{52}\.b32\.i2p$/.test(text) ? text : undefined,
};

function isNetwork(name: string): name is Network {
  return (NETWORKS as readonly string[]).includes(name);
}

function isPublic(host: string, allow: readonly Subnet[]): boolean {
  if (contains(allow, host)) return true;
  // What looks like IPv6 and is IPv4 counts as IPv4.
  if (parseIp(host)!.length === 4) return !contains(SPECIAL, host);
  return contains(GLOBAL, host) && !contains(NOT_HOSTS, host);
}

const ONION_VERSION = 3;

/**
 * The name that Tor resolves. Events have the 52 characters of the key alone; checksum and version follow from it
 * (rend-spec-v3, section 6).
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const host = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion";
 * assertEquals(onionHost(`${host.slice(0, 52)}.onion`), host);
 * assertEquals(onionHost(host), host);
 * ```
 */
export function onionHost(text: string): string | undefined {
  const label = /^([a-z2-7]{52})(?:[a-z2-7]{4})?\.onion$/.exec(text)?.[1];
  if (label === undefined) return undefined;
  const key = fromBase32(label).subarray(0, 32);
  const checksum = createHash("sha3-256").update(".onion checksum").update(key)
    .update(Uint8Array.of(ONION_VERSION)).digest();
  return `${toBase32(Uint8Array.of(...key, checksum[0]!, checksum[1]!, ONION_VERSION))}.onion`;
}
