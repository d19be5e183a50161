/**
 * A WebSocket client (RFC 6455) on a connection that is already there. Deno's own one cannot be used: it follows
 * `ALL_PROXY` and `NO_PROXY`, the latter even past a SOCKS proxy that was given to it, says which Deno it is, wants the
 * right to reach the hub directly where only the proxy shall be reached, and takes messages of 64 MiB.
 *
 * @module
 */

import { joined } from "../../proto/bytes.ts";
import { LONGEST } from "../../proto/federation/frame.ts";

/** Codes of the end (RFC 6455, 7.4). */
export const CLOSE = { done: 1000, protocol: 1002, unsupported: 1003, tooLarge: 1009 } as const;

const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** A longer answer to the request to upgrade is none. */
const MOST_HEADER_BYTES = 8192;
const MOST_CONTROL_BYTES = 125;
const END_OF_HEADER = "\r\n\r\n";

/** The other side breaks the rules; `code` is what it shall be told. */
export class BrokenProtocol extends Error {
  /** Code of the end. */
  readonly code: number;

  /** Says what is wrong, in words that do not repeat the bytes. */
  constructor(message: string, code: number = CLOSE.protocol) {
    super(message);
    this.code = code;
  }
}

/** What is read and written. */
export type Stream = Pick<Deno.Conn, "read" | "write" | "close">;

/** One side of a WebSocket. */
export class ClientSocket implements Disposable {
  readonly #stream: Stream;
  readonly #input: Input;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(stream: Stream, input: Input) {
    this.#stream = stream;
    this.#input = input;
  }

  /**
   * Asks the server to upgrade.
   *
   * @throws {BrokenProtocol} If it answers something else.
   */
  static async open(stream: Stream, { host, pathname, search }: URL): Promise<ClientSocket> {
    const key = crypto.getRandomValues(new Uint8Array(16)).toBase64();
    const lines = [
      `GET ${pathname}${search} HTTP/1.1`,
      `Host: ${host}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Key: ${key}`,
      "Sec-WebSocket-Version: 13",
    ];
    const input = new Input(stream);
    await writeAll(stream, new TextEncoder().encode(lines.join("\r\n") + END_OF_HEADER));
    checkAnswer(await input.header(), await acceptOf(key));
    return new ClientSocket(stream, input);
  }

  /**
   * Binary messages until the other side closes; pings are answered.
   *
   * @throws {BrokenProtocol} If it does not speak WebSocket, or says something that is no binary message.
   */
  async *messages(
    onLife: () => void = () => {},
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, number | undefined> {
    let parts: Uint8Array<ArrayBuffer> | undefined;
    for (;;) {
      const frame = await this.#frame(parts?.length ?? 0);
      if (frame === undefined) return undefined;
      const { opcode, isLast, payload } = frame;
      onLife();
      if (opcode === OPCODE.close) return await this.#answerClose(payload);
      if (opcode === OPCODE.ping) await this.#write(OPCODE.pong, payload);
      if (opcode >= OPCODE.close) continue;
      if ((opcode === OPCODE.continuation) !== (parts !== undefined)) {
        throw new BrokenProtocol("a message inside another");
      }
      const message: Uint8Array<ArrayBuffer> = parts === undefined ? payload : joined([parts, payload]);
      parts = isLast ? undefined : message;
      if (isLast) yield message;
    }
  }

  /** Sends a binary message. */
  send(message: Uint8Array): Promise<void> {
    return this.#write(OPCODE.binary, message);
  }

  /** Asks the other side whether it is there. */
  ping(): Promise<void> {
    return this.#write(OPCODE.ping, new Uint8Array(0));
  }

  /** Says goodbye; the other side closes the connection. */
  close(code: number): Promise<void> {
    return this.#write(OPCODE.close, Uint8Array.of(code >> 8, code & 255));
  }

  /** Ends the connection at once. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#stream.close();
    } catch {
      // The other side was faster.
    }
  }

  async #answerClose(payload: Uint8Array): Promise<number | undefined> {
    const code = payload.length < 2 ? undefined : payload[0]! << 8 | payload[1]!;
    await this.close(code ?? CLOSE.done).catch(() => {});
    return code;
  }

  async #frame(
    before: number,
  ): Promise<{ opcode: number; isLast: boolean; payload: Uint8Array<ArrayBuffer> } | undefined> {
    const head = await this.#input.take(2, "may end");
    if (head === undefined) return undefined;
    const [first, second] = head as unknown as [number, number];
    const opcode = first & 15;
    if ((first & 0x70) !== 0) throw new BrokenProtocol("bits that mean nothing");
    if ((second & 0x80) !== 0) throw new BrokenProtocol("a mask, which is for clients");
    const isControl = opcode >= OPCODE.close;
    const length = await this.#length(second & 0x7f);
    const isLast = (first & 0x80) !== 0;
    if (opcode === OPCODE.text) throw new BrokenProtocol("text", CLOSE.unsupported);
    if (!(Object.values(OPCODE) as number[]).includes(opcode)) throw new BrokenProtocol("an unknown opcode");
    if (isControl && (length > MOST_CONTROL_BYTES || !isLast)) {
      throw new BrokenProtocol("a long control frame");
    }
    if (!isControl && before + length > LONGEST) {
      throw new BrokenProtocol("too long a message", CLOSE.tooLarge);
    }
    return { opcode, isLast, payload: (await this.#input.take(length))! };
  }

  async #length(short: number): Promise<number> {
    if (short < 126) return short;
    const bytes = (await this.#input.take(short === 126 ? 2 : 8))!;
    return bytes.reduce((length, byte) => length * 256 + byte, 0);
  }

  /** One frame after the other, each masked. */
  #write(opcode: number, payload: Uint8Array): Promise<void> {
    const frame = maskedFrame(opcode, payload);
    const written = this.#writing.then(() => writeAll(this.#stream, frame));
    this.#writing = written.catch(() => {});
    return written;
  }
}

