import { parseIp } from "./subnet.ts";

/** Core's numbers of the networks whose addresses say who is behind them. */
const IPV4 = 1;
const IPV6 = 2;

/**
 * Who a connection belongs to, as far as its address tells: the /24 of IPv4, the /48 of IPv6. Of Tor, I2P and CJDNS
 * nothing can be said: all inbound peers of Tor seem to come from this machine.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(netgroupOf({ addr: "203.0.113.7:8333", network: 1 }), "203.0.113.0/24");
 * assertEquals(netgroupOf({ addr: "[2001:db8:1:2::3]:8333", network: 2 }), "2001:db8:1::/48");
 * assertEquals(netgroupOf({ addr: "127.0.0.1:4444", network: 3 }), undefined);
 * ```
 */
export function netgroupOf({ addr, network }: { addr: string; network: number }): string | undefined {
  if (network !== IPV4 && network !== IPV6) return undefined;
  const bytes = parseIp(hostOf(addr));
  return bytes === undefined ? undefined : netgroupOfIp(bytes);
}

/** The same of the 4 or 16 bytes of an address. */
export function netgroupOfIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.0/24`;
  const groups = [0, 2, 4].map((at) => (bytes[at]! << 8 | bytes[at + 1]!).toString(16));
  return `${groups.join(":")}::/48`;
}

/** An address without its port and brackets. */
export function hostOf(address: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(address);
  if (bracketed !== null) return bracketed[1]!;
  const colon = address.lastIndexOf(":");
  const isPort = colon >= 0 && address.indexOf(":") === colon;
  return isPort ? address.slice(0, colon) : address;
}
