/**
 * Sends a data set in pieces. The hub says how far it has come, so that it does not matter which side was stopped where.
 *
 * @module
 */

import { backoff, sleep } from "../../runtime/backoff.ts";
import { dial, type Way } from "../../runtime/dial.ts";
import { type HttpAnswer, HttpClient } from "../../runtime/http.ts";
import type { Log } from "../../runtime/log.ts";
import { terminalProgress } from "../../runtime/progress.ts";
import { CONTRIBUTE_PATH, MOST_CHUNK_BYTES, type Progressed } from "../datasets/intake.ts";
import type { ListedFile } from "../datasets/listed.ts";
import { bytesOf, idOf, type Offer, offerText, Refused } from "../datasets/offer.ts";
import type { Target } from "./target.ts";

/** What a sender needs. */
export interface SenderOptions {
  /** How the hub is reached. */
  readonly way: Way;
  /** By what right. */
  readonly target: Target;
  /** Its log. */
  readonly log: Log;
  /** Aborted = stop. */
  readonly signal: AbortSignal;
}

const LEAST_CHUNK_BYTES = 32 * 1024;
const MOST_ANSWER_BYTES = 64 * 1024;
/** A slow circuit of Tor carries the smallest piece in that time. */
const REQUEST_MS = 60_000;
/** Failures in a row: with the waits in between some minutes. */
const MOST_FAILURES = 10;
const ASK_AGAIN_MS = 1000;
const LONGEST_REASON = 300;
/** What a server says that had to wait too long for a request. */
const TOO_SLOW = 408;
const HINTS: Readonly<Record<number, string>> = {
  404: ": it takes no data sets",
  405: ": it takes no data sets",
  413: ": it takes nothing from you any more",
};

/** Sends to one hub. */
export class Sender implements Disposable {
  readonly #options: SenderOptions;
  readonly #client: HttpClient;
  #chunkBytes = MOST_CHUNK_BYTES;
  #line = "";

  /** Nothing is connected before something is sent. */
  constructor(options: SenderOptions) {
    this.#options = options;
    const { way } = options;
    this.#client = new HttpClient({ url: way.to, connect: (signal) => dial(way, signal) });
  }

  /** Sends the files of a folder, and waits until the hub has looked at them. */
  async send(folder: string, offer: Offer): Promise<Progressed> {
    const { log, target, signal } = this.#options;
    this.#line = await target.line(Uint8Array.fromHex(idOf(offer)));
    const first = await this.#offer(offer);
    let progressed = first;
    if (first.state === "arriving") {
      const sent = sum(Object.values(first.have));
      if (sent > 0) log.info(`The hub has ${sent} of ${bytesOf(offer)} bytes already`);
      log.info("2 of 2: sending");
      progressed = await this.#sendFiles(folder, offer, first.have);
    }
    while (progressed.state === "arriving" || progressed.state === "checking") {
      await sleep(ASK_AGAIN_MS, signal);
      progressed = await this.#offer(offer);
      // Another command of ours, or the hub lost something of it.
      if (progressed.state === "arriving") progressed = await this.#sendFiles(folder, offer, progressed.have);
    }
    return progressed;
  }

