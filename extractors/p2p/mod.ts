/**
 * Waits for nodes to connect, pings them and emits what they announce: how long a pong takes, addresses, blocks and
 * transactions, the fee filter. It speaks both transports, v1 and v2 (BIP324).
 *
 * ```sh
 * deno task p2p --p2p.network signet
 * ```
 *
 * @module
 */

import { type NetworkName, signetStartBytes, START_BYTES } from "../../proto/bitcoin/mod.ts";
import { component } from "../../runtime/component.ts";
import { address, choice, integer, list, splitAddress, type Values } from "../../runtime/options.ts";
import { MONOTONIC } from "./clock.ts";
import { LIMITS } from "./limits.ts";
import { listen } from "./listener.ts";
import { checkKind, checkSubnet, hexScript, type Kind, userAgent } from "./option_types.ts";
import { parseSubnet } from "../../proto/subnet.ts";

const NETWORKS = ["mainnet", "testnet3", "testnet4", "signet", "regtest"] as const satisfies NetworkName[];
const DAY_MS = 86_400_000;

const options = {
  address: address("Where nodes connect to, by addnode= in their bitcoin.conf", "127.0.0.1:9333"),
  network: choice("Network of the nodes", "mainnet", NETWORKS),
  signetChallenge: hexScript("Challenge of a custom signet, as in the node's signetchallenge="),
  pingIntervalMs: integer("Milliseconds between two pings of a node", 10_000, { min: 100, max: DAY_MS }),
  disable: list("What is left out: ping, addrv2, invs, feefilter", [], {
    placeholder: "KIND,KIND,…",
    check: checkKind,
  }),
  allow: list("Addresses and subnets that nodes may connect from", ["127.0.0.0/8", "::1"], {
    placeholder: "IP,SUBNET,…",
    check: checkSubnet,
  }),
  maxConnections: integer("Nodes that may be connected at once", 16, { min: 1, max: 1000 }),
  services: integer("Service bits told to the nodes; 0 for a node that still has to sync", 9),
  userAgent: userAgent("Name told to the nodes", "/p2p-extractor:0.1/"),
};

export default component({
  summary: "Waits for nodes to connect, pings them and emits what they announce",
  example: "p2p --p2p.network signet",
  options,
  permissions: ({ address }) => ({ net: [address] }),
  async run({ options, log, signal, emit, count }) {
    const { pingIntervalMs, maxConnections, services, userAgent } = options;
    await listen({
      address: splitAddress(options.address),
      allow: options.allow.map(parseSubnet),
      maxConnections,
      log,
      signal,
      around: {
        startBytes: startBytes(options),
        manner: { services: BigInt(services), userAgent, disabled: new Set(options.disable as Kind[]) },
        pingIntervalMs,
        limits: LIMITS,
        clock: MONOTONIC,
        count,
        emit: (p2pEvent) => emit({ timestamp: Date.now(), kind: "p2p", value: { p2pEvent } }),
      },
    });
  },
});

function startBytes({ network, signetChallenge }: Values<typeof options>): Uint8Array {
  if (signetChallenge === undefined) return START_BYTES[network];
  if (network !== "signet") {
    throw new TypeError(`Cannot use a signet challenge on ${network}: set --p2p.network signet`);
  }
  return signetStartBytes(Uint8Array.fromHex(signetChallenge));
}
