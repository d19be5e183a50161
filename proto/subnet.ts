/**
 * IP addresses as bytes, and the subnets they belong to.
 *
 * @module
 */

/** Addresses that start with the same bits. */
export interface Subnet {
  /** 4 bytes of IPv4 or 16 of IPv6. */
  readonly bytes: Uint8Array;
  /** How many of their bits count. */
  readonly prefixLength: number;
}

/** Bits of the IPv6 prefix in front of an IPv4 address (RFC 4291, section 2.5.5.2). */
const MAPPED_BITS = 96;

/**
 * An address, or a subnet such as `10.0.0.0/8` or `fd00::/8`.
 *
 * @throws {SyntaxError} If it is neither.
 */
export function parseSubnet(text: string): Subnet {
  const [address = "", prefix, ...more] = text.split("/");
  const bytes = parseIp(address);
  if (bytes === undefined || more.length > 0) {
    throw new SyntaxError(`expected an IP address or a subnet such as 10.0.0.0/8, not "${text}"`);
  }
  const bits = bytes.length * 8;
  if (prefix === undefined) return { bytes, prefixLength: bits };
  // "::ffff:10.0.0.0/104" is IPv4's 10.0.0.0/8.
  const prefixLength = Number(prefix) - (bits === 32 && address.includes(":") ? MAPPED_BITS : 0);
  if (!/^\d{1,3}$/.test(prefix) || prefixLength < 0 || prefixLength > bits) {
    throw new SyntaxError(`expected a prefix of at most ${bits} bits in "${text}"`);
  }
  return { bytes, prefixLength };
}

/**
 * Whether an address is in one of the subnets.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { contains, parseSubnet } from "./subnet.ts";
 *
 * assertEquals(contains([parseSubnet("127.0.0.0/8")], "127.3.2.1"), true);
 * assertEquals(contains([parseSubnet("127.0.0.0/8")], "::ffff:127.0.0.1"), true);
 * ```
 */
export function contains(subnets: readonly Subnet[], address: string): boolean {
  const bytes = parseIp(address);
  return bytes !== undefined && subnets.some((subnet) => holds(subnet, bytes));
}

/** Whether the bytes of an address start like the subnet's. */
export function holds({ bytes, prefixLength }: Subnet, address: Uint8Array): boolean {
  if (bytes.length !== address.length) return false;
  const whole = prefixLength >> 3;
  for (let i = 0; i < whole; i++) if (bytes[i] !== address[i]) return false;
  const mask = 0xff00 >> (prefixLength & 7) & 0xff;
  return mask === 0 || (bytes[whole]! & mask) === (address[whole]! & mask);
}

/** The bytes of an address, IPv4's four also for what a socket for both calls `::ffff:127.0.0.1`. */
export function parseIp(text: string): Uint8Array | undefined {
  if (!text.includes(":")) return parseIpv4(text);
  const bytes = parseIpv6(text.replace(/%.*$/, ""));
  const mapped = bytes?.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  return mapped ? bytes?.subarray(12) : bytes;
}

/** Prefixes of IPv6 behind which an IPv4 address stands. */
const CARRIERS: readonly { prefix: Uint8Array; at: number; inverted?: boolean }[] = [
  { prefix: Uint8Array.fromHex("0064ff9b0000000000000000"), at: 12 }, // RFC 6052, NAT64
  { prefix: Uint8Array.fromHex("0000000000000000ffff0000"), at: 12 }, // RFC 6145
  { prefix: Uint8Array.fromHex("2002"), at: 2 }, // RFC 3964, 6to4
  { prefix: Uint8Array.fromHex("20010000"), at: 12, inverted: true }, // RFC 4380, Teredo
];

/**
 * The IPv4 address that is reached at an address: itself, or the one in an IPv6 address of NAT64, 6to4 or Teredo.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ipv4Of, parseIp } from "./subnet.ts";
 *
 * assertEquals(ipv4Of(parseIp("2002:808:404::1")!), parseIp("8.8.4.4"));
 * assertEquals(ipv4Of(parseIp("2a01:4f8::1")!), undefined);
 * ```
 */
export function ipv4Of(address: Uint8Array): Uint8Array | undefined {
  if (address.length === 4) return address;
  const carrier = CARRIERS.find(({ prefix }) => prefix.every((byte, i) => address[i] === byte));
  if (carrier === undefined) return undefined;
  const ipv4 = address.subarray(carrier.at, carrier.at + 4);
  return carrier.inverted ? ipv4.map((byte) => byte ^ 0xff) : ipv4;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  let [part, value, digits] = [0, 0, 0];
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : DOT;
    if (code === DOT) {
      if (digits === 0 || part === 4) return undefined;
      bytes[part++] = value;
      [value, digits] = [0, 0];
    } else {
      // "01" is no number here: some programs take it for an octal one.
      if (code < ZERO || code > NINE || digits > 0 && value === 0) return undefined;
      value = value * 10 + code - ZERO;
      digits++;
      if (value > 255) return undefined;
    }
  }
  return part === 4 ? bytes : undefined;
}

const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

function parseIpv6(text: string): Uint8Array | undefined {
  const [head = "", tail, ...more] = text.split("::");
  if (more.length > 0) return undefined;
  const left = groups(head, { last: tail === undefined });
  const right = tail === undefined ? [] : groups(tail, { last: true });
  if (left === undefined || right === undefined) return undefined;
  const missing = 16 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined;
  return Uint8Array.from([...left, ...new Array<number>(missing).fill(0), ...right]);
}

/** The bytes of a part of an IPv6 address; the end of the last part may be written as IPv4. */
function groups(text: string, { last }: { last: boolean }): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const all = text.split(":");
  for (const [index, group] of all.entries()) {
    const ipv4 = last && index === all.length - 1 ? parseIpv4(group) : undefined;
    if (ipv4 !== undefined) bytes.push(...ipv4);
    else if (!/^[0-9A-Fa-f]{1,4}$/.test(group)) return undefined;
    else bytes.push(parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff);
  }
  return bytes;
}
