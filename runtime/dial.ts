/**
 * Connections to a host that may go through a SOCKS5 proxy such as Tor's, encrypted where the address says so.
 *
 * @module
 */

import { isLoopback } from "./common_options.ts";
import { type Option, splitAddress } from "./options.ts";
import { socksConnect } from "./socks5.ts";

/** How to get somewhere. */
export interface Way {
  /** Where to: `ws:`, `wss:`, `http:` or `https:`. */
  readonly to: URL;
  /** Host and port of a SOCKS5 proxy; `undefined` for none. */
  readonly proxy: string | undefined;
  /** Certificates to trust besides the usual ones, as PEM. */
  readonly ca?: string | undefined;
  /** Streams of different names are kept apart by Tor. */
  readonly isolation: string;
}

/** The word for no proxy. */
export const NO_PROXY = "none";
/** Longer waits for a connection mean that there will be none; Tor needs its time. */
const CONNECT_MS = 60_000;

/** An option that names a proxy; Tor's, unless said otherwise. */
export function proxy(help: string): Option<string> {
  return {
    help,
    default: "socks5://127.0.0.1:9050",
    placeholder: "socks5://HOST:PORT",
    parse(text) {
      if (text !== NO_PROXY) splitAddress(text.replace(/^socks5:\/\//, ""));
      return text;
    },
  };
}

/** Host and port of a proxy, `undefined` for none. */
export function proxyAddress(proxy: string): string | undefined {
  return proxy === NO_PROXY ? undefined : proxy.replace(/^socks5:\/\//, "");
}

/** Whether what is said on the way there is encrypted. */
function isEncrypted({ protocol }: URL): boolean {
  return protocol === "wss:" || protocol === "https:";
}

/** Host and port that a connection is made to. */
export function addressOf(url: URL): string {
  return `${url.hostname}:${url.port || (isEncrypted(url) ? 443 : 80)}`;
}

/** What is dialled: the proxy, or the host itself. A host on this machine needs no proxy. */
export function dialled({ to, proxy }: Pick<Way, "to" | "proxy">): string {
  return proxy === undefined || isLoopback(to.hostname) ? addressOf(to) : proxy;
}

/** A host without the brackets of IPv6. */
export function bareHost(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}

/**
 * Connects, and gives up after a minute. `check` is told by which own address, before anything has been said; what it
 * throws ends the connection.
 */
export async function dial(
  way: Way,
  signal: AbortSignal,
  check: (localAddress: string) => void = () => {},
): Promise<Deno.Conn> {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new Deno.errors.TimedOut("no answer within a minute")),
    CONNECT_MS,
  );
  try {
    return await connect(way, AbortSignal.any([signal, late.signal]), check);
  } finally {
    clearTimeout(timer);
  }
}

async function connect(way: Way, signal: AbortSignal, check: (local: string) => void): Promise<Deno.Conn> {
  const { to, ca, isolation } = way;
  const { hostname, port } = splitAddress(dialled(way));
  let connection: Deno.Conn = await Deno.connect({ hostname, port, signal });
  const close = () => closeQuietly(connection);
  signal.addEventListener("abort", close, { once: true });
  try {
    if (dialled(way) === addressOf(to)) check((connection.localAddr as Deno.NetAddr).hostname);
    else {
      const { hostname: host, port } = splitAddress(addressOf(to));
      await socksConnect(connection, { host, port, isolation });
    }
    if (!isEncrypted(to)) return connection;
    const caCerts = ca === undefined ? [] : [ca];
    const encrypted = await Deno.startTls(connection as Deno.TcpConn, {
      hostname: bareHost(to.hostname),
      caCerts,
    });
    connection = encrypted;
    await encrypted.handshake();
    return encrypted;
  } catch (error) {
    close();
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener("abort", close);
  }
}

/** Closes a connection that something else may have closed. */
export function closeQuietly(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // Closed by the signal, or given to TLS.
  }
}