  #offer(offer: Offer): Promise<Progressed> {
    return this.#post<Progressed>("offer", new TextEncoder().encode(offerText(offer)), isProgressed);
  }

  async #sendFiles(folder: string, offer: Offer, have: Progressed["have"]): Promise<Progressed> {
    const [already, all] = [sum(Object.values(have)), bytesOf(offer)];
    using progress = terminalProgress({ from: already, to: all, items: "pieces" });
    let [sent, pieces] = [already, 0];
    for (const file of offer.files) {
      await this.#sendFile(folder, idOf(offer), file, have[file.name] ?? 0, (bytes) => {
        progress?.update(sent += bytes, ++pieces);
      });
    }
    return await this.#post<Progressed>(idOf(offer), new Uint8Array(0), isProgressed);
  }

  async #sendFile(
    folder: string,
    id: string,
    { name, bytes }: ListedFile,
    from: number,
    onSent: (bytes: number) => void,
  ): Promise<void> {
    using file = await Deno.open(`${folder}/${name}`);
    const buffer = new Uint8Array(MOST_CHUNK_BYTES);
    for (let at = from; at < bytes;) {
      const piece = buffer.subarray(0, Math.min(this.#chunkBytes, bytes - at));
      await file.seek(at, Deno.SeekMode.Start);
      const count = await file.read(piece);
      if (count === null) throw new Error(`Cannot send "${folder}/${name}": it has become shorter`);
      const path = `${id}/${name}?at=${at}`;
      // Where the hub has it already, from an answer that never came, it says where it goes on.
      const { size } = await this.#post<{ size: number }>(path, piece.subarray(0, count), isSize(bytes));
      onSent(size - at);
      at = size;
    }
  }

  /** Asks until there is an answer; what the hub refuses is the end. */
  async #post<T>(path: string, body: Uint8Array, is: (value: unknown) => value is T): Promise<T> {
    const { log, signal, way } = this.#options;
    for (let failures = 0;;) {
      signal.throwIfAborted();
      const answer = await this.#exchange(path, body).catch((error) => {
        signal.throwIfAborted();
        return error instanceof Error ? error : new Error(String(error));
      });
      if (!(answer instanceof Error) && answer.status < 500 && answer.status !== TOO_SLOW) {
        const value = parse(answer);
        if (answer.status === 200 && is(value)) return value;
        const again = await this.#refused(answer.status, value);
        if (again) continue;
      }
      const why = answer instanceof Error ? answer.message : `it answers with ${answer.status}`;
      if (++failures > MOST_FAILURES) {
        throw new Error(
          `Cannot reach ${way.to.origin}: ${why}. What has come stays there for three days; ` +
            "the same command goes on where it was",
        );
      }
      // Perhaps the pieces are too large for this connection.
      this.#chunkBytes = Math.max(LEAST_CHUNK_BYTES, this.#chunkBytes / 2);
      log.warn(`No answer from ${way.to.origin} (${why}); trying again`);
      await backoff(failures, { signal, maxMs: 30_000 });
    }
  }

  async #exchange(path: string, body: Uint8Array): Promise<HttpAnswer> {
    return await this.#client.post({
      headers: { authorization: this.#line, "content-type": "application/octet-stream" },
      path: CONTRIBUTE_PATH + path,
      body,
      maxBytes: MOST_ANSWER_BYTES,
      signal: AbortSignal.any([this.#options.signal, AbortSignal.timeout(REQUEST_MS)]),
    });
  }

  /** Waits where the hub wants us to; true if it is worth asking again. */
  async #refused(status: number, value: unknown): Promise<boolean> {
    const { refused, why, afterMs } = (value ?? {}) as Record<string, unknown>;
    if (refused === "too-fast" && typeof afterMs === "number") {
      await sleep(Math.min(Math.max(afterMs, 1), REQUEST_MS), this.#options.signal);
      return true;
    }
    if (typeof refused === "string" && typeof why === "string") throw new Refused(refused, plain(why));
    throw new Refused("unknown", `the hub answers with ${status}${HINTS[status] ?? ""}`);
  }

  /** Ends its connection. */
  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }
}

function parse({ text }: HttpAnswer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const STATES: ReadonlySet<unknown> = new Set(["arriving", "checking", "waiting", "refused", "released"]);

function isProgressed(value: unknown): value is Progressed {
  const { state, have, why = "" } = (value ?? {}) as Record<string, unknown>;
  return STATES.has(state) && typeof why === "string" && typeof have === "object" && have !== null &&
    Object.values(have).every((size) => Number.isSafeInteger(size) && size >= 0);
}

function isSize(most: number): (value: unknown) => value is { size: number } {
  return (value): value is { size: number } => {
    const { size } = (value ?? {}) as Record<string, unknown>;
    return Number.isSafeInteger(size) && size as number >= 0 && size as number <= most;
  };
}

/** What a stranger says, fit for a terminal. */
function plain(text: string): string {
  return text.slice(0, LONGEST_REASON).replaceAll(/[^\P{C}]/gu, " ");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
