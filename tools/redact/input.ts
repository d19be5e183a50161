/**
 * Archives that are read more than once and must be the same each time: what is added to one meanwhile is left alone.
 *
 * @module
 */

import { BrokenArchive } from "../../proto/archive/broken.ts";
import { archiveProgress, findArchives, type Input } from "../../runtime/archive/play.ts";
import { ArchiveReader } from "../../runtime/archive/reader.ts";
import type { ArchiveHeader } from "../../proto/schema.ts";

/** What the first reading found out about an archive. */
export interface Surveyed extends Input {
  /** Its first record. */
  readonly header: ArchiveHeader;
  /** Events up to its end, or to the place where it breaks. */
  readonly events: number;
  /** Whether it is whole, was cut off, or has bytes that make no sense. */
  readonly state: "complete" | "cut off" | "broken";
}

/** Takes the bytes of an event. */
export type Take = (event: Uint8Array) => void;

/**
 * Reads all archives for the first time.
 *
 * @throws {Error} If a path leads to none, or a file is none.
 */
export async function survey(paths: readonly string[], take: Take, signal: AbortSignal): Promise<Surveyed[]> {
  const { inputs, problems } = await findArchives(paths);
  if (problems.length > 0) throw new Error(problems.join("; "));
  const all: Surveyed[] = [];
  using progress = archiveProgress(inputs);
  let before = 0;
  for (const input of inputs) {
    using reader = await ArchiveReader.open(input.path);
    let [events, isBroken] = [0, false];
    try {
      for await (const batch of reader.batches()) {
        for (const event of batch) take(event);
        events += batch.length;
        progress.update(reader, before + events);
        signal.throwIfAborted();
      }
    } catch (error) {
      if (!(error instanceof BrokenArchive)) throw error;
      isBroken = true;
    }
    const state = isBroken ? "broken" : reader.isComplete ? "complete" : "cut off";
    all.push({ ...input, header: reader.header, events, state });
    before += events;
    progress.next(input);
  }
  return all;
}

/** Reads archives again, each as far as the first time. */
export async function* readAgain(
  inputs: readonly Surveyed[],
  signal: AbortSignal,
): AsyncGenerator<{ input: Surveyed; batch: Uint8Array[] }> {
  using progress = archiveProgress(inputs);
  let all = 0;
  for (const input of inputs) {
    using reader = await ArchiveReader.open(input.path);
    let left = input.events;
    try {
      if (left > 0) {
        for await (const batch of reader.batches()) {
          yield { input, batch: batch.slice(0, left) };
          all += batch.length;
          left -= batch.length;
          progress.update(reader, all);
          signal.throwIfAborted();
          if (left <= 0) break;
        }
      }
    } catch (error) {
      if (!(error instanceof BrokenArchive)) throw error;
    }
    progress.next(input);
  }
}
