/**
 * Files of addresses as others write them: Tor's exits, ban lists.
 *
 * @module
 */

import { parseSubnet, type Subnet } from "./subnet.ts";

/** What the lines of a file say. */
export interface Lines<T> {
  /** What was taken from them. */
  readonly entries: readonly T[];
  /** Lines that made no sense. */
  readonly refused: number;
  /** The first of them. */
  readonly firstRefused: string | undefined;
}

/**
 * One address or subnet per line. What stands around it is left out, so that Tor's own list of exits and ban lists made
 * of commands can be used as they are; so are comments behind `#` or `;`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const text = "192.0.2.0/24 # ours\nsetban 198.51.100.7 add\nExitAddress 203.0.113.9 2026-01-01 00:00:00\nnone";
 * const { entries, refused, firstRefused } = parseSubnetList(text);
 * assertEquals([entries.length, refused, firstRefused], [3, 1, "none"]);
 * ```
 */
export function parseSubnetList(text: string): Lines<Subnet> {
  return parseLines(text, subnetOf);
}

/** Takes what `parse` makes of each line that is neither empty nor a comment; `undefined` refuses it. */
export function parseLines<T>(text: string, parse: (line: string) => T | undefined): Lines<T> {
  const entries: T[] = [];
  let refused = 0;
  let firstRefused: string | undefined;
  for (const raw of text.split("\n")) {
    const line = raw.replace(/[#;].*$/, "").trim();
    if (line === "") continue;
    const entry = parse(line);
    if (entry !== undefined) entries.push(entry);
    else {
      refused++;
      firstRefused ??= line.slice(0, 80);
    }
  }
  return { entries, refused, firstRefused };
}

function subnetOf(line: string): Subnet | undefined {
  for (const word of line.split(/[\s,"']+/)) {
    try {
      return parseSubnet(word);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return undefined;
}
