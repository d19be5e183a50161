/**
 * What the simulator tries, and the federation it tries it on.
 *
 * @module
 */

import { plan } from "../../federation/release/plan.ts";
import { GROUP_NAMES } from "../../federation/release/public.ts";
import type { Totals } from "../../federation/release/totals.ts";
import type { Question } from "./membership.ts";
import { LEVELS, primed } from "./mapping.ts";
import { type Defences, settled } from "./release.ts";
import { type Act, SUMMED, times, World } from "./world.ts";

/** The default policy of a hub: a test holds this to be true. */
export const POLICY = {
  noiseMilli: 15_000,
  kPublic: 5,
  clip: 64,
  keysPerNode: 64,
  releasesPerYear: 12,
  alarmsPerYear: 2,
  alarmEpsilonMilli: 200,
} as const;
/** Bins of an epoch where every bin has the same marks: means do not depend on how many there are. */
const FEW_BINS = 8;
/** Operators of all kinds: in those with few nodes a node counts most. */
const KINDS = [1, 2, 2, 2, 3];
const OPERATORS = 50;
const CANDIDATES = 20_000;

const all = (netgroups: number) => SUMMED.map((mark) => ({ mark, netgroups }));

/** What is done to the candidate in every bin. */
export const ATTACKS = {
  "1 connection": { marks: [{ mark: "spies", netgroups: 1 }] },
  "8 connections": { marks: [{ mark: "spies", netgroups: 8 }] },
  "64 connections": { marks: [{ mark: "spies", netgroups: 64 }] },
  "256 connections, eight marks": { marks: all(32) },
  "256 connections that stay": { sits: 256 },
  "everything at once": { marks: all(32), sits: 256 },
  "knocked over": { isDown: true },
} as const satisfies Record<string, Act>;

/** Operators, some of whose nodes are marked. */
export interface Scene {
  /** Everybody left alone. */
  readonly usual: readonly Totals[];
  /** The defences that are on, with centres as they are after some releases. */
  readonly defences: Defences;
  /** What a reader is asked when one node of this operator gets this act. */
  question(
    operator: number,
    act: Act,
    more: Pick<Question, "releases" | "trials" | "seed" | "isOnAndOff">,
  ): Question;
}

/** The federation of the membership attacks: 50 operators, 100 nodes. */
export function membershipScene(defences: Partial<Defences> = {}, clip: number = POLICY.clip): Scene {
  const nodes = times(OPERATORS, (i) => KINDS[i % KINDS.length]!);
  const size = { candidates: CANDIDATES, nodes, bins: FEW_BINS, peers: 24 };
  const world = new World({ size, rules: { ...POLICY, clip }, seed: 1 });
  const usual = world.epoch(new Map());
  const groups = settled(usual, defences.groups);
  const whole: Defences = { ...POLICY, ...defences, groups };
  return {
    usual,
    defences: whole,
    question(operator, act, more) {
      const of = times(nodes[operator]!, (node) => node === 0 ? act : undefined);
      const target = world.totals(operator, new Map(times(FEW_BINS, (bin) => [bin, of])));
      // Who says nothing in any bin does not take part.
      const says = ({ sums }: Totals) => Object.keys(sums).length > 0;
      const marked = usual.map((totals, i) => i === operator ? target : totals).filter(says);
      return { without: usual, marked, unmarked: usual, defences: whole, ...more };
    },
  };
}

/** The federation of the mapping attack: 50 operators with 2 nodes each, and everybody marked a little. */
export function mappingWorld(seed = 1): World {
  const size = { candidates: CANDIDATES, nodes: times(OPERATORS, () => 2), bins: LEVELS, peers: 6 };
  return new World({ size, rules: POLICY, seed, primed });
}

/** The advantage that the accountant allows: no attack may do better. */
export const ALLOWED = plan({ ...POLICY, groups: GROUP_NAMES }, { operators: OPERATORS, nodes: 100 });
