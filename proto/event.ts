/**
 * Events, as they travel: encode, decode, and {@linkcode peek}, which reads what most consumers need without
 * touching the payload.
 *
 * The bytes are those of the Rust peer-observer. In memory the two outer oneofs of the schema are one `kind`, since
 * every consumer thinks in subjects: `{ kind: "message", value: MessageEvent }`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeEvent({ timestamp: 1, kind: "rpc", value: { rpcEvent: { case: "uptime", value: 12345 } } });
 * const decoded = decodeEvent(bytes);
 * assertEquals(decoded.ok && decoded.event.kind, "rpc");
 * ```
 *
 * @module
 */

import {
  decodeAddrmanEvent,
  decodeConnectionEvent,
  decodeIpc,
  decodeMempoolEvent,
  decodeMessageEvent,
  decodeMetadata,
  decodeP2p,
  decodeRpc,
  decodeValidationEvent,
  encodeAddrmanEvent,
  encodeConnectionEvent,
  encodeIpc,
  encodeLog,
  encodeMempoolEvent,
  encodeMessageEvent,
  encodeP2p,
  encodeRpc,
  encodeValidationEvent,
} from "./codec.ts";
import { decodeAnyLog } from "./log_generation.ts";
import type {
  AddrmanEvent,
  ConnectionEvent,
  Ipc,
  Log,
  MempoolEvent,
  MessageEvent,
  Metadata,
  P2p,
  Rpc,
  ValidationEvent,
} from "./schema.ts";
import { type Kind, KINDS, SUBJECTS } from "./subjects.ts";
import { Reader, Refusal, type RefusalReason } from "./reader.ts";
import { Writer } from "./writer.ts";

/** What each kind of event carries. */
export interface Payloads {
  /** A P2P message. */
  message: MessageEvent;
  /** A connection opened, closed, evicted or misbehaving. */
  connection: ConnectionEvent;
  /** A transaction entering or leaving the mempool. */
  mempool: MempoolEvent;
  /** A block connected. */
  validation: ValidationEvent;
  /** An address manager insertion of a patched node. */
  addrman: AddrmanEvent;
  /** An RPC answer. */
  rpc: Rpc;
  /** What the node told a P2P peer. */
  p2p: P2p;
  /** A line of debug.log. */
  log: Log;
  /** What the node's mining interface says. */
  ipc: Ipc;
}

/** One thing a node was seen doing. */
export type Event =
  & {
    /** Unix milliseconds at which it was seen. */
    timestamp: number;
  }
  & (
    | { [K in Kind]: { kind: K; value: Payloads[K] } }[Kind]
    | {
      /** From a newer writer: no member this schema knows. */
      kind: "none";
      /** Nothing. */
      value: undefined;
    }
  );

/** Bytes that are no event, why, and where. */
export interface Refused {
  /** Always false. */
  ok: false;
  /** A machine word. */
  reason: RefusalReason;
  /** Where in the bytes. */
  offset: number;
}

/** An event, and what of it the schema does not know. */
export interface Decoded {
  /** Always true. */
  ok: true;
  /** The event. */
  event: Event;
  /** Fields that were skipped. */
  unknownFields: number;
}

/** What an event's bytes say at a glance. */
export interface Peek {
  /** Always true. */
  ok: true;
  /** Unix milliseconds. */
  timestamp: number;
  /** The kind; "none" for an event without a known member. */
  kind: Kind | "none";
  /** The subject it belongs on; empty for "none". */
  subject: string;
  /** Command, direction, peer, connection type and size of a P2P message. */
  message: Metadata | undefined;
  /**
   * Where it was asked for, of an `inv` message: how many items of each type it has, by the number of the item's
   * field in the schema (0 is an item without a member), or why its items cannot be read.
   */
  inventory?: number[] | RefusalReason | undefined;
}

/** What more a peek may look at. */
export interface PeekOptions {
  /** The types of an `inv` message's items: half of a node's messages are `inv`, and most consumers only count. */
  readonly inventory?: boolean;
}

interface Codec<T> {
  encode(value: T, w: Writer): void;
  decode(r: Reader, end: number): T;
  /** Tags of the members that hold it, outermost first. */
  tags: [number] | [number, number];
}

const EBPF = 10;

