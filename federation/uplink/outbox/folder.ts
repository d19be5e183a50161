/**
 * The little of a file system that the outbox needs, and the real one. Tests have one that tears, forgets and fills up.
 *
 * @module
 */

import { join } from "@std/path";

/** A flat folder. */
export interface Folder {
  /** What errors call it. */
  readonly path: string;
  /**
   * Takes the folder for this process; `undefined` if another one has it.
   * @returns What gives it back.
   */
  lock(): Disposable | undefined;
  /** The names of its files. */
  names(): string[];
  /** Opens a file for reading and writing; `create` makes it if need be, `empty` also cuts it to nothing. */
  open(name: string, mode?: "create" | "empty"): File;
  /** Deletes a file. */
  remove(name: string): void;
  /** Resolves when creating and deleting files is on the disk. */
  sync(): Promise<void>;
}

/** An open file. Only waiting for the disk is asynchronous: the rest ends in the page cache. */
export interface File {
  /** Its length. */
  size(): number;
  /** At most `length` bytes; fewer where the file ends. */
  read(at: number, length: number): Uint8Array;
  /** Writes a part of the bytes, perhaps all, and says how many. */
  write(at: number, bytes: Uint8Array): number;
  /** Cuts the file. */
  truncate(length: number): void;
  /** Resolves when all that was written is on the disk. */
  sync(): Promise<void>;
  /** Closes it. */
  close(): void;
}

const LOCK = "lock";

/** A folder on a disk that only its owner may look into; it is made if it is missing. */
export class DiskFolder implements Folder {
  readonly path: string;

  /** Makes the folder. */
  constructor(path: string) {
    this.path = path;
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
    Deno.chmodSync(path, 0o700);
  }

  lock(): Disposable | undefined {
    const file = Deno.openSync(join(this.path, LOCK), { write: true, create: true, mode: 0o600 });
    // Held by the open file: the kernel lets go of it when the process ends, however it ends.
    if (file.tryLockSync(true)) return file;
    file.close();
    return undefined;
  }

  names(): string[] {
    return [...Deno.readDirSync(this.path)].filter(({ isFile }) => isFile).map(({ name }) => name);
  }

  open(name: string, mode?: "create" | "empty"): File {
    const create = mode === undefined ? {} : { create: true, truncate: mode === "empty", mode: 0o600 };
    return new DiskFile(Deno.openSync(join(this.path, name), { read: true, write: true, ...create }));
  }

  remove(name: string): void {
    Deno.removeSync(join(this.path, name));
  }

  async sync(): Promise<void> {
    using folder = Deno.openSync(this.path, { read: true });
    await folder.sync();
  }
}

class DiskFile implements File {
  readonly #file: Deno.FsFile;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  size(): number {
    return this.#file.statSync().size;
  }

  read(at: number, length: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size() - at)));
    this.#file.seekSync(at, Deno.SeekMode.Start);
    let filled = 0;
    while (filled < bytes.length) {
      const more = this.#file.readSync(bytes.subarray(filled));
      if (more === null) break;
      filled += more;
    }
    return bytes.subarray(0, filled);
  }

  write(at: number, bytes: Uint8Array): number {
    this.#file.seekSync(at, Deno.SeekMode.Start);
    return this.#file.writeSync(bytes);
  }

  truncate(length: number): void {
    this.#file.truncateSync(length);
  }

  async sync(): Promise<void> {
    // The length is written too; only times are not.
    await this.#file.syncData();
  }

  close(): void {
    this.#file.close();
  }
}
