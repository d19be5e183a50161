/** Lines of real nodes, for tests: see fixtures/README.md. */

import { zstdDecompressSync } from "node:zlib";

/** The bytes of a recorded log. */
export function recordedLog(name: "core-31" | "knots-29"): Uint8Array {
  const file = new URL(`./fixtures/${name}.log.zst`, import.meta.url);
  return new Uint8Array(zstdDecompressSync(Deno.readFileSync(file)));
}

/** The lines of a recorded log. */
export function recordedLines(name: "core-31" | "knots-29"): string[] {
  return new TextDecoder().decode(recordedLog(name)).replace(/\n$/, "").split("\n");
}

/** Names of numbers: `{ 14: "NET" }` of `{ NET: 14 }`. */
export function namesOf(numbers: Readonly<Record<string, number>>): Record<number, string> {
  return Object.fromEntries(Object.entries(numbers).map(([name, number]) => [number, name]));
}
