/**
 * Runs a program to its end, for parts that answer a question and exit.
 *
 * @module
 */

/** What a program that has ended said. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Text for the program's standard input; none by default. */
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  /** Called with each line of standard output as it comes. */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs `command` and waits for it; a code other than 0 is the caller's to judge.
 *
 * @example Usage
 * ```ts
 * import { run } from "./run.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals((await run("cat", [], { input: "hello" })).stdout, "hello");
 * ```
 */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<Outcome> {
  const { input, onLine, ...rest } = options;
  const stdin = input === undefined ? "null" : "piped";
  const child = new Deno.Command(command, { args, ...rest, stdin, stdout: "piped", stderr: "piped" }).spawn();
  const [stdout, stderr, { code }] = await Promise.all([
    collect(child.stdout, onLine),
    collect(child.stderr),
    child.status,
    input === undefined ? undefined : feed(child.stdin, input),
  ]);
  return { code, stdout, stderr };
}

/** As {@linkcode run}, but a code other than 0 is an error that ends in what the program said last. */
export async function runOrThrow(command: string, args: string[], options?: RunOptions): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code === 0) return stdout;
  const said = lastLines(`${stdout}${stderr}`, 12);
  throw new Error(`Cannot run "${command} ${args.join(" ")}": it ended with code ${code}, it said:\n${said}`);
}

/** The last `count` lines of `text` that are not blank. */
export function lastLines(text: string, count: number): string {
  return text.split("\n").filter((line) => line.trim() !== "").slice(-count).join("\n");
}

async function collect(stream: ReadableStream<Uint8Array>, onLine?: (line: string) => void): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let seen = 0;
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n", seen); onLine && end >= 0; end = text.indexOf("\n", seen)) {
      onLine(text.slice(seen, end));
      seen = end + 1;
    }
  }
  return text;
}

async function feed(stdin: WritableStream<Uint8Array>, input: string): Promise<void> {
  const writer = stdin.getWriter();
  // A program may answer and close its input before it has read all of ours.
  await writer.write(new TextEncoder().encode(input)).catch(() => {});
  await writer.close().catch(() => {});
}
