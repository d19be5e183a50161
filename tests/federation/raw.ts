/**
 * A WebSocket by hand, for clients that do what no library would.
 *
 * @module
 */

import { decodeFrame, encodeFrame, type FrameContent } from "../../proto/federation/frame.ts";
import type { KeyPair } from "../../proto/federation/keys.ts";
import { operatorProof } from "../../proto/federation/proofs.ts";

/** A connection after its upgrade. */
export interface RawSession {
  /** Writes bytes as they are. */
  write(bytes: Uint8Array): Promise<void>;
  /** Reads until the other side ends it. */
  ended(): Promise<void>;
  /** Resolves when nothing more can be written; without reading anything. */
  stopped(): Promise<void>;
}

/** Connects, and proves who it is if it has a key; from then on nothing is read. */
export async function rawSession(url: string, key?: KeyPair, from?: string): Promise<RawSession> {
  const { hostname, port } = new URL(url);
  const socket = from === undefined
    ? await Deno.connect({ hostname, port: Number(port) })
    : await connectFrom(from, Number(port));
  const write = async (bytes: Uint8Array) => {
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await socket.write(rest));
  };
  const buffer = new Uint8Array(0x20000);
  let have = 0;
  const more = async () => {
    const count = await socket.read(buffer.subarray(have));
    if (count === null) throw new Error("The hub closed the connection");
    have += count;
  };
  const take = (length: number) => {
    const taken = buffer.slice(0, length);
    buffer.copyWithin(0, length, have);
    have -= length;
    return taken;
  };
  await write(new TextEncoder().encode(
    `GET /uplink HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  ));
  let end = -1;
  while (end < 0) {
    await more();
    end = new TextDecoder().decode(buffer.subarray(0, have)).indexOf("\r\n\r\n");
  }
  const status = new TextDecoder().decode(take(end + 4)).split("\r\n")[0]!;
  if (!status.includes("101")) throw new Error(`The hub answers ${status}`);
  if (key !== undefined) await prove();
  return {
    write,
    async ended() {
      while (await socket.read(buffer).catch(() => null) !== null);
      socket.close();
    },
    async stopped() {
      // An empty ping a hundred times a second, until it comes back as an error.
      try {
        for (;;) {
          await write(Uint8Array.of(0x8a, 0x80, 0, 0, 0, 0));
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      } catch {
        socket.close();
      }
    },
  };

  async function prove(): Promise<void> {
    const helloNonce = crypto.getRandomValues(new Uint8Array(32));
    await send({ case: "hello", value: { version: 1, schemas: [1], nonce: helloNonce } });
    let challenge: FrameContent | undefined;
    while (challenge?.case !== "challenge") challenge = await receive();
    const { nonce, hubKey, policyHash } = challenge.value;
    const proof = operatorProof({ hubKey, helloNonce, challengeNonce: nonce, policyHash });
    await send({ case: "auth", value: { operatorKey: key!.publicKey, signature: await key!.sign(proof) } });
  }

  async function send(content: FrameContent): Promise<void> {
    const bytes = encodeFrame(content);
    // A mask of zeros leaves the bytes as they are.
    await write(Uint8Array.of(0x82, 0x80 | 126, bytes.length >> 8, bytes.length & 255, 0, 0, 0, 0, ...bytes));
  }

  async function receive(): Promise<FrameContent | undefined> {
    while (have < 4) await more();
    const length = buffer[1] === 126 ? buffer[2]! << 8 | buffer[3]! : 0;
    while (have < 4 + length) await more();
    const decoded = decodeFrame(take(4 + length).subarray(4));
    return decoded.ok ? decoded.content : undefined;
  }
}

/** Deno cannot choose the address it connects from; Node's sockets can. */
async function connectFrom(localAddress: string, port: number) {
  const net = await import("node:net");
  const socket = net.connect({ host: "127.0.0.1", port, localAddress });
  const chunks: Uint8Array[] = [];
  let wake = () => {};
  let over = false;
  socket.on("data", (chunk: Uint8Array) => {
    chunks.push(new Uint8Array(chunk));
    wake();
  });
  socket.on("close", () => {
    over = true;
    wake();
  });
  await new Promise<void>((resolve, reject) => socket.once("connect", () => resolve()).once("error", reject));
  socket.on("error", () => {});
  return {
    write(bytes: Uint8Array): Promise<number> {
      return new Promise((resolve, reject) => {
        socket.write(bytes, (error) => error ? reject(error) : resolve(bytes.length));
      });
    },
    async read(into: Uint8Array): Promise<number | null> {
      while (chunks.length === 0) {
        if (over) return null;
        await new Promise<void>((resolve) => wake = resolve);
      }
      const chunk = chunks.shift()!;
      into.set(chunk.subarray(0, into.length));
      return Math.min(chunk.length, into.length);
    },
    close: () => socket.destroy(),
  };
}
