/**
 * The one chain that all made-up nodes are on: when a block is found, what its hash is, and how long it takes to a
 * node.
 *
 * @module
 */

import { type Random, seeded } from "./scenarios/random.ts";
import { STEP_MS } from "./scenarios/world.ts";

const MEAN_STEPS = 60;
const LONGEST_STEPS = 300;
const ZEROS = 19;

/** Says whether a block is found in a step, to each node the same. Steps are asked for in order. */
export class Lottery {
  readonly #random: Random;
  readonly #found: number[] = [];
  #through: number;

  /** Blocks from this time on, Unix milliseconds. */
  constructor(seed: number, start: number) {
    this.#random = seeded(seed ^ 0xb10c);
    this.#through = start;
  }

  /** Whether a block is found in the step that begins now. */
  isBlockFound(now: number): boolean {
    while (this.#through <= now) {
      const share = 1 - this.#random.below(1_000_000) / 1e6;
      this.#through += STEP_MS * Math.min(LONGEST_STEPS, Math.ceil(-Math.log(share) * MEAN_STEPS));
      this.#found.push(this.#through);
    }
    return this.#found.includes(now);
  }
}

/** The hash of the block at a height, as it is written for people: with its work in front. */
export function blockHash(height: number, branch: number): string {
  const random = seeded(Math.imul(height, 0x9e3779b1) + branch);
  const digits = Array.from({ length: 64 - ZEROS }, () => random.below(16).toString(16));
  return "0".repeat(ZEROS) + digits.join("");
}

/** Most nodes have a block within a second, some take five. */
export function blockDelayMs(random: Random): number {
  const steps = random.below(100);
  if (steps < 75) return 100 + random.below(800);
  return steps < 95 ? 900 + random.below(1500) : 2400 + random.below(4000);
}
