/**
 * The way from archives to a data set: look at all of it, write it without what the policy takes away, look at what was
 * written with other eyes, and only then give it its name.
 *
 * @module
 */

import { decodeEvent, encodeEvent, type Event } from "../../proto/event.ts";
import { ArchiveFile } from "../../runtime/archive/archive_file.ts";
import { archiveProgress } from "../../runtime/archive/play.ts";
import { ArchiveReader } from "../../runtime/archive/reader.ts";
import type { Context } from "../../runtime/component.ts";
import { type FieldClasses } from "./classes.ts";
import { DataSet, type FileEntry } from "./data_set.ts";
import { readAgain, survey, type Surveyed } from "./input.ts";
import { OwnAddresses } from "./own_addresses.ts";
import {
  licenceOf,
  type Manifest,
  manifestText,
  readmeOf,
  TEXT_FILES,
  verificationText,
} from "./manifest.ts";
import type { NamedPolicy } from "./policy.ts";
import { PREFIX_KEY_BYTES } from "./prefix.ts";
import { derive, Pseudonyms } from "./pseudonyms.ts";
import { Redactor } from "./redactor.ts";
import type { Licence } from "./texts.ts";
import { type Report, Verifier } from "./verify/verify.ts";

/** What a data set is made of. */
export interface Job {
  /** Archives, or folders of them. */
  readonly files: readonly string[];
  /** What is done to each class. */
  readonly policy: NamedPolicy;
  /** Key of the pseudonyms. */
  readonly key: Uint8Array;
  /** Own addresses that are known. */
  readonly own: readonly string[];
  /** Under what it may be given. */
  readonly licence: Licence;
  /** Compression of the archives. */
  readonly level: number;
  /** The classes of all fields, for tests. */
  readonly classes?: Readonly<Record<string, FieldClasses>>;
}

/** What a job needs of its surroundings. */
export type Surroundings = Pick<Context, "log" | "signal" | "count">;

/** What became of it. */
export interface Outcome {
  /** The folder, under the name it has now. */
  readonly folder: string;
  /** What the second look found. */
  readonly report: Report;
}

/** Uncompressed bytes that are worth a write. */
const WRITE_BYTES = 256 * 1024;

/** Makes a data set in a folder that is not there yet. */
export async function makeDataSet(job: Job, out: string, surroundings: Surroundings): Promise<Outcome> {
  const set = await DataSet.start(out);
  try {
    return await new Making(job, set, surroundings).run();
  } catch (error) {
    await set.abandon();
    throw error;
  }
}

/** What the job learnt about the input before it writes. */
export interface Learnt {
  readonly inputs: Surveyed[];
  readonly own: OwnAddresses;
}

/** Reads everything once: what is whose own, and what else `take` wants of the bytes and, if they are one, the event. */
export async function learn(
  { files, own: named }: Pick<Job, "files" | "own">,
  signal: AbortSignal,
  take: (bytes: Uint8Array, event: Event | undefined) => void = () => {},
): Promise<Learnt> {
  const own = new OwnAddresses(named);
  const inputs = await survey(files, (bytes) => {
    const decoded = decodeEvent(bytes);
    if (decoded.ok) own.learn(decoded.event);
    take(bytes, decoded.ok ? decoded.event : undefined);
  }, signal);
  return { inputs, own };
}

class Making {
  readonly #job: Job;
  readonly #set: DataSet;
  readonly #surroundings: Surroundings;
  readonly #events: Record<string, number> = {};
  #leftOut = 0;

  constructor(job: Job, set: DataSet, surroundings: Surroundings) {
    this.#job = job;
    this.#set = set;
    this.#surroundings = surroundings;
  }

  async run(): Promise<Outcome> {
    const { log, signal } = this.#surroundings;
    const { policy, key } = this.#job;
    const sure: string[] = [];
    const prefixKey = derive(key, "prefix", PREFIX_KEY_BYTES);
    const verifier = new Verifier({ policy: policy.classes, prefixKey, own: sure });
    log.info("1 of 3: looking for the node's own addresses, and for what must not get out");
    const { inputs, own } = await learn(this.#job, signal, (event) => verifier.remember(event));
    sure.push(...own.sure);
    for (const { path, state, events } of inputs) {
      if (state !== "complete") {
        log.warn(`"${path}" is ${state}: what it has before, ${events} events, is used`);
      }
    }
    if (own.unheard > 0) log.warn(`${own.unheard} claims of what the node's address is were one too many`);
    log.info(`2 of 3: redacting, policy ${policy.name}; ${own.size} own addresses are removed`);
    const redactor = this.#redactor(own);
    const files = await this.#write(inputs, redactor);
    log.info("3 of 3: looking at what was written");
    await this.#look(files, verifier);
    if (verifier.hasSuspects) {
      for await (const { batch } of readAgain(inputs, signal)) {
        batch.forEach((event) => verifier.confirm(event));
      }
    }
    return await this.#finish({ inputs, own, redactor, files }, verifier);
  }

  #redactor(own: OwnAddresses): Redactor {
    const { policy, key, classes } = this.#job;
    const options = { policy: policy.classes, pseudonyms: new Pseudonyms(key), own };
    return new Redactor(classes === undefined ? options : { ...options, classes });
  }

