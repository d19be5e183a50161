import { assert, assertEquals, assertLessOrEqual, assertMatch, assertStringIncludes } from "@std/assert";
import { program } from "../../mod.ts";
import { answer, branch, file as asmapFile } from "../../proto/_asmap.ts";
import { decodeSummary } from "../../proto/federation/codec.ts";
import { decode } from "../../proto/federation/frame.ts";
import { encodeEvent, type Event, type Payloads } from "../../proto/event.ts";
import { ConnType, type NetworkInfo } from "../../proto/schema.ts";
import uplink from "../../federation/uplink/mod.ts";
import { type FileName, FILES, UplinkFolder } from "../../federation/uplink/folder.ts";
import { compareText } from "../../federation/uplink/compare_text.ts";
import { type Preview, previewText } from "../../federation/uplink/preview_text.ts";
import { readLatest } from "../../federation/uplink/report.ts";
import { Command, Metric, Source } from "../../proto/federation/schema.ts";
import { type Kind, subjectOf, SUBJECTS } from "../../proto/subjects.ts";
import { addresses, message, peerInfos, peers } from "../../federation/summary/_network.ts";
import { main } from "../../runtime/cli.ts";
import { MemoryBus } from "../../runtime/bus/memory.ts";
import { resolve } from "../../runtime/resolve.ts";
import { component } from "../../runtime/component.ts";
import { runComponents, type Task } from "../../runtime/runner.ts";
import { openNatsBus } from "../../runtime/bus/nats.ts";
import { logFor } from "../../runtime/log.ts";
import { startNatsServer } from "../parts/nats_server.ts";
import { partTest } from "../parts/needs.ts";
import { until } from "../parts/until.ts";
import { joinedFolder } from "./carrier.ts";
import { TestHub } from "./hub.ts";

/** The component on a bus in memory, as the runner runs it, with a clock that can be set. */
class Running implements AsyncDisposable {
  readonly bus = new MemoryBus();
  readonly lines: string[] = [];
  readonly #stop = new AbortController();
  readonly #realNow = Date.now;
  #ended!: Promise<unknown>;

  /** With `played`, a replay of these events runs beside it. */
  static start(
    folder: string,
    args: readonly string[] = [],
    { env = {}, nodes = [], played }: {
      env?: Record<string, string>;
      nodes?: readonly string[];
      played?: readonly Uint8Array[];
    } = {},
  ): Running {
    const it = new Running();
    const tasks: Task[] = played === undefined ? [] : [playback(played)];
    const all = ["--uplink.folder", folder, ...args];
    const { values, problems } = resolve({ uplink: uplink.options }, {
      args: all,
      env: (name) => env[name],
      file: undefined,
    });
    assertEquals(problems, []);
    it.#ended = runComponents({
      tasks: [{ name: "uplink", component: uplink, values: values.uplink! }, ...tasks],
      bus: it.bus,
      nodes,
      sink: ({ level, message }) => it.lines.push(`${level}: ${message}`),
      signal: it.#stop.signal,
      restartMs: 10,
    });
    return it;
  }

  /** Resolves when it has ended by itself. */
  async ends(): Promise<void> {
    let hasEnded = false;
    void this.#ended.then(() => hasEnded = true);
    await until("the end", () => hasEnded);
  }

  /** Resolves when it has said something. */
  async says(text: string): Promise<void> {
    await until(text, () => this.lines.some((line) => line.includes(text)));
  }

  emitUptime(): void {
    const event = {
      timestamp: Date.now(),
      kind: "rpc",
      value: { rpcEvent: { case: "uptime", value: 1 } },
    } as const;
    this.bus.publish("rpc", encodeEvent(event));
  }

  /** From now on it is so much later. */
  later(milliseconds: number): void {
    Date.now = () => this.#realNow.call(Date) + milliseconds;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    Date.now = this.#realNow;
    await this.bus[Symbol.asyncDispose]();
  }
}

/** A replay, which comes to an end. */
function playback(events: readonly Uint8Array[]): Task {
  const it = component({
    summary: "Emits events and ends",
    example: "playback",
    options: {},
    job: true,
    async run({ forward, room }) {
      for (const event of events) {
        await room();
        forward("rpc", event);
      }
    },
  });
  return { name: "playback", component: it, values: {}, isSource: true };
}

function uptime(timestamp = Date.now()): Uint8Array {
  return encodeEvent({ timestamp, kind: "rpc", value: { rpcEvent: { case: "uptime", value: 1 } } });
}

