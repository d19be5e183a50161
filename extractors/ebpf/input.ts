/**
 * bpftrace's output from somewhere else: a socket, a FIFO, standard input.
 *
 * @module
 */

import { backoff } from "../../runtime/backoff.ts";
import type { Permissions } from "../../runtime/component.ts";
import type { Log } from "../../runtime/log.ts";
import { reasonOf } from "../../runtime/reason.ts";
import { eachChunk } from "./chunks.ts";

/** Where it comes from. */
export type Input =
  | { readonly type: "stdin" }
  | { readonly type: "socket"; readonly path: string }
  | { readonly type: "file"; readonly path: string };

/**
 * What the option means: `-`, `unix:PATH` or a path that ends in `.sock`, any other path.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseInput("/run/waggle/ebpf.sock"), { type: "socket", path: "/run/waggle/ebpf.sock" });
 * assertEquals(parseInput("/run/waggle/ebpf.fifo"), { type: "file", path: "/run/waggle/ebpf.fifo" });
 * ```
 */
export function parseInput(text: string): Input {
  if (text === "-") return { type: "stdin" };
  if (text.startsWith("unix:")) return { type: "socket", path: text.slice(5) };
  return { type: text.endsWith(".sock") ? "socket" : "file", path: text };
}

/** What reading from there takes. For a socket Deno asks for all three. */
export function inputPermissions(input: Input): Permissions {
  switch (input.type) {
    case "stdin":
      return {};
    case "file":
      return { read: [input.path] };
    case "socket":
      return { read: [input.path], write: [input.path], net: [`unix:${input.path}`] };
  }
}

/** What a reader is told. */
export interface InputEvents {
  /** Something arrived. */
  chunk(chunk: Uint8Array): void;
  /** The other end is gone; another stream may follow. */
  end(): void;
}

/** Reads until the signal is aborted, or until there is nothing more: at the end of standard input or of a file. */
export async function readInput(
  input: Input,
  { tell, log, signal }: { tell: InputEvents; log: Log; signal: AbortSignal },
): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    let last = false;
    try {
      const source = await open(input, signal);
      if (source === undefined) return;
      last = source.last;
      log.info(`Reading from ${describe(input)}`);
      await eachChunk(source.stream, (chunk) => {
        failures = 0;
        tell.chunk(chunk);
      }, signal);
      if (!signal.aborted) log.warn(`The stream from ${describe(input)} has ended`);
    } catch (error) {
      const why = reasonOf(error);
      log.warn(
        `Cannot read from ${describe(input)}: ${why}; check that the unit that runs bpftrace is started`,
      );
    }
    tell.end();
    if (last) return;
    await backoff(failures++, { maxMs: 10_000, signal }).catch(() => {});
  }
}

interface Source {
  stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Nothing follows its end. */
  last: boolean;
}

/** Opening a FIFO waits for its writer, and nothing can interrupt that: `undefined` if the signal was first. */
async function open(input: Input, signal: AbortSignal): Promise<Source | undefined> {
  if (input.type === "stdin") return { stream: Deno.stdin.readable, last: true };
  if (input.type === "socket") {
    const connection = await Deno.connect({ transport: "unix", path: input.path });
    return { stream: connection.readable, last: false };
  }
  const { isFile } = await Deno.stat(input.path);
  const opening = Deno.open(input.path);
  const file = await Promise.race([opening, aborted(signal)]);
  if (file !== undefined) return { stream: file.readable, last: isFile };
  opening.then((file) => file.close(), () => {});
  return undefined;
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

function describe(input: Input): string {
  return input.type === "stdin" ? "standard input" : `"${input.path}"`;
}
