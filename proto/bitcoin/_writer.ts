const utf8 = new TextEncoder();

/** Builds a payload. Grows by doubling, so that writing n bytes copies at most 2n. */
export class Writer {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** What was written so far, without the spare room. */
  finish(): Uint8Array {
    return this.#bytes.length === this.#length ? this.#bytes : this.#bytes.slice(0, this.#length);
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Bytes of a fixed-size field; a wrong length would shift everything behind it. */
  fixed(bytes: Uint8Array, length: number): void {
    if (bytes.length !== length) {
      throw new RangeError(`Cannot encode a field of ${length} bytes: got ${bytes.length} bytes`);
    }
    this.bytes(bytes);
  }

  hash(hash: Uint8Array): void {
    this.fixed(hash, 32);
  }

  u8(value: number): void {
    const at = this.#grow(1);
    this.#bytes[at] = value;
  }

  bool(value: boolean): void {
    this.u8(value ? 1 : 0);
  }

  u16BE(value: number): void {
    const at = this.#grow(2);
    this.#view.setUint16(at, value);
  }

  /** Four bytes of a signed or unsigned number: the bits are the same. */
  u32(value: number): void {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
  }

  /** Eight bytes of a signed or unsigned number: the bits are the same. */
  u64(value: bigint): void {
    const at = this.#grow(8);
    this.#view.setBigUint64(at, value, true);
  }

  /** The shortest CompactSize of a value. */
  compactSize(value: number | bigint): void {
    if (value < 0xfd) return this.u8(Number(value));
    const width = value <= 0xffff ? 2 : value <= 0xffff_ffff ? 4 : 8;
    const at = this.#grow(1 + width);
    this.#bytes[at] = width === 2 ? 0xfd : width === 4 ? 0xfe : 0xff;
    if (width === 2) this.#view.setUint16(at + 1, Number(value), true);
    else if (width === 4) this.#view.setUint32(at + 1, Number(value), true);
    else this.#view.setBigUint64(at + 1, BigInt(value), true);
  }

  varBytes(bytes: Uint8Array): void {
    this.compactSize(bytes.length);
    this.bytes(bytes);
  }

  varText(text: string): void {
    this.varBytes(utf8.encode(text));
  }

  #grow(by: number): number {
    const at = this.#length;
    this.#length += by;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}
