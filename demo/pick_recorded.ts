/**
 * Writes recorded.json: some of the recorded messages of tests/vectors, the same each time.
 *
 *     deno run --allow-read --allow-write=demo demo/pick_recorded.ts
 *
 * @module
 */

import { zstdDecompressSync } from "node:zlib";

/** How many of each, no longer than so many bytes: the demo sends them again and again. */
const WANTED: Readonly<Record<string, number>> = {
  ...{ inv: 16, tx: 24, getdata: 8, headers: 6, getheaders: 4, cmpctblock: 4, feefilter: 4, pong: 4 },
};
const MOST_BYTES = 500;

const file = new URL("../tests/vectors/p2p/messages.ndjson.zst", import.meta.url);
const lines = new TextDecoder().decode(zstdDecompressSync(await Deno.readFile(file))).trimEnd().split("\n");
const all: { type: string; hex: string }[] = lines.map((line) => JSON.parse(line));
const picked = Object.entries(WANTED).flatMap(([type, count]) => {
  const fitting = [...new Set(all.filter((one) => one.type === type).map(({ hex }) => hex))]
    .filter(({ length }) => length > 0 && length / 2 <= MOST_BYTES);
  const step = Math.max(1, Math.floor(fitting.length / count));
  return fitting.filter((_, i) => i % step === 0).slice(0, count).map((hex) => ({ type, hex }));
});
await Deno.writeTextFile(new URL("recorded.json", import.meta.url), JSON.stringify(picked, null, 2) + "\n");
