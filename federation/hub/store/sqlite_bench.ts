import { openSqlite } from "./sqlite.ts";

/** What it costs to store 500 summaries that arrive together, beside the least that a disk can be asked for. */

const TOGETHER = 500;
const body = crypto.getRandomValues(new Uint8Array(930));
const folder = await Deno.makeTempDir();
const file = await Deno.open(`${folder}/bare`, { create: true, write: true });
const bare = new Uint8Array(TOGETHER * body.length);
const store = openSqlite(folder);
const slots = Array.from({ length: TOGETHER }, () => Math.floor(Math.random() * 2 ** 48));
let sequence = 0;

globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

// deno-lint-ignore require-await
Deno.bench("append to a bare file, fdatasync", { group: "500 summaries", baseline: true }, async () => {
  file.writeSync(bare);
  file.syncDataSync();
});

Deno.bench("append to the store", { group: "500 summaries" }, async () => {
  sequence++;
  const fates = await Promise.all(slots.map((slot) => store.append({ slot, bin: 100, sequence, body })));
  if (fates.some((fate) => fate !== "stored")) throw new Error("Something was not stored");
});
