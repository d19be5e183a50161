/**
 * Data sets in a hub's folder, from the offer to the day on which they are public. What is on the disk is all there is
 * to know: a process that is killed goes on where it was, and the commands of the hub are other processes.
 *
 * ```text
 * datasets/ID/offer.json   what was offered, who may send it, how far it has come
 * datasets/ID/files/NAME   what has come
 * datasets/codes/NONCE     the data set that a code was used for
 * public/datasets/ID/NAME  what was released, listed in public/datasets.json
 * ```
 *
 * @module
 */

import type { Kind } from "../../proto/subjects.ts";
import { isThere, writeWhole } from "../../runtime/files.ts";
import type { Manifest } from "../../tools/redact/manifest.ts";

import { LISTED_FOLDER, type ListedDataSet, readList, writeList } from "./listed.ts";
import { bytesOf, idOf, isId, type Offer, Refused, type SizeLimits } from "./offer.ts";

/** How far a data set has come; what is released has no entry any more. */
export type State = "arriving" | "checking" | "waiting" | "refused";

/** A data set that is not public. */
export interface Entry {
  /** Its name. */
  readonly id: string;
  /** How far it has come. */
  readonly state: State;
  /** Who may send it: a member's slot, or which code. */
  readonly from: string;
  /** Unix seconds of its last change, by the hour. */
  readonly changed: number;
  /** What was offered. */
  readonly offer: Offer;
  /** Why it was refused. */
  readonly why?: string;
  /** What it says of itself, once that was checked. */
  readonly manifest?: Manifest;
}

/** How much is taken. */
export interface ShelfLimits extends SizeLimits {
  /** Bytes of all data sets, public ones included. */
  readonly total: number;
}

/** Data sets of one contributor that are not public yet. */
const MOST_OF_ONE = 3;
/** All that are not public. */
const MOST_ENTRIES = 1000;
const HOUR = 3600;
/** Nothing has come for so long: it will not be finished. */
const UNFINISHED_SECONDS = 72 * HOUR;
/** So long a contributor can hear why. */
const REFUSED_SECONDS = 7 * 24 * HOUR;
const RECORD = "offer.json";
const FILES = "files";
const CODES = "codes";

/** What a shelf needs. */
export interface ShelfOptions {
  /** The hub's folder. */
  readonly folder: string;
  /** The folder with static files for the public. */
  readonly site: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The data sets of a hub. */
export class Shelf {
  readonly #folder: string;
  readonly #site: string;
  readonly #now: () => number;

  /** Those in a folder; nothing is made before something is offered. */
  constructor({ folder, site, now }: ShelfOptions) {
    this.#folder = `${folder}/datasets`;
    this.#site = site;
    this.#now = now;
  }

  /** Where the files of a data set are that is not public. */
  filesOf(id: string): string {
    return `${this.#folder}/${id}/${FILES}`;
  }

