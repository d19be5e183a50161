/**
 * Places in an open file: going there, marking them, and finding a mark again when the file was cut or copied.
 *
 * @module
 */

import { hash } from "node:crypto";
import type { Mark } from "./position.ts";

/** An open file and how far it was read. */
export interface Open {
  /** The file. */
  readonly file: Deno.FsFile;
  /** Its device and inode. */
  readonly id: string;
  /** Bytes before the next one to read. */
  offset: number;
}

/** A mark knows so many bytes before it. Two lines of a node never share their microsecond, hash and peer. */
const MARK_BYTES = 256;
/** Fewer could be anywhere: each start of a node writes five empty lines. */
const MIN_SEARCHED_BYTES = 48;
/** At its start a node cuts a long debug.log down to its last 10,000,000 bytes (`-shrinkdebugfile`). */
const SEARCHED_BYTES = 16 * 1024 * 1024;
/** The start of an unfinished last line is looked for in so many bytes. */
const LINE_BYTES = 64 * 1024;
const NEWLINE = 10;

/** The next bytes. */
export async function read(open: Open, buffer: Uint8Array): Promise<Uint8Array> {
  const count = await open.file.read(buffer) ?? 0;
  open.offset += count;
  return buffer.subarray(0, count);
}

/** Goes to a place. */
export function seek(open: Open, offset: number): void {
  open.file.seekSync(offset, Deno.SeekMode.Start);
  open.offset = offset;
}

/** Bytes from `from` to `to`, or fewer if the file is shorter; the place for reading stays. */
function peek({ file, offset }: Open, from: number, to: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, to - from));
  file.seekSync(from, Deno.SeekMode.Start);
  let length = 0;
  while (length < bytes.length) {
    const count = file.readSync(bytes.subarray(length));
    if (count === null) break;
    length += count;
  }
  file.seekSync(offset, Deno.SeekMode.Start);
  return bytes.subarray(0, length);
}

/** A mark at this place; `undefined` if the file does not reach so far. */
export function markAt(open: Open, offset: number): Mark | undefined {
  const length = Math.min(MARK_BYTES, offset);
  const bytes = peek(open, offset - length, offset);
  if (bytes.length < length) return undefined;
  return { file: open.id, offset, length, sha256: hash("sha256", bytes, "hex") };
}

/** Where in the file the mark is, if it is anywhere. */
export function find(open: Open, mark: Mark, size: number): number | undefined {
  const { file, offset, length, sha256 } = mark;
  const here = offset <= size ? markAt(open, offset) : undefined;
  const enough = length >= MIN_SEARCHED_BYTES;
  if (here?.sha256 === sha256 && (enough || file === open.id)) return offset;
  if (!enough) return undefined;
  const bytes = peek(open, 0, Math.min(size, SEARCHED_BYTES));
  for (let at = bytes.lastIndexOf(NEWLINE) + 1; at >= length; at = bytes.lastIndexOf(NEWLINE, at - 2) + 1) {
    if (hash("sha256", bytes.subarray(at - length, at), "hex") === sha256) return at;
  }
  return undefined;
}

/** The node may be in the middle of a line: it is read from its start once it is whole. */
export function startOfLastLine(open: Open, size: number): number {
  const from = Math.max(0, size - LINE_BYTES);
  const newline = peek(open, from, size).lastIndexOf(NEWLINE);
  return newline >= 0 ? from + newline + 1 : size;
}

/** What tells a file from another of the same name. */
export function idOf({ dev, ino }: Deno.FileInfo): string {
  return `${dev}:${ino ?? 0}`;
}