const CODECS: { [K in Kind]: Codec<Payloads[K]> } = {
  message: { encode: encodeMessageEvent, decode: decodeMessageEvent, tags: [EBPF, 10] },
  connection: { encode: encodeConnectionEvent, decode: decodeConnectionEvent, tags: [EBPF, 18] },
  addrman: { encode: encodeAddrmanEvent, decode: decodeAddrmanEvent, tags: [EBPF, 26] },
  mempool: { encode: encodeMempoolEvent, decode: decodeMempoolEvent, tags: [EBPF, 34] },
  validation: { encode: encodeValidationEvent, decode: decodeValidationEvent, tags: [EBPF, 42] },
  rpc: { encode: encodeRpc, decode: decodeRpc, tags: [18] },
  p2p: { encode: encodeP2p, decode: decodeP2p, tags: [26] },
  log: { encode: encodeLog, decode: decodeAnyLog, tags: [34] },
  ipc: { encode: encodeIpc, decode: decodeIpc, tags: [42] },
};

const OUTER = kindsByTag((tags) => tags.length === 1 ? tags[0] : undefined);
const INNER = kindsByTag((tags) => tags[1]);

const TIMESTAMP = 80;
// Field 11 exists only in the envelope used before 2025-12-12, whose other numbers mean something else.
const OLD_SUBSECONDS = 11;

/** The bytes of an event. */
export function encodeEvent(event: Event): Uint8Array<ArrayBuffer> {
  const writer = scratch;
  writer.reset();
  writer.uint64Number(event.timestamp);
  writer.uint32(TIMESTAMP);
  if (event.kind !== "none") writePayload(event.kind, event.value, writer);
  // One 4 MB block must not keep 8 MB for the life of the process.
  if (writer.length > 1024 * 1024) scratch = new Writer();
  return writer.finish();
}

let scratch = new Writer(64 * 1024);

function writePayload<K extends Kind>(kind: K, value: Payloads[K], writer: Writer): void {
  const { encode, tags } = CODECS[kind];
  const end = writer.length;
  encode(value, writer);
  for (let i = tags.length - 1; i >= 0; i--) {
    writer.uint32(writer.length - end);
    writer.uint32(tags[i]!);
  }
}

/** The event in the bytes, or why they are none. Byte fields are views on the input. */
export function decodeEvent(bytes: Uint8Array): Decoded | Refused {
  const reader = new Reader(bytes);
  try {
    const { timestamp, kind, from, end } = locate(reader);
    if (kind === "none") {
      return { ok: true, event: { timestamp, kind, value: undefined }, unknownFields: reader.unknownFields };
    }
    reader.pos = from;
    const value = CODECS[kind].decode(reader, end);
    return { ok: true, event: { timestamp, kind, value } as Event, unknownFields: reader.unknownFields };
  } catch (error) {
    return refused(error);
  }
}

/** Kind, subject and a message's metadata, without decoding the payload. */
export function peek(bytes: Uint8Array, options?: PeekOptions): Peek | Refused {
  const reader = new Reader(bytes);
  try {
    const { timestamp, kind, from, end } = locate(reader);
    if (kind === "none") return { ok: true, timestamp, kind, subject: "", message: undefined };
    reader.pos = from;
    if (kind === "message" && options?.inventory) {
      return messageWithInventory(bytes, reader, { timestamp, end });
    }
    const message = kind === "message" ? metadata(reader, end) : undefined;
    return { ok: true, timestamp, kind, subject: SUBJECTS[kind], message };
  } catch (error) {
    return refused(error);
  }
}

/** In {@linkcode Peek.inventory}, what stands for an item without a member that the schema knows. */
const NO_ITEM = 0;

// Tags: field 4 of a message, field 1 of an inv, and of an item the fields 1 to 7 (bytes or a message) and 15 (bool).
const INV = 34;
const ITEM = 10;
const ITEM_TAGS: ReadonlySet<number> = new Set([10, 18, 26, 34, 42, 50, 58, 120]);

/** Counts the items of an inv by type. What is wrong inside of it does not make the message around it unreadable. */
function inventory(r: Reader, bytes: Uint8Array, end: number): number[] | RefusalReason {
  const counts = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  try {
    while (r.pos < end) {
      const type = plainItemType(bytes, r.pos, end);
      if (type !== NO_ITEM) {
        counts[type]!++;
        r.pos += PLAIN_ITEM_BYTES;
      } else {
        const tag = r.tag(end);
        if (tag === ITEM) counts[itemType(r, r.sub(end))]!++;
        else r.step(tag, end);
      }
    }
    return counts;
  } catch (error) {
    r.pos = end;
    return refused(error).reason;
  }
}

