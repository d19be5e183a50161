/**
 * Tracing for real: whether this machine allows it, and small programs to trace.
 *
 * @module
 */
import { join } from "@std/path";
import { parts, requirePart } from "./part.ts";
import { lastLines, run, runOrThrow } from "./run.ts";

/** How to start bpftrace here, or why that is not possible. */
export type BpftraceUse = { readonly command: string[] } | { readonly problem: string };

/**
 * Finds out by tracing something: being root is not enough in a container, and not needed with capabilities.
 *
 * @example Usage
 * ```ts ignore
 * const use = await probeBpftrace();
 * if ("command" in use) startProcess(use.command[0], { args: [...use.command.slice(1), "-e", script] });
 * ```
 */
export async function probeBpftrace(): Promise<BpftraceUse> {
  const path = parts.bpftrace.find();
  if (path === undefined) return { problem: "there is no bpftrace: run deno task setup" };
  const problems: string[] = [];
  for (const command of [[path], ["sudo", "-n", path]]) {
    const problem = await tryTracing(command);
    if (problem === undefined) return { command };
    problems.push(problem);
  }
  return { problem: problems[0] ?? "" };
}

/** The version of bpftrace, `[0, 17, 0]`. */
export async function bpftraceVersion(): Promise<number[]> {
  const text = await runOrThrow(requirePart("bpftrace"), ["--version"]);
  return (text.match(/\d+(\.\d+)+/)?.[0] ?? "").split(".").map(Number);
}

/** A compiled program in a folder of its own, which goes when this goes. */
export interface CompiledProgram extends AsyncDisposable {
  readonly path: string;
}

/** Compiles one C file; `sys/sdt.h` is there to include, see the part of that name. */
export async function compileC(source: string, name = "program"): Promise<CompiledProgram> {
  const folder = await Deno.makeTempDir({ prefix: "waggle-c-" });
  const path = join(folder, name);
  try {
    await Deno.writeTextFile(`${path}.c`, source);
    await runOrThrow(requirePart("gcc"), ["-O1", "-g", "-Wall", "-Werror", "-o", path, `${path}.c`]);
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

/** Returns what went wrong. The BEGIN probe is a uprobe on bpftrace itself, as tracepoints of a node are uprobes. */
async function tryTracing([program = "", ...args]: string[]): Promise<string | undefined> {
  try {
    const { code, stdout, stderr } = await run(program, [
      ...args,
      "-e",
      'BEGIN { printf("traced"); exit(); }',
    ]);
    if (code === 0 && stdout.includes("traced")) return undefined;
    return lastLines(stderr, 1) || `${program} ended with code ${code}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error); // no sudo, for one
  }
}
