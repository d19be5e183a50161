/**
 * How many sessions a hub holds, and how fast it acknowledges: `deno task bench:hub 1000 10000`, with `--jetstream` on a
 * NATS server besides. The hub is a process of its own, as its user runs it; this one is the load, and says how much of
 * the machine it takes itself. What the NATS server takes is in no number.
 *
 * @module
 */

import { format as formatBytes } from "@std/fmt/bytes";
import { openFolder } from "../../federation/hub/folder.ts";
import { memberHash } from "../../proto/federation/member_list.ts";
import { decodeFrame, encodeFrame } from "../../proto/federation/frame.ts";
import { type KeyPair, keyPair, newSeed } from "../../proto/federation/keys.ts";
import { METRICS } from "../../proto/federation/metrics.ts";
import { operatorProof } from "../../proto/federation/proofs.ts";
import { Metric, type Summary } from "../../proto/federation/schema.ts";
import { logFor } from "../../runtime/log.ts";
import { startNatsServer } from "../parts/nats_server.ts";
import { freePort, isListening, until } from "../parts/until.ts";
import { summary } from "./client.ts";

const STEADY_MS = 60_000;
const SATURATED_MS = 10_000;
const STORM_MS = 120_000;
const ROOT = new URL("../..", import.meta.url).pathname;

/** A whole summary, as an operator with every source sends it. */
function fullBody(): Partial<Summary> {
  const values = Object.entries(METRICS).flatMap(([name, { parts, max }]) => {
    const metric = Metric[name as keyof typeof Metric];
    const indices = parts === undefined ? [undefined] : Object.values(parts);
    return indices.map((index) => ({ metric, index, value: Math.floor(Math.random() * max / 8) * 8 }));
  });
  const hash = () => crypto.getRandomValues(new Uint8Array(32));
  return {
    sources: [1, 2, 3, 4],
    values,
    blocks: [{ hash: hash(), delay: 1 }],
    tips: [{ hash: hash(), height: 900_000, status: 1 }],
  };
}

const BODIES = Array.from({ length: 50 }, fullBody);

/** One operator. */
class Session {
  ready = false;
  credits = 0;
  acknowledged = 0;
  sent = 0;
  attempts = 0;
  onAck: ((ms: number) => void) | undefined;
  #sentAt = new Map<number, number>();
  #socket: WebSocket | undefined;
  #nonce = new Uint8Array(32);

  constructor(readonly key: KeyPair, readonly url: string) {}

