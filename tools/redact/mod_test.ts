import { assert, assertEquals, assertGreater, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { encodeHeader, recordLength } from "../../proto/archive/records.ts";
import { encodeEvent, type Event } from "../../proto/event.ts";
import { plant } from "../../proto/golden/planted.ts";
import { ArchiveReader } from "../../runtime/archive/reader.ts";
import { logFor } from "../../runtime/log.ts";
import { GOLDEN, plainArchive, temporaryFolder } from "../../tests/parts/archives.ts";
import { startProcess } from "../../tests/parts/process.ts";
import { run } from "../../tests/parts/run.ts";
import { until } from "../../tests/parts/until.ts";
import { CLASSES } from "./classes.ts";
import { type Job, makeDataSet } from "./job.ts";
import { licenceOf, parseManifest, parseVerification, readmeOf } from "./manifest.ts";
import { POLICIES } from "./policy.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const ENV = { NO_COLOR: "1" };
const schema = Deno.readTextFileSync(new URL("../../proto/schema.ts", import.meta.url));

/** The program, as its user starts it. */
async function redact(...args: string[]) {
  const task = ["run", "-P=redact", "--no-prompt", "mod.ts", "redact", ...args];
  return await run(Deno.execPath(), task, { cwd: ROOT, env: ENV });
}

interface Made {
  files: readonly string[];
  out: string;
}

/** The job in this process. */
async function make({ files, out }: Made, job: Partial<Job> = {}) {
  const lines: string[] = [];
  const log = logFor("redact", ({ level, message }) => lines.push(`${level}: ${message}`));
  const outcome = await makeDataSet(
    {
      files,
      policy: { name: "strict", classes: POLICIES.strict },
      key: crypto.getRandomValues(new Uint8Array(32)),
      own: [],
      licence: "none",
      level: 0,
      ...job,
    },
    out,
    { log, signal: new AbortController().signal, count() {} },
  );
  return { ...outcome, lines };
}

async function read(path: string) {
  using reader = await ArchiveReader.open(path);
  const events: Uint8Array[] = [];
  for await (const batch of reader.batches()) events.push(...batch);
  return { events, header: reader.header, isComplete: reader.isComplete };
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted();
}

async function sha256(path: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(path))).toHex();
}

Deno.test("redact writes a data set that other tools read, with its licence and its hashes", async () => {
  await using folder = await temporaryFolder();
  const out = `${folder.path}/data-set`;
  for (const name of ["alpha.bin", "beta.bin"]) {
    await Deno.writeFile(`${folder.path}/${name}`, plainArchive([...GOLDEN, ...plant(schema).events]));
  }
  const { code, stderr } = await redact(folder.path, "--redact.out", out, "--redact.license", "cc-by-4.0");
  assertEquals(code, 0, stderr);
  const archives = ["redacted-0001.bin.zst", "redacted-0002.bin.zst"];
  assertEquals(names(out), ["LICENSE", "README.md", "manifest.json", ...archives, "verification.json"]);
  const manifest = JSON.parse(await Deno.readTextFile(`${out}/manifest.json`));
  for (const { name, sha256: hash, bytes } of manifest.files) {
    assertEquals([hash, bytes], [await sha256(`${out}/${name}`), (await Deno.stat(`${out}/${name}`)).size]);
    const { events, header, isComplete } = await read(`${out}/${name}`);
    assertEquals([events.length, isComplete, header.lowData], [manifest.recordings[0].events, true, true]);
  }
  assertEquals(manifest.licence, "CC-BY-4.0");
  assert(!JSON.stringify(manifest).includes("alpha"), "names of files can be names of nodes");
  assert(JSON.parse(await Deno.readTextFile(`${out}/verification.json`)).passed);
  const task = ["run", "-P=archiveinfo", "mod.ts", "archiveinfo", out];
  assertEquals((await run(Deno.execPath(), task, { cwd: ROOT })).code, 0);
  const again = await redact(folder.path, "--redact.out", out);
  assertEquals(again.code, 1);
  assertMatch(again.stderr, /it is there already/);
});

