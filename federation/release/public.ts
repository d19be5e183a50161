/**
 * What the public may see of hidden nodes, and how: the one table. A group of numbers is noised together and costs as
 * much as one number, because an operator moves all of it together by no more than its diameter.
 *
 * Each part names a metric that members see as quartiles, or the delays of blocks, which they see as shares: there is
 * no way to name anything else, so the public sees a part of what members see.
 *
 * @module
 */

import { metricName, METRICS, type Unit } from "../../proto/federation/metrics.ts";
import {
  Agent,
  Behaviour,
  Command,
  Delay,
  Metric,
  Network,
  type Policy,
  PublicGroup,
} from "../../proto/federation/schema.ts";

/** One published number. */
export interface Part {
  /** Its name in a release. */
  readonly name: string;
  /** Whose metric; the delay of blocks is none. */
  readonly metric?: number;
  /** Its index, 0 where it has none. */
  readonly index: number;
}

/** Numbers that are published together. */
export interface Group {
  /** What it is, for people. */
  readonly help: string;
  /** The number behind each part. */
  readonly parts: readonly Part[];
  /**
   * How an operator's value comes from its summaries of an epoch, always from 0 to 1: the mean of its bins in parts of
   * the largest value ("mean"), or shares of all that were counted ("shares").
   */
  readonly from: "mean" | "shares";
  /**
   * Radius of the ball that an operator's values stay in. Around a public centre where there is one: what operators have
   * in common then needs no noise. Around 0 where a sum is compared with a threshold.
   */
  readonly radius: number;
  /** The centre of the first release; later it is what was published last. */
  readonly centre?: readonly number[];
  /** Shown only if the noisy sum is at least the noisy threshold. */
  readonly isThresholded?: boolean;
}

/** Units in the diameter of a group: how fine an operator's values are added up. */
export const UNITS = 4096;
/** Units in the radius of a ball around 0 in which nothing is below 0: two points of it are √2 radii apart at most. */
const ORTHANT_UNITS = Math.floor(UNITS / Math.SQRT2);

/** Groups by name, the most wanted first. */
export const GROUPS = {
  peers: {
    help: "Peers by network, inbound, and on the encrypted transport, as shares of a node's peers",
    from: "mean",
    radius: 1 / 16,
    parts: [
      ...partsOf(Metric.PEERS_BY_NETWORK, Network, "network "),
      { name: "inbound", metric: Metric.PEERS_INBOUND, index: 0 },
      { name: "v2", metric: Metric.PEERS_V2, index: 0 },
    ],
    centre: [0.6, 0.1, 0.25, 0.02, 0.02, 0.01, 0.85, 0.6],
  },
  agents: {
    help: "User agents, as shares of the netgroups that a node meets",
    from: "shares",
    radius: 1 / 16,
    parts: partsOf(Metric.NETGROUPS_BY_AGENT, Agent, ""),
    centre: Object.values(Agent).map((_, __, all) => 1 / all.length),
  },
  behaviours: {
    help: "Netgroups that showed a behaviour, as parts of the clip",
    from: "mean",
    radius: 1 / 4,
    parts: partsOf(Metric.NETGROUPS_BY_BEHAVIOUR, Behaviour, ""),
    isThresholded: true,
  },
  traffic: {
    help: "Messages and addresses in ten minutes, as parts of 2^41 on a logarithmic scale",
    from: "mean",
    radius: 1 / 32,
    parts: [
      ...["INV", "TX", "ADDRV2", "CMPCTBLOCK"].map((name) => ({
        ...{ name: name.toLowerCase(), metric: Metric.MESSAGES },
        index: Command[name as keyof typeof Command],
      })),
      { name: "addresses", metric: Metric.ADDRESSES, index: 0 },
    ],
    centre: [0.36, 0.3, 0.17, 0.1, 0.27],
  },
  blocks: {
    help: "Blocks by how long they take from an operator's first node to its median one",
    from: "shares",
    radius: 1 / 8,
    parts: Object.entries(Delay).map(([name, index]) => ({ name: nameOf(name), index })),
    centre: [0.6, 0.2, 0.1, 0.05, 0.05],
  },
} as const satisfies Record<Lowercase<keyof typeof PublicGroup>, Group>;

/** The name of a group. */
export type GroupName = keyof typeof GROUPS;

/** How many operators take part: never published, but what is published stands on it, so it has its price too. */
export const OPERATORS = "operators";

/** Alarms between releases, in the ledger. */
export const ALARMS = "alarms";

/** The groups in their order. */
export const GROUP_NAMES = Object.keys(GROUPS) as GroupName[];

/** The number that a policy has for a group. */
export function groupNumber(name: GroupName): number {
  return PublicGroup[name.toUpperCase() as Uppercase<GroupName>];
}

/** What a policy publishes, in the order of the table. The first version of policies did not say: it was everything. */
export function groupsOf({ version, groups }: Pick<Policy, "version" | "groups">): GroupName[] {
  return GROUP_NAMES.filter((name) => version === 1 || groups.includes(groupNumber(name)));
}

/** A group, by its name. */
export function groupOf(name: GroupName): Group {
  return GROUPS[name];
}

/** Units in the radius of a group. */
export function radiusUnits({ centre }: Group): number {
  return centre === undefined ? ORTHANT_UNITS : UNITS / 2;
}

/** How a value in a summary becomes one from 0 to 1; a count is cut where the policy cuts it. */
export function toWhole({ metric }: Part, value: number, clip: number): number {
  const { unit, max } = METRICS[metricName(metric!)!];
  const most: Record<Unit, number> = { share: max, log2: max, bucket: max, count: Math.min(max, clip) };
  return Math.min(1, value / most[unit]);
}

function partsOf(metric: number, of: Readonly<Record<string, number>>, prefix: string): Part[] {
  return Object.entries(of).map(([name, index]) => ({ name: prefix + nameOf(name), metric, index }));
}

function nameOf(name: string): string {
  return name.toLowerCase().replaceAll("_", " ");
}
