/**
 * Everything at work at once, as real processes, for as long as one likes: real nodes, all extractors, a NATS server, all
 * tools, an uplink and a hub. What they take is watched, and in the end everything that was made must have arrived
 * everywhere.
 *
 * @module
 */

import { join } from "@std/path";
import { startSocksServer } from "../../tools/connectivity-check/_socks_server.ts";
import { compileNode, tracingCommand } from "../integration/ebpf_fixture.ts";
import { type NatsServer, startNatsServer } from "../parts/nats_server.ts";
import type { Process } from "../parts/process.ts";
import { until } from "../parts/until.ts";
import { pause } from "../../runtime/backoff.ts";
import { judge, type Verdict, WARM_UP } from "./judge.ts";
import { Listener } from "./listener.ts";
import { Nodes, type Rhythm } from "./nodes.ts";
import { endComponent, type Ending, type Invocation, runCommand, startComponent } from "./program.ts";
import { numbersAt, sumOf } from "./scrape.ts";
import { compare, type Total } from "./totals.ts";
import { Tracepoints } from "./tracepoints.ts";
import { childOf, Watch, type Watched } from "./watch.ts";

/** What to do, and for how long. */
export interface SoakOptions {
  readonly seconds: number;
  /** Messages that go through the tracepoints. */
  readonly messagesPerSecond: number;
  readonly sampleEveryMs: number;
  readonly rhythm: Rhythm;
  /** Told of progress. */
  readonly say: (line: string) => void;
  /** Ends the traffic early; what is asserted stays the same. */
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface SoakResult {
  /** Of traffic. */
  readonly seconds: number;
  readonly isCutShort: boolean;
  readonly messagesPerSecond: number;
  readonly watched: readonly Watched[];
  readonly verdicts: readonly Verdict[];
  readonly totals: readonly Total[];
  readonly endings: ReadonlyMap<string, Ending>;
  readonly problems: readonly string[];
}

const EXTRACTORS = ["ebpf", "rpc", "p2p", "log"];
/** Where numbers or pages are; the extractor begins last. */
const SERVED = ["metrics", "websocket", "alerts", "connectivity-check", "hub"];
const ORDER = [
  ...[
    "bitcoind",
    "bpftrace",
    ...EXTRACTORS,
    "nats-server",
    "logger",
    "metrics",
    "websocket",
    "alerts",
    "archive",
  ],
  ...["connectivity-check", "uplink", "hub"],
];
const SAY_EVERY_MS = 30_000;
/** More often than by default, so that a short run has all answers. */
const RPC_INTERVAL_MS = "2000";
const BIN_MS = 600_000;
/** A bin that is about to be sent is waited for. */
const NOT_NEAR_MS = 10_000;
/** How often garbage is collected to see what is left, between the warm-up and the end. */
const WEIGHTS = 6;

/** Runs all of it. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  await using stage = await Stage.build(options);
  options.say("Everything runs; the traffic begins");
  const began = performance.now();
  await stage.play();
  const seconds = (performance.now() - began) / 1000;
  options.say(`${seconds.toFixed(0)} s of traffic are over; counting`);
  // After hours of work there shall be a report, whatever it says.
  const totals = await stage.end().catch((error: Error) => {
    stage.problems.push(`The totals could not be counted: ${error.message}`);
    return [];
  });
  const verdicts = stage.watched.map(judge);
  const problems = [
    ...stage.problems,
    ...totals.filter(({ is, shouldBe }) => is !== shouldBe).map(({ what, is, shouldBe }) => {
      return `${what}: ${is}, and it should be ${shouldBe}`;
    }),
    ...[...stage.endings].flatMap(([name, ending]) => complaintsOf(name, ending)),
    // The chain grows, and so do nodes; how much is theirs to say.
    ...verdicts.filter(({ name }) => !name.startsWith("bitcoind")).flatMap(({ problems }) => problems),
  ];
  const { signal, messagesPerSecond } = options;
  return {
    ...{ seconds, isCutShort: signal.aborted, messagesPerSecond, watched: stage.watched },
    ...{ verdicts, totals, endings: stage.endings, problems },
  };
}

/** Losses and failures that a component tells of itself. */
function complaintsOf(name: string, { dropped, unsent, restarts, complaints }: Ending): string[] {
  const none = { "events dropped": dropped, "events not sent": unsent, "restarts": restarts };
  return [
    ...Object.entries(none).filter(([, count]) => count > 0).map(([what, count]) =>
      `${name}: ${count} ${what}`
    ),
    ...complaints.map((line) => `${name} says: ${line}`),
  ];
}

/** Of `uplink status`. */
interface UplinkReport {
  readonly nextBin: number;
  readonly nextAt: number;
  readonly outbox: { readonly records: number };
}

/** All processes, and what they work on. */
class Stage implements AsyncDisposable {
  readonly problems: string[] = [];
  readonly endings = new Map<string, Ending>();
  readonly #processes = new Map<string, Process>();
  readonly #ports: Readonly<Record<string, number>> = freePorts([...SERVED, "rpc", "p2p"]);
  #loggedLines = 0;
  #listener!: Listener;
  #firstBin = 0;