/** To the middle of the next bin but one: the present one is over, and its frame has been due. */
function afterTwoBins(): number {
  return 2 * 600_000 - Date.now() % 600_000 - 60_000;
}

/** Counts how often a file is written, in all folders. */
function countWrites(name: FileName): Disposable & { count: number } {
  const { prototype } = UplinkFolder;
  const { writeJson } = prototype;
  const counted = { count: 0, [Symbol.dispose]: () => void (prototype.writeJson = writeJson) };
  prototype.writeJson = function (...args) {
    if (args[0] === name) counted.count++;
    writeJson.apply(this, args);
  };
  return counted;
}

async function previewOf(folder: UplinkFolder): Promise<string> {
  folder.writeJson(FILES.previewRequest, {});
  await until("the answer", () => !folder.has(FILES.previewRequest));
  return previewText(folder.readJson(FILES.preview) as Preview, Date.now());
}

Deno.test("uplink: an event becomes part of a frame, which the hub stores, and stands beside the network's numbers", async () => {
  await using hub = await TestHub.start();
  const folder = await joinedFolder(hub);
  await using running = Running.start(folder.path);
  await running.says("Connected to the hub");
  const bin = hub.bin;
  running.emitUptime();
  assertStringIncludes(await previewOf(folder), "Sources: rpc");
  running.later(afterTwoBins());
  const stored = await until("a summary", async () => {
    for await (const each of hub.store.summaries(bin)) return each;
    return undefined;
  });
  assert(stored.body.length > 0);
  await until(
    "the ack",
    () => (folder.readJson(FILES.status) as { ackedSequence?: number }).ackedSequence === 1,
  );
  assertEquals(readLatest(folder).own.map((summary) => [summary.bin, summary.sources]), [[bin, [2]]]);
  hub.aheadMs = 600_000;
  await hub.hub.closeBins();
  await until("the feed", () => readLatest(folder).feeds.length > 0);
  assertStringIncludes(compareText(readLatest(folder)), "No number has enough operators behind it.");
});

Deno.test("uplink: a disclosed node is shown in full, and neither it nor a hidden one gets where the other is", async () => {
  await using hub = await TestHub.start();
  const folder = await joinedFolder(hub);
  const args = ["--uplink.disclose", "demo=beta", "--uplink.disclose-urls", "demo=https://example.org/demo"];
  await using running = Running.start(folder.path, args, { nodes: ["alpha", "beta"] });
  await running.says("Connected to the hub");
  assertStringIncludes(running.lines.join(), "Everybody may see demo; hidden: 1 nodes");
  // At the beginning of a minute, so that all of it is in one.
  const ahead = 60_000 - Date.now() % 60_000;
  running.later(ahead);
  await until("a new minute", () => hub.hub.disclosed.shown(Date.now() / 1000, () => true).length === 1);
  const bin = hub.bin;
  const all = peers(8);
  const said = (node: string, event: Event) => {
    running.bus.publish(subjectOf(event.kind as Kind, node), encodeEvent(event));
  };
  said("alpha", message(all[0]!, { command: "tx", at: Date.now(), size: 500 }));
  for (let i = 0; i < 3; i++) said("beta", message(all[i]!, { command: "inv", at: Date.now(), size: 100 }));
  said("beta", message(all[4]!, { command: "inv", at: Date.now(), inbound: false, size: 40 }));
  const own = message(all[5]!, { command: "inv", at: Date.now(), size: 9999 });
  (own.value as Payloads["message"]).meta.connType = ConnType.Unknown;
  said("beta", own);
  said("beta", addresses(all[1]!, Date.now(), 7));
  said("beta", peerInfos(all, Date.now()));
  // When it answers, all of that is counted; what it answers may be of the bin before the new minute.
  await previewOf(folder);
  running.later(ahead + 60_000);
  const node = await until("the node", () => {
    return hub.hub.disclosed.shown(Date.now() / 1000, () => true).find(({ history }) => history.length === 1);
  });
  assertEquals([node.name, node.url], ["demo", "https://example.org/demo"]);
  assertEquals(node.peers && [node.peers.inbound, node.peers.outbound], [6, 2]);
  assertEquals(node.messages.find(({ command }) => command === "inv"), {
    ...{ command: "inv", received: 3, receivedBytes: 300, sent: 1, sentBytes: 40 },
  });
  assertEquals(node.addresses.received, 7);
  assertEquals(node.messages.find(({ command }) => command === "tx"), undefined);
  assert(!JSON.stringify(node).includes(".7.9"), "no peer's address");
  running.later(ahead + 60_000 + afterTwoBins());
  const stored = await until("a summary", async () => {
    for await (const each of hub.store.summaries(bin)) return decode(decodeSummary, each.body);
    return undefined;
  });
  const commands = stored.values.filter(({ metric, value }) => metric === Metric.MESSAGES && value > 0);
  assertEquals([stored.sources, commands.map(({ index }) => index)], [[Source.EBPF], [Command.TX]]);
});

