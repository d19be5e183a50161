/**
 * The discrete Gaussian, drawn exactly: no floating-point number takes part, so that the noise has no fine structure
 * that tells the number below it. After Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential Privacy"
 * (NeurIPS 2020), algorithms 1 to 3.
 *
 * @module
 */

import type { Bits } from "./random.ts";

/** A number as a fraction; the denominator is above 0. */
export interface Fraction {
  /** Above the line. */
  readonly numerator: bigint;
  /** Below the line. */
  readonly denominator: bigint;
}

/**
 * Draws from the discrete Gaussian around 0 with this parameter: each integer x with a weight of
 * exp(−x² / 2·variance).
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { secureBits } from "./random.ts";
 *
 * assertEquals(typeof discreteGaussian({ numerator: 25n, denominator: 2n }, secureBits()), "bigint");
 * ```
 *
 * @throws {RangeError} If the variance is not above 0.
 */
export function discreteGaussian({ numerator, denominator }: Fraction, bits: Bits): bigint {
  if (numerator <= 0n || denominator <= 0n) {
    throw new RangeError("Cannot draw noise: its variance is 0 or less");
  }
  const scale = squareRoot(numerator / denominator) + 1n;
  while (true) {
    const drawn = discreteLaplace(scale, bits);
    // (|x| − variance / scale)² / (2 · variance), as one fraction.
    const away = (drawn < 0n ? -drawn : drawn) * scale * denominator - numerator;
    if (isHead(away * away, 2n * numerator * denominator * scale * scale, bits)) return drawn;
  }
}

/** Draws from the discrete Laplace distribution around 0: each integer x with a weight of exp(−|x| / scale). */
export function discreteLaplace(scale: bigint, bits: Bits): bigint {
  while (true) {
    const fine = below(scale, bits);
    if (!isHead(fine, scale, bits)) continue;
    let coarse = 0n;
    while (isHead(1n, 1n, bits)) coarse++;
    const size = fine + scale * coarse;
    const isNegative = below(2n, bits) === 1n;
    // Otherwise 0 would come twice as often as it should.
    if (isNegative && size === 0n) continue;
    return isNegative ? -size : size;
  }
}

/** True with a probability of exp(−numerator / denominator). */
function isHead(numerator: bigint, denominator: bigint, bits: Bits): boolean {
  while (numerator > denominator) {
    if (!isHeadBelowOne(1n, 1n, bits)) return false;
    numerator -= denominator;
  }
  return isHeadBelowOne(numerator, denominator, bits);
}

/** The same for a fraction of at most 1: the length of a run of ever rarer successes is even that often. */
function isHeadBelowOne(numerator: bigint, denominator: bigint, bits: Bits): boolean {
  let run = 1n;
  while (below(denominator * run, bits) < numerator) run++;
  return run % 2n === 1n;
}

/** Uniform from 0 up to and without a bound: as many bits as it has, drawn again where they say too much. */
function below(bound: bigint, bits: Bits): bigint {
  const width = (bound - 1n).toString(2).length;
  if (bound === 1n) return 0n;
  while (true) {
    const drawn = bits(width);
    if (drawn < bound) return drawn;
  }
}

/** The largest integer whose square is not above the number (Newton). */
export function squareRoot(number: bigint): bigint {
  if (number < 2n) return number;
  let root = 1n << BigInt(number.toString(2).length + 1 >> 1);
  while (true) {
    const next = root + number / root >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
