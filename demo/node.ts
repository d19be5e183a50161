/**
 * A made-up node: a world of the scenarios with more life in it. Its messages have the contents and sizes of recorded
 * ones, with new hashes; everything is determined by a seed.
 *
 * @module
 */

import type { Event } from "../proto/event.ts";
import { type MessageContent, toMessageEvent } from "../proto/message_event.ts";
import { type InventoryItem, LogDebugCategory, LogLevel } from "../proto/schema.ts";
import { blockDelayMs, blockHash, type Lottery } from "./chain.ts";
import { newcomer } from "./population.ts";
import recorded from "./recorded.json" with { type: "json" };
import { answers } from "./rpc_answers.ts";
import type { Random } from "./scenarios/random.ts";
import type { Scenario } from "./scenarios/mod.ts";
import { type Peer, STEP_MS, World } from "./scenarios/world.ts";

/** Something that happens to a node. */
export interface Happening {
  /** What. */
  readonly scenario: Scenario;
  /** Unix milliseconds, a whole number of steps. */
  readonly from: number;
  /** Not included. */
  readonly to: number;
}

/** What a node is made of. */
export interface NodeOptions {
  /** Its name on the bus. */
  readonly name: string;
  /** Determines everything. */
  readonly seed: number;
  /** Unix milliseconds. */
  readonly start: number;
  /** When blocks are found. */
  readonly lottery: Lottery;
  /** What will happen to it; may grow. */
  readonly happenings: readonly Happening[];
  /** Since when somebody looks at it, Unix milliseconds: it says more, and answers more often. */
  readonly shownFrom: number | undefined;
}

/** Of a hundred messages so many are of a kind: the mixture of the main network. */
const MIXTURE: readonly (readonly [weight: number, command: string, inbound: boolean])[] = [
  [52, "inv", true],
  [18, "tx", true],
  [14, "getdata", false],
  [6, "inv", false],
  [4, "getdata", true],
  [3, "headers", true],
  [2, "feefilter", true],
  [1, "getheaders", true],
];
const TEMPLATES = templates();
/** Messages in ten seconds besides those of every world: of a node that somebody looks at, of any other. */
const MESSAGES = { shown: 60, other: 3 };
const SHOWN_RPC_STEPS = 3;
const OTHER_RPC_STEPS = 30;
/** One message of so many has a line in debug.log. */
const LINE_EVERY = 6;
/** Peers that announce the same transaction. */
const ANNOUNCERS = 5;
const MOST_SPOKEN_OF = 12;
const REASONS = ["min relay fee not met", "txn-mempool-conflict", "insufficient fee", "dust"];

/** A node whose events come in order of time. */
export class DemoNode {
  /** Its name on the bus. */
  readonly name: string;
  readonly #options: NodeOptions;
  readonly #world: World;
  #waiting: Event[] = [];
  #next = 0;
  /** The newest peer that has shaken hands. */
  #greeted: number;
  #mempool: number;
  /** Transactions that peers announce just now. */
  #spokenOf: Uint8Array<ArrayBuffer>[] = [];

