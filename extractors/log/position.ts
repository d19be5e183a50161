/**
 * How far the log was read, kept in a file, so that a restart neither loses nor repeats lines.
 *
 * The file has two slots that are written in turn, each in one write and with a checksum: whenever the process is
 * killed, at least one slot is whole. A temporary file that is renamed would do the same, and need the right to
 * write a second file.
 *
 * @module
 */

import { hash } from "node:crypto";
import { reasonOf } from "../../runtime/reason.ts";

/** A place in a log: where it is, and what stands before it, so that it is found again in a file cut or copied. */
export interface Mark {
  /** Device and inode of the file. */
  readonly file: string;
  /** Bytes before the place, which is the start of a line. */
  readonly offset: number;
  /** How many of them are hashed. */
  readonly length: number;
  /** SHA-256 of them. */
  readonly sha256: string;
}

const SLOT_BYTES = 256;
const FORMAT = "waggle-log-position-1";
const CHECK_CHARS = 16;

/** A file that keeps a {@linkcode Mark}. */
export class PositionFile implements Disposable {
  readonly #file: Deno.FsFile;
  /** What was in it when it was opened. */
  readonly mark: Mark | undefined;
  #sequence: number;
  #saved: Mark | undefined;

  private constructor(file: Deno.FsFile, slot: Slot | undefined) {
    this.#file = file;
    this.mark = this.#saved = slot?.mark;
    this.#sequence = slot?.sequence ?? 0;
  }

  /** Opens the file, or makes it. */
  static async open(path: string): Promise<PositionFile> {
    try {
      const file = await Deno.open(path, { read: true, write: true, create: true });
      const bytes = new Uint8Array(2 * SLOT_BYTES);
      await file.read(bytes);
      return new PositionFile(file, newestSlot(bytes));
    } catch (cause) {
      const why = reasonOf(cause);
      throw new TypeError(`Cannot use position file "${path}": ${why}`, { cause });
    }
  }

  /** Writes a mark, unless it is the one that was written last. */
  save(mark: Mark): void {
    if (mark.offset === this.#saved?.offset && mark.file === this.#saved.file) return;
    const sequence = this.#sequence + 1;
    this.#file.seekSync(sequence % 2 * SLOT_BYTES, Deno.SeekMode.Start);
    this.#file.writeSync(encodeSlot({ sequence, mark }));
    this.#sequence = sequence;
    this.#saved = mark;
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** What one write leaves in the file. */
export interface Slot {
  /** Counts the writes. */
  readonly sequence: number;
  /** The place. */
  readonly mark: Mark;
}

/**
 * A slot as a line of text, readable with `cat`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const slot = { sequence: 1, mark: { file: "1:2", offset: 3, length: 0, sha256: "00".repeat(32) } };
 * assertEquals(newestSlot(encodeSlot(slot)), slot);
 * ```
 */
export function encodeSlot({ sequence, mark }: Slot): Uint8Array {
  const { file, offset, length, sha256 } = mark;
  const text = [FORMAT, sequence, file, offset, length, sha256].join(" ");
  return new TextEncoder().encode(`${text} ${checksum(text)}`.padEnd(SLOT_BYTES - 1) + "\n");
}

/** Of the slots in these bytes that are whole, the one written last. */
export function newestSlot(bytes: Uint8Array): Slot | undefined {
  const slots = [0, 1]
    .map((index) => decodeSlot(bytes.subarray(index * SLOT_BYTES, (index + 1) * SLOT_BYTES)))
    .filter((slot) => slot !== undefined);
  return slots.sort((a, b) => b.sequence - a.sequence)[0];
}

function decodeSlot(bytes: Uint8Array): Slot | undefined {
  const text = new TextDecoder().decode(bytes).trimEnd();
  const match =
    /^(waggle-log-position-1 (\d{1,15}) (\d+:\d+) (\d{1,15}) (\d{1,3}) ([0-9a-f]{64})) ([0-9a-f]{16})$/
      .exec(text);
  if (match === null) return undefined;
  const [, checked, sequence, file, offset, length, sha256, check] = match as unknown as string[];
  if (checksum(checked!) !== check) return undefined;
  const mark = { file: file!, offset: Number(offset), length: Number(length), sha256: sha256! };
  return { sequence: Number(sequence), mark };
}

function checksum(text: string): string {
  return hash("sha256", text, "hex").slice(0, CHECK_CHARS);
}
