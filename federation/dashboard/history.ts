/**
 * Closed bins of the last week, kept at hand: they never change again.
 *
 * @module
 */

import { BIN_SECONDS } from "../../proto/federation/check.ts";
import { isPart, METRICS } from "../../proto/federation/metrics.ts";
import { Delay, type Feed, Metric } from "../../proto/federation/schema.ts";
import type { MetricName } from "./numbers.ts";
import type { MembersSource } from "./sources.ts";

/** Bins of a day. */
export const DAY = 86_400 / BIN_SECONDS;
/** Bins that are kept. */
export const WEEK = 7 * DAY;

/** How fresh what can be seen is. */
export type State =
  /** No bin has been closed yet. */
  | "fresh"
  /** A bin is overdue. */
  | "behind"
  /** Fewer than k operators stand behind every number of the last bin. */
  | "few"
  | "current";

/** The last bin with numbers in it. */
export interface LastBin {
  readonly state: State;
  /** Up to which bins are closed; 0 before the first. */
  readonly closedThrough: number;
  /** The newest with numbers, at most a day old. */
  readonly feed: Feed | undefined;
}

/** Quartiles of a number in one bin, or over several. */
export interface Point {
  /** Unix seconds. */
  readonly from: number;
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
}

/** What a history is read from. */
export type Bins = Pick<MembersSource, "closeAfterSeconds" | "now" | "closedThrough" | "feeds">;

/** The last week. */
export class History {
  readonly #source: Bins;
  #feeds: Feed[] = [];
  #through: number | undefined;
  #reading: Promise<void> = Promise.resolve();

  /** Nothing is read before somebody asks. */
  constructor(source: Bins) {
    this.#source = source;
  }

  /** Closed bins, so many back, in order. */
  async last(bins: number): Promise<{ readonly feeds: readonly Feed[]; readonly closedThrough: number }> {
    this.#reading = this.#reading.catch(() => {}).then(() => this.#read());
    await this.#reading;
    const closedThrough = this.#through ?? 0;
    return { feeds: this.#feeds.filter(({ bin }) => bin > closedThrough - bins), closedThrough };
  }

  /** A day at a time, so that everything else gets its turn. */
  async #read(): Promise<void> {
    const through = await this.#source.closedThrough();
    for (let from = Math.max((this.#through ?? 0) + 1, through - WEEK + 1); from <= through; from += DAY) {
      const feeds = await this.#source.feeds(from, Math.min(through, from + DAY - 1));
      this.#feeds.push(...feeds);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    this.#feeds = this.#feeds.filter(({ bin }) => bin > through - WEEK);
    this.#through = through;
  }

  /** The last bin with numbers, and how fresh it is. */
  async lastBin(): Promise<LastBin> {
    const { feeds, closedThrough } = await this.last(DAY);
    const feed = feeds.findLast(({ quartiles }) => quartiles.length > 0);
    return { state: this.#state(closedThrough, feed), closedThrough, feed };
  }

  #state(closedThrough: number, feed: Feed | undefined): State {
    if (closedThrough === 0) return "fresh";
    const { closeAfterSeconds, now } = this.#source;
    const due = (closedThrough + 2) * BIN_SECONDS + closeAfterSeconds;
    // A hub looks every few seconds whether it is time.
    if (now() / 1000 > due + 120) return "behind";
    return feed?.bin === closedThrough ? "current" : "few";
  }
}

/** A metric's numbers in a feed by part; only those of the vocabulary. */
export function quartilesOf(feed: Feed, name: MetricName): ReadonlyMap<number, Point> {
  const number = Metric[name];
  const from = feed.bin * BIN_SECONDS;
  const points = new Map<number, Point>();
  for (const { metric, index = 0, lower, median, upper } of feed.quartiles) {
    if (metric !== number || !isPart(METRICS[name], index)) continue;
    points.set(index, { from, lower, median, upper });
  }
  return points;
}

/** A metric's parts over time: each point stands for `step` bins and is the median of theirs. */
export function seriesOf(feeds: readonly Feed[], name: MetricName, step: number): Map<number, Point[]> {
  const series = new Map<number, Point[]>();
  for (const feed of feeds) {
    for (const [index, point] of quartilesOf(feed, name)) {
      const points = series.get(index);
      if (points === undefined) series.set(index, [point]);
      else points.push(point);
    }
  }
  for (const [index, points] of series) series.set(index, together(points, step));
  return series;
}

/** Shares of operators that had a block with a delay, over time: quartiles over the blocks of `step` bins. */
export function delaysOf(feeds: readonly Feed[], delay: keyof typeof Delay, step: number): Point[] {
  const points = feeds.flatMap(({ bin, blocks }) =>
    blocks.map(({ shares }): Point => {
      const share = shares[Delay[delay] - 1] ?? 0;
      return { from: bin * BIN_SECONDS, lower: share, median: share, upper: share };
    })
  );
  return together(points, step, { overMedians: true });
}

function together(points: readonly Point[], step: number, { overMedians = false } = {}): Point[] {
  const seconds = step * BIN_SECONDS;
  const groups = Map.groupBy(points, ({ from }) => Math.floor(from / seconds) * seconds);
  return [...groups].sort(([a], [b]) => a - b).map(([from, group]) => ({
    from,
    lower: at(group.map(({ lower }) => lower), overMedians ? 0.25 : 0.5),
    median: at(group.map(({ median }) => median), 0.5),
    upper: at(group.map(({ upper }) => upper), overMedians ? 0.75 : 0.5),
  }));
}

function at(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1] ?? values[0]!;
}
