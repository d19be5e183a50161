/**
 * What strangers would learn: who listens where, and what a hub sees of this machine.
 *
 * @module
 */

import { egressProblem } from "../../federation/uplink/dial.ts";
import { UplinkFolder } from "../../federation/uplink/folder.ts";
import uplink from "../../federation/uplink/mod.ts";
import { isHere, isLoopback } from "../../runtime/common_options.ts";
import { proxyAddress } from "../../runtime/dial.ts";
import { splitAddress, type Values } from "../../runtime/options.ts";
import type { Check } from "../../runtime/preset.ts";
import { field } from "./answers.ts";
import { fine, messageOf, type Sight, wrong } from "./check.ts";

/** Options that say where somebody listens, and what is told there. */
const LISTENERS = [
  ["metrics", "address", "--metrics.address"],
  ["websocket", "address", "--websocket.address"],
  ["rpc", "prometheusAddress", "--rpc.prometheus-address"],
] as const;
const PRIVATE =
  /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|\[?f[cd])/i;

/** Whether anybody but this machine can read what the node does. */
export function checkListeners({ values }: Sight): Check[] {
  return LISTENERS.flatMap(([component, option, flag]) => {
    const address = values[component]?.[option];
    if (typeof address !== "string") return [];
    const { hostname } = splitAddress(address);
    if (isLoopback(hostname)) return [fine(component, `listens on ${address}, for this machine alone`)];
    const advice =
      `Listen on 127.0.0.1 (${flag}), and let others in through a VPN, ssh or a proxy that asks who they are`;
    const what = `listens on ${address}: whoever reaches that sees whom the node is connected with`;
    return [wrong(PRIVATE.test(hostname) ? "warning" : "fault", component, what, { advice })];
  });
}

const DIAL_MS = 5000;

/** Whether a hub would see where the node is. */
export async function checkEgress({ values, machine, answers }: Sight): Promise<Check[]> {
  const options = uplinkOptions(values, machine.home);
  const membership = membershipIn(options.folder);
  if (membership instanceof Error) {
    return [wrong("warning", "egress", `cannot read "${options.folder}": ${membership.message}`)];
  }
  const hub = membership?.url;
  const isAsked = values["uplink"] !== undefined;
  if (hub === undefined && !isAsked) {
    return [fine("egress", "no federation joined, nothing leaves this machine")];
  }
  const proxy = proxyAddress(options.proxy);
  const bus = values[""]?.["bus"] as string | undefined;
  const surroundings = { isBesideNode: isHere(bus ?? "memory"), nodeAddresses: addressesOf(answers) };
  const route = { hub: hub ?? new URL("wss://hub.invalid/uplink"), proxy, acceptEgressLeak: false };
  const problem = egressProblem(route, surroundings);
  if (problem !== undefined) {
    const state = options.acceptEgressLeak
      ? "the hub sees this machine's address, which is the node's, as --uplink.accept-egress-leak allows"
      : problem;
    return [wrong("fault", "egress", state, {
      advice: "Install Tor and leave out --uplink.proxy and --uplink.accept-egress-leak",
      paste: "sudo apt-get install tor",
    })];
  }
  if (proxy === undefined || hub !== undefined && isLoopback(hub.hostname)) {
    return [fine("egress", "the hub is on this machine, or the uplink is elsewhere than the node")];
  }
  return [await checkProxy(proxy)];
}

async function checkProxy(proxy: string): Promise<Check> {
  try {
    using _ = await Deno.connect({ ...splitAddress(proxy), signal: AbortSignal.timeout(DIAL_MS) });
    return fine("egress", `the hub sees the proxy at ${proxy}, not this machine`);
  } catch (error) {
    return wrong("fault", "egress", `no proxy at ${proxy}, so nothing reaches the hub: ${messageOf(error)}`, {
      advice: "Install Tor, or name another SOCKS5 proxy with --uplink.proxy",
      paste: "sudo apt-get install tor",
    });
  }
}

type UplinkOptions = Values<typeof uplink.options>;

function uplinkOptions(values: Sight["values"], home: string | undefined): UplinkOptions {
  if (values["uplink"] !== undefined) return values["uplink"] as UplinkOptions;
  const byDefault = Object.fromEntries(
    Object.entries(uplink.options).map(([name, option]) => [name, option.default]),
  );
  return { ...byDefault, folder: uplink.options.folder.default.replace(/^~/, home ?? "~") } as UplinkOptions;
}

function membershipIn(folder: string) {
  try {
    return new UplinkFolder(folder).readMembership();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function addressesOf(answers: Sight["answers"]): Set<string> {
  const local = field(answers, "getnetworkinfo", "localaddresses");
  return new Set(Array.isArray(local) ? local.map((one: { address?: unknown }) => String(one?.address)) : []);
}
