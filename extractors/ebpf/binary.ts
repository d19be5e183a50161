/**
 * The node's binary: whether it is there, whether it is still the same file, what can be traced in it.
 *
 * @module
 */

import { reasonOf } from "../../runtime/reason.ts";
import { type Notes, readNotes } from "./elf.ts";

/** What a look at the file says. */
export type Sight =
  | { readonly state: "file"; readonly identity: string }
  | { readonly state: "missing" }
  // Deno lets nobody without all rights look into /proc; bpftrace can.
  | { readonly state: "hidden" };

/**
 * Looks at a file. An upgrade puts another file in its place, with another inode: tracing goes by inode, and bpftrace
 * does not notice.
 */
export async function sight(path: string): Promise<Sight> {
  try {
    const { dev, ino, size, mtime } = await Deno.stat(path);
    return { state: "file", identity: `${dev}:${ino}:${size}:${mtime?.getTime()}` };
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return { state: "hidden" };
    return { state: "missing" };
  }
}

/** The tracepoints of a file. */
export async function readBinary(path: string): Promise<Notes> {
  try {
    using file = await Deno.open(path);
    return readNotes((offset, length) => readAt(file, offset, length));
  } catch (error) {
    return { ok: false, problem: reasonOf(error) };
  }
}

function readAt(file: Deno.FsFile, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  file.seekSync(offset, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < length) {
    const read = file.readSync(bytes.subarray(filled));
    if (read === null) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}
