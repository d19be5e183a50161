/**
 * A node on the main network as its events show it, made up and determined by a seed: peers that ping and gossip,
 * blocks, RPC answers. Scenarios turn its knobs.
 *
 * @module
 */

import type { Event, Payloads } from "../../proto/event.ts";
import type { Kind } from "../../proto/subjects.ts";
import {
  type Address,
  ConnType,
  LogLevel,
  type MessageEvent,
  type PeerInfo,
  type Rpc,
} from "../../proto/schema.ts";
import { type Random, seeded } from "./random.ts";

/** Time between two rounds of the world. */
export const STEP_MS = 10_000;
/** 2025-06-26T12:00:00Z, where a scenario begins that is not told when. */
export const START = 1_750_939_200_000;

const BLOCK_EVERY_STEPS = 60;
const LONGEST_BLOCK_STEPS = 240;
const KNOWN_ADDRESSES = 2000;
/** In the order of Bitcoin Core's numbers. */
const NETWORKS = ["not_publicly_routable", "ipv4", "ipv6", "onion", "i2p", "cjdns"];

const ORDINARY = { network: "ipv4", agent: "/Satoshi:29.0.0/" };

/** What a peer is, before it has connected. */
export interface Newcomer {
  /** With port. */
  readonly addr: string;
  /** As the node calls it. */
  readonly network: string;
  /** As it calls itself. */
  readonly agent: string;
}

/** What makes one node unlike others. */
export interface WorldOptions {
  /** Inbound peers at the beginning. */
  readonly inbound?: number;
  /** Rounds between two answers over RPC. */
  readonly rpcEverySteps?: number;
  /** Rounds between two pings of a peer. */
  readonly pingEverySteps?: number;
  /** Whom it meets; by default IPv4 addresses that all run the same. */
  newcomer?(random: Random, inbound: boolean): Newcomer;
  /** How long a block takes to this node; by default anything up to ten seconds. */
  blockDelayMs?(random: Random): number;
  /** Whether a block is found in the ten seconds from this time on; by default the node has a lottery of its own. */
  isBlockFound?(now: number): boolean;
  /** The hash of the block at a height, and of another one there. */
  blockHash?(height: number, branch: number): string;
}

/** A peer of the node. */
export interface Peer extends Newcomer {
  /** The node's number for it. */
  readonly id: number;
  /** Who opened the connection. */
  readonly inbound: boolean;
  /** Unix milliseconds. */
  readonly since: number;
  /** Transport protocol. */
  transport: "v1" | "v2";
  /** Only its scenario lets it go. */
  readonly isGuest: boolean;
}

/** A message without the parts that the peer says. */
export type Content = NonNullable<MessageEvent["msg"]>;

/** How a message is sent. */
export interface Sending {
  /** Who sends it; the peer unless told otherwise. */
  readonly inbound?: boolean;
  /** Bytes. */
  readonly size?: number;
  /** Milliseconds from now; by default some time within the next ten seconds. */
  readonly afterMs?: number;
}

/** The node and its peers. What happens is collected until {@linkcode World.take} is called. */
export class World {
  /** Everything that is chosen comes from here. */
  readonly random: Random;
  /** Peers by the node's number. */
  readonly peers = new Map<number, Peer>();
  /** Unix milliseconds. */
  now: number;
  /** When the node was started. */
  bootedAt: number;
  /** Height of the chain. */
  height = 900_000;
  /** Height of the best header. */
  headers = 900_000;
  /** Milliseconds until the node answers a ping. */
  pingMs = 5;
  /** Transactions that wait for each peer. */
  queue = 20;
  /** Blocks that the node asked for and did not get. */
  inflight: number[] = [];
  /** Whether anybody finds blocks. */
  mines = true;
  /** Whether blocks hold transactions that nobody saw before. */
  surprises = false;
  /** Whether new inbound peers come for those that leave. */
  refills = true;
  #nextPeer = 0;
  /** The block at this height is the one that loses. */
  #isOnStaleBlock = false;
  #blockIn = BLOCK_EVERY_STEPS;
  #events: Event[] = [];
  readonly #start: number;
  readonly #options: WorldOptions;