Deno.test("redact does not release what the second look finds something in", async () => {
  await using folder = await temporaryFolder();
  const [path, out] = [`${folder.path}/a.bin`, `${folder.path}/out`];
  await Deno.writeFile(path, plainArchive(plant(schema).events));
  const classes = { ...CLASSES, Metadata: { ...CLASSES["Metadata"], addr: "plain" as const } };
  const { folder: named, report } = await make({ files: [path], out }, { classes });
  assertEquals([named, report.passed, report.findings[0]!.path], [`${out}.refused`, false, "Metadata.addr"]);
  assertEquals(names(folder.path), ["a.bin", "out.refused"]);
  const text = await Deno.readTextFile(`${named}/verification.json`);
  assert(!/\d+\.\d+\.\d+\.\d+/.test(text), "the report does not repeat what was found");
});

Deno.test("redact takes damaged archives up to the damage, and says so", async () => {
  await using folder = await temporaryFolder();
  const [cut, broken, out] = ["a.bin", "b.bin", "out"].map((name) => `${folder.path}/${name}`) as [
    string,
    string,
    string,
  ];
  const whole = plainArchive(GOLDEN);
  await Deno.writeFile(cut, whole.subarray(0, whole.length - 3));
  await Deno.writeFile(broken, Uint8Array.from([...plainArchive(GOLDEN.slice(0, 10)), 0, 0, 0, 0, 0, 0]));
  const { lines } = await make({ files: [cut, broken], out });
  const { recordings } = JSON.parse(await Deno.readTextFile(`${out}/manifest.json`));
  assertEquals(recordings, [{ events: GOLDEN.length - 1, state: "cut off" }, {
    events: 10,
    state: "broken",
  }]);
  assertEquals((await read(`${out}/redacted-0002.bin`)).events.length, 10);
  assertEquals(lines.filter((line) => line.startsWith("warn:")).length, 2);
  assertMatch(await Deno.readTextFile(`${out}/README.md`), /2 of the recordings had been damaged/);
});

Deno.test("redact leaves nothing when a file is no archive, or is stopped", async () => {
  await using folder = await temporaryFolder();
  const [path, out] = [`${folder.path}/a.bin`, `${folder.path}/out`];
  await Deno.writeTextFile(path, "no archive at all, but long enough to look into it");
  await assertRejects(() => make({ files: [path], out }), Error, "Cannot read");
  await assertRejects(() => make({ files: [`${folder.path}/none`], out }), Error, "no such file");
  assertEquals(names(folder.path), ["a.bin"]);
  await Deno.writeFile(path, plainArchive(GOLDEN));
  const job = { files: [path], policy: { name: "strict", classes: POLICIES.strict }, own: [], level: 0 };
  const surroundings = { log: logFor("redact", () => {}), signal: AbortSignal.abort(), count() {} };
  await assertRejects(() =>
    makeDataSet({ ...job, key: new Uint8Array(32), licence: "none" }, out, surroundings)
  );
  assertEquals(names(folder.path), ["a.bin"]);
});

const OWN = {
  "is named by getnetworkinfo": [
    "203.0.114.1",
    rpc({
      case: "networkInfo",
      value: {
        ...EMPTY_NETWORK_INFO(),
        localAddresses: [{ address: "203.0.114.1", port: 8333, score: 1 }],
      },
    }),
  ],
  "is in a version message of a peer": ["203.0.114.2", version(true)],
  "is announced to three peers": [
    "203.0.114.3",
    [1, 2, 3].map((peerId) => addr(peerId, false, "203.0.114.3")),
  ],
} as const satisfies Record<string, readonly [string, Event | Event[]]>;

for (const [what, [address, told]] of Object.entries(OWN)) {
  Deno.test(`redact removes an own address that ${what}, also where it came before`, async () => {
    await using folder = await temporaryFolder();
    const [path, out] = [`${folder.path}/a.bin`, `${folder.path}/out`];
    const before = [addr(7, true, address), addr(7, true, "198.19.3.4")];
    await Deno.writeFile(path, plainArchive([...before, ...[told].flat()].map(encodeEvent)));
    await make({ files: [path], out });
    const manifest = JSON.parse(await Deno.readTextFile(`${out}/manifest.json`));
    assertEquals(
      manifest.ownAddressesRemovedFromLists,
      1 +
        [told].flat().filter(({ kind, value }) =>
          kind === "message" && (value as { msg: { case: string } }).msg.case === "addrv2"
        ).length,
    );
  });
}

