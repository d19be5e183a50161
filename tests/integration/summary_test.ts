import { assert, assertEquals } from "@std/assert";
import { encodeSummary, Summariser } from "../../federation/summary/mod.ts";
import { program } from "../../mod.ts";
import { checkSummary } from "../../proto/federation/check.ts";
import { Metric, Source, type Summary, TipStatus } from "../../proto/federation/schema.ts";
import { KINDS, nodeOf, subjectOf } from "../../proto/subjects.ts";
import { MemoryBus } from "../../runtime/bus/memory.ts";
import { resolve } from "../../runtime/resolve.ts";
import { runComponents, type Task } from "../../runtime/runner.ts";
import { type Bitcoind, startBitcoind } from "../parts/bitcoind.ts";
import { partTest } from "../parts/needs.ts";
import { until } from "../parts/until.ts";

const NODES = ["alpha", "beta"];

partTest({
  name: "two real nodes, by RPC and log, become a summary that says their tip and how a block came",
  needs: ["bitcoind"],
  async fn() {
    const args = ["-debug=validation", "-debug=net", "-logtimemicros"];
    await using alpha = await startBitcoind({ args });
    await using beta = await startBitcoind({ args });
    const summariser = new Summariser({
      nodes: NODES,
      policy: { clip: 64, keysPerNode: 16 },
      canaries: [alpha.datadir, alpha.rpcUrl, beta.datadir, beta.rpcUrl, ...NODES],
    });
    await using watched = await Watched.start(summariser, [alpha, beta]);
    await alpha.connect(beta);
    const hashes = await alpha.generate(3);
    const tip = Uint8Array.fromHex(hashes.at(-1)!).reverse();
    await until("both nodes at the new tip, and their lists of peers", () => {
      const { tips = [], values = [] } = watched.newest() ?? {};
      return tips[0]?.hash.toHex() === tip.toHex() && watched.arrived().length === 3 &&
        values.some(({ metric }) => metric === Metric.PEERS_V2);
    });

    const summary = watched.newest();
    assertEquals(checkSummary({ ...summary!, sequence: 1 }), undefined);
    assertEquals(summary!.sources, [Source.RPC, Source.LOG]);
    assertEquals(summary!.tips, [{ hash: tip, height: 3, status: TipStatus.ACTIVE }]);
    assertEquals(
      watched.arrived().sort(),
      hashes.map((hash) => Uint8Array.fromHex(hash).reverse().toHex()).sort(),
    );
    const value = (of: number, part = 0) =>
      summary!.values.find(({ metric, index = 0 }) => metric === of && index === part)?.value;
    assertEquals(value(Metric.MEMPOOL_TRANSACTIONS), 0);
    assertEquals(value(Metric.PEERS_BY_NETWORK, 6), 32, "regtest peers are not public");
    assertEquals(encodeSummary(summary!).length, 4096);
  },
});

/** RPC and log of some nodes on one bus, and a summariser at its end. */
class Watched implements AsyncDisposable {
  readonly #summariser: Summariser;
  readonly #bus = new MemoryBus();
  readonly #stop = new AbortController();
  readonly #running: Promise<boolean>[] = [];
  readonly #lines: string[] = [];
  readonly #feeding: Promise<void>;

  private constructor(summariser: Summariser) {
    this.#summariser = summariser;
    this.#feeding = this.#feed();
  }

  static async start(summariser: Summariser, nodes: readonly Bitcoind[]): Promise<Watched> {
    const watched = new Watched(summariser);
    for (const [i, { rpcUrl, cookieFile, debugLog }] of nodes.entries()) {
      const tasks = [
        await task("rpc", { url: rpcUrl, cookieFile, intervalMs: "100", slowIntervalMs: "300" }),
        await task("log", { file: debugLog }),
      ];
      watched.#running.push(runComponents({
        tasks,
        bus: watched.#bus,
        nodes: [NODES[i]!],
        sink: ({ component, message }) => watched.#lines.push(`${NODES[i]} ${component}: ${message}`),
        worker: program.worker,
        signal: watched.#stop.signal,
      }));
      await until("the log is followed", () => {
        return watched.#lines.some((line) => line.startsWith(`${NODES[i]} log: Following`));
      });
    }
    return watched;
  }

  /** The summary of the newest bin as it is now. */
  newest(): Summary | undefined {
    return this.#summaries().findLast(({ values }) => values.length > 0);
  }

  /** Hashes of blocks that arrived: the last ones are decided in the bin to come. */
  arrived(): string[] {
    return this.#summaries().flatMap(({ blocks }) => blocks.map(({ hash }) => hash.toHex()));
  }

  #summaries(): Summary[] {
    const { open } = this.#summariser;
    return [...open, (open.at(-1) ?? 0) + 1].map((bin) => {
      const closed = this.#summariser.preview(bin);
      assert("summary" in closed, JSON.stringify(closed));
      return closed.summary;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
    await this.#bus[Symbol.asyncDispose]();
    await this.#feeding;
  }

  async #feed(): Promise<void> {
    const subjects = KINDS.flatMap((kind) => NODES.map((node) => subjectOf(kind, node)));
    for await (const { subject, data } of this.#bus.subscribe(subjects)) {
      this.#summariser.observe(nodeOf(subject)!, data);
    }
  }
}

/** A component of the program with some options set, as the command line would give them. */
async function task(name: string, options: Record<string, string>): Promise<Task> {
  const { default: component } = await program.components[name]!();
  const file = { [name]: options };
  const { values, problems } = resolve({ [name]: component.options }, {
    args: [],
    env: () => undefined,
    file,
  });
  assertEquals(problems, []);
  return { name, component, values: values[name]!, isSource: true };
}
