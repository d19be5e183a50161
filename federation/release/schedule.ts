/**
 * When: an epoch is a calendar month, a week from Monday on, or a day, all in UTC, and its release is made at a fixed
 * time at least 48 hours after it. How often is a matter of how many there are: each release costs, and few nodes
 * cannot pay often.
 *
 * @module
 */

import { BIN_SECONDS } from "../../proto/federation/check.ts";

/** How often there is a release. */
export type Cadence = keyof typeof CADENCES;

/** A span of time that has one release. */
export interface Epoch {
  /** How long it is. */
  readonly cadence: Cadence;
  /** Unix seconds, included. */
  readonly from: number;
  /** Unix seconds, not included. */
  readonly to: number;
}

/** Releases of each cadence in a year, and the nodes that it needs. */
export const CADENCES = {
  monthly: { perYear: 12, nodes: 0 },
  weekly: { perYear: 52, nodes: 100 },
  daily: { perYear: 365, nodes: 500 },
} as const;

/** Below these there are no numbers at all. */
export const LEAST = { operators: 5, nodes: 25 } as const;
/** Between the end of an epoch and its release. */
export const DELAY_SECONDS = 48 * 3600;
/**
 * What counts as a year for the budget: with 364 days, the release of the same month or week a year ago is never in it,
 * and all others are.
 */
export const YEAR_SECONDS = 364 * 86_400;

const DAY = 86_400;
/** 1970-01-05 was a Monday. */
const MONDAY = 4 * DAY;

/** The most frequent cadence that the policy allows and so many nodes can pay for; none if releases are off. */
export function cadenceFor(releasesPerYear: number, nodes: number): Cadence | undefined {
  const names = Object.keys(CADENCES) as Cadence[];
  return names.findLast((name) => {
    return CADENCES[name].perYear <= Math.max(releasesPerYear, 0) && nodes >= CADENCES[name].nodes;
  });
}

/** The epoch of this cadence that holds a time, Unix seconds. */
export function epochAt(time: number, cadence: Cadence): Epoch {
  const date = new Date(time * 1000);
  const month = (by: number) => Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + by) / 1000;
  if (cadence === "monthly") return { cadence, from: month(0), to: month(1) };
  const [length, first] = cadence === "weekly" ? [7 * DAY, MONDAY] : [DAY, 0];
  const from = Math.floor((time - first) / length) * length + first;
  return { cadence, from, to: from + length };
}

/** When the release of an epoch is made: always at noon, UTC. */
export function releaseTime({ to }: Epoch): number {
  return Math.ceil((to + DELAY_SECONDS - DAY / 2) / DAY) * DAY + DAY / 2;
}

/** Bins of an epoch: from, and up to but without. */
export function binsOf({ from, to }: Epoch): { readonly from: number; readonly to: number } {
  return { from: from / BIN_SECONDS, to: to / BIN_SECONDS };
}

/** The name of an epoch: `2026-10`, `2026-10-05--2026-10-11`, `2026-10-05`. */
export function epochName({ cadence, from, to }: Epoch): string {
  const day = (time: number) => new Date(time * 1000).toISOString().slice(0, 10);
  if (cadence === "monthly") return day(from).slice(0, 7);
  return cadence === "daily" ? day(from) : `${day(from)}--${day(to - DAY)}`;
}
