/**
 * A public folder with real releases in it, of operators whose numbers go up and down from month to month.
 *
 * @module
 */

import * as codec from "../../../proto/federation/codec.ts";
import { encode } from "../../../proto/federation/frame.ts";
import { type KeyPair, keyPair, newSeed } from "../../../proto/federation/keys.ts";
import {
  Agent,
  Behaviour,
  Command,
  Delay,
  Metric,
  Network,
  type Summary,
  TipStatus,
} from "../../../proto/federation/schema.ts";
import { GROUP_NAMES } from "../../release/public.ts";
import { Releaser, type ReleaseRules } from "../../release/releaser.ts";
import type { DisclosedNode, LiveDocument } from "../../release/live.ts";
import { epochAt, releaseTime } from "../../release/schedule.ts";

/** The rules of the sample: the hub's defaults. */
export const RULES: ReleaseRules = {
  ...{ noiseMilli: 13_400, releasesPerYear: 12, groups: GROUP_NAMES },
  ...{ kPublic: 5, clip: 64, alarmsPerYear: 4, alarmEpsilonMilli: 50 },
};

/** A folder for the public, as a hub would have it. */
export interface Sample extends AsyncDisposable {
  /** What is published. */
  readonly folder: string;
  /** Whose releases they are. */
  readonly hub: KeyPair;
  /** Unix seconds of the last release. */
  readonly now: number;
  /** Makes the release of one more month. */
  next(): Promise<void>;
}

/** More than an eighth of a month, which is what makes an operator take part. */
const BINS = 600;
const FIRST = epochAt(Date.UTC(2025, 9) / 1000, "monthly");

/** Releases of some months in a row, by the real releaser. */
export async function makeSample({ operators = 60, months = 2 } = {}): Promise<Sample> {
  const root = await Deno.makeTempDir({ prefix: "waggle-public-" });
  const hub = await keyPair(newSeed("hub"));
  const folder = `${root}/public`;
  await Deno.mkdir(folder);
  await Deno.mkdir(`${root}/release`);
  // Noise that is the same in each run, so that what is shown is, too.
  await Deno.writeFile(`${root}/release/noise.key`, new Uint8Array(32).fill(3));
  const closed = { through: FIRST.from / 600 - 1 };
  const releaser = new Releaser({
    ...{ source: sourceOf(operators, closed), folder: `${root}/release`, site: folder, hub },
    rules: () => RULES,
    members: () => Promise.resolve({ operators, trees: operators }),
  });
  await releaser.step(FIRST.from);
  let epoch = FIRST;
  let now = FIRST.from;
  const next = async () => {
    closed.through = epoch.to / 600 - 1;
    now = releaseTime(epoch);
    await releaser.step(now);
    epoch = epochAt(epoch.to, "monthly");
  };
  for (let month = 0; month < months; month++) await next();
  return {
    ...{ folder, hub, next },
    get now() {
      return now;
    },
    async [Symbol.asyncDispose]() {
      await Deno.remove(root, { recursive: true });
    },
  };
}

/** Everybody speaks for a while at the beginning of each month. */
function sourceOf(operators: number, closed: { through: number }) {
  const bodies = new Map<string, Uint8Array>();
  const monthOf = (bin: number) => epochAt(bin * 600, "monthly");
  const bodyOf = (operator: number, month: number) => {
    const key = `${operator} ${month}`;
    let body = bodies.get(key);
    if (body === undefined) bodies.set(key, body = encode(codec.encodeSummary, said(operator, month)));
    return body;
  };
  return {
    closedThrough: () => Promise.resolve(closed.through),
    async *summaries(bin: number) {
      const { from } = monthOf(bin);
      if (bin - from / 600 >= BINS) return;
      const month = Math.round((from - FIRST.from) / 2_629_800);
      for (let slot = 0; slot < operators; slot++) {
        yield await Promise.resolve({ slot, body: bodyOf(slot, month) });
      }
    },
    closedBins: (from: number) => {
      const isFirst = monthOf(from * 1).from === from * 600;
      return Promise.resolve(isFirst ? [{ bin: from, feed: forked(from) }] : []);
    },
  };
}

function forked(bin: number): Uint8Array {
  const hash = new Uint8Array(32);
  crypto.getRandomValues(hash.subarray(0, 22));
  const tips = [{ hash, height: 918_000 + Math.round(bin - FIRST.from / 600), status: TipStatus.VALID_FORK }];
  return encode(codec.encodeFeed, { bin, quartiles: [], blocks: [], tips, incidents: [] });
}

