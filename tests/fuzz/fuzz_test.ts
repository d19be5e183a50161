import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { mutate } from "./_mutate.ts";
import { seeded } from "../../demo/scenarios/random.ts";
import { execute, run } from "./run.ts";
import type { Target } from "./target.ts";
import { TARGETS } from "./targets.ts";

const COUNT = 5000;

for (const target of TARGETS) {
  Deno.test(`${target.name} survives ${COUNT} mutated inputs`, () => {
    const { executed, failure } = run(target, { seed: 1, count: COUNT });
    assertEquals(failure?.reason, undefined);
    assertEquals(executed, COUNT);
  });
}

function target(runInput: Target["run"]): Target {
  return { name: "test", seeds: () => [Uint8Array.of(1, 2, 3)], run: runInput };
}

Deno.test("run() finds a target that throws, and gives the input that does it", () => {
  const broken = target((input) => {
    if (input.length > 20) throw new RangeError("too much");
  });
  const { failure } = run(broken, { seed: 1, count: 10_000 });
  assert(failure !== undefined);
  assertStringIncludes(failure.reason, "too much");
  assert(failure.input.length > 20);
});

const GREEDY: readonly (readonly [string, () => void])[] = [
  ["a large array buffer that it drops at once", () => void new Uint8Array(17 << 20)],
  ["many small array buffers", () => {
    for (let i = 0; i < 100_000; i++) new Uint32Array(64);
  }],
  ["a long list of objects", () => {
    Array.from({ length: 400_000 }, (_, i) => ({ i, next: i + 1 }));
  }],
  ["much garbage, of which nothing is left", () => {
    for (let i = 0; i < 300_000; i++) `${i}`.padEnd(100).split("");
  }],
];

for (const [what, allocate] of GREEDY) {
  Deno.test(`execute() notices ${what}`, () => {
    assertStringIncludes(execute(target(allocate), Uint8Array.of(1)) ?? "", "Allocates");
  });
}

Deno.test("execute() allows what is in proportion to the input", () => {
  const copies = target((input) => void input.slice());
  assertEquals(execute(copies, new Uint8Array(30 << 20)), undefined);
});

Deno.test("mutate() gives the same inputs for the same seed, and others for another", () => {
  const seeds = [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(5, 6)];
  const inputs = (seed: number) => {
    const random = seeded(seed);
    return Array.from({ length: 50 }, () => mutate(seeds, random).toHex());
  };
  assertEquals(inputs(7), inputs(7));
  assertEquals(inputs(7).join() === inputs(8).join(), false);
});
