/**
 * The archive tools as programs, on a real server and a real disk that is full.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLess,
  assertMatch,
} from "@std/assert";
import { connect } from "nats";
import { equal } from "../../proto/bytes.ts";
import { encodeEvent } from "../../proto/event.ts";
import { ArchiveReader } from "../../runtime/archive/reader.ts";
import { MemoryBus } from "../../runtime/bus/memory.ts";
import type { Component } from "../../runtime/component.ts";
import { component } from "../../runtime/component.ts";
import { runComponents } from "../../runtime/runner.ts";
import archive from "../../tools/archive/mod.ts";
import { GOLDEN, plainArchive, temporaryFolder, uptime } from "../parts/archives.ts";
import { startNatsServer } from "../parts/nats_server.ts";
import { partTest } from "../parts/needs.ts";
import { startProcess } from "../parts/process.ts";
import { run } from "../parts/run.ts";
import { until } from "../parts/until.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const waggle = (args: string[]) =>
  run(Deno.execPath(), ["run", "-A", "--frozen", "mod.ts", ...args], { cwd: ROOT, env: { NO_COLOR: "1" } });

function files(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map(({ name }) => `${dir}/${name}`).toSorted();
}

async function read(path: string): Promise<{ events: Uint8Array[]; isComplete: boolean }> {
  using reader = await ArchiveReader.open(path);
  const events: Uint8Array[] = [];
  for await (const batch of reader.batches()) events.push(...batch);
  return { events, isComplete: reader.isComplete };
}

partTest({
  name: "archive that is killed leaves a file with all that was readable before, and no event out of place",
  needs: ["nats-server"],
  async fn() {
    await using folder = await temporaryFolder();
    await using nats = await startNatsServer();
    await using process = startProcess(Deno.execPath(), {
      args: ["run", "-A", "--frozen", "mod.ts", "archive", "--archive.dir", folder.path, "--bus", nats.url],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
    });
    await process.waitForLine(/Files go to/);
    const connection = await connect({ servers: nats.url });
    const sent: Uint8Array[] = [];
    const send = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const event = uptime(1_780_140_481_000 + sent.length, sent.length * 7919 % 100_000);
        sent.push(event);
        connection.publish("rpc", event);
      }
      await connection.flush();
    };
    // The subscription begins a moment after the line: what is in the file tells where.
    await until("the first event to be in a file", async () => {
      await send(1);
      return files(folder.path).length === 1;
    });
    const path = files(folder.path)[0]!;
    await send(5000);
    const readable = await until("all that was sent to be readable", async () => {
      const { events } = await read(path);
      return events.length > 0 && equal(events.at(-1)!, sent.at(-1)!) && events.length;
    });
    await send(20_000);
    process.kill("SIGKILL");
    await process.status;
    await connection.close();
    const { events, isComplete } = await read(path);
    assertEquals(isComplete, false);
    assertGreaterOrEqual(events.length, readable);
    const first = sent.findIndex((event) => equal(event, events[0]!));
    assertEquals(events, sent.slice(first, first + events.length));
    const { code, stdout } = await waggle(["archiveinfo", path]);
    assertEquals(code, 1);
    assertMatch(stdout, /status +partial/);
    const replayed = await waggle(["replay", "logger", "--replay.speed", "max", path]);
    assertEquals([replayed.code, replayed.stdout.trim().split("\n").length], [0, events.length]);
  },
});

/** A small disk, which takes root to make. */
async function smallDisk(): Promise<AsyncDisposable & { path: string } | undefined> {
  const path = await Deno.makeTempDir({ prefix: "waggle-disk-" });
  const { code } = await run("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", path]).catch(() => ({
    code: 1,
  }));
  const remove = () => Deno.remove(path);
  if (code !== 0) {
    await remove();
    return undefined;
  }
  return {
    path,
    async [Symbol.asyncDispose]() {
      // Lazily: a test that failed may have left a file open.
      await run("umount", ["-l", path]);
      await remove();
    },
  };
}

const hasSmallDisk = await (async () => {
  await using disk = await smallDisk();
  return disk !== undefined;
})();

Deno.test({
  name:
    "archive on a full disk says so, leaves what is there readable, goes on when there is room, and stops nobody" +
    (hasSmallDisk ? "" : " (not run: only root can mount a small disk)"),
  ignore: !hasSmallDisk,
  async fn() {
    await using disk = (await smallDisk())!;
    const ballast = `${disk.path}/ballast`;
    const dir = `${disk.path}/archive`;
    await Deno.writeFile(ballast, new Uint8Array(512 * 1024));
    await using bus = new MemoryBus();
    const stop = new AbortController();
    const lines: string[] = [];
    let seenByOther = 0;
    const defaults = Object.entries(archive.options).map(([name, option]) => [name, option.default]);
    const other = component({
      summary: "Counts",
      example: "other",
      options: {},
      async run({ subscribe }) {
        for await (const _ of subscribe()) seenByOther++;
      },
    });
    const ended = runComponents({
      tasks: [
        {
          name: "archive",
          component: archive as Component,
          values: { ...Object.fromEntries(defaults), dir },
        },
        { name: "other", component: other as Component, values: {} },
      ],
      bus,
      nodes: [],
      sink: ({ level, message }) => lines.push(`${level}: ${message}`),
      signal: stop.signal,
      restartMs: 1,
    });
    let sent = 0;
    const send = (count: number) => {
      for (let i = 0; i < count; i++, sent++) bus.publish("mempool", incompressible(sent));
    };
    const failures = () => lines.filter((line) => /^error: Cannot write .*space left/.test(line)).length;
    await until("archive to listen", () => lines.some((line) => line.includes("Files go to")));
    await until("the disk to be full", () => {
      send(200);
      return failures() > 0;
    });
    const [first, ...more] = files(dir);
    const { events } = await read(first!);
    assertGreater(events.length, 1000);
    assertEquals(events, Array.from({ length: events.length }, (_, i) => incompressible(i)));
    for (const path of more) {
      await read(path).catch((error) => assertMatch(error.message, /ends before its header/));
    }
    await until("the other component to see everything", () => seenByOther === sent);

    const before = lines.filter((line) => line.includes("Recording to")).length;
    await Deno.remove(ballast);
    await until("recording to go on", async () => {
      send(1);
      if (lines.filter((line) => line.includes("Recording to")).length === before) return false;
      return (await read(files(dir).at(-1)!)).events.length > 0;
    });
    stop.abort();
    assert(await ended, lines.join("\n"));
  },
});

