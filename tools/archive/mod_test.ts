import { assert, assertEquals, assertGreaterOrEqual, assertMatch, assertStringIncludes } from "@std/assert";
import { decodeEvent, encodeEvent, type Event } from "../../proto/event.ts";
import { ArchiveReader } from "../../runtime/archive/reader.ts";
import { MemoryBus } from "../../runtime/bus/memory.ts";
import { WatchedBus } from "../../runtime/bus/_watched.ts";
import type { Component } from "../../runtime/component.ts";
import { type Entry, logFor } from "../../runtime/log.ts";
import type { Values } from "../../runtime/options.ts";
import { runComponents } from "../../runtime/runner.ts";
import type { Snapshot } from "../../runtime/statistics.ts";
import { GOLDEN, temporaryFolder, uptime } from "../../tests/parts/archives.ts";
import { partTest } from "../../tests/parts/needs.ts";
import { run } from "../../tests/parts/run.ts";
import { until } from "../../tests/parts/until.ts";
import { ArchiveFile } from "../../runtime/archive/archive_file.ts";
import archive from "./mod.ts";
import { Recorder } from "./recorder.ts";

type Options = Values<typeof archive.options>;

const DEFAULTS = Object.fromEntries(
  Object.entries(archive.options).map(([name, option]) => [name, option.default]),
) as Options;

interface Recording {
  lines: Entry[];
  snapshot: Snapshot;
}

/** Runs the tool, does `act` once it listens, and stops it in order. */
async function record(
  options: Partial<Options>,
  act: (bus: MemoryBus, lines: Entry[]) => Promise<void> | void,
  nodes: string[] = [],
): Promise<Recording> {
  await using bus = new WatchedBus();
  const stop = new AbortController();
  const lines: Entry[] = [];
  let snapshot: Snapshot | undefined;
  const values = { ...DEFAULTS, ...options };
  const ended = runComponents({
    tasks: [{ name: "archive", component: archive as Component, values }],
    bus,
    nodes,
    sink: (entry) => lines.push(entry),
    signal: stop.signal,
    onEnd: (_, numbers) => snapshot = numbers,
  });
  await bus.listened();
  await act(bus, lines);
  stop.abort();
  await ended;
  return { lines, snapshot: snapshot! };
}

function files(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map(({ name }) => name).toSorted();
}

async function read(path: string) {
  using reader = await ArchiveReader.open(path);
  const events: Uint8Array[] = [];
  for await (const batch of reader.batches()) events.push(...batch);
  return { events, header: reader.header, isComplete: reader.isComplete };
}

async function readFolder(dir: string): Promise<Uint8Array[]> {
  const all = await Promise.all(files(dir).map((name) => read(`${dir}/${name}`)));
  assert(all.every(({ isComplete }) => isComplete));
  return all.flatMap(({ events }) => events);
}

function publish(bus: MemoryBus, events: readonly Uint8Array[]): void {
  for (const event of events) bus.publish("netmsg", event);
}

for (const level of [0, 1, 3, 12]) {
  Deno.test(`archive writes every event as it came, in order, into a file of level ${level}`, async () => {
    await using folder = await temporaryFolder();
    const before = Math.floor(Date.now() / 1000);
    await record({ dir: folder.path, level }, (bus) => publish(bus, GOLDEN));
    const [name, ...others] = files(folder.path);
    assertEquals(others, []);
    assertMatch(name!, level === 0 ? /^archive\.\d{8}-\d{6}-\d{3}\.bin$/ : /\.bin\.zst$/);
    const { events, header, isComplete } = await read(`${folder.path}/${name}`);
    assertEquals([isComplete, header.lowData], [true, false]);
    assertGreaterOrEqual(header.created, before);
    assertEquals(events, [...GOLDEN]);
  });
}

partTest({
  name: "the zstd program reads what archive wrote",
  needs: ["zstd"],
  async fn() {
    await using folder = await temporaryFolder();
    await record({ dir: folder.path }, (bus) => publish(bus, GOLDEN));
    const path = `${folder.path}/${files(folder.path)[0]}`;
    const { code, stderr } = await run("zstd", ["-q", "-d", path]);
    assertEquals([code, stderr], [0, ""]);
    const plain = await read(path.replace(/\.zst$/, ""));
    assertEquals([plain.events, plain.isComplete], [[...GOLDEN], true]);
  },
});

