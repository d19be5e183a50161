/**
 * Follows a file as `tail -F` does: through rotation by renaming, truncation, restarts of the node that shorten the
 * file, and times when it is not there. Looks at the path ten times a second, which needs no right but to read this
 * one file and works on every file system.
 *
 * @module
 */

import { hash } from "node:crypto";
import type { Context } from "../../runtime/component.ts";
import type { Input, Piece, Wait } from "./piece.ts";
import type { Mark } from "./position.ts";

/** How to follow. */
export interface FollowOptions extends Pick<Context, "log" | "count" | "signal"> {
  /** The file. */
  readonly path: string;
  /** Without a mark: whether lines that are already there count. */
  readonly fromStart: boolean;
  /** Where to go on. */
  readonly mark?: Mark | undefined;
  /** Waits between two looks. */
  readonly wait: Wait;
}

const PIECE_BYTES = 128 * 1024;
/** A mark knows so many bytes before it. Two lines of a node never share their microsecond, hash and peer. */
const MARK_BYTES = 256;
/** Fewer could be anywhere: each start of a node writes five empty lines. */
const MIN_SEARCHED_BYTES = 48;
/** At its start a node cuts a long debug.log down to its last 10,000,000 bytes (`-shrinkdebugfile`). */
const SEARCHED_BYTES = 16 * 1024 * 1024;
/** The start of an unfinished last line is looked for in so many bytes. */
const LINE_BYTES = 64 * 1024;
const NEWLINE = 10;

/** An open file and its place in it. */
interface Open {
  readonly file: Deno.FsFile;
  readonly id: string;
  offset: number;
}

/** Reads what is in a file and what is being added to it. */
export class Follower implements Input {
  readonly name: string;
  readonly #options: FollowOptions;
  readonly #buffer = new Uint8Array(PIECE_BYTES);
  #open: Open | undefined;
  #mark: Mark | undefined;
  #saidLast = "";
  /** Bytes that were there when the file was first opened, and where reading began. */
  backlog: { readonly from: number; readonly to: number } | undefined;

  /** A follower of a file that may not be there yet. */
  constructor(options: FollowOptions) {
    this.#options = options;
    this.name = options.path;
    this.#mark = options.mark;
  }

  async *pieces(): AsyncGenerator<Piece> {
    const { signal, wait } = this.#options;
    let begins = true;
    let replaced = false;
    while (!signal.aborted) {
      const open = this.#open ?? await this.#openFirst();
      if (open === undefined) continue;
      const bytes = await read(open, this.#buffer);
      if (bytes.length > 0) {
        yield { bytes, begins };
        begins = false;
      } else if (replaced) {
        // Nothing is written to the old file once there is something in the new one.
        replaced = false;
        begins = await this.#openNext(open);
      } else {
        await wait();
        const change = await this.#look(open);
        replaced = change === "replaced";
        begins ||= change === "rewritten";
      }
    }
  }

  mark(pendingBytes: number): Mark | undefined {
    const open = this.#open;
    if (open === undefined) return undefined;
    return this.#mark = markAt(open, open.offset - pendingBytes) ?? this.#mark;
  }

  /** How far it has read. */
  get offset(): number {
    return this.#open?.offset ?? 0;
  }

  [Symbol.dispose](): void {
    this.#open?.file.close();
    this.#open = undefined;
  }

  /** Opens the file, or waits a while. */
  async #openFirst(): Promise<Open | undefined> {
    const { path, fromStart, log, wait } = this.#options;
    const opened = await this.#tryOpen();
    if (opened === undefined) {
      this.#sayOnce("info", `Waiting for "${path}"`);
      await wait();
      return undefined;
    }
    const appeared = this.#saidLast !== "";
    this.#saidLast = "";
    const { size } = await opened.file.stat();
    if (this.#mark !== undefined) opened.offset = this.#goOn(opened, this.#mark, size);
    else if (!fromStart && !appeared) opened.offset = startOfLastLine(opened, size);
    seek(opened, opened.offset);
    this.#mark = markAt(opened, opened.offset);
    this.backlog = { from: opened.offset, to: size };
    log.info(`Following "${path}" from byte ${opened.offset} of ${size}`);
    return this.#open = opened;
  }

  #goOn(opened: Open, mark: Mark, size: number): number {
    const { log, count, path } = this.#options;
    const place = find(opened, mark, size);
    if (place !== undefined) return place;
    count("places not found again");
    log.warn(
      `What was written to "${path}" meanwhile may be lost: it is another file than the one read last`,
    );
    return 0;
  }

