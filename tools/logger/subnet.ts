/**
 * Which peers an address, a subnet or an onion or I2P host stands for.
 *
 * @module
 */

/** An address as a number. */
export interface Ip {
  /** 32 for IPv4, 128 for IPv6 and CJDNS. */
  width: 32 | 128;
  /** The address as a number. */
  value: bigint;
}

/** All addresses that begin alike. */
export interface Subnet extends Ip {
  /** How many low bits are free. */
  freeBits: bigint;
}

/** What one entry of an address list stands for: a subnet, or a host by name. */
export type Place = Subnet | { host: string };

/**
 * Reads one entry: `203.0.113.7`, `10.0.0.0/8`, `2001:db8::/32`, `….onion`, `….b32.i2p`.
 *
 * @throws {SyntaxError} If it is none of these.
 */
export function parsePlace(text: string): Place {
  const host = text.toLowerCase();
  if (/^[a-z0-9]+\.(onion|b32\.i2p)$/.test(host)) return { host };
  const [address = "", prefix, ...rest] = host.split("/");
  const ip = rest.length > 0 ? undefined : parseIp(unbracketed(address));
  const bits = ip && (prefix === undefined ? ip.width : prefixLength(prefix, address, ip));
  if (ip === undefined || bits === undefined) {
    throw new SyntaxError(
      `expected an address without a port, a subnet such as 10.0.0.0/8, or an .onion or .b32.i2p host, not "${text}"`,
    );
  }
  const freeBits = BigInt(ip.width - bits);
  return { width: ip.width, value: ip.value >> freeBits, freeBits };
}

function prefixLength(text: string, address: string, { width }: Ip): number | undefined {
  // An IPv4 address written as IPv6 has become one of 32 bits.
  const outer = address.includes(":") && width === 32 ? 96 : 0;
  const bits = /^\d{1,3}$/.test(text) ? Number(text) - outer : -1;
  return bits >= 0 && bits <= width ? bits : undefined;
}

/** Most texts whose answer is kept. A node has a few hundred peers; an archive of a year may have millions. */
const MOST_KEPT = 10_000;

/** A test for the `host:port` texts of events: does the host belong to one of these places? */
export function makeMatcher(places: readonly Place[]): (addr: string) => boolean {
  const kept = new Map<string, boolean>();
  return (addr) => {
    let answer = kept.get(addr);
    if (answer === undefined) {
      answer = belongs(hostOf(addr), places);
      if (kept.size >= MOST_KEPT) kept.clear();
      kept.set(addr, answer);
    }
    return answer;
  };
}

function belongs(host: string, places: readonly Place[]): boolean {
  const ip = parseIp(host);
  return places.some((place) =>
    "host" in place
      ? place.host === host
      : place.width === ip?.width && ip.value >> place.freeBits === place.value
  );
}

/** Before the last colon, without brackets and zone, in lower case. */
function hostOf(addr: string): string {
  const colon = addr.lastIndexOf(":");
  return unbracketed(addr.slice(0, colon < 0 ? undefined : colon)).replace(/%.*/, "").toLowerCase();
}

function unbracketed(text: string): string {
  return text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
}

/** The IPv4 addresses within IPv6, `::ffff:0:0/96`. */
const MAPPED = 0xffffn;

/**
 * The number that an IPv4 or IPv6 text stands for; an IPv4-mapped one is an IPv4 address, as nodes print it.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseIp("0.0.1.2"), { width: 32, value: 258n });
 * assertEquals(parseIp("::1"), { width: 128, value: 1n });
 * assertEquals(parseIp("1.2.3"), undefined);
 * ```
 */
export function parseIp(text: string): Ip | undefined {
  if (!text.includes(":")) {
    const value = parseIpv4(text);
    return value === undefined ? undefined : { width: 32, value };
  }
  const value = parseIpv6(text);
  if (value === undefined) return undefined;
  return value >> 32n === MAPPED ? { width: 32, value: value & 0xffffffffn } : { width: 128, value };
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split(".");
  // No leading zeros: some programs read them as octal, so they could mean two addresses.
  const valid = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && +part < 256);
  return valid ? parts.reduce((value, part) => value << 8n | BigInt(part), 0n) : undefined;
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const isShortened = halves.length === 2;
  const head = groupsOf(halves[0]!, { isEnd: !isShortened });
  const tail = isShortened ? groupsOf(halves[1]!, { isEnd: true }) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (isShortened ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<bigint>(missing).fill(0n), ...tail];
  return groups.reduce((value, group) => value << 16n | group, 0n);
}

/** The 16-bit groups of one side of `::`; the last two of the address may be written as an IPv4 address. */
function groupsOf(text: string, { isEnd }: { isEnd: boolean }): bigint[] | undefined {
  if (text === "") return [];
  const groups: bigint[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    const ipv4 = isEnd && i === parts.length - 1 && part.includes(".") ? parseIpv4(part) : undefined;
    if (ipv4 !== undefined) groups.push(ipv4 >> 16n, ipv4 & 0xffffn);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}
