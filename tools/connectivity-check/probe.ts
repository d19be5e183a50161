/**
 * Says hello to a node and listens for its answer; that is all.
 *
 * @module
 */

import { decodeMessage, encodeFrame, encodeMessage, FrameParser } from "../../proto/bitcoin/mod.ts";
import type { Version } from "../../proto/bitcoin/mod.ts";
import { splitAddress } from "../../runtime/options.ts";
import { reasonOf } from "../../runtime/reason.ts";
import { socksConnect } from "../../runtime/socks5.ts";
import type { Target } from "./target.ts";

/** A version message is shorter; whoever announces more wants something else. */
const MAX_PAYLOAD_BYTES = 1024;
const PROTOCOL_VERSION = 70_001;

/** How to reach and greet a node. */
export interface ProbeOptions {
  /** SOCKS5 proxy; without one the connection is direct. */
  readonly proxy: string | undefined;
  /** Keeps streams of different targets apart at the proxy. */
  readonly isolation: string;
  /** Start bytes of the network. */
  readonly startBytes: Uint8Array;
  /** Name told to the node. */
  readonly userAgent: string;
  /** Time to connect, the proxy's way included. */
  readonly connectTimeoutMs: number;
  /** Time to answer. */
  readonly readTimeoutMs: number;
  /** Aborted = give up at once. */
  readonly signal: AbortSignal;
}

/** What came of it: the node's version message, or in a few words why there is none. */
export type ProbeResult = { readonly version: Version } | { readonly why: string };

/** Connects, sends a version message, and takes the first message that comes for the answer. Never rejects. */
export async function probe(target: Target, options: ProbeOptions): Promise<ProbeResult> {
  const deadline = new AbortController();
  const signal = AbortSignal.any([options.signal, deadline.signal]);
  let timer = setTimeout(() => deadline.abort(), options.connectTimeoutMs);
  let connection: Deno.Conn | undefined;
  const hangUp = () => close(connection);
  signal.addEventListener("abort", hangUp, { once: true });
  try {
    connection = await Deno.connect({ ...firstStop(target, options.proxy), signal });
    if (options.proxy !== undefined) {
      await socksConnect(connection, { ...target, isolation: options.isolation });
    }
    clearTimeout(timer);
    timer = setTimeout(() => deadline.abort(), options.readTimeoutMs);
    await send(connection, encodeFrame(options.startBytes, "version", greeting(target, options)));
    return await firstMessage(connection, options.startBytes);
  } catch (error) {
    if (deadline.signal.aborted) return { why: "timed out" };
    return { why: reasonOf(error) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", hangUp);
    close(connection);
  }
}

function firstStop(target: Target, proxy: string | undefined): { hostname: string; port: number } {
  return proxy === undefined ? { hostname: target.host, port: target.port } : splitAddress(proxy);
}

async function firstMessage(connection: Deno.Conn, startBytes: Uint8Array): Promise<ProbeResult> {
  const parser = new FrameParser(startBytes, { maxPayloadBytes: MAX_PAYLOAD_BYTES });
  const buffer = new Uint8Array(4096);
  for (;;) {
    const count = await connection.read(buffer);
    if (count === null) return { why: "hung up" };
    const { frames: [frame], refused } = parser.push(buffer.subarray(0, count));
    if (frame === undefined && refused !== undefined) return { why: `no Bitcoin node: ${refused}` };
    if (frame === undefined) continue;
    const decoded = decodeMessage(frame.command, frame.payload);
    if (decoded.ok && decoded.message.type === "version") return { version: decoded.message };
    return { why: decoded.ok ? "another message first" : `a broken message: ${decoded.reason}` };
  }
}

function greeting(target: Target, { userAgent }: ProbeOptions): Uint8Array {
  const nobody = { network: "ipv6", networkId: 2, bytes: new Uint8Array(16) } as const;
  return encodeMessage({
    type: "version",
    version: PROTOCOL_VERSION,
    services: 0n,
    timestamp: BigInt(Math.floor(Date.now() / 1000)),
    receiver: { services: 0n, address: nobody, port: target.port },
    sender: { services: 0n, address: nobody, port: 0 },
    nonce: crypto.getRandomValues(new BigUint64Array(1))[0]!,
    userAgent,
    startHeight: 0,
    relay: false,
  });
}

async function send(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
}

function close(connection: Deno.Conn | undefined): void {
  try {
    connection?.close();
  } catch (error) {
    // The signal of the connecting call may have closed it before us.
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
