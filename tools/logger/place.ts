/**
 * Which peers an address, a subnet or an onion or I2P host stands for.
 *
 * @module
 */

import { hostOf } from "../../proto/netgroup.ts";
import { holds, parseIp, parseSubnet, type Subnet } from "../../proto/subnet.ts";

/** What one entry of an address list stands for: a subnet, or a host by name. */
export type Place = Subnet | { readonly host: string };

/**
 * Reads one entry: `203.0.113.7`, `10.0.0.0/8`, `2001:db8::/32`, `….onion`, `….b32.i2p`.
 *
 * @throws {SyntaxError} If it is none of these.
 */
export function parsePlace(text: string): Place {
  const host = text.toLowerCase();
  if (/^[a-z0-9]+\.(onion|b32\.i2p)$/.test(host)) return { host };
  try {
    return parseSubnet(unbracketed(host));
  } catch (cause) {
    throw new SyntaxError(
      `expected an address without a port, a subnet such as 10.0.0.0/8, or an .onion or .b32.i2p host, not "${text}"`,
      { cause },
    );
  }
}

/** Most texts whose answer is kept. A node has a few hundred peers; an archive of a year may have millions. */
const MOST_KEPT = 10_000;

/** A test for the `host:port` texts of events: does the host belong to one of these places? */
export function makeMatcher(places: readonly Place[]): (addr: string) => boolean {
  const kept = new Map<string, boolean>();
  return (addr) => {
    let answer = kept.get(addr);
    if (answer === undefined) {
      answer = belongs(hostOf(addr).toLowerCase(), places);
      if (kept.size >= MOST_KEPT) kept.clear();
      kept.set(addr, answer);
    }
    return answer;
  };
}

function belongs(host: string, places: readonly Place[]): boolean {
  const ip = parseIp(host);
  return places.some((place) => "host" in place ? place.host === host : ip !== undefined && holds(place, ip));
}

function unbracketed(text: string): string {
  return text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
}
