/**
 * A subprocess that tests start, wait for and stop.
 *
 * @module
 */
import { isListening, until, type UntilOptions } from "./until.ts";

const KEPT_CHARS = 256 * 1024;
const TAIL_CHARS = 2_000;

export interface ProcessOptions {
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  /** What errors call it; the command by default. */
  readonly name?: string;
  /** Takes standard output, which is then not kept: for programs that say a lot. */
  readonly onStdout?: (bytes: Uint8Array) => void;
}

/**
 * A running program with its output captured. Waiting for it fails at once, with the tail of what it said, if
 * it ends early. Leaving the scope of an `await using` stops it.
 *
 * @example Usage
 * ```ts
 * import { startProcess } from "./process.ts";
 *
 * await using shell = startProcess("sh", { args: ["-c", "echo ready on 42; exec sleep 60"] });
 * await shell.waitForLine(/ready on (\d+)/);
 * ```
 */
export class Process implements AsyncDisposable {
  readonly name: string;
  readonly #child: Deno.ChildProcess;
  readonly #drained: Promise<unknown>;
  readonly #abandon = new AbortController();
  #output = "";
  #ended: Deno.CommandStatus | undefined;

  /** @internal Use {@linkcode startProcess}. */
  constructor(command: string, { args = [], name = command, onStdout, ...rest }: ProcessOptions) {
    this.name = name;
    const pipes = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
    this.#child = new Deno.Command(command, { args: [...args], ...rest, ...pipes }).spawn();
    const keep = (decoder: TextDecoder) => (bytes: Uint8Array) => {
      this.#output = (this.#output + decoder.decode(bytes, { stream: true })).slice(-KEPT_CHARS);
    };
    this.#drained = Promise.all([
      this.#drain(this.#child.stdout, onStdout ?? keep(new TextDecoder())),
      this.#drain(this.#child.stderr, keep(new TextDecoder())),
    ]);
    this.status = this.#child.status.then(async (status) => {
      // A child of its own may hold the pipes open for longer than anybody wants to wait.
      const timer = setTimeout(() => this.#abandon.abort(), 500);
      await this.#drained;
      clearTimeout(timer);
      return this.#ended = status;
    });
  }

  /** Resolves when the process has ended and all it said is in {@linkcode output}. */
  readonly status: Promise<Deno.CommandStatus>;

  get pid(): number {
    return this.#child.pid;
  }

  /** True until the process has ended. */
  get running(): boolean {
    return this.#ended === undefined;
  }

  /** Standard output and standard error as they came, the last 256 KiB of them. */
  get output(): string {
    return this.#output;
  }

  /** Waits for a whole line of output that contains or matches `pattern`; lines already there count. */
  async waitForLine(pattern: string | RegExp, options?: UntilOptions): Promise<RegExpMatchArray> {
    const search = typeof pattern === "string" ? new RegExp(RegExp.escape(pattern)) : pattern;
    return await this.until(`a line with ${pattern}`, () => {
      const whole = this.running ? this.#output.slice(0, this.#output.lastIndexOf("\n") + 1) : this.#output;
      return whole.match(search) ?? undefined;
    }, options);
  }

  /** Waits until something listens on this port of the loopback interface. */
  async waitForPort(port: number, options?: UntilOptions): Promise<void> {
    await this.until(`port ${port} to open`, () => isListening(port), options);
  }

  /** As {@linkcode until}, but fails as soon as the process ends without `condition` being true. */
  async until<T>(
    what: string,
    condition: () => T | undefined | false | Promise<T | undefined | false>,
    options?: UntilOptions,
  ): Promise<T> {
    const early = new AbortController();
    const check = async () => {
      const running = this.running;
      const answer = await Promise.resolve().then(condition).catch((error) => {
        if (running) throw error;
        return undefined;
      });
      if (!running && (answer === undefined || answer === false)) early.abort(this.#endedBefore(what));
      return answer;
    };
    try {
      return await until(what, check, { ...options, signal: early.signal });
    } catch (error) {
      if (!(error instanceof Deno.errors.TimedOut)) throw error;
      throw new Deno.errors.TimedOut(`${error.message}\n${this.#tail()}`, { cause: error });
    }
  }

  /** Asks the process to end, and kills it if it has not after `graceMs`. */
  async stop({ signal = "SIGTERM", graceMs = 10_000 }: StopOptions = {}): Promise<Deno.CommandStatus> {
    this.kill(signal);
    const timer = setTimeout(() => this.kill("SIGKILL"), graceMs);
    try {
      return await this.status;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends a signal; one to a process that has ended is no error. */
  kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #drain(stream: ReadableStream<Uint8Array>, take: (bytes: Uint8Array) => void): Promise<void> {
    const reader = stream.getReader();
    this.#abandon.signal.addEventListener("abort", () => reader.cancel());
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      take(read.value);
    }
  }

  #endedBefore(what: string): Error {
    const how = this.#ended?.signal ? `signal ${this.#ended.signal}` : `code ${this.#ended?.code}`;
    return new Error(`Cannot wait for ${what}: "${this.name}" ended with ${how}\n${this.#tail()}`);
  }

  #tail(): string {
    const text = this.#output.slice(-TAIL_CHARS).trimEnd();
    return text === "" ? `"${this.name}" said nothing` : `"${this.name}" said last:\n${text}`;
  }
}

export interface StopOptions {
  readonly signal?: Deno.Signal;
  readonly graceMs?: number;
}

/** Starts `command`; nothing of it is ready yet. */
export function startProcess(command: string, options: ProcessOptions = {}): Process {
  return new Process(command, options);
}
