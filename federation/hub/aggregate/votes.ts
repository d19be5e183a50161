/**
 * Numbers over operators. Each operator says a number, each tree has one voice, and below the threshold there is
 * nothing to see.
 *
 * @module
 */

import { independent, type Roots, weights } from "../trees.ts";

/** What is asked of a number before anybody sees it. */
export interface Threshold {
  /** Operators, and independent trees, that must stand behind it. */
  readonly k: number;
  /** Who hangs below whom. */
  readonly roots: Roots;
}

/** Who takes part in a bin, and how much each counts. */
export interface Voters {
  /** Operators. */
  readonly slots: readonly number[];
  /** Weight of each, in the same order. */
  readonly weights: readonly number[];
}

/** The voters of a bin. */
export function votersOf(slots: readonly number[], roots: Roots): Voters {
  const each = weights(slots, roots);
  return { slots, weights: slots.map((slot) => each.get(slot)!) };
}

/** Numbers said about one thing. */
export class Votes {
  readonly #values: number[] = [];
  readonly #voters: number[] = [];

  /** A voter, by position, says a number. */
  add(voter: number, value: number): void {
    this.#voters.push(voter);
    this.#values.push(value);
  }

  /** How many have said something. */
  get size(): number {
    return this.#voters.length;
  }

  /** True if enough stand behind it; one alone never is, whatever the rules say. */
  isEnough({ slots }: Voters, { k, roots }: Threshold): boolean {
    const least = Math.max(2, k);
    if (this.size < least) return false;
    return independent(this.#voters.map((voter) => slots[voter]!), least, roots) >= k;
  }

  /** The numbers at these shares of the weight, `[0.25, 0.5, 0.75]` for quartiles. */
  quantiles({ weights }: Voters, at: readonly number[]): number[] {
    // Many say the same: few different numbers have to be sorted.
    const behind = new Map<number, number>();
    this.#values.forEach((value, i) => {
      behind.set(value, (behind.get(value) ?? 0) + weights[this.#voters[i]!]!);
    });
    const order = [...behind].sort(([a], [b]) => a - b);
    const total = order.reduce((sum, [, weight]) => sum + weight, 0);
    return at.map((share) => {
      let sum = 0;
      // The weights are fractions: half of them shall be half of them.
      const [value] = order.find(([, weight]) => (sum += weight) >= share * total - 1e-9) ?? order.at(-1)!;
      return value;
    });
  }

  /** The share of the weight that says each number from 1 to `most`. */
  shares({ weights }: Voters, most: number): number[] {
    const shares = new Array<number>(most).fill(0);
    let total = 0;
    this.#values.forEach((value, i) => {
      const weight = weights[this.#voters[i]!]!;
      shares[value - 1]! += weight;
      total += weight;
    });
    return shares.map((share) => share / total);
  }

  /** The weight behind it. */
  weight({ weights }: Voters): number {
    return this.#voters.reduce((sum, voter) => sum + weights[voter]!, 0);
  }
}
