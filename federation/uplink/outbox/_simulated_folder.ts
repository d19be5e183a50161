/** A folder whose disk does what disks do: forget what was not synced, tear writes, fill up, flip bits. */

import type { File, Folder } from "./folder.ts";

/** Numbers that a seed determines, so that a run can be repeated. */
export interface Random {
  /** An integer from 0 up to and without `limit`. */
  below(limit: number): number;
  /** One element of a list that is not empty. */
  pick<T>(list: readonly T[]): T;
}

const SECTOR_BYTES = 512;

/** A file's bytes, as programs see them and as they are on the platter. */
class Inode {
  cache = new Uint8Array();
  platter = new Uint8Array();
  /** Sectors that the next sync writes. */
  readonly dirty = new Set<number>();
}

/** Thrown by everything once the machine stopped. */
export class Stopped extends Error {}

/** See above. */
export class SimulatedFolder implements Folder {
  readonly path = "simulated";
  readonly #random: Random;
  #cached = new Map<string, Inode>();
  #onPlatter = new Map<string, Inode>();
  #boot = 0;
  #locked = false;
  /** How many more calls are answered before the machine stops. */
  callsLeft = Infinity;
  /** How many more bytes files may grow by. */
  freeBytes = Infinity;
  /** One of so many syncs fails. */
  syncFailsOneIn = Infinity;

  constructor(random: Random) {
    this.#random = random;
  }

