/**
 * Several archives, one after the other, as one stream of events.
 *
 * @module
 */

import { BrokenArchive } from "../../proto/archive/broken.ts";
import type { Log } from "../log.ts";
import { terminalProgress } from "../progress.ts";
import { ArchiveReader } from "./reader.ts";
import { reasonOf } from "../reason.ts";

/** An archive that was found. */
export interface Input {
  /** Where it is. */
  readonly path: string;
  /** Bytes of the file. */
  readonly size: number;
}

/** What was found, and what was not. */
export interface Found {
  /** Files, each once, those of a folder by name. */
  readonly inputs: Input[];
  /** One line for each path at which there is nothing to read. */
  readonly problems: string[];
}

const SUFFIX = /\.bin(\.zst)?$/;

/** The archives at these paths; of a folder those files that are named like archives, without its own folders. */
export async function findArchives(paths: readonly string[]): Promise<Found> {
  const inputs: Input[] = [];
  const problems: string[] = [];
  const known = new Set<string>();
  const add = (path: string, { size, dev, ino }: Deno.FileInfo) => {
    const identity = `${dev}:${ino}`;
    if (!known.has(identity)) inputs.push({ path, size });
    known.add(identity);
  };
  for (const path of paths) {
    try {
      const info = await Deno.stat(path);
      if (!info.isDirectory) {
        add(path, info);
        continue;
      }
      const entries = await Array.fromAsync(Deno.readDir(path));
      const files = entries.filter((entry) => !entry.isDirectory && SUFFIX.test(entry.name)).map(({ name }) =>
        name
      );
      for (const name of files.toSorted()) add(`${path}/${name}`, await Deno.stat(`${path}/${name}`));
      if (files.length === 0) problems.push(`Cannot find an archive in "${path}": no .bin or .bin.zst file`);
    } catch (error) {
      const reason = error instanceof Deno.errors.NotFound ? "no such file or folder" : reasonOf(error);
      problems.push(`Cannot read "${path}": ${reason}`);
    }
  }
  return { inputs, problems };
}

/** How far it is, on a terminal: `update` is told the reader and how many events have been read in all. */
export function archiveProgress(inputs: readonly Input[]) {
  const to = inputs.reduce((sum, { size }) => sum + size, 0);
  const bar = terminalProgress({ from: 0, to, items: "events" });
  let before = 0;
  return {
    update: (reader: ArchiveReader, events: number) => bar?.update(before + reader.read, events),
    next: ({ size }: Input) => before += size,
    [Symbol.dispose]: () => bar?.[Symbol.dispose](),
  };
}

/**
 * Gives the events of all archives. A file that cannot be read, or breaks off, is told and does not keep the others
 * from being read; one that is merely unfinished is no failure.
 *
 * @throws {Error} At the end, if there was a failure.
 */
export async function* play(
  paths: readonly string[],
  { log, signal }: { log: Log; signal: AbortSignal },
): AsyncGenerator<Uint8Array[]> {
  const { inputs, problems } = await findArchives(paths);
  for (const problem of problems) log.error(problem);
  let [failed, events] = [problems.length, 0];
  using progress = archiveProgress(inputs);
  for (const input of inputs) {
    if (signal.aborted) return;
    let before = events;
    try {
      using reader = await ArchiveReader.open(input.path);
      before = events;
      for await (const batch of reader.batches()) {
        yield batch;
        events += batch.length;
        progress.update(reader, events);
        if (signal.aborted) return;
      }
      if (!reader.isComplete) {
        log.warn(`"${input.path}" is unfinished: it ends after ${events - before} events`);
      }
    } catch (error) {
      failed++;
      const place = error instanceof BrokenArchive && events > before
        ? ` after ${events - before} events`
        : "";
      log.error(place === "" ? reasonOf(error) : `Cannot read "${input.path}"${place}: ${reasonOf(error)}`);
    }
    progress.next(input);
  }
  if (failed > 0) throw new Error(`${failed} of ${inputs.length + problems.length} inputs could not be read`);
}
