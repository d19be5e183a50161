/**
 * The public pages of a hub: static files in its public folder, kept up to date, and served on an address of their own
 * where one is given.
 *
 * @module
 */

import { pause } from "../../../runtime/backoff.ts";
import type { Log } from "../../../runtime/log.ts";
import { reasonOf } from "../../../runtime/reason.ts";
import { together } from "../../../runtime/together.ts";
import { LIST_FILE } from "../../datasets/listed.ts";
import { LIVE_FILE } from "../../release/live.ts";
import type { ReleaseRules } from "../../release/releaser.ts";
import { servePublic } from "./serve.ts";
import { Site } from "./site.ts";
import { Streams } from "./streams.ts";

/** What the pages need. */
export interface PublicOptions {
  /** The public folder. */
  readonly folder: string;
  /** Whose it is. */
  readonly hubKey: Uint8Array;
  /** Stands on every page. */
  readonly notice?: string | undefined;
  /** Milliseconds since 1970; only where the hub's time is another than its readers'. */
  readonly clock?: (() => number) | undefined;
  /** The rules in force. */
  rules(): ReleaseRules;
  /** Where to serve them; without it they are only written. */
  readonly address: string | undefined;
  /** The flag that sets the address. */
  readonly flag: string;
  /** Where lines go. */
  readonly log: Log;
  /** When to stop. */
  readonly signal: AbortSignal;
  /** Told the URL. */
  onListening?(url: string): void;
}

/** How often it is looked whether something has changed. */
const LOOK_MS = 1000;
/** What pages are made from. */
const SOURCES = ["index.json", "keys.json", LIVE_FILE, LIST_FILE];

/** Keeps the pages up to date and serves them, until the signal is aborted. */
export async function runPublic(options: PublicOptions): Promise<void> {
  const { address } = options;
  using streams = new Streams();
  await together(options.signal, (signal) => [
    keepWritten({ ...options, signal, streams }),
    address === undefined ? undefined : servePublic({ ...options, address, signal, streams }),
  ]);
}

/** What goes wrong is told once, and tried again. */
async function keepWritten(
  { folder, hubKey, notice, clock, rules, log, signal, streams }: PublicOptions & { streams: Streams },
): Promise<void> {
  const told = new Set<string>();
  const warn = (what: string) => {
    if (told.has(what)) return;
    if (told.size > 100) told.clear();
    told.add(what);
    log.warn(what);
  };
  const site = new Site({ folder, hubKey, notice, clock, onWrong: warn });
  let last: string | undefined;
  while (!signal.aborted) {
    try {
      const now = JSON.stringify([
        rules(),
        ...await Promise.all(SOURCES.map((name) => stampOf(folder, name))),
      ]);
      if (now !== last) {
        if ((await site.write(rules())).length > 0) streams.tell();
        last = now;
      }
    } catch (error) {
      warn(`Cannot write the public pages: ${reasonOf(error)}`);
    }
    await pause(LOOK_MS, signal);
  }
}

/** Each of these files is replaced as a whole. */
async function stampOf(folder: string, name: string): Promise<unknown> {
  try {
    const { mtime, size, ino } = await Deno.stat(`${folder}/${name}`);
    return [mtime?.getTime(), size, ino];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