/** What an operator says all month. */
function said(operator: number, month: number): Summary {
  const own = operator % 5 - 2;
  const agents = [
    [Agent.CORE_30, 20 + 6 * month],
    [Agent.CORE_29, 56 - 5 * month],
    [Agent.CORE_28, 32],
    [
      Agent.KNOTS,
      30 + 2 * month,
    ],
    [Agent.CORE_OTHER, 24],
    [Agent.LIGHT_WALLET, 16],
    [Agent.CRAWLER, 12],
    [Agent.OTHER_AGENT, 9],
  ] as const;
  const values = [
    { metric: Metric.PEERS_BY_NETWORK, index: Network.IPV4, value: 18 + own },
    { metric: Metric.PEERS_BY_NETWORK, index: Network.IPV6, value: 4 },
    { metric: Metric.PEERS_BY_NETWORK, index: Network.ONION, value: 8 - own },
    { metric: Metric.PEERS_BY_NETWORK, index: Network.I2P, value: 1 },
    { metric: Metric.PEERS_INBOUND, index: 0, value: 27 },
    { metric: Metric.PEERS_V2, index: 0, value: Math.min(32, 19 + own + Math.floor(month / 2)) },
    ...agents.map(([index, value]) => ({
      metric: Metric.NETGROUPS_BY_AGENT,
      index,
      value: value * 8 / 8 | 0,
    })),
    { metric: Metric.NETGROUPS_BY_BEHAVIOUR, index: Behaviour.SHORT_LIVED, value: 48 },
    { metric: Metric.NETGROUPS_BY_BEHAVIOUR, index: Behaviour.INV_ONLY, value: 24 + own },
    { metric: Metric.NETGROUPS_BY_BEHAVIOUR, index: Behaviour.EVICTED, value: 8 },
    { metric: Metric.MESSAGES, index: Command.INV, value: 15 + operator % 2 },
    { metric: Metric.MESSAGES, index: Command.TX, value: 13 },
    { metric: Metric.MESSAGES, index: Command.ADDRV2, value: 7 },
    { metric: Metric.MESSAGES, index: Command.CMPCTBLOCK, value: 4 },
    { metric: Metric.ADDRESSES, index: 0, value: 11 },
  ];
  const delays = [Delay.BELOW_1_S, Delay.BELOW_1_S, Delay.BELOW_1_S, Delay.BELOW_2_S, Delay.BELOW_5_S];
  const delay = delays[operator % delays.length]!;
  const hash = new Uint8Array(32).fill(operator % 250 + 1);
  return {
    ...{ sequence: 1, bin: 1, schema: 1, thin: false, sources: [1, 2], tips: [], anomalies: [] },
    values: values.sort((a, b) => a.metric - b.metric || a.index - b.index),
    blocks: [{ hash, delay }],
  };
}

/** What is told between releases, with two nodes that are open to all. */
export function sampleLive(at: number): LiveDocument {
  const bin = Math.floor(at / 600) * 600;
  const hash = (first: string) => first.padStart(24, "0").padEnd(64, "5ec7a19bd04f");
  const node = (name: string, scale: number): DisclosedNode => ({
    ...{ name, url: `https://example.org/${name}?a=1&b="2"`, at: at - 20, seconds: 60 },
    peers: {
      ...{ inbound: 64 * scale, outbound: 11 },
      networks: { ipv4: 41 * scale, onion: 22 * scale, ipv6: 10, i2p: 2 },
      transports: { v1: 21 * scale, v2: 54 * scale - 1, unknown: 0 },
      agents: { "core 30": 24 * scale, "core 29": 18, knots: 13, "light wallet": 9, "other agent": 11 },
    },
    messages: [
      {
        command: "tx",
        received: 401 * scale,
        receivedBytes: 201_311 * scale,
        sent: 1811,
        sentBytes: 912_400,
      },
      {
        command: "inv",
        received: 2400 * scale,
        receivedBytes: 178_902 * scale,
        sent: 2911,
        sentBytes: 211_400,
      },
      { command: "ping", received: 31, receivedBytes: 992, sent: 33, sentBytes: 1056 },
    ],
    addresses: { received: 118 * scale, limited: 4 },
    connections: { opened: 3, closed: 2, evicted: 0 },
    mempool: { transactions: 48_211 * scale, bytes: 31_000_000, minFee: 0.1 },
    blocks: [0, 1, 2].map((ago) => ({
      ...{ hash: hash(`${ago}a`), height: 924_511 - ago, at: (at - 240 - 600 * ago) * 1000 + 123 },
    })),
    tips: [{ hash: hash("0a"), height: 924_511, status: "active" }, {
      ...{ hash: hash("9"), height: 924_200, status: "valid headers" },
    }],
    behaviours: { "short lived": 11, "inv only": 4 },
    history: Array.from({ length: 60 }, (_, i) => i).filter((i) => i !== 20).map((i) => ({
      at: at - 60 * (59 - i) - 20,
      ...{ inbound: 60 + i % 5, outbound: 11, addresses: 100 },
      messages: Math.round(2600 + 900 * Math.sin(i / 4) + 37 * (i % 7)) * scale,
      bytes: Math.round(400_000 + 90_000 * Math.cos(i / 5)) * scale,
      transactions: i < 10 ? null : 46_000 + 40 * i,
    })),
  });
  return {
    format: "waggle-live-1",
    at,
    chain: {
      tip: { hash: hash("a"), height: 924_511, first: bin - 1200 },
      forks: [{ hash: hash("9"), height: 924_200, first: bin - 200_400, status: "valid headers" }],
      invalid: [],
      delayed: [{ hash: hash("77"), bin: bin - 90_000 }],
    },
    stress: { on: false, since: null, until: null, alarmsLeft: 3, alarmsPerYear: 4 },
    disclosed: [node("bee.example", 1), node("hive-2", 2)],
  };
}
