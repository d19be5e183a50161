/**
 * Tells open pages that there is something new: Server-Sent Events without content. Whoever hears one asks for the page
 * again, and gets it from whatever cache there is.
 *
 * @module
 */

import type { ServerResponse } from "node:http";

/** More are not told; their pages ask once a minute. */
const MOST_STREAMS = 1000;
/** So often something is said even if there is nothing to say: proxies cut what is silent. */
const BEAT_MS = 15_000;
/** Bytes that may wait for a page that does not read. */
const MOST_WAITING = 4096;

/** All pages that listen. */
export class Streams implements Disposable {
  readonly #open = new Set<ServerResponse>();
  readonly #most: number;
  readonly #timer: ReturnType<typeof setInterval>;

  /** Begins to keep streams alive. */
  constructor({ most = MOST_STREAMS, beatMs = BEAT_MS } = {}) {
    this.#most = most;
    this.#timer = setInterval(() => this.#say(": still here\n\n"), beatMs);
  }

  /** How many listen. */
  get size(): number {
    return this.#open.size;
  }

  /** Takes a page in; false if there are too many. */
  add(response: ServerResponse, headers: Readonly<Record<string, string>>): boolean {
    if (this.#open.size >= this.#most) return false;
    this.#open.add(response);
    response.on("close", () => this.#open.delete(response));
    response.writeHead(200, {
      ...headers,
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    response.write("retry: 5000\n\n");
    return true;
  }

  /** There is something new. */
  tell(): void {
    this.#say("event: live\ndata:\n\n");
  }

  #say(text: string): void {
    for (const response of this.#open) {
      if (response.writableLength > MOST_WAITING) response.destroy();
      else response.write(text);
    }
  }

  /** Lets all go. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const response of this.#open) response.end();
  }
}
