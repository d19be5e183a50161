/**
 * From an address to the group of addresses that one party can be expected to have: everything that a stranger can
 * cause is counted in these groups, and nothing of an address goes further than this file. The groups are those of
 * Bitcoin Core (`NetGroupManager::GetGroup` in `src/netgroup.cpp`).
 *
 * @module
 */

import { BASE32 } from "../../proto/base32.ts";
import { Network } from "../../proto/federation/schema.ts";
import { hostOf } from "../../proto/netgroup.ts";
import { ipv4Of, parseIp, parseSubnet } from "../../proto/subnet.ts";
import { SubnetSet } from "../../proto/subnet_set.ts";

/** Addresses that belong together. */
export interface Netgroup {
  /** The same for all of them; stays in memory. */
  readonly id: string;
  /** A number of the enum Network. */
  readonly network: number;
  /** The bytes of the very address, for lists; absent where the address does not say who is behind it. */
  readonly bytes: Uint8Array | undefined;
}

/** Knows the autonomous system of an address; 0 where it knows none. */
export interface AutonomousSystems {
  /** Its number. */
  asnOf(address: Uint8Array): number;
}

/** What the node calls the network of a peer, as a number (tracepoints) or a word (RPC). */
export type NetworkHint = number | string | undefined;

/** Onion and I2P addresses are keys, which anybody makes as many of as he likes: their first four bits are the group. */
const KEY_BITS = 4;
/** With or without Tor's checksum; I2P has none. */
const KEYS: readonly (readonly [pattern: RegExp, network: number])[] = [
  [/^([a-z2-7])(?:[a-z2-7]{15}|[a-z2-7]{51}|[a-z2-7]{55})\.onio?n?$/, Network.ONION],
  [/^([a-z2-7])[a-z2-7]{51}\.b32\.i2p$/, Network.I2P],
];

const ONION_HINTS: ReadonlySet<NetworkHint> = new Set<NetworkHint>([3, "onion"]);
const CJDNS_FIRST_BYTE = 0xfc;
/** Hurricane Electric gives a /48 of this /32 to everybody who asks. */
const TUNNEL_BROKER = parseSubnet("2001:470::/32");

/** What no peer of the open network has; Core's `IsRoutable`. */
const NOT_ROUTABLE = new SubnetSet(
  [
    ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"],
    ...["192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"],
    ...[
      "255.255.255.255",
      "::/127",
      "fe80::/64",
      "fc00::/7",
      "2001:10::/28",
      "2001:20::/28",
      "2001:db8::/32",
    ],
  ].map(parseSubnet),
);

const NOT_PUBLIC: Netgroup = { id: "local", network: Network.NOT_PUBLIC, bytes: undefined };
/** Inbound peers of Tor all seem to come from this machine. */
const UNKNOWN_ONION: Netgroup = { id: "onion", network: Network.ONION, bytes: undefined };

/**
 * The group of a peer's address, which may have a port behind it. What is no address is in the group of those that are
 * not public.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(netgroupOf("8.8.4.4:8333").id, netgroupOf("8.8.200.1:9").id);
 * assertEquals(netgroupOf("[2002:808:404::1]:8333").id, netgroupOf("8.8.4.4:8333").id);
 * ```
 */
export function netgroupOf(
  address: string,
  { hint, asmap }: { hint?: NetworkHint; asmap?: AutonomousSystems | undefined } = {},
): Netgroup {
  const host = hostOf(address);
  const bytes = parseIp(host);
  if (bytes === undefined) return groupOfKey(host.toLowerCase()) ?? NOT_PUBLIC;
  if (ONION_HINTS.has(hint)) return UNKNOWN_ONION;
  if (bytes.length === 16 && bytes[0] === CJDNS_FIRST_BYTE) {
    return { id: `cjdns ${bytes[1]! >> 4}`, network: Network.CJDNS, bytes };
  }
  return NOT_ROUTABLE.holds(bytes) ? NOT_PUBLIC : groupOfIp(bytes, asmap);
}

function groupOfKey(host: string): Netgroup | undefined {
  for (const [pattern, network] of KEYS) {
    const first = pattern.exec(host)?.[1];
    if (first === undefined) continue;
    return { id: `${network} ${BASE32.indexOf(first) >> (5 - KEY_BITS)}`, network, bytes: undefined };
  }
  return undefined;
}

function groupOfIp(bytes: Uint8Array, asmap: AutonomousSystems | undefined): Netgroup {
  const ipv4 = ipv4Of(bytes);
  const network = ipv4 === undefined ? Network.IPV6 : Network.IPV4;
  const asn = asmap?.asnOf(bytes) ?? 0;
  // The same system's IPv4 and IPv6 addresses are one party, but peers are told by network, too.
  if (asn !== 0) return { id: `as ${network} ${asn}`, network, bytes };
  if (ipv4 !== undefined) return { id: `4 ${ipv4[0]! << 8 | ipv4[1]!}`, network, bytes };
  const start = bytes.subarray(0, 4);
  const isTunnel = start.every((byte, i) => byte === TUNNEL_BROKER.bytes[i]);
  return { id: `6 ${start.toHex()}${isTunnel ? bytes[4]! >> 4 : ""}`, network, bytes };
}
