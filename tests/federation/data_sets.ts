/**
 * Data sets for tests: made by redaction itself, and then perhaps changed by somebody who lies.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { encodeEvent } from "../../proto/event.ts";
import { eventsOf, scenario } from "../../demo/scenarios/mod.ts";
import { logFor } from "../../runtime/log.ts";
import { plainArchive } from "../parts/archives.ts";
import { makeDataSet } from "../../tools/redact/job.ts";
import { type Manifest, manifestText, parseManifest, readmeOf } from "../../tools/redact/manifest.ts";
import { type NamedPolicy, POLICIES } from "../../tools/redact/policy.ts";
import type { Licence } from "../../tools/redact/texts.ts";
import type { ListedFile } from "../../federation/datasets/listed.ts";
import { type Offer, offerOf } from "../../federation/datasets/offer.ts";

/** How a data set is made. */
export interface ExampleOptions {
  readonly events?: number;
  readonly level?: number;
  readonly policy?: NamedPolicy;
  readonly licence?: Licence;
}

/** Redacts some events of a scenario into a folder that is not there yet. */
export async function exampleSet(
  folder: string,
  { events = 500, level = 3, policy = { name: "strict", classes: POLICIES.strict }, licence = "cc-by-4.0" }:
    ExampleOptions = {},
): Promise<void> {
  const recorded = Iterator.from(eventsOf(scenario("linking-lion"))).take(events).map(encodeEvent).toArray();
  const recording = `${folder}.recording.bin`;
  await Deno.writeFile(recording, plainArchive(recorded));
  const job = { files: [recording], policy, licence, level, own: [] };
  const key = crypto.getRandomValues(new Uint8Array(32));
  const log = logFor("redact", () => {});
  await makeDataSet({ ...job, key }, folder, { log, signal: new AbortController().signal, count() {} });
  await Deno.remove(recording);
}

/** What a folder holds, as it would be offered. */
export async function exampleOffer(folder: string): Promise<Offer> {
  const files: ListedFile[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    files.push(entryOf(name, await Deno.readFile(`${folder}/${name}`)));
  }
  return offerOf(files);
}

/** What a manifest says of a file. */
export function entryOf(name: string, bytes: Uint8Array): ListedFile {
  return { name, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** Puts another archive into a data set, with a manifest that fits. */
export async function replaceArchive(folder: string, archive: Uint8Array<ArrayBuffer>): Promise<void> {
  await changeManifest(folder, (manifest) => {
    const { name } = manifest.files[0]!;
    Deno.writeFileSync(`${folder}/${name}`, archive);
    return { ...manifest, files: [entryOf(name, archive)] };
  });
}

/** Changes what a data set says of itself, and the README with it. */
export async function changeManifest(
  folder: string,
  change: (manifest: Manifest) => Manifest,
): Promise<void> {
  const manifest = change(parseManifest(await Deno.readTextFile(`${folder}/manifest.json`)));
  await Deno.writeTextFile(`${folder}/manifest.json`, manifestText(manifest));
  await Deno.writeTextFile(`${folder}/README.md`, readmeOf(manifest));
}
