/**
 * Facts of the chain for the public: of the tips that members see, those behind which enough stand, some bins late.
 *
 * @module
 */

import { writeWhole } from "../../runtime/files.ts";
import { BIN_SECONDS } from "../../proto/federation/check.ts";
import * as codec from "../../proto/federation/codec.ts";
import { decode } from "../../proto/federation/frame.ts";
import { TipStatus } from "../../proto/federation/schema.ts";
import { type ChainFact, LATE_SECONDS, type LiveChain } from "../release/live.ts";
import { aggregate } from "./aggregate/aggregate.ts";
import type { Threshold } from "./aggregate/votes.ts";
import type { Store, StoredSummary } from "./store/store.ts";

/** Facts that cost nothing: what many tell alike. */
export type ChainFacts = Omit<LiveChain, "delayed">;

/** What chain facts are made with. */
export interface ChainOptions {
  /** Where summaries are. */
  readonly store: Store;
  /** Operators, and independent trees, behind what the public sees. */
  readonly threshold: Threshold;
  /** Nothing counts of an operator that was revoked. */
  counts(slot: number): boolean;
}

interface State extends ChainFacts {
  /** The last bin that was looked at. */
  readonly through: number;
}

/** Forks and invalid blocks are shown for so long. */
const SHOWN_SECONDS = 7 * 86_400;
/** A hub that was away looks at a day of what it missed. */
const MOST_BINS = 144;
const MOST_FACTS = 64;

/** Facts of the chain up to the bins that are late enough; `path` has them from one look to the next. */
export async function chainFacts(path: string, options: ChainOptions, now: number): Promise<ChainFacts> {
  const { store } = options;
  const due = Math.min(await store.closedThrough(), Math.floor((now - LATE_SECONDS) / BIN_SECONDS) - 1);
  let state = await read(path) ?? { through: due - MOST_BINS, tip: null, forks: [], invalid: [] };
  if (state.through < due) {
    for (let bin = Math.max(state.through + 1, due - MOST_BINS + 1); bin <= due; bin++) {
      state = await look(state, bin, options);
    }
    state = { ...state, through: due };
    await writeWhole(path, JSON.stringify(state));
  }
  const since = now - SHOWN_SECONDS;
  const { tip, forks, invalid } = state;
  return { tip, forks: shown(forks, since), invalid: shown(invalid, since) };
}

/** What a bin adds. */
async function look(state: State, bin: number, options: ChainOptions): Promise<State> {
  const { store, threshold } = options;
  const [closed] = await store.closedBins(bin, bin);
  const feed = closed && decode(codec.decodeFeed, closed.feed);
  if (feed === undefined || feed.tips.length === 0) return state;
  // The public sees a part of what members see: of their tips those behind which enough stand for the public.
  const members = new Set(feed.tips.map(({ hash }) => hash.toHex()));
  const { feed: { tips } } = await aggregate(bin, counted(bin, options), threshold);
  let { forks, invalid } = state;
  const active: ChainFact[] = [];
  for (const { hash, height, status } of tips.filter(({ hash }) => members.has(hash.toHex()))) {
    const text = hash.toReversed().toHex();
    const before = [state.tip, ...forks, ...invalid].find((each) => each?.hash === text);
    const fact: ChainFact = { hash: text, height, first: before?.first ?? bin * BIN_SECONDS };
    forks = forks.filter((each) => each.hash !== text);
    if (status === TipStatus.ACTIVE) active.push(fact);
    else if (status === TipStatus.INVALID) {
      invalid = [fact, ...invalid.filter((each) => each.hash !== text)];
    } else forks = [{ ...fact, status: FORKS[status] ?? "headers only" }, ...forks];
  }
  // Of several the highest, of those the one that most tell.
  const tip = active.sort((a, b) => b.height - a.height)[0] ?? state.tip;
  return { through: bin, tip, forks: forks.slice(0, MOST_FACTS), invalid: invalid.slice(0, MOST_FACTS) };
}

const FORKS: Readonly<Record<number, LiveChain["forks"][number]["status"]>> = {
  [TipStatus.VALID_FORK]: "valid fork",
  [TipStatus.VALID_HEADERS]: "valid headers",
  [TipStatus.HEADERS_ONLY]: "headers only",
};

async function* counted(bin: number, { store, counts }: ChainOptions): AsyncGenerator<StoredSummary> {
  for await (const summary of store.summaries(bin)) if (counts(summary.slot)) yield summary;
}

/** Those of late, the highest first. */
function shown<F extends ChainFact>(facts: readonly F[], since: number): F[] {
  return facts.filter(({ first }) => first >= since).sort((a, b) =>
    b.height - a.height || (a.hash < b.hash ? -1 : 1)
  );
}

async function read(path: string): Promise<State | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    // It can be made again from what the store keeps; a damaged one too.
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
