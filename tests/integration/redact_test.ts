/**
 * Archives recorded from a real node, redacted by the program, looked at with other eyes than both of its own: nothing of what
 * the node's RPC interface says about itself and its peers may be in the output.
 *
 * @module
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { program } from "../../mod.ts";
import { CanaryScan } from "../../proto/canaries.ts";
import { decodeEvent, type Event } from "../../proto/event.ts";
import { ArchiveReader } from "../../runtime/archive/reader.ts";
import { MemoryBus } from "../../runtime/bus/memory.ts";
import { resolve } from "../../runtime/resolve.ts";
import { runComponents, type Task } from "../../runtime/runner.ts";
import { temporaryFolder } from "../parts/archives.ts";
import { type Bitcoind, startBitcoind } from "../parts/bitcoind.ts";
import { run } from "../parts/run.ts";
import { freePort, until } from "../parts/until.ts";
import { compileNode, FakeNode, tracingCommand, tracingTest } from "./ebpf_fixture.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
/** Addresses of the node that it announces, as if it were on the open network. */
const EXTERNAL = "81.187.93.204";
const COMMENT = "hive-of-wilhelmina";
const AT_ONCE = ["-acceptnonstdtxn", "-whitelist=noban,in,out@127.0.0.1"];

await tracingTest(
  "an archive of a real node is redacted, verified, and read by the other tools",
  async () => {
    await using folder = await temporaryFolder();
    await using node = await startBitcoind({
      args: [
        ...["-debug=validation", "-debug=net", "-logips", "-logtimemicros", "-capturemessages", ...AT_ONCE],
        ...[`-externalip=${EXTERNAL}`, `-uacomment=${COMMENT}`],
      ],
    });
    await using other = await startBitcoind({ args: [...AT_ONCE, "-uacomment=guest"] });
    const archive = `${folder.path}/archive`;
    const said = await record(node, other, archive);

    const events = await readFolder(archive);
    const secrets = [EXTERNAL, COMMENT, "guest", ...said.secrets];
    const before = found(secrets, events);
    assertGreater(before.length, 3, "what must not get out is in the recording");
    assert(before.includes(EXTERNAL) && before.includes(COMMENT));
    for (const policy of ["strict", "research"]) {
      const out = `${folder.path}/${policy}`;
      const args = [
        "run",
        "-P=redact",
        "mod.ts",
        "redact",
        archive,
        "--redact.out",
        out,
        "--redact.policy",
        policy,
      ];
      const { code, stderr } = await run(Deno.execPath(), args, { cwd: ROOT, env: { NO_COLOR: "1" } });
      assertEquals(code, 0, stderr);
      const redacted = await readFolder(out);
      assertEquals(redacted.length, events.length);
      assertEquals(found(secrets, redacted), []);
      for (const name of ["README.md", "manifest.json", "verification.json"]) {
        assertEquals(found(secrets, [await Deno.readFile(`${out}/${name}`)]), []);
      }
      assertEquals(shapeOf(redacted), shapeOf(events));
      for (const tool of ["archiveinfo", "export"]) {
        assertEquals((await run(Deno.execPath(), ["run", "-A", "mod.ts", tool, out], { cwd: ROOT })).code, 0);
      }
      const replay = ["run", "-A", "mod.ts", "replay", "logger", "--replay.speed", "max", out];
      const { stdout } = await run(Deno.execPath(), replay, { cwd: ROOT });
      assertEquals(stdout.trimEnd().split("\n").length, events.length);
    }
  },
  ["bitcoind"],
);

