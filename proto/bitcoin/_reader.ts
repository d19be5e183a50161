/** Why a payload was refused, as a machine word. The list is closed. */
export type RefusalReason =
  | "truncated" // the payload ends before a field, or a count announces more than the bytes can hold
  | "too-long" // a text, address or vector is longer than its specification allows
  | "bad-length" // an address of a known network, or a feature id, has the wrong length
  | "index-overflow" // a compact-block index does not fit 16 bits
  | "not-utf8" // a text field is not UTF-8
  | "superfluous-witness" // the segwit marker without any witness
  | "unknown-flags"; // a transaction with a flag that is not the witness flag

/**
 * What decoders throw inside this folder; `decodeMessage` turns it into a value. Not an Error: capturing a
 * stack costs more than decoding a small message, and a stranger decides how often that happens.
 */
export class Refusal {
  constructor(readonly reason: RefusalReason, readonly offset: number) {}
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A cursor over a payload. Every read checks first that the bytes are there, and refuses if not. */
export class Reader {
  /** Whether something was read that our encoder would write in another way. */
  nonCanonical = false;
  #view: DataView | undefined;

  /** Starts at `position`, the offset of the next byte. */
  constructor(readonly bytes: Uint8Array, public position = 0) {}

  get remaining(): number {
    return this.bytes.length - this.position;
  }

  refuse(reason: RefusalReason, offset = this.position): never {
    throw new Refusal(reason, offset);
  }

  /** Steps over `length` bytes and returns the offset at which they start. */
  skip(length: number): number {
    const start = this.position;
    // Written so that a NaN or an Infinity is refused too.
    if (!(length <= this.bytes.length - start)) this.refuse("truncated");
    this.position = start + length;
    return start;
  }

  /** A view of the next bytes, not a copy. */
  slice(length: number): Uint8Array {
    const start = this.skip(length);
    return this.bytes.subarray(start, start + length);
  }

  u8(): number {
    return this.bytes[this.skip(1)]!;
  }

  /** A byte read as Core reads a bool: anything but zero is true. */
  bool(): boolean {
    const byte = this.u8();
    if (byte > 1) this.nonCanonical = true;
    return byte !== 0;
  }

  u16BE(): number {
    const at = this.skip(2);
    return this.bytes[at]! << 8 | this.bytes[at + 1]!;
  }

  u16(): number {
    const at = this.skip(2);
    return this.bytes[at]! | this.bytes[at + 1]! << 8;
  }

  i32(): number {
    const at = this.skip(4);
    const bytes = this.bytes;
    return bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
  }

  u32(): number {
    return this.i32() >>> 0;
  }

  u64(): bigint {
    return this.#dataView().getBigUint64(this.skip(8), true);
  }

  i64(): bigint {
    return this.#dataView().getBigInt64(this.skip(8), true);
  }

  /**
   * A CompactSize. Above 2^53 the value is rounded, which no caller can notice: it is then far beyond any
   * length that could be in the payload. Use {@linkcode compactSize64} where the exact value counts.
   */
  compactSize(): number {
    const first = this.u8();
    if (first < 0xfd) return first;
    if (first === 0xfd) return this.#minimal(this.u16(), 0xfd);
    if (first === 0xfe) return this.#minimal(this.u32(), 0x1_0000);
    const low = this.u32();
    return this.#minimal(this.u32() * 0x1_0000_0000 + low, 0x1_0000_0000);
  }

  /** A CompactSize that is a 64-bit value and not a length (the services of BIP155). */
  compactSize64(): bigint {
    if (this.remaining < 1 || this.bytes[this.position] !== 0xff) return BigInt(this.compactSize());
    this.position++;
    const value = this.u64();
    if (value < 0x1_0000_0000n) this.nonCanonical = true;
    return value;
  }

  /** The number of elements that follow, refused unless that many of the smallest size could be there. */
  count(minElementBytes: number): number {
    const start = this.position;
    const count = this.compactSize();
    if (!(count * minElementBytes <= this.remaining)) this.refuse("truncated", start);
    return count;
  }

  /** CompactSize length, then that many bytes. */
  varBytes(maxLength = Infinity): Uint8Array {
    const start = this.position;
    const length = this.compactSize();
    if (length > maxLength) this.refuse("too-long", start);
    return this.slice(length);
  }

  /** CompactSize length, then that many bytes of UTF-8. */
  varText(maxLength = Infinity, minLength = 0): string {
    const start = this.position;
    const bytes = this.varBytes(maxLength);
    if (bytes.length < minLength) this.refuse("bad-length", start);
    try {
      return utf8.decode(bytes);
    } catch {
      this.refuse("not-utf8", start);
    }
  }

  #minimal(value: number, smallest: number): number {
    if (value < smallest) this.nonCanonical = true;
    return value;
  }

  #dataView(): DataView {
    return this.#view ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  }
}
