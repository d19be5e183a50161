/**
 * One line that says what is going on: redrawn on a terminal, printed now and then into a log, where silence for
 * minutes would look like a hang.
 *
 * @module
 */
const LOG_INTERVAL_MS = 10_000;

export class Progress {
  readonly #terminal = Deno.stdout.isTerminal();
  #text = "";
  #printedAt = 0;
  // Also repeats the last text: a slow mirror or another apt that holds the lock reports nothing for a while.
  readonly #timer = setInterval(() => this.show(this.#text), LOG_INTERVAL_MS);

  /** Says what is happening now. */
  show(text: string): void {
    const changed = text.split(":")[0] !== this.#text.split(":")[0];
    this.#text = text;
    if (text === "") return;
    if (this.#terminal) return write(`\r\x1b[K${text.slice(0, Deno.consoleSize().columns - 1)}`);
    if (!changed && Date.now() - this.#printedAt < LOG_INTERVAL_MS) return;
    this.#printedAt = Date.now();
    write(`${text}\n`);
  }

  /** Makes room for an ordinary line. */
  clear(): void {
    if (this.#terminal && this.#text !== "") write("\r\x1b[K");
    this.#text = "";
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.clear();
  }
}

function write(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}
