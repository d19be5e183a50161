/**
 * Addresses as texts: what kind of network one is of, and what of it counts when two are compared.
 *
 * @module
 */

import { hostOf } from "../../proto/netgroup.ts";
import { parseIp, parseSubnet } from "../../proto/subnet.ts";
import { SubnetSet } from "../../proto/subnet_set.ts";

/** An address without its port. */
export interface Host {
  /** Its network; `local` is this machine or nothing at all, `name` everything that is no address. */
  readonly network: "local" | "ipv4" | "ipv6" | "cjdns" | "torv2" | "torv3" | "i2p" | "name";
  /** The same for all ways to write it. */
  readonly id: string;
  /** The bytes of an IP address. */
  readonly bytes?: Uint8Array;
  /** As it was written. */
  readonly text: string;
}

const LOCAL = new SubnetSet(["127.0.0.0/8", "0.0.0.0/32", "::/127"].map(parseSubnet));
const ONION = /^([a-z2-7]{16}|[a-z2-7]{52}|[a-z2-7]{56})\.onion?$/;
const I2P = /^([a-z2-7]{52})\.b32\.i2p$/;
const CJDNS_FIRST_BYTE = 0xfc;
/** Tor's checksum and version stand behind the 52 characters of the key. */
const KEY_CHARS = 52;

/** What a text says; the port, if there is one, is left out. */
export function parseHost(text: string): Host {
  const host = hostOf(text);
  const bytes = parseIp(host);
  if (bytes !== undefined) return ipHost(bytes, host);
  const lower = host.toLowerCase();
  const onion = ONION.exec(lower)?.[1];
  if (onion !== undefined) {
    const network = onion.length === 16 ? "torv2" : "torv3";
    return { network, id: `${network} ${onion.slice(0, KEY_CHARS)}`, text: host };
  }
  const i2p = I2P.exec(lower)?.[1];
  if (i2p !== undefined) return { network: "i2p", id: `i2p ${i2p}`, text: host };
  return { network: "name", id: `name ${lower}`, text: host };
}

function ipHost(bytes: Uint8Array, text: string): Host {
  const network = LOCAL.holds(bytes)
    ? "local"
    : bytes.length === 4
    ? "ipv4"
    : bytes[0] === CJDNS_FIRST_BYTE
    ? "cjdns"
    : "ipv6";
  return { network, id: `ip ${bytes.toHex()}`, bytes, text };
}

/** The port behind a host; `undefined` where there is none. */
export function portOf(text: string): number | undefined {
  const host = hostOf(text);
  const rest = text.startsWith("[") ? text.slice(host.length + 2) : text.slice(host.length);
  return /^:\d{1,5}$/.test(rest) ? Number(rest.slice(1)) : undefined;
}
