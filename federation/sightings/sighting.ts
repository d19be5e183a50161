/**
 * What is said of a peer: its address and what it did. The behaviours are a closed list, so that a connection that did
 * nothing wrong can never be reported.
 *
 * @module
 */

import { addressText } from "../../proto/bitcoin/address_text.ts";
import { Behaviour } from "../../proto/federation/schema.ts";
import { ipv4Of } from "../../proto/subnet.ts";

/** An address and what it did. */
export interface Sighting {
  /** 4 bytes of IPv4, or the first 8 of IPv6: whoever has one address there has the /64. */
  readonly network: Uint8Array;
  /** A number of the enum Behaviour. */
  readonly behaviour: number;
}

/**
 * What is worth asking others about. Not in it: what honest nodes do, too (they go within a minute of coming when they
 * only try an address), and what happens to the innocent (they are evicted).
 */
export const REPORTED: ReadonlySet<number> = new Set([
  Behaviour.PING_SPAM,
  Behaviour.ADDR_SPAM,
  Behaviour.ADDR_ENTRIES_SPAM,
  Behaviour.INV_ONLY,
  Behaviour.RECONNECTING,
  Behaviour.LIST_HIT,
  Behaviour.MISBEHAVING,
]);

/** Bytes of a sighting: behaviour, kind of address, address. */
export const SIGHTING_BYTES = 10;
const KINDS: Readonly<Record<number, number>> = { 4: 4, 6: 8 };

/** The network of an address that is reported. */
export function networkOf(address: Uint8Array): Uint8Array {
  return ipv4Of(address) ?? address.subarray(0, 8);
}

/** A sighting as bytes, all of one length. */
export function encodeSighting({ network, behaviour }: Sighting): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SIGHTING_BYTES);
  bytes[0] = behaviour;
  bytes[1] = network.length === 4 ? 4 : 6;
  bytes.set(network, 2);
  return bytes;
}

/** The sighting in bytes; `undefined` if it is none that may be reported. One sighting has one form. */
export function decodeSighting(bytes: Uint8Array): Sighting | undefined {
  const [behaviour = 0, kind = 0] = bytes;
  const length = KINDS[kind];
  if (bytes.length !== SIGHTING_BYTES || length === undefined || !REPORTED.has(behaviour)) return undefined;
  if (bytes.subarray(2 + length).some((byte) => byte !== 0)) return undefined;
  return { behaviour, network: bytes.slice(2, 2 + length) };
}

/**
 * The network of a sighting for people.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(networkText(Uint8Array.of(203, 0, 113, 7)), "203.0.113.7");
 * assertEquals(networkText(Uint8Array.fromHex("20010db800000001")), "2001:db8:0:1::/64");
 * ```
 */
export function networkText(network: Uint8Array): string {
  if (network.length === 4) return addressText({ network: "ipv4", networkId: 1, bytes: network });
  const bytes = new Uint8Array(16);
  bytes.set(network);
  return `${addressText({ network: "ipv6", networkId: 2, bytes })}/64`;
}
