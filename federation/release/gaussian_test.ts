import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { discreteGaussian, squareRoot } from "./gaussian.ts";
import { type Bits, keyedBits, secureBits } from "./random.ts";

/**
 * Each test of chance is passed by a right sampler but for one run in a million: the limits below are six standard
 * errors, or that quantile of chi-square. With the fixed key it passes always; with bits of the operating system it
 * would fail once in some 100,000 runs of all of them.
 */
const DRAWS = 100_000;
const SIGMAS = 6;

const SOURCES: readonly (readonly [name: string, bits: () => Bits])[] = [
  ["a fixed key", () => keyedBits(new Uint8Array(32).fill(3), "test")],
  ["the operating system", secureBits],
];

function draw(variance: { numerator: bigint; denominator: bigint }, bits: Bits): number[] {
  return Array.from({ length: DRAWS }, () => Number(discreteGaussian(variance, bits)));
}

/** The exact probabilities of −reach to reach. */
function probabilities(variance: number, reach: number): number[] {
  const weights = Array.from(
    { length: 2 * reach + 1 },
    (_, i) => Math.exp(-((i - reach) ** 2) / (2 * variance)),
  );
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}

/** The one-in-a-million quantile of chi-square (Wilson and Hilferty). */
function chiSquareLimit(degrees: number): number {
  const z = 4.75;
  return degrees * (1 - 2 / (9 * degrees) + z * Math.sqrt(2 / (9 * degrees))) ** 3;
}

for (const [name, bits] of SOURCES) {
  for (const [numerator, denominator] of [[1n, 4n], [1n, 1n], [17n, 2n], [400n, 1n]] as const) {
    const variance = Number(numerator) / Number(denominator);
    Deno.test(`the discrete Gaussian of variance ${variance} has its exact probabilities, from ${name}`, () => {
      const drawn = draw({ numerator, denominator }, bits());
      const reach = Math.ceil(10 * Math.sqrt(variance) + 2);
      const counts = new Array<number>(2 * reach + 1).fill(0);
      for (const value of drawn) counts[value + reach]!++;
      let [chi, degrees, rest, restExpected] = [0, -1, 0, 0];
      probabilities(variance, reach).forEach((probability, i) => {
        const expected = probability * DRAWS;
        // What is rare is taken together.
        if (expected < 10) return [rest, restExpected] = [rest + counts[i]!, restExpected + expected];
        chi += (counts[i]! - expected) ** 2 / expected;
        return degrees++;
      });
      if (restExpected >= 5) [chi, degrees] = [chi + (rest - restExpected) ** 2 / restExpected, degrees + 1];
      assertLess(chi, chiSquareLimit(degrees));
    });
  }

  Deno.test(`mean, variance and symmetry of wide noise are right, from ${name}`, () => {
    const deviation = 54_886;
    const drawn = draw({ numerator: BigInt(deviation) ** 2n, denominator: 1n }, bits());
    const mean = drawn.reduce((sum, value) => sum + value, 0) / DRAWS / deviation;
    const square = drawn.reduce((sum, value) => sum + (value / deviation) ** 2, 0) / DRAWS;
    const fourth = drawn.reduce((sum, value) => sum + (value / deviation) ** 4, 0) / DRAWS;
    assertLess(Math.abs(mean), SIGMAS / Math.sqrt(DRAWS));
    assertLess(Math.abs(square - 1), SIGMAS * Math.sqrt(2 / DRAWS));
    assertLess(Math.abs(fourth - 3), SIGMAS * Math.sqrt(96 / DRAWS));
    const odd = drawn.filter((value) => value % 2 !== 0).length / DRAWS;
    assertLess(Math.abs(odd - 0.5), SIGMAS * 0.5 / Math.sqrt(DRAWS));
  });
}

Deno.test("the same key and name give the same noise, another name another", () => {
  const drawn = (name: string) =>
    draw({ numerator: 400n, denominator: 1n }, keyedBits(new Uint8Array(32), name)).slice(0, 50);
  assertEquals(drawn("a"), drawn("a"));
  assert(drawn("a").some((value, i) => value !== drawn("b")[i]));
});

Deno.test("bits are as many as asked for, and each is 1 half of the time", () => {
  const bits = keyedBits(new Uint8Array(32), "bits");
  for (const count of [1, 7, 8, 9, 24, 25, 47, 48, 49, 200]) {
    const ones = new Array<number>(count).fill(0);
    for (let i = 0; i < 2000; i++) {
      const drawn = bits(count);
      assert(drawn < 1n << BigInt(count));
      for (let bit = 0; bit < count; bit++) ones[bit]! += Number(drawn >> BigInt(bit) & 1n);
    }
    for (const each of ones) assertLess(Math.abs(each - 1000), SIGMAS * Math.sqrt(500));
  }
});

Deno.test("the root of an integer is the largest whose square is not above it", () => {
  for (const number of [0n, 1n, 2n, 3n, 4n, 15n, 16n, 17n, 10n ** 40n - 1n, 10n ** 40n]) {
    const root = squareRoot(number);
    assert(root * root <= number && (root + 1n) ** 2n > number);
  }
});

Deno.test("a variance of 0 is refused", () => {
  assertThrows(() => discreteGaussian({ numerator: 0n, denominator: 1n }, secureBits()), RangeError);
});
