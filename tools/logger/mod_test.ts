import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { connect, type NatsConnection } from "nats";
import { encodeEvent } from "../../proto/event.ts";
import { all } from "../../proto/golden/all.ts";
import { subjectOf } from "../../proto/subjects.ts";
import { MemoryBus } from "../../runtime/bus/memory.ts";
import type { Component } from "../../runtime/component.ts";
import { componentHelp } from "../../runtime/help.ts";
import { runComponents } from "../../runtime/runner.ts";
import type { Snapshot } from "../../runtime/statistics.ts";
import { type NatsServer, startNatsServer } from "../../tests/parts/nats_server.ts";
import { partTest } from "../../tests/parts/needs.ts";
import { until } from "../../tests/parts/until.ts";
import type { FilterOptions } from "./filter.ts";
import { jsonLine, makeTextLine } from "./lines.ts";
import logger from "./mod.ts";

const MAIN = new URL("../../mod.ts", import.meta.url).pathname;

/** How the program can run: its own process is its sandbox, or it starts a Worker as one. */
const RUN = {
  "a process with the logger's permissions": (port: number) => ["-P=logger", `--allow-net=127.0.0.1:${port}`],
  "a sandbox of a process that may do anything": () => ["-A"],
} satisfies Record<string, (port: number) => string[]>;

/** The running logger, connected to a server; what it printed can be waited for. */
class RunningLogger implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  readonly #stderr: Promise<string>;
  #text = "";

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#reader = child.stdout.getReader();
    this.#stderr = new Response(child.stderr).text();
  }

  static async start(nats: NatsServer, permissions: string[], args: string[] = []): Promise<RunningLogger> {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", ...permissions, MAIN, "logger", "--bus", nats.url, ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    await until("the logger to subscribe", () => isListening(nats));
    return new RunningLogger(child);
  }

  /** The first lines, once there are so many. */
  async lines(count: number): Promise<string[]> {
    for (;;) {
      const lines = this.#text.split("\n");
      if (lines.length > count) return lines.slice(0, count);
      if (await this.#read()) continue;
      throw new Error(`Only ${lines.length - 1} of ${count} lines: ${await this.#stderr}`);
    }
  }

  /** Resolves when it has printed something. */
  async begun(): Promise<void> {
    await this.#read();
  }

  /** Closes its standard output, as head(1) does once it has its lines. */
  async hangUp(): Promise<void> {
    await this.#reader.cancel();
  }

  /** Stops it as Ctrl-C does. */
  async interrupt(
    { reading = true } = {},
  ): Promise<{ stdout: string; stderr: string; code: number; ms: number }> {
    const start = performance.now();
    this.#child.kill("SIGINT");
    if (reading) await this.#readRest();
    await this.#child.status;
    const ms = performance.now() - start;
    return { ...await this.end(), ms };
  }

  /** What it printed in all and how it ended, once it has. */
  async end(): Promise<{ stdout: string; stderr: string; code: number }> {
    await this.#readRest();
    const { code } = await this.#child.status;
    return { stdout: this.#text, stderr: await this.#stderr, code };
  }

  async #readRest(): Promise<void> {
    while (await this.#read());
  }

  /** Takes what is there; false at the end. */
  async #read(): Promise<boolean> {
    const { value, done } = await this.#reader.read();
    this.#text += this.#decoder.decode(value, { stream: !done });
    return !done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    await this.#child.status;
    await this.#readRest();
    await this.#stderr;
  }
}

/** Whether somebody has subscribed to all that the logger listens to. */
async function isListening(nats: NatsServer): Promise<boolean> {
  const response = await fetch(`${nats.monitorUrl}/connz?subs=1`);
  const { connections } = await response.json() as { connections: { subscriptions_list?: string[] }[] };
  return connections.some(({ subscriptions_list: subjects = [] }) => subjects.length >= 9);
}

async function publish(client: NatsConnection, subject: string, ...events: Uint8Array[]): Promise<void> {
  for (const bytes of events) client.publish(subject, bytes);
  await client.flush();
}