  /** A node with 10 outbound and, unless told otherwise, 110 inbound peers. */
  constructor(seed: number, start: number = START, options: WorldOptions = {}) {
    this.random = seeded(seed);
    this.#options = options;
    this.now = this.#start = start;
    this.bootedAt = start - 5 * 86_400_000;
    for (let i = 0; i < 10; i++) this.connect({ inbound: false, quiet: true });
    for (let i = 0; i < (options.inbound ?? 110); i++) this.connect({ quiet: true });
  }

  get #elapsed(): number {
    return this.now - this.#start;
  }

  /** What happened since the last call, in order of time. */
  take(): Event[] {
    const events = this.#events.sort((a, b) => a.timestamp - b.timestamp);
    this.#events = [];
    return events;
  }

  /** Lets ten seconds pass as they always do. */
  step(): void {
    for (const peer of this.peers.values()) this.#chat(peer);
    if (this.random.below(6) === 0) this.#turnOver();
    if (this.mines && this.#isBlockFound()) this.block();
    this.emit("p2p", { p2pEvent: { case: "pingDuration", value: { duration: this.pingMs * 1e6 } } });
    if (this.#elapsed % ((this.#options.rpcEverySteps ?? 3) * STEP_MS) === 0) this.#answerRpc();
    this.now += STEP_MS;
  }

  /** A new peer. */
  connect(
    { addr, inbound = true, quiet = false }: { addr?: string; inbound?: boolean; quiet?: boolean } = {},
  ): Peer {
    const id = this.#nextPeer++;
    const transport = this.random.below(100) < 65 ? "v2" : "v1";
    const newcomer = addr === undefined ? this.#newcomer(inbound) : { addr, ...ORDINARY };
    const peer: Peer = {
      ...newcomer,
      id,
      inbound,
      since: this.now,
      transport,
      isGuest: addr !== undefined,
    };
    if (!quiet) {
      const existingConnections = this.peers.values().filter((other) => other.inbound).toArray().length;
      const value = { conn: connectionOf(peer), existingConnections };
      this.emit("connection", { event: { case: inbound ? "inbound" : "outbound", value } });
    }
    this.peers.set(id, peer);
    return peer;
  }

  /** A peer leaves. */
  close(peer: Peer): void {
    this.peers.delete(peer.id);
    const value = { conn: connectionOf(peer), timeEstablished: Math.floor(peer.since / 1000) };
    this.emit("connection", { event: { case: "closed", value } });
  }

  /** A peer is pushed out. */
  evict(peer: Peer): void {
    const value = { conn: connectionOf(peer), timeEstablished: Math.floor(peer.since / 1000) };
    this.emit("connection", { event: { case: "inboundEvicted", value } });
    this.close(peer);
  }

  /** A peer breaks the rules. */
  misbehave(peer: Peer, message: string): void {
    this.emit("connection", { event: { case: "misbehaving", value: { id: peer.id, message } } });
  }

  /** A peer sends something; or the node does. */
  message(peer: Peer, command: string, msg: Content, options: Sending = {}): void {
    const { inbound = true, size = 100, afterMs } = options;
    const connType = peer.inbound ? ConnType.Inbound : ConnType.OutboundFullRelay;
    this.emit("message", {
      meta: { peerId: peer.id, addr: peer.addr, connType, command, inbound, size },
      msg,
    }, afterMs);
  }

  /** A block is found, and comes as a compact block. */
  block(): void {
    this.#blockIn = Math.min(
      LONGEST_BLOCK_STEPS,
      Math.ceil(-Math.log(1 - this.random.below(1_000_000) / 1e6) * BLOCK_EVERY_STEPS),
    );
    if (this.#isOnStaleBlock) this.#connectBlock(this.#hashAt(this.height));
    this.#isOnStaleBlock = false;
    this.height++;
    this.headers = Math.max(this.headers, this.height);
    this.#connectBlock(this.#hashAt(this.height));
  }

  /** Two blocks are found at the same height, of which the node has one first. The next block decides which stays. */
  split(): void {
    this.height++;
    this.headers = Math.max(this.headers, this.height);
    this.#isOnStaleBlock = this.random.below(2) > 0;
    const [own, other] = this.#isOnStaleBlock ? [1, 0] : [0, 1];
    this.#connectBlock(this.#hashAt(this.height, own));
    const blockHash = this.#hashAt(this.height, other);
    const seen = { blockHash, blockHeight: this.height, peerId: 0, isCmpctblock: true };
    this.log({ case: "sawNewHeaderLog", value: seen });
  }

  #isBlockFound(): boolean {
    return this.#options.isBlockFound?.(this.now) ?? --this.#blockIn <= 0;
  }

  #hashAt(height: number, branch = 0): string {
    const hash = this.#options.blockHash?.(height, branch);
    return hash ?? (height + branch * 2 ** 32).toString(16).padStart(64, "0");
  }

  #connectBlock(blockHash: string): void {
    const afterMs = this.#options.blockDelayMs?.(this.random);
    const requested = this.surprises || this.random.below(10) < 2 ? 1 + this.random.below(40) : 0;
    this.log({
      case: "compactBlockReconstructedLog",
      value: {
        blockHash,
        prefilledTxnCount: 1,
        mempoolTxnCount: 3000,
        extraPoolTxnCount: 2,
        requestedTxnCount: requested,
        requestedTxnBytes: requested * 300,
      },
    }, afterMs);
    this.log({ case: "blockCheckedLog", value: { blockHash, state: "Valid", debugMessage: "" } }, afterMs);
    const hash = Uint8Array.fromHex(blockHash).reverse();
    const block = { hash, height: this.height, transactions: 3000, inputs: 7000, sigops: 9000 };
    const value = { ...block, connectionTime: 200_000_000 };
    this.emit("validation", { event: { case: "blockConnected", value } }, afterMs);
  }

  /** A line of debug.log. */
  log(logEvent: NonNullable<Payloads["log"]["logEvent"]>, afterMs?: number): void {
    const line = {
      logTimestamp: this.now * 1000,
      category: 0,
      threadname: "",
      logLevel: LogLevel.DEBUG,
      logLineBytes: 100,
    };
    this.emit("log", { ...line, logEvent }, afterMs);
  }

  /** Some addresses; new ones, or such as everybody knows. */
  addresses(count: number, { fresh = false } = {}): Address[] {
    return Array.from({ length: count }, () => {
      const number = this.random.below(fresh ? 0xffff_ffff : KNOWN_ADDRESSES);
      const value = fresh ? ipv4Of(number) : ipv4Of(Math.imul(number, 0x9e3779b1) >>> 0);
      const timestamp = Math.floor(this.now / 1000) - this.random.below(600);
      return { timestamp, address: { case: "ipv4", value }, services: 1033n, port: 8333 };
    });
  }

  /** The node starts again: all peers are gone, and their numbers begin anew. */
  restart(): void {
    for (const peer of [...this.peers.values()]) this.close(peer);
    this.bootedAt = this.now;
    this.#nextPeer = 0;
    for (let i = 0; i < 10; i++) this.connect({ inbound: false });
  }

  /** Something happens within the next ten seconds. */
  emit<K extends Kind>(kind: K, value: Payloads[K], afterMs: number = this.random.below(STEP_MS)): void {
    const timestamp = this.now + afterMs;
    this.#events.push({ timestamp, kind, value } as unknown as Event);
  }

  #chat(peer: Peer): void {
    if ((this.#elapsed / STEP_MS + peer.id) % (this.#options.pingEverySteps ?? 12) === 0) {
      this.message(peer, "ping", { case: "ping", value: { value: 7n } }, { size: 8 });
    }
    if (this.random.below(60) > 0) return;
    const value = { addresses: this.addresses(1 + this.random.below(3)) };
    this.message(peer, "addrv2", { case: "addrv2", value });
  }

  #turnOver(): void {
    const inbound = [...this.peers.values()].filter((peer) => peer.inbound && !peer.isGuest);
    if (inbound.length === 0) return;
    this.close(this.random.pick(inbound));
    if (this.refills) this.connect();
  }

  #answerRpc(): void {
    const answer = (rpcEvent: NonNullable<Rpc["rpcEvent"]>) => this.emit("rpc", { rpcEvent });
    answer({ case: "uptime", value: Math.floor((this.now - this.bootedAt) / 1000) });
    answer({ case: "peerInfos", value: { infos: [...this.peers.values()].map((peer) => this.#info(peer)) } });
    answer({
      case: "blockchainInfo",
      value: {
        chain: "main",
        blocks: this.height,
        headers: this.headers,
        bestblockhash: this.#options.blockHash === undefined
          ? ""
          : this.#hashAt(this.height, this.#isOnStaleBlock ? 1 : 0),
        difficulty: 1,
        time: 0,
        mediantime: 0,
        verificationprogress: 1,
        initialblockdownload: false,
        chainwork: "",
        sizeOnDisk: 0,
        pruned: false,
        pruneHeight: 0,
        pruneTargetSize: 0,
        warnings: [],
      },
    });
  }

  #info(peer: Peer): PeerInfo {
    return {
      ...BLANK_PEER,
      id: peer.id,
      address: peer.addr,
      inbound: peer.inbound,
      network: peer.network,
      subversion: peer.agent,
      connectionType: peer.inbound ? "inbound" : "outbound-full-relay",
      connectionTime: Math.floor(peer.since / 1000),
      transportProtocolType: peer.transport,
      invToSend: this.queue + this.random.below(20),
      inflight: peer.id % 50 === 0 ? this.inflight : [],
    };
  }

  #newcomer(inbound: boolean): Newcomer {
    return this.#options.newcomer?.(this.random, inbound) ?? { addr: this.#address(), ...ORDINARY };
  }

  #address(): string {
    return `${ipv4Of(0x1000_0000 + this.random.below(0xa000_0000))}:${1024 + this.random.below(60_000)}`;
  }
}