  private constructor(
    readonly options: SoakOptions,
    readonly folder: string,
    readonly nats: NatsServer,
    readonly nodes: Nodes,
    readonly traced: Tracepoints,
    readonly socks: ReturnType<typeof startSocksServer>,
    readonly watch: Watch,
    readonly resources: AsyncDisposableStack,
  ) {}

  /** Starts all of it. */
  static async build(options: SoakOptions): Promise<Stage> {
    await using resources = new AsyncDisposableStack();
    const { say, messagesPerSecond, sampleEveryMs } = options;
    const folder = await Deno.makeTempDir({ prefix: "waggle-soak-" });
    resources.defer(() => Deno.remove(folder, { recursive: true }));
    say("Starts a NATS server, three nodes, and a program with a node's tracepoints");
    const [nats, nodes, program, watch] = await Promise.all([
      startNatsServer().then((server) => resources.use(server)),
      Nodes.start().then((nodes) => resources.use(nodes)),
      compileNode().then((program) => resources.use(program)),
      Watch.begin(sampleEveryMs).then((watch) => resources.use(watch)),
    ]);
    const traced = resources.use(await Tracepoints.start(program.path, folder, messagesPerSecond));
    const miner = { hostname: "127.0.0.1", port: nodes.miner.p2pPort };
    const socks = resources.use(startSocksServer(() => miner));
    const stage = new Stage(options, folder, nats, nodes, traced, socks, watch, resources.move());
    try {
      await stage.#startAll(program.path);
      return stage;
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** From the front to the back. */
  get watched(): readonly Watched[] {
    return this.watch.all.toSorted((a, b) => ORDER.indexOf(a.name) - ORDER.indexOf(b.name));
  }

  /** First what listens, then what emits: each event from the first on must be everywhere. */
  async #startAll(program: string): Promise<void> {
    const { say } = this.options;
    await this.#startHub();
    say("Starts the tools and an uplink");
    const tools = this.#tools();
    await Promise.all(tools.map((tool) => this.#start(tool)));
    await until("all tools to listen", async () => {
      const { connections } = await (await fetch(`${this.nats.monitorUrl}/connz?subs=1`)).json();
      return connections.filter((each: { subscriptions: number }) => each.subscriptions > 0).length ===
        tools.length;
    });
    for (const name of SERVED) await this.#process(name).waitForPort(this.#ports[name]!);
    this.#listener = this.resources.use(await Listener.connect(`127.0.0.1:${this.#ports.websocket}`));
    say("Starts the extractors");
    await Promise.all((await this.#extractors(program)).map((extractor) => this.#start(extractor)));
    const { watched } = this.nodes;
    await watched.rpc("addnode", `127.0.0.1:${this.#ports.p2p}`, "add");
    await this.#process("p2p").waitForLine(/ connected: /);
    await this.#process("log").waitForLine(/Following/);
    await this.#process("ebpf").waitForLine(/Attached/);
    await this.#process("rpc").waitForPort(this.#ports["rpc"]!);
    this.#firstBin = (await this.#uplinkReport()).nextBin;
    this.watch.add("bpftrace", childOf(this.#process("ebpf").pid)!);
    this.watch.add("nats-server", this.nats.pid);
    this.watch.add("bitcoind", watched.pid);
    this.watch.look();
  }

  async #startHub(): Promise<void> {
    this.options.say("Starts a hub; two operators join");
    const folder = join(this.folder, "hub");
    const address = `127.0.0.1:${this.#ports.hub}`;
    await runCommand("hub", "init", "--hub.folder", folder);
    const rights = [`--allow-read=${folder}`, `--allow-write=${folder}`];
    const [, text] = await Promise.all([
      // It has no bus, and so says less.
      this.#start({
        name: "hub",
        rights,
        options: { "hub.folder": folder, "hub.address": address, "log-level": "debug" },
      }),
      runCommand(
        "hub",
        "invite",
        "--hub.folder",
        folder,
        "--hub.count",
        "2",
        "--hub.url",
        `ws://${address}/uplink`,
      ),
      ...OPERATORS.map((name) => runCommand("uplink", "keygen", "--uplink.folder", join(this.folder, name))),
    ]);
    const invitations = text.trim().split("\n");
    await Promise.all(OPERATORS.map((name, i) => {
      return runCommand("uplink", "join", "--uplink.folder", join(this.folder, name), invitations[i]!);
    }));
  }

  #tools(): Invocation[] {
    const at = (name: string) => `127.0.0.1:${this.#ports[name]}`;
    const archive = join(this.folder, "archive");
    const uplink = join(this.folder, "operator-1");
    return [
      { name: "logger", onStdout: (bytes) => this.#loggedLines += countNewlines(bytes) },
      { name: "metrics", options: { "metrics.address": at("metrics") } },
      { name: "websocket", options: { "websocket.address": at("websocket") } },
      { name: "alerts", options: { "alerts.address": at("alerts") } },
      { name: "archive", rights: [`--allow-write=${archive}`], options: { "archive.dir": archive } },
      {
        name: "connectivity-check",
        options: {
          "connectivity-check.proxy": this.socks.address,
          "connectivity-check.chain": "regtest",
          "connectivity-check.metrics-address": at("connectivity-check"),
        },
      },
      {
        name: "uplink",
        v8Flags: "--max-semi-space-size=4",
        rights: [`--allow-read=${uplink}`, `--allow-write=${uplink}`, `--allow-net=${at("hub")}`],
        options: { "uplink.folder": uplink },
      },
    ];
  }

  async #extractors(program: string): Promise<Invocation[]> {
    const { rpcUrl, cookieFile, debugLog } = this.nodes.watched;
    const command = await tracingCommand();
    return [
      {
        name: "ebpf",
        rights: [`--allow-read=${program}`, `--allow-run=${command.split(" ")[0]}`],
        options: { "ebpf.bitcoind": program, "ebpf.command": command },
      },
      {
        name: "rpc",
        rights: [`--allow-read=${cookieFile}`],
        options: {
          ...{ "rpc.url": rpcUrl, "rpc.cookie-file": cookieFile },
          ...{ "rpc.interval-ms": RPC_INTERVAL_MS, "rpc.slow-interval-ms": RPC_INTERVAL_MS },
          ...{ "rpc.prometheus-address": `127.0.0.1:${this.#ports.rpc}` },
        },
      },
      {
        name: "p2p",
        options: {
          ...{ "p2p.address": `127.0.0.1:${this.#ports.p2p}`, "p2p.network": "regtest" },
          "p2p.ping-interval-ms": "1000",
        },
      },
      { name: "log", rights: [`--allow-read=${debugLog}`], options: { "log.file": debugLog } },
    ];
  }

  async #start(invocation: Invocation): Promise<void> {
    const { process, inspectorPort } = await startComponent(this.nats.url, invocation);
    this.resources.use(process);
    this.#processes.set(invocation.name, process);
    this.watch.add(invocation.name, process.pid, inspectorPort);
  }

  #process(name: string): Process {
    return this.#processes.get(name)!;
  }

  /** Traffic for as long as was asked for, or until somebody has seen enough. */
  async play(): Promise<void> {
    const { seconds, signal, rhythm } = this.options;
    const failed = new AbortController();
    const stop = AbortSignal.any([signal, failed.signal, AbortSignal.timeout(seconds * 1000)]);
    const fail = (what: string) => {
      if (stop.aborted) return;
      this.problems.push(what);
      failed.abort();
    };
    for (const [name, process] of this.#processes) void process.status.then(() => fail(`${name} ended`));
    const progress = setInterval(() => this.#sayHowItGoes(), SAY_EVERY_MS);
    const works = [
      this.traced.fire(stop),
      this.nodes.work(rhythm, () => this.#areAnnounced(), stop),
      this.#scrape(stop),
      this.#weigh(stop),
    ];
    await Promise.all(
      works.map((work) => work.catch((error) => fail(`The traffic failed: ${error.message}`))),
    );
    clearInterval(progress);
    this.watch.stop();
  }

  /** What Prometheus would do, and people who look at pages. */
  async #scrape(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const name of ["metrics", "alerts", "connectivity-check", "rpc", "hub"]) await this.#numbers(name);
      await (await fetch(`http://127.0.0.1:${this.#ports.websocket}/peers`)).text();
      using _visitor = await Listener.connect(`127.0.0.1:${this.#ports.websocket}`);
      await pause(1000, signal);
    }
  }

  /** From the end of the warm-up on, so that a collection of garbage is no part of it. */
  async #weigh(signal: AbortSignal): Promise<void> {
    const ms = this.options.seconds * 1000;
    await pause(ms * WARM_UP, signal);
    while (!signal.aborted) {
      await this.watch.weigh();
      // The last one is just before the end.
      await pause(ms * (1 - WARM_UP) * 0.99 / WEIGHTS, signal);
    }
  }

  async #numbers(name: string): Promise<ReadonlyMap<string, number>> {
    return await numbersAt(`http://127.0.0.1:${this.#ports[name]}/metrics`);
  }

