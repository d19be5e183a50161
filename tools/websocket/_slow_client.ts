/** A WebSocket client on a bare TCP connection: it reads only when it is told to. For tests. */

/** The client. */
export class SlowClient {
  readonly #connection: Deno.TcpConn;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Connects and asks for a WebSocket. */
  static async connect(port: number, headers: Record<string, string> = {}): Promise<SlowClient> {
    const client = new SlowClient(await Deno.connect({ hostname: "127.0.0.1", port }));
    const lines = Object.entries({ Host: `127.0.0.1:${port}`, ...headers }).map(([name, value]) =>
      `${name}: ${value}`
    );
    const request = [
      "GET /any/path?of=it HTTP/1.1",
      ...lines,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ].join("\r\n");
    await client.#connection.write(new TextEncoder().encode(`${request}\r\n\r\n`));
    return client;
  }

  /** The status of the answer. */
  async status(): Promise<number> {
    const bytes = new Uint8Array(4096);
    const length = await this.#connection.read(bytes) ?? 0;
    return Number(/^HTTP\/1.1 (\d+)/.exec(new TextDecoder().decode(bytes.subarray(0, length)))?.[1]);
  }

  /** Sends a text frame of up to 125 bytes. */
  async send(text: string): Promise<void> {
    const payload = new TextEncoder().encode(text);
    // A mask of zeros is a mask.
    await this.#connection.write(Uint8Array.of(0x81, 0x80 | payload.length, 0, 0, 0, 0, ...payload));
  }

  /** Reads all that waits, answers the close frame, and says what was in it. */
  async readUntilClose(): Promise<{ code: number; reason: string }> {
    let bytes = new Uint8Array(0);
    let headEnds = -1;
    for (;;) {
      const chunk = new Uint8Array(1 << 20);
      const length = await this.#connection.read(chunk);
      if (length === null) throw new Error("The connection ended without a close frame");
      bytes = concat(bytes, chunk.subarray(0, length));
      if (headEnds < 0) {
        headEnds = new TextDecoder("latin1").decode(bytes).indexOf("\r\n\r\n");
        if (headEnds < 0) continue;
        bytes = bytes.slice(headEnds + 4);
      }
      const { rest, close } = takeFrames(bytes);
      bytes = rest;
      if (close === undefined) continue;
      await this.#connection.write(Uint8Array.of(0x88, 0x80, 0, 0, 0, 0));
      return { code: close[0]! * 256 + close[1]!, reason: new TextDecoder().decode(close.subarray(2)) };
    }
  }

  /** Hangs up. */
  close(): void {
    this.#connection.close();
  }
}

/** Skips whole frames; the payload of a close frame, once there is one. */
function takeFrames(bytes: Uint8Array<ArrayBuffer>): { rest: Uint8Array<ArrayBuffer>; close?: Uint8Array } {
  let at = 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  while (at + 10 <= bytes.length || at + 2 + ((bytes[at + 1] ?? 0) & 0x7f) <= bytes.length) {
    const short = bytes[at + 1]! & 0x7f;
    const head = short === 127 ? 10 : short === 126 ? 4 : 2;
    const length = short === 127
      ? Number(view.getBigUint64(at + 2))
      : short === 126
      ? view.getUint16(at + 2)
      : short;
    if (at + head + length > bytes.length) break;
    if ((bytes[at]! & 0x0f) === 8) return { rest: bytes, close: bytes.slice(at + head, at + head + length) };
    at += head + length;
    if (at + 2 > bytes.length) break;
  }
  return { rest: bytes.slice(at) };
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