  lock(): Disposable | undefined {
    if (this.#locked) return undefined;
    this.#locked = true;
    const boot = this.#boot;
    return { [Symbol.dispose]: () => void (this.#locked &&= boot !== this.#boot) };
  }

  names(): string[] {
    this.#call(this.#boot);
    return [...this.#cached.keys()];
  }

  open(name: string, mode?: "create" | "empty"): File {
    this.#call(this.#boot);
    let inode = this.#cached.get(name);
    if (inode === undefined) {
      if (mode === undefined) throw new Deno.errors.NotFound(`no ${name}`);
      if (this.freeBytes <= 0 && this.#random.below(2) === 0) throw noSpace();
      this.#cached.set(name, inode = new Inode());
    }
    const file = this.#file(inode);
    if (mode === "empty") file.truncate(0);
    return file;
  }

  remove(name: string): void {
    this.#call(this.#boot);
    const inode = this.#cached.get(name);
    if (inode === undefined) throw new Deno.errors.NotFound(`no ${name}`);
    this.freeBytes += inode.cache.length;
    this.#cached.delete(name);
  }

  async sync(): Promise<void> {
    await this.#syncCall(this.#boot);
    this.#onPlatter = new Map(this.#cached);
  }

  /** Flips a bit of some file; the name says which. Nothing happens if there is nothing. */
  flipBit(): string | undefined {
    const names = [...this.#cached.keys()].filter((name) => this.#cached.get(name)!.cache.length > 0);
    if (names.length === 0) return undefined;
    const name = this.#random.pick(names);
    const { cache, platter } = this.#cached.get(name)!;
    const [at, bit] = [this.#random.below(cache.length), 1 << this.#random.below(8)];
    cache[at]! ^= bit;
    if (at < platter.length) platter[at]! ^= bit;
    return name;
  }

  /** A file disappears, from the platter too. */
  lose(name: string): void {
    this.#cached.delete(name);
    this.#onPlatter.delete(name);
  }

  /** The machine starts again: of what was not synced, anything may be there. */
  restart(): void {
    const names = new Set([...this.#cached.keys(), ...this.#onPlatter.keys()]);
    const kept = new Map<string, Inode>();
    for (const name of names) {
      const [now, synced] = [this.#cached.get(name), this.#onPlatter.get(name)];
      const inode = now === synced || this.#random.below(2) === 0 ? now : synced;
      if (inode !== undefined) kept.set(name, inode);
    }
    for (const inode of new Set(kept.values())) this.#tear(inode);
    [this.#cached, this.#onPlatter] = [kept, new Map(kept)];
    [this.#boot, this.#locked, this.callsLeft] = [this.#boot + 1, false, Infinity];
  }

  #tear(inode: Inode): void {
    const { cache, platter, dirty } = inode;
    const length = this.#random.pick([cache.length, platter.length, between(this.#random, cache, platter)]);
    const torn = resized(platter, length);
    for (const sector of dirty) {
      const start = sector * SECTOR_BYTES;
      // Now and then a sector is written in part.
      const bytes = this.#random.pick([0, SECTOR_BYTES, SECTOR_BYTES, this.#random.below(SECTOR_BYTES)]);
      torn.set(cache.slice(start, Math.min(start + bytes, length)), Math.min(start, length));
    }
    [inode.cache, inode.platter] = [torn, torn.slice()];
    dirty.clear();
  }

  #call(boot: number): void {
    if (boot !== this.#boot || this.callsLeft-- <= 0) throw new Stopped("the machine has stopped");
  }

  async #syncCall(boot: number): Promise<void> {
    this.#call(boot);
    await Promise.resolve();
    this.#call(boot);
    if (this.#random.below(1e6) < 1e6 / this.syncFailsOneIn) throw new Error("sync failed");
  }

  #file(inode: Inode): File {
    const boot = this.#boot;
    return {
      size: () => {
        this.#call(boot);
        return inode.cache.length;
      },
      read: (at, length) => {
        this.#call(boot);
        return inode.cache.slice(at, at + length);
      },
      write: (at, bytes) => {
        this.#call(boot);
        return this.#write(inode, at, bytes);
      },
      truncate: (length) => {
        this.#call(boot);
        this.freeBytes += inode.cache.length - length;
        inode.cache = resized(inode.cache, length);
        if (length % SECTOR_BYTES > 0) inode.dirty.add(Math.floor(length / SECTOR_BYTES));
      },
      sync: async () => {
        try {
          await this.#syncCall(boot);
          inode.platter = resized(inode.platter, inode.cache.length);
          for (const sector of inode.dirty) writeSector(inode, sector);
        } catch (error) {
          // As Linux does it: some of it was written, all of it counts as written.
          if (error instanceof Stopped) throw error;
          for (const sector of inode.dirty) if (this.#random.below(2) === 0) writeSector(inode, sector);
          inode.dirty.clear();
          throw error;
        }
        inode.dirty.clear();
      },
      close: () => {},
    };
  }

  #write(inode: Inode, at: number, bytes: Uint8Array): number {
    const room = inode.cache.length - at + Math.max(0, this.freeBytes);
    if (room <= 0 && bytes.length > 0) throw noSpace();
    // A short write, as a signal or a full disk causes it.
    const wanted = this.#random.below(20) === 0 ? 1 + this.#random.below(bytes.length) : bytes.length;
    const length = Math.min(wanted, room);
    const end = at + length;
    if (end > inode.cache.length) {
      this.freeBytes -= end - inode.cache.length;
      inode.cache = resized(inode.cache, end);
    }
    inode.cache.set(bytes.subarray(0, length), at);
    for (let sector = Math.floor(at / SECTOR_BYTES); sector * SECTOR_BYTES < end; sector++) {
      inode.dirty.add(sector);
    }
    return length;
  }
}

function writeSector(inode: Inode, sector: number): void {
  const start = Math.min(sector * SECTOR_BYTES, inode.cache.length);
  const end = Math.min(start + SECTOR_BYTES, inode.cache.length);
  if (end > inode.platter.length) inode.platter = resized(inode.platter, end);
  inode.platter.set(inode.cache.subarray(start, end), start);
}

function resized(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  out.set(bytes.subarray(0, length));
  return out;
}

function between(random: Random, a: Uint8Array, b: Uint8Array): number {
  const [least, most] = [Math.min(a.length, b.length), Math.max(a.length, b.length)];
  return least + random.below(most - least + 1);
}

function noSpace(): Error {
  return Object.assign(new Error("No space left on device (os error 28)"), { code: "ENOSPC" });
}
