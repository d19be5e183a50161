/**
 * The numbers of a release as people read them.
 *
 * @module
 */

import { MOST_LOG2 } from "../../../proto/federation/metrics.ts";
import { short } from "../../../runtime/web/format.ts";
import type { Figure, Figures } from "../../release/figures.ts";
import type { Release } from "../../release/document.ts";
import { AGENTS, BEHAVIOURS, DELAYS, NETWORKS } from "../names.ts";

/** A group of numbers in words. */
export interface Words {
  /** Its name. */
  readonly title: string;
  /** What its numbers are. */
  readonly about: string;
  /** What they are numbers of, if not shares. */
  readonly unit?: string;
  /** A number's name. */
  part(name: string): string;
  /** A number from 0 to 1, as what it stands for. */
  value(value: number, error: number): string;
  /** A span of them. */
  span(low: number, high: number, error: number): string;
}

const THIN = "\u202f";

/** Names of groups. */
export const WORDS: Readonly<Record<string, string>> = {
  peers: "Connections",
  agents: "Software",
  behaviours: "Odd behaviour",
  traffic: "Traffic",
  blocks: "Blocks",
};

const SHARES = {
  value: (value: number, error: number) => `${hundredths(value, error)}${THIN}%`,
  span: (low: number, high: number, error: number) =>
    `${hundredths(low, error)}–${hundredths(high, error)}${THIN}%`,
};

/** The words for a group of a release; one that is not known is shown as it is. */
export function wordsOf({ group, help }: Pick<Figures, "group" | "help">, { policy }: Release): Words {
  const known = {
    peers: {
      about: "Shares of a node's connections: by network, by who began, and how many are encrypted.",
      part: (name: string) => PEERS[name] ?? inTable(NETWORKS, name.replace("network ", "")) ?? name,
      ...SHARES,
    },
    agents: {
      about:
        "What peers say they run, as shares of the network groups that a node meets. Anybody can say anything.",
      part: (name: string) => inTable(AGENTS, name) ?? name,
      ...SHARES,
    },
    behaviours: {
      about:
        `Network groups that did this to a node in ten minutes, in the mean. A node counts up to ${policy.clip}.`,
      part: (name: string) => inTable(BEHAVIOURS, name) ?? name,
      unit: "network groups",
      ...countsUpTo(policy.clip),
    },
    traffic: {
      about: "What a node receives in ten minutes. Counted in powers of two, so these are rough.",
      unit: "in ten minutes",
      part: (name: string) => TRAFFIC[name] ?? name,
      value: (value: number) => inPowers(value),
      span: (low: number, high: number) => `${inPowers(low)}–${inPowers(high)}`,
    },
    blocks: {
      about:
        "How long a new block takes from the first node of an operator to its median one, as shares of blocks.",
      part: (name: string) => DELAYS.find(([key]) => keyOf(name) === key)?.[1] ?? name,
      ...SHARES,
    },
  }[group];
  return {
    title: WORDS[group] ?? group,
    ...known ?? { about: `${help}.`, part: (name: string) => name, ...SHARES },
  };
}

/** How often a guess is right that would be right in half of all cases: `12.3 of 100 cases`. */
export function rightGuesses(advantage: number): string {
  return `${(50 + 50 * advantage).toFixed(1)} of 100 cases`;
}

/** What 95 of 100 numbers of a group are within. */
export function errorOf({ noise }: Figures): number {
  return 1.96 * noise.deviation;
}

/** The numbers that are there: what was withheld is as if it did not exist. */
export function shownOf({ numbers }: Figures): Required<Figure>[] {
  return numbers.filter((each): each is Required<Figure> => each.value !== undefined);
}

/** October 2026; the week from 5 October 2026; 5 October 2026. */
export function epochTitle({ epoch }: Release): string {
  const [monthName, year] = [spell(epoch.from, { month: "long" }), spell(epoch.from, { year: "numeric" })];
  if (epoch.cadence === "monthly") return `${monthName} ${year}`;
  const text = `${spell(epoch.from, { day: "numeric" })} ${monthName} ${year}`;
  return epoch.cadence === "weekly" ? `Week from ${text}` : text;
}

/** Oct 2026; 5 Oct 2026. */
export function epochShort({ epoch }: Release): string {
  const text = `${spell(epoch.from, { month: "short" })} ${spell(epoch.from, { year: "numeric" })}`;
  return epoch.cadence === "monthly" ? text : `${spell(epoch.from, { day: "numeric" })} ${text}`;
}

/** 2 November 2026. */
export function dateText(seconds: number): string {
  return ["day", "month", "year"].map((part) =>
    spell(seconds, { [part]: part === "month" ? "long" : "numeric" })
  ).join(" ");
}

function spell(seconds: number, part: Intl.DateTimeFormatOptions): string {
  return new Date(seconds * 1000).toLocaleDateString("en", { ...part, timeZone: "UTC" });
}

const PEERS: Readonly<Record<string, string>> = {
  inbound: "coming in",
  v2: "encrypted (v2)",
};

const TRAFFIC: Readonly<Record<string, string>> = {
  inv: "announcements (inv)",
  tx: "transactions (tx)",
  addrv2: "address messages (addrv2)",
  cmpctblock: "compact blocks (cmpctblock)",
  addresses: "addresses",
};

function keyOf(name: string): string {
  return name.toUpperCase().replaceAll(" ", "_");
}

function inTable(table: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(table, keyOf(name)) ? table[keyOf(name)] : undefined;
}

/** No more digits than the noise leaves. */
function hundredths(value: number, error: number): string {
  return (100 * value).toFixed(error < 0.01 ? 1 : 0);
}

function countsUpTo(clip: number): Pick<Words, "value" | "span"> {
  const text = (value: number) => (clip * value).toFixed(clip * value < 10 && value > 0 ? 1 : 0);
  return { value: text, span: (low, high) => `${text(low)}–${text(high)}` };
}

/** The middle of what a power of two stands for, with the two digits that count. */
function inPowers(value: number): string {
  const bucket = MOST_LOG2 * value;
  return bucket < 0.5 ? "0" : short(Number((2 ** (bucket - 0.5)).toPrecision(2)));
}
