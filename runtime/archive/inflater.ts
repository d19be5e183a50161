import { constants, createZstdDecompress, type ZstdDecompress } from "node:zlib";
import { BrokenArchive } from "../../proto/archive/broken.ts";
import { BlockSplitter, MAX_BLOCK_BYTES, MAX_WINDOW_LOG } from "../../proto/archive/zstd_blocks.ts";

/**
 * Decompresses zstd, one block at a time: what comes out of a block fits into one buffer, however much a hostile file
 * would become as a whole, and whether the last block was seen tells whether the file is complete.
 */
export class Inflater implements Disposable {
  readonly #blocks = new BlockSplitter();
  readonly #stream: ZstdDecompress;
  #failure: Error | undefined;
  #wake = () => {};

  /** A decompressor that takes windows of up to 128 MiB. */
  constructor() {
    this.#stream = createZstdDecompress({
      // Room for more than one block can give: with less, an error would come out of a later turn of the event loop,
      // where nobody can catch it (Deno 2.9).
      chunkSize: 2 * MAX_BLOCK_BYTES,
      readableHighWaterMark: 8 * MAX_BLOCK_BYTES,
      params: { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG },
    } as object);
    this.#stream.on("error", (error) => {
      this.#failure = error;
      this.#wake();
    });
  }

  /** Whether the file may end here. */
  get atEnd(): boolean {
    return this.#blocks.atEnd;
  }

  /**
   * Gives what these bytes become.
   *
   * @throws {BrokenArchive} If they are no zstd.
   */
  async *push(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    for (const block of this.#blocks.push(bytes)) {
      // A write that fails may never call back (Deno 2.9).
      await new Promise<void>((done) => this.#stream.write(block, this.#wake = () => done()));
      if (this.#failure !== undefined) throw new BrokenArchive(`zstd: ${reason(this.#failure)}`);
      for (let piece = this.#stream.read(); piece !== null; piece = this.#stream.read()) yield plain(piece);
    }
  }

  [Symbol.dispose](): void {
    this.#stream.destroy();
  }
}

/** The stream hands out Node buffers, whose views are slower. */
function plain({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

function reason({ message }: Error): string {
  return message.replace(/^Zstd decompress error: /, "").toLowerCase();
}
