/**
 * What processes take of the machine, looked up in /proc every few seconds.
 *
 * @module
 */

import { runOrThrow } from "../parts/run.ts";
import { liveBytes } from "./heap.ts";

/** What a process took at a moment. */
export interface Sample {
  /** Since the watch began. */
  readonly seconds: number;
  readonly residentBytes: number;
  /** Of user and system, since the process began. */
  readonly cpuSeconds: number;
  readonly openFiles: number;
}

/** What a process held after its garbage was collected. */
export interface Weight {
  readonly seconds: number;
  readonly bytes: number;
}

/** A process and what it took. */
export interface Watched {
  readonly name: string;
  readonly samples: readonly Sample[];
  /** Of Deno processes, a few times. */
  readonly weights: readonly Weight[];
}

interface Watching extends Watched {
  readonly pid: number;
  readonly inspectorPort: number | undefined;
  readonly samples: Sample[];
  readonly weights: Weight[];
}

/** Looks at processes until it is disposed of. */
export class Watch implements Disposable {
  readonly #watched = new Map<string, Watching>();
  readonly #began = performance.now();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #ticksPerSecond: number;

  private constructor(everyMs: number, ticksPerSecond: number) {
    this.#ticksPerSecond = ticksPerSecond;
    this.#timer = setInterval(() => this.look(), everyMs);
  }

  /** Begins to look, every so often. */
  static async begin(everyMs: number): Promise<Watch> {
    return new Watch(everyMs, Number(await runOrThrow("getconf", ["CLK_TCK"])));
  }

  /** Adds a process; one of Deno with the port of its inspector. */
  add(name: string, pid: number, inspectorPort?: number): void {
    this.#watched.set(name, { name, pid, inspectorPort, samples: [], weights: [] });
  }

  get all(): readonly Watched[] {
    return [...this.#watched.values()];
  }

  get seconds(): number {
    return (performance.now() - this.#began) / 1000;
  }

  /** Takes a sample of each; one that has ended has none. */
  look(): void {
    const seconds = this.seconds;
    for (const { pid, samples } of this.#watched.values()) {
      try {
        samples.push({ seconds, ...this.#sample(pid) });
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }

  /** Collects the garbage of each and notes what is left. */
  async weigh(): Promise<void> {
    for (const { inspectorPort, weights } of this.#watched.values()) {
      if (inspectorPort === undefined) continue;
      weights.push({ seconds: this.seconds, bytes: await liveBytes(inspectorPort) });
    }
  }

  /** Takes a last sample. */
  stop(): void {
    this.look();
    clearInterval(this.#timer);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #sample(pid: number): Omit<Sample, "seconds"> {
    const resident = /VmRSS:\s+(\d+) kB/.exec(Deno.readTextFileSync(`/proc/${pid}/status`));
    // A process that ends has no memory any more, and soon no folder.
    if (resident === null) throw new Deno.errors.NotFound(`Process ${pid} ends`);
    const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ").at(-1)!.split(" ");
    return {
      residentBytes: Number(resident[1]) * 1024,
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / this.#ticksPerSecond,
      openFiles: [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
    };
  }
}

/** The first child of a process. */
export function childOf(pid: number): number | undefined {
  const [first] = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).split(" ");
  return Number(first) || undefined;
}
