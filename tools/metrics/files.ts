/**
 * Loads the operator's files, and loads each again when it changes.
 *
 * @module
 */

import { pause } from "../../runtime/backoff.ts";
import type { Log } from "../../runtime/log.ts";
import { reasonOf } from "../../runtime/reason.ts";
import type { Read } from "./knowledge.ts";
import type { Metrics } from "./metrics.ts";

/** A file to keep an eye on. */
export interface WatchedFile {
  /** What it is, as metrics call it. */
  readonly name: string;
  /** The flag that names it. */
  readonly flag: string;
  /** Where it is. */
  readonly path: string;
  /** Takes its content; throws a `SyntaxError` if it makes no sense, and what was known before stays. */
  take(content: Uint8Array): Read;
}

/** What watching needs. */
export interface WatchOptions {
  readonly files: readonly WatchedFile[];
  readonly metrics: Metrics;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** How often to look. */
  readonly everyMs?: number;
}

// An asmap of the whole internet has 2 MB, the longest public ban list some more.
const MOST_BYTES = 64 * 1024 * 1024;

/** Looks at the files until the signal is aborted. All have been tried once when `first` is called. */
export async function watchFiles(
  { files, metrics, log, signal, everyMs = 10_000 }: WatchOptions,
  first: () => void,
): Promise<void> {
  const seen = new Map<string, string>();
  for (let round = 0; !signal.aborted; round++) {
    for (const file of files) await look(file, { seen, metrics, log });
    if (round === 0) first();
    if (files.length === 0) return;
    await pause(everyMs, signal);
  }
}

interface Looking {
  /** What each file looked like, or why it could not be looked at. */
  readonly seen: Map<string, string>;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Loads a file unless it is as it was. A file that cannot be loaded is told of once, until that changes. */
async function look(file: WatchedFile, { seen, metrics, log }: Looking): Promise<void> {
  const { name, path, flag } = file;
  try {
    const { mtime, size, ino } = await Deno.stat(path);
    const state = `${mtime?.getTime()} ${size} ${ino}`;
    if (state === seen.get(name)) return;
    seen.set(name, state);
    if (size > MOST_BYTES) throw new RangeError(`it has ${size} bytes, more than ${MOST_BYTES}`);
    const { entries, refused, firstRefused } = file.take(await Deno.readFile(path));
    metrics.file_entries.at(name).value = entries;
    metrics.file_loaded_timestamp_seconds.at(name).value = Date.now() / 1000;
    log.info(`Loaded ${entries} ${name === "asmap" ? "bytes" : "entries"} from "${path}"`);
    if (refused > 0) log.warn(`${refused} lines of "${path}" make no sense, the first is "${firstRefused}"`);
  } catch (error) {
    metrics.file_failures_total.at(name).add(1);
    const why = troubleOf(error);
    if (seen.get(`${name}: failure`) === why) return;
    seen.set(`${name}: failure`, why);
    log.error(`Cannot load "${path}": ${why}; put it there, or set ${flag} to another file`);
    return;
  }
  seen.delete(`${name}: failure`);
}

function troubleOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file";
  if (error instanceof Deno.errors.NotCapable) return "this process has no right to read it";
  return reasonOf(error);
}
