/**
 * Checks our decoders field by field against recorded messages.
 *
 *     deno run -A tests/vectors/check.ts
 *     P2P_VECTORS=/path/file.ndjson deno run -A tests/vectors/check.ts --first 50
 *
 * Without the variable: the files of this folder. A file may be compressed (`.zst`). Prints the first
 * mismatches and how many vectors passed; the exit code is 1 if any failed or none was read.
 *
 * @module
 */

import { zstdDecompressSync } from "node:zlib";
import { check, type Mismatch, type Vector } from "./_check.ts";

/** The files that are part of the repository. */
export const VECTOR_FILES: readonly URL[] = [
  new URL("p2p/messages.ndjson.zst", import.meta.url),
  new URL("p2p/messages-large.ndjson.zst", import.meta.url),
];

/** What checking a file came to. */
export interface Outcome {
  /** Vectors of which everything held. */
  readonly passed: number;
  /** Lines with a mismatch, or that are no vector. */
  readonly failed: number;
}

/** Checks all lines of a file and reports each mismatch as one line of text. */
export function checkFile(file: URL | string, report: (line: string) => void): Outcome {
  let passed = 0;
  let failed = 0;
  for (const [index, line] of readLines(file).entries()) {
    if (line.trim() === "") continue;
    const mismatches = checkLine(line);
    if (mismatches.length === 0) passed++;
    else failed++;
    for (const mismatch of mismatches) report(`line ${index + 1} ${describe(line, mismatch)}`);
  }
  return { passed, failed };
}

/** The lines of a vector file, unpacked by the ending of its name. */
export function readLines(file: URL | string): string[] {
  const bytes = Deno.readFileSync(file);
  const text = String(file).endsWith(".zst") ? zstdDecompressSync(bytes) : bytes;
  return new TextDecoder().decode(text).split("\n");
}

function checkLine(line: string): Mismatch[] {
  try {
    return check(JSON.parse(line) as Vector);
  } catch (error) {
    // Decoders return what they think of bytes, so an exception is either a broken line or a bug of ours.
    return [{ field: "exception", expected: "none", got: error instanceof Error ? error.message : error }];
  }
}

function describe(line: string, { field, expected, got }: Mismatch): string {
  const type = /"type": ?"([^"]*)"/.exec(line)?.[1] ?? "?";
  const from = /"from": ?"([^"]*)"/.exec(line)?.[1] ?? "?";
  return `(${type}, from ${from}) ${field}: expected ${show(expected)}, got ${show(got)}`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value, (_, part) => typeof part === "bigint" ? String(part) : part) ??
    "nothing";
  return text.length > 160 ? `${text.slice(0, 160)}… (${text.length} characters)` : text;
}

if (import.meta.main) {
  const first = Number(Deno.args[Deno.args.indexOf("--first") + 1] ?? 20) || 20;
  const given = Deno.env.get("P2P_VECTORS");
  let printed = 0;
  let [passed, failed] = [0, 0];
  for (const file of given ? [given] : VECTOR_FILES) {
    const outcome = checkFile(file, (line) => {
      if (printed++ < first) console.log(line);
    });
    passed += outcome.passed;
    failed += outcome.failed;
  }
  if (printed > first) console.log(`and ${printed - first} more mismatches`);
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0 || passed === 0) Deno.exit(1);
}
