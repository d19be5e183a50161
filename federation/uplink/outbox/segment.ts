/**
 * The bytes of a segment: records, one after the other.
 *
 * ```text
 * length u32 | sequence u64 | time u64 (ms) | CRC32C of the payload u32 | CRC32C of the header u32 | payload
 * ```
 *
 * All little-endian. Two checksums, so that damage in a payload leaves its length believable and costs one record, and
 * so that a record cut short can be told from a damaged one. Both checksums also cover the offset of the record: bytes
 * of a record inside a payload, or moved to another place, are never taken for a record.
 *
 * @module
 */

import { crc32c } from "../../../runtime/crc32c.ts";

/** Bytes before a payload. */
export const HEADER_BYTES = 28;
/** The longest payload: the largest size that a frame of the uplink is padded to. */
export const MAX_PAYLOAD_BYTES = 65_536;
/** The largest segment; what a file holds beyond it was not written by us. */
export const MAX_SEGMENT_BYTES = 1 << 20;
/** Above this numbers would no longer be exact. */
export const MAX_SEQUENCE = Number.MAX_SAFE_INTEGER - 1;

const [AT_SEQUENCE, AT_TIME, AT_PAYLOAD_CHECK, AT_HEADER_CHECK] = [4, 12, 20, 24];

/** A payload with its place in the order. */
export interface StoredRecord {
  /** Its number; the next one appended has the next number. */
  readonly sequence: number;
  /** When it was appended, in milliseconds since 1970. */
  readonly timeMs: number;
  /** What was appended. */
  readonly payload: Uint8Array;
}

/** What {@linkcode scanSegment} found. */
export interface Scan {
  /** The records that are whole, in order. */
  readonly records: StoredRecord[];
  /** The sequence after the last record that is known of, whole or not. */
  readonly end: number;
  /** How many bytes are records; what comes after them is no use. */
  readonly bytes: number;
  /**
   * What comes after them: nothing; the beginning of a record whose writing was interrupted, so that nobody was told it
   * was safe; or bytes that mean nothing, which can have been any number of records.
   */
  readonly tail: "none" | "torn" | "damaged";
}

/**
 * A record as it lies in a segment at `offset`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const record = { sequence: 7, timeMs: 1_700_000_000_000, payload: new Uint8Array(3) };
 * assertEquals(scanSegment(encodeRecord(record, 0), { first: 7 }).records, [record]);
 * ```
 */
export function encodeRecord({ sequence, timeMs, payload }: StoredRecord, offset: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length, true);
  view.setBigUint64(AT_SEQUENCE, BigInt(sequence), true);
  view.setBigUint64(AT_TIME, BigInt(timeMs), true);
  view.setUint32(AT_PAYLOAD_CHECK, crc32c(payload, offset), true);
  view.setUint32(AT_HEADER_CHECK, crc32c(bytes.subarray(0, AT_HEADER_CHECK), offset), true);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/**
 * Finds the records in the bytes of a segment, whatever happened to them. Payloads are views of `bytes`.
 *
 * `first` is the sequence that the segment begins with, `limit` the one that the next segment begins with.
 */
export function scanSegment(
  bytes: Uint8Array,
  { first, limit = MAX_SEQUENCE }: { first: number; limit?: number },
): Scan {
  const segment = new SegmentBytes(bytes);
  const records: StoredRecord[] = [];
  let end = first;
  let at = 0;
  while (at < bytes.length) {
    const header = segment.header(at, end, limit);
    if (header === undefined) {
      if (bytes.length - at < HEADER_BYTES) return { records, end, bytes: at, tail: "torn" };
      const next = segment.findHeader(at + 1, end, limit);
      if (next === undefined) return { records, end, bytes: at, tail: "damaged" };
      at = next;
      continue;
    }
    const { sequence, timeMs, length, check } = header;
    const after = at + HEADER_BYTES + length;
    // All before it were appended, even those that were damaged since.
    if (after > bytes.length) return { records, end: sequence, bytes: at, tail: "torn" };
    const payload = bytes.subarray(at + HEADER_BYTES, after);
    if (crc32c(payload, at) === check) records.push({ sequence, timeMs, payload });
    [at, end] = [after, sequence + 1];
  }
  return { records, end, bytes: at, tail: "none" };
}

interface Header {
  readonly length: number;
  readonly sequence: number;
  readonly timeMs: number;
  readonly check: number;
}

/** Reads headers; each is checked before anything it says is used. */
class SegmentBytes {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The header at an offset, if there is one with a sequence from `least` up to and without `limit`. */
  header(at: number, least: number, limit: number): Header | undefined {
    if (this.#bytes.length - at < HEADER_BYTES) return undefined;
    const length = this.#view.getUint32(at, true);
    if (length > MAX_PAYLOAD_BYTES) return undefined;
    // Before the checksum, since almost all offsets that are no record fail here.
    const sequence = this.#number(at + AT_SEQUENCE);
    if (sequence < least || sequence >= limit) return undefined;
    const covered = this.#bytes.subarray(at, at + AT_HEADER_CHECK);
    if (crc32c(covered, at) !== this.#view.getUint32(at + AT_HEADER_CHECK, true)) return undefined;
    const timeMs = this.#number(at + AT_TIME);
    return { length, sequence, timeMs, check: this.#view.getUint32(at + AT_PAYLOAD_CHECK, true) };
  }

  /** Where the next header is, after damage. */
  findHeader(from: number, least: number, limit: number): number | undefined {
    for (let at = from; at <= this.#bytes.length - HEADER_BYTES; at++) {
      if (this.header(at, least, limit) !== undefined) return at;
    }
    return undefined;
  }

  #number(at: number): number {
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 0x1_0000_0000;
  }
}
