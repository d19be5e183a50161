/**
 * A bin over all operators: what members see of it.
 *
 * @module
 */

import * as codec from "../../../proto/federation/codec.ts";
import { keyOf, MOST_BLOCKS } from "../../../proto/federation/check.ts";
import { decode } from "../../../proto/federation/frame.ts";
import { WHOLE } from "../../../proto/federation/metrics.ts";
import {
  type BlockView,
  type ChainTip,
  Delay,
  type Feed,
  type Quartiles,
  type Summary,
  TipStatus,
} from "../../../proto/federation/schema.ts";
import type { StoredSummary } from "../store/store.ts";
import type { Bin, Said } from "./incidents.ts";
import { type Threshold, type Voters, votersOf, Votes } from "./votes.ts";

/** What came out of a bin. */
export interface Aggregate extends Bin {
  /** What members see, without incidents. */
  readonly feed: Omit<Feed, "incidents">;
}

/** After so long everything else gets its turn. */
const TURN_MS = 5;
const QUARTILES = [0.25, 0.5, 0.75];

/** Adds up the summaries of a bin. Those that cannot be read any more are left out. */
export async function aggregate(
  bin: number,
  summaries: AsyncIterable<StoredSummary>,
  threshold: Threshold,
): Promise<Aggregate> {
  const slots: number[] = [];
  const said: Said[] = [];
  const things = new Things();
  const turn = makeTurn();
  for await (const { slot, body } of summaries) {
    const summary = decode(codec.decodeSummary, body);
    if (summary === undefined) continue;
    things.add(slots.length, summary);
    slots.push(slot);
    said.push({ sources: summary.sources, anomalies: summary.anomalies });
    await turn();
  }
  const voters = votersOf(slots, threshold.roots);
  const quartiles: Quartiles[] = [];
  for (const { metric, index, votes } of things.values.values()) {
    await turn();
    if (!votes.isEnough(voters, threshold)) continue;
    const [lower, median, upper] = votes.quantiles(voters, QUARTILES);
    quartiles.push({ metric, index, lower: lower!, median: median!, upper: upper! });
  }
  quartiles.sort((a, b) => keyOf(a) - keyOf(b));
  const blocks = mostSeen(things.blocks, voters, threshold).map(([hash, delays]): BlockView => {
    const shares = delays.shares(voters, Object.keys(Delay).length);
    return { hash: Uint8Array.fromHex(hash), shares: shares.map((share) => Math.round(share * WHOLE)) };
  });
  const tips = mostSeen(things.tips, voters, threshold).map(([hash, tip]): ChainTip => {
    const statuses = tip.statuses.shares(voters, Object.keys(TipStatus).length);
    return {
      hash: Uint8Array.fromHex(hash),
      height: tip.quantiles(voters, [0.5])[0]!,
      status: statuses.indexOf(Math.max(...statuses)) + 1,
    };
  });
  return { bin, voters, said, feed: { bin, quartiles, blocks, tips } };
}

/** Heights of a tip, and beside them what it is said to be. */
class TipVotes extends Votes {
  readonly statuses = new Votes();
}

/** Everything that something is said about. */
class Things {
  readonly values = new Map<number, { metric: number; index: number | undefined; votes: Votes }>();
  readonly blocks = new Map<string, Votes>();
  readonly tips = new Map<string, TipVotes>();

  add(voter: number, { values, blocks, tips }: Summary): void {
    for (const { metric, index, value } of values) {
      const key = keyOf({ metric, index });
      let thing = this.values.get(key);
      if (thing === undefined) this.values.set(key, thing = { metric, index, votes: new Votes() });
      thing.votes.add(voter, value);
    }
    // Whoever names a hash twice has said it once.
    for (const [hash, delay] of new Map(blocks.map(({ hash, delay }) => [hash.toHex(), delay]))) {
      at(this.blocks, hash, Votes).add(voter, delay);
    }
    for (const [hash, tip] of new Map(tips.map((tip) => [tip.hash.toHex(), tip]))) {
      const votes = at(this.tips, hash, TipVotes);
      votes.add(voter, tip.height);
      votes.statuses.add(voter, tip.status);
    }
  }
}

function at<T>(map: Map<string, T>, key: string, Thing: new () => T): T {
  let thing = map.get(key);
  if (thing === undefined) map.set(key, thing = new Thing());
  return thing;
}

/** Of the hashes behind which enough stand, those behind which most stand; a feed has to end somewhere. */
function mostSeen<T extends Votes>(
  things: ReadonlyMap<string, T>,
  voters: Voters,
  threshold: Threshold,
): [string, T][] {
  return [...things]
    .filter(([, votes]) => votes.isEnough(voters, threshold))
    .sort(([a, one], [b, other]) => other.size - one.size || (a < b ? -1 : 1))
    .slice(0, MOST_BLOCKS);
}

function makeTurn(): () => Promise<void> | undefined {
  let ends = performance.now() + TURN_MS;
  return () => {
    if (performance.now() < ends) return undefined;
    return new Promise((resolve) =>
      setTimeout(() => {
        ends = performance.now() + TURN_MS;
        resolve();
      }, 0)
    );
  };
}
