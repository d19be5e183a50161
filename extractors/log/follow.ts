/**
 * Follows a file as `tail -F` does: through rotation by renaming, truncation, restarts of the node that shorten the
 * file, and times when it is not there. Looks at the path ten times a second, which needs no right but to read this
 * one file and works on every file system.
 *
 * @module
 */

import type { Context } from "../../runtime/component.ts";
import type { Input, Piece, Wait } from "./piece.ts";
import { find, idOf, markAt, type Open, read, seek, startOfLastLine } from "./place.ts";
import type { Mark } from "./position.ts";

/** How to follow. */
export interface FollowOptions extends Pick<Context, "log" | "count" | "signal"> {
  /** The file. */
  readonly path: string;
  /** Without a mark: whether lines that are already there count. */
  readonly fromStart: boolean;
  /** Where to go on. */
  readonly mark?: Mark | undefined;
  /** Where rotation moves the file to: looked for the mark if it is not in the file. */
  readonly rotatedPath?: string | undefined;
  /** Waits between two looks. */
  readonly wait: Wait;
}

const PIECE_BYTES = 128 * 1024;
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
      const open = this.#open;
      if (open === undefined) {
        // Nothing yet, but a place: a start that sees no line must not forget where it began.
        if (await this.#openFirst()) yield { bytes: this.#buffer.subarray(0, 0), begins };
        continue;
      }
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

  /** Opens the file, or waits a while; whether it did. */
  async #openFirst(): Promise<boolean> {
    const { path, fromStart, log, wait } = this.#options;
    const opened = await this.#openRotated() ?? await this.#tryOpen(path);
    if (opened === undefined) {
      this.#sayOnce("info", `Waiting for "${path}"`);
      await wait();
      return false;
    }
    const appeared = this.#saidLast !== "";
    this.#saidLast = "";
    this.#open = opened;
    const { size } = await opened.file.stat();
    if (this.#mark !== undefined) opened.offset = this.#goOn(opened, this.#mark, size);
    else if (!fromStart && !appeared) opened.offset = startOfLastLine(opened, size);
    seek(opened, opened.offset);
    this.#mark = markAt(opened, opened.offset);
    this.backlog = { from: opened.offset, to: size };
    log.info(`Following "${path}" from byte ${opened.offset} of ${size}`);
    return true;
  }

  /** The file under its new name, if it was rotated while nobody looked: what was added to it is not lost. */
  async #openRotated(): Promise<Open | undefined> {
    const { rotatedPath, path, log } = this.#options;
    if (rotatedPath === undefined || this.#mark === undefined) return undefined;
    const current = await this.#tryOpen(path);
    if (current !== undefined && find(current, this.#mark, (await current.file.stat()).size) !== undefined) {
      return current;
    }
    current?.file.close();
    const rotated = await this.#tryOpen(rotatedPath);
    if (rotated === undefined) return undefined;
    if (find(rotated, this.#mark, (await rotated.file.stat()).size) !== undefined) {
      log.info(`Reading the rest of "${rotatedPath}" first`);
      return rotated;
    }
    rotated.file.close();
    return undefined;
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
    const next = await this.#tryOpen(path);
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
    const seen = await this.#stat(this.#options.path);
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

  async #tryOpen(path: string): Promise<Open | undefined> {
    if (await this.#stat(path) === undefined) return undefined;
    try {
      const file = await Deno.open(path, { read: true });
      return { file, id: idOf(await file.stat()), offset: 0 };
    } catch (error) {
      return this.#unreadable(path, error);
    }
  }

  /** The file at the path; opening anything else could block for ever. */
  async #stat(path: string): Promise<Deno.FileInfo | undefined> {
    try {
      const seen = await Deno.stat(path);
      return seen.isFile ? seen : undefined;
    } catch (error) {
      return this.#unreadable(path, error);
    }
  }

  #unreadable(path: string, error: unknown): undefined {
    if (error instanceof Deno.errors.NotFound) return;
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    this.#sayOnce("warn", `Cannot read "${path}": ${error.message}; trying again`);
  }

  #sayOnce(level: "info" | "warn", message: string): void {
    if (this.#saidLast === "" || level === "warn" && this.#saidLast !== message) {
      this.#options.log[level](message);
      this.#saidLast = message;
    }
  }
}
