/**
 * A real Prometheus that scrapes what a test serves, and its checker.
 *
 * @module
 */
import { join } from "@std/path";
import { requirePart } from "./part.ts";
import { type Process, startProcess } from "./process.ts";
import { type Outcome, run } from "./run.ts";
import { freePort, until, type UntilOptions } from "./until.ts";

export interface PrometheusOptions {
  /** Ports of the loopback interface to scrape. */
  readonly ports: readonly number[];
  /** How often; 100 ms by default. */
  readonly scrapeIntervalMs?: number;
  /** Files with recording and alerting rules. */
  readonly ruleFiles?: readonly string[];
  /** What the targets are called besides: `host`, for instance. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** One series of an answer. */
export interface Sample {
  readonly labels: Record<string, string>;
  readonly value: number;
}

const PORT_ATTEMPTS = 5;

/**
 * Starts a Prometheus that scrapes `/metrics` on the given ports, and waits until it accepts queries.
 *
 * @example Usage
 * ```ts ignore
 * await using prometheus = await startPrometheus({ ports: [9100] });
 * await prometheus.waitForScrape();
 * const [up] = await prometheus.query("up");
 * ```
 */
export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  for (let attempt = 1;; attempt++) {
    const folder = await Deno.makeTempDir({ prefix: "waggle-prometheus-" });
    const port = freePort();
    await Deno.writeTextFile(join(folder, "prometheus.json"), config(options));
    const process = startProcess(requirePart("prometheus"), {
      name: "prometheus",
      args: [
        `--config.file=${folder}/prometheus.json`,
        `--storage.tsdb.path=${folder}/tsdb`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
    });
    try {
      await process.waitForLine(/Server is ready to receive web requests/);
      return new Prometheus(folder, port, process);
    } catch (error) {
      await process.stop();
      await Deno.remove(folder, { recursive: true });
      if (attempt === PORT_ATTEMPTS || !process.output.includes("address already in use")) throw error;
    }
  }
}

/** Runs promtool; its code is 0 if it found nothing wrong. */
export async function promtool(args: string[], input?: string): Promise<Outcome> {
  return await run(requirePart("promtool"), args, input === undefined ? {} : { input });
}

export class Prometheus implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #process: Process;

  /** @internal Use {@linkcode startPrometheus}. */
  constructor(folder: string, port: number, process: Process) {
    this.#folder = folder;
    this.port = port;
    this.#process = process;
  }

  /** What the server logged. */
  get output(): string {
    return this.#process.output;
  }

  /** The series that an expression gives now. */
  async query(expression: string): Promise<Sample[]> {
    const { resultType, result } = await this.api(`query?query=${encodeURIComponent(expression)}`);
    if (resultType === "scalar") return [{ labels: {}, value: Number(result[1]) }];
    // deno-lint-ignore no-explicit-any -- one shape of several, see the server's "Expression query result formats"
    return result.map(({ metric, value }: any) => ({ labels: metric, value: Number(value[1]) }));
  }

  /**
   * Waits until every target was scraped without an error; what a target did wrong is in the error. The first
   * scrape comes 5 s after the start: Prometheus hands new targets over at that interval and has no flag for it
   * (measured on 3.5.3 with and without --scrape.discovery-reload-interval).
   */
  async waitForScrape(options?: UntilOptions): Promise<void> {
    await until("a scrape of every target", async () => {
      const { activeTargets } = await this.api("targets");
      // deno-lint-ignore no-explicit-any -- as above
      const broken = activeTargets.find(({ health }: any) => health !== "up");
      if (broken) throw new Error(`${broken.scrapeUrl} is ${broken.health} ${broken.lastError}`);
      return activeTargets.length > 0;
    }, options);
  }

  /** Calls the HTTP API, `/api/v1/…`, and returns its data. */
  // deno-lint-ignore no-explicit-any -- the shape of an answer is the caller's knowledge
  async api<T = any>(path: string): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.port}/api/v1/${path}`);
    const { status, data, error } = await response.json();
    if (status !== "success") throw new Error(`Cannot ask Prometheus for "${path}": ${error}`);
    return data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** JSON is YAML. */
function config({ ports, scrapeIntervalMs = 100, ruleFiles = [], labels = {} }: PrometheusOptions): string {
  const interval = `${scrapeIntervalMs}ms`;
  const targets = ports.map((port) => `127.0.0.1:${port}`);
  return JSON.stringify({
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: ruleFiles,
    scrape_configs: [{ job_name: "waggle", static_configs: [{ targets, labels }] }],
  });
}