  /** Connects, and comes back like an honest uplink: with full jitter, at most every 5 s here. */
  connect(onReady: () => void): void {
    const socket = this.#socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#nonce = crypto.getRandomValues(new Uint8Array(32));
      socket.send(encodeFrame({ case: "hello", value: { version: 1, schemas: [1], nonce: this.#nonce } }));
    };
    socket.onmessage = ({ data }) => void this.#receive(new Uint8Array(data), onReady);
    socket.onerror = (event) => event.preventDefault();
    socket.onclose = () => {
      this.ready = false;
      if (this.#socket !== socket) return;
      const most = Math.min(5000, 500 * 2 ** this.attempts++);
      setTimeout(() => this.connect(onReady), Math.random() * most);
    };
  }

  async #receive(bytes: Uint8Array, onReady: () => void): Promise<void> {
    const decoded = decodeFrame(bytes);
    if (!decoded.ok || decoded.content === undefined) throw new Error("The hub said something unreadable");
    const { case: name, value } = decoded.content;
    if (name === "challenge") {
      const { hubKey, nonce, policyHash } = value;
      const proof = operatorProof({ hubKey, helloNonce: this.#nonce, challengeNonce: nonce, policyHash });
      const signature = await this.key.sign(proof);
      // In a storm the hub cuts off the oldest stranger to make room.
      if (this.#socket?.readyState !== WebSocket.OPEN) return;
      this.#socket.send(
        encodeFrame({ case: "auth", value: { operatorKey: this.key.publicKey, signature } }),
      );
    } else if (name === "ready") {
      this.ready = true;
      this.attempts = 0;
      this.credits = value.credits;
      this.acknowledged = this.sent = value.resumeSequence;
      this.#sentAt.clear();
      onReady();
    } else if (name === "credit") this.credits += value.credits;
    else if (name === "nack") throw new Error(`The hub refuses a summary with code ${value.code}`);
    else if (name === "ack") this.#acked(value.upTo);
  }

  #acked(upTo: number): void {
    const now = performance.now();
    for (let sequence = this.acknowledged + 1; sequence <= upTo; sequence++) {
      this.onAck?.(now - this.#sentAt.get(sequence)!);
      this.#sentAt.delete(sequence);
    }
    this.acknowledged = upTo;
  }

  send(): void {
    const sequence = ++this.sent;
    const value = summary(sequence, Math.floor(Date.now() / 600_000), BODIES[sequence % BODIES.length]!);
    this.#sentAt.set(sequence, performance.now());
    this.#socket!.send(encodeFrame({ case: "summary", value }));
  }

  get hasRoom(): boolean {
    return this.ready && this.sent - this.acknowledged < this.credits;
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }
}

/** A hub in a process of its own. */
class HubProcess {
  #child!: Deno.ChildProcess;

  constructor(readonly folder: string, readonly port: number, readonly store: string | undefined) {}

  async start(): Promise<void> {
    const limits = ["--hub.frames-per-minute", "1000000", "--hub.bytes-per-minute", String(2 ** 31)];
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "-P=hub", `--allow-read=${this.folder}`, `--allow-write=${this.folder}`],
        `--allow-net=${
          [`127.0.0.1:${this.port}`, ...this.store ? [new URL(this.store).host] : []].join(",")
        }`,
        ...["mod.ts", "hub", "--hub.folder", this.folder, ...storeOption(this.store)],
        ...["--hub.address", `127.0.0.1:${this.port}`, ...limits],
      ],
      cwd: ROOT,
      stdout: "null",
      stderr: "inherit",
      env: { WAGGLE_LOG_LEVEL: "error" },
    }).spawn();
    await until("the hub", () => isListening(this.port));
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
  }

  /** Bytes in memory, now and at most. */
  memory(): { now: number; most: number } {
    const status = Deno.readTextFileSync(`/proc/${this.#child.pid}/status`);
    const read = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)![1]) * 1024;
    return { now: read("VmRSS"), most: read("VmHWM") };
  }

  get pid(): number {
    return this.#child.pid;
  }
}

/** Seconds of CPU that a process has used. */
function cpuSeconds(pid: number | "self"): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** CPU of hub and load while something runs, in cores. */
async function cores<T>(
  hub: HubProcess,
  run: () => Promise<T>,
): Promise<T & { hubCores: number; loadCores: number }> {
  const [since, hubBefore, loadBefore] = [performance.now(), cpuSeconds(hub.pid), cpuSeconds("self")];
  const result = await run();
  const seconds = (performance.now() - since) / 1000;
  const hubCores = (cpuSeconds(hub.pid) - hubBefore) / seconds;
  return { ...result, hubCores, loadCores: (cpuSeconds("self") - loadBefore) / seconds };
}

function storeOption(store: string | undefined): string[] {
  return store === undefined ? [] : ["--hub.store", store];
}

async function makeMembers(
  folder: string,
  count: number,
  server: string | undefined,
): Promise<KeyPair[]> {
  await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "mod.ts", "hub", "init", "--hub.folder", folder, ...storeOption(server)],
    cwd: ROOT,
  }).output();
  const opening = { log: logFor("hub", () => {}), signal: new AbortController().signal };
  const { key, store: opened } = await openFolder(server ? { folder, store: server } : folder, opening);
  await using store = opened;
  const now = Math.floor(Date.now() / 1000);
  const keys: KeyPair[] = [];
  for (let i = 0; i < count; i++) {
    const operator = await keyPair(newSeed("operator"));
    keys.push(operator);
    await store.admit({
      hash: await memberHash(key.publicKey, operator.publicKey),
      sponsors: [],
      joinedDay: Math.floor(now / 86_400),
      invitation: crypto.getRandomValues(new Uint8Array(16)),
      expires: now + 86_400,
    });
  }
  return keys;
}

async function allReady(sessions: readonly Session[], begin: () => void): Promise<{ seconds: number }> {
  const since = performance.now();
  begin();
  await until("all to be ready", () => sessions.every(({ ready }) => ready), { deadlineMs: STORM_MS });
  return { seconds: (performance.now() - since) / 1000 };
}

