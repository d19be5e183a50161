import { assertEquals } from "@std/assert";
import { crc32 } from "node:zlib";
import { crc32c } from "../../../runtime/crc32c.ts";
import { Outbox } from "./mod.ts";

const PAYLOAD = new Uint8Array(4096).fill(7);
const BATCH = 64;
// Old records make room; nothing is acknowledged, as when the hub is away.
const LIMITS = { maxBytes: 64 << 20 };

const folder = await Deno.makeTempDir();
const file = await Deno.open(`${folder}/plain`, { write: true, create: true });
const outbox = await Outbox.open(`${folder}/outbox`, LIMITS);

const one = "append 4 KiB, on the disk when done";
Deno.bench("a plain file and fdatasync", { group: one, baseline: true }, async () => {
  file.writeSync(PAYLOAD);
  await file.syncData();
});
Deno.bench("outbox", { group: one }, async () => {
  await outbox.append(PAYLOAD);
});

const many = `append ${BATCH} times 4 KiB at once`;
Deno.bench("a plain file and one fdatasync", { group: many, baseline: true }, async () => {
  for (let i = 0; i < BATCH; i++) file.writeSync(PAYLOAD);
  await file.syncData();
});
Deno.bench("outbox (at once)", { group: many }, async () => {
  await Promise.all(Array.from({ length: BATCH }, () => outbox.append(PAYLOAD)));
});

const full = await Outbox.open(`${folder}/full`);
for (let i = 0; i < 40; i++) await Promise.all(Array.from({ length: 100 }, () => full.append(PAYLOAD)));
await Deno.writeFile(`${folder}/same`, new Uint8Array(full.stats().bytes));
async function readAll(): Promise<number> {
  let records = 0;
  for await (const entry of full.read()) records += entry.kind === "record" ? 1 : 0;
  return records;
}
assertEquals(await readAll(), 4000);
const read = "read 4,000 records of 4 KiB: 16 MB";
Deno.bench("Deno.readFile()", { group: read, baseline: true }, async () => {
  await Deno.readFile(`${folder}/same`);
});
Deno.bench("outbox (read)", { group: read }, async () => {
  await readAll();
});

const check = "checksum of 64 KiB";
const long = new Uint8Array(65_536).fill(7);
Deno.bench("node:zlib crc32(), another polynomial, native", { group: check, baseline: true }, () => {
  crc32(long);
});
Deno.bench("crc32c()", { group: check }, () => {
  crc32c(long);
});

globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
