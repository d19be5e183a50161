import { toBase32 } from "../base32.ts";
import type { NetAddress } from "./address.ts";

/**
 * The address as text, without port and without brackets, all lower case.
 *
 * | network     | text                                                        |
 * | ----------- | ----------------------------------------------------------- |
 * | ipv4        | dotted quad                                                 |
 * | ipv6, cjdns | RFC 5952                                                    |
 * | torv2       | 16 base32 characters and `.onion`                           |
 * | torv3       | the 52 base32 characters of the key alone, and `.onion`     |
 * | i2p         | 52 base32 characters and `.b32.i2p`                         |
 * | unknown     | the bytes in hexadecimal                                    |
 *
 * The torv3 form is the one of peer-observer's events; the name that Tor resolves has four more characters
 * (checksum and version).
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { addressText } from "./address_text.ts";
 *
 * const bytes = Uint8Array.of(203, 0, 113, 7);
 * assertEquals(addressText({ network: "ipv4", networkId: 1, bytes }), "203.0.113.7");
 * ```
 */
export function addressText({ network, bytes }: NetAddress): string {
  return TEXT[network](bytes);
}

const TEXT: Record<NetAddress["network"], (bytes: Uint8Array) => string> = {
  ipv4: (bytes) => bytes.join("."),
  ipv6: ipv6Text,
  cjdns: ipv6Text,
  torv2: (bytes) => `${toBase32(bytes)}.onion`,
  torv3: (bytes) => `${toBase32(bytes)}.onion`,
  i2p: (bytes) => `${toBase32(bytes)}.b32.i2p`,
  unknown: (bytes) => bytes.toHex(),
};

function ipv6Text(bytes: Uint8Array): string {
  const groups: number[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(bytes[at]! << 8 | bytes[at + 1]!);
  // RFC 5952, section 5: the mapped prefix is known to hold an IPv4 address, so it is written as one.
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${bytes.subarray(12, 16).join(".")}`;
  }
  const hex = groups.map((group) => group.toString(16));
  const { start, length } = longestZeroRun(groups);
  // RFC 5952, section 4.2.2: a single zero group is not shortened.
  if (length < 2) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}

/** The first of the longest runs, as RFC 5952, section 4.2.3 asks. */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}