/** An event that takes its place on the disk. */
function incompressible(seed: number): Uint8Array {
  let state = seed * 2654435761 >>> 0;
  const txid = Uint8Array.from({ length: 32 }, () => {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return state >>> 8;
  });
  const added = { case: "added", value: { txid, vsize: 141, fee: seed } } as const;
  return encodeEvent({ timestamp: 1_780_140_481_000 + seed, kind: "mempool", value: { event: added } });
}

partTest({
  name: "replay puts an archive on a NATS server, on the subjects of the Rust tools, or of a node",
  needs: ["nats-server"],
  async fn() {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/a.bin`;
    await Deno.writeFile(path, plainArchive(GOLDEN));
    await using nats = await startNatsServer();
    for (const [args, subject] of [[[], "*"], [["--node", "past"], "waggle.past.*"]] as const) {
      const connection = await connect({ servers: nats.url });
      const got: string[] = [];
      connection.subscribe(subject, { callback: (_, { data }) => void got.push(data.toHex()) });
      await connection.flush();
      const { code, stderr } = await waggle([
        "replay",
        path,
        "--replay.speed",
        "max",
        "--bus",
        nats.url,
        ...args,
      ]);
      assertEquals(code, 0, stderr);
      await connection.flush();
      assertEquals(got, GOLDEN.map((event) => event.toHex()));
      await connection.close();
    }
  },
});

partTest({
  name: "replay loses nothing on a NATS server with a tool in the same process",
  needs: ["nats-server"],
  async fn() {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/a.bin`;
    // More than a queue holds.
    const piece = Array.from({ length: 10_000 }, (_, i) => uptime(i + 1, i));
    await Deno.writeFile(path, plainArchive([]));
    const body = plainArchive(piece).subarray(plainArchive([]).length);
    for (let i = 0; i < 15; i++) await Deno.writeFile(path, body, { append: true });
    await using nats = await startNatsServer();
    for (const bus of [nats.url, "memory"]) {
      const { code, stdout, stderr } = await waggle([
        "replay",
        "logger",
        path,
        "--replay.speed",
        "max",
        "--bus",
        bus,
      ]);
      assertEquals(code, 0, stderr);
      assertEquals(stdout.trimEnd().split("\n").length, 150_000, stderr);
    }
  },
});

Deno.test("a replay stops within a second, also while it waits for an event of next year", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.bin`;
  await Deno.writeFile(path, plainArchive([uptime(1, 1), uptime(31_536_000_000, 2)]));
  await using process = startProcess(Deno.execPath(), {
    args: ["run", "-A", "--frozen", "mod.ts", "replay", "logger", path],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  });
  await process.waitForLine(/rpc: Uptime\(1s\)/);
  const before = performance.now();
  process.kill("SIGTERM");
  assertEquals((await process.status).code, 0);
  assertLess(performance.now() - before, 3000, "a second, and CI may be slow");
  assertMatch(process.output, /Replayed 1 events .* stopped before the end/);
});

Deno.test("jobs say on the command line what is wrong, and give the right code", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.bin`;
  await Deno.writeFile(path, plainArchive(GOLDEN));
  // A server that is set for everything else is not asked by what needs none.
  const elsewhere = { WAGGLE_BUS: "nats://127.0.0.1:1", NO_COLOR: "1" };
  const command = ["run", "-P=archiveinfo", "--no-prompt", "mod.ts", "archiveinfo", path];
  assertEquals((await run(Deno.execPath(), command, { cwd: ROOT, env: elsewhere })).code, 0);
  for (const name of ["archiveinfo", "replay", "export"]) {
    const nothing = await waggle([name]);
    assertEquals([nothing.code, nothing.stdout], [2, ""]);
    assertMatch(nothing.stderr, new RegExp(`${name}: no file is named`));
    const bus = name === "replay" ? ["--bus", "memory", "--replay.speed", "max"] : [];
    assertEquals((await waggle([name, path, ...bus])).code, 0);
    const missing = await waggle([name, "/nowhere/b.bin", path, ...bus]);
    assertEquals(missing.code, 1);
    assertMatch(missing.stderr, /"\/nowhere\/b.bin": no such file/);
  }
});
