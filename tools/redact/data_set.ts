/**
 * A folder that is either a whole data set or has a name that says what it is: it is written beside its place, and gets
 * its name when nothing more can be found in it.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { isThere } from "../../runtime/files.ts";

const UNFINISHED = ".unfinished";
const REFUSED = ".refused";

/** All folders that a data set at this path may have. */
export function foldersOf(out: string): string[] {
  const path = withoutSlash(out);
  return [path, path + UNFINISHED, path + REFUSED];
}

/** A file of a data set. */
export interface FileEntry {
  /** Its name. */
  readonly name: string;
  /** Its size. */
  readonly bytes: number;
  /** Its SHA-256, in hexadecimal. */
  readonly sha256: string;
}

/** A data set that is being written. */
export class DataSet {
  /** Where its files go. */
  readonly folder: string;
  readonly #out: string;

  private constructor(out: string) {
    this.#out = withoutSlash(out);
    this.folder = this.#out + UNFINISHED;
  }

  /**
   * Makes its folder.
   *
   * @throws {Error} If one of its folders is there.
   */
  static async start(out: string): Promise<DataSet> {
    const set = new DataSet(out);
    for (const path of foldersOf(out)) {
      if (isThere(path)) {
        throw new Error(
          `Cannot write "${path}": it is there already; remove it or name another with --redact.out`,
        );
      }
    }
    await Deno.mkdir(set.folder).catch((cause) => {
      throw new Error(`Cannot make the folder "${set.folder}": ${cause.message}`, { cause });
    });
    return set;
  }

  /** Where a file of this name is. */
  pathOf(name: string): string {
    return `${this.folder}/${name}`;
  }

  /** Adds a text. */
  async write(name: string, text: string): Promise<void> {
    await Deno.writeTextFile(this.pathOf(name), text, { createNew: true });
  }

  /** What a file is. */
  async entryOf(name: string): Promise<FileEntry> {
    const hash = createHash("sha256");
    using file = await Deno.open(this.pathOf(name));
    const buffer = new Uint8Array(1024 * 1024);
    let bytes = 0;
    for (let count = await file.read(buffer); count !== null; count = await file.read(buffer)) {
      hash.update(buffer.subarray(0, count));
      bytes += count;
    }
    return { name, bytes, sha256: hash.digest("hex") };
  }

  /** Gives it its name: nothing was found in it. */
  async release(): Promise<string> {
    await Deno.rename(this.folder, this.#out);
    return this.#out;
  }

  /** Gives it a name that says that it must not be handed over. */
  async refuse(): Promise<string> {
    await Deno.rename(this.folder, this.#out + REFUSED);
    return this.#out + REFUSED;
  }

  /** Removes what there is of it. */
  async abandon(): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

function withoutSlash(path: string): string {
  return path.replace(/(?<=.)\/+$/, "");
}