function maskedFrame(opcode: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = payload;
  const extra = length < 126 ? [] : length < 65_536 ? [length >> 8, length & 255] : [
    ...[0, 0, 0, 0],
    ...[24, 16, 8, 0].map((shift) => length >>> shift & 255),
  ];
  const short = extra.length === 0 ? length : extra.length === 2 ? 126 : 127;
  const mask = crypto.getRandomValues(new Uint8Array(4));
  const head = [0x80 | opcode, 0x80 | short, ...extra, ...mask];
  const frame = new Uint8Array(head.length + length);
  frame.set(head);
  for (let i = 0; i < length; i++) frame[head.length + i] = payload[i]! ^ mask[i & 3]!;
  return frame;
}

async function acceptOf(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(key + GUID));
  return new Uint8Array(digest).toBase64();
}

function checkAnswer(header: string, accept: string): void {
  const [status = "", ...lines] = header.split("\r\n");
  const code = /^HTTP\/1\.1 (\d{3})/.exec(status)?.[1];
  if (code === undefined) throw new BrokenProtocol("it does not speak HTTP");
  if (code !== "101") throw new BrokenProtocol(`it answers with HTTP status ${code}`);
  const fields = new Map(lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
  }));
  if (fields.get("sec-websocket-accept") !== accept) throw new BrokenProtocol("it does not speak WebSocket");
  if (fields.has("sec-websocket-extensions") || fields.has("sec-websocket-protocol")) {
    throw new BrokenProtocol("it wants an extension that nobody asked for");
  }
}

async function writeAll(stream: Stream, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await stream.write(bytes.subarray(sent));
}

/** What comes, taken in pieces of the reader's size. */
class Input {
  readonly #stream: Stream;
  readonly #buffer = new Uint8Array(16_384);
  #rest: Uint8Array = new Uint8Array(0);

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** Everything up to the empty line. */
  async header(): Promise<string> {
    const decoder = new TextDecoder("latin1");
    let text = "";
    for (;;) {
      const end = text.indexOf(END_OF_HEADER);
      if (end >= 0) {
        this.#rest = this.#rest.slice(this.#rest.length - (text.length - end - END_OF_HEADER.length));
        return text.slice(0, end);
      }
      if (text.length > MOST_HEADER_BYTES) throw new BrokenProtocol("it does not speak HTTP");
      if (!await this.#more()) throw new BrokenProtocol("it hung up");
      text += decoder.decode(this.#rest);
    }
  }

  /** So many bytes; `undefined` if nothing more comes, where that is allowed. */
  async take(length: number, atEnd?: "may end"): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      if (this.#rest.length === 0 && !await this.#more()) {
        if (at === 0 && atEnd !== undefined) return undefined;
        throw new BrokenProtocol("it hung up in the middle of a message");
      }
      const part = this.#rest.subarray(0, length - at);
      bytes.set(part, at);
      at += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return bytes;
  }

  async #more(): Promise<boolean> {
    const count = await this.#stream.read(this.#buffer);
    if (count === null) return false;
    this.#rest = this.#buffer.subarray(0, count);
    return true;
  }
}
