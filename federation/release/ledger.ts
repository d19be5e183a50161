/**
 * The book of what has been spent: a file that only grows, written to the disk before anything that was paid for leaves.
 *
 * ```text
 * length u32 | CRC32C of the payload u32 | SHA-256 of the link before and the payload | payload (JSON)
 * ```
 *
 * A second file, written after each entry, says how many entries there are and the last link. So an entry that was cut
 * short while it was written (nobody has seen its noise) can be told from one that somebody took away.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { crc32c } from "../../runtime/crc32c.ts";
import { writeWhole } from "../../runtime/files.ts";

/** One debit, and what was bought for it: asked again, the same. */
export interface Entry {
  /** Of which epoch: Unix seconds, included. */
  readonly from: number;
  /** Unix seconds, not included. */
  readonly to: number;
  /** Which numbers. */
  readonly group: string;
  /** Standard deviation, in thousandths of the diameter. */
  readonly noiseMilli: number;
  /** In billionths of zCDP's rho, rounded up. */
  readonly cost: number;
  /** What the values were cut around, if that is not 0; what was published before. */
  readonly centre?: readonly number[] | undefined;
  /** Noisy sums, in units. */
  readonly values: readonly number[];
  /** Noise of the threshold of each, in units; 0 or more. */
  readonly limits: readonly number[];
  /**
   * What ended a watch: "stress", the hash of a block that was late, or "" if it ended without an alarm. The debit that
   * begins a watch has none; its `noiseMilli` is epsilon.
   */
  readonly alarm?: string | undefined;
}

/** Where entries are. */
export interface Ledger {
  /** All of them, in order. */
  readonly entries: readonly Entry[];
  /** Adds one; resolves when it would survive a power cut. */
  append(entry: Entry): Promise<void>;
}

const NAME = "ledger";
const HEAD = "ledger.head";
const HEADER_BYTES = 40;
const LINK_BYTES = 32;
/** An entry has some dozens of numbers. */
const MOST_PAYLOAD = 65_536;
const FIRST_LINK = createHash("sha256").update("waggle ledger 1").digest();

interface Head {
  readonly count: number;
  readonly link: string;
}

/** What is in the bytes of a ledger. */
export interface Scan {
  /** Those that are whole, in order. */
  readonly entries: Entry[];
  /** The link after each entry. */
  readonly links: Uint8Array[];
  /** Bytes that are entries. */
  readonly bytes: number;
}

/** A ledger in a folder. Nobody else can open it meanwhile. */
export class FileLedger implements Ledger, Disposable {
  readonly #folder: string;
  readonly #file: Deno.FsFile;
  readonly #entries: Entry[];
  #link: Uint8Array;
  #isBroken = false;

  private constructor(folder: string, file: Deno.FsFile, { entries, links }: Scan) {
    this.#folder = folder;
    this.#file = file;
    this.#entries = entries;
    this.#link = links.at(-1) ?? FIRST_LINK;
  }

  /**
   * Opens the ledger, or makes one where there is none.
   *
   * @throws {SyntaxError} If it is not whole. Then nothing may be published.
   */
  static async open(folder: string): Promise<FileLedger> {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    const file = await Deno.open(`${folder}/${NAME}`, { read: true, write: true, create: true, mode: 0o600 });
    try {
      await file.lock(true);
      const bytes = await Deno.readFile(`${folder}/${NAME}`);
      const scan = scanLedger(bytes);
      const head = await readHead(folder);
      checkHead(scan, head, bytes.length);
      await file.truncate(scan.bytes);
      await file.seek(scan.bytes, Deno.SeekMode.Start);
      const ledger = new FileLedger(folder, file, scan);
      if (head?.count !== scan.entries.length) await ledger.#writeHead();
      return ledger;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** All of them, in order. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Adds one; resolves when it would survive a power cut. */
  async append(entry: Entry): Promise<void> {
    if (this.#isBroken) throw new Error("Cannot debit: writing the ledger failed before, start again");
    const payload = new TextEncoder().encode(JSON.stringify(entry));
    const link = linkOf(this.#link, payload);
    const bytes = new Uint8Array(HEADER_BYTES + payload.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, payload.length, true);
    view.setUint32(4, crc32c(payload), true);
    bytes.set(link, 8);
    bytes.set(payload, HEADER_BYTES);
    // Whatever is on the disk now: another attempt behind half an entry would make it unreadable.
    this.#isBroken = true;
    for (let at = 0; at < bytes.length;) at += await this.#file.write(bytes.subarray(at));
    await this.#file.syncData();
    this.#entries.push(entry);
    this.#link = link;
    await this.#writeHead();
    this.#isBroken = false;
  }

  /** Lets others open it. */
  [Symbol.dispose](): void {
    this.#file.close();
  }

  async #writeHead(): Promise<void> {
    const head: Head = { count: this.#entries.length, link: this.#link.toHex() };
    await writeWhole(`${this.#folder}/${HEAD}`, JSON.stringify(head));
  }
}

/**
 * The entries in the bytes of a ledger. What is behind the last whole one is left to the caller.
 *
 * @throws {SyntaxError} If an entry is whole but wrong.
 */
export function scanLedger(bytes: Uint8Array): Scan {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scan: Scan & { bytes: number } = { entries: [], links: [], bytes: 0 };
  let link: Uint8Array = FIRST_LINK;
  while (bytes.length - scan.bytes >= HEADER_BYTES) {
    const at = scan.bytes;
    const length = view.getUint32(at, true);
    if (length > MOST_PAYLOAD) throw broken(`an entry at ${at} is too long`);
    if (at + HEADER_BYTES + length > bytes.length) break;
    const payload = bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length);
    if (crc32c(payload) !== view.getUint32(at + 4, true)) throw broken(`the entry at ${at} is damaged`);
    link = linkOf(link, payload);
    if (link.toHex() !== bytes.subarray(at + 8, at + 8 + LINK_BYTES).toHex()) {
      throw broken(`the entry at ${at} does not follow the one before`);
    }
    scan.entries.push(readEntry(payload, at));
    scan.links.push(link);
    scan.bytes = at + HEADER_BYTES + length;
  }
  return scan;
}

function readEntry(payload: Uint8Array, at: number): Entry {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch (cause) {
    throw broken(`the entry at ${at} says nothing`, cause);
  }
}

function checkHead({ entries, links, bytes }: Scan, head: Head | undefined, length: number): void {
  const count = head?.count ?? 0;
  if (count > entries.length) throw broken(`${count} entries were written, and ${entries.length} are there`);
  if (count > 0 && links[count - 1]!.toHex() !== head!.link) throw broken("it is another one than before");
  // One can have been written without the head; an interruption cuts no more than one.
  const behind = entries.length - count + (length > bytes ? 1 : 0);
  if (behind > 1) throw broken(`"${HEAD}" is missing or older than the ledger`);
}

async function readHead(folder: string): Promise<Head | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(`${folder}/${HEAD}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  try {
    const { count, link } = JSON.parse(text);
    if (Number.isSafeInteger(count) && typeof link === "string") return { count, link };
  } catch {
    // Said below.
  }
  throw broken(`"${HEAD}" cannot be read`);
}

function linkOf(before: Uint8Array, payload: Uint8Array): Uint8Array {
  return createHash("sha256").update(before).update(payload).digest();
}

function broken(why: string, cause?: unknown): SyntaxError {
  const what = "Cannot trust the ledger of what was published";
  return new SyntaxError(`${what}: ${why}; nothing is published until it is restored from a backup`, {
    cause,
  });
}
