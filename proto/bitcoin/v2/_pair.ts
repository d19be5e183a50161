/**
 * Two sides of a connection for tests and benchmarks of this folder.
 *
 * @module
 */

import { START_BYTES } from "../network.ts";
import { type V2Options, type V2Refusal, V2Transport } from "./transport.ts";

/** What a side may have besides its defaults. */
export type Side = Partial<Omit<V2Options, "initiating">>;

/** A side that connects and one that accepts, on regtest unless said otherwise; nothing has been sent. */
export function pair(initiator: Side = {}, responder: Side = {}): [V2Transport, V2Transport] {
  const startBytes = START_BYTES.regtest;
  return [
    new V2Transport({ startBytes, ...initiator, initiating: true }),
    new V2Transport({ startBytes, ...responder, initiating: false }),
  ];
}

/** As {@linkcode pair}, after the handshake. */
export function connected(initiator: Side = {}, responder: Side = {}): [V2Transport, V2Transport] {
  const [a, b] = pair(initiator, responder);
  const toA = [b.hello, b.push(a.hello).reply!];
  for (const bytes of toA) {
    const { reply } = a.push(bytes);
    if (reply !== undefined) b.push(reply);
  }
  return [a, b];
}

/** What came of a stream that is cut into chunks of this many bytes. */
export function pushCut(transport: V2Transport, stream: Uint8Array, chunkBytes: number) {
  const commands: string[] = [];
  const replies: number[] = [];
  let refused: V2Refusal | undefined;
  let unreadable = 0;
  for (let at = 0; at < stream.length; at += chunkBytes) {
    const pushed = transport.push(stream.subarray(at, at + chunkBytes));
    commands.push(...pushed.frames.map(({ command }) => command));
    if (pushed.reply !== undefined) replies.push(...pushed.reply);
    unreadable += pushed.unreadable ?? 0;
    refused = pushed.refused;
  }
  return { commands, reply: Uint8Array.from(replies), refused, unreadable };
}

/** Several byte arrays as one. */
export function joined(...parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