Deno.test("uplink: what names a hidden node is not disclosed; who shows all nodes sends no summaries", async () => {
  await using hub = await TestHub.start();
  const folder = await joinedFolder(hub);
  const args = ["--uplink.disclose", "a=alpha,b=beta", "--uplink.disclose-urls", "b=https://secret.example/"];
  const more = ["--uplink.canaries", "secret.example"];
  await using running = Running.start(folder.path, [...args, ...more], { nodes: ["alpha", "beta"] });
  await running.says("Connected to the hub");
  const bin = hub.bin;
  running.later(afterTwoBins());
  await running.says("A minute of a disclosed node is not sent");
  const shown = () => hub.hub.disclosed.shown(Date.now() / 1000, () => true);
  await until("the other", () => shown().length > 0);
  assertEquals(shown().map(({ name }) => name), ["a"]);
  assertEquals(await Array.fromAsync(hub.store.summaries(bin)), []);
  assertEquals((await hub.store.status()).summaries, 0);
});

Deno.test("uplink: off ends the connection, and what happens meanwhile is never told", async () => {
  await using hub = await TestHub.start();
  const folder = await joinedFolder(hub);
  await using running = Running.start(folder.path);
  await running.says("Connected to the hub");
  assertEquals(await main(program, ["uplink", "off", "--uplink.folder", folder.path]), 0);
  await until("no session", () => hub.hub.sessions === 0);
  running.emitUptime();
  running.later(afterTwoBins());
  await until("the next bin", async () => !(await previewOf(folder)).includes("Sources: rpc"));
  assertEquals(await main(program, ["uplink", "on", "--uplink.folder", folder.path]), 0);
  await until("a session", () => hub.hub.sessions === 1);
  assertEquals((await hub.store.status()).summaries, 0);
});

Deno.test("uplink: shows what it would send before it belongs to anybody, and joins while it runs", async () => {
  await using hub = await TestHub.start();
  const folder = new UplinkFolder(`${await Deno.makeTempDir()}/up`);
  await using running = Running.start(folder.path);
  await running.says("Not a member of a federation");
  assertEquals(await main(program, ["uplink", "keygen", "--uplink.folder", folder.path]), 0);
  running.emitUptime();
  await until("the event", async () => (await previewOf(folder)).includes("Sources: rpc"));
  const joined = await joinedFolder(hub);
  folder.writeMembership(joined.readMembership()!);
  await running.says("Connected to the hub");
});

Deno.test("uplink: does not dial a hub elsewhere from where a node is", async () => {
  await using hub = await TestHub.start();
  const folder = await joinedFolder(hub);
  folder.writeMembership({ ...folder.readMembership()!, url: new URL("wss://hub.invalid/uplink") });
  {
    await using running = Running.start(folder.path, ["--uplink.proxy", "none"]);
    await running.says(
      "Not connected: the events come from this machine, so the hub would see a node's address",
    );
  }
  await using running = Running.start(folder.path, ["--uplink.proxy", "none", "--uplink.accept-egress-leak"]);
  await running.says("Not connected: ");
  assert(!running.lines.some((line) => line.includes("a node's address")), running.lines.join("\n"));
});

Deno.test("uplink: a folder belongs to one of them, and a key that others can read to none", async () => {
  await using hub = await TestHub.start();
  const folder = await joinedFolder(hub);
  {
    await using first = Running.start(folder.path);
    await first.says("Connected to the hub");
    await using second = Running.start(folder.path);
    await second.says("another uplink does, stop that or set --uplink.folder");
  }
  Deno.chmodSync(folder.of(FILES.seed), 0o644);
  await using running = Running.start(folder.path);
  await running.says("others can read it, run chmod 600");
});

