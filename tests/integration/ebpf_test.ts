import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { firedBy } from "../../extractors/ebpf/fixtures/fired.ts";
import { listTracepoints } from "../../extractors/ebpf/bpftrace.ts";
import { encodeEvent, type Event } from "../../proto/event.ts";
import { toMessageEvent } from "../../proto/message_event.ts";
import { until } from "../parts/until.ts";
import {
  compileNode,
  Extractor,
  FakeNode,
  recordedMessages,
  startExtractor,
  tracingCommand,
  tracingTest,
  writeCapture,
} from "./ebpf_fixture.ts";

/**
 * The ebpf extractor with a real bpftrace and a program that fires what a node fires. Runs as root, or where sudo asks
 * for no password.
 */

const ADDED = `added ${"ab".repeat(32)} 141 1000`;

/** Where the kernel shows what a process runs: as a container's binary is found. */
const inProc = (pid: number, path: string) => `/proc/${pid}/root${path}`;

function bodies(events: readonly Event[]) {
  return events.map(({ kind, value }) => ({ kind, value }));
}

for (
  const { core, semaphores, missing } of [
    { core: 31, semaphores: true, missing: undefined },
    { core: 28, semaphores: false, missing: "net:inbound_connection" },
    { core: 24, semaphores: false, missing: "mempool:added" },
  ]
) {
  await tracingTest(`ebpf sees every field of every tracepoint of a node like ${core}`, async () => {
    await using program = await compileNode({ core, semaphores });
    await using extractor = await startExtractor(program.path);
    await extractor.attached();
    await using node = new FakeNode(program.path);
    const all = firedBy(core);
    const before = Date.now();
    for (const { command } of all) await node.fire(command);
    const events = await extractor.received(all.length);
    const after = Date.now();
    assertEquals(bodies(events), all.map(({ event }) => event));
    assert(
      events.every(({ timestamp }) => timestamp >= before - 1 && timestamp <= after + 1),
      "at their time",
    );
    assertEquals(extractor.counts, {});
    const not = extractor.lines.filter((line) => line.includes("Not traced"));
    assertEquals(not.length, missing === undefined ? 0 : 1);
    if (missing !== undefined) assertStringIncludes(not[0]!, missing);
  });
}

await tracingTest(
  "ebpf carries payloads from 0 bytes to 4 MB byte for byte, at the borders of chunks too",
  async () => {
    await using program = await compileNode();
    await using extractor = await startExtractor(program.path, { maxPayload: 4_194_304 });
    await extractor.attached();
    await using node = new FakeNode(program.path);
    const border = (chunks: number) => [-1, 0, 1].map((by) => 304 + 400 * chunks + by);
    // 1,600 chunks are what one program carries on 0.17.
    const sizes = [0, 1, 7, 8, 9, 63, 64, 65, ...border(0), ...border(1), ...border(163), ...border(1600)];
    for (const [index, size] of [...sizes, 65_536, 1_000_000, 4_000_000, 4_194_304].entries()) {
      await node.fire(`same ${index % 2 === 0 ? "in" : "out"} x${size} ${size} 1 0`);
      const event = (await extractor.received(index + 1)).at(-1)!;
      assert(event.kind === "message" && event.value.msg?.case === "unknown");
      assertEquals(event.value.meta.command, `x${size}`);
      const expected = Uint8Array.from({ length: size }, (_, i) => i * 7 + Math.floor(i / 251));
      // assertEquals() would take minutes.
      assertEquals(firstDifference(event.value.msg.value.payload, expected), -1, `${size} bytes`);
    }
    assertEquals(extractor.counts, {});
  },
);

await tracingTest("ebpf says of a payload beyond the cap only what it knows", async () => {
  await using program = await compileNode();
  await using extractor = await startExtractor(program.path, { groups: ["messages"] });
  await extractor.attached();
  await using node = new FakeNode(program.path);
  for (const size of [65_536, 65_537]) await node.fire(`same in block ${size} 1 0`);
  const events = await extractor.received(1);
  assertEquals(extractor.counts, { "undecodable messages": 1, "truncated messages": 1 });
  assert(events[0]!.kind === "message" && events[0]!.value.msg?.case === "block");
  assertEquals(events[0]!.value.msg.value.transactions.length, 0);
});

