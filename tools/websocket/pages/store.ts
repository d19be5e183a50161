/**
 * Everything a page knows of one node, computed from the frames as they come; bounded in all directions.
 *
 * @module
 */

import type { BlockchainInfo, Frame, MempoolEvent, MempoolInfo, Message, RpcEvent } from "./frames.ts";
import { hashText } from "./frames.ts";
import { Peers } from "./peers_state.ts";
import { Pings } from "./pings_state.ts";
import { Relay } from "./relay_state.ts";
import { Ring, Sums, Tally } from "./ring.ts";

/** Seconds of which message rates are kept. */
export const KEPT_SECONDS = 900;
const MOST_COMMANDS = 60;
const MOST_REASONS = 40;
/** A time so far back is another recording, not an event that came late. */
const OTHER_RECORDING_MS = 60_000;

/** Messages of one type. */
export class Traffic {
  readonly received: Sums = new Sums(60);
  readonly sent: Sums = new Sums(60);
  receivedCount = 0;
  sentCount = 0;
  bytes = 0;
}

/** A block that was connected. */
export interface ConnectedBlock {
  readonly hash: string;
  readonly height: number;
  readonly transactions: number | undefined;
  /** Milliseconds that it took to connect. */
  readonly ms: number | undefined;
  readonly timestamp: number;
}

/** One node. */
export class Store {
  readonly peers = new Peers();
  readonly relay = new Relay();
  readonly pings = new Pings();
  readonly received = new Sums(KEPT_SECONDS);
  readonly sent = new Sums(KEPT_SECONDS);
  readonly receivedBytes = new Sums(KEPT_SECONDS);
  readonly sentBytes = new Sums(KEPT_SECONDS);
  readonly traffic = new Map<string, Traffic>();
  readonly added = new Sums(KEPT_SECONDS);
  readonly removed = new Sums(KEPT_SECONDS);
  readonly rejected = new Tally(MOST_REASONS);
  readonly blocks = new Ring<ConnectedBlock>(50);
  readonly inboundCounts = new Ring<{ timestamp: number; inbound: number; outbound: number }>(2000);
  chain: BlockchainInfo | undefined;
  mempool: MempoolInfo | undefined;
  network: NonNullable<RpcEvent["NetworkInfo"]> | undefined;
  addrman: NonNullable<RpcEvent["AddrmanInfo"]>["networks"] | undefined;
  started: number | undefined;
  readonly fees = new Map<number, number>();
  /** Events since the page was opened, and those that were lost because it was too slow. */
  events = 0;
  dropped = 0;
  #latest = -Infinity;
  #latestAt = 0;

  /** The time of the events: theirs, which need not be ours when a recording is replayed. */
  now(at: number = performance.now()): number {
    return this.#latest === -Infinity ? Date.now() : this.#latest + Math.min(at - this.#latestAt, 3_600_000);
  }

  /** Whether a frame belongs to an earlier time than all this, and a new store should begin. */
  isBefore({ timestamp, snapshot }: Frame): boolean {
    return !snapshot && timestamp < this.#latest - OTHER_RECORDING_MS;
  }

  /** Takes a frame. */
  take(frame: Frame, at: number = performance.now()): void {
    const { timestamp } = frame;
    if (timestamp > this.#latest) {
      this.#latest = timestamp;
      // What was seen before says nothing of how late it is now.
      this.#latestAt = frame.snapshot ? at - Math.max(0, Date.now() - timestamp) : at;
    }
    if (!frame.snapshot) this.events++;
    this.dropped += frame.dropped ?? 0;
    const ebpf = frame.EbpfExtractor?.ebpf_event;
    if (ebpf?.Message) this.#message(ebpf.Message, timestamp);
    else if (ebpf?.Connection?.event) this.#connection(ebpf.Connection.event, timestamp);
    else if (ebpf?.Mempool?.event) this.#mempool(ebpf.Mempool.event, timestamp);
    else if (ebpf?.Validation?.event?.BlockConnected) {
      const { hash, height, transactions, connection_time } = ebpf.Validation.event.BlockConnected;
      this.#block({ hash: hashText(hash), height, transactions, ms: connection_time / 1e6, timestamp });
    } else if (frame.RpcExtractor?.rpc_event) this.#rpc(frame.RpcExtractor.rpc_event, timestamp);
    else if (frame.P2pExtractor?.p2p_event?.PingDuration) {
      this.pings.measured(frame.P2pExtractor.p2p_event.PingDuration.duration, timestamp);
    } else if (frame.IpcExtractor?.ipc_event?.BlockTip) {
      const { hash, height } = frame.IpcExtractor.ipc_event.BlockTip;
      this.#block({ hash: hashText(hash), height, transactions: undefined, ms: undefined, timestamp });
    }
  }

