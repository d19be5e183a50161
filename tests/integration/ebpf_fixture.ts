/**
 * What the tests and benchmarks of the ebpf extractor share: a program that fires tracepoints as a node does, and the
 * extractor with what it emits, counts and says.
 *
 * @module
 */

import { join } from "@std/path";
import ebpf from "../../extractors/ebpf/mod.ts";
import { decodeEvent, type Event } from "../../proto/event.ts";
import { decodeMessage } from "../../proto/bitcoin/mod.ts";
import { MemoryBus } from "../../runtime/bus/memory.ts";
import type { Context } from "../../runtime/component.ts";
import { createContext } from "../../runtime/context.ts";
import { compileC, type CompiledProgram, probeBpftrace } from "../parts/bpftrace.ts";
import { partTest } from "../parts/needs.ts";
import { inCi, type PartName } from "../parts/part.ts";
import { until } from "../parts/until.ts";
import { readLines, VECTOR_FILES } from "../vectors/check.ts";

const SOURCE = new URL("../../extractors/ebpf/fixtures/node.c", import.meta.url);

let use: ReturnType<typeof probeBpftrace> | undefined;

/** The command that starts a bpftrace that may trace; throws with the reason where that is not possible. */
export async function tracingCommand(): Promise<string> {
  const found = await (use ??= probeBpftrace());
  if ("command" in found) return found.command.join(" ");
  throw new Deno.errors.NotSupported(`Cannot trace on this machine: ${found.problem}`);
}

/** A test that traces. Where that is not allowed it fails with `CI=true`, and is ignored elsewhere. */
export async function tracingTest(
  name: string,
  fn: () => Promise<void>,
  others: readonly PartName[] = [],
): Promise<void> {
  const needs: PartName[] = ["bpftrace", "gcc", "sys/sdt.h", ...others];
  const problem = await tracingCommand().then(() => undefined, (error: Error) => error.message);
  if (problem !== undefined && !inCi()) {
    return Deno.test({ name: `${name} (not run: ${problem})`, ignore: true, fn });
  }
  // A bpftrace that was killed stays for seconds, until the kernel has detached it.
  partTest({ name, needs, fn, sanitizeOps: false, sanitizeResources: false });
}

/** Which node the program looks like. */
export interface Looks {
  readonly core?: number;
  readonly semaphores?: boolean;
}

/** Compiles `node.c`. */
export async function compileNode({ core = 31, semaphores = true }: Looks = {}): Promise<CompiledProgram> {
  const defines = [
    `#define CORE ${core}`,
    `#define SEMAPHORES ${Number(semaphores)}`,
    "#define PATCHED 1",
    "",
  ];
  return await compileC(defines.join("\n") + await Deno.readTextFile(SOURCE), "node");
}

/** What firing took. */
export interface Fired {
  readonly count: number;
  readonly nanoseconds: number;
}

/**
 * Up to 0.17 bpftrace has a buffer for each CPU: events of a thread that moves may change places, which is for tests
 * of other things to ignore. The first CPU has heartbeats even when it has nothing else to do.
 */
const ON_ONE_CPU = ["taskset", "--cpu-list", "0"];

/** The program, running. */
export class FakeNode implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #rest = "";

  constructor(path: string, before: readonly string[] = ON_ONE_CPU) {
    const [program = path, ...args] = [...before, path];
    this.#child = new Deno.Command(program, { args, stdin: "piped", stdout: "piped" }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#reader = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Fires what a line of `node.c`'s language says. */
  async fire(command: string): Promise<Fired> {
    await this.#writer.write(new TextEncoder().encode(`${command}\n`));
    while (!this.#rest.includes("\n")) {
      const { done, value } = await this.#reader.read();
      if (done) throw new Error(`Cannot fire "${command.slice(0, 100)}": the program has ended`);
      this.#rest += value;
    }
    const [line = "", ...rest] = this.#rest.split("\n");
    this.#rest = rest.join("\n");
    const [, count, nanoseconds] = line.split(" ").map(Number);
    return { count: count!, nanoseconds: nanoseconds! };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close().catch(() => {});
    await this.#reader.cancel();
    await this.#child.status;
  }
}

type Values = Context<typeof ebpf.options>["options"];

/** Hands on what is published at once, decoded. */
class EventBus extends MemoryBus {
  constructor(readonly take: (event: Event) => void) {
    super();
  }

  override publish(_subject: string, data: Uint8Array): void {
    const decoded = decodeEvent(data);
    if (decoded.ok) this.take(decoded.event);
  }
}

