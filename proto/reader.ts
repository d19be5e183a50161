/**
 * Reading the protobuf wire format: a {@linkcode Reader} refuses what it cannot trust.
 *
 * `protobufjs` parses our `.proto` files, but its runtime knows no bound on what a hostile payload may make it
 * allocate, and encodes a bigint as zero; see docs/decisions/001-generated-codec.md for the measured difference.
 *
 * @module
 */

/** Why bytes were refused. Thrown inside `proto/` only, and without a stack: refusing must stay cheap. */
export class Refusal {
  /** One of a closed list of machine words. */
  readonly reason: RefusalReason;
  /** Where in the input it happened. */
  readonly offset: number;
  /** A refusal at a place. */
  constructor(reason: RefusalReason, offset: number) {
    this.reason = reason;
    this.offset = offset;
  }
}

/** What can be wrong with bytes that should be a protobuf message. */
export type RefusalReason =
  /** The input ends inside a field. */
  | "truncated"
  /** A number of more than ten bytes. */
  | "varint-too-long"
  /** Field number 0, or a wire type that does not exist. */
  | "bad-tag"
  /** Decoding would take far more memory than the input is long. */
  | "too-many"
  /** The envelope used before 2025-12-12. */
  | "old-envelope";

/** A shared empty array, the default of `bytes` fields. */
export const NO_BYTES: Uint8Array = new Uint8Array(0);

// A view object on a buffer takes about this much in V8, whatever its length.
const VIEW_COST = 112;
// So do a text, a bigint, and an element of an array that grows.
const TEXT_COST = 24;
const BIGINT_COST = 24;
const ELEMENT_COST = 24;
// A byte order mark is part of what a stranger said.
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
// Nearly every text is short ASCII, for which calling the decoder costs 2 to 7 times as much as this. Appending
// characters one by one would leave a chain of fragments, each larger than the text.
const MOST_SHORT = 40;
const SHORT_TEXTS = Array.from({ length: MOST_SHORT + 1 }, (_, length) => new Array<number>(length).fill(0));
// Most of them come again and again: a node has few peers and fewer commands. One that is still here costs no memory,
// and is found faster in every map it is looked up in, since its hash is known.
const RECENT_TEXTS = new Array<string>(2048).fill("");
const TWO_32 = 4294967296;

/** Reads fields from a buffer. Every read is checked against the end; nothing outside is ever touched. */
export class Reader {
  /** Position of the next byte. */
  pos: number;
  /** Fields that the schema does not know. */
  unknownFields = 0;
  readonly #bytes: Uint8Array;
  #view: DataView | undefined;
  // What decoded objects may cost in all, so that 2-byte messages cannot become 400-byte objects a million times.
  #budget: number;

  /** A reader over the whole of `bytes`. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.pos = 0;
    this.#budget = 16 * 1024 * 1024 + 4 * bytes.length;
  }

  /** Length of the input. */
  get length(): number {
    return this.#bytes.length;
  }

