/**
 * bpftrace as a subprocess.
 *
 * @module
 */

import { reasonOf } from "../../runtime/reason.ts";
import { eachChunk } from "./chunks.ts";
import type { Note } from "./elf.ts";
import { BUFFER_PAGES } from "./tracepoints.ts";
import { isAtLeast, parseVersion, type Version } from "./version.ts";

/** How long bpftrace may take to end by itself, with what it has in its buffers. */
const GRACE_MS = 300;
const TAIL_LINES = 20;

/** What ended a bpftrace. */
export interface Ending {
  /** Its exit code; 0 also after it was asked to end. */
  readonly code: number;
  /** Why, in its own words. */
  readonly reason: string;
}

/** What it prints. */
export interface TraceEvents {
  /** Records. */
  stdout(chunk: Uint8Array): void;
  /** A line of what it has to say. */
  stderr(line: string): void;
}

/** The words of a command line; there is no quoting. */
export function splitCommand(command: string): [program: string, ...args: string[]] {
  const [program = "bpftrace", ...args] = command.split(/\s+/).filter((word) => word !== "");
  return [program, ...args];
}

/** Runs `command` with these arguments until it ends. Throws if there is no such program. */
async function output(
  command: string,
  args: string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const [program, ...before] = splitCommand(command);
  try {
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args: [...before, ...args],
      stdin: "null",
    })
      .output();
    return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
  } catch (error) {
    throw cannotStart(program, error);
  }
}

function cannotStart(program: string, cause: unknown): Error {
  const why = cause instanceof Deno.errors.NotFound
    ? "there is no such program, install bpftrace or set --ebpf.command"
    : cause instanceof Error
    ? cause.message
    : String(cause);
  return new Error(`Cannot start "${program}": ${why}`, { cause });
}

/** The version of bpftrace. */
export async function bpftraceVersion(command: string): Promise<Version> {
  const { stdout, stderr } = await output(command, ["--version"]);
  const version = parseVersion(stdout);
  if (version !== undefined) return version;
  throw new Error(
    `Cannot read the version of "${command}": it says ${JSON.stringify(lastLine(stdout + stderr))}`,
  );
}

/** Why this bpftrace cannot trace here, tried with a script that ends at once; `undefined` if it can. */
export async function tryOut(command: string): Promise<string | undefined> {
  try {
    const { code, stdout, stderr } = await output(command, ["-e", "BEGIN { exit(); }"]);
    return code === 0 ? undefined : `"${command}" does not work here: ${lastLine(stderr + stdout)}`;
  } catch (error) {
    return reasonOf(error);
  }
}

/** Tracepoints as bpftrace lists them, for a file that only bpftrace may open. Where arguments are stays unknown. */
export async function listTracepoints(command: string, binary: string): Promise<Note[]> {
  const { stdout } = await output(command, ["-l", `usdt:${binary}:*`]);
  const prefix = `usdt:${binary}:`;
  return stdout.split("\n").filter((line) => line.startsWith(prefix))
    .map((line) => ({ name: line.slice(prefix.length).trim(), args: undefined, semaphore: false }));
}

/**
 * Pages of its buffer: enough for a burst of thousands of events. Up to 0.17 every CPU has a buffer of its own, of
 * which many CPUs get smaller ones.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(bufferPages([0, 17], 64), 256);
 * ```
 */
export function bufferPages(version: Version, cpus: number): number {
  if (isAtLeast(version, 0, 18)) return BUFFER_PAGES;
  return Math.max(64, BUFFER_PAGES / 2 ** Math.max(0, Math.ceil(Math.log2(cpus / 4))));
}

/**
 * Runs a script until bpftrace ends, by itself or because the signal is aborted. Then it may still be there for some
 * seconds, silent and killed: the kernel takes its time to detach each tracepoint.
 */
export async function trace(
  { command, version }: { command: string; version: Version },
  script: string,
  { tell, signal }: { tell: TraceEvents; signal: AbortSignal },
): Promise<Ending> {
  const child = spawn(command, version);
  const tail: string[] = [];
  const abandoned = new AbortController();
  const streams = Promise.allSettled([
    feed(child.stdin, script),
    eachChunk(child.stdout, tell.stdout, abandoned.signal),
    drainLines(child.stderr, (line) => {
      if (tail.push(line) > TAIL_LINES) tail.shift();
      tell.stderr(line);
    }, abandoned.signal),
  ]);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    kill(child, "SIGTERM");
    timer = setTimeout(() => {
      kill(child, "SIGKILL");
      // Under sudo it is not ours to kill: it ends when it finds its output closed, with the next heartbeat.
      abandoned.abort();
    }, GRACE_MS);
  };
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  try {
    await streams;
    const status = abandoned.signal.aborted ? undefined : await child.status;
    return { code: status?.code ?? 0, reason: reasonIn(tail) || `code ${status?.code}` };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

function spawn(command: string, version: Version): Deno.ChildProcess {
  const [program, ...args] = splitCommand(command);
  try {
    return new Deno.Command(program, {
      // The script comes by standard input: it has no place in the list of processes.
      args: [...args, "-"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      env: { BPFTRACE_PERF_RB_PAGES: String(bufferPages(version, navigator.hardwareConcurrency)) },
    }).spawn();
  } catch (error) {
    throw cannotStart(program, error);
  }
}

async function feed(stdin: WritableStream<Uint8Array>, script: string): Promise<void> {
  const writer = stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
}

async function drainLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (line: string) => void,
  until: AbortSignal,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  await eachChunk(stream, (chunk) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!.slice(-4096);
    lines.filter((line) => line.trim() !== "").forEach(take);
  }, until);
  if (rest.trim() !== "") take(rest);
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended, or it is root's.
  }
}

/** Said on healthy runs, too. */
const HARMLESS =
  /RLIMIT_MEMLOCK|failed to detach|uprobe_events|available_filter_functions|deprecated|undefined behavior/;

/** True for a line of standard error that means nothing. */
export function isHarmless(line: string): boolean {
  return HARMLESS.test(line);
}

function reasonIn(lines: readonly string[]): string {
  const telling = lines.filter((line) => !isHarmless(line));
  return (telling.find((line) => line.includes("ERROR")) ?? telling.at(-1) ?? "").trim();
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