async function steady(sessions: readonly Session[]) {
  const times: number[] = [];
  for (const session of sessions) session.onAck = (ms) => times.push(ms);
  // Each once, at a moment of its own.
  const timers = sessions.map((session) => setTimeout(() => session.send(), Math.random() * STEADY_MS));
  await new Promise((resolve) => setTimeout(resolve, STEADY_MS));
  timers.forEach(clearTimeout);
  await until("the last acks", () => sessions.every(({ sent, acknowledged }) => sent === acknowledged));
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))]!;
  return { acks: times.length, p50: at(0.5), p99: at(0.99), most: times.at(-1)! };
}

async function saturate(sessions: readonly Session[]) {
  let acks = 0;
  const end = performance.now() + SATURATED_MS;
  const since = performance.now();
  const times: number[] = [];
  for (const session of sessions) {
    session.onAck = (ms) => {
      acks++;
      if (acks % 16 === 0) times.push(ms);
      while (performance.now() < end && session.hasRoom) session.send();
    };
    session.send();
  }
  await new Promise((resolve) => setTimeout(resolve, SATURATED_MS));
  const perSecond = acks / (performance.now() - since) * 1000;
  await until("the last acks", () => sessions.every(({ sent, acknowledged }) => sent === acknowledged));
  times.sort((a, b) => a - b);
  return { perSecond, p99: times[Math.floor(times.length * 0.99)] ?? NaN };
}

async function measure(count: number, isJetStream: boolean): Promise<Record<string, string>> {
  const folder = await Deno.makeTempDir();
  await using nats = isJetStream ? await startNatsServer({ jetstream: true }) : undefined;
  const keys = await makeMembers(folder, count, nats?.url);
  const hub = new HubProcess(folder, freePort(), nats?.url);
  await hub.start();
  const empty = hub.memory().now;
  const url = `ws://127.0.0.1:${hub.port}/uplink`;
  const sessions = keys.map((key) => new Session(key, url));
  try {
    const first = await cores(
      hub,
      () => allReady(sessions, () => sessions.forEach((session) => session.connect(() => {}))),
    );
    const quiet = await cores(hub, () => steady(sessions));
    const full = await cores(hub, () => saturate(sessions));
    const memory = hub.memory();
    await hub.stop();
    await until("all to notice", () => sessions.every(({ ready }) => !ready));
    await hub.start();
    const storm = await cores(hub, () => allReady(sessions, () => {}));
    const after = hub.memory();
    const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
    const both = (run: { hubCores: number; loadCores: number }) =>
      `${run.hubCores.toFixed(2)} / ${run.loadCores.toFixed(2)}`;
    return {
      "store": isJetStream ? "JetStream" : "SQLite",
      "sessions": String(count),
      "all ready": `${first.seconds.toFixed(1)} s`,
      "cores hub / load": both(first),
      "1 summary/min: acks": String(quiet.acks),
      "p50": ms(quiet.p50),
      "p99": ms(quiet.p99),
      "slowest": ms(quiet.most),
      "cores hub / load ": both(quiet),
      "saturated: acks/s": full.perSecond.toFixed(0),
      "p99 ": ms(full.p99),
      "cores hub / load  ": both(full),
      "memory empty": formatBytes(empty),
      "memory most": formatBytes(memory.most),
      "storm: all ready": `${storm.seconds.toFixed(1)} s`,
      "cores hub / load   ": both(storm),
      "memory after storm": formatBytes(after.most),
    };
  } finally {
    sessions.forEach((session) => session.close());
    await hub.stop().catch(() => {});
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const numbers = Deno.args.filter((arg) => arg !== "--jetstream").map(Number);
  const counts = numbers.length > 0 ? numbers : [1000, 2500, 5000, 10_000];
  const stores = Deno.args.includes("--jetstream") ? [false, true] : [false];
  const results: Record<string, string>[] = [];
  for (const count of counts) {
    for (const isJetStream of stores) results.push(await measure(count, isJetStream));
  }
  for (const name of Object.keys(results[0]!)) {
    console.log(`${name.padEnd(22)}${results.map((result) => result[name]!.padStart(14)).join("")}`);
  }
  Deno.exit(0);
}
