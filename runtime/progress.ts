/**
 * A progress bar for reading what is already there, a log or an archive: on a terminal only, on standard error.
 *
 * @module
 */

import { format as formatBytes } from "@std/fmt/bytes";
import { format as formatDuration } from "@std/fmt/duration";

/** What a bar needs. */
export interface ProgressOptions {
  /** Bytes before reading began. */
  readonly from: number;
  /** Bytes at which it is done. */
  readonly to: number;
  /** What is counted besides bytes, such as "lines". */
  readonly items: string;
  /** Where it is drawn. */
  readonly write: (text: string) => void;
  /** Milliseconds of a clock. */
  readonly now?: () => number;
}

const WIDTH = 30;
const REDRAW_MS = 200;
const CLEAR_LINE = "\r\x1b[K";

/** A bar that draws itself over and over in one line of the terminal and is gone when it is full. */
export class Progress implements Disposable {
  readonly #options: Required<ProgressOptions>;
  readonly #startedAt: number;
  #drawnAt: number;
  #drawn = false;
  #done = false;

  /** A bar that has not been drawn yet. */
  constructor(options: ProgressOptions) {
    this.#options = { now: () => performance.now(), ...options };
    this.#startedAt = this.#drawnAt = this.#options.now();
  }

  /** So many bytes, and in them so many items, have been read. */
  update(offset: number, items: number): void {
    if (this.#done) return;
    const { to, now, write } = this.#options;
    if (offset >= to) return this[Symbol.dispose]();
    const time = now();
    if (time - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = time;
    this.#drawn = true;
    write(CLEAR_LINE + this.#text(offset, items, time - this.#startedAt));
  }

  /** Removes it from the terminal. */
  [Symbol.dispose](): void {
    if (this.#drawn && !this.#done) this.#options.write(CLEAR_LINE);
    this.#done = true;
  }

  #text(offset: number, items: number, elapsedMs: number): string {
    const { from, to } = this.#options;
    const share = (offset - from) / (to - from);
    const full = Math.floor(share * WIDTH);
    const bar = "#".repeat(full) + "-".repeat(WIDTH - full);
    const percent = String(Math.floor(share * 100)).padStart(3);
    const perSecond = (amount: number) => elapsedMs > 0 ? amount / elapsedMs * 1000 : 0;
    const rate = `${formatBytes(Math.round(perSecond(offset - from)))}/s, ${
      Math.round(perSecond(items))
    } ${this.#options.items}/s`;
    const leftMs = share > 0 ? Math.ceil(elapsedMs * (1 / share - 1) / 1000) * 1000 : 0;
    return `[${bar}] ${percent} %, ${rate}, ${formatDuration(leftMs, { ignoreZero: true }) || "0s"} left`;
  }
}

/** A bar on this terminal; `undefined` where standard error is none, or there is nothing to read. */
export function terminalProgress(
  backlog: Pick<ProgressOptions, "from" | "to" | "items">,
): Progress | undefined {
  if (!Deno.stderr.isTerminal() || backlog.to <= backlog.from) return undefined;
  const encoder = new TextEncoder();
  return new Progress({ ...backlog, write: (text) => void Deno.stderr.writeSync(encoder.encode(text)) });
}
