/**
 * The folder that is served to the public: static files and nothing else.
 *
 * ```text
 * releases/HASH.json   one for each epoch, never changed
 * index.json           which release is of which epoch, the newest first
 * keys.json            keys that sign releases
 * feed.xml             the same as an Atom feed
 * live.json            what there is to say in between, replaced each minute
 * ```
 *
 * @module
 */

import { writeWhole } from "../../runtime/files.ts";
import { Told } from "./alarms.ts";
import { canonical, type ReleaseFile } from "./document.ts";
import { LIVE_FILE, type LiveChain, type LiveDocument } from "./live.ts";
import type { KeyLink } from "./release_keys.ts";
import { type Epoch, epochName, releaseTime } from "./schedule.ts";

/** A release in the index. */
export interface Listed {
  /** Name of the epoch. */
  readonly epoch: string;
  /** Unix seconds. */
  readonly released: number;
  /** Hash and `.json`. */
  readonly file: string;
}

/** Readable by whoever serves it. */
const PUBLIC_MODE = 0o644;

/** Adds a release to the folder. Doing it twice does no harm. */
export async function addToSite(folder: string, epoch: Epoch, { name, bytes }: ReleaseFile): Promise<void> {
  await Deno.mkdir(`${folder}/releases`, { recursive: true });
  await writeWhole(`${folder}/releases/${name}`, bytes, PUBLIC_MODE);
  const listed: Listed = { epoch: epochName(epoch), released: releaseTime(epoch), file: name };
  const others = (await readIndex(folder)).filter((each) => each.epoch !== listed.epoch);
  const releases = [listed, ...others].sort((a, b) => b.released - a.released);
  await write(`${folder}/index.json`, canonical({ releases }));
  await write(`${folder}/feed.xml`, atom(releases));
}

/** What is in the folder, the newest first. */
export async function readIndex(folder: string): Promise<Listed[]> {
  try {
    return JSON.parse(await Deno.readTextFile(`${folder}/index.json`)).releases;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Publishes which keys count. */
export async function writeKeys(folder: string, keys: readonly KeyLink[]): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await write(`${folder}/keys.json`, canonical({ keys }));
}

/** What `live.json` is made of: of booleans about hidden nodes, only those that were paid for. */
export interface LiveContent extends Pick<LiveDocument, "at" | "disclosed"> {
  /** What many operators tell alike. */
  readonly chain: Omit<LiveChain, "delayed">;
  /** What alarms say. */
  readonly told: Told;
}

/** Replaces what there is to say between releases. */
export async function writeLive(folder: string, { at, chain, told, disclosed }: LiveContent): Promise<void> {
  if (!Told.is(told)) throw new TypeError("Cannot publish an alarm that the accountant did not pay for");
  const { stress, delayed } = told;
  const document: LiveDocument = {
    ...{ format: "waggle-live-1", at, stress, disclosed },
    chain: { ...chain, delayed },
  };
  await Deno.mkdir(folder, { recursive: true });
  await write(`${folder}/${LIVE_FILE}`, canonical(document));
}

/** Times are those of the schedule and links are relative, so that the same releases are the same feed everywhere. */
export function atom(releases: readonly Listed[]): string {
  const time = (seconds: number) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
  const entries = releases.map(({ epoch, released, file }) =>
    `  <entry>
    <title>What the network did: ${xml(epoch)}</title>
    <id>urn:sha256:${xml(file.replace(".json", ""))}</id>
    <updated>${time(released)}</updated>
    <link href="releases/${xml(file)}" type="application/json"/>
  </entry>
`
  );
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <title>Waggle releases</title>
  <id>urn:waggle:releases</id>
  <updated>${time(releases[0]?.released ?? 0)}</updated>
  <author><name>Waggle</name></author>
  <link rel="self" href="feed.xml"/>
${entries.join("")}</feed>
`;
}

async function write(path: string, text: string): Promise<void> {
  await writeWhole(path, text, PUBLIC_MODE);
}

function xml(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