Deno.test("archive records nothing but events, counts the rest, and makes no file without any", async () => {
  await using folder = await temporaryFolder();
  const { snapshot } = await record({ dir: folder.path }, (bus) => {
    publish(bus, [Uint8Array.of(0xff, 0xff), GOLDEN[0]!.subarray(0, 9)]);
  });
  assertEquals(files(folder.path), []);
  assertEquals([...snapshot.counts.values()].reduce((sum, times) => sum + times, 0), 2);
});

function eventsOf(events: readonly Uint8Array[]): Event[] {
  return events.map((bytes) => {
    const decoded = decodeEvent(bytes);
    assert(decoded.ok);
    return decoded.event;
  });
}

const command = (event: Event) => event.kind === "message" ? event.value.meta.command : "";

const SELECTIONS: readonly (readonly [Partial<Options>, (event: Event) => boolean])[] = [
  [{ only: ["rpc"] }, ({ kind }) => kind === "rpc"],
  [{ only: ["rpc", "ipc", "mempool"] }, ({ kind }) => ["rpc", "ipc", "mempool"].includes(kind)],
  [{ only: ["addr-relay"] }, (event) => ["getaddr", "addr", "addrv2"].includes(command(event))],
  [
    { only: ["connections-with-handshakes", "rpc"] },
    (event) => event.kind === "connection" || event.kind === "rpc" || command(event) === "version",
  ],
];

/** The golden events with the commands that belong to them. */
const NAMED = eventsOf(GOLDEN).map((event) => {
  if (event.kind !== "message") return encodeEvent(event);
  const command = event.value.msg?.case.replace("emptyaddrv2", "addrv2") ?? "";
  return encodeEvent({ ...event, value: { ...event.value, meta: { ...event.value.meta, command } } });
});

for (const [options, wanted] of SELECTIONS) {
  Deno.test(`archive records what --archive.only ${options.only} names, and nothing else`, async () => {
    await using folder = await temporaryFolder();
    await record({ dir: folder.path, ...options }, (bus) => publish(bus, NAMED));
    const expected = eventsOf(NAMED).filter(wanted);
    assertGreaterOrEqual(expected.length, 2);
    assertEquals(eventsOf(await readFolder(folder.path)), expected);
  });
}

Deno.test("archive records from a time to a time, by the events' own clock", async () => {
  await using folder = await temporaryFolder();
  const events = [999, 1000, 1500, 1999, 2000].map((time) => uptime(time, 1));
  await record({ dir: folder.path, since: 1000, until: 2000 }, (bus) => publish(bus, events));
  assertEquals(eventsOf(await readFolder(folder.path)).map(({ timestamp }) => timestamp), [1000, 1500, 1999]);
});

Deno.test("archive leaves raw transactions out of a low-data file and says so in its header", async () => {
  await using folder = await temporaryFolder();
  await record({ dir: folder.path, lowData: true }, (bus) => publish(bus, GOLDEN));
  const { events, header } = await read(`${folder.path}/${files(folder.path)[0]}`);
  assertEquals([header.lowData, events.length], [true, GOLDEN.length]);
  const [before, after] = [eventsOf(GOLDEN), eventsOf(events)];
  const seen = new Set<string>();
  for (const [i, event] of after.entries()) {
    if (event.kind !== "message" || !hasTransactions(event)) {
      assertEquals(encodeEvent(event), encodeEvent(before[i]!));
      continue;
    }
    seen.add(event.value.msg!.case);
    assertEquals(JSON.stringify(event.value, withoutBigint).includes('"raw"'), false);
  }
  assertEquals([...seen].toSorted(), ["block", "blocktxn", "compactblock", "tx"]);
});

function hasTransactions(event: Event & { kind: "message" }): boolean {
  return ["tx", "block", "blocktxn", "compactblock"].includes(event.value.msg?.case ?? "");
}

