/**
 * Events as they are on the wire, read a second way: nothing here knows how they are redacted, or is used to read them
 * for that. Every byte of an event is a tag, a length, or part of a leaf.
 *
 * @module
 */

import { type Field, FIELDS } from "../../../proto/fields.ts";

/** Where a leaf is: `Message.field`. */
export type Path = string;

/** What is called for each leaf. */
export interface Visitor {
  /** A text, as bytes of UTF-8. */
  text(path: Path, bytes: Uint8Array): void;
  /** Bytes. */
  bytes(path: Path, bytes: Uint8Array): void;
  /** A number of at most 64 bits; eight bytes on the wire where it `isFixed`. */
  number(path: Path, value: bigint, isFixed: boolean): void;
  /** Something that the schema does not have. */
  unknown(path: Path): void;
}

interface Step {
  readonly field: Field;
  readonly path: Path;
}

const EBPF = "ebpf";
const ENVELOPE: Envelope = [
  ["ebpf", 1, EBPF],
  ["rpc", 2, "Rpc"],
  ["p2p", 3, "P2p"],
  ["log", 4, "Log"],
  ["ipc", 5, "Ipc"],
  ["timestamp", 10, "number"],
];
const TRACEPOINTS: Envelope = [
  ["message", 1, "MessageEvent"],
  ["connection", 2, "ConnectionEvent"],
  ["addrman", 3, "AddrmanEvent"],
  ["mempool", 4, "MempoolEvent"],
  ["validation", 5, "ValidationEvent"],
];
const MESSAGES: ReadonlyMap<string, ReadonlyMap<number, Step>> = new Map([
  ["Event", ENVELOPE.map(stepOfEnvelope)] as const,
  [EBPF, TRACEPOINTS.map(stepOfEnvelope)] as const,
  ...Object.entries(FIELDS).map(([name, fields]) =>
    [name, fields.map((field) => stepOf(name, field))] as const
  ),
].map(([name, steps]) => [name, new Map(steps.map((step) => [step.field.id, step]))]));

/** Varint, eight bytes, length and bytes. */
const WIRE = { varint: 0, fixed64: 1, bytes: 2 } as const;
const DEEPEST = 20;

/**
 * Visits every leaf of an event.
 *
 * @throws {SyntaxError} If the bytes are no event.
 */
export function walk(event: Uint8Array, visitor: Visitor): void {
  new Walk(event, visitor).message("Event", event.length, 0);
}

class Walk {
  #at = 0;

  constructor(readonly bytes: Uint8Array, readonly visitor: Visitor) {}

  message(name: string, end: number, depth: number): void {
    if (depth > DEEPEST) throw new SyntaxError("too deep");
    const steps = MESSAGES.get(name)!;
    while (this.#at < end) {
      const tag = Number(this.#varint(end));
      const step = steps.get(Math.floor(tag / 8));
      if (step === undefined) {
        this.visitor.unknown(`${name}.${Math.floor(tag / 8)}`);
        this.#skip(tag & 7, end);
      } else this.#field(step, tag & 7, end, depth);
    }
  }

  #field({ field, path }: Step, wire: number, end: number, depth: number): void {
    if (wire === WIRE.varint) return this.visitor.number(path, this.#varint(end), false);
    if (wire === WIRE.fixed64) return this.visitor.number(path, this.#fixed64(end), true);
    const to = this.#length(wire, end);
    if (field.many === "string" || field.many === "number") return this.#entry(field, path, to, depth);
    if (MESSAGES.has(field.type)) return this.message(field.type, to, depth + 1);
    if (field.type === "string") return this.visitor.text(path, this.#take(to));
    if (field.type === "bytes") return this.visitor.bytes(path, this.#take(to));
    // A list of numbers in one piece.
    while (this.#at < to) {
      const isFixed = field.wire === WIRE.fixed64;
      this.visitor.number(path, isFixed ? this.#fixed64(to) : this.#varint(to), isFixed);
    }
  }

  /** An entry of a map is a message of a key and a value. */
  #entry(field: Field, path: Path, end: number, depth: number): void {
    while (this.#at < end) {
      const tag = Number(this.#varint(end));
      const id = Math.floor(tag / 8);
      if (id !== 1 && id !== 2) {
        this.visitor.unknown(path);
        this.#skip(tag & 7, end);
        continue;
      }
      const type = id === 1 ? field.many! : field.type;
      const part: Field = { id, name: field.name, type, wire: id === 1 ? 0 : field.wire };
      this.#field({ field: part, path: id === 1 ? `${path} key` : path }, tag & 7, end, depth + 1);
    }
  }

  #skip(wire: number, end: number): void {
    if (wire === WIRE.varint) this.#varint(end);
    else if (wire === WIRE.fixed64) this.#fixed64(end);
    else if (wire === 5) this.#advance(this.#at + 4, end);
    else this.#advance(this.#length(wire, end), end);
  }

  #length(wire: number, end: number): number {
    if (wire !== WIRE.bytes) throw new SyntaxError(`wire type ${wire}`);
    const to = Number(this.#varint(end)) + this.#at;
    if (to > end) throw new SyntaxError("a length beyond the end");
    return to;
  }

  #take(to: number): Uint8Array {
    const piece = this.bytes.subarray(this.#at, to);
    this.#at = to;
    return piece;
  }

  #advance(to: number, end: number): void {
    if (to > end) throw new SyntaxError("cut off");
    this.#at = to;
  }

  #fixed64(end: number): bigint {
    const from = this.#at;
    this.#advance(from + 8, end);
    return new DataView(this.bytes.buffer, this.bytes.byteOffset + from, 8).getBigUint64(0, true);
  }

  #varint(end: number): bigint {
    let small = 0;
    for (let shift = 0; shift < 28 && this.#at < end; shift += 7) {
      const byte = this.bytes[this.#at++]!;
      small |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt(small);
    }
    let value = BigInt(small);
    for (let shift = 28n; shift < 70n && this.#at < end; shift += 7n) {
      const byte = this.bytes[this.#at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new SyntaxError("a number without an end");
  }
}

type Envelope = readonly (readonly [name: string, id: number, type: string])[];

function stepOfEnvelope([name, id, type]: Envelope[number]): Step {
  return { field: { id, name, type, wire: 0 }, path: `Event.${name}` };
}

function stepOf(message: string, field: Field): Step {
  return { field, path: `${message}.${field.name}` };
}
