/**
 * What redaction costs, beside copying the same archive event by event, per minute of traffic of the main network (some
 * 5,600 events, 2 MB), and for addresses of which none comes twice.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { encodeEvent } from "../../proto/event.ts";
import { ArchiveFile } from "../../runtime/archive/archive_file.ts";
import { ArchiveReader } from "../../runtime/archive/reader.ts";
import { plainArchive } from "../../tests/parts/archives.ts";
import { secondsOfTraffic } from "../archive/_traffic.ts";
import { makeDataSet } from "./job.ts";
import { POLICIES, type Policy } from "./policy.ts";

const folder = await Deno.makeTempDir({ prefix: "waggle-bench-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const SOURCES = {
  "a minute of traffic": [...secondsOfTraffic(60)].flat(),
  "5,000 addresses, each once": Array.from({ length: 5000 }, (_, i) => addrEvent(i)),
};

function addrEvent(i: number): Uint8Array {
  const value = `${11 + (i >>> 16)}.${i >>> 8 & 255}.${i & 255}.7`;
  const address = {
    timestamp: 1_779_999_000,
    address: { case: "ipv4" as const, value },
    services: 9n,
    port: 8333,
  };
  const meta = {
    peerId: i % 200,
    addr: `198.18.0.${i % 200}:8333`,
    connType: 1,
    command: "addr",
    inbound: true,
    size: 31,
  };
  const msg = { case: "addr" as const, value: { addresses: [address] } };
  return encodeEvent({ timestamp: 1_780_000_000_000 + i, kind: "message", value: { meta, msg } });
}

let made = 0;

async function copy(path: string): Promise<number> {
  using reader = await ArchiveReader.open(path);
  const header = reader.header;
  const file = await ArchiveFile.create(`${folder}/copy-${made++}.bin`, { level: 0, header });
  for await (const batch of reader.batches()) {
    for (const event of batch) file.add(event);
    await file.write();
  }
  await file.close();
  Deno.removeSync(file.path);
  return file.events;
}

async function redact(path: string, classes: Policy): Promise<number> {
  const out = `${folder}/out-${made++}`;
  const { report } = await makeDataSet(
    {
      files: [path],
      policy: { name: "bench", classes },
      key: crypto.getRandomValues(new Uint8Array(32)),
      ...{ own: ["203.0.113.7"], licence: "none", level: 0 },
    },
    out,
    {
      log: { error() {}, warn() {}, info() {}, debug() {} },
      signal: new AbortController().signal,
      count() {},
    },
  );
  Deno.removeSync(out, { recursive: true });
  assert(report.passed);
  return report.events;
}

for (const [group, events] of Object.entries(SOURCES)) {
  const path = `${folder}/${group.replaceAll(/\W/g, "-")}.bin`;
  const bytes = plainArchive(events);
  Deno.writeFileSync(path, bytes);
  assertEquals([await copy(path), await redact(path, POLICIES.strict)], [events.length, events.length]);
  const size = `${(bytes.length / 1e6).toFixed(1)} MB`;
  Deno.bench(`copy event by event (${size})`, { group, baseline: true }, async () => void await copy(path));
  for (const name of ["strict", "research"] as const) {
    Deno.bench(`redact ${name}, second look included (${size})`, { group }, async () => {
      await redact(path, POLICIES[name]);
    });
  }
}
