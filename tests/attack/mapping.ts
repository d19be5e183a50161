/**
 * Which of 20,000 nodes are honeynodes? An adaptive attacker with quantitative group tests.
 *
 * He keeps sets of candidates with a belief about how many honeynodes are in each. In an epoch he gives sets doses of
 * marks, so that the sum which is published tells several counts at once, like digits of one number. Sets with one
 * honeynode he takes apart at one stroke: each member gets a dose of its own, and the sum says whose it was. With noise he
 * does the same and updates what he believes by Bayes' rule. In the end he names the hundred he believes in most.
 *
 * @module
 */

import { GROUPS, radiusUnits, UNITS } from "../../federation/release/public.ts";
import { type Defences, NO_NOISE, Publisher } from "./release.ts";
import { type Act, type Mark, type Marks, seeded, times, type World } from "./world.ts";

/** Behaviours that he uses, with their place among the numbers of the group. */
const CHANNELS: readonly (readonly [mark: Mark, part: string])[] = [
  ["short", "short lived"],
  ["fills", "evicted"],
  ["misbehaves", "misbehaving"],
  ["reconnects", "reconnecting"],
  ["addrEntries", "addr entries spam"],
];
/** Netgroups of one dose. Counts are rounded up to 8, so that 8 more are always 8 more. */
const DOSE = 8;
/** The most doses in an epoch: one in each bin. */
export const LEVELS = 100;
/** What he does to all candidates, so that every sum is just above its threshold and far below its bound. */
export function primed(bin: number): Marks[] {
  return bin % 8 < 5 ? CHANNELS.map(([mark]) => ({ mark, netgroups: 1 })) : [];
}
/** Doses of the sets that share a channel: counts up to 3 are digits to the base of 4. */
const DIGITS = [1, 4, 16, 64];
const MOST = 3;
const SURE = 0.98;
const RADIUS_UNITS = radiusUnits(GROUPS.behaviours);

interface Group {
  readonly members: readonly number[];
  /** How likely 0, 1, 2, 3 of them are honeynodes. */
  belief: number[];
  /** Epoch of the last test. */
  tested: number;
  /** The set that a single one was found in. */
  readonly from?: readonly number[];
}

/** What he does in a channel: count some sets, or find the one in a set. */
type Test = { readonly count: readonly Group[] } | { readonly find: Group };

/** How well he does, after each release: the share of honeynodes among the hundred he names. */
export async function mapping(
  world: World,
  { defences, releases, seed, enough = 1 }: {
    defences: Defences;
    releases: number;
    seed: number;
    enough?: number;
  },
): Promise<number[]> {
  const hunter = new Hunter(world, seed);
  const publisher = new Publisher(defences, seed);
  const usual = await read(new Publisher({ ...defences, noiseMilli: NO_NOISE }, seed), world, new Map());
  const recalls: number[] = [];
  for (let release = 0; release < releases; release++) {
    const tests = hunter.tests(release);
    const seen = await read(publisher, world, hunter.acts(tests));
    const noise = defences.noiseMilli / 1000 * UNITS / UNITS_OF_DOSE;
    tests.forEach((test, channel) => {
      const [now, before] = [seen[channel], usual[channel]];
      if (now !== undefined && before !== undefined) hunter.learn(test, now - before, Math.max(0.15, noise));
    });
    recalls.push(hunter.recall());
    if (recalls.at(-1)! >= enough) break;
  }
  return recalls;
}

/** Units that a dose adds to a sum: what a count of 8 of 64 in one bin of all is. */
const UNITS_OF_DOSE = DOSE / 64 / LEVELS / GROUPS.behaviours.radius * RADIUS_UNITS;

/** What is published of each channel, in doses; `undefined` where it is not shown. */
async function read(
  publisher: Publisher,
  world: World,
  acts: Map<number, Map<number, Act>>,
): Promise<(number | undefined)[]> {
  const figures = (await publisher.publish(world.epoch(acts))).find(({ group }) => group === "behaviours");
  const parts = GROUPS.behaviours.parts;
  return CHANNELS.map(([, name]) => {
    const value = figures?.numbers[parts.findIndex((part) => part.name === name)]?.value;
    return value === undefined
      ? undefined
      : value / GROUPS.behaviours.radius * publisher.size * RADIUS_UNITS / UNITS_OF_DOSE;
  });
}

class Hunter {
  readonly #world: World;
  #groups: Group[];

