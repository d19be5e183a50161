/**
 * What was seen and is not said, for the operator who wants to know: numbers beside texts of ours, so that a preview
 * can be shown to anybody who may see the summary.
 *
 * @module
 */

/** Why each of them is not said. */
export const WHY = {
  "names of nodes, and how many there are": "an operator is one voice",
  "connections: addresses, peer ids, times": "they say who is connected to whom",
  "what came over connections that the operator chose": "it is not what strangers do",
  "netgroups: which they are": "only how many of them did something is said",
  "user agents, of which only the family is counted": "a name that only one peer has would be a mark",
  "transactions and their ids": "only sums are said",
  "log lines": "free text",
  "netgroups beyond the bound": "more netgroups in a bin than are kept",
  "connections beyond the bound": "more connections in a bin than are kept",
  "addresses beyond the bound": "more addresses in a bin than are kept",
  "misbehaviour of peers that are not known": "their netgroup is not known",
  "counts beyond the policy's number": "a node may add to so many counts only; which, is drawn by lot",
  "counts above the policy's clip": "a node may add only so much to a count",
  "late events": "their bin was closed",
  "early events": "their time is far ahead",
  "events that cannot be read": "they are no events",
  "events of nodes that are not named": "they are not ours",
  "events of a kind that is not summarised": "nothing of them is said",
} as const;

/** Something that is not said. */
export type What = keyof typeof WHY;

/** Something that is not said, how much of it there was, and why. */
export interface Withheld {
  /** What. */
  readonly what: What;
  /** How often. */
  readonly count: number;
  /** Why. */
  readonly why: string;
}

/** Counts of what is not said. */
export type Tally = Map<What, number>;

/** Counts something. */
export function tally(to: Tally, what: What, times = 1): undefined {
  if (times > 0) to.set(what, (to.get(what) ?? 0) + times);
}

/** Several tallies as one list, in the order above. */
export function listOf(tallies: readonly Tally[]): Withheld[] {
  return (Object.keys(WHY) as What[]).flatMap((what) => {
    const count = tallies.reduce((sum, each) => sum + (each.get(what) ?? 0), 0);
    return count === 0 ? [] : [{ what, count, why: WHY[what] }];
  });
}