  async #areAnnounced(): Promise<boolean> {
    const announced = sumOf(
      await this.#numbers("metrics"),
      "peerobserver_p2pextractor_invs_items",
      'inv_type="WTx"',
    );
    return announced === this.nodes.transactions;
  }

  #sayHowItGoes(): void {
    const resident = this.watched.reduce((sum, { samples }) => sum + (samples.at(-1)?.residentBytes ?? 0), 0);
    this.options.say(
      `${this.watch.seconds.toFixed(0)} s: ${this.traced.total} events fired, ${this.nodes.blocks} blocks, ` +
        `${this.nodes.transactions} transactions, ${this.#listener.events} events in a browser's place, ` +
        `${(resident / 2 ** 20).toFixed(0)} MiB in all`,
    );
  }

  /** Stops everything from the front to the back, and counts. */
  async end(): Promise<Total[]> {
    await this.#settle("every transaction to be announced", () => this.#areAnnounced());
    await this.#settle("every event of the tracepoints to arrive", async () => {
      const numbers = await this.#numbers("metrics");
      const kinds = Object.keys(this.traced.fired);
      const arrived = kinds.map((kind) => sumOf(numbers, "waggle_events_total", `kind="${kind}"`));
      return arrived.reduce((sum, count) => sum + count, 0) === this.traced.total;
    });
    const height = await this.nodes.height();
    await this.#settle("the node's height to arrive", async () => {
      return sumOf(await this.#numbers("metrics"), "peerobserver_rpc_blockchaininfo_blocks") === height;
    });
    await this.#settle("every block to be in the log", async () => {
      const logged = sumOf(await this.#numbers("metrics"), "peerobserver_log_block_connected_events");
      return logged === 2 * this.nodes.blocks;
    });
    await Promise.all(EXTRACTORS.map((name) => this.#end(name)));
    const published = EXTRACTORS.reduce((sum, name) => sum + this.endings.get(name)!.out, 0);
    await this.#settle("the metrics to hold everything", async () => {
      return sumOf(await this.#numbers("metrics"), "waggle_events_total") === published;
    });
    await this.#settle("a client of the pages to have everything", () => this.#listener.events === published);
    await this.#settle("every address to be tried or left out", async () => {
      const checked = await this.#numbers("connectivity-check");
      return checkedAddresses(checked) === addressesIn(await this.#numbers("metrics"));
    });
    const metrics = await this.#numbers("metrics");
    const checked = await this.#numbers("connectivity-check");
    // Not in the moment in which the next one is sent.
    await this.#settle("the hub to have every summary", async () => {
      const { outbox, nextAt } = await this.#uplinkReport();
      return outbox.records === 0 && nextAt - Date.now() > NOT_NEAR_MS;
    });
    const uplink = await this.#uplinkReport();
    const browser = { events: this.#listener.events, dropped: this.#listener.dropped };
    const { slow_consumers } = await (await fetch(`${this.nats.monitorUrl}/varz`)).json();
    const tools = [...this.#processes.keys()].filter((name) => !EXTRACTORS.includes(name) && name !== "hub");
    await Promise.all(tools.map((name) => this.#end(name)));
    const archive = JSON.parse(
      await runCommand("archiveinfo", "--archiveinfo.json", join(this.folder, "archive")),
    );
    const replayed = await this.#replay(archive.summaries.full);
    const hub = JSON.parse(
      await runCommand("hub", "status", "--hub.json", "--hub.folder", join(this.folder, "hub")),
    );
    await this.#end("hub");
    return compare({
      fired: this.traced.fired,
      blocks: this.nodes.blocks,
      transactions: this.nodes.transactions,
      published,
      endings: this.endings,
      loggedLines: this.#loggedLines,
      browser,
      slowConsumers: slow_consumers,
      metrics,
      checked: checkedAddresses(checked),
      announced: addressesIn(metrics),
      archive,
      uplink: { bins: uplink.nextBin - this.#firstBin, waiting: uplink.outbox.records },
      replayed,
      hub,
    });
  }

  /** What the uplink says of itself, from its first second on. */
  async #uplinkReport(): Promise<UplinkReport> {
    return await until("the uplink to report", async () => {
      const text = await runCommand("uplink", "status", "--uplink.json", ...this.#operator(0));
      return JSON.parse(text).report as UplinkReport | undefined;
    });
  }

  /** A second operator tells the hub what the archive holds. How many bins that must be. */
  async #replay({ first, last }: { first: number; last: number }): Promise<number> {
    this.options.say("A second operator replays the archive");
    const archive = join(this.folder, "archive");
    await runCommand(
      "replay",
      "uplink",
      ...this.#operator(1),
      "--uplink.event-time",
      "--replay.speed",
      "max",
      archive,
    );
    return Math.floor(last / BIN_MS) - Math.floor(first / BIN_MS) + 1;
  }

  #operator(index: number): string[] {
    return ["--uplink.folder", join(this.folder, OPERATORS[index]!)];
  }

  async #end(name: string): Promise<void> {
    this.endings.set(name, await endComponent(this.#process(name)));
  }

  /** Waits; what does not come is a problem, and a number that is wrong below. */
  async #settle(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    await until(what, condition).catch((error: Error) => this.problems.push(error.message));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.resources.disposeAsync();
  }
}

const OPERATORS = ["operator-1", "operator-2"];

/** Addresses in messages that the node received, as the metrics tool counts them. */
function addressesIn(metrics: ReadonlyMap<string, number>): number {
  return ["addr", "addrv2"].reduce((sum, type) => {
    return sum + sumOf(metrics, `peerobserver_p2p_${type}_addresses_sum`, 'direction="inbound"');
  }, 0);
}

/** What connectivity-check did with them, whatever it was. */
function checkedAddresses(numbers: ReadonlyMap<string, number>): number {
  return sumOf(numbers, "connectivitycheck_addr_tried") +
    sumOf(numbers, "waggle_connectivitycheck_counted_total");
}

/** All at once, so that none is given twice. */
function freePorts(names: readonly string[]): Record<string, number> {
  const listeners = names.map((name) => [name, Deno.listen({ hostname: "127.0.0.1", port: 0 })] as const);
  return Object.fromEntries(listeners.map(([name, listener]) => {
    listener.close();
    return [name, listener.addr.port];
  }));
}

function countNewlines(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if (byte === 10) count++;
  return count;
}
