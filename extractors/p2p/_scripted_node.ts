/**
 * A node that does what a test says, over a real socket, on v1 or v2.
 *
 * @module
 */

import {
  decodeMessage,
  encodeFrame,
  encodeMessage,
  type Frame,
  FrameParser,
  type Message,
  START_BYTES,
  type Version,
} from "../../proto/bitcoin/mod.ts";
import { V2Transport } from "../../proto/bitcoin/v2/mod.ts";

const NOWHERE = {
  services: 0n,
  address: { network: "ipv4", networkId: 1, bytes: new Uint8Array(4) },
  port: 0,
} as const;

/** A version message as a node sends it. */
export const NODE_VERSION: Version = {
  type: "version",
  version: 70016,
  services: 3081n,
  timestamp: 1_700_000_000n,
  receiver: NOWHERE,
  sender: NOWHERE,
  nonce: 7n,
  userAgent: "/Scripted:1/",
  startHeight: 101,
  relay: true,
};

/** How a scripted node connects. */
export interface ScriptOptions {
  /** v1 unless said otherwise. */
  readonly transport?: "v1" | "v2";
  /** Regtest unless said otherwise. */
  readonly startBytes?: Uint8Array;
}

/** A node that does what a test says. */
export class ScriptedNode implements Disposable {
  readonly #socket: Deno.TcpConn;
  readonly #startBytes: Uint8Array;
  readonly #v1: FrameParser;
  readonly #v2: V2Transport | undefined;
  readonly #frames: Frame[] = [];
  #closed = false;

  private constructor(socket: Deno.TcpConn, { transport, startBytes = START_BYTES.regtest }: ScriptOptions) {
    this.#socket = socket;
    this.#startBytes = startBytes;
    this.#v1 = new FrameParser(startBytes);
    this.#v2 = transport === "v2" ? new V2Transport({ startBytes, initiating: true }) : undefined;
  }

  /** Connects, and over v2 exchanges keys; no message has been sent. */
  static async connect(port: number, options: ScriptOptions = {}): Promise<ScriptedNode> {
    const node = new ScriptedNode(await Deno.connect({ hostname: "127.0.0.1", port }), options);
    if (node.#v2 !== undefined) {
      await node.sendBytes(node.#v2.hello);
      while (!node.#v2.ready && await node.#read());
    }
    return node;
  }

  /** Connects and shakes hands; what the other side sent meanwhile is returned. */
  static async handshake(port: number, options: ScriptOptions = {}): Promise<[ScriptedNode, Message[]]> {
    const node = await ScriptedNode.connect(port, options);
    await node.send(NODE_VERSION);
    const seen = await node.until("wtxidrelay");
    await node.send({ type: "verack" });
    seen.push(...await node.until("verack"));
    return [node, seen];
  }

  /** Messages as bytes for the stream. */
  encode(...messages: Message[]): Uint8Array {
    const parts = messages.map((message) => this.encodeRaw(message.type, encodeMessage(message)));
    return Uint8Array.from(parts.flatMap((part) => [...part]));
  }

  /** A message, whatever its payload is, as bytes for the stream. */
  encodeRaw(command: string, payload: Uint8Array): Uint8Array {
    return this.#v2?.encode(command, payload) ?? encodeFrame(this.#startBytes, command, payload);
  }

  /** Sends messages. */
  async send(...messages: Message[]): Promise<void> {
    await this.sendBytes(this.encode(...messages));
  }

  /** Sends bytes; when the other side has gone, that is told by what is read. */
  async sendBytes(bytes: Uint8Array): Promise<void> {
    try {
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await this.#socket.write(rest));
    } catch {
      this.#closed = true;
    }
  }

  /** The next message; undefined when the other side has closed. */
  async next(): Promise<Message | undefined> {
    while (this.#frames.length === 0) if (!await this.#read()) return undefined;
    const { command, payload } = this.#frames.shift()!;
    const decoded = decodeMessage(command, payload);
    if (!decoded.ok) throw new Error(`Cannot decode "${command}": ${decoded.reason}`);
    return decoded.message;
  }

  /** Messages up to one of this type. */
  async until(type: Message["type"]): Promise<Message[]> {
    const messages: Message[] = [];
    for (;;) {
      const message = await this.next();
      if (message === undefined) throw new Error(`Cannot wait for "${type}": the other side closed`);
      messages.push(message);
      if (message.type === type) return messages;
    }
  }

  /** Answers the next ping. */
  async answerPing(): Promise<void> {
    const ping = (await this.until("ping")).at(-1)!;
    if (ping.type === "ping") await this.send({ type: "pong", nonce: ping.nonce! });
  }

  /** Resolves when the other side has closed. */
  async closed(): Promise<void> {
    while (await this.#read());
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  async #read(): Promise<boolean> {
    if (this.#closed) return false;
    const buffer = new Uint8Array(65536);
    const length = await this.#socket.read(buffer).catch(() => null);
    if (length === null) {
      this.#closed = true;
      return false;
    }
    const { frames, reply, refused } = (this.#v2 ?? this.#v1).push(buffer.subarray(0, length)) as ReturnType<
      V2Transport["push"]
    >;
    if (refused !== undefined) throw new Error(`Cannot read from the other side: ${refused}`);
    if (reply !== undefined) await this.sendBytes(reply);
    this.#frames.push(...frames);
    return true;
  }
}
