/**
 * Is a folder the data set that it says it is, and is nothing in it that should not be there? The contributor asks
 * before sending, and the hub asks again when all has come, with the second look of redact and no knowledge of what the
 * recordings were.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { BrokenArchive } from "../../proto/archive/broken.ts";
import { ArchiveReader } from "../../runtime/archive/reader.ts";
import {
  ARCHIVE_NAME,
  licenceOf,
  type Manifest,
  parseManifest,
  parseVerification,
  readmeOf,
  TEXT_FILES,
  type Verification,
} from "../../tools/redact/manifest.ts";
import { PREFIX_KEY_BYTES } from "../../tools/redact/prefix.ts";
import { type Report, Verifier } from "../../tools/redact/verify/verify.ts";
import type { ListedFile } from "./listed.ts";
import { type Offer, Refused } from "./offer.ts";

/** How it is looked at. */
export interface Inspection {
  /** Aborted = stop. */
  readonly signal: AbortSignal;
  /** Told how many bytes of the files have been read. */
  onProgress?(bytes: number): void;
  /** Lets others work, after each piece. */
  pause?(): Promise<void>;
}

/** An archive becomes at most so many times larger: what redact writes, seldom more than 40 times. */
const MOST_TIMES_LARGER = 1000;
/** The largest event is an answer with a whole address manager, some MB; looking at it cannot be interrupted. */
const MOST_EVENT_BYTES = 16 * 1024 * 1024;
const READ_BYTES = 256 * 1024;

/**
 * Looks at a folder with an offer's files.
 *
 * @throws {Refused} If it is no data set that may be published; the sentence does not repeat what was found.
 */
export async function inspect(folder: string, offer: Offer, inspection: Inspection): Promise<Manifest> {
  await checkNames(folder, offer);
  const watch = new Watch(inspection);
  for (const file of offer.files) {
    const { sha256 } = await fileAt(`${folder}/${file.name}`, file.name, watch);
    if (sha256 !== file.sha256) {
      throw new Refused("damaged", `${file.name} has another hash than it was offered with`);
    }
  }
  return await inspectContent(folder, offer, inspection);
}

/** The same for files whose hashes are those of the offer. */
export async function inspectContent(
  folder: string,
  offer: Offer,
  inspection: Inspection,
): Promise<Manifest> {
  const watch = new Watch(inspection);
  const { manifest, verification } = await readTexts(folder, offer);
  const report = await look(folder, manifest, watch);
  if (!report.passed) {
    const [first] = report.findings;
    const where = first === undefined ? "" : `, first in ${first.file}, event ${first.event} (${first.what})`;
    throw new Refused("found", `something was found that should not be there${where}`);
  }
  const events = Object.values(manifest.events).reduce((sum, count) => sum + count, 0);
  const said = JSON.stringify([events, verification.events, verification.leaves]);
  if (said !== JSON.stringify([report.events, report.events, report.leaves])) {
    throw new Refused(
      "untrue",
      "the archives hold other numbers of events and values than manifest and report say",
    );
  }
  return manifest;
}

/** The files of a folder, with their hashes, as an offer lists them. */
export async function filesOf(folder: string, inspection: Inspection): Promise<ListedFile[]> {
  const watch = new Watch(inspection);
  const files: ListedFile[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (!isFile) throw new Refused("unknown-file", `"${name}" is no file`);
    files.push(await fileAt(`${folder}/${name}`, name, watch));
  }
  return files;
}

/** Counts what was read, and stops and pauses in between. */
class Watch {
  #bytes = 0;

  constructor(readonly inspection: Inspection) {}

