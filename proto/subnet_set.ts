/**
 * Many subnets at once: finding the one an address is in takes a binary search, however many there are.
 *
 * @module
 */

import { holds, parseIp, type Subnet } from "./subnet.ts";

/**
 * A set of addresses, given as subnets.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseSubnet } from "./subnet.ts";
 *
 * const set = new SubnetSet(["192.0.2.0/24", "2001:db8::/32"].map(parseSubnet));
 * assertEquals(set.has("192.0.2.7"), true);
 * assertEquals(set.has("192.0.3.7"), false);
 * ```
 */
export class SubnetSet {
  // No subnet lies in another one, so the last that starts at or before an address is the only one it can be in.
  readonly #byLength: ReadonlyMap<number, readonly Subnet[]>;

  /** The addresses of all of these. */
  constructor(subnets: Iterable<Subnet>) {
    const byLength = Map.groupBy([...subnets].map(masked), ({ bytes }) => bytes.length);
    this.#byLength = new Map([...byLength].map(([length, all]) => [length, outermost(all)]));
  }

  /** How many subnets are left, once those that lie in another one are left out. */
  get size(): number {
    return [...this.#byLength.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** Whether an address, as text, is in the set; a text that is no IP address is not. */
  has(address: string): boolean {
    const bytes = parseIp(address);
    return bytes !== undefined && this.holds(bytes);
  }

  /** Whether the address of these 4 or 16 bytes is in the set. */
  holds(address: Uint8Array): boolean {
    const subnets = this.#byLength.get(address.length);
    if (subnets === undefined) return false;
    let low = 0;
    for (let high = subnets.length; low < high;) {
      const middle = (low + high) >> 1;
      if (compare(subnets[middle]!.bytes, address) <= 0) low = middle + 1;
      else high = middle;
    }
    return low > 0 && holds(subnets[low - 1]!, address);
  }
}

/** The same subnet with nothing behind its prefix: `10.1.2.3/8` is `10.0.0.0/8`. */
function masked({ bytes, prefixLength }: Subnet): Subnet {
  const start = bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, prefixLength - i * 8))));
  return { bytes: start, prefixLength };
}

function outermost(subnets: Subnet[]): Subnet[] {
  subnets.sort((a, b) => compare(a.bytes, b.bytes) || a.prefixLength - b.prefixLength);
  const kept: Subnet[] = [];
  for (const subnet of subnets) {
    const last = kept.at(-1);
    if (last === undefined || !holds(last, subnet.bytes)) kept.push(subnet);
  }
  return kept;
}

function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}