  /** Counts the cost of an object about to be made. */
  charge(cost: number): void {
    this.#budget -= cost;
    if (this.#budget < 0) throw new Refusal("too-many", this.pos);
  }

  /** Counts the cost of an element about to be appended to an array of numbers. */
  element(): void {
    this.charge(ELEMENT_COST);
  }

  /** The next tag: field number times eight plus wire type. */
  tag(end: number): number {
    const start = this.pos;
    const tag = this.#uint32OrMore(end);
    if (tag < 8 || tag >= TWO_32 || (tag & 7) > 5 || (tag & 7) === 3 || (tag & 7) === 4) {
      throw new Refusal("bad-tag", start);
    }
    return tag;
  }

  /** Steps over a field the schema does not know and counts it. */
  skip(tag: number, end: number): void {
    this.unknownFields++;
    this.step(tag, end);
  }

  /** Steps over the field of this tag. */
  step(tag: number, end: number): void {
    const wireType = tag & 7;
    if (wireType === 0) this.#varint(end);
    else if (wireType === 2) this.pos = this.sub(end);
    else this.#need(wireType === 1 ? 8 : 4, end);
  }

  /** End of the length-delimited value that starts here; afterwards the position is on its first byte. */
  sub(end: number): number {
    const start = this.pos;
    const length = this.#uint32OrMore(end);
    if (length > end - this.pos) throw new Refusal("truncated", start);
    return this.pos + length;
  }

  /** The low 32 bits of a varint, unsigned. */
  uint32(end: number): number {
    const value = this.#uint32OrMore(end);
    // Above 2^53 the sum has lost the low bits, but they are still in `low`.
    return value < TWO_32 ? value : low >>> 0;
  }

  /** A varint as a signed 32-bit number. */
  int32(end: number): number {
    return this.uint32(end) | 0;
  }

  /** A zig-zag coded 32-bit number. */
  sint32(end: number): number {
    const value = this.uint32(end);
    return (value >>> 1) ^ -(value & 1);
  }

  /** A varint as a truth value. */
  bool(end: number): boolean {
    this.#varint(end);
    return (low | high) !== 0;
  }

  /** A 64-bit varint as a number; above 2^53 the nearest one. */
  uint64Number(end: number): number {
    this.#varint(end);
    return (high >>> 0) * TWO_32 + (low >>> 0);
  }

  /** A signed 64-bit varint as a number; beyond 2^53 the nearest one. */
  int64Number(end: number): number {
    this.#varint(end);
    return high * TWO_32 + (low >>> 0);
  }

  /** A 64-bit varint. */
  uint64(end: number): bigint {
    this.charge(BIGINT_COST);
    this.#varint(end);
    // Nearly all service bits, fees and the like fit 32 bits, and three bigints cost three times as much as one.
    return high === 0 ? BigInt(low >>> 0) : (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  }

  /** A zig-zag coded 64-bit number. */
  sint64(end: number): bigint {
    const value = this.uint64(end);
    return (value >> 1n) ^ -(value & 1n);
  }

  /** Eight bytes as an unsigned number. */
  fixed64(end: number): bigint {
    this.charge(BIGINT_COST);
    const at = this.#need(8, end);
    return this.#dataView().getBigUint64(at, true);
  }

  /** A double. */
  double(end: number): number {
    const at = this.#need(8, end);
    return this.#dataView().getFloat64(at, true);
  }

  /** A view on a `bytes` field; nothing is copied. */
  bytes(end: number): Uint8Array {
    const until = this.sub(end);
    if (until === this.pos) return NO_BYTES;
    this.charge(VIEW_COST);
    const view = this.#bytes.subarray(this.pos, until);
    this.pos = until;
    return view;
  }

  /** A `string` field. Bytes that are not UTF-8 become U+FFFD: a text is for people, not worth losing an event. */
  string(end: number): string {
    const until = this.sub(end);
    const from = this.pos;
    const length = until - from;
    this.pos = until;
    this.charge(TEXT_COST + length);
    if (length > MOST_SHORT) return utf8.decode(this.#bytes.subarray(from, until));
    let hash = length;
    for (let i = from; i < until; i++) {
      const byte = this.#bytes[i]!;
      if (byte > 0x7f) return utf8.decode(this.#bytes.subarray(from, until));
      hash = Math.imul(hash, 31) + byte;
    }
    const slot = (hash ^ hash >>> 11) & (RECENT_TEXTS.length - 1);
    const recent = RECENT_TEXTS[slot]!;
    return isText(recent, this.#bytes, from, length)
      ? recent
      : RECENT_TEXTS[slot] = shortText(this.#bytes, from, length);
  }

  #dataView(): DataView {
    const { buffer, byteOffset, byteLength } = this.#bytes;
    return this.#view ??= new DataView(buffer, byteOffset, byteLength);
  }

  #uint32OrMore(end: number): number {
    if (this.pos < end) {
      const first = this.#bytes[this.pos]!;
      if (first < 0x80) {
        this.pos++;
        return first;
      }
    }
    this.#varint(end);
    return (high >>> 0) * TWO_32 + (low >>> 0);
  }

  #need(count: number, end: number): number {
    const at = this.pos;
    if (count > end - at) throw new Refusal("truncated", at);
    this.pos = at + count;
    return at;
  }

  // Leaves the value in `low` and `high`: returning a pair would allocate on the hottest path there is.
  #varint(end: number): void {
    const bytes = this.#bytes;
    let pos = this.pos;
    low = high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (pos >= end) throw new Refusal("truncated", this.pos);
      const byte = bytes[pos++]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.pos = pos;
        return;
      }
    }
    throw new Refusal("varint-too-long", this.pos);
  }
}

let low = 0;
let high = 0;

function shortText(bytes: Uint8Array, from: number, length: number): string {
  const codes = SHORT_TEXTS[length]!;
  for (let i = 0; i < length; i++) codes[i] = bytes[from + i]!;
  return String.fromCharCode(...codes);
}

function isText(text: string, bytes: Uint8Array, from: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false;
  return true;
}