/** Some minutes of a small life: peers, blocks, a transaction, all four extractors. */
async function record(node: Bitcoind, other: Bitcoind, dir: string): Promise<{ secrets: string[] }> {
  await using compiled = await compileNode();
  await using traced = new FakeNode(compiled.path);
  const port = freePort();
  const stop = new AbortController();
  const lines: string[] = [];
  const tasks = await Promise.all([
    task("ebpf", { bitcoind: compiled.path, command: await tracingCommand() }),
    task("rpc", { url: node.rpcUrl, cookieFile: node.cookieFile, intervalMs: "100", slowIntervalMs: "300" }),
    task("p2p", { address: `127.0.0.1:${port}`, network: "regtest", pingIntervalMs: "100" }),
    task("log", { file: node.debugLog }),
    task("archive", { dir }),
  ]);
  await using bus = new MemoryBus();
  const ended = runComponents({
    tasks,
    bus,
    nodes: [],
    sink: ({ component, message }) => lines.push(`${component}: ${message}`),
    worker: program.worker,
    signal: stop.signal,
  });
  const saidLine = (start: string) => until(`"${start}"`, () => lines.some((line) => line.startsWith(start)));
  await saidLine("log: Following");
  await saidLine("ebpf: Attached");
  await node.rpc("addnode", `127.0.0.1:${port}`, "add");
  await node.connect(other, { v2: false });
  const hashes = await node.generate(101);
  await node.waitForSync(other);
  await node.spendCoins(hashes[0]!);
  await until("the transaction there", async () => (await other.rpc("getrawmempool")).length === 1);
  const [txid] = await other.rpc("getrawmempool") as string[];
  const captures = `${node.datadir}/regtest/message_capture/127.0.0.1_${other.p2pPort}`;
  for (const [way, file] of [["in", "msgs_recv.dat"], ["out", "msgs_sent.dat"]] as const) {
    const path = `${captures}/${file}`;
    await traced.fire(`play ${way} ${path} ${countCaptured(await Deno.readFile(path))} 2000`);
  }
  const tip = String(await node.rpc("getbestblockhash"));
  const info = await node.rpc("getnetworkinfo");
  const seen = bus.stats().published;
  await until("another round by RPC", () => bus.stats().published > seen + 20);
  stop.abort();
  assert(await ended, lines.join("\n"));
  return { secrets: [txid!, tip, String(info.subversion)] };
}

/** How many messages a file of the node's `-capturemessages` holds: 8 bytes time, 12 type, 4 length, payload. */
function countCaptured(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let count = 0;
  for (let at = 0; at < bytes.length; count++) at += 24 + view.getUint32(at + 20, true);
  return count;
}

/** A component of the program with some options set, as the command line would give them. */
async function task(name: string, options: Record<string, string>): Promise<Task> {
  const { default: component } = await program.components[name]!();
  const sources = { args: [], env: () => undefined, file: { [name]: options } };
  const { values, problems } = resolve({ [name]: component.options }, sources);
  assertEquals(problems, []);
  return { name, component, values: values[name]!, isSource: name !== "archive" };
}

async function readFolder(dir: string): Promise<Uint8Array[]> {
  const events: Uint8Array[] = [];
  for (const { name } of [...Deno.readDirSync(dir)].toSorted((a, b) => a.name < b.name ? -1 : 1)) {
    if (!/\.bin(\.zst)?$/.test(name)) continue;
    using reader = await ArchiveReader.open(`${dir}/${name}`);
    for await (const batch of reader.batches()) events.push(...batch);
  }
  return events;
}

function found(secrets: readonly string[], all: readonly Uint8Array[]): string[] {
  return secrets.filter((secret) => {
    const scan = new CanaryScan([secret]);
    return all.some((bytes) => scan.find(bytes) !== undefined);
  });
}

/** Kinds, and messages by type, direction and size. */
function shapeOf(events: readonly Uint8Array[]): Record<string, number> {
  const shape: Record<string, number> = {};
  for (const bytes of events) {
    const decoded = decodeEvent(bytes);
    assert(decoded.ok);
    const sort = sortOf(decoded.event);
    shape[sort] = (shape[sort] ?? 0) + 1;
  }
  return shape;
}

function sortOf(event: Event): string {
  if (event.kind !== "message") return event.kind;
  const { command, inbound, size } = event.value.meta;
  return `${command} ${inbound ? "in" : "out"} ${size}`;
}
