/**
 * What operators said in an hour, as questions for the watch: are its nodes under stress, did it have this block late?
 *
 * @module
 */

import * as codec from "../../proto/federation/codec.ts";
import { BIN_SECONDS, checkSummary } from "../../proto/federation/check.ts";
import { decode } from "../../proto/federation/frame.ts";
import { Anomaly, Delay, type Summary } from "../../proto/federation/schema.ts";
import { countShares, type Share } from "./bounded.ts";
import type { Source } from "./collected.ts";
import type { Question } from "./watch.ts";

/** Bins of an hour. */
export const BINS_OF_HOUR = 3600 / BIN_SECONDS;
/** What the question about the network is called; all others have the hash of a block. */
export const STRESS = "stress";
/** Anomalies that mean that a node can hardly keep up. */
const STRESSES: readonly number[] = [
  ...[Anomaly.PING_STRESS, Anomaly.SLOW_VALIDATION, Anomaly.BUSY_MESSAGE_THREAD],
];
/** Delays that are late. */
const LATE: readonly number[] = [Delay.BELOW_15_S, Delay.ABOVE_15_S];

/** What one operator said in an hour. */
interface Said {
  bins: number;
  thin: number;
  stressed: number;
  readonly late: Set<string>;
}

/** A question, and the time it is about: Unix seconds. */
export interface DatedQuestion extends Question {
  /** Of the hour, or of the bin that the block came in. */
  readonly from: number;
}

/** The questions of an hour, in an order that says nothing. */
export async function questionsOf(source: Source, hour: number): Promise<DatedQuestion[]> {
  const operators = new Map<number, Said>();
  const blocks = new Map<string, number>();
  const from = hour * BINS_OF_HOUR;
  for (let bin = from; bin < from + BINS_OF_HOUR; bin++) {
    for await (const { slot, body } of source.summaries(bin)) {
      const summary = decode(codec.decodeSummary, body);
      if (summary === undefined || checkSummary(summary) !== undefined) continue;
      const said = operators.get(slot) ?? { bins: 0, thin: 0, stressed: 0, late: new Set() };
      operators.set(slot, said);
      add(said, summary);
    }
  }
  // Which blocks there are is no secret: members see those that several have, and so does everybody with a node.
  for (const { bin, feed } of (await source.closedBins(from, from + BINS_OF_HOUR - 1)).reverse()) {
    for (const { hash } of decode(codec.decodeFeed, feed)?.blocks ?? []) {
      blocks.set(hash.toHex(), bin * BIN_SECONDS);
    }
  }
  const all = [...operators.values()];
  const count = (share: (said: Said) => number) =>
    countShares(all.map((said): Share => ({ share: share(said), isThin: said.thin * 2 > said.bins })));
  return [
    { about: STRESS, from: from * BIN_SECONDS, sum: count(({ stressed }) => stressed / BINS_OF_HOUR) },
    ...[...blocks].sort(([a], [b]) => a < b ? -1 : 1).map(([about, from]) => {
      return { about, from, sum: count(({ late }) => late.has(about) ? 1 : 0) };
    }),
  ];
}

function add(said: Said, { thin, anomalies, blocks }: Summary): void {
  said.bins++;
  if (thin) said.thin++;
  if (anomalies.some((anomaly) => STRESSES.includes(anomaly))) said.stressed++;
  for (const { hash, delay } of blocks) if (LATE.includes(delay)) said.late.add(hash.toHex());
}