// An item as every writer writes it: tag and length of the item, tag and length of the hash, the hash.
const PLAIN_ITEM_BYTES = 36;

/** The type of an item of the usual form, which takes no more than a look at four bytes; 0 for any other. */
function plainItemType(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < PLAIN_ITEM_BYTES || bytes[at] !== ITEM) return NO_ITEM;
  if (bytes[at + 1] !== PLAIN_ITEM_BYTES - 2 || bytes[at + 3] !== PLAIN_ITEM_BYTES - 4) return NO_ITEM;
  const tag = bytes[at + 2]!;
  return (tag & 7) === 2 && tag >= 10 && tag <= 50 ? tag >>> 3 : NO_ITEM;
}

function itemType(r: Reader, end: number): number {
  let type = NO_ITEM;
  while (r.pos < end) {
    const tag = r.tag(end);
    if (ITEM_TAGS.has(tag)) type = tag >>> 3;
    r.step(tag, end);
  }
  return type;
}

interface Place {
  timestamp: number;
  kind: Kind | "none";
  from: number;
  end: number;
}

/** Finds the payload. As everywhere in protobuf, the last of several members counts. */
function locate(r: Reader): Place {
  const place: Place = { timestamp: 0, kind: "none", from: 0, end: 0 };
  const end = r.length;
  while (r.pos < end) {
    const tag = r.tag(end);
    if (tag === TIMESTAMP) place.timestamp = r.uint64Number(end);
    else if (tag === EBPF) locateInner(r, r.sub(end), place);
    else if (OUTER[tag] !== undefined) setPlace(place, OUTER[tag], r, r.sub(end));
    else if (tag >>> 3 === OLD_SUBSECONDS) throw new Refusal("old-envelope", r.pos);
    else r.skip(tag, end);
  }
  return place;
}

function locateInner(r: Reader, end: number, place: Place): void {
  place.kind = "none";
  while (r.pos < end) {
    const tag = r.tag(end);
    const kind = INNER[tag];
    if (kind !== undefined) setPlace(place, kind, r, r.sub(end));
    else r.skip(tag, end);
  }
}

function setPlace(place: Place, kind: Kind, r: Reader, end: number): void {
  place.kind = kind;
  place.from = r.pos;
  place.end = end;
  r.pos = end;
}

function metadata(r: Reader, end: number): Metadata {
  let meta: Metadata | undefined;
  while (r.pos < end) {
    const tag = r.tag(end);
    if (tag === 10) meta = decodeMetadata(r, r.sub(end));
    else r.step(tag, end);
  }
  return meta ?? decodeMetadata(r, end);
}

function messageWithInventory(
  bytes: Uint8Array,
  r: Reader,
  { timestamp, end }: Pick<Place, "timestamp" | "end">,
): Peek {
  let meta: Metadata | undefined;
  let counts: number[] | RefusalReason | undefined;
  while (r.pos < end) {
    const tag = r.tag(end);
    if (tag === 10) meta = decodeMetadata(r, r.sub(end));
    else if (tag === INV) counts = inventory(r, bytes, r.sub(end));
    else {
      // Of several members the last counts.
      if (isMessageMember(tag >>> 3)) counts = undefined;
      r.step(tag, end);
    }
  }
  const message = meta ?? decodeMetadata(r, end);
  return { ok: true, timestamp, kind: "message", subject: SUBJECTS.message, message, inventory: counts };
}

/** Whether a field of a message is one of those of which it has one. */
function isMessageMember(field: number): boolean {
  return field > 1 && field < 42 && field !== 15;
}

function refused(error: unknown): Refused {
  if (error instanceof Refusal) return { ok: false, reason: error.reason, offset: error.offset };
  throw error;
}

function kindsByTag(pick: (tags: number[]) => number | undefined): (Kind | undefined)[] {
  const table: (Kind | undefined)[] = new Array(64).fill(undefined);
  for (const kind of KINDS) {
    const tag = pick(CODECS[kind].tags);
    if (tag !== undefined) table[tag] = kind;
  }
  return table;
}