  /** What is public. */
  async listed(): Promise<readonly ListedDataSet[]> {
    return await readList(this.#site);
  }

  /** An entry; `undefined` if there is none. */
  async find(id: string): Promise<Entry | undefined> {
    if (!isId(id)) return undefined;
    try {
      return JSON.parse(await Deno.readTextFile(`${this.#folder}/${id}/${RECORD}`));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** All that are not public, by name. */
  async entries(): Promise<Entry[]> {
    const names = [...await namesIn(this.#folder)].filter(isId).toSorted();
    const entries = await Promise.all(names.map((name) => this.find(name)));
    return entries.filter((entry) => entry !== undefined);
  }

  /**
   * Makes room for what is offered. One that is known is gone on with; one that was refused may be tried again.
   *
   * @throws {Refused} If it is somebody else's, or too much.
   */
  async take(offer: Offer, from: string, limits: ShelfLimits): Promise<Entry> {
    const id = idOf(offer);
    const known = await this.find(id);
    if (known !== undefined && known.from !== from) {
      throw new Refused("not-yours", "somebody else contributes this data set already");
    }
    if (known !== undefined && known.state !== "refused") return known;
    await this.#checkRoom(offer, from, limits);
    await this.#remove(id);
    await Deno.mkdir(this.filesOf(id), { recursive: true, mode: 0o700 });
    return await this.#write({ id, state: "arriving", from, changed: this.#hour(), offer });
  }

  async #checkRoom(offer: Offer, from: string, limits: ShelfLimits): Promise<void> {
    const entries = (await this.entries()).filter(({ state }) => state !== "refused");
    const own = entries.filter((entry) => entry.from === from).length;
    if (own >= MOST_OF_ONE) {
      throw new Refused("too-many", `${own} data sets of yours wait already: wait until they are looked at`);
    }
    const taken = entries.reduce((sum, entry) => sum + bytesOf(entry.offer), 0);
    const shown = (await this.listed()).reduce((sum, { bytes }) => sum + bytes, 0);
    if (entries.length >= MOST_ENTRIES || taken + shown + bytesOf(offer) > limits.total) {
      throw new Refused("full", "the hub has no room for it: ask its operator");
    }
  }

  /** How many bytes of each file have come. */
  async have({ id, offer }: Entry): Promise<Record<string, number>> {
    const sizes = offer.files.map(async ({ name }) => {
      const size = await Deno.stat(`${this.filesOf(id)}/${name}`).then(({ size }) => size, () => 0);
      return [name, size] as const;
    });
    return Object.fromEntries(await Promise.all(sizes));
  }

  /**
   * Adds bytes to a file, if that is where it ends; its size afterwards, or where it ends instead.
   *
   * @throws {Refused} If that would be more than was offered.
   */
  async append({ id, offer }: Entry, name: string, at: number, bytes: Uint8Array): Promise<number> {
    const file = offer.files.find((file) => file.name === name);
    if (file === undefined) throw new Refused("unknown-file", "that file was not offered");
    if (at + bytes.length > file.bytes) throw new Refused("too-large", "that is more than was offered");
    const options = { create: true, append: true, mode: 0o600 };
    using open = await Deno.open(`${this.filesOf(id)}/${name}`, options).catch((error) => {
      throw error instanceof Deno.errors.NotFound ? gone() : error;
    });
    const { size } = await open.stat();
    if (size !== at) return size;
    for (let sent = 0; sent < bytes.length;) sent += await open.write(bytes.subarray(sent));
    return at + bytes.length;
  }

  /**
   * Everything has come, and is looked at from now on.
   *
   * @throws {Refused} If something is missing.
   */
  async finish(entry: Entry): Promise<Entry> {
    const have = await this.have(entry);
    const short = entry.offer.files.find(({ name, bytes }) => have[name] !== bytes);
    if (short !== undefined) throw new Refused("incomplete", `${short.name} has not come as a whole`);
    return await this.#move(entry, "checking");
  }

  /** It was looked at, and waits for somebody who decides. */
  async accept(entry: Entry, manifest: Manifest): Promise<void> {
    await this.#move(entry, "waiting", { manifest });
  }

  /** It is not taken; its files go, and the reason stays for a while. */
  async refuse(entry: Entry, why: string): Promise<void> {
    await this.#move(entry, "refused", { why });
    await Deno.remove(this.filesOf(entry.id), { recursive: true }).catch(unlessGone);
  }

  /** Makes it public. */
  async release({ id, offer, manifest, state }: Entry): Promise<ListedDataSet> {
    if (state !== "waiting" || manifest === undefined) {
      throw new Error(`Cannot release ${id}: it is ${state}, and only what waits can be released`);
    }
    const to = `${this.#site}/${LISTED_FOLDER}/${id}`;
    const listed: ListedDataSet = {
      id,
      released: new Date(this.#now()).toISOString().slice(0, 10),
      licence: "CC-BY-4.0",
      policy: manifest.policy.name,
      recordings: manifest.recordings.length,
      events: manifest.events as Partial<Record<Kind, number>>,
      bytes: bytesOf(offer),
      files: offer.files,
    };
    await Deno.mkdir(`${this.#site}/${LISTED_FOLDER}`, { recursive: true });
    // Killed in between, it is done again: what was moved is moved, what was listed is listed once.
    if (!isThere(to)) {
      for (const { name } of offer.files) await Deno.chmod(`${this.filesOf(id)}/${name}`, 0o644);
      await Deno.chmod(this.filesOf(id), 0o755);
      await Deno.rename(this.filesOf(id), to);
    }
    const others = (await this.listed()).filter((each) => each.id !== id);
    await writeList(this.#site, [listed, ...others]);
    await this.#remove(id);
    return listed;
  }

  /** Takes back what is public. */
  async withdraw(id: string): Promise<void> {
    const listed = await this.listed();
    await writeList(this.#site, listed.filter((each) => each.id !== id));
    await Deno.remove(`${this.#site}/${LISTED_FOLDER}/${id}`, { recursive: true }).catch(unlessGone);
  }

  /**
   * Uses a code for a data set; doing it twice does no harm, and one that was refused does not count.
   *
   * @throws {Refused} If it was used for another one.
   */
  async useCode(nonce: string, id: string, expires: number): Promise<void> {
    await Deno.mkdir(`${this.#folder}/${CODES}`, { recursive: true, mode: 0o700 });
    const path = `${this.#folder}/${CODES}/${nonce}`;
    const text = await Deno.readTextFile(path).catch(unlessGone);
    const before: string = text === undefined ? id : JSON.parse(text).id;
    if (before !== id && !await this.#isNothing(before)) {
      throw new Refused("used", "the code was used for another data set");
    }
    await writeWhole(path, JSON.stringify({ id, expires }));
  }

  /** Whether nothing became of a data set. */
  async #isNothing(id: string): Promise<boolean> {
    const entry = await this.find(id);
    if (entry !== undefined) return entry.state === "refused";
    return !(await this.listed()).some((listed) => listed.id === id);
  }

  /** Deletes what nobody finishes, and what nobody needs to hear any more; returns how many data sets went. */
  async expire(): Promise<number> {
    const now = this.#now() / 1000;
    let gone = 0;
    for (const entry of await this.entries()) {
      const limit = { arriving: UNFINISHED_SECONDS, refused: REFUSED_SECONDS }[entry.state as "arriving"];
      if (limit === undefined || now - await this.#lastChange(entry) < limit) continue;
      await this.#remove(entry.id);
      gone++;
    }
    for (const nonce of await namesIn(`${this.#folder}/${CODES}`)) {
      const path = `${this.#folder}/${CODES}/${nonce}`;
      if (JSON.parse(await Deno.readTextFile(path)).expires < now) await Deno.remove(path);
    }
    return gone;
  }

  /** Unix seconds at which it was last changed, or something of it came. */
  async #lastChange({ id, changed, offer }: Entry): Promise<number> {
    const times = offer.files.map(async ({ name }) => {
      const stat = await Deno.stat(`${this.filesOf(id)}/${name}`).catch(unlessGone);
      return (stat?.mtime?.getTime() ?? 0) / 1000;
    });
    return Math.max(changed, ...await Promise.all(times));
  }

  async #move(entry: Entry, state: State, more: Partial<Entry> = {}): Promise<Entry> {
    return await this.#write({ ...entry, ...more, state, changed: this.#hour() });
  }

  async #write(entry: Entry): Promise<Entry> {
    await writeWhole(`${this.#folder}/${entry.id}/${RECORD}`, JSON.stringify(entry)).catch((error) => {
      throw error instanceof Deno.errors.NotFound ? gone() : error;
    });
    return entry;
  }

  async #remove(id: string): Promise<void> {
    await Deno.remove(`${this.#folder}/${id}`, { recursive: true }).catch(unlessGone);
  }

  #hour(): number {
    return Math.floor(this.#now() / 1000 / HOUR) * HOUR;
  }
}

function gone(): Refused {
  return new Refused("gone", "there is no such data set any more: offer it again");
}

function unlessGone(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
