/**
 * Where the hub is, and how it is reached without telling it where a node is.
 *
 * @module
 */

import { isLoopback } from "../../runtime/common_options.ts";
import { bareHost, dial as dialWay, dialled as dialledOn } from "../../runtime/dial.ts";

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

/** Streams of this name are kept apart from all others by Tor, and those to one host from those to another. */
const ISOLATION = `waggle-uplink-${crypto.randomUUID()}`;

/** What is dialled on this way: the proxy, or the hub itself. A hub on this machine needs no proxy. */
export function dialled({ hub, proxy }: Pick<Route, "hub" | "proxy">): string {
  return dialledOn({ to: hub, proxy });
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
  return nodeAddresses.has(bareHost(hub.hostname)) ? "the hub's address is a node's" : undefined;
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
  const { hub: to, proxy, ca, acceptEgressLeak } = route;
  return await dialWay({ to, proxy, ca, isolation: `${ISOLATION}-${to.hostname}` }, signal, (local) => {
    // Known only now; nothing has been said yet, so that the hub cannot know who came.
    if (acceptEgressLeak || isLoopback(to.hostname) || !surroundings.nodeAddresses.has(local)) return;
    throw new EgressRefused(
      "this host has a node's address. Use a SOCKS5 proxy such as Tor (--uplink.proxy), or another host",
    );
  });
}
