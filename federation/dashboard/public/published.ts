/**
 * What lies in the public folder, as far as it is what it says: pages show nothing that was not checked.
 *
 * @module
 */

import { keyText } from "../../../proto/federation/keys.ts";
import { reasonOf } from "../../../runtime/reason.ts";
import { LIST_FILE, type ListedDataSet, readList } from "../../datasets/listed.ts";
import { checkRelease, type Release } from "../../release/document.ts";
import { LIVE_FILE, type LiveDocument } from "../../release/live.ts";
import { parseKeys } from "../../release/release_keys.ts";
import type { ReleaseRules } from "../../release/releaser.ts";
import { readIndex } from "../../release/site.ts";

/** A release that is what it says. */
export interface Checked {
  /** What it says. */
  readonly release: Release;
  /** Hash and `.json`. */
  readonly file: string;
  /** What was checked. */
  readonly checks: readonly string[];
}

/** All that pages show. */
export interface Published {
  /** The hub's key. */
  readonly hub: string;
  /** The rules in force. */
  readonly rules: ReleaseRules;
  /** The newest first. */
  readonly releases: readonly Checked[];
  /** What is told between releases; `undefined` if nothing is. */
  readonly live?: LiveDocument | undefined;
  /** Data sets that anybody may download, the newest first. */
  readonly dataSets: readonly ListedDataSet[];
}

/** A checked release never changes, so it is read once; unless other keys count. */
export interface Known {
  keys: string;
  readonly releases: Map<string, Checked>;
}

/** What reading needs. */
export interface Reading {
  /** The public folder. */
  readonly folder: string;
  /** Whose it is. */
  readonly hubKey: Uint8Array;
  /** The rules in force. */
  readonly rules: ReleaseRules;
  /** What was read before. */
  readonly known?: Known;
  /** Told of what is in the folder and not shown. */
  onWrong?(what: string): void;
}

/** Reads the folder. What is wrong in it is not shown, and told. */
export async function readPublished(
  { folder, hubKey, rules, known = nothingKnown(), onWrong = () => {} }: Reading,
): Promise<Published> {
  const releases: Checked[] = [];
  const text = await Deno.readTextFile(`${folder}/keys.json`).catch(noneIfMissing) ?? '{"keys":[]}';
  const keys = parseKeys(text);
  if (known.keys !== text) known.releases.clear();
  known.keys = text;
  for (const { file, epoch } of await readIndex(folder)) {
    const checked = known.releases.get(file) ?? await read(file);
    if (typeof checked === "string") onWrong(`Not shown, releases/${file} of ${epoch}: ${checked}`);
    else releases.push(checked);
  }
  const live = await orWrong(LIVE_FILE, () => readLive(folder));
  const dataSets = await orWrong(LIST_FILE, () => readList(folder)) ?? [];
  return { hub: keyText("hub", hubKey), rules, releases, live, dataSets };

  async function orWrong<T>(name: string, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      onWrong(`Not shown, ${name}: ${reasonOf(error)}`);
      return undefined;
    }
  }

  async function read(file: string): Promise<Checked | string> {
    try {
      const bytes = await Deno.readFile(`${folder}/releases/${file}`);
      const checked = await checkRelease({ name: file, bytes }, { keys, hubKey });
      if ("wrong" in checked) return checked.wrong;
      const { release, checks } = checked;
      const all = { release, file, checks };
      known.releases.set(file, all);
      return all;
    } catch (error) {
      return reasonOf(error);
    }
  }
}

/** Before anything was read. */
export function nothingKnown(): Known {
  return { keys: "", releases: new Map() };
}

async function readLive(folder: string): Promise<LiveDocument | undefined> {
  const text = await Deno.readTextFile(`${folder}/${LIVE_FILE}`).catch(noneIfMissing);
  if (text === undefined) return undefined;
  const live = JSON.parse(text);
  if (live?.format !== "waggle-live-1") throw new SyntaxError("it is no live document");
  return live;
}

function noneIfMissing(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
