/**
 * Standard output in large pieces: lines are collected while more are at hand, and written at once when none are.
 *
 * @module
 */

import { reasonOf } from "../../runtime/reason.ts";
/** Lines are written when so many characters have come together, or when nothing more is waiting. */
const CHUNK = 64 * 1024;

const BUSY_MS = 5;

/** Takes some of the bytes and says how many, as `Deno.stdout.write` does. */
export type Write = (bytes: Uint8Array) => Promise<number>;

/**
 * Collects lines and writes them. At most two pieces are in memory, one being written and one being collected, each
 * of 64 Ki characters and the line that filled it.
 */
export class Output implements Disposable {
  /** Resolves when nobody reads any more (a closed pipe); rejects when writing fails in any other way. */
  readonly ended: Promise<void>;
  readonly #end = Promise.withResolvers<void>();
  readonly #write: Write;
  readonly #encoder = new TextEncoder();
  readonly #buffer = new Uint8Array(2 * CHUNK);
  #lines = "";
  #closed = false;
  #writing: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Output through a function. */
  constructor(write: Write) {
    this.#write = write;
    this.ended = this.#end.promise;
    this.ended.catch(() => {});
  }

  /** True when nothing can be written any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** True when it is time to wait for {@linkcode Output.room}. */
  get full(): boolean {
    return this.#lines.length >= CHUNK;
  }

  /** Takes a line; it is on its way as soon as the caller waits for something. */
  add(line: string): void {
    this.#lines += line;
    // A timer fires only when no more events are at hand: reading a queue that is not empty needs no turn of the loop.
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.flush();
    });
  }

  /** Waits until the piece before has been taken, and starts to write this one. */
  async room(): Promise<void> {
    await this.#writing;
    void this.#start();
  }

  /** Resolves when everything has been written, or nothing can be any more. */
  async flush(): Promise<void> {
    while (this.#lines !== "" && !this.#closed) await this.room();
    await this.#writing;
  }

  /** Forgets what is not written yet. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#closed = true;
  }

  #start(): Promise<void> {
    return this.#writing ??= this.#writeLines().finally(() => this.#writing = undefined);
  }

  async #writeLines(): Promise<void> {
    const lines = this.#lines;
    this.#lines = "";
    try {
      await this.#writeText(lines);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A block's line can have many megabytes: it goes through the same small buffer as everything else. */
  async #writeText(text: string): Promise<void> {
    for (let at = 0; at < text.length && !this.#closed;) {
      const { read, written } = this.#encoder.encodeInto(text.slice(at), this.#buffer);
      at += read;
      await this.#writeBytes(this.#buffer.subarray(0, written));
    }
  }

  async #writeBytes(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0 && !this.#closed;) {
      rest = rest.subarray(await this.#writeSome(rest));
    }
  }

  async #writeSome(bytes: Uint8Array): Promise<number> {
    try {
      return await this.#write(bytes);
    } catch (error) {
      // Another process may have made the pipe we share non-blocking.
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      await new Promise((again) => setTimeout(again, BUSY_MS));
      return 0;
    }
  }

  #fail(error: unknown): void {
    this.#closed = true;
    this.#lines = "";
    if (error instanceof Deno.errors.BrokenPipe) return this.#end.resolve();
    const reason = reasonOf(error);
    this.#end.reject(new Error(`Cannot write to standard output: ${reason}`, { cause: error }));
  }
}