await tracingTest("ebpf emits every recorded message as it was, whichever way it went", async () => {
  await using program = await compileNode();
  await using extractor = await startExtractor(program.path, { maxPayload: 4_000_000 });
  await extractor.attached();
  await using node = new FakeNode(program.path);
  const messages = recordedMessages({ large: true });
  const capture = await writeCapture(dirname(program.path), messages);
  // Four at a time are 16 MB at most, what the buffer holds; a real node takes longer for a block.
  for (const way of ["in", "out"]) await node.fire(`play ${way} ${capture} ${messages.length} 4000`);
  const expected = ["in", "out"].flatMap((way) =>
    messages.flatMap(({ command, payload }, index) => {
      const peerId = index % 100;
      const result = toMessageEvent({
        peerId,
        addr: `203.0.113.${peerId}:8333`,
        connType: peerId % 4 === 0 ? 2 : 1,
        command,
        inbound: way === "in",
        size: payload.length,
      }, payload);
      return result.ok ? [encodeEvent({ timestamp: 0, kind: "message", value: result.event })] : [];
    })
  );
  const events = await extractor.received(expected.length);
  events.forEach((event, index) => {
    const encoded = encodeEvent({ ...event, timestamp: 0 });
    assertEquals(firstDifference(encoded, expected[index]!), -1, `message ${index}`);
  });
  assertEquals(extractor.total("lost", "incomplete", "records"), 0);
  assertEquals(extractor.counts["undecodable messages"], 2 * messages.length - expected.length);
});

await tracingTest("ebpf sees all of a block's 7,000 transactions leave the mempool at once", async () => {
  await using program = await compileNode();
  await using extractor = await startExtractor(program.path);
  await extractor.attached();
  await using node = new FakeNode(program.path);
  await node.fire("burst 7000");
  const events = await extractor.received(7000);
  const vsizes = events.map((event) =>
    event.kind === "mempool" && event.value.event?.case === "removed" ? event.value.event.value.fee : NaN
  );
  assertEquals(vsizes, Array.from({ length: 7000 }, (_, i) => 1000 + i));
  assertEquals(extractor.counts, {});
});

await tracingTest("ebpf counts every loss exactly: fired minus received", async () => {
  await using program = await compileNode();
  const command = `env BPFTRACE_PERF_RB_PAGES=1 ${await tracingCommand()}`;
  await using extractor = await startExtractor(program.path, { command });
  await extractor.attached();
  await using node = new FakeNode(program.path);
  let fired = 0;
  for (const line of ["burst 20000", "same in xa 20 5000 0", "same out xa 3000 2000 0", "burst 3000"]) {
    fired += (await node.fire(line)).count;
  }
  const accounted = () => extractor.events.length + extractor.total("lost mempool", "lost net", "incomplete");
  await until("everything to be received or counted", () => accounted() >= fired)
    .catch(() => {});
  assertEquals(accounted(), fired, JSON.stringify(extractor.counts));
  assertGreater(extractor.total("lost mempool:removed"), 0);
  assertGreater(extractor.total("records lost by bpftrace"), 0);
  assert(extractor.lines.some((line) => line.startsWith("warn: Not everything came through")));
});

await tracingTest("ebpf attaches before the node starts, and stays through its restarts", async () => {
  await using program = await compileNode();
  await using extractor = await startExtractor(program.path);
  await extractor.attached();
  for (let run = 1; run <= 3; run++) {
    await using node = new FakeNode(program.path);
    await node.fire(ADDED);
    await extractor.received(run);
  }
  assertEquals(extractor.lines.filter((line) => line.startsWith("warn")), []);
});

