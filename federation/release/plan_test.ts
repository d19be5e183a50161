import { assert, assertEquals, assertLess } from "@std/assert";
import { advantage, budgetOf, errorOf, normalBelow, plan } from "./plan.ts";
import { GROUP_NAMES } from "./public.ts";

/** Releases, numbers, and the noise in clips with which the advantage of a year is 0.25. */
const TABLE = [[12, 1, 5.4], [12, 5, 12.2], [52, 1, 11.3], [52, 10, 35.8], [365, 1, 30.0]] as const;
function assertNear(actual: number, expected: number, within: number): void {
  assertLess(Math.abs(actual - expected), within);
}

const DIAL = {
  ...{ noiseMilli: 15_000, releasesPerYear: 12, groups: GROUP_NAMES },
  ...{ alarmsPerYear: 2, alarmEpsilonMilli: 200 },
};

Deno.test("the noise for an advantage of 0.25 a year is that of the table in docs/privacy-accounting.md", () => {
  for (const [releases, groups, noise] of TABLE) {
    assertNear(advantage(noise, { releases, groups }), 0.25, 0.003);
    // A number to which every node of n gives the whole clip is wrong by noise / n.
    const errors = [25, 100, 500, 2000].map((nodes) => noise / nodes);
    const inTable = {
      5.4: [0.22, 0.05, 0.01, 0.003],
      12.2: [0.49, 0.12, 0.02, 0.01],
      11.3: [0.45, 0.11, 0.02, 0.01],
    };
    const expected = inTable[noise as keyof typeof inTable];
    expected?.forEach((error, i) => assertNear(errors[i]!, error, 0.006));
  }
});

Deno.test("the default policy keeps the advantage of a year below a quarter, that of a release below a tenth", () => {
  const { advantagePerRelease, advantagePerYear } = plan(DIAL, { operators: 20, nodes: 40 });
  assertLess(advantagePerYear, 0.25);
  assertLess(advantagePerRelease, 0.1);
});

Deno.test("small federations publish monthly, larger ones weekly or daily if the policy wants it", () => {
  const cadence = (nodes: number, releasesPerYear = 365) =>
    plan({ ...DIAL, releasesPerYear }, { operators: nodes / 2, nodes }).cadence;
  assertEquals([10, 99, 100, 499, 500].map((nodes) => cadence(nodes)), [
    "monthly",
    "monthly",
    "weekly",
    "weekly",
    "daily",
  ]);
  assertEquals([12, 52, 11, 0].map((perYear) => cadence(500, perYear)), [
    "monthly",
    "weekly",
    undefined,
    undefined,
  ]);
});

Deno.test("without noise the advantage is whole, without releases there is none", () => {
  assertEquals(advantage(0, { releases: 1, groups: 1 }), 1);
  assertEquals(advantage(0, { releases: 0, groups: 1 }), 0);
  assertEquals(budgetOf({ ...DIAL, noiseMilli: 0 }), {
    ...{ releases: 0, perGroup: 0 },
    alarms: 40_000_000,
  });
});

Deno.test("the error of a number falls with the operators", () => {
  assertNear(errorOf("peers", 13_400, 20) / errorOf("peers", 13_400, 100), 5, 1e-9);
});

Deno.test("the formula holds for the discrete noise: the best test of two exact distributions does no better", () => {
  for (const [noise, units] of [[5.4, 1], [13.4, 1], [2, 64]] as const) {
    const variance = (noise * units) ** 2;
    const reach = Math.ceil(noise * units * 12);
    let [apart, sum] = [0, 0];
    for (let x = -reach; x <= reach + units; x++) {
      const [here, there] = [Math.exp(-x * x / 2 / variance), Math.exp(-((x - units) ** 2) / 2 / variance)];
      apart += Math.abs(here - there) / 2;
      sum += here;
    }
    assertLess(Math.abs(apart / sum - advantage(noise, { releases: 1, groups: 1 })), 0.0005);
  }
});

Deno.test("the normal distribution is right", () => {
  for (
    const [x, below] of [[0, 0.5], [1, 0.841344746], [1.959963985, 0.975], [-3, 0.001349898], [
      5,
      0.999999713,
    ]] as const
  ) {
    assertNear(normalBelow(x), below, 1e-9);
  }
  assert(normalBelow(40) === 1 && normalBelow(-40) === 0);
});

Deno.test("alarms and releases together: the formula is the best test of two exact distributions", () => {
  const epsilon = 0.7;
  const noise = 2.5;
  const right = 1 / (1 + Math.exp(-epsilon));
  // One number with noise in steps of a sixteenth, and two answers that are right so often.
  let [apart, sum] = [0, 0];
  for (let x = -40 * 16; x <= 41 * 16; x++) {
    const [here, there] = [x / 16, x / 16 - 1].map((at) => Math.exp(-at * at / 2 / noise / noise));
    for (let count = 0; count <= 2; count++) {
      const ways = count === 1 ? 2 : 1;
      const is = ways * right ** count * (1 - right) ** (2 - count);
      const isNot = ways * right ** (2 - count) * (1 - right) ** count;
      apart += Math.abs(there! * is - here! * isNot) / 2;
      sum += here! * isNot;
    }
  }
  const formula = advantage(noise, { releases: 1, groups: 1, alarms: 2, epsilon });
  assertNear(formula, apart / sum, 0.0005);
  assertNear(advantage(0, { releases: 0, groups: 1, alarms: 1, epsilon }), Math.tanh(epsilon / 2), 1e-12);
});
