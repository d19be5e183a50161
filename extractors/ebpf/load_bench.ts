/**
 * From tracepoints to the bus: how many messages a second come through without a loss, what they cost bpftrace, the
 * extractor and the node. Needs what the tests of the extractor need.
 *
 *     deno bench -A extractors/ebpf/load_bench.ts
 *
 * A line for each profile and rate; the bench fails if a message is lost at 5,000 messages/s of the mix.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import process from "node:process";
import { MemoryBus } from "../../runtime/bus/memory.ts";
import { runComponents } from "../../runtime/runner.ts";
import {
  compileNode,
  FakeNode,
  mixedMessages,
  tracingCommand,
  writeCapture,
} from "../../tests/integration/ebpf_fixture.ts";
import { until } from "../../tests/parts/until.ts";
import ebpf from "./mod.ts";

const SECONDS = 3;
const AS_FAST_AS_POSSIBLE = 0;
const RATES = [5_000, 10_000, 20_000, 40_000, AS_FAST_AS_POSSIBLE];
const REQUIRED_RATE = 5_000;
const TICKS_PER_SECOND = 100;

const PROFILES: Readonly<Record<string, (capture: string) => string>> = {
  "ping": () => "same in ping 8",
  "300 bytes": () => "same in xa 300",
  "4 KiB": () => "same in xa 4096",
  "mix": (capture) => `play in ${capture}`,
};

interface Round {
  readonly fired: number;
  readonly received: number;
  /** Seconds from the first tracepoint to the last. */
  readonly seconds: number;
  /** What one tracepoint costs the node, in microseconds. */
  readonly nodeUs: number;
  /** CPU milliseconds for 10,000 messages. */
  readonly bpftraceMs: number;
  readonly extractorMs: number;
}

/** The bus's own work is not the extractor's. */
class CountingBus extends MemoryBus {
  published = 0;

  override publish(): void {
    this.published++;
  }
}

/** The extractor with the CPU time it takes: this process does nothing else meanwhile. */
class Bench implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #bus = new CountingBus();
  readonly #ended: Promise<boolean>;
  readonly #pidFile: string;
  readonly #counts: Record<string, number> = {};
  attached = false;

  constructor(bitcoind: string, command: string) {
    this.#pidFile = join(dirname(command), "pid");
    const values = Object.fromEntries(
      Object.entries(ebpf.options).map(([name, option]) => [name, option.default]),
    );
    this.#ended = runComponents({
      tasks: [{ name: "ebpf", component: ebpf, values: { ...values, bitcoind, command } }],
      bus: this.#bus,
      nodes: [],
      sink: ({ level, message }) => {
        if (message === "Attached") this.attached = true;
        if (level === "warn") console.log(`    ${message}`);
      },
      signal: this.#stop.signal,
      onEnd: (_, { counts }) => Object.assign(this.#counts, Object.fromEntries(counts)),
    });
  }

  async round(node: FakeNode, command: string, fired: number): Promise<Round> {
    const before = {
      published: this.#bus.published,
      bpftrace: this.#bpftraceSeconds(),
      own: process.cpuUsage(),
    };
    const started = performance.now();
    const { nanoseconds } = await node.fire(command);
    const seconds = (performance.now() - started) / 1000;
    await this.#quiet();
    const own = process.cpuUsage(before.own);
    const received = this.#bus.published - before.published;
    return {
      fired,
      received,
      seconds,
      nodeUs: nanoseconds / fired / 1000,
      bpftraceMs: (this.#bpftraceSeconds() - before.bpftrace) * 1000 * 10_000 / fired,
      extractorMs: (own.user + own.system) / 1000 * 10_000 / fired,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    await this.#bus[Symbol.asyncDispose]();
  }

  /** Waits until nothing has come for a while. */
  async #quiet(): Promise<void> {
    let before = -1;
    await until("the stream to be quiet", async () => {
      if (before === this.#bus.published) return true;
      before = this.#bus.published;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return false;
    });
  }

  /** User and system time, fields 14 and 15 of proc(5). */
  #bpftraceSeconds(): number {
    const pid = Deno.readTextFileSync(this.#pidFile).trim();
    const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).replace(/^.*\) /, "").split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }
}

async function measure(): Promise<void> {
  await using program = await compileNode();
  const folder = dirname(program.path);
  const command = join(folder, "bpftrace");
  await Deno.writeTextFile(
    command,
    `#!/bin/sh\necho $$ > ${folder}/pid\nexec ${await tracingCommand()} "$@"\n`,
    {
      mode: 0o755,
    },
  );
  const capture = await writeCapture(folder, mixedMessages());
  await using bench = new Bench(program.path, command);
  await until("bpftrace to attach", () => bench.attached);
  await using node = new FakeNode(program.path, []);
  for (const [name, profile] of Object.entries(PROFILES)) {
    for (const rate of RATES) {
      const fired = Math.ceil((rate || 40_000) * SECONDS);
      const round = await bench.round(node, `${profile(capture)} ${fired} ${rate}`, fired);
      print(name, rate, round);
      if (name !== "mix" || rate !== REQUIRED_RATE) continue;
      assertEquals(round.received, round.fired, "none of the mix is lost");
    }
  }
}

function print(name: string, rate: number, round: Round): void {
  const { fired, received, seconds, nodeUs, bpftraceMs, extractorMs } = round;
  const wanted = rate === AS_FAST_AS_POSSIBLE ? "as fast as possible" : `${rate}/s`;
  console.log(
    `  ${name}, ${wanted}: ${Math.round(fired / seconds)}/s fired, ${fired - received} of ${fired} lost; ` +
      `CPU for 10,000: bpftrace ${bpftraceMs.toFixed(0)} ms, extractor ${extractorMs.toFixed(0)} ms; ` +
      `node ${nodeUs.toFixed(1)} us each`,
  );
}

// Once, however often deno bench calls it: its own figure would be the time of all rounds together.
let measured: Promise<void> | undefined;
Deno.bench({
  name: "tracepoints to the bus, all profiles and rates",
  n: 1,
  warmup: 0,
  async fn() {
    await (measured ??= measure());
  },
});