  async read(bytes: number): Promise<void> {
    this.#bytes += bytes;
    this.inspection.signal.throwIfAborted();
    this.inspection.onProgress?.(this.#bytes);
    await this.inspection.pause?.();
  }
}

/** The files are those of the offer, and files they are: a link would lead elsewhere. */
async function checkNames(folder: string, { files }: Offer): Promise<void> {
  const offered = new Map(files.map((file) => [file.name, file]));
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (!isFile || !offered.delete(name)) {
      throw new Refused("unknown-file", `there is a file too many: "${name}"`);
    }
  }
  const [missing] = offered.keys();
  if (missing !== undefined) throw new Refused("incomplete", `${missing} is missing`);
}

async function fileAt(path: string, name: string, watch: Watch): Promise<ListedFile> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  const buffer = new Uint8Array(READ_BYTES);
  let bytes = 0;
  for (let count = await file.read(buffer); count !== null; count = await file.read(buffer)) {
    hash.update(buffer.subarray(0, count));
    bytes += count;
    await watch.read(count);
  }
  return { name, bytes, sha256: hash.digest("hex") };
}

interface Texts {
  readonly manifest: Manifest;
  readonly verification: Verification;
}

/** Texts say what redact lets them say: the README and the licence are the ones that belong to the manifest. */
async function readTexts(folder: string, offer: Offer): Promise<Texts> {
  const text = (name: string) => Deno.readTextFile(`${folder}/${name}`);
  const verification = read(TEXT_FILES.verification, await text(TEXT_FILES.verification), parseVerification);
  const manifest = read(TEXT_FILES.manifest, await text(TEXT_FILES.manifest), parseManifest);
  const archives = offer.files.filter(({ name }) => ARCHIVE_NAME.test(name));
  if (JSON.stringify(archives) !== JSON.stringify(manifest.files)) {
    throw new Refused("damaged", `the archives are not those of ${TEXT_FILES.manifest}`);
  }
  if (manifest.licence === "none") {
    throw new Refused("no-licence", "nobody may publish it: redact with --redact.license cc-by-4.0");
  }
  if (manifest.policy.classes.address === "prefix") {
    throw new Refused(
      "reversible",
      "prefix-preserving pseudonyms can be reversed: redact with another policy",
    );
  }
  const made = { [TEXT_FILES.readme]: readmeOf(manifest), [TEXT_FILES.licence]: licenceOf(manifest) };
  for (const [name, expected] of Object.entries(made)) {
    if (await text(name) !== expected) throw new Refused("changed", `${name} is not as redact writes it`);
  }
  return { manifest, verification };
}

function read<T>(name: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Refused("changed", `${name}: ${error.message}`);
  }
}

/** The second look of redact at all archives. */
async function look(folder: string, { policy, files }: Manifest, watch: Watch): Promise<Report> {
  const prefixKey = new Uint8Array(PREFIX_KEY_BYTES);
  const verifier = new Verifier({ policy: policy.classes, prefixKey, own: [] });
  for (const { name, bytes } of files) {
    try {
      await lookAt(`${folder}/${name}`, { name, bytes }, verifier, watch);
    } catch (error) {
      if (!(error instanceof BrokenArchive)) throw error;
      throw new Refused("broken", `${name} is no whole archive`);
    }
  }
  return verifier.report();
}

async function lookAt(
  path: string,
  { name, bytes }: { name: string; bytes: number },
  verifier: Verifier,
  watch: Watch,
): Promise<void> {
  using reader = await ArchiveReader.open(path);
  let [events, before] = [0, 0];
  for await (const batch of reader.batches()) {
    for (const event of batch) {
      if (event.length > MOST_EVENT_BYTES) {
        throw new Refused("too-large", `${name} has an event of ${event.length} bytes`);
      }
      verifier.lookAt(name, event, ++events);
    }
    if (reader.uncompressed > bytes * MOST_TIMES_LARGER) {
      throw new Refused("too-large", `${name} becomes more than ${MOST_TIMES_LARGER} times as large`);
    }
    await watch.read(reader.read - before);
    before = reader.read;
  }
  if (!reader.isComplete) throw new Refused("broken", `${name} is cut off`);
}
