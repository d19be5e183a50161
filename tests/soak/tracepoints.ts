/**
 * What a busy node fires: a mixture of messages, each tracepoint now and then, and strangers who come, announce
 * addresses and go. Everything is counted.
 *
 * @module
 */

import { firedBy } from "../../extractors/ebpf/fixtures/fired.ts";
import type { Kind } from "../../proto/subjects.ts";
import { FakeNode, mixedMessages, writeCapture } from "../integration/ebpf_fixture.ts";

const STRANGERS_PER_SECOND = 3;
const ADDRESSES_PER_STRANGER = 2;
/** What an address says of itself: that it is of a node with the whole chain. */
const SERVICES = "0904000000000000";

/** A program that fires as it is told. */
export class Tracepoints implements AsyncDisposable {
  /** How often, by kind. */
  readonly fired: Partial<Record<Kind, number>> = {};
  readonly #node: FakeNode;
  readonly #capture: string;
  readonly #perSecond: number;
  #strangers = 0;

  private constructor(node: FakeNode, capture: string, perSecond: number) {
    this.#node = node;
    this.#capture = capture;
    this.#perSecond = perSecond;
  }

  /** Starts the compiled program; nothing is fired yet. */
  static async start(program: string, folder: string, perSecond: number): Promise<Tracepoints> {
    return new Tracepoints(new FakeNode(program), await writeCapture(folder, mixedMessages()), perSecond);
  }

  get pid(): number {
    return this.#node.pid;
  }

  get total(): number {
    return Object.values(this.fired).reduce((sum, count) => sum + count, 0);
  }

  /** Fires until the signal is aborted. */
  async fire(signal: AbortSignal): Promise<void> {
    const everything = firedBy(31);
    for (let second = 0; !signal.aborted; second++) {
      const way = second % 2 === 0 ? "in" : "out";
      // At its pace, so this takes a second.
      await this.#send("message", `play ${way} ${this.#capture} ${this.#perSecond} ${this.#perSecond}`);
      for (let i = 0; i < STRANGERS_PER_SECOND; i++) await this.#stranger();
      const { command, event: { kind } } = everything[second % everything.length]!;
      await this.#send(kind, command);
      await this.#transaction();
    }
  }

  /** Somebody new each time, who never comes back. */
  async #stranger(): Promise<void> {
    const id = 1000 + this.#strangers++;
    const address = `${randomHost().join(".")}:${8333 + id % 100}`;
    await this.#send("connection", `opened-in ${id} ${address} inbound 1 ${id % 115}`);
    await this.#send("message", `in ${id} ${address} inbound addr ${addr(ADDRESSES_PER_STRANGER)}`);
    await this.#send("message", `in ${id} ${address} inbound inv 0105000000${randomHash()}`);
    await this.#send("connection", `closed ${id} ${address} inbound 1 ${unixSeconds() - 60}`);
  }

  async #transaction(): Promise<void> {
    const id = randomHash();
    await this.#send("mempool", `added ${id} 141 ${1000 + this.#strangers % 5000}`);
    await this.#send("mempool", `removed ${id} block 141 1000 ${unixSeconds() - 600}`);
  }

  async #send(kind: Kind, command: string): Promise<void> {
    const { count } = await this.#node.fire(command);
    this.fired[kind] = (this.fired[kind] ?? 0) + count;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#node[Symbol.asyncDispose]();
  }
}

/** An `addr` message with addresses that nobody has announced before. */
function addr(addresses: number): string {
  const entries = Array.from({ length: addresses }, () => {
    const entry = new Uint8Array(30);
    new DataView(entry.buffer).setUint32(0, unixSeconds(), true);
    entry.set(Uint8Array.fromHex(SERVICES), 4);
    entry.set([0xff, 0xff, ...randomHost(), 0x20, 0x8d], 22);
    return entry.toHex();
  });
  return `0${addresses}${entries.join("")}`;
}

/** In networks that are routed. */
function randomHost(): number[] {
  const [a, b, c, d] = crypto.getRandomValues(new Uint8Array(4));
  return [20 + a! % 70, b!, c!, d!];
}

function randomHash(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toHex();
}

function unixSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
