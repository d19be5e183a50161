/**
 * A federation as it could be: seven operators who have told a real hub about their last week, so that each number on
 * the pages follows from what they said.
 *
 * @module
 */

import { encodeSighting } from "../../federation/sightings/sighting.ts";
import { newInvitation, sponsor } from "../../proto/federation/invitation.ts";
import { type KeyPair, keyPair, newSeed } from "../../proto/federation/keys.ts";
import {
  Agent,
  Anomaly,
  Behaviour,
  Command,
  Delay,
  Metric,
  Network,
  Source,
  type Summary,
  TipStatus,
} from "../../proto/federation/schema.ts";
import { type Client, summary } from "./client.ts";
import { TestHub } from "./hub.ts";

/** Operators that send summaries; each was invited by the hub. */
export const OPERATORS = 7;
const DAY = 144;
/** Of the days before the last one there is a bin for each hour. */
const HOUR = 6;
const DAYS = 7;
/** Height of the first block of the scene. */
const HEIGHT = 870_000;

/** The values that all operators are around; number 3 says exactly this, the others up to 3 more or less. */
export const MIDDLE = {
  onion: 9,
  inboundLog2: 7,
  v2: 20,
  invLog2: 15,
  txBytesLog2: 24,
  shortLived: 80,
  core30: 200,
} as const;

/** A hub with members. */
export class Scene implements AsyncDisposable {
  readonly hub: TestHub;
  readonly operators: { readonly key: KeyPair; readonly client: Client }[] = [];
  readonly #sequences: number[] = [];
  #isOver = false;

  private constructor(hub: TestHub) {
    this.hub = hub;
  }

  /** Starts it; with `few`, there are fewer operators than anything needs to be shown. */
  static async start({ operators = OPERATORS } = {}): Promise<Scene> {
    // A bin has just begun, and lasts as long as the test.
    const aheadMs = 610_000 - Date.now() % 600_000;
    const sightings = { randomnessKey: new Uint8Array(32).fill(7), epochSeconds: 604_800, perEpoch: 256 };
    const scene = new Scene(await TestHub.start({ aheadMs, policy: { sightings } }));
    await scene.#openSightings();
    for (let i = 0; i < operators; i++) {
      scene.operators.push(await scene.hub.member());
      scene.#sequences.push(0);
    }
    return scene;
  }

