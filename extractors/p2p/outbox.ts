/** Where bytes go; `Deno.Conn` is one. */
export interface Sink {
  /** Writes some of the bytes, says how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** What waits to be sent to a node: in order, without waiting for it, and never more than so much. */
export class Outbox {
  readonly #sink: Sink;
  readonly #maxBytes: number;
  readonly #queue: Uint8Array[] = [];
  #bytes = 0;
  /** Resolves when nothing is being written any more. */
  #idle: Promise<void> | undefined;

  /** An empty one. */
  constructor(sink: Sink, maxBytes: number) {
    this.#sink = sink;
    this.#maxBytes = maxBytes;
  }

  /** Takes bytes to send; false if too many wait already, because the other side does not read. */
  push(bytes: Uint8Array): boolean {
    if (this.#bytes + bytes.length > this.#maxBytes) return false;
    this.#bytes += bytes.length;
    this.#queue.push(bytes);
    this.#idle ??= this.#drain().finally(() => this.#idle = undefined);
    return true;
  }

  /** Resolves once everything is sent, or cannot be. */
  async flushed(): Promise<void> {
    await this.#idle;
  }

  async #drain(): Promise<void> {
    try {
      for (let bytes = this.#queue[0]; bytes !== undefined; bytes = this.#queue[0]) {
        for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await this.#sink.write(rest));
        this.#queue.shift();
        this.#bytes -= bytes.length;
      }
    } catch {
      // The connection is gone, and who reads from it is told so.
      this.#queue.length = 0;
      this.#bytes = this.#maxBytes;
    }
  }
}
