/**
 * Where the hub is, and how it is reached without telling it where a node is.
 *
 * @module
 */

import { isLoopback } from "../../runtime/common_options.ts";
import { splitAddress } from "../../runtime/options.ts";
import { socksConnect } from "../../runtime/socks5.ts";

/** How to reach a hub. */
export interface Route {
  /** The hub. */
  readonly hub: URL;
  /** Host and port of a SOCKS5 proxy; `undefined` for none. */
  readonly proxy: string | undefined;
  /** Certificates to trust besides the usual ones, as PEM. */
  readonly ca?: string | undefined;
  /** Whether the hub may see where a node is. */
  readonly acceptEgressLeak: boolean;
}

/** What is known of where the nodes are. */
export interface Surroundings {
  /** Whether events come from this machine, so that a node is here too as far as anybody knows. */
  readonly isBesideNode: boolean;
  /** Addresses of the nodes, as far as they are known. */
  readonly nodeAddresses: ReadonlySet<string>;
}

/** It is not dialled, since the hub would see where a node is. */
export class EgressRefused extends Error {}

/** Longer waits for a connection mean that there will be none; Tor needs its time. */
const CONNECT_MS = 60_000;
/** Streams of this name are kept apart from all others by Tor. */
const ISOLATION = `waggle-uplink-${crypto.randomUUID()}`;

/**
 * The address of a hub.
 *
 * @throws {SyntaxError} If it is none, or one on which others could listen in.
 */
export function parseHubUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !["ws:", "wss:"].includes(url.protocol) || url.username !== "" || url.hash !== "") {
    throw new SyntaxError("expected the hub's address, wss://HOST[:PORT]/uplink");
  }
  if (url.protocol === "ws:" && !isLoopback(url.hostname) && !url.hostname.endsWith(".onion")) {
    throw new SyntaxError("expected wss://, since ws:// can be read on the way");
  }
  return url;
}

/** The word for no proxy. */
export const NO_PROXY = "none";

/** Host and port of a proxy, `undefined` for none. */
export function proxyAddress(proxy: string): string | undefined {
  return proxy === NO_PROXY ? undefined : proxy.replace(/^socks5:\/\//, "");
}

/** Host and port that a connection is made to. */
export function addressOf({ protocol, hostname, port }: URL): string {
  return `${hostname}:${port || (protocol === "wss:" ? 443 : 80)}`;
}

/** What is dialled on this way: the proxy, or the hub itself. A hub on this machine needs no proxy. */
export function dialled({ hub, proxy }: Pick<Route, "hub" | "proxy">): string {
  return proxy === undefined || isLoopback(hub.hostname) ? addressOf(hub) : proxy;
}

/** Why this way must not be taken; `undefined` if it may be. */
export function egressProblem(
  { hub, proxy, acceptEgressLeak }: Route,
  { isBesideNode, nodeAddresses }: Surroundings,
): string | undefined {
  if (proxy !== undefined || isLoopback(hub.hostname) || acceptEgressLeak) return undefined;
  if (isBesideNode) {
    return "the events come from this machine, so the hub would see a node's address. " +
      "Use a SOCKS5 proxy such as Tor (--uplink.proxy), or run the uplink on another host";
  }
  return nodeAddresses.has(bare(hub.hostname)) ? "the hub's address is a node's" : undefined;
}

/**
 * Connects, encrypted where the address says so.
 *
 * @throws {EgressRefused} If the hub would see where a node is.
 */
export async function dial(
  route: Route,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<Deno.Conn> {
  const problem = egressProblem(route, surroundings);
  if (problem !== undefined) throw new EgressRefused(problem);
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new Deno.errors.TimedOut("no answer within a minute")),
    CONNECT_MS,
  );
  try {
    return await connect(route, surroundings, AbortSignal.any([signal, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}

async function connect(
  route: Route,
  { nodeAddresses }: Surroundings,
  signal: AbortSignal,
): Promise<Deno.Conn> {
  const { hub, ca, acceptEgressLeak } = route;
  const { hostname, port } = splitAddress(dialled(route));
  let connection: Deno.Conn = await Deno.connect({ hostname, port, signal });
  const close = () => closeQuietly(connection);
  signal.addEventListener("abort", close, { once: true });
  try {
    const isDirect = dialled(route) === addressOf(hub);
    const local = (connection.localAddr as Deno.NetAddr).hostname;
    // Known only now; nothing has been said yet, so that the hub cannot know who came.
    if (isDirect && !isLoopback(hostname) && !acceptEgressLeak && nodeAddresses.has(local)) {
      throw new EgressRefused(
        "this host has a node's address. Use a SOCKS5 proxy such as Tor (--uplink.proxy), or another host",
      );
    }
    if (!isDirect) {
      const { hostname: host, port } = splitAddress(addressOf(hub));
      await socksConnect(connection, { host, port, isolation: ISOLATION });
    }
    if (hub.protocol === "ws:") return connection;
    const caCerts = ca === undefined ? [] : [ca];
    const encrypted = await Deno.startTls(connection as Deno.TcpConn, {
      hostname: bare(hub.hostname),
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

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}

function closeQuietly(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // Closed by the signal, or given to TLS.
  }
}