function withoutBigint(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

Deno.test("archive starts a new file when one is large enough, and loses nothing between them", async () => {
  await using folder = await temporaryFolder();
  const events = Array.from({ length: 3000 }, (_, i) => uptime(1_000_000 + i, i));
  const { lines } = await record({ dir: folder.path, level: 0, maxFileSize: 5000 }, async (bus, lines) => {
    for (let at = 0; at < events.length; at += 1000) {
      publish(bus, events.slice(at, at + 1000));
      await until("another file", () => closed(lines) === at / 1000 + 1);
    }
  });
  assertEquals([files(folder.path).length, closed(lines)], [3, 3]);
  assertEquals(await readFolder(folder.path), events);
});

function closed(lines: readonly Entry[]): number {
  return lines.filter(({ message }) => message.startsWith("Closed ")).length;
}

Deno.test("archive starts a new file when one is large enough, compressed, too", async () => {
  await using folder = await temporaryFolder();
  const events = Array.from({ length: 20 }, (_, i) => uptime(i + 1, i));
  await record({ dir: folder.path, maxFileSize: 1 }, async (bus, lines) => {
    for (const [i, event] of events.slice(0, 2).entries()) {
      publish(bus, [event]);
      await until("another file", () => closed(lines) === i + 1);
    }
    publish(bus, events.slice(2));
  });
  assertEquals(files(folder.path).length, 3);
  assertEquals(await readFolder(folder.path), events);
});

Deno.test("ArchiveFile never writes over a file, however many are started at once", async () => {
  await using folder = await temporaryFolder();
  const options = { dir: folder.path, baseName: "x", level: 0, lowData: false };
  const open = await Promise.all(Array.from({ length: 20 }, () => ArchiveFile.open(options)));
  for (const file of open) await file.close();
  assertEquals(new Set(open.map(({ path }) => path)).size, 20);
  assertEquals(files(folder.path).length, 20);
});

Deno.test("archive starts a new file when one is old enough", async () => {
  await using folder = await temporaryFolder();
  using time = new FakeTime();
  const recorder = new Recorder({ ...DEFAULTS, dir: folder.path, maxAgeMinutes: 10 }, {
    log: logFor("archive", () => {}),
    count() {},
  });
  for (const [i, minutes] of [0, 9, 2, 0, 11].entries()) {
    time.now += minutes * 60_000;
    recorder.add({ subject: "rpc", data: uptime(i + 1, i) });
    await recorder.flush();
  }
  await recorder.close();
  const all = await Promise.all(files(folder.path).map((name) => read(`${folder.path}/${name}`)));
  assertEquals(all.map(({ events }) => events.length), [3, 2]);
});

/** A clock that stands still until it is told otherwise. */
class FakeTime implements Disposable {
  readonly #real = Date.now;
  now = 1_780_140_481_000;

  constructor() {
    Date.now = () => this.now;
  }

  [Symbol.dispose](): void {
    Date.now = this.#real;
  }
}

Deno.test("archive keeps the events of each node in files of their own", async () => {
  await using folder = await temporaryFolder();
  await record({ dir: folder.path }, (bus) => {
    bus.publish("waggle.alpha.rpc", uptime(1, 1));
    bus.publish("waggle.beta.rpc", uptime(2, 2));
    bus.publish("waggle.alpha.rpc", uptime(3, 3));
  }, ["alpha", "beta"]);
  const [alpha, beta] = files(folder.path);
  assertMatch(alpha!, /^archive-alpha\./);
  assertEquals((await read(`${folder.path}/${alpha}`)).events, [uptime(1, 1), uptime(3, 3)]);
  assertEquals((await read(`${folder.path}/${beta}`)).events, [uptime(2, 2)]);
});

Deno.test("archive fails at the start, and says what to do, when its folder cannot be written", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/file`, "");
  const component = archive as Component;
  const lines: string[] = [];
  await using bus = new MemoryBus();
  const stop = new AbortController();
  const ended = runComponents({
    tasks: [{ name: "archive", component, values: { ...DEFAULTS, dir: `${folder.path}/file/x` } }],
    bus,
    nodes: [],
    sink({ message }) {
      lines.push(message);
      if (message.startsWith("Cannot")) stop.abort();
    },
    signal: stop.signal,
  });
  await ended;
  assertStringIncludes(lines.join("\n"), "choose another folder with --archive.dir");
});