await tracingTest(
  "ebpf waits for a binary that is not there yet, and follows its replacement by an upgrade",
  async () => {
    await using before = await compileNode({ core: 28, semaphores: false });
    await using after = await compileNode({ core: 31 });
    const path = join(dirname(before.path), "bitcoind");
    await using extractor = await startExtractor(path);
    await extractor.said("Waiting: there is no file");
    await Deno.copyFile(before.path, path);
    await extractor.attached();
    {
      await using node = new FakeNode(path);
      await node.fire(ADDED);
      await extractor.received(1);
      // As a package manager does it: another file under the same name, while the old one runs.
      await Deno.copyFile(after.path, `${path}.new`);
      await Deno.rename(`${path}.new`, path);
      await extractor.said("Another file is at");
    }
    await extractor.attached(2);
    await using node = new FakeNode(path);
    await node.fire("closed 17 203.0.113.9:51234 inbound 0 1700000001");
    const events = await extractor.received(2);
    assertEquals(events.map(({ kind }) => kind), ["mempool", "connection"]);
  },
);

await tracingTest("ebpf says that two nodes run one binary, and traces the one that was chosen", async () => {
  await using program = await compileNode();
  await using first = new FakeNode(program.path);
  await using second = new FakeNode(program.path);
  {
    await using extractor = await startExtractor(program.path);
    await extractor.attached();
    for (const node of [first, second, first]) await node.fire(ADDED);
    await extractor.said("run the same binary");
    await extractor.received(3);
  }
  const pidFile = join(dirname(program.path), "bitcoind.pid");
  await Deno.writeTextFile(pidFile, `${second.pid}\n`);
  await using extractor = await startExtractor(program.path, { pid: pidFile });
  await extractor.attached();
  await first.fire("in 1 a:1 inbound verack -");
  await first.fire("same in xa 1000 1 0");
  await second.fire(ADDED);
  await extractor.received(1);
  // The chosen one is restarted: its file has another number.
  await Deno.writeTextFile(pidFile, `${first.pid}`);
  await extractor.attached(2);
  await first.fire("in 1 a:1 inbound verack -");
  const events = await extractor.received(2);
  assertEquals(events.map(({ kind }) => kind), ["mempool", "message"]);
});

await tracingTest("ebpf traces a container's binary by its path below /proc", async () => {
  await using program = await compileNode();
  await using node = new FakeNode(program.path);
  const path = inProc(node.pid, program.path);
  await using extractor = await startExtractor(path);
  await extractor.attached();
  await node.fire(ADDED);
  await extractor.received(1);
  // In a sandbox, Deno does not let the extractor open that file: bpftrace lists what is in it.
  const listed = await listTracepoints(await tracingCommand(), path);
  assertEquals(listed.length, 14);
});

await tracingTest("ebpf starts bpftrace again when it dies, and goes on", async () => {
  await using program = await compileNode();
  const folder = dirname(program.path);
  const wrapper = join(folder, "bpftrace");
  await Deno.writeTextFile(
    wrapper,
    `#!/bin/sh\necho $$ > ${folder}/pid\nexec ${await tracingCommand()} "$@"\n`,
  );
  await Deno.chmod(wrapper, 0o755);
  await using extractor = await startExtractor(program.path, { command: wrapper });
  await extractor.attached();
  await using node = new FakeNode(program.path);
  await node.fire(ADDED);
  await extractor.received(1);
  Deno.kill(Number(await Deno.readTextFile(join(folder, "pid"))), "SIGKILL");
  await extractor.said("error: bpftrace has ended");
  await extractor.attached(2);
  await node.fire(ADDED);
  await extractor.received(2);
  assertEquals(extractor.counts, { "restarts of bpftrace": 1 });
});

Deno.test("Extractor of these tests is the component with its defaults", async () => {
  await using extractor = new Extractor({ bitcoind: "/nonexistent/bitcoind" });
  await extractor.said("Waiting: there is no file");
});

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return i;
  return a.length === b.length ? -1 : length;
}