const PING = all.find(({ name }) => name === "a ping")!;
const UPTIME = encodeEvent({
  timestamp: 1_750_942_328_364,
  kind: "rpc",
  value: { rpcEvent: { case: "uptime", value: 7 } },
});
const UPTIME_LINE = "2025-06-26T12:52:08.364Z INFO  [logger] rpc: Uptime(7s)";

for (const [how, permissions] of Object.entries(RUN)) {
  partTest({
    name: `logger prints what arrives on a NATS server, as ${how}, and stops within a second of Ctrl-C`,
    needs: ["nats-server"],
    async fn() {
      await using nats = await startNatsServer();
      await using running = await RunningLogger.start(nats, permissions(nats.port));
      const client = await connect({ servers: nats.url });
      const lineOf = makeTextLine({ color: false });
      const expected: string[] = [];
      for (const { event, bytes } of all) {
        const subject = event.kind === "none" ? "rpc" : subjectOf(event.kind);
        client.publish(subject, bytes);
        const line = lineOf(event, subject);
        if (line !== undefined) expected.push(line.slice(0, -1));
      }
      await publish(client, "rpc", UPTIME);
      const lines = await running.lines(expected.length + 1);
      assertEquals(lines.slice(0, -1), expected);
      assertEquals(lines.at(-1), UPTIME_LINE);
      await client.close();
      const { code, ms, stdout, stderr } = await running.interrupt();
      assertEquals(stdout.split("\n").length, expected.length + 2, "nothing else on standard output");
      assertEquals(code, 0, stderr);
      assertLess(
        ms,
        2000,
        "code 0 says that the runner did not have to give up after a second; CI may be slow",
      );
      const withoutMember = all.length - expected.length;
      assertStringIncludes(stderr, `0 dropped, 0 restarts, ${withoutMember} refused: no-known-member`);
    },
  });
}

partTest({
  name: "logger as the Rust logger: the kind of an event is in the event, whatever subject it came on",
  needs: ["nats-server"],
  async fn() {
    await using nats = await startNatsServer();
    const permissions = RUN["a process with the logger's permissions"](nats.port);
    await using running = await RunningLogger.start(nats, permissions, [
      "--logger.only",
      "rpc",
      "--logger.json",
    ]);
    const client = await connect({ servers: nats.url });
    await publish(client, "netmsg", PING.bytes, UPTIME);
    assertEquals(await running.lines(1), [
      '{"timestamp":1750942328364,"kind":"rpc","event":{"uptime":7}}',
    ]);
    await client.close();
    assertEquals((await running.interrupt()).stdout.split("\n").length, 2);
  },
});

