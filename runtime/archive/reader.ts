/**
 * Reads an archive file as a stream, in little memory: ours and those of the Rust archiver, compressed or not, finished
 * or cut off.
 *
 * @module
 */

import { BrokenArchive } from "../../proto/archive/broken.ts";
import { decodeHeader, RecordSplitter } from "../../proto/archive/records.ts";
import { ZSTD_MAGIC } from "../../proto/archive/zstd_blocks.ts";
import type { ArchiveHeader } from "../../proto/schema.ts";
import { Inflater } from "./inflater.ts";

const READ_BYTES = 64 * 1024;
const EXPERIMENTAL_MAGIC = new TextEncoder().encode("PA");

/** An open archive. */
export class ArchiveReader implements Disposable {
  /** Where it is. */
  readonly path: string;
  /** Bytes of the file when it was opened. */
  readonly size: number;
  readonly #file: Deno.FsFile;
  readonly #splitter = new RecordSplitter();
  #inflater: Inflater | undefined;
  #header: ArchiveHeader | undefined;
  #first: Uint8Array[] = [];
  #read = 0;
  #isComplete = false;
  #pieces: AsyncGenerator<Uint8Array> | undefined;

  private constructor(path: string, file: Deno.FsFile, size: number) {
    this.path = path;
    this.#file = file;
    this.size = size;
  }

  /**
   * Opens a file and reads its header.
   *
   * @throws {Error} If it cannot be read, or is no archive.
   */
  static async open(path: string): Promise<ArchiveReader> {
    const file = await Deno.open(path).catch((error) => {
      throw cannotRead(path, error);
    });
    const reader = new ArchiveReader(path, file, await sizeOf(file));
    try {
      await reader.#start();
      return reader;
    } catch (error) {
      reader[Symbol.dispose]();
      if (!(error instanceof BrokenArchive)) throw error;
      throw new BrokenArchive(`Cannot read "${path}": ${error.message}`, { cause: error });
    }
  }

  /** What the first record says. */
  get header(): ArchiveHeader {
    return this.#header!;
  }

  /** How it is compressed. */
  get compression(): "zstd" | "none" {
    return this.#inflater === undefined ? "none" : "zstd";
  }

  /** Bytes of the file that have been read. */
  get read(): number {
    return this.#read;
  }

  /** Bytes of the records so far, uncompressed, with their lengths. */
  get uncompressed(): number {
    return this.#splitter.taken;
  }

  /** Whether the file ends where a file should, which is known at the end. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /**
   * Gives the events' bytes, as many at a time as one piece of the file held. A file that is cut off just ends.
   *
   * @throws {BrokenArchive} Where the bytes stop making sense; what came before is good.
   */
  async *batches(): AsyncGenerator<Uint8Array[]> {
    if (this.#first.length > 0) yield this.#first;
    this.#first = [];
    for (;;) {
      const records = await this.#next();
      if (records === undefined) return;
      if (records.length > 0) yield records;
    }
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#inflater?.[Symbol.dispose]();
    this.#file.close();
  }

  async #start(): Promise<void> {
    this.#pieces = this.#decompressed();
    let records: Uint8Array[] | undefined = [];
    while (records?.length === 0) records = await this.#next();
    if (records === undefined) throw new BrokenArchive("it ends before its header does");
    this.#header = decodeHeader(records[0]!);
    this.#first = records.slice(1);
  }

  async #next(): Promise<Uint8Array[] | undefined> {
    const { done, value } = await this.#pieces!.next();
    if (done) {
      // What was held back to hand over the good records first.
      this.#splitter.push(new Uint8Array(0));
      this.#isComplete = this.#splitter.waiting === 0 && (this.#inflater?.atEnd ?? true);
      return undefined;
    }
    if (this.#header === undefined && this.#splitter.taken === 0) refuseExperimental(value);
    return this.#splitter.push(value);
  }

  async *#decompressed(): AsyncGenerator<Uint8Array> {
    for await (const bytes of this.#bytes()) {
      if (this.#read === bytes.length && startsWith(bytes, ZSTD_MAGIC)) this.#inflater = new Inflater();
      if (this.#inflater === undefined) yield bytes;
      else yield* this.#inflater.push(bytes);
    }
  }

  async *#bytes(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const buffer = new Uint8Array(READ_BYTES);
      const count = await this.#file.read(buffer).catch((error) => {
        throw cannotRead(this.path, error);
      });
      if (count === null) return;
      this.#read += count;
      yield buffer.subarray(0, count);
    }
  }
}

function refuseExperimental(start: Uint8Array): void {
  if (!startsWith(start, EXPERIMENTAL_MAGIC)) return;
  throw new BrokenArchive(
    'it has the first, experimental archive format of spring 2026 ("PA"), which nothing reads any more but the program that wrote it',
  );
}

function startsWith(bytes: Uint8Array, magic: Uint8Array): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

async function sizeOf(file: Deno.FsFile): Promise<number> {
  return (await file.stat()).size;
}

function cannotRead(path: string, cause: unknown): Error {
  const reason = cause instanceof Deno.errors.NotFound ? "no such file" : String(cause).replace(/^\w+: /, "");
  return new Error(`Cannot read "${path}": ${reason}`, { cause });
}
