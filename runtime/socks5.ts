/**
 * A client of SOCKS5 proxies (RFC 1928) that logs in with a name of its own for each destination (RFC 1929): Tor then
 * takes a circuit of its own for each, so that nobody can tell that one party asks for all of them.
 *
 * @module
 */

import { parseIp } from "../proto/subnet.ts";

const VERSION = 5;
const NO_LOGIN = 0;
const PASSWORD = 2;
const CONNECT = 1;
const ADDRESS_TYPES = { ipv4: 1, name: 3, ipv6: 4 } as const;

const REPLIES: Readonly<Record<number, string>> = {
  1: "the proxy failed",
  2: "the proxy does not allow it",
  3: "network unreachable",
  4: "host unreachable",
  5: "connection refused",
  6: "timed out on the way",
  7: "the proxy knows no such command",
  8: "the proxy knows no such address",
};

/** Where to connect to, and as whom. */
export interface SocksDestination {
  /** An IP address, or a name that only the proxy resolves. */
  readonly host: string;
  /** The port. */
  readonly port: number;
  /** User name and password; streams of different users are kept apart. */
  readonly isolation: string;
}

/**
 * Asks a proxy for a connection. The connection to the proxy is the connection to the destination from then on; it
 * belongs to the caller, also when this rejects.
 *
 * @throws {Error} If the proxy refuses, says something else, or hangs up.
 */
export async function socksConnect(
  proxy: Deno.Conn,
  { host, port, isolation }: SocksDestination,
): Promise<void> {
  await write(proxy, Uint8Array.of(VERSION, 2, NO_LOGIN, PASSWORD));
  const [version, method] = await read(proxy, 2);
  if (version !== VERSION) throw new Error("something that is not a SOCKS5 proxy");
  if (method === PASSWORD) await login(proxy, isolation);
  else if (method !== NO_LOGIN) throw new Error("the proxy wants another login");
  await write(proxy, Uint8Array.of(VERSION, CONNECT, 0, ...addressBytes(host), port >> 8, port & 255));
  const [replyVersion, reply, , type] = await read(proxy, 4);
  if (replyVersion !== VERSION) throw new Error("something that is not a SOCKS5 proxy");
  if (reply !== 0) throw new Error(REPLIES[reply!] ?? `the proxy failed (${reply})`);
  // The bound address is of no interest, but it stands in front of what the destination says.
  const length = type === ADDRESS_TYPES.ipv4
    ? 4
    : type === ADDRESS_TYPES.ipv6
    ? 16
    : (await read(proxy, 1))[0]!;
  await read(proxy, length + 2);
}

async function login(proxy: Deno.Conn, isolation: string): Promise<void> {
  const word = new TextEncoder().encode(isolation).subarray(0, 255);
  await write(proxy, Uint8Array.of(1, word.length, ...word, word.length, ...word));
  const [, status] = await read(proxy, 2);
  if (status !== 0) throw new Error("the proxy refuses the login");
}

function addressBytes(host: string): number[] {
  const ip = parseIp(host);
  if (ip !== undefined) return [ip.length === 4 ? ADDRESS_TYPES.ipv4 : ADDRESS_TYPES.ipv6, ...ip];
  const name = new TextEncoder().encode(host);
  if (name.length > 255) throw new RangeError("a host name of more than 255 bytes");
  return [ADDRESS_TYPES.name, name.length, ...name];
}

async function write(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
}

/** So many bytes and not one more: what follows belongs to the destination. */
async function read(connection: Deno.Conn, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await connection.read(bytes.subarray(at));
    if (count === null) throw new Error("the proxy hung up");
    at += count;
  }
  return bytes;
}