partTest({
  name: "uplink: merges nodes of several NATS servers, with a login, and of the bus",
  needs: ["nats-server"],
  async fn() {
    await using open = await startNatsServer();
    await using closed = await startNatsServer({ user: "up", password: "link" });
    const folder = new UplinkFolder(`${await Deno.makeTempDir()}/up`);
    await folder.makeKey();
    const servers = [open.url, closed.url];
    await using running = Running.start(folder.path, [
      "--uplink.servers",
      servers.join(","),
      "--uplink.server-user",
      "up",
    ], { env: { WAGGLE_UPLINK_SERVER_PASSWORD: "link" } });
    const said = async (text: string) => (await previewOf(folder)).includes(text);
    const log = logFor("bus", () => {});
    const { signal } = new AbortController();
    await using first = await openNatsBus({ servers: [open.url], log, signal });
    await using second = await openNatsBus({
      servers: [closed.url],
      user: "up",
      password: "link",
      log,
      signal,
    });
    await until("one node", async () => {
      first.publish("rpc", uptime());
      return await said("Nodes: fewer than two") && await said("Sources: rpc");
    });
    await until("two nodes", async () => {
      second.publish("rpc", uptime());
      return await said("Nodes: two or more");
    });
    assert(!running.lines.some((line) => line.startsWith("error")), running.lines.join("\n"));
  },
});

Deno.test("uplink: names the variable of the servers' password, and may read their credentials in its sandbox", async () => {
  const folder = new UplinkFolder(`${await Deno.makeTempDir()}/up`);
  const args = ["--uplink.servers", "nats://127.0.0.1:1", "--uplink.server-user", "up"];
  await using running = Running.start(folder.path, args);
  await running.says('NATS user "up" has no password: set WAGGLE_UPLINK_SERVER_PASSWORD');
  const { values } = resolve({ uplink: uplink.options }, {
    args: ["--uplink.server-creds", "/etc/up.creds"],
    env: () => undefined,
    file: undefined,
  });
  assert(uplink.permissions!(values.uplink as never).read!.includes("/etc/up.creds"));
});

Deno.test("uplink: an address that a node says later is looked for in the next frame, too", async () => {
  const folder = new UplinkFolder(`${await Deno.makeTempDir()}/up`);
  await folder.makeKey();
  await using running = Running.start(folder.path);
  await until("it listens", () => folder.isInUse());
  const timestamp = Date.now();
  // No address is in a frame, so one that looks like a block's hash stands for it.
  const hash = "5a17c3d4".repeat(4) + "d4c3175a".repeat(4);
  const logEvent = { case: "blockConnectedLog", value: { blockHash: hash, blockHeight: 900_000 } } as const;
  const value = { logTimestamp: 0, category: 0, threadname: "", logEvent } as const;
  running.bus.publish(SUBJECTS.log, encodeEvent({ timestamp, kind: "log", value } as Event));
  await until("the block", async () => (await previewOf(folder)).includes(hash));
  const info = {
    version: 300_000,
    subversion: "",
    warnings: [],
    networks: [],
    localServices: "",
    localServicesNames: [],
    localAddresses: [{ address: hash, port: 8333, score: 1 }],
  } as unknown as NetworkInfo;
  const rpcEvent = { case: "networkInfo", value: info } as const;
  running.bus.publish("rpc", encodeEvent({ timestamp, kind: "rpc", value: { rpcEvent } }));
  await until("the block is held back", async () => (await previewOf(folder)).includes("Blocked: "));
});

Deno.test("uplink: knows bad addresses and autonomous systems from the operator's files", async () => {
  const path = await Deno.makeTempDir();
  const folder = new UplinkFolder(`${path}/up`);
  await folder.makeKey();
  Deno.writeTextFileSync(`${path}/bad`, "# bad\n20.0.0.0/8\nnonsense\n");
  // One jump: IPv4 is mapped, so all of it is of one system.
  Deno.writeFileSync(`${path}/asmap`, asmapFile(branch(answer(64_496), answer(7))));
  const preview = async (args: string[]) => {
    await using running = Running.start(folder.path, args);
    await until("it listens", () => folder.isInUse());
    const timestamp = Date.now();
    for (const [peerId, addr] of ["20.1.7.9:8333", "20.2.7.9:8333", "20.3.7.9:8333"].entries()) {
      const conn = { peerId, addr, connType: 1, network: 1 };
      const event = { case: "inbound", value: { conn, existingConnections: 1 } } as const;
      running.bus.publish("netconn", encodeEvent({ timestamp, kind: "connection", value: { event } }));
    }
    return await until("the connections", async () => {
      const text = await previewOf(folder);
      return text.includes("Inbound connections opened") && text;
    });
  };
  const opened = /Inbound connections opened +(.+)/;
  const plain = await preview([]);
  assertEquals([opened.exec(plain)?.[1], plain.includes("list hit")], ["2 to 3", false]);
  const known = await preview(["--uplink.asmap", `${path}/asmap`, "--uplink.lists", `${path}/bad`]);
  assertEquals(opened.exec(known)?.[1], "1");
  assertMatch(known, /list hit +up to 8/);
  await using running = Running.start(folder.path, ["--uplink.lists", `${path}/none`]);
  await running.says("set --uplink.lists to a file that is there");
});