  /** Goes over to the file that has taken the path; whether it is another one. */
  async #openNext(old: Open): Promise<boolean> {
    const { path, log, count } = this.#options;
    const next = await this.#tryOpen();
    if (next === undefined) return false;
    if (next.id === old.id) {
      next.file.close();
      return false;
    }
    old.file.close();
    this.#open = next;
    const { size } = await next.file.stat();
    // A copy of the old file, perhaps without its first lines, has been put in its place.
    const place = this.#mark && find(next, this.#mark, size);
    if (place !== undefined) return this.#continueAt(next, place, old.offset);
    this.#mark = undefined;
    seek(next, 0);
    count("rotations");
    log.info(`"${path}" is a new file, the old one is read to its end`);
    return true;
  }

  /** What has become of the file. */
  async #look(open: Open): Promise<"same" | "replaced" | "rewritten"> {
    const seen = await this.#stat();
    if (seen === undefined) return "same";
    if (idOf(seen) !== open.id) {
      // logrotate may make the new file before the node knows of it and while it still writes to the old one.
      return seen.size > 0 ? "replaced" : "same";
    }
    if (seen.size === open.offset || seen.size > open.offset && this.#isWhereItWas(open)) return "same";
    return await this.#findAgain(open) ? "rewritten" : "same";
  }

  #isWhereItWas(open: Open): boolean {
    const mark = this.#mark;
    if (mark === undefined) return true;
    return markAt(open, mark.offset)?.sha256 === mark.sha256;
  }

  /** The file was cut or rewritten; whether that was more than its start being cut off. */
  async #findAgain(open: Open): Promise<boolean> {
    const { path, log, count, wait } = this.#options;
    // The node empties the file, then writes its last 10 MB again: not while it is at that.
    await wait();
    const { size } = await open.file.stat();
    const place = this.#mark && find(open, this.#mark, size);
    if (place !== undefined) return this.#continueAt(open, place, open.offset);
    this.#mark = undefined;
    seek(open, 0);
    count("truncations");
    log.info(`"${path}" was emptied, reading it from its start`);
    return true;
  }

  /** The place of the mark is known again; what was read of the line after it counts, too. */
  #continueAt(open: Open, place: number, readTo: number): boolean {
    const { path, log, count } = this.#options;
    const pending = readTo - (this.#mark?.offset ?? readTo);
    seek(open, place + pending);
    this.#mark = markAt(open, place);
    count("files cut at their start");
    log.info(`"${path}" was shortened, going on at byte ${open.offset}`);
    return false;
  }

  async #tryOpen(): Promise<Open | undefined> {
    const seen = await this.#stat();
    if (seen === undefined) return undefined;
    try {
      const file = await Deno.open(this.#options.path, { read: true });
      return { file, id: idOf(await file.stat()), offset: 0 };
    } catch (error) {
      return this.#unreadable(error);
    }
  }

  /** The file at the path; opening anything else could block for ever. */
  async #stat(): Promise<Deno.FileInfo | undefined> {
    try {
      const seen = await Deno.stat(this.#options.path);
      return seen.isFile ? seen : undefined;
    } catch (error) {
      return this.#unreadable(error);
    }
  }

  #unreadable(error: unknown): undefined {
    if (error instanceof Deno.errors.NotFound) return;
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    this.#sayOnce("warn", `Cannot read "${this.#options.path}": ${error.message}; trying again`);
  }

  #sayOnce(level: "info" | "warn", message: string): void {
    if (this.#saidLast === "" || level === "warn" && this.#saidLast !== message) {
      this.#options.log[level](message);
      this.#saidLast = message;
    }
  }
}

async function read(open: Open, buffer: Uint8Array): Promise<Uint8Array> {
  const count = await open.file.read(buffer) ?? 0;
  open.offset += count;
  return buffer.subarray(0, count);
}

function seek(open: Open, offset: number): void {
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
function markAt(open: Open, offset: number): Mark | undefined {
  const length = Math.min(MARK_BYTES, offset);
  const bytes = peek(open, offset - length, offset);
  if (bytes.length < length) return undefined;
  return { file: open.id, offset, length, sha256: hash("sha256", bytes, "hex") };
}

/** Where in the file the mark is, if it is anywhere. */
function find(open: Open, mark: Mark, size: number): number | undefined {
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
function startOfLastLine(open: Open, size: number): number {
  const from = Math.max(0, size - LINE_BYTES);
  const newline = peek(open, from, size).lastIndexOf(NEWLINE);
  return newline >= 0 ? from + newline + 1 : size;
}

function idOf({ dev, ino }: Deno.FileInfo): string {
  return `${dev}:${ino ?? 0}`;
}
