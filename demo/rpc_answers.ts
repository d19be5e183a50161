/**
 * What a made-up node answers over RPC, besides what every world does.
 *
 * @module
 */

import type { AddrmanBucket, Rpc } from "../proto/schema.ts";
import type { Random } from "./scenarios/random.ts";
import type { Peer } from "./scenarios/world.ts";

type Answer = NonNullable<Rpc["rpcEvent"]>;

/** What is known of the node. */
export interface About {
  /** Transactions in its mempool. */
  readonly mempool: number;
  /** Its peers. */
  readonly peers: readonly Peer[];
  /** Steps since its start. */
  readonly steps: number;
  /** Where chance comes from. */
  readonly random: Random;
  /** Unix milliseconds. */
  readonly now: number;
}

/** The whole address manager is asked for only every half hour: it is large. */
const ADDRMAN_STEPS = 180;
const BYTES_PER_TRANSACTION = 640;
const NETWORKS = ["ipv4", "ipv6", "onion", "i2p", "cjdns"];

/** Its answers; more of them if somebody looks at it. */
export function answers(about: About, { isShown }: { isShown: boolean }): Answer[] {
  if (!isShown) return [mempoolInfo(about)];
  const others = [networkInfo(about), addrmanInfo(about), ...fees(about)];
  return [mempoolInfo(about), ...others, ...about.steps % ADDRMAN_STEPS === 0 ? [addrman(about)] : []];
}

function mempoolInfo({ mempool }: About): Answer {
  const value = {
    ...{ loaded: true, size: mempool, bytes: mempool * BYTES_PER_TRANSACTION, usage: mempool * 3500 },
    ...{ totalFee: 0.61, maxMempool: 300_000_000, mempoolminfee: 0.1, minrelaytxfee: 0.1 },
    ...{ incrementalrelayfee: 0.1, unbroadcastcount: 0, fullrbf: true },
  };
  return { case: "mempoolInfo", value };
}

function networkInfo({ peers }: About): Answer {
  const connectionsIn = peers.filter(({ inbound }) => inbound).length;
  const network = (name: string) => ({
    ...{ name, limited: false, reachable: true, proxy: "", proxyRandomizeCredentials: false },
  });
  const value = {
    ...{ version: 290_000, subversion: "/Satoshi:29.0.0/", protocolVersion: 70016, localRelay: true },
    ...{ localServices: "0000000000000c09", localServicesNames: ["NETWORK", "WITNESS"], timeOffset: 0 },
    ...{ connections: peers.length, connectionsIn, connectionsOut: peers.length - connectionsIn },
    ...{ networkActive: true, networks: NETWORKS.map(network), relayFee: 0.1, incrementalFee: 0.1 },
    ...{ localAddresses: [], warnings: [] },
  };
  return { case: "networkInfo", value };
}

function addrmanInfo({ steps }: About): Answer {
  const grown = Math.floor(steps / 10);
  const entry = (fresh: number, tried: number) => ({
    ...{ new: fresh + grown, tried, total: fresh + grown + tried },
  });
  const networks = new Map([
    ["ipv4", entry(41_230, 9120)],
    ["ipv6", entry(9870, 1204)],
    ["onion", entry(12_011, 3990)],
    ["i2p", entry(2044, 611)],
    ["cjdns", entry(12, 4)],
    ["all_networks", entry(65_167, 14_929)],
  ]);
  return { case: "addrmanInfo", value: { networks } };
}

function fees({ random }: About): Answer[] {
  return [[1, 3.4], [6, 2.1], [144, 1]].map(([requestedBlocks, usual]) => {
    const feeRate = usual! * (0.9 + random.below(20) / 100);
    const value = {
      feeRate,
      blocks: requestedBlocks!,
      requestedBlocks: requestedBlocks!,
      mode: 1,
      errors: [],
    };
    return { case: "estimateSmartFee", value };
  });
}

function addrman(about: About): Answer {
  return { case: "addrman", value: { new: buckets(about, 120, 30), tried: buckets(about, 50, 20) } };
}

function buckets({ random, now }: About, used: number, entries: number): Map<number, AddrmanBucket> {
  const entry = (position: number) => ({
    ...{ address: `203.0.113.${position}`, port: 8333, network: "ipv4", services: 1033n },
    time: Math.floor(now / 1000) - random.below(30 * 86_400),
    ...{ source: `198.51.${random.below(60)}.7`, sourceNetwork: "ipv4" },
  });
  return new Map(Array.from({ length: used }, (_, bucket) => {
    const filled = Array.from({ length: entries }, (_, position) => [position, entry(position)] as const);
    return [bucket, { entries: new Map(filled) }];
  }));
}
