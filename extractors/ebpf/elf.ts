/**
 * Finds the tracepoints of a program in its ELF notes: no tool and no privileges are needed, only the file.
 *
 * @module
 */

/** A place in a program that can be traced: an ELF note of owner `stapsdt`. */
export interface Note {
  /** Provider and name, `net:inbound_message`. */
  readonly name: string;
  /** Where each argument is, `-8@%r13`; `undefined` where only the name is known. */
  readonly args: readonly string[] | undefined;
  /** True if the program prepares arguments only while it is traced. */
  readonly semaphore: boolean;
}

/** What was found, or why the file cannot be read. */
export type Notes =
  | { readonly ok: true; readonly machine: number; readonly notes: readonly Note[] }
  | { readonly ok: false; readonly problem: string };

/** Gives bytes of a file: fewer than asked for where the file ends. */
export type ReadAt = (offset: number, length: number) => Uint8Array;

/** `e_machine` of x86_64. */
export const X86_64 = 62;

const HEADER_BYTES = 64;
const SECTION_BYTES = 64;
const NOTE_TYPE = 3;
// A node has 20 notes in 2 kB. The file may be anybody's.
const MOST_SECTIONS = 4096;
const MOST_BYTES = 1024 * 1024;

/**
 * Reads the notes of a 64-bit little-endian ELF file.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const file = new TextEncoder().encode("#!/bin/sh");
 * assertEquals(readNotes((at, length) => file.subarray(at, at + length)), {
 *   ok: false,
 *   problem: "it is no 64-bit little-endian ELF file",
 * });
 * ```
 */
export function readNotes(read: ReadAt): Notes {
  const header = view(read(0, HEADER_BYTES));
  // Magic, class 2 (64 bits), data 1 (little-endian): words are printed as integers of this machine.
  if (
    header.byteLength < HEADER_BYTES || header.getUint32(0) !== 0x7f454c46 || header.getUint16(4) !== 0x0201
  ) {
    return { ok: false, problem: "it is no 64-bit little-endian ELF file" };
  }
  const sections = readSections(header, read);
  if (sections === undefined) return { ok: false, problem: "its section table is damaged" };
  const machine = header.getUint16(18, true);
  const section = sections.find(({ name }) => name === ".note.stapsdt");
  if (section === undefined) return { ok: true, machine, notes: [] };
  if (section.size > MOST_BYTES) return { ok: false, problem: "its notes are too long" };
  const notes = parseNotes(read(section.offset, section.size));
  return notes === undefined ? { ok: false, problem: "its notes are damaged" } : { ok: true, machine, notes };
}

interface Section {
  name: string;
  offset: number;
  size: number;
}

function readSections(header: DataView, read: ReadAt): Section[] | undefined {
  const offset = safe(header, 0x28);
  const size = header.getUint16(0x3a, true);
  const count = header.getUint16(0x3c, true);
  const names = header.getUint16(0x3e, true);
  if (size !== SECTION_BYTES || count > MOST_SECTIONS || names >= count || offset === undefined) {
    return undefined;
  }
  const table = view(read(offset, count * SECTION_BYTES));
  if (table.byteLength < count * SECTION_BYTES) return undefined;
  const entry = (index: number) => {
    const at = index * SECTION_BYTES;
    return { name: table.getUint32(at, true), offset: safe(table, at + 0x18), size: safe(table, at + 0x20) };
  };
  const strings = entry(names);
  if (strings.offset === undefined || strings.size === undefined || strings.size > MOST_BYTES) {
    return undefined;
  }
  const text = read(strings.offset, strings.size);
  const sections: Section[] = [];
  for (let index = 0; index < count; index++) {
    const { name, offset, size } = entry(index);
    if (offset === undefined || size === undefined) return undefined;
    sections.push({ name: textAt(text, name)?.text ?? "", offset, size });
  }
  return sections;
}

function parseNotes(bytes: Uint8Array): Note[] | undefined {
  const data = view(bytes);
  const notes: Note[] = [];
  for (let at = 0; at + 12 <= bytes.length;) {
    const ownerBytes = data.getUint32(at, true);
    const bodyBytes = data.getUint32(at + 4, true);
    const type = data.getUint32(at + 8, true);
    const body = at + 12 + align(ownerBytes);
    if (body + bodyBytes > bytes.length) return undefined;
    const owner = textAt(bytes.subarray(0, body), at + 12)?.text;
    if (type === NOTE_TYPE && owner === "stapsdt") {
      const note = parseNote(bytes.subarray(body, body + bodyBytes));
      if (note === undefined) return undefined;
      notes.push(note);
    }
    at = body + align(bodyBytes);
  }
  return notes;
}

/** Location, base and semaphore, then provider, name and arguments. */
function parseNote(body: Uint8Array): Note | undefined {
  if (body.length < 24) return undefined;
  const provider = textAt(body, 24);
  const name = provider && textAt(body, provider.end);
  const args = name && textAt(body, name.end);
  if (args === undefined) return undefined;
  return {
    name: `${provider!.text}:${name!.text}`,
    args: splitArgs(args.text),
    semaphore: view(body).getBigUint64(16, true) !== 0n,
  };
}

/** ARM writes spaces into brackets: `8@[sp, 16]`. */
function splitArgs(text: string): string[] {
  return text.match(/-?\d+(?:f)?@(?:\[[^\]]*\]|\S+)/g) ?? [];
}

function textAt(bytes: Uint8Array, at: number): { text: string; end: number } | undefined {
  const end = bytes.indexOf(0, at);
  if (at >= bytes.length || end < 0) return undefined;
  return { text: new TextDecoder().decode(bytes.subarray(at, end)), end: end + 1 };
}

function safe(data: DataView, at: number): number | undefined {
  const value = data.getBigUint64(at, true);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}

function align(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
