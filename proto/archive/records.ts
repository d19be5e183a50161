/**
 * The records of an archive: a length as protobuf writes it, then so many bytes. The first record is the header, every
 * other an event.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const splitter = new RecordSplitter();
 * assertEquals(splitter.push(Uint8Array.of(2, 7)), []);
 * assertEquals(splitter.push(Uint8Array.of(8, 1, 9)), [Uint8Array.of(7, 8), Uint8Array.of(9)]);
 * ```
 *
 * @module
 */

import { decodeArchiveHeader, encodeArchiveHeader } from "../codec.ts";
import { Reader, Refusal } from "../reader.ts";
import type { ArchiveHeader } from "../schema.ts";
import { Writer } from "../writer.ts";
import { BrokenArchive } from "./broken.ts";
import { ByteQueue } from "./byte_queue.ts";

/** The longest record that is believed; an event is a P2P message of 4 MB or an address manager of some MB. */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;

/** How a record of this length begins. */
export function recordLength(length: number): Uint8Array {
  const bytes: number[] = [];
  for (; length > 0x7f; length >>>= 7) bytes.push(length & 0x7f | 0x80);
  return Uint8Array.of(...bytes, length);
}

/** The bytes of a header, without their length. */
export function encodeHeader(header: ArchiveHeader): Uint8Array {
  const writer = new Writer(32);
  encodeArchiveHeader(header, writer);
  return writer.finish();
}

/**
 * What the first record says.
 *
 * @throws {BrokenArchive} If it is no header.
 */
export function decodeHeader(record: Uint8Array): ArchiveHeader {
  try {
    const header = decodeArchiveHeader(new Reader(record), record.length);
    if (header.created > 0) return header;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  throw new BrokenArchive("the first record is no archive header");
}

/** Cuts a stream of bytes into records. It holds back at most one of them. */
export class RecordSplitter {
  readonly #queue = new ByteQueue();
  // Bytes that must be there before it is worth looking again.
  #needed = 1;
  #taken = 0;

  /** Bytes of all records so far, with their lengths. */
  get taken(): number {
    return this.#taken;
  }

  /** Bytes of a record that is not complete yet. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * The records that are complete with these bytes.
   *
   * @throws {BrokenArchive} If a length cannot be one; the records before it have been given.
   */
  push(bytes: Uint8Array): Uint8Array[] {
    this.#queue.push(bytes);
    const records: Uint8Array[] = [];
    while (this.#queue.length >= this.#needed) {
      const length = this.#readLength();
      if (length === undefined || length instanceof BrokenArchive) {
        // First hand over what is good, then complain.
        if (length === undefined || records.length > 0) return records;
        throw length;
      }
      const prefix = length.prefix;
      this.#needed = prefix + length.value;
      if (this.#queue.length < this.#needed) break;
      records.push(this.#queue.take(this.#needed).subarray(prefix));
      this.#taken += this.#needed;
      this.#needed = 1;
    }
    return records;
  }

  #readLength(): { value: number; prefix: number } | BrokenArchive | undefined {
    let value = 0;
    for (let i = 0; i < 5; i++) {
      if (i === this.#queue.length) {
        this.#needed = i + 1;
        return undefined;
      }
      const byte = this.#queue.at(i);
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte > 0x7f) continue;
      // An empty record says nothing; a file full of zeros, which a power cut can leave, would be full of them.
      if (value === 0) return new BrokenArchive(`an empty record at byte ${this.#taken}`);
      if (value <= MAX_RECORD_BYTES) return { value, prefix: i + 1 };
      break;
    }
    return new BrokenArchive(`a record of impossible length at byte ${this.#taken}`);
  }
}