  /** The highest block known, and when it was seen. */
  tip(): { height: number; hash: string; seen: number | undefined } | undefined {
    const block = this.blocks.last;
    const { chain } = this;
    if (block !== undefined && block.height >= (chain?.blocks ?? 0)) {
      return { height: block.height, hash: block.hash, seen: block.timestamp };
    }
    if (chain === undefined) return undefined;
    return {
      height: chain.blocks,
      hash: chain.bestblockhash,
      seen: chain.time > 0 ? chain.time * 1000 : undefined,
    };
  }

  #message(message: Message, timestamp: number): void {
    const { inbound, command, size } = message.meta;
    (inbound ? this.received : this.sent).add(timestamp);
    (inbound ? this.receivedBytes : this.sentBytes).add(timestamp, size);
    const traffic = this.#trafficOf(command);
    if (inbound) traffic.receivedCount++, traffic.received.add(timestamp);
    else traffic.sentCount++, traffic.sent.add(timestamp);
    traffic.bytes += size;
    const peer = this.peers.message(message, timestamp);
    if (inbound) this.relay.received(message, peer, timestamp);
    this.pings.message(message, peer, timestamp);
  }

  /** A stranger may invent types. */
  #trafficOf(command: string): Traffic {
    const name = this.traffic.has(command) || this.traffic.size < MOST_COMMANDS ? command : "other";
    let traffic = this.traffic.get(name);
    if (traffic === undefined) this.traffic.set(name, traffic = new Traffic());
    return traffic;
  }

  #connection(event: Parameters<Peers["connection"]>[0], timestamp: number): void {
    this.peers.connection(event, timestamp);
    this.#noteConnections(timestamp);
  }

  #mempool(event: MempoolEvent, timestamp: number): void {
    if (event.Added) this.added.add(timestamp);
    else if (event.Removed) this.removed.add(timestamp);
    else if (event.Rejected) this.rejected.add(event.Rejected.reason);
  }

  #rpc(event: RpcEvent, timestamp: number): void {
    if (event.PeerInfos) {
      this.peers.told(event.PeerInfos.infos, timestamp);
      this.#noteConnections(timestamp);
    }
    if (event.BlockchainInfo) this.#told(event.BlockchainInfo, timestamp);
    this.mempool = event.MempoolInfo ?? this.mempool;
    this.network = event.NetworkInfo ?? this.network;
    this.addrman = event.AddrmanInfo?.networks ?? this.addrman;
    if (event.Uptime !== undefined) this.started = timestamp - event.Uptime * 1000;
    const fee = event.EstimateSmartFee;
    if (fee && fee.mode !== 2 && fee.fee_rate !== null) this.fees.set(fee.requested_blocks, fee.fee_rate);
  }

  /** The node's own word on its tip, where no tracepoint was faster. */
  #told(chain: BlockchainInfo, timestamp: number): void {
    const { blocks: height, bestblockhash: hash } = chain;
    const isNew = this.chain !== undefined &&
      height > Math.max(this.chain.blocks, this.blocks.last?.height ?? 0);
    if (isNew) this.#block({ hash, height, transactions: undefined, ms: undefined, timestamp });
    this.chain = chain;
  }

  #noteConnections(timestamp: number): void {
    // Until the node has told its peers, what is counted is only what has changed.
    if (this.peers.complete) this.inboundCounts.push({ timestamp, ...this.peers.counts() });
  }

  #block(block: ConnectedBlock): void {
    if (this.blocks.last?.hash === block.hash) return;
    this.blocks.push(block);
  }
}

/** The stores of all nodes seen; without a name, the one node there is. */
export class Stores {
  readonly #stores = new Map<string, Store>();

  /** The nodes, by name; an empty name where events have none. */
  get names(): string[] {
    return [...this.#stores.keys()].sort();
  }

  /** The node with this name, or else the first one. */
  nameOf(wanted: string): string {
    return this.#stores.has(wanted) ? wanted : this.names[0] ?? wanted;
  }

  /** The store of a node; an empty one when nothing came from it. */
  of(name: string): Store {
    return this.#stores.get(name) ?? EMPTY;
  }

  /** Takes a frame's text. */
  take(text: string): void {
    const frame = JSON.parse(text) as Frame;
    const name = frame.node ?? "";
    let store = this.#stores.get(name);
    if (store === undefined || store.isBefore(frame)) {
      if (this.#stores.size >= MOST_NODES && store === undefined) return;
      this.#stores.set(name, store = new Store());
    }
    store.take(frame);
  }

  /** Forgets everything: after a pause nobody knows what was missed. */
  clear(): void {
    this.#stores.clear();
  }
}

const MOST_NODES = 32;
const EMPTY = new Store();
