/**
 * Golden entries: a value, and next to it its bytes, put together by hand from the field numbers of the Rust
 * peer-observer's schema. Nothing here asks our codec anything.
 *
 * @module
 */

import type { Event, Payloads } from "../event.ts";
import type { Kind } from "../subjects.ts";
import { message, sub, varint } from "./assemble.ts";

/** A message as a value and as bytes. */
export interface Piece<T> {
  /** As the codec should give it. */
  value: T;
  /** As it travels. */
  bytes: Uint8Array;
}

/** A piece, and which message of the schema it is. */
export interface NamedPiece extends Piece<unknown> {
  /** Name of the interface in the schema. */
  name: string;
  /** Whether every field has its default, which is also what an empty message decodes to. */
  blank: boolean;
}

/** An event as a value and as bytes. */
export interface Golden {
  /** What it is, as the beginning of a sentence. */
  name: string;
  /** The value. */
  event: Event;
  /** The bytes. */
  bytes: Uint8Array;
}

/** Every piece of every table that was loaded. */
export const PIECES: NamedPiece[] = [];

/** The time of golden events that have no reason to have another one. */
export const TIMESTAMP = 1_700_000_000_123;

/** Notes a message with all its fields set. */
export function piece<T>(name: string, value: T, ...fields: Uint8Array[]): Piece<T> {
  const bytes = message(...fields);
  PIECES.push({ name, value, bytes, blank: false });
  return { value, bytes };
}

/** Notes a message whose required fields all have their default: they are written nevertheless. */
export function blank<T>(name: string, value: T, ...fields: Uint8Array[]): Piece<T> {
  const bytes = message(...fields);
  PIECES.push({ name, value, bytes, blank: true });
  return { value, bytes };
}

// Field numbers from the outside in. The eBPF extractor has a message of its own between envelope and payload.
const MEMBERS: Record<Kind, [number] | [number, number]> = {
  message: [1, 1],
  connection: [1, 2],
  addrman: [1, 3],
  mempool: [1, 4],
  validation: [1, 5],
  rpc: [2],
  p2p: [3],
  log: [4],
  ipc: [5],
};

/** The envelope's fields around a payload. */
export function envelope(
  kind: Kind,
  payload: Uint8Array,
  timestamp: number | bigint = TIMESTAMP,
): Uint8Array {
  const [outer, inner] = MEMBERS[kind];
  const member = inner === undefined ? sub(outer, payload) : sub(outer, sub(inner, payload));
  return message(member, varint(10, timestamp));
}

/** A golden event around a payload. */
export function golden<K extends Kind>(name: string, kind: K, payload: Piece<Payloads[K]>): Golden {
  const event = { timestamp: TIMESTAMP, kind, value: payload.value } as Event;
  return { name, event, bytes: envelope(kind, payload.bytes) };
}

/** Bytes counting up from a start, 32 of them where nothing else is said. */
export function run(start: number, length = 32): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (start + i) & 0xff);
}

/** No bytes. */
export const NOTHING: Uint8Array = new Uint8Array(0);
