/**
 * Which of several edges closes bins. The one whose turn it is says so every second; where nobody has heard of it for
 * four, another takes over. Nobody's clock is compared with anybody else's.
 *
 * @module
 */

import type { Bucket } from "./bucket.ts";

/** How often it is renewed, */
const RENEW_MS = 1000;
/** and after how long of silence another one takes it. */
const SILENT_MS = 4000;
const KEY = "aggregator";

/** A lease, from the point of view of one edge. */
export class Lease implements AsyncDisposable {
  readonly #bucket: Bucket;
  readonly #id = crypto.randomUUID();
  /** What is known of it: its revision, and since when it has not changed. */
  #seen = { revision: 0, at: 0 };
  /** Until when it is ours; a second less than the others believe. */
  #until = -Infinity;
  #timer: ReturnType<typeof setInterval> | undefined;
  #turn: Promise<void> | undefined;

  /** Nobody's, until somebody asks. */
  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  /** True while it is ours; from the first question on it is tried for. */
  async isOurs(): Promise<boolean> {
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => void this.#takeTurn(), RENEW_MS);
      await this.#takeTurn();
    }
    return performance.now() < this.#until;
  }

  /** One after the other; the server's being away is no reason to stop. */
  #takeTurn(): Promise<void> {
    return this.#turn ??= this.#renewOrTake().catch(() => {}).finally(() => this.#turn = undefined);
  }

  async #renewOrTake(): Promise<void> {
    const since = performance.now();
    const current = await this.#bucket.get<string>(KEY);
    const revision = current?.revision ?? 0;
    if (revision !== this.#seen.revision) this.#seen = { revision, at: since };
    const isSilent = since - this.#seen.at >= SILENT_MS;
    if (current !== undefined && current.value !== this.#id && !isSilent) return;
    const renewed = await this.#bucket.update(KEY, this.#id, revision);
    if (renewed === undefined) return;
    this.#seen = { revision: renewed, at: since };
    this.#until = since + SILENT_MS - RENEW_MS;
  }

  /** Gives it up, for others to take at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#turn;
    if (performance.now() < this.#until) await this.#bucket.delete(KEY).catch(() => {});
    this.#until = -Infinity;
  }
}
