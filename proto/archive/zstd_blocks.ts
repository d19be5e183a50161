/**
 * The outside of the zstd format (RFC 8878): where a frame's blocks begin and end, without decompressing them. A block
 * holds at most 128 KiB, so who decompresses block by block never needs more memory than that and the window; and only
 * the last block's mark tells whether a file is complete.
 *
 * @module
 */

import { BrokenArchive } from "./broken.ts";
import { ByteQueue } from "./byte_queue.ts";

/** What every zstd frame starts with. */
export const ZSTD_MAGIC: Uint8Array = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);

/** The most that comes out of one block. */
export const MAX_BLOCK_BYTES = 128 * 1024;

/** Level 22 asks its reader for 128 MiB of history. */
export const MAX_WINDOW_LOG = 27;

const MAX_WINDOW_BYTES = 2 ** MAX_WINDOW_LOG;
// The lower half of the first byte is free.
const SKIPPABLE_MAGIC = Uint8Array.of(0x50, 0x2a, 0x4d, 0x18);
const BLOCK = { rle: 1, reserved: 3 } as const;

type State = "frame" | "blocks" | "checksum" | "skip";

/** Cuts zstd bytes into pieces of at most one block each. */
export class BlockSplitter {
  readonly #queue = new ByteQueue();
  #state: State = "frame";
  #hasChecksum = false;
  #toSkip = 0;
  #offset = 0;

  /** Whether everything so far is complete frames. */
  get atEnd(): boolean {
    return this.#state === "frame" && this.#queue.length === 0;
  }

  /**
   * Gives the pieces that are complete with these bytes, one after the other: a frame's header, a block, a checksum.
   *
   * @throws {BrokenArchive} If the bytes are no zstd, or need more memory than {@linkcode MAX_WINDOW_LOG} stands for.
   */
  *push(bytes: Uint8Array): Generator<Uint8Array> {
    this.#queue.push(bytes);
    for (let size = this.#next(); size !== undefined; size = this.#next()) {
      if (this.#queue.length < size.bytes) return;
      const piece = this.#queue.take(size.bytes);
      this.#offset += piece.length;
      size.then();
      if (size.isWanted ?? true) yield piece;
    }
  }

  /** The size of the piece that comes next, and what comes after it; `undefined` where too little is there to tell. */
  #next(): { bytes: number; isWanted?: boolean; then: () => void } | undefined {
    switch (this.#state) {
      case "frame":
        return this.#frame();
      case "blocks":
        return this.#block();
      case "checksum":
        return { bytes: 4, then: () => this.#state = "frame" };
      case "skip": {
        const bytes = Math.min(this.#toSkip, this.#queue.length);
        if (bytes === 0 && this.#toSkip > 0) return undefined;
        const then = () => {
          this.#toSkip -= bytes;
          if (this.#toSkip === 0) this.#state = "frame";
        };
        return { bytes, isWanted: false, then };
      }
    }
  }

  #frame() {
    this.#checkMagic();
    if (this.#queue.length < 5) return undefined;
    if (this.#queue.at(0) !== ZSTD_MAGIC[0]) return this.#skippable();
    const descriptor = this.#queue.at(4);
    const isSingle = (descriptor & 0x20) !== 0;
    const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
    const before = 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
    const bytes = before + sizeBytes;
    if (this.#queue.length < bytes) return undefined;
    const window = isSingle ? this.#number(before, sizeBytes) : windowBytes(this.#queue.at(5));
    if (window > MAX_WINDOW_BYTES) {
      throw this.#broken(`a zstd window of ${window} bytes, more than ${MAX_WINDOW_BYTES},`);
    }
    const then = () => {
      this.#hasChecksum = (descriptor & 4) !== 0;
      this.#state = "blocks";
    };
    return { bytes, then };
  }

  /** Refuses early what cannot become a frame. */
  #checkMagic(): void {
    const there = Math.min(4, this.#queue.length);
    const matches = (magic: Uint8Array, from: number) => {
      for (let i = from; i < there; i++) if (this.#queue.at(i) !== magic[i]) return false;
      return true;
    };
    const isSkippable = there === 0 || (this.#queue.at(0) & 0xf0) === 0x50 && matches(SKIPPABLE_MAGIC, 1);
    if (!isSkippable && !matches(ZSTD_MAGIC, 0)) throw this.#broken("something that is not zstd");
  }

  #skippable() {
    if (this.#queue.length < 8) return undefined;
    const then = () => {
      this.#state = "skip";
      this.#toSkip = size;
    };
    const size = this.#number(4, 4);
    return { bytes: 8, isWanted: false, then };
  }

  #block() {
    if (this.#queue.length < 3) return undefined;
    const header = this.#number(0, 3);
    const type = header >> 1 & 3;
    const size = header >> 3;
    if (type === BLOCK.reserved || size > MAX_BLOCK_BYTES) throw this.#broken("a zstd block that cannot be");
    const then = () => {
      if ((header & 1) === 1) this.#state = this.#hasChecksum ? "checksum" : "frame";
    };
    return { bytes: 3 + (type === BLOCK.rle ? 1 : size), then };
  }

  /** A little-endian number; where it has eight bytes, precise enough for a comparison. */
  #number(at: number, bytes: number): number {
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + this.#queue.at(at + i);
    return value;
  }

  #broken(what: string): BrokenArchive {
    return new BrokenArchive(`${what} at byte ${this.#offset} of the file`);
  }
}

function windowBytes(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + base / 8 * (descriptor & 7);
}