function EMPTY_NETWORK_INFO() {
  return {
    ...{ version: 300000, subversion: "/Satoshi:30.0.0/", protocolVersion: 70016, localServices: "0409" },
    ...{ localServicesNames: [], localRelay: true, timeOffset: 0, connections: 1, connectionsIn: 1 },
    ...{ connectionsOut: 0, networkActive: true, networks: [], relayFee: 1, incrementalFee: 1, warnings: [] },
  };
}

function rpc(rpcEvent: (Event & { kind: "rpc" })["value"]["rpcEvent"]): Event {
  return { timestamp: 1_780_000_000_000, kind: "rpc", value: { rpcEvent } };
}

function meta(peerId: number, inbound: boolean, command: string) {
  return { peerId, addr: `198.18.0.${peerId}:8333`, connType: 1, command, inbound, size: 30 };
}

function addr(peerId: number, inbound: boolean, ipv4: string): Event {
  const address = {
    timestamp: 1_779_999_000,
    address: { case: "ipv4", value: ipv4 } as const,
    services: 9n,
    port: 8333,
  };
  const msg = { case: "addrv2" as const, value: { addresses: [address] } };
  return {
    timestamp: 1_780_000_000_000 + peerId,
    kind: "message",
    value: { meta: meta(peerId, inbound, "addrv2"), msg },
  };
}

function version(inbound: boolean): Event {
  const of = (value: string) => ({
    timestamp: 0,
    address: { case: "ipv4", value } as const,
    services: 9n,
    port: 8333,
  });
  const value = {
    ...{
      version: 70016,
      services: 9n,
      timestamp: 1_780_000_000n,
      receiver: of("203.0.114.2"),
      sender: of("0.0.0.0"),
    },
    ...{ nonce: 2n ** 60n + 7n, userAgent: "/Satoshi:29.0.0/", startHeight: 900_000, relay: true },
  };
  const msg = { case: "version", value } as const;
  return { timestamp: 1_780_000_000_000, kind: "message", value: { meta: meta(1, inbound, "version"), msg } };
}

/** An archive of so many addresses, each of them another. */
async function manyAddresses(path: string, count: number, from = 0): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const header = encodeHeader({ created: 1_780_140_481, lowData: false });
  for (let at = 0; at < count; at += 10_000) {
    const records = at === 0 ? [recordLength(header.length), header] : [];
    for (let i = from + at; i < from + Math.min(count, at + 10_000); i++) {
      const event = encodeEvent(addr(i % 200, true, `${11 + (i >>> 16)}.${i >>> 8 & 255}.${i & 255}.7`));
      records.push(recordLength(event.length), event);
    }
    const blob = new Uint8Array(await new Blob(records as Uint8Array<ArrayBuffer>[]).arrayBuffer());
    for (let at = 0; at < blob.length;) at += await file.write(blob.subarray(at));
  }
}

Deno.test("redact needs no more memory for 250,000 addresses than fits into a small heap", async () => {
  await using folder = await temporaryFolder();
  const [path, out] = [`${folder.path}/a.bin`, `${folder.path}/out`];
  await manyAddresses(path, 250_000);
  // How much a heap grows is for its collector to choose; one that may not grow shows what is really needed.
  const args = ["run", "--v8-flags=--max-old-space-size=32", "-P=redact", "mod.ts", "redact", path];
  const options = ["--redact.out", out, "--redact.level", "1"];
  const { code, stderr } = await run(Deno.execPath(), [...args, ...options], { cwd: ROOT, env: ENV });
  assertEquals(code, 0, stderr);
  assertEquals(JSON.parse(await Deno.readTextFile(`${out}/manifest.json`)).events, { message: 250_000 });
});

