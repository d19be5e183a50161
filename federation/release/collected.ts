/**
 * Epochs under way: what operators' summaries add up to so far, in a file that is replaced as a whole. The epoch that is
 * open grows with each closed bin; those that are over wait for their release.
 *
 * @module
 */

import { BIN_SECONDS } from "../../proto/federation/check.ts";
import { writeWhole } from "../../runtime/files.ts";
import { binsOf, type Cadence, type Epoch, epochAt } from "./schedule.ts";
import { addSummary, noTotals, type Totals } from "./totals.ts";

/** Where summaries come from: the store of a hub is one. */
export interface Source {
  /** Up to which bins are closed: nothing of them changes any more. */
  closedThrough(): Promise<number>;
  /** Summaries of a bin that came in time. */
  summaries(bin: number): AsyncIterable<{ readonly slot: number; readonly body: Uint8Array }>;
  /** What members saw of the bins between two, both included, in order. */
  closedBins(from: number, to: number): Promise<{ readonly bin: number; readonly feed: Uint8Array }[]>;
}

/** An epoch and what it holds. */
export interface Collected {
  /** Which. */
  readonly epoch: Epoch;
  /** By slot, which says nothing of an operator. */
  readonly operators: Record<string, Totals>;
}

interface State {
  /** The last bin that was looked at. */
  through: number;
  open: Collected;
  waiting: Collected[];
}

/** An operator takes part in an epoch if it sent this share of its bins. */
const LEAST_PART = 1 / 8;
/** Bins between two times that the file is written, while it catches up. */
const SAVE_EVERY = 1000;

/** Collects closed bins. */
export class Collector {
  readonly #path: string;
  readonly #state: State;

  private constructor(path: string, state: State) {
    this.#path = path;
    this.#state = state;
  }

  /** Goes on where it was, or begins with the epoch of the bin that comes after the last closed one. */
  static async open(
    path: string,
    { source, cadence }: { source: Source; cadence: Cadence },
  ): Promise<Collector> {
    const saved = await read(path);
    if (saved !== undefined) return new Collector(path, saved);
    const closed = await source.closedThrough();
    const epoch = epochAt(closed === 0 ? Math.floor(Date.now() / 1000) : (closed + 1) * BIN_SECONDS, cadence);
    const through = Math.max(closed, binsOf(epoch).from - 1);
    const collector = new Collector(path, { through, open: { epoch, operators: {} }, waiting: [] });
    await collector.#save();
    return collector;
  }

  /** Epochs that are over. */
  get waiting(): readonly Collected[] {
    return this.#state.waiting;
  }

  /** Takes what was closed since. `cadence` is that of the epochs to come. */
  async collect(
    source: Source,
    { cadence, clip, signal }: { cadence: Cadence; clip: number; signal?: AbortSignal | undefined },
  ): Promise<void> {
    const through = await source.closedThrough();
    if (through <= this.#state.through) return;
    // When it is time to stop, the rest waits for the next start.
    for (let bin = this.#state.through + 1; bin <= through && !signal?.aborted; bin++) {
      while (bin >= binsOf(this.#state.open.epoch).to) this.#next(cadence);
      // Between two cadences there can be days that belong to no epoch.
      if (bin >= binsOf(this.#state.open.epoch).from) await this.#add(source, bin, clip);
      this.#state.through = bin;
      if (bin % SAVE_EVERY === 0) await this.#save();
    }
    // The last bin may have been the last of its epoch.
    while (this.#state.through + 1 >= binsOf(this.#state.open.epoch).to) this.#next(cadence);
    await this.#save();
  }

  /** Forgets an epoch whose release is made. */
  async done({ from, to }: Epoch): Promise<void> {
    this.#state.waiting = this.#state.waiting.filter(({ epoch }) => epoch.from !== from || epoch.to !== to);
    await this.#save();
  }

  #next(cadence: Cadence): void {
    const { epoch } = this.#state.open;
    let next = epochAt(epoch.to, cadence);
    if (next.from < epoch.to) next = epochAt(next.to, cadence);
    // An epoch in which nobody said anything still has its release: when nobody does is nobody's business.
    this.#state.waiting.push(this.#state.open);
    this.#state.open = { epoch: next, operators: {} };
  }

  async #add(source: Source, bin: number, clip: number): Promise<void> {
    const { operators } = this.#state.open;
    for await (const { slot, body } of source.summaries(bin)) {
      const totals = operators[slot] ?? noTotals();
      if (addSummary(totals, body, clip)) operators[slot] = totals;
    }
  }

  async #save(): Promise<void> {
    await writeWhole(this.#path, JSON.stringify(this.#state));
  }
}

/** Operators that took part in an epoch, in an order that says nothing. */
export function participants({ epoch, operators }: Collected): Totals[] {
  const { from, to } = binsOf(epoch);
  return Object.keys(operators).sort().map((slot) => operators[slot]!).filter(({ bins }) => {
    return bins >= (to - from) * LEAST_PART;
  });
}

async function read(path: string): Promise<State | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`Cannot read "${path}": it is damaged; remove it to begin a new epoch`, { cause });
  }
}
