/**
 * What recording and reading cost, per minute of traffic of the main network (some 5,600 events, 2 MB).
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { encodeHeader, recordLength, RecordSplitter } from "../../proto/archive/records.ts";
import { decodeEvent } from "../../proto/event.ts";
import { ArchiveReader } from "../../runtime/archive/reader.ts";
import { inspect } from "../archiveinfo/inspect.ts";
import { Summary } from "../archiveinfo/summary.ts";
import { secondsOfTraffic } from "./_traffic.ts";
import { Recorder } from "./recorder.ts";

const LEVEL = 7;
const traffic = [...secondsOfTraffic(60)].flat();
const header = encodeHeader({ created: 1_780_140_481, lowData: false });
const plain = new Uint8Array(
  [header, ...traffic].flatMap((record) => [...recordLength(record.length), ...record]),
);
const params = { [constants.ZSTD_c_compressionLevel]: LEVEL };
const frame = zstdCompressSync(plain, { params });
const folder = await Deno.makeTempDir({ prefix: "waggle-bench-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

async function record(level: number): Promise<void> {
  const options = {
    dir: folder,
    baseName: `level-${level}`,
    maxFileSize: Infinity,
    maxAgeMinutes: 0,
    lowData: false,
  };
  const context = { log: { error() {}, warn() {}, info() {}, debug() {} }, count() {} };
  const recorder = new Recorder({ ...options, level, only: [], since: undefined, until: undefined }, context);
  for (const data of traffic) {
    recorder.add({ subject: "netmsg", data });
    if (recorder.isFull) await recorder.write();
  }
  await recorder.close();
  for (const { name } of Deno.readDirSync(folder)) {
    if (name.startsWith("level-")) Deno.removeSync(`${folder}/${name}`);
  }
}

const group = "record a minute";
Deno.bench("compress it in one piece with zlib", { group, baseline: true }, () => {
  Deno.writeFileSync(`${folder}/whole`, zstdCompressSync(plain, { params }));
});
for (const level of [0, 3, LEVEL, 12]) {
  Deno.bench(`archive, level ${level}`, { group }, async () => await record(level));
}

const path = `${folder}/a.bin.zst`;
Deno.writeFileSync(path, frame);

async function readAll(): Promise<number> {
  using reader = await ArchiveReader.open(path);
  let events = 0;
  for await (const batch of reader.batches()) events += batch.length;
  return events;
}

async function look(): Promise<number> {
  const summary = new Summary({ messageDirections: false, showUnknownCommands: false });
  const info = await inspect({ path, size: frame.length }, {
    summaryOf: () => summary,
    onProgress() {},
    signal: new AbortController().signal,
  });
  return info.events;
}

/** What a script would do that has the memory for it. */
function decodeWhole(): number {
  const [, ...events] = new RecordSplitter().push(zstdDecompressSync(Deno.readFileSync(path)));
  return events.filter((event) => decodeEvent(event).ok).length;
}

assertEquals([await readAll(), await look(), decodeWhole()], Array(3).fill(traffic.length));

const reading = "read a minute";
Deno.bench("decompress it in one piece with zlib, decode", { group: reading, baseline: true }, () => {
  decodeWhole();
});
Deno.bench("as a stream, without decoding (replay)", { group: reading }, async () => void await readAll());
Deno.bench("as a stream, decode and count (archiveinfo)", { group: reading }, async () => void await look());
