/**
 * Writing the protobuf wire format: a {@linkcode Writer} fills its buffer from the end, so that the length of a nested
 * message is known before it is written.
 *
 * @module
 */

const TWO_32 = 4294967296;
const encoder = new TextEncoder();

/** Writes fields from the last to the first. */
export class Writer {
  #buffer: Uint8Array;
  #view: DataView;
  #pos: number;

  /** A writer whose buffer starts at this size and grows as needed. */
  constructor(size = 1024) {
    this.#buffer = new Uint8Array(size);
    this.#view = new DataView(this.#buffer.buffer);
    this.#pos = size;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#buffer.length - this.#pos;
  }

  /** A copy of what was written; the writer is empty afterwards. */
  finish(): Uint8Array<ArrayBuffer> {
    const bytes = this.#buffer.slice(this.#pos) as Uint8Array<ArrayBuffer>;
    this.#pos = this.#buffer.length;
    return bytes;
  }

  /** Forgets what was written. */
  reset(): void {
    this.#pos = this.#buffer.length;
  }

  /** An unsigned varint below 2^32. */
  uint32(value: number): void {
    value >>>= 0;
    if (value < 0x80) {
      this.#reserve(1);
      this.#buffer[--this.#pos] = value;
      return;
    }
    const size = value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5;
    this.#reserve(size);
    let at = this.#pos -= size;
    while (value >= 0x80) {
      this.#buffer[at++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    this.#buffer[at] = value;
  }

  /** A signed varint; a negative one takes ten bytes, as protobuf has it. */
  int32(value: number): void {
    if (value >= 0) this.uint32(value);
    else this.uint64(BigInt.asUintN(64, BigInt(value | 0)));
  }

  /** Zig-zag coded 32 bits. */
  sint32(value: number): void {
    this.uint32((value << 1) ^ (value >> 31));
  }

  /** A truth value. */
  bool(value: boolean): void {
    this.uint32(value ? 1 : 0);
  }

  /** A whole number up to 2^53 as a 64-bit varint; a negative one in two's complement. */
  uint64Number(value: number): void {
    if (value >= 0 && value < TWO_32) this.uint32(value);
    else if (value > 0 && value < 2 ** 63) this.#varint(value >>> 0, Math.floor(value / TWO_32));
    else if (Number.isFinite(value)) this.uint64(BigInt.asUintN(64, BigInt(Math.trunc(value))));
    else this.uint32(0);
  }

  /** The same as {@linkcode Writer.uint64Number}. */
  int64Number(value: number): void {
    this.uint64Number(value);
  }

  /** A 64-bit varint. */
  uint64(value: bigint): void {
    this.#varint(Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn));
  }

  /** Zig-zag coded 64 bits. */
  sint64(value: bigint): void {
    this.uint64(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)));
  }

  /** Eight bytes. */
  fixed64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigUint64(this.#pos -= 8, value, true);
  }

  /** A double. */
  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#pos -= 8, value, true);
  }

  /** Raw bytes with their length in front. */
  bytes(value: Uint8Array): void {
    this.raw(value);
    this.uint32(value.length);
  }

  /** Raw bytes alone. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#pos -= value.length);
  }

  /** A text with its length in front. */
  string(value: string): void {
    const length = value.length;
    this.#reserve(length);
    let at = this.#pos;
    for (let i = length - 1; i >= 0; i--) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return this.bytes(encoder.encode(value));
      this.#buffer[--at] = code;
    }
    this.#pos = at;
    this.uint32(length);
  }

  #varint(low: number, high: number): void {
    const bits = high === 0 ? 32 - Math.clz32(low) : 64 - Math.clz32(high);
    const size = Math.max(1, Math.ceil(bits / 7));
    this.#reserve(size);
    let at = this.#pos -= size;
    for (let left = size - 1; left > 0; left--) {
      this.#buffer[at++] = (low & 0x7f) | 0x80;
      low = (low >>> 7) | (high << 25);
      high >>>= 7;
    }
    this.#buffer[at] = low & 0x7f;
  }

  #reserve(count: number): void {
    if (count > this.#pos) this.#grow(count);
  }

  #grow(count: number): void {
    const used = this.length;
    const size = Math.max(this.#buffer.length * 2, used + count + 1024);
    const grown = new Uint8Array(size);
    grown.set(this.#buffer.subarray(this.#pos), size - used);
    this.#buffer = grown;
    this.#view = new DataView(grown.buffer);
    this.#pos = size - used;
  }
}
