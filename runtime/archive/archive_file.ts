import { encodeHeader, recordLength } from "../../proto/archive/records.ts";
import { joined } from "../../proto/bytes.ts";
import type { ArchiveHeader } from "../../proto/schema.ts";
import { sleep } from "../backoff.ts";
import { Deflater } from "./deflater.ts";

/** What a file is. */
export interface ArchiveFileOptions {
  /** Its folder. */
  readonly dir: string;
  /** How its name begins. */
  readonly baseName: string;
  /** Compression level; 0 for none. */
  readonly level: number;
  /** Whether raw transactions are left out. */
  readonly lowData: boolean;
}

/** What a file is whose name and header are given. */
export interface NamedFileOptions {
  /** Compression level; 0 for none. */
  readonly level: number;
  /** Its first record. */
  readonly header: ArchiveHeader;
}

/** A file that is being written. Everything up to the last flush can be read, whatever happens to this process. */
export class ArchiveFile {
  /** Where it is. */
  readonly path: string;
  /** When it was started, in unix milliseconds. */
  readonly createdAt: number;
  readonly #file: Deno.FsFile;
  readonly #deflater: Deflater;
  #pieces: Uint8Array[] = [];
  #pending = 0;
  #written = 0;
  #events = 0;
  #isFlushed = true;

  private constructor(path: string, createdAt: number, file: Deno.FsFile, level: number) {
    this.path = path;
    this.createdAt = createdAt;
    this.#file = file;
    this.#deflater = new Deflater(level);
  }

  /** Starts a file under a name that no file has yet. */
  static async open({ dir, baseName, level, lowData }: ArchiveFileOptions): Promise<ArchiveFile> {
    for (;;) {
      const now = Date.now();
      const path = `${dir}/${fileName(baseName, now, level)}`;
      try {
        const archive = new ArchiveFile(
          path,
          now,
          await Deno.open(path, { write: true, createNew: true }),
          level,
        );
        archive.#append(encodeHeader({ created: Math.floor(now / 1000), lowData }));
        return archive;
      } catch (error) {
        if (!(error instanceof Deno.errors.AlreadyExists)) throw cannotWrite(path, error);
        await sleep(1, AbortSignal.timeout(1000));
      }
    }
  }

  /**
   * Starts a file under this very name.
   *
   * @throws {Error} If it is there, or cannot be written.
   */
  static async create(path: string, { level, header }: NamedFileOptions): Promise<ArchiveFile> {
    const file = await Deno.open(path, { write: true, createNew: true }).catch((error) => {
      throw cannotWrite(path, error);
    });
    const archive = new ArchiveFile(path, Date.now(), file, level);
    archive.#append(encodeHeader(header));
    return archive;
  }

  /** Events so far. */
  get events(): number {
    return this.#events;
  }

  /** Bytes handed to the file so far. */
  get written(): number {
    return this.#written;
  }

  /** Bytes that wait to be written. */
  get pending(): number {
    return this.#pending;
  }

  /** Takes an event. */
  add(event: Uint8Array): void {
    this.#append(event);
    this.#events++;
  }

  /** Hands what waits to the compressor and what that gives to the file. */
  async write(): Promise<void> {
    if (this.#pending === 0) return;
    const bytes = joined(this.#pieces);
    this.#pieces = [];
    this.#pending = 0;
    this.#isFlushed = false;
    await this.#put(this.#deflater.push(bytes));
  }

  /** Makes all that was added readable. */
  async flush(): Promise<void> {
    await this.write();
    if (this.#isFlushed) return;
    this.#isFlushed = true;
    await this.#put(this.#deflater.flush());
  }

  /** Ends the file in order. */
  async close(): Promise<void> {
    await this.write();
    await this.#put(this.#deflater.end());
    this.abandon();
  }

  /** Lets go of a file that cannot be written any more; one that holds nothing is removed. */
  abandon(): void {
    this.#deflater[Symbol.dispose]();
    this.#file.close();
    if (this.#written > 0) return;
    try {
      Deno.removeSync(this.path);
    } catch {
      // It is gone already, or stays as an empty file: neither is worth losing the reason why it is given up.
    }
  }

  #append(record: Uint8Array): void {
    const length = recordLength(record.length);
    this.#pieces.push(length, record);
    this.#pending += length.length + record.length;
  }

  async #put(pieces: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const piece of pieces) {
      for (let at = 0; at < piece.length;) {
        const count = await this.#file.write(piece.subarray(at)).catch((error) => {
          throw cannotWrite(this.path, error);
        });
        at += count;
        this.#written += count;
      }
    }
  }
}

/** `archive.20260601-143000-123.bin.zst`, in UTC. */
export function fileName(baseName: string, time: number, level: number): string {
  const [date, clock, ms] = new Date(time).toISOString().replaceAll(/[-:Z]/g, "").split(/[T.]/);
  return `${baseName}.${date}-${clock}-${ms}.bin${level === 0 ? "" : ".zst"}`;
}

function cannotWrite(path: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message.replace(/: open .*/, "") : String(error);
  return new Error(`Cannot write "${path}": ${reason}; what is on the disk stays readable`, { cause: error });
}