Deno.test("uplink: old events are late and do not keep the place of new ones", async () => {
  await using hub = await TestHub.start();
  const folder = await joinedFolder(hub);
  await using running = Running.start(folder.path);
  await running.says("Connected to the hub");
  for (let day = 1; day <= 5; day++) running.bus.publish("rpc", uptime(Date.now() - day * 86_400_000));
  await until("late events", async () => (await previewOf(folder)).includes("5  late events"));
  running.emitUptime();
  await until("the new one", async () => (await previewOf(folder)).includes("Sources: rpc"));
});

Deno.test("uplink: goes by the time of the events where it is told to, and the hub gets a frame for each bin", async () => {
  await using hub = await TestHub.start();
  const folder = await joinedFolder(hub);
  await using running = Running.start(folder.path, ["--uplink.event-time"]);
  await running.says("Connected to the hub");
  const first = hub.bin - 20;
  for (let bin = first; bin <= first + 4; bin++) running.bus.publish("rpc", uptime(bin * 600_000 + 300_000));
  await until("four bins, the fifth is not over", async () => (await hub.store.status()).summaries === 4);
  for (let bin = first; bin < first + 4; bin++) {
    for await (const { body } of hub.store.summaries(bin)) {
      assertEquals(decode(decodeSummary, body)?.sources, [2]);
    }
  }
});

Deno.test("uplink: a replay that leaps over a day loses no bin, and ends when the hub has them all", async () => {
  await using hub = await TestHub.start();
  const folder = await joinedFolder(hub);
  const bins = 200;
  const first = hub.bin - bins - 20;
  const played = [first, first + bins - 1].map((bin) => uptime(bin * 600_000 + 300_000));
  using baselines = countWrites(FILES.baseline);
  await using running = Running.start(folder.path, ["--uplink.event-time"], { played });
  await running.ends();
  assertEquals((await hub.store.status()).summaries, bins, running.lines.join("\n"));
  assertLessOrEqual(baselines.count, played.length);
});

Deno.test("uplink: a replay of nothing that can be used ends, too", async () => {
  await using hub = await TestHub.start();
  const folder = await joinedFolder(hub);
  await using running = Running.start(folder.path, ["--uplink.event-time"], {
    played: [Uint8Array.of(0xff)],
  });
  await running.ends();
  await running.says("No event came");
  assertEquals((await hub.store.status()).summaries, 0);
});

Deno.test({
  name: "uplink: a full disk pauses it, and nothing of that time is lost once there is room",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using hub = await TestHub.start();
    const path = await Deno.makeTempDir();
    const run = (command: string, ...args: string[]) => new Deno.Command(command, { args }).output();
    assert((await run("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", path)).success);
    try {
      const folder = await joinedFolder(hub, path);
      await using running = Running.start(folder.path);
      await running.says("Connected to the hub");
      const bin = hub.bin;
      running.emitUptime();
      await until("the event", async () => (await previewOf(folder)).includes("Sources: rpc"));
      fill(`${path}/filler`);
      running.later(afterTwoBins());
      await running.says("The uplink pauses, nothing else does");
      running.emitUptime();
      await Deno.remove(`${path}/filler`);
      await running.says("The disk takes summaries again");
      await until("the summary", async () => (await hub.store.status()).summaries >= 1);
      for await (const { body } of hub.store.summaries(bin)) {
        assertEquals(decode(decodeSummary, body)?.sources, [2]);
      }
      assert(!running.lines.some((line) => line.includes("starting it again")), running.lines.join("\n"));
    } finally {
      await run("umount", path);
    }
  },
});

function fill(path: string): void {
  using file = Deno.openSync(path, { write: true, create: true });
  for (const size of [65_536, 1024, 1]) {
    try {
      for (;;) file.writeSync(new Uint8Array(size));
    } catch {
      // Less fits.
    }
  }
}