  /** A node that nothing has happened to. */
  constructor(options: NodeOptions) {
    const { name, seed, start, lottery, shownFrom } = options;
    const isShown = shownFrom !== undefined;
    this.name = name;
    this.#options = options;
    this.#world = new World(seed, start, {
      inbound: isShown ? 110 : 30 + seed * 7 % 60,
      rpcEverySteps: isShown ? SHOWN_RPC_STEPS : OTHER_RPC_STEPS,
      pingEverySteps: isShown ? 12 : 60,
      newcomer,
      blockDelayMs,
      blockHash,
      isBlockFound: (now) => lottery.isBlockFound(now),
    });
    this.#greeted = this.#world.peers.size;
    this.#mempool = 30_000 + this.#world.random.below(20_000);
  }

  /** Peers that it has now. */
  get peers(): number {
    return this.#world.peers.size;
  }

  /** What happens up to a time, without it. */
  *until(time: number): Generator<Event> {
    for (;;) {
      for (; this.#next < this.#waiting.length; this.#next++) {
        const event = this.#waiting[this.#next]!;
        if (event.timestamp >= time) return;
        yield event;
      }
      if (this.#world.now >= time) return;
      this.#step();
    }
  }

  #step(): void {
    const world = this.#world;
    const { now } = world;
    for (const { scenario, from, to } of this.#options.happenings) {
      if (now === from) scenario.begin?.(world);
      if (now === to) scenario.end?.(world);
      if (now >= from && now < to) scenario.during?.(world);
    }
    world.step();
    // The world is ten seconds ahead now; what is added belongs to the time before.
    world.now = now;
    this.#greet();
    const { shownFrom = Infinity } = this.#options;
    const peers = [...world.peers.values()];
    for (
      let i = 0;
      peers.length > 0 && i < (now >= shownFrom ? MESSAGES.shown : MESSAGES.other);
      i++
    ) {
      this.#talk(world.random.pick(peers));
    }
    if (now >= shownFrom && peers.length > 0) this.#ping(world.random.pick(peers));
    this.#answer();
    world.now = now + STEP_MS;
    this.#waiting = world.take();
    this.#next = 0;
  }

  /** Peers that have come say who they are. */
  #greet(): void {
    const { random, peers, height, now } = this.#world;
    for (const peer of peers.values()) {
      if (peer.id < this.#greeted) continue;
      this.#greeted = peer.id + 1;
      const value = {
        ...{ version: 70016, services: 1033n, timestamp: BigInt(Math.floor(now / 1000)), relay: true },
        ...{ receiver: NOBODY, sender: NOBODY, nonce: BigInt(random.below(2 ** 32)) },
        ...{ userAgent: peer.agent, startHeight: height },
      };
      this.#world.message(peer, "version", { case: "version", value }, { size: 86 + peer.agent.length });
      this.#world.message(peer, "verack", { case: "verack", value: true }, { size: 0 });
    }
  }

  #talk(peer: Peer): void {
    const { random } = this.#world;
    let left = random.below(100);
    const [, command, inbound] = MIXTURE.find(([weight]) => (left -= weight) < 0)!;
    const { msg, size } = random.pick(TEMPLATES.get(command)!);
    this.#world.message(peer, command, fresh(msg, () => this.#hash()), { inbound, size });
    if (command === "tx") this.#accept();
    if (this.#options.shownFrom !== undefined && random.below(LINE_EVERY) === 0) {
      const what = inbound ? "received" : "sending";
      this.#line(`${what}: ${command} (${size} bytes) peer=${peer.id}`);
    }
  }

  /** The node pings a peer, which answers. */
  #ping(peer: Peer): void {
    const { random } = this.#world;
    const value = { value: BigInt(1 + random.below(2 ** 32)) };
    const afterMs = random.below(STEP_MS / 2);
    this.#world.message(peer, "ping", { case: "ping", value }, { inbound: false, size: 8, afterMs });
    const answered = afterMs + 15 + peer.id * 37 % 120 + random.below(30);
    this.#world.message(peer, "pong", { case: "pong", value }, { size: 8, afterMs: answered });
  }

  /** A line of debug.log that is only there to be read. */
  #line(rawMessage: string): void {
    const value = {
      ...{
        logTimestamp: this.#world.now * 1000,
        category: LogDebugCategory.NET,
        threadname: "msghand",
        logLevel: LogLevel.DEBUG,
      },
      ...{ logEvent: { case: "unknownLogMessage", value: { rawMessage } } as const, logLineBytes: 90 },
    };
    this.#world.emit("log", value);
  }

  /** Of a transaction that nobody spoke of before, or of one that others have announced already. */
  #hash(): Uint8Array<ArrayBuffer> {
    const { random } = this.#world;
    if (this.#spokenOf.length > 0 && random.below(ANNOUNCERS) > 0) return random.pick(this.#spokenOf);
    const fresh = hash(random);
    this.#spokenOf = [fresh, ...this.#spokenOf].slice(0, MOST_SPOKEN_OF);
    return fresh;
  }

  /** What becomes of a transaction. */
  #accept(): void {
    const { random } = this.#world;
    const txid = hash(random);
    if (random.below(8) === 0) {
      return this.#world.emit("mempool", {
        event: { case: "rejected", value: { txid, reason: random.pick(REASONS) } },
      });
    }
    const vsize = 110 + random.below(400);
    this.#mempool += random.below(3) - 1;
    const value = { txid, vsize, fee: vsize * (1 + random.below(12)) };
    this.#world.emit("mempool", { event: { case: "added", value } });
  }

  #answer(): void {
    const { shownFrom, start } = this.#options;
    const isShown = shownFrom !== undefined;
    const steps = (this.#world.now - start) / STEP_MS;
    if (steps % (isShown ? SHOWN_RPC_STEPS : OTHER_RPC_STEPS) !== 0) return;
    const peers = [...this.#world.peers.values()];
    const about = { mempool: this.#mempool, peers, steps, random: this.#world.random, now: this.#world.now };
    for (const rpcEvent of answers(about, { isShown })) this.#world.emit("rpc", { rpcEvent });
  }
}

const NOBODY = { timestamp: 0, address: { case: "ipv4", value: "0.0.0.0" }, services: 0n, port: 0 } as const;

/** Recorded messages by command. */
function templates(): ReadonlyMap<string, readonly { msg: MessageContent; size: number }[]> {
  const all = new Map<string, { msg: MessageContent; size: number }[]>();
  for (const { type, hex } of recorded) {
    const payload = Uint8Array.fromHex(hex);
    const meta = { peerId: 0, addr: "", connType: 1, command: type, inbound: true, size: payload.length };
    const result = toMessageEvent(meta, payload);
    if (!result.ok || result.event.msg === undefined) {
      throw new SyntaxError(`recorded.json: a broken ${type}`);
    }
    all.set(type, [...all.get(type) ?? [], { msg: result.event.msg, size: payload.length }]);
  }
  return all;
}

/** The same with other hashes: it was recorded once, and is sent a thousand times. */
function fresh(msg: MessageContent, hash: () => Uint8Array<ArrayBuffer>): MessageContent {
  if (msg.case === "inv" || msg.case === "getdata") {
    const items = msg.value.items.map(({ item }): InventoryItem =>
      item === undefined || item.case === "error" || item.case === "unknown"
        ? { item }
        : { item: { case: item.case, value: hash() } }
    );
    return { case: msg.case, value: { items } };
  }
  if (msg.case === "tx" && msg.value.tx !== undefined) {
    const txid = hash();
    return { case: "tx", value: { tx: { ...msg.value.tx, txid, wtxid: txid } } };
  }
  return msg;
}

function hash(random: Random): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 32; i += 4) view.setUint32(i, random.below(2 ** 32));
  return bytes;
}