  /** What came out of an epoch: twenty addresses that ping all the time, so that each member gets some. */
  async #openSightings(): Promise<void> {
    const sightings = Array.from({ length: 20 }, (_, i) => ({
      content: encodeSighting({ network: Uint8Array.of(203, 1, 113, i), behaviour: Behaviour.PING_SPAM }),
      many: i % 3 === 0,
    }));
    const epoch = Math.floor(this.hub.now() / 1000 / 604_800) - 2;
    const keys = { key: new Uint8Array(32).fill(8), dropKey: new Uint8Array(32).fill(9) };
    await this.hub.store.sightings!.close({ epoch, ...keys, sightings }, []);
  }

  /** A member that two others vouch for, and that sends nothing. */
  async guest(): Promise<KeyPair> {
    const key = await keyPair(newSeed("operator"));
    let invitation = newInvitation(this.hub.key.publicKey, Math.floor(this.hub.now() / 1000) + 3600);
    for (const { key } of this.operators.slice(0, 2)) invitation = await sponsor(invitation, key);
    await this.hub.connect().ready(key, invitation);
    return key;
  }

  /** All operators tell of a bin. */
  async tell(bin: number, anomalies: (operator: number) => number[] = () => []): Promise<void> {
    await Promise.all(this.operators.map(async ({ client }, i) => {
      const more = { ...said(i, bin, this.hub.bin), anomalies: anomalies(i) };
      await client.store(summary(++this.#sequences[i]!, bin, more));
    }));
  }

  /** Everybody tells of the last week, and the hub closes all of it. Three incidents: two over, one open. */
  async week(): Promise<void> {
    const last = this.hub.bin;
    for (let ago = DAYS * DAY; ago >= 1; ago--) {
      if (ago > DAY && ago % HOUR !== 0) continue;
      await this.tell(last - ago, (operator) => [
        ...ago <= 2 * DAY && ago > 2 * DAY - 4 * HOUR && operator < 5 ? [Anomaly.PING_STRESS] : [],
        ...ago <= 60 && ago > 50 && operator < 3 ? [Anomaly.ADDR_FLOOD] : [],
        ...ago <= 5 && operator < 3 + (ago % 3) ? [Anomaly.EVICTION_STORM] : [],
      ]);
    }
    await this.close();
  }

  /** Lets so much time pass that the bin before this one is closed. */
  async close(): Promise<void> {
    this.hub.aheadMs += 301_000;
    await this.hub.hub.closeBins();
  }

  /** The bin of now is told and closed. */
  async next(anomalies?: (operator: number) => number[]): Promise<void> {
    await this.tell(this.hub.bin, anomalies);
    this.hub.aheadMs += 600_000;
    await this.hub.hub.closeBins();
  }

  /** Once is enough. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.hub[Symbol.asyncDispose]();
  }
}

/** What an operator says of a bin. Over the day all goes up and down a little, alike for everybody. */
function said(operator: number, bin: number, now: number): Partial<Summary> {
  const off = operator - 3;
  const ago = now - bin;
  const wave = ago <= 12 ? 0 : Math.round(2 * Math.sin(bin / 20));
  const value = (metric: number, value: number, index?: number) => ({
    metric,
    index,
    value: Math.max(0, value),
  });
  const commands = {
    INV: 15,
    TX: 13,
    GETDATA: 12,
    PING: 10,
    PONG: 10,
    ADDRV2: 8,
    HEADERS: 7,
    ADDR: 5,
    CMPCTBLOCK: 4,
  };
  const sizes = {
    INV: 22,
    TX: 24,
    GETDATA: 19,
    PING: 14,
    PONG: 14,
    ADDRV2: 18,
    HEADERS: 15,
    ADDR: 13,
    CMPCTBLOCK: 16,
  };
  const agents = {
    CORE_28: 96,
    CORE_29: 144,
    CORE_30: 200,
    KNOTS: 80,
    BITCOINJ: 32,
    CRAWLER: 48,
    OTHER_AGENT: 40,
  };
  const behaviours = {
    SHORT_LIVED: 80,
    INV_ONLY: 56,
    RECONNECTING: 32,
    PING_SPAM: 24,
    ADDR_SPAM: 24,
    LIST_HIT: 40,
  };
  const many = <K extends string>(
    metric: number,
    of: Partial<Record<K, number>>,
    names: Record<K, number>,
    step: number,
  ) =>
    Object.entries(of as Record<string, number>).map(([name, middle]) =>
      value(metric, middle + step * (off + (middle > 8 ? wave : 0)), names[name as K])
    );
  return {
    thin: false,
    sources: operator % 2 === 0 ? [Source.EBPF, Source.RPC] : [Source.EBPF, Source.RPC, Source.LOG],
    values: [
      value(Metric.PEERS_BY_NETWORK, 14 - off + wave, Network.IPV4),
      value(Metric.PEERS_BY_NETWORK, 6, Network.IPV6),
      value(Metric.PEERS_BY_NETWORK, MIDDLE.onion + off - wave, Network.ONION),
      value(Metric.PEERS_BY_NETWORK, 3, Network.I2P),
      ...operator < 2 ? [value(Metric.PEERS_BY_NETWORK, 1, Network.CJDNS)] : [],
      value(Metric.PEERS_INBOUND, 24 + off),
      value(Metric.PEERS_V2, MIDDLE.v2 + off + wave),
      value(Metric.INBOUND_PEERS, MIDDLE.inboundLog2 + Math.sign(off)),
      ...many(Metric.NETGROUPS_BY_BEHAVIOUR, behaviours, Behaviour, 8),
      ...many(Metric.NETGROUPS_BY_AGENT, agents, Agent, 8),
      ...many(Metric.MESSAGES, commands, Command, 1),
      ...many(Metric.BYTES, sizes, Command, 1),
      value(Metric.ADDRESSES, 11 + off),
      value(Metric.ADDRESSES_RATE_LIMITED, 2 + Math.sign(off)),
      value(Metric.MEMPOOL_TRANSACTIONS, 16 + Math.sign(off + wave)),
      value(Metric.MEMPOOL_BYTES, 25 + Math.sign(off + wave)),
      value(Metric.MEMPOOL_MIN_FEE, 1 + (off + wave > 2 ? 1 : 0)),
      value(Metric.TRANSACTIONS_ACCEPTED, 12 + Math.sign(off + wave)),
      value(Metric.TRANSACTIONS_REJECTED, 8 + Math.sign(off)),
      value(Metric.CONNECTIONS_OPENED, 6 + Math.sign(off)),
      value(Metric.CONNECTIONS_CLOSED, 6),
      value(Metric.CONNECTIONS_EVICTED, ago <= 5 ? 5 : 2),
      value(Metric.PEERS_MISBEHAVED, 1),
    ],
    blocks: bin % 5 === 4 ? [] : [{ hash: blockHash(bin), delay: delayOf(operator, bin) }],
    tips: [
      { hash: blockHash(bin), height: HEIGHT + bin % 10_000, status: TipStatus.ACTIVE },
      ...ago % 40 < 3
        ? [{ hash: blockHash(bin + 7), height: HEIGHT + 12, status: TipStatus.VALID_FORK }]
        : [],
    ],
  };
}

/** Four of seven within a second, two after up to two, one late. */
function delayOf(operator: number, bin: number): number {
  if (operator < 4) return Delay.BELOW_1_S;
  if (operator < 6) return Delay.BELOW_2_S;
  return [Delay.BELOW_5_S, Delay.BELOW_15_S, Delay.ABOVE_15_S][bin % 3]!;
}

/** Internal order: the zeros of a block's work stand at the end. */
function blockHash(bin: number): Uint8Array {
  const hash = new Uint8Array(32);
  for (let i = 0; i < 24; i++) hash[i] = (bin * (i + 7) * 2_654_435_761) >>> (i % 24);
  return hash;
}
