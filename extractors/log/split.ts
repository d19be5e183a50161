/**
 * Bytes in, lines out. A chunk is decoded as a whole, since calling the decoder costs more than decoding a line.
 *
 * @module
 */

/** Of a longer line so many bytes are kept as text, and its true length. */
export const MAX_LINE_BYTES = 64 * 1024;
const PIECE_BYTES = 256 * 1024;
const NEWLINE = 10;

/** A line: its text, its length in bytes without the line break, and whether the text is cut. */
export type OnLine = (text: string, bytes: number, cut: boolean) => void;

/**
 * Cuts a stream of bytes into lines, however it arrives. Bytes that are not UTF-8 become U+FFFD. Never holds more than
 * one piece and one line.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const lines: string[] = [];
 * const splitter = new LineSplitter((text, bytes) => lines.push(`${text} ${bytes}`));
 * splitter.push(new TextEncoder().encode("grü\nn"));
 * splitter.push(new TextEncoder().encode("ein\n"));
 * assertEquals(lines, ["grü 4", "nein 4"]);
 * ```
 */
export class LineSplitter {
  readonly #onLine: OnLine;
  readonly #buffer = new Uint8Array(MAX_LINE_BYTES + PIECE_BYTES);
  // A byte order mark is part of the line.
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** Bytes in the buffer, all of a line that has not ended. */
  #held = 0;
  /** Bytes of that line that were thrown away. */
  #thrown = 0;

  /** A splitter that hands over each line. */
  constructor(onLine: OnLine) {
    this.#onLine = onLine;
  }

  /** Bytes of the line that has not ended yet. */
  get pendingBytes(): number {
    return this.#held + this.#thrown;
  }

  /** Takes the next bytes. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      this.#pushPiece(bytes.subarray(at, at + PIECE_BYTES));
    }
  }

  /** The stream is over: what came after the last line break is a line, too. */
  finish(): void {
    if (this.pendingBytes === 0) return;
    this.#lineFromBytes(0, this.#held);
    this.#held = 0;
  }

  #pushPiece(piece: Uint8Array): void {
    const buffer = this.#buffer;
    buffer.set(piece, this.#held);
    const length = this.#held + piece.length;
    const last = piece.lastIndexOf(NEWLINE);
    if (last < 0) return this.#hold(0, length);
    const end = this.#held + last;
    this.#lines(end);
    this.#hold(end + 1, length);
  }

  /** Keeps the start of a line that has not ended. */
  #hold(from: number, to: number): void {
    if (from > 0) this.#buffer.copyWithin(0, from, to);
    this.#held = Math.min(to - from, MAX_LINE_BYTES);
    this.#thrown += to - from - this.#held;
  }

  /** The lines from the start of the buffer up to the line break at `end`. */
  #lines(end: number): void {
    const buffer = this.#buffer;
    let from = 0;
    if (this.#thrown > 0) {
      from = buffer.indexOf(NEWLINE) + 1;
      this.#lineFromBytes(0, from - 1);
    }
    if (from > end) return;
    const text = this.#decoder.decode(buffer.subarray(from, end));
    // Every decoding of several bytes gives fewer characters, none gives more: then places are the same in both.
    if (text.length === end - from) return this.#linesOfText(text, from);
    for (let at = from; at <= end;) {
      const next = buffer.indexOf(NEWLINE, at);
      this.#lineFromBytes(at, next);
      at = next + 1;
    }
  }

  #linesOfText(text: string, from: number): void {
    for (let at = 0;;) {
      const next = text.indexOf("\n", at);
      const end = next < 0 ? text.length : next;
      if (end - at > MAX_LINE_BYTES) this.#lineFromBytes(from + at, from + end);
      else this.#onLine(text.slice(at, end), end - at, false);
      if (next < 0) return;
      at = next + 1;
    }
  }

  #lineFromBytes(from: number, to: number): void {
    const bytes = to - from + this.#thrown;
    this.#thrown = 0;
    const cut = bytes > MAX_LINE_BYTES;
    const end = cut ? this.#characterEnd(from, from + MAX_LINE_BYTES) : to;
    this.#onLine(this.#decoder.decode(this.#buffer.subarray(from, end)), bytes, cut);
  }

  /** Cutting a character in two would look as if the line had not been UTF-8. */
  #characterEnd(from: number, to: number): number {
    for (let at = to - 1; at >= from && at >= to - 3; at--) {
      const byte = this.#buffer[at]!;
      if ((byte & 0xc0) === 0x80) continue;
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
      return at + length > to ? at : to;
    }
    return to;
  }
}
