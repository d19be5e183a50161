/** The files of segments in a folder: their names, what is found in them, and batches to write. */

import { joined } from "../../../proto/bytes.ts";
import type { Folder } from "./folder.ts";
import {
  encodeRecord,
  MAX_SEGMENT_BYTES,
  MAX_SEQUENCE,
  type Scan,
  scanSegment,
  type StoredRecord,
} from "./segment.ts";

/** A file of records, as far as it is in use. */
export interface Segment {
  /** The sequence that it begins with, and is named by. */
  readonly first: number;
  /** The sequence after its last. */
  end: number;
  /** How many bytes of it are records. */
  bytes: number;
  /** When its first record was appended; `undefined` while it has none. */
  oldestMs: number | undefined;
  /** Sequences that it should hold and does not. */
  holes: readonly { first: number; end: number }[];
}

const SEGMENT_NAME = /^(\d{16})\.segment$/;

/** The name of the file that begins with a sequence. */
export function segmentName(first: number): string {
  return `${String(first).padStart(16, "0")}.segment`;
}

/** The segments in a folder, with what was found in them and how the last one ends. */
export function loadSegments(folder: Folder, nowMs: number): { segments: Segment[]; tail: Scan["tail"] } {
  const firsts = folder.names().flatMap((name) => {
    const first = Number(SEGMENT_NAME.exec(name)?.[1] ?? 0);
    return first > 0 && first < MAX_SEQUENCE ? [first] : [];
  }).sort((a, b) => a - b);
  let tail: Scan["tail"] = "none";
  const segments = firsts.map((first, at) => {
    const scan = scanFile(folder, first, firsts[at + 1] ?? MAX_SEQUENCE);
    tail = scan.tail;
    // A clock that was wrong must not keep records for ever; without any record it counts as new.
    const oldestMs = scan.bytes === 0 ? undefined : Math.min(nowMs, scan.records[0]?.timeMs ?? nowMs);
    return {
      first,
      end: scan.end,
      bytes: scan.bytes,
      oldestMs,
      holes: findHoles(scan.records, first, scan.end),
    };
  });
  return { segments, tail };
}

/** Reads a segment; `limit` is the sequence that the next one begins with. */
export function scanFile(folder: Folder, first: number, limit: number): Scan {
  try {
    const file = folder.open(segmentName(first));
    try {
      return scanSegment(file.read(0, MAX_SEGMENT_BYTES), { first, limit });
    } finally {
      file.close();
    }
  } catch (error) {
    // A file that is gone, or lies on a bad sector, is damage; anything else the user can do something about.
    if (error instanceof Deno.errors.NotFound || (error as { code?: string }).code === "EIO") {
      return { records: [], end: first, bytes: 0, tail: "damaged" };
    }
    throw error;
  }
}

/** Which sequences from `first` up to and without `end` have no record. */
export function findHoles(
  records: readonly StoredRecord[],
  first: number,
  end: number,
): { first: number; end: number }[] {
  const found: { first: number; end: number }[] = [];
  let expected = first;
  for (const { sequence } of [...records, { sequence: end }]) {
    if (sequence > expected) found.push({ first: expected, end: sequence });
    expected = sequence + 1;
  }
  return found;
}

/** One piece of bytes with a record for each payload, as they lie at the end of a segment. */
export function encodeBatch(
  payloads: readonly Uint8Array[],
  { sequence, timeMs, offset }: { sequence: number; timeMs: number; offset: number },
): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = offset;
  for (const payload of payloads) {
    const bytes = encodeRecord({ sequence: sequence + parts.length, timeMs, payload }, at);
    parts.push(bytes);
    at += bytes.length;
  }
  return parts.length === 1 ? parts[0]! : joined(parts);
}
