import { constants, createZstdCompress, type ZstdCompress } from "node:zlib";

/** More than a burst can become, so that a write never waits for its own output to be read. */
const ROOM_BYTES = 16 * 1024 * 1024;
const PIECE_BYTES = 1024 * 1024;

/** Compresses a stream into one zstd frame; level 0 leaves the bytes as they are. */
export class Deflater implements Disposable {
  readonly #stream: ZstdCompress | undefined;
  #failure: Error | undefined;
  #wake = () => {};

  /** A compressor of this level, from 0 to 22. */
  constructor(level: number) {
    if (level === 0) return;
    this.#stream = createZstdCompress({
      readableHighWaterMark: ROOM_BYTES,
      params: { [constants.ZSTD_c_compressionLevel]: level },
    } as object);
    this.#stream.on("error", (error) => {
      this.#failure = error;
      this.#wake();
    });
  }

  /** Takes bytes and gives what is ready. */
  async *push(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    const stream = this.#stream;
    if (stream === undefined) yield bytes;
    else {
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
        yield* this.#after((done) => void stream.write(bytes.subarray(at, at + PIECE_BYTES), done));
      }
    }
  }

  /** Gives all that was pushed, so that a reader can have it. */
  async *flush(): AsyncGenerator<Uint8Array> {
    const stream = this.#stream;
    if (stream !== undefined) yield* this.#after((done) => stream.flush(constants.ZSTD_e_flush, done));
  }

  /** Gives the end of the frame. */
  async *end(): AsyncGenerator<Uint8Array> {
    const stream = this.#stream;
    if (stream !== undefined) yield* this.#after((done) => void stream.end(done));
  }

  /** Frees the compressor. */
  [Symbol.dispose](): void {
    this.#stream?.destroy();
  }

  async *#after(act: (done: () => void) => void): AsyncGenerator<Uint8Array> {
    await new Promise<void>((done) => act(this.#wake = () => done()));
    if (this.#failure !== undefined) throw this.#failure;
    for (let piece = this.#stream!.read(); piece !== null; piece = this.#stream!.read()) yield piece;
  }
}