partTest({
  name: "logger goes on after events that are none, and says how many there were",
  needs: ["nats-server"],
  async fn() {
    await using nats = await startNatsServer();
    const permissions = RUN["a sandbox of a process that may do anything"]();
    await using running = await RunningLogger.start(nats, permissions, ["--log-level", "debug"]);
    const client = await connect({ servers: nats.url });
    const truncated = PING.bytes.subarray(0, 20);
    await publish(client, "netmsg", Uint8Array.of(0xff), truncated, truncated, new Uint8Array(0), UPTIME);
    assertEquals(await running.lines(1), [UPTIME_LINE]);
    await client.close();
    const { stderr, code } = await running.interrupt();
    assertEquals(code, 0);
    assertMatch(
      stderr,
      /DEBUG \[logger\] Cannot show an event on netmsg: truncated at byte \d+ of 20 \(number 2/,
    );
    assertStringIncludes(stderr, "3 refused: truncated, 1 refused: no-known-member");
  },
});

partTest({
  name: "logger ends with code 0 and without a word about pipes when its reader has had enough, like head",
  needs: ["nats-server"],
  async fn() {
    await using nats = await startNatsServer();
    const permissions = RUN["a sandbox of a process that may do anything"]();
    await using running = await RunningLogger.start(nats, permissions);
    const client = await connect({ servers: nats.url });
    await publish(client, "rpc", UPTIME);
    await running.lines(1);
    await running.hangUp();
    // Only a write tells that the reader is gone, and one must be enough.
    await publish(client, "rpc", UPTIME);
    const { code, stderr } = await running.end();
    await client.close();
    assertEquals(code, 0);
    assertStringIncludes(stderr, "Nobody reads standard output any more");
    assert(!/error|broken pipe|\bat\b.*:\d+/i.test(stderr), stderr);
  },
});

partTest({
  name: "logger stops within a second of Ctrl-C although nobody reads its full pipe",
  needs: ["nats-server"],
  async fn() {
    await using nats = await startNatsServer();
    const permissions = RUN["a process with the logger's permissions"](nats.port);
    await using running = await RunningLogger.start(nats, permissions);
    const client = await connect({ servers: nats.url });
    const meta = { peerId: 7, addr: "x:1", connType: 1, command: "alert", inbound: true, size: 1 };
    const msg = { case: "alert", value: { alert: new Uint8Array(1_000_000) } } as const;
    await publish(client, "netmsg", encodeEvent({ timestamp: 1, kind: "message", value: { meta, msg } }));
    // It has begun to write two million letters, and no pipe holds as many.
    await running.begun();
    await client.close();
    const { code, ms, stderr } = await running.interrupt({ reading: false });
    assertEquals(code, 0, stderr);
    assertLess(
      ms,
      2000,
      "code 0 says that the runner did not have to give up after a second; CI may be slow",
    );
    assertStringIncludes(stderr, "Stopped before everything was printed");
  },
});

/** Runs the logger in a sandbox on a bus in memory until it has taken all of these. */
async function runSandboxed(options: Partial<FilterOptions>, events: readonly Uint8Array[]) {
  await using bus = new MemoryBus();
  const stop = new AbortController();
  const values = Object.fromEntries(
    Object.entries(logger.options).map(([name, { default: value }]) => [name, value]),
  );
  const said: string[] = [];
  let ended: Snapshot | undefined;
  const running = runComponents({
    tasks: [{ name: "logger", component: logger as Component, values: { ...values, ...options } }],
    bus,
    nodes: [],
    sink: ({ level, message }) => said.push(`${level}: ${message}`),
    worker: new URL("../../worker.ts", import.meta.url),
    signal: stop.signal,
    onEnd: (_, snapshot) => ended = snapshot,
  });
  if (events.length > 0) {
    await until("a subscriber", () => {
      bus.publish("ipc", events[0]!);
      return bus.stats().published > 1 &&
        said.some((line) => line.includes("refused") || line.includes("Cannot"));
    });
    for (const event of events.slice(1)) bus.publish("rpc", event);
    stop.abort();
  }
  return { succeeded: await running, ended: ended!, said };
}

Deno.test("logger needs no right at all: in a sandbox without any it takes, filters and counts", async () => {
  const broken = Uint8Array.of(0xff);
  const { succeeded, ended, said } = await runSandboxed({ only: ["ipc"] }, [broken, UPTIME, UPTIME, broken]);
  assert(succeeded);
  assert(said.includes("info: Started in a sandbox: no rights"), said.join("\n"));
  const refused = ended.counts.get("refused: truncated")!;
  assertEquals(
    ended.in,
    refused + 2,
    "everything but the two answers was refused, and those were filtered out",
  );
  assertEquals([...ended.counts.keys()], ["refused: truncated"]);
});

Deno.test("logger has a problem with options that contradict each other, and with no others", () => {
  const none = { only: [], peers: [], addresses: [], commands: [], json: false, color: "auto" } as const;
  assertEquals(logger.check?.({ ...none, only: ["messages"], peers: ["7"] }), []);
  assertStringIncludes(
    logger.check?.({ ...none, only: ["rpc"], peers: ["7"] })[0] ?? "",
    "no event can pass",
  );
});

Deno.test("the README holds the help text word for word, and its JSON example is what is printed", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", import.meta.url));
  assertStringIncludes(readme, "```text\n" + componentHelp("logger", logger as Component) + "```");
  const example = jsonLine({
    timestamp: 1750942328364,
    kind: "message",
    value: {
      meta: { peerId: 7, addr: "203.0.113.7:8333", connType: 1, command: "ping", inbound: true, size: 8 },
      msg: { case: "ping", value: { value: 1234605616436508552n } },
    },
  }, "waggle.alpha.netmsg")!;
  assertStringIncludes(readme, example);
});
