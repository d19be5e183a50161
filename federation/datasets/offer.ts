/**
 * What a contributor offers: a list of files with their sizes and hashes. Its own hash is the name of the data set, so
 * that both sides mean the same bytes whenever they go on.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { ARCHIVE_NAME, TEXT_FILES } from "../../tools/redact/manifest.ts";
import { canonical } from "../release/document.ts";
import type { ListedFile } from "./listed.ts";

/** What is offered. */
export interface Offer {
  /** How to read it. */
  readonly format: "waggle-offer-1";
  /** All files, by name. */
  readonly files: readonly ListedFile[];
}

/** How large things may be. */
export interface SizeLimits {
  /** Bytes of a file. */
  readonly file: number;
  /** Bytes of a data set. */
  readonly set: number;
}

/** Longer texts are no offer. */
export const MOST_OFFER_BYTES = 64 * 1024;
/** Files of a data set, the texts included. */
const MOST_FILES = 256;
/** The texts of a data set; a manifest has a line for each archive. */
const MOST_TEXT_BYTES = 1024 * 1024;
const TEXTS: readonly string[] = Object.values(TEXT_FILES);
const ID = /^[0-9a-f]{32}$/;

/** Why something is not taken: a machine word, and a sentence that a contributor may read. */
export class Refused extends Error {
  /** A machine word. */
  readonly word: string;

  /** With a word and a sentence. */
  constructor(word: string, message: string) {
    super(message);
    this.word = word;
  }
}

/** An offer of these files. */
export function offerOf(files: readonly ListedFile[]): Offer {
  return { format: "waggle-offer-1", files: files.toSorted((a, b) => a.name < b.name ? -1 : 1) };
}

/** The one spelling of an offer. */
export function offerText(offer: Offer): string {
  return canonical(offer);
}

/** The name of what is offered: the first 16 bytes of the offer's hash, in hexadecimal. */
export function idOf(offer: Offer): string {
  return createHash("sha256").update(offerText(offer)).digest("hex").slice(0, 32);
}

/** Whether a text can be such a name. */
export function isId(text: string): boolean {
  return ID.test(text);
}

/** Bytes of all files. */
export function bytesOf({ files }: Offer): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/**
 * Reads an offer. Its names are those of a data set and no others, so that none of them leads out of a folder.
 *
 * @throws {Refused} If it is none.
 */
export function parseOffer(text: string): Offer {
  const given = filesIn(text);
  if (given.length > MOST_FILES) throw tooLarge(`it has ${given.length} files, and ${MOST_FILES} are taken`);
  const files = given.map(fileOf);
  const offer = offerOf(files);
  if (offerText(offer) !== text) throw malformed("the offer is not spelled as it should be");
  const names = new Set(files.map(({ name }) => name));
  const missing = TEXTS.find((name) => !names.has(name));
  if (names.size < files.length) throw malformed("a name comes twice");
  if (missing !== undefined) throw new Refused("incomplete", `${missing} is not in it${hintFor(missing)}`);
  if (files.length === TEXTS.length) throw new Refused("incomplete", "there is no archive in it");
  const long = files.find(({ name, bytes }) => TEXTS.includes(name) && bytes > MOST_TEXT_BYTES);
  if (long !== undefined) {
    throw tooLarge(`${long.name} has ${long.bytes} bytes, and ${MOST_TEXT_BYTES} are taken`);
  }
  return offer;
}

/**
 * Looks at sizes, before there is anything of that size.
 *
 * @throws {Refused} If something is too large.
 */
export function checkSizes(offer: Offer, limits: SizeLimits): void {
  for (const { name, bytes } of offer.files) {
    if (bytes > limits.file) throw tooLarge(`${name} has ${bytes} bytes, and ${limits.file} are taken`);
  }
  const all = bytesOf(offer);
  if (all > limits.set) throw tooLarge(`it has ${all} bytes, and ${limits.set} are taken of a data set`);
}

function filesIn(text: string): unknown[] {
  try {
    const { format, files } = JSON.parse(text);
    if (format === "waggle-offer-1" && Array.isArray(files)) return files;
  } catch {
    // No JSON, or nothing with members.
  }
  throw malformed("it is no offer");
}

function fileOf(file: unknown): ListedFile {
  const { name, bytes, sha256 } = (file ?? {}) as Record<string, unknown>;
  if (typeof name !== "string" || !TEXTS.includes(name) && !ARCHIVE_NAME.test(name)) {
    throw new Refused("unknown-file", "a data set has other files than those that redact writes");
  }
  if (typeof bytes !== "number" || !Number.isSafeInteger(bytes) || bytes < 1) {
    throw malformed(`the size of ${name} is no size`);
  }
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) {
    throw malformed(`the hash of ${name} is no hash`);
  }
  return { name, bytes, sha256 };
}

function hintFor(name: string): string {
  return name === TEXT_FILES.licence ? ": redact with --redact.license cc-by-4.0" : "";
}

function malformed(message: string): Refused {
  return new Refused("malformed", message);
}

function tooLarge(message: string): Refused {
  return new Refused("too-large", message);
}
