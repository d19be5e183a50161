/**
 * A record's line as the struct it stands for. The first hexadecimal digit is the most significant one of the last
 * word, so fields are read from the end of the bytes to their beginning.
 *
 * @module
 */

const WORD_BYTES = 8;
const MOST_WORDS = 128;
const TWO_32 = 2 ** 32;

/** A record under the reader's finger. One object serves all lines: nothing it returns is a view on it, except bytes. */
export class Record {
  /** The line's bytes; what is behind {@linkcode length} belongs to earlier lines. */
  readonly #bytes = new Uint8Array(MOST_WORDS * WORD_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  #at = 0;

  /** Words of the record. */
  words = 0;

  /** Takes the digits between two places of a text; false if they are none. */
  load(text: string, from: number, to: number): boolean {
    const digits = to - from;
    if (digits % (2 * WORD_BYTES) !== 0 || digits > this.#bytes.length * 2) return false;
    try {
      this.#bytes.setFromHex(text.slice(from, to));
    } catch {
      return false; // no digits
    }
    this.words = digits / (2 * WORD_BYTES);
    this.#at = digits / 2;
    return true;
  }

  /** Words that have not been read. */
  get left(): number {
    return this.#at / WORD_BYTES;
  }

  /** An unsigned word; beyond 2^53 the nearest number. */
  uint(): number {
    this.#at -= WORD_BYTES;
    return this.#view.getUint32(this.#at) * TWO_32 + this.#view.getUint32(this.#at + 4);
  }

  /** The upper half of the next word, which is not read by this. */
  upper32(): number {
    return this.#view.getUint32(this.#at - WORD_BYTES);
  }

  /** The first four bytes of the next word as the node has them, which are not read by this. */
  first32(): number {
    return this.#view.getUint32(this.#at - 4);
  }

  /** A signed word. */
  int(): number {
    this.#at -= WORD_BYTES;
    return this.#view.getInt32(this.#at) * TWO_32 + this.#view.getUint32(this.#at + 4);
  }

  /** The lower half of a word, whatever the upper half was extended to. */
  uint32(): number {
    this.#at -= WORD_BYTES;
    return this.#view.getUint32(this.#at + 4);
  }

  /** The lower half of a word, with its sign. */
  int32(): number {
    this.#at -= WORD_BYTES;
    return this.#view.getInt32(this.#at + 4);
  }

  /** The lowest byte of a word. */
  bool(): boolean {
    this.#at -= WORD_BYTES;
    return this.#bytes[this.#at + WORD_BYTES - 1] !== 0;
  }

  /** 32 bytes in the node's order. */
  hash(): Uint8Array<ArrayBuffer> {
    this.#at -= 32;
    return this.#bytes.slice(this.#at, this.#at + 32).reverse();
  }

  /** A text that ends at its first NUL, or where the words end. */
  text(words: number): string {
    const end = this.#at - 1;
    this.#at -= words * WORD_BYTES;
    let text = "";
    for (let at = end; at >= this.#at; at--) {
      const byte = this.#bytes[at]!;
      if (byte === 0) break;
      if (byte > 0x7f) return this.#utf8(end);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** The first `length` bytes of what is left, the last field of a record; a view that lives until the next line. */
  rest(length: number): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes.subarray(this.#at - length, this.#at);
    this.#at = 0;
    return bytes.reverse();
  }

  /** Whether the next words hold this ASCII text; they are read then. What is behind its NUL can be anything. */
  textIs(text: string, words: number): boolean {
    const end = this.#at - 1;
    const length = text.length;
    for (let i = 0; i < length; i++) if (this.#bytes[end - i] !== text.charCodeAt(i)) return false;
    if (length < words * WORD_BYTES && this.#bytes[end - length] !== 0) return false;
    this.#at -= words * WORD_BYTES;
    return true;
  }

  #utf8(end: number): string {
    const bytes = this.#bytes.slice(this.#at, end + 1).reverse();
    const nul = bytes.indexOf(0);
    return new TextDecoder().decode(nul < 0 ? bytes : bytes.subarray(0, nul));
  }
}