/** The extractor, running in this thread. */
export class Extractor implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  /** Events, decoded from their bytes. */
  readonly events: Event[] = [];
  readonly counts: Record<string, number> = {};
  readonly lines: string[] = [];
  #failure: unknown;

  constructor(values: Partial<Values>) {
    const defaults = Object.fromEntries(
      Object.entries(ebpf.options).map(([name, { default: value }]) => [name, value]),
    );
    const say = (level: string) => (line: string) => void this.lines.push(`${level}: ${line}`);
    this.#ended = ebpf.run(createContext<typeof ebpf.options>({
      options: { ...defaults, ...values } as Values,
      nodes: [],
      bus: new EventBus((event) => this.events.push(event)),
      signal: this.#stop.signal,
      log: { error: say("error"), warn: say("warn"), info: say("info"), debug: say("debug") },
      count: (what, by = 1) => this.counts[what] = (this.counts[what] ?? 0) + by,
    })).catch((error) => {
      this.#failure = error;
    });
  }

  /** Waits for a line of its log, and for no other than the first unless told. */
  async said(text: string, times = 1): Promise<void> {
    await this.#until(
      `${times} × "${text}"`,
      () => this.lines.filter((line) => line.includes(text)).length >= times,
    );
  }

  /** Waits until it is attached for the `times`-th time. */
  attached(times = 1): Promise<void> {
    return this.said("info: Attached", times);
  }

  /** Waits for this many events. */
  async received(count: number): Promise<Event[]> {
    await this.#until(`${count} events`, () => this.events.length >= count);
    return this.events;
  }

  /** Everything it counted, as one number. */
  total(...names: string[]): number {
    return Object.entries(this.counts).reduce((sum, [name, n]) => {
      return names.some((wanted) => name.startsWith(wanted)) ? sum + n : sum;
    }, 0);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #until(what: string, condition: () => boolean): Promise<void> {
    try {
      await until(what, condition);
    } catch (error) {
      const tail = this.lines.slice(-15).join("\n");
      throw new Error(
        `${(error as Error).message}; ${this.events.length} events, ${JSON.stringify(this.counts)}\n${tail}`,
        { cause: error },
      );
    }
  }
}

/** Starts the extractor on a binary, with the bpftrace of this machine. */
export async function startExtractor(bitcoind: string, values: Partial<Values> = {}): Promise<Extractor> {
  return new Extractor({ bitcoind, command: await tracingCommand(), ...values });
}

/** A message as it was recorded. */
export interface RecordedMessage {
  readonly command: string;
  readonly payload: Uint8Array;
}

/** The recorded messages of `tests/vectors`; of the large ones only on request. */
export function recordedMessages({ large = false } = {}): RecordedMessage[] {
  return VECTOR_FILES.slice(0, large ? 2 : 1).flatMap((file) => readLines(file)).filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { type: string; hex: string })
    .map(({ type, hex }) => ({ command: type, payload: Uint8Array.fromHex(hex) }));
}

/** Writes messages as a node's `-capturemessages` does, for `play`. */
export async function writeCapture(folder: string, messages: readonly RecordedMessage[]): Promise<string> {
  const path = join(folder, "messages.dat");
  const parts = messages.map(({ command, payload }) => {
    const bytes = new Uint8Array(24 + payload.length);
    bytes.set(new TextEncoder().encode(command).subarray(0, 12), 8);
    new DataView(bytes.buffer).setUint32(20, payload.length, true);
    bytes.set(payload, 24);
    return bytes;
  });
  await Deno.writeFile(path, new Uint8Array(await new Blob(parts).arrayBuffer()));
  return path;
}

/** Per thousand messages of a node on the main chain, roughly: announcements, what is asked for, and pings. */
const MIX: Readonly<Record<string, number>> = {
  inv: 520,
  tx: 190,
  getdata: 150,
  ping: 45,
  pong: 45,
  addrv2: 15,
  headers: 12,
  notfound: 10,
  feefilter: 7,
  cmpctblock: 4,
  blocktxn: 2,
};
const MIX_SEED = 7;
/** The recorded ones are of small blocks; on the main chain they have thousands of short ids, and some transactions. */
const COMPACT_BLOCK_BYTES = 20_000;

/** A thousand messages as a busy node has them: recorded ones, in an order that is always the same. */
export function mixedMessages(): RecordedMessage[] {
  const byType = Map.groupBy(recordedMessages(), ({ command }) => command);
  const messages = Object.entries(MIX).flatMap(([command, count]) => {
    const recorded = (byType.get(command) ?? []).filter(({ payload }) => {
      return payload.length < 3000 && decodeMessage(command, payload).ok;
    });
    return Array.from({ length: count }, (_, i) => {
      if (command === "inv") return { command, payload: inventory(1 + i % 16) };
      if (command === "cmpctblock") return { command, payload: compactBlock() };
      return recorded[i % recorded.length]!;
    });
  });
  let state = MIX_SEED;
  const next = () => state = (state * 48271) % 2147483647;
  return messages.map((message) => ({ message, at: next() })).sort((a, b) => a.at - b.at).map(({ message }) =>
    message
  );
}

function inventory(items: number): Uint8Array {
  const payload = new Uint8Array(1 + items * 36);
  payload[0] = items;
  for (let i = 0; i < items; i++) payload.set([5, 0, 0, 0, i, 1, 2, 3], 1 + i * 36);
  return payload;
}

/** Header, nonce, short ids, no transaction. */
function compactBlock(): Uint8Array {
  const ids = Math.floor((COMPACT_BLOCK_BYTES - 92) / 6);
  const payload = new Uint8Array(88 + 3 + ids * 6 + 1);
  payload.set([0xfd, ids & 0xff, ids >> 8], 88);
  return payload;
}
