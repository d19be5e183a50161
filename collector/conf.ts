/**
 * bitcoin.conf, read as Bitcoin Core reads it (common/config.cpp): names and values, sections, included files.
 *
 * Whoever may write the file chooses its bytes: lines that make no sense are left out, and a file has a longest length.
 *
 * @module
 */

import { join } from "@std/path";

/** A line of it. */
export interface ConfLine {
  /** The chain it is for; empty for all. */
  readonly section: string;
  /** Without `no` in front. */
  readonly name: string;
  /** `0` for what was switched off with `no`. */
  readonly value: string;
}

/** Longer files are read that far. */
export const MOST_CONF_BYTES = 1 << 20;
const MOST_LINES = 10_000;
const MOST_INCLUDES = 20;

/**
 * The settings in a text.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseConf("server=1 # yes\n[regtest]\nnolisten=1"), [
 *   { section: "", name: "server", value: "1" },
 *   { section: "regtest", name: "listen", value: "0" },
 * ]);
 * ```
 */
export function parseConf(text: string): ConfLine[] {
  const found: ConfLine[] = [];
  let section = "";
  for (const raw of text.slice(0, MOST_CONF_BYTES).split("\n", MOST_LINES)) {
    const line = raw.split("#", 1)[0]!.trim();
    const header = /^\[([^\]]*)\]$/.exec(line);
    if (header !== null) {
      section = header[1]!;
      continue;
    }
    const equals = line.indexOf("=");
    if (equals < 1) continue;
    const key = line.slice(0, equals).trim();
    const value = line.slice(equals + 1).trim();
    const dot = section === "" ? key.indexOf(".") : -1;
    const name = key.slice(dot + 1);
    found.push({ section: dot < 0 ? section : key.slice(0, dot), ...withoutNo(name, value) });
  }
  return found;
}

/** `nolisten=1` is `listen=0`, and `nolisten=0` is `listen=1`. */
export function withoutNo(name: string, value: string): { name: string; value: string } {
  if (!/^no./.test(name)) return { name, value };
  return { name: name.slice(2), value: isOn(value) ? "0" : "1" };
}

/** What Bitcoin Core takes for yes: nothing at all, or a number other than zero. */
export function isOn(value: string): boolean {
  return value === "" || Number.parseInt(value, 10) !== 0 && !Number.isNaN(Number.parseInt(value, 10));
}

/** A configuration file with what it includes, or why it cannot be read. */
export interface ConfFile {
  /** Where it is. */
  readonly path: string;
  /** Its settings, those of included files after its own. */
  readonly lines: readonly ConfLine[];
  /** Whether it has a part for one chain only, so that what is added at its end would be in there. */
  readonly hasSections: boolean;
  /** `undefined` where it was read; most nodes have none, which is fine. */
  readonly problem?: "missing" | "unreadable";
}

/** Reads a file and what it includes for a chain; a relative path in it counts from the data directory. */
export function readConf(path: string, datadir: string): ConfFile {
  const text = readBounded(path);
  if (typeof text !== "string") return { path, lines: [], hasSections: false, problem: text.problem };
  const lines = parseConf(text);
  const hasSections = /^\s*\[/m.test(text);
  // A file that is included may not include others.
  const included = lines.filter(({ name }) => name === "includeconf").slice(0, MOST_INCLUDES)
    .flatMap(({ section, value }) => {
      const text = value === "" ? "" : readBounded(absolute(value, datadir));
      const theirs = typeof text === "string" ? parseConf(text) : [];
      return section === "" ? theirs : theirs.filter((line) => ["", section].includes(line.section));
    });
  return { path, lines: [...lines, ...included], hasSections };
}

/** A path that counts from a folder. */
export function absolute(path: string, folder: string): string {
  return path.startsWith("/") ? path : join(folder, path);
}

/** The beginning of a file. */
export function readBounded(
  path: string,
  most: number = MOST_CONF_BYTES,
): string | { problem: "missing" | "unreadable" } {
  try {
    // A pipe would keep us waiting for its writer.
    if (!Deno.statSync(path).isFile) return { problem: "unreadable" };
    using file = Deno.openSync(path);
    const bytes = new Uint8Array(most);
    let filled = 0;
    for (let read; filled < most && (read = file.readSync(bytes.subarray(filled))) !== null;) filled += read;
    return new TextDecoder().decode(bytes.subarray(0, filled));
  } catch (error) {
    return { problem: error instanceof Deno.errors.NotFound ? "missing" : "unreadable" };
  }
}
