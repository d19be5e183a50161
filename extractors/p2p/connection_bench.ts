import { assertEquals } from "@std/assert";
import { encodeFrame, encodeMessage, type Message, START_BYTES } from "../../proto/bitcoin/mod.ts";
import { V2Transport } from "../../proto/bitcoin/v2/mod.ts";
import { joined } from "../../proto/bytes.ts";
import { encodeEvent } from "../../proto/event.ts";
import { NODE_VERSION } from "./_scripted_node.ts";
import { MONOTONIC } from "./clock.ts";
import { Connection, type Socket } from "./connection.ts";
import { LIMITS } from "./limits.ts";

const startBytes = START_BYTES.regtest;
const CHUNK_BYTES = 65536;

/** A socket in memory: what is put in is read, what is written is handed on. */
class Pipe implements Socket {
  readonly #chunks: Uint8Array[] = [];
  #wake: (() => void) | undefined;
  #closed = false;
  onWrite: (bytes: Uint8Array) => void = () => {};

  put(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      this.#chunks.push(bytes.subarray(at, at + CHUNK_BYTES));
    }
    this.#wake?.();
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#chunks.length === 0) {
      if (this.#closed) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const chunk = this.#chunks.shift()!;
    into.set(chunk);
    return chunk.length;
  }

  write(bytes: Uint8Array): Promise<number> {
    this.onWrite(bytes);
    return Promise.resolve(bytes.length);
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }
}

/** A connection after the handshake, and what encodes messages for it. */
async function ready(transport: "v1" | "v2") {
  const pipe = new Pipe();
  const node = transport === "v2" ? new V2Transport({ startBytes, initiating: true }) : undefined;
  const encode = (message: Message) => {
    const command = message.type === "unknown" ? message.command : message.type;
    const payload = encodeMessage(message);
    return node?.encode(command, payload) ?? encodeFrame(startBytes, command, payload);
  };
  let [emitted, wanted, bytes] = [0, 0, 0];
  let done = () => {};
  const handshake = Promise.withResolvers<void>();
  const connection = new Connection(pipe, {
    startBytes,
    manner: { services: 9n, userAgent: "", disabled: new Set() },
    pingIntervalMs: 10_000,
    limits: { ...LIMITS, bytesAtOnce: Infinity, messagesAtOnce: Infinity },
    clock: MONOTONIC,
    count() {},
    emit(p2pEvent) {
      bytes += encodeEvent({ timestamp: 1, kind: "p2p", value: { p2pEvent } }).length;
      if (++emitted === wanted) done();
    },
    onReady: () => handshake.resolve(),
  });
  const ended = connection.serve();
  if (node !== undefined) {
    pipe.onWrite = (written) => {
      const { reply } = node.push(written);
      if (reply !== undefined) pipe.put(reply);
    };
    pipe.put(node.hello);
    while (!node.ready) await new Promise((resolve) => setTimeout(resolve));
  }
  pipe.put(encode(NODE_VERSION));
  pipe.put(encode({ type: "verack" }));
  await handshake.promise;
  return {
    encode,
    /** Resolves when the bytes have become so many events. */
    async receive(stream: Uint8Array, events: number): Promise<number> {
      wanted = emitted + events;
      const finished = new Promise<void>((resolve) => done = resolve);
      pipe.put(stream);
      await finished;
      return bytes;
    },
    async [Symbol.asyncDispose]() {
      connection.close("stopped");
      assertEquals(await ended, "stopped");
    },
  };
}

function inv(length: number): Message {
  return {
    type: "inv",
    items: Array.from({ length }, (_, i) => ({ type: 5, hash: new Uint8Array(32).fill(i) })),
  };
}

const INV = inv(35);
const FEEFILTER: Message = { type: "feefilter", feeRate: 1n };
const BLOCK: Message = { type: "unknown", command: "block", payload: new Uint8Array(4_000_000) };

/** What is sent, how often, and how many events come of it; the end of each is a fee filter. */
const LOADS: [what: string, message: Message, times: number, events: number][] = [
  ["10,000 inv of 35", INV, 10_000, 10_001],
  ["10,000 fee filters", FEEFILTER, 10_000, 10_001],
  ["an inv of 50,000", inv(50_000), 1, 2],
  ["10 messages of 4 MB that nobody wants", BLOCK, 10, 1],
];

for (const [what, message, times, events] of LOADS) {
  for (const transport of ["v1", "v2"] as const) {
    Deno.bench(
      transport,
      { group: `from chunks to encoded events: ${what}`, baseline: transport === "v1", n: 10, warmup: 2 },
      async (b) => {
        await using connection = await ready(transport);
        const parts = Array.from({ length: times }, () => connection.encode(message));
        const stream = joined([...parts, connection.encode(FEEFILTER)]);
        b.start();
        await connection.receive(stream, events);
        b.end();
      },
    );
  }
}