  /** One archive for each that there was, under a name that says nothing. */
  async #write(inputs: readonly Surveyed[], redactor: Redactor): Promise<string[]> {
    const { signal } = this.#surroundings;
    const names = inputs.map((_, i) => nameOf(i, this.#job.level));
    let file: ArchiveFile | undefined;
    let at = -1;
    const open = async (upTo: number) => {
      while (at < upTo) {
        await file?.close();
        file = undefined;
        const { header } = inputs[++at]!;
        const created = redactor.time(header.created, "s");
        file = await ArchiveFile.create(this.#set.pathOf(names[at]!), {
          level: this.#job.level,
          header: { created, lowData: true },
        });
      }
    };
    try {
      for await (const { input, batch } of readAgain(inputs, signal)) {
        await open(inputs.indexOf(input));
        for (const event of batch) {
          const after = this.#redact(event, redactor);
          if (after !== undefined) file!.add(after);
        }
        if (file!.pending >= WRITE_BYTES) await file!.write();
      }
      await open(inputs.length - 1);
      await file?.close();
    } catch (error) {
      file?.abandon();
      throw error;
    }
    return names;
  }

  #redact(event: Uint8Array, redactor: Redactor): Uint8Array | undefined {
    const decoded = decodeEvent(event);
    const after = decoded.ok ? redactor.redact(decoded.event) : undefined;
    if (after === undefined) {
      this.#leftOut++;
      this.#surroundings.count(decoded.ok ? "without a known member" : `refused: ${decoded.reason}`);
      return undefined;
    }
    this.#events[after.kind] = (this.#events[after.kind] ?? 0) + 1;
    return encodeEvent(after);
  }

  async #look(names: readonly string[], verifier: Verifier): Promise<void> {
    const { signal } = this.#surroundings;
    const inputs = await Promise.all(names.map(async (name) => {
      const path = this.#set.pathOf(name);
      return { name, path, size: (await Deno.stat(path)).size };
    }));
    using progress = archiveProgress(inputs);
    let all = 0;
    for (const input of inputs) {
      using reader = await ArchiveReader.open(input.path);
      let number = 0;
      for await (const batch of reader.batches()) {
        for (const event of batch) verifier.lookAt(input.name, event, ++number);
        all += batch.length;
        progress.update(reader, all);
        signal.throwIfAborted();
      }
      progress.next(input);
    }
  }

  async #finish(
    { inputs, own, redactor, files }: Learnt & { redactor: Redactor; files: readonly string[] },
    verifier: Verifier,
  ): Promise<Outcome> {
    const { policy, licence } = this.#job;
    const entries: FileEntry[] = [];
    for (const name of files) entries.push(await this.#set.entryOf(name));
    const manifest: Manifest = {
      policy,
      licence,
      recordings: inputs.map(({ events, state }) => ({ events, state })),
      events: this.#events,
      eventsLeftOut: this.#leftOut,
      ownAddressesRemovedFromLists: redactor.ownRemoved,
      classes: Object.fromEntries(redactor.tallies),
      files: entries,
    };
    const texts = { [TEXT_FILES.readme]: readmeOf(manifest), [TEXT_FILES.manifest]: manifestText(manifest) };
    for (const [name, text] of Object.entries(texts)) {
      await this.#set.write(name, text);
      verifier.lookAtText(name, text);
    }
    const licenceText = licenceOf(manifest);
    if (licenceText !== undefined) await this.#set.write(TEXT_FILES.licence, licenceText);
    const report = verifier.report();
    const verification = verificationText({ ...report, learntOwnAddresses: own.size > 0 });
    await this.#set.write(TEXT_FILES.verification, verification);
    return { folder: report.passed ? await this.#set.release() : await this.#set.refuse(), report };
  }
}

function nameOf(index: number, level: number): string {
  return `redacted-${String(index + 1).padStart(4, "0")}.bin${level === 0 ? "" : ".zst"}`;
}