  constructor(world: World, seed: number) {
    this.#world = world;
    const { candidates } = world.size;
    const order = shuffled(candidates, seed);
    const groups = Math.ceil(candidates / LEVELS);
    this.#groups = times(groups, (i) => {
      const members = order.slice(i * LEVELS, (i + 1) * LEVELS);
      return { members, belief: this.#prior(members.length), tested: -1 };
    });
  }

  /** What is tested in each channel. */
  tests(release: number): Test[] {
    this.#groups = this.#groups.flatMap(split);
    const single = this.#groups.filter(({ belief, members }) => belief[1]! > SURE && members.length > 1);
    const open = this.#groups.filter((group) => Math.max(...group.belief) <= SURE)
      .sort((a, b) => a.tested - b.tested || entropy(b.belief) - entropy(a.belief));
    const settled = this.#groups.filter((group) => isWorthDoubt(group) && !single.includes(group))
      .sort((a, b) => a.tested - b.tested);
    const tests = CHANNELS.map((): Test => {
      // Counting tells more as long as there is much to count.
      if (open.length < DIGITS.length && single.length > 0) return { find: single.shift()! };
      if (open.length === 0) {
        open.push(...settled.splice(0, DIGITS.length).map((group) => this.#doubt(group)));
      }
      return { count: open.splice(0, DIGITS.length) };
    });
    for (const test of tests) {
      for (const group of "find" in test ? [test.find] : test.count) group.tested = release;
    }
    return tests;
  }

  /** Four in one set look like one in the next, so that some of what is sure is wrong: it is counted once more. */
  #doubt(group: Group): Group {
    const prior = this.#prior(group.members.length);
    group.belief = group.belief.map((is, count) => (is + prior[count]!) / 2);
    return group;
  }

  #prior(members: number): number[] {
    const { candidates, nodes } = this.#world.size;
    return normal(poisson(nodes.reduce((a, b) => a + b) / candidates * members));
  }

  /** Whoever was found and is none was the sum of others: the set it was found in is looked at again. */
  #reopen({ from, tested }: Group): void {
    this.#groups = this.#groups.filter((group) => group.from !== from);
    this.#groups.push({ members: from!, belief: this.#prior(from!.length), tested });
  }

  /** What he does to whom in which bins. */
  acts(tests: readonly Test[]): Map<number, Map<number, Act>> {
    const acts = new Map<number, Map<number, Act & { marks: Marks[] }>>();
    const dose = (candidate: number, from: number, count: number, mark: Mark) => {
      // What is done to others goes nowhere, so it need not be worked out.
      if (!this.#world.honeynodes.has(candidate)) return;
      const bins = acts.get(candidate) ?? new Map();
      acts.set(candidate, bins);
      for (let bin = from; bin < from + count; bin++) {
        if (!bins.has(bin)) bins.set(bin, { marks: [] });
        bins.get(bin)!.marks.push({ mark, netgroups: DOSE });
      }
    };
    tests.forEach((test, channel) => {
      const mark = CHANNELS[channel]![0];
      if ("find" in test) return test.find.members.forEach((candidate, i) => dose(candidate, 0, i + 1, mark));
      let from = 0;
      test.count.forEach(({ members }, i) => {
        for (const candidate of members) dose(candidate, from, DIGITS[i]!, mark);
        from += DIGITS[i]!;
      });
    });
    return acts;
  }

  /** Bayes' rule for what a channel says, in doses, give or take `noise`. */
  learn(test: Test, seen: number, noise: number): void {
    const fits = (doses: number) => Math.exp(-((seen - doses) ** 2) / (2 * noise * noise)) + 1e-12;
    if ("find" in test) {
      const { members, tested } = test.find;
      const likely = members.map((_, i) => fits(i + 1));
      const sum = likely.reduce((a, b) => a + b);
      const parts = members.map((member, i): Group => {
        const is = likely[i]! / sum;
        return { members: [member], belief: [1 - is, is, 0, 0], tested, from: members };
      });
      this.#groups = [...this.#groups.filter((group) => group !== test.find), ...parts];
      return;
    }
    const groups = test.count;
    const after = groups.map(() => new Array<number>(MOST + 1).fill(0));
    for (let all = 0; all < (MOST + 1) ** groups.length; all++) {
      const counts = groups.map((_, i) => Math.floor(all / (MOST + 1) ** i) % (MOST + 1));
      const prior = counts.reduce((product, count, i) => product * groups[i]!.belief[count]!, 1);
      const weight = prior * fits(counts.reduce((sum, count, i) => sum + count * DIGITS[i]!, 0));
      counts.forEach((count, i) => after[i]![count]! += weight);
    }
    groups.forEach((group, i) => group.belief = normal(after[i]!));
    for (const group of groups) if (group.from !== undefined && group.belief[0]! > SURE) this.#reopen(group);
  }

  /** The share of honeynodes that are among as many candidates as there are, those he believes in most. */
  recall(): number {
    const { honeynodes } = this.#world;
    const named = this.#groups
      .flatMap(({ members, belief }) => {
        const each = belief.reduce((sum, is, count) => sum + is * count, 0) / members.length;
        return members.map((member) => ({ member, each }));
      })
      .sort((a, b) => b.each - a.each)
      .slice(0, honeynodes.size);
    return named.filter(({ member }) => honeynodes.has(member)).length / honeynodes.size;
  }
}

/** Those believed to be empty, and those that were found. Of single ones that are none there are too many. */
function isWorthDoubt({ members, belief }: Group): boolean {
  return Math.max(...belief) > SURE && (members.length > 1 || belief[1]! > SURE);
}

/** A set that surely has several is taken apart in two. */
function split(group: Group): Group[] {
  const { members, belief, tested } = group;
  const count = belief.findIndex((is, count) => count > 1 && is > SURE);
  if (count < 0 || members.length < 2) return [group];
  const middle = members.length >> 1;
  return [members.slice(0, middle), members.slice(middle)].map((half) => {
    const share = half.length / members.length;
    const halves = times(
      MOST + 1,
      (k) => k > count ? 0 : choose(count, k) * share ** k * (1 - share) ** (count - k),
    );
    return { members: half, belief: normal(halves), tested };
  });
}

function poisson(mean: number): number[] {
  return times(MOST + 1, (k) => mean ** k / [1, 1, 2, 6][k]!);
}

function choose(n: number, k: number): number {
  return k === 0 || k === n ? 1 : choose(n - 1, k - 1) + choose(n - 1, k);
}

function normal(weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

function entropy(belief: readonly number[]): number {
  return belief.reduce((sum, is) => is > 0 ? sum - is * Math.log2(is) : sum, 0);
}

function shuffled(count: number, seed: number): number[] {
  const random = seeded(seed);
  const order = times(count, (i) => i);
  for (let i = count - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order;
}
