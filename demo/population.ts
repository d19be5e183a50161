/**
 * Whom the made-up nodes meet: how many peers are of which network and run what, as on the main network in 2025.
 *
 * @module
 */

import type { Newcomer } from "./scenarios/world.ts";
import type { Random } from "./scenarios/random.ts";

type Weights = readonly (readonly [weight: number, what: string])[];

const NETWORKS: Weights = [[60, "ipv4"], [14, "ipv6"], [18, "onion"], [6, "i2p"], [2, "cjdns"]];
const AGENTS: Weights = [
  [22, "/Satoshi:30.0.0/"],
  [9, "/Satoshi:29.1.0/"],
  [17, "/Satoshi:29.0.0/"],
  [11, "/Satoshi:28.1.0/"],
  [7, "/Satoshi:27.0.0/"],
  [6, "/Satoshi:25.0.0/"],
  [4, "/Satoshi:22.0.0/"],
  [13, "/Satoshi:29.1.0/Knots:20250903/"],
  [2, "/btcwire:0.5.0/btcd:0.24.2/"],
  [4, "/bitcoinj:0.16.3/Bitcoin Wallet:10.21/"],
  [2, "/bitnodes.io:0.3/"],
  [3, "/homemade:1.0/"],
];

/** A peer that nobody knew before. */
export function newcomer(random: Random, inbound: boolean): Newcomer {
  const network = pick(random, NETWORKS);
  return { network, addr: addressOf(random, { network, inbound }), agent: pick(random, AGENTS) };
}

function pick(random: Random, weights: Weights): string {
  let left = random.below(weights.reduce((sum, [weight]) => sum + weight, 0));
  return weights.find(([weight]) => (left -= weight) < 0)![1];
}

function addressOf(random: Random, { network, inbound }: { network: string; inbound: boolean }): string {
  const group = () => (random.below(0xffff) + 1).toString(16);
  const word = (length: number) =>
    Array.from({ length }, () => "abcdefghijklmnopqrstuvwxyz234567"[random.below(32)]).join("");
  const port = inbound ? 1024 + random.below(60_000) : 8333;
  if (network === "ipv6") return `[2a0${random.below(10)}:${group()}:${group()}::${group()}]:${port}`;
  if (network === "cjdns") return `[fc${10 + random.below(90)}:${group()}:${group()}::${group()}]:${port}`;
  if (network === "i2p") return `${word(52)}.b32.i2p:0`;
  // Through Tor all inbound peers come from this machine.
  if (network === "onion") return inbound ? `127.0.0.1:${port}` : `${word(55)}d.onion:8333`;
  const [a, b, c, d] = [16 + random.below(160), random.below(256), random.below(256), random.below(256)];
  return `${a}.${b}.${c}.${d}:${port}`;
}
