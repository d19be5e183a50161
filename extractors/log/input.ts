/**
 * A log from a file, a named pipe or standard input.
 *
 * @module
 */

import { closeSync, constants, openSync, readSync } from "node:fs";
import type { Context } from "../../runtime/component.ts";
import { Follower } from "./follow.ts";
import { every, type Input, type Piece, type Wait } from "./piece.ts";
import type { PositionFile } from "./position.ts";

/** What to read. */
export interface InputOptions extends Pick<Context, "log" | "count" | "signal"> {
  /** A file, a named pipe, or `-` for standard input. */
  readonly path: string;
  /** Whether lines that are already in a file count. */
  readonly fromStart: boolean;
  /** Where a file was left. */
  readonly position?: PositionFile | undefined;
  /** Where rotation moves a file to. */
  readonly rotatedPath?: string | undefined;
  /** Waits between two looks at a file. */
  readonly wait: Wait;
}

/** The name of standard input. */
export const STDIN = "-";

const PIPE_BYTES = 64 * 1024;
/** Like the Rust extractor, which waits 25 ms; but a pipe holds 64 KiB and a full one stops the node. */
const FIRST_WAIT_MS = 1;
const LONGEST_WAIT_MS = 25;

/** Finds out what the path is. */
export async function openInput(options: InputOptions): Promise<Input> {
  const { path, position, log } = options;
  const kind = path === STDIN ? "stdin" : await kindOf(path);
  if (kind === "file") return new Follower({ ...options, mark: position?.mark });
  if (position !== undefined) log.warn(`No position is kept: "${path}" cannot be read twice`);
  return kind === "stdin" ? new StandardInput(options) : new Pipe(options);
}

/** What is not there yet will be a file: a pipe is made before anything is started. */
async function kindOf(path: string): Promise<"file" | "pipe"> {
  try {
    const { isFile, isFifo, isDirectory } = await Deno.stat(path);
    if (isFile) return "file";
    if (isFifo) return "pipe";
    const what = isDirectory ? "a folder" : "neither a file nor a named pipe";
    throw new TypeError(`Cannot follow "${path}": it is ${what}, set --log.file to the node's debug.log`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) return "file";
    throw error;
  }
}

/** A named pipe, opened without waiting for a writer. Writers may come and go. */
class Pipe implements Input {
  readonly name: string;
  readonly #signal: AbortSignal;
  readonly #buffer = new Uint8Array(PIPE_BYTES);
  readonly #fd: number;

  constructor({ path, signal, log }: InputOptions) {
    this.name = path;
    this.#signal = signal;
    this.#fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    log.info(`Reading the named pipe "${path}"`);
  }

  async *pieces(): AsyncGenerator<Piece> {
    let waitMs = FIRST_WAIT_MS;
    let begins = true;
    while (!this.#signal.aborted) {
      const read = this.#read();
      if (typeof read !== "string") {
        yield { bytes: read, begins };
        begins = false;
        waitMs = FIRST_WAIT_MS;
        continue;
      }
      if (read === "no writer" && !begins) {
        yield { bytes: this.#buffer.subarray(0, 0), begins: true };
        begins = true;
      }
      await every(waitMs, this.#signal)();
      waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
    }
  }

  mark(): undefined {}

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  #read(): Uint8Array | "no writer" | "nothing" {
    try {
      const count = readSync(this.#fd, this.#buffer, 0, PIPE_BYTES, null);
      return count > 0 ? this.#buffer.subarray(0, count) : "no writer";
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EAGAIN") return "nothing";
      throw error;
    }
  }
}

/** Standard input, to its end. */
class StandardInput implements Input {
  readonly name = "standard input";
  readonly #options: InputOptions;
  readonly #buffer = new Uint8Array(PIPE_BYTES);

  constructor(options: InputOptions) {
    this.#options = options;
  }

  async *pieces(): AsyncGenerator<Piece> {
    const { signal, log } = this.#options;
    log.info("Reading standard input");
    const { promise: aborted, resolve } = Promise.withResolvers<null>();
    const stop = () => resolve(null);
    signal.addEventListener("abort", stop);
    try {
      while (!signal.aborted) {
        // A read that waits cannot be called back; it ends with the process.
        const count = await Promise.race([Deno.stdin.read(this.#buffer), aborted]);
        if (count === null) break;
        yield { bytes: this.#buffer.subarray(0, count), begins: false };
      }
      if (!signal.aborted) log.info("Standard input has ended");
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  mark(): undefined {}

  [Symbol.dispose](): void {}
}