function connectionOf({ id, addr, inbound, network }: Peer) {
  const connType = inbound ? ConnType.Inbound : ConnType.OutboundFullRelay;
  return { peerId: id, addr, connType, network: NETWORKS.indexOf(network) };
}

function ipv4Of(number: number): string {
  return [24, 16, 8, 0].map((shift) => number >>> shift & 255).join(".");
}

const BLANK_PEER: PeerInfo = {
  id: 0,
  address: "",
  addressBind: "",
  addressLocal: "",
  network: "",
  mappedAs: 0,
  services: "0000000000000c09",
  relayTransactions: true,
  lastSend: 0,
  lastReceived: 0,
  lastTransaction: 0,
  lastBlock: 0,
  bytesSent: 0,
  bytesReceived: 0,
  connectionTime: 0,
  timeOffset: 0,
  pingTime: 0.05,
  minimumPing: 0.03,
  pingWait: 0,
  version: 70016,
  subversion: "/Satoshi:29.0.0/",
  inbound: false,
  bip152HbTo: false,
  bip152HbFrom: false,
  startingHeight: 0,
  syncedHeaders: 0,
  syncedBlocks: 0,
  inflight: [],
  addrRelayEnabled: true,
  addrProcessed: 0,
  addrRateLimited: 0,
  permissions: [],
  minfeefilter: 0,
  bytesSentPerMessage: new Map(),
  bytesReceivedPerMessage: new Map(),
  connectionType: "",
  transportProtocolType: "",
  invToSend: 0,
  cpuLoad: 0,
};
