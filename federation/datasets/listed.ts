/**
 * Data sets that anybody may download, as they lie in a hub's public folder: static files and nothing else.
 *
 * ```text
 * datasets.json        what there is, the newest first
 * datasets/ID/NAME     the files of each, as they were contributed
 * ```
 *
 * @module
 */

import type { Kind } from "../../proto/subjects.ts";
import { canonical } from "../release/document.ts";
import { writeWhole } from "../../runtime/files.ts";

/** Name of the list in the public folder. */
export const LIST_FILE = "datasets.json";
/** Folder of the data sets beside it. */
export const LISTED_FOLDER = "datasets";

/** A file of a data set. */
export interface ListedFile {
  /** Its name in `datasets/ID/`. */
  readonly name: string;
  /** Its size. */
  readonly bytes: number;
  /** Its SHA-256, in hexadecimal. */
  readonly sha256: string;
}

/** A data set that was released. Who contributed it is not said. */
export interface ListedDataSet {
  /** 32 hexadecimal digits: the beginning of the SHA-256 of what its files are. */
  readonly id: string;
  /** The day, in UTC: `2026-11-21`. */
  readonly released: string;
  /** What may be done with it. */
  readonly licence: "CC-BY-4.0";
  /** Name of the policy that it was redacted with. */
  readonly policy: string;
  /** Archives in it, each of which was one recording. */
  readonly recordings: number;
  /** Events in it, by kind. */
  readonly events: Readonly<Partial<Record<Kind, number>>>;
  /** Size of all its files. */
  readonly bytes: number;
  /** Its files, by name. */
  readonly files: readonly ListedFile[];
}

/** The file `datasets.json`. */
export interface DataSetList {
  /** How to read it. */
  readonly format: "waggle-datasets-1";
  /** The newest first. */
  readonly dataSets: readonly ListedDataSet[];
}

/** Readable by whoever serves it. */
const PUBLIC_MODE = 0o644;

/** What a public folder lists; nothing where there is no list. */
export async function readList(site: string): Promise<readonly ListedDataSet[]> {
  try {
    const list: DataSetList = JSON.parse(await Deno.readTextFile(`${site}/${LIST_FILE}`));
    if (list?.format !== "waggle-datasets-1") throw new SyntaxError("it is no list of data sets");
    return list.dataSets;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Replaces the list, whole or not at all. */
export async function writeList(site: string, dataSets: readonly ListedDataSet[]): Promise<void> {
  const newest = dataSets.toSorted((a, b) =>
    b.released.localeCompare(a.released) || a.id.localeCompare(b.id)
  );
  const list: DataSetList = { format: "waggle-datasets-1", dataSets: newest };
  await writeWhole(`${site}/${LIST_FILE}`, canonical(list), PUBLIC_MODE);
}