Deno.test("redact that is killed leaves nothing that looks finished, and no way to go on by accident", async () => {
  await using folder = await temporaryFolder();
  const [path, out] = [`${folder.path}/a.bin`, `${folder.path}/out`];
  await manyAddresses(path, 400_000);
  const args = ["run", "-P=redact", "mod.ts", "redact", path, "--redact.out", out];
  await using process = startProcess(Deno.execPath(), { args, cwd: ROOT, env: ENV });
  await process.waitForLine(/2 of 3/);
  await until("a file", () => names(`${out}.unfinished`).length > 0);
  process.kill("SIGKILL");
  await process.status;
  assertEquals(names(folder.path), ["a.bin", "out.unfinished"]);
  const again = await redact(path, "--redact.out", out);
  assertEquals(again.code, 1);
  assertMatch(again.stderr, /out\.unfinished": it is there already/);
});

Deno.test("redact ends within a second when it is told to, and leaves nothing", async () => {
  await using folder = await temporaryFolder();
  const [path, out] = [`${folder.path}/a.bin`, `${folder.path}/out`];
  await manyAddresses(path, 400_000);
  const args = ["run", "-P=redact", "mod.ts", "redact", path, "--redact.out", out];
  await using process = startProcess(Deno.execPath(), { args, cwd: ROOT, env: ENV });
  await process.waitForLine(/2 of 3/);
  process.kill("SIGTERM");
  assertEquals((await process.status).code, 0);
  assertEquals(names(folder.path), ["a.bin"]);
});

Deno.test("redact shows a preview, keeps a key that is wanted, and says what is wrong", async () => {
  await using folder = await temporaryFolder();
  const [path, key] = [`${folder.path}/a.bin`, `${folder.path}/key`];
  await Deno.writeFile(path, plainArchive([version(true)].map(encodeEvent)));
  const preview = await redact(path, "--redact.preview", "--redact.key-file", key);
  assertEquals(preview.code, 0, preview.stderr);
  assertMatch(preview.stdout, /^message version\n- .*198\.18\.0\.1.*\n\+ .*"core-29"/);
  assertEquals((await Deno.stat(key)).mode! & 0o777, 0o600);
  assertEquals((await redact(path, "--redact.preview", "--redact.key-file", key)).stdout, preview.stdout);
  await Deno.writeTextFile(
    `${folder.path}/p.json`,
    '{"name":"mine","base":"strict","classes":{"own":"keep"}}',
  );
  const misused = await redact("--redact.policy", `${folder.path}/p.json`, "--redact.own", "a b");
  assertEquals(misused.code, 2);
  for (
    const line of [/no file is named/, /name a folder/, /"own" can be drop, not "keep"/, /expected addresses/]
  ) {
    assertMatch(misused.stderr, line);
  }
  const schema = await redact("policy");
  assertGreater(Object.keys(JSON.parse(schema.stdout).properties.classes.properties).length, 20);
});

Deno.test("what a data set says of itself is read as it was written, and not one letter more", async () => {
  await using folder = await temporaryFolder();
  const [path, out] = [`${folder.path}/a.bin`, `${folder.path}/out`];
  await Deno.writeFile(path, plainArchive(GOLDEN));
  const { report } = await make({ files: [path], out }, { licence: "cc-by-4.0" });
  const read = (name: string) => Deno.readTextFileSync(`${out}/${name}`);
  const [manifest, verification] = [read("manifest.json"), read("verification.json")];
  const parsed = parseManifest(manifest);
  assertEquals([readmeOf(parsed), licenceOf(parsed)], [read("README.md"), read("LICENSE")]);
  assertEquals(parseVerification(verification), { ...report, learntOwnAddresses: true });
  const others = [
    manifest.replace('"format"', '"note": "visit example.org",\n  "format"'),
    manifest.replace("\n", "\n\n"),
    manifest.replace('"strict"', '"research"'),
    manifest.replace('"pseudonym"', '"keep"'),
    manifest.replace("redacted-0001.bin", "../etc/passwd"),
    manifest.replace(/"rpc": \d+/, '"rpc": -1'),
    manifest.replace(/"rpc": \d+/, '"rpc": 1e99'),
    "null",
    "[]",
    "",
  ];
  for (const text of others) assertThrows(() => parseManifest(text), SyntaxError, "it is no");
  for (const text of [verification.replace("true", "false"), `${verification} `, "{}"]) {
    assertThrows(() => parseVerification(text), SyntaxError);
  }
});
