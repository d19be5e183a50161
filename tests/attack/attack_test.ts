import { assert, assertEquals, assertLess } from "@std/assert";
import { DEFAULTS } from "../../federation/hub/policy.ts";
import { alarmAdvantage, NO_NOISE_EPSILON } from "./alarms.ts";
import { ATTACKS, mappingWorld, membershipScene, POLICY } from "./attacks.ts";
import { mapping } from "./mapping.ts";
import { membership } from "./membership.ts";
import { NO_NOISE, settled } from "./release.ts";

/**
 * The gates. All seeds are fixed, so that a gate that holds holds always; the full size, with other seeds and more
 * trials, is `deno task attack --full`.
 */
const GATE = { release: 0.1, year: 0.25, recall: 0.02, control: 0.8 };
const STRONGEST = ["everything at once", "256 connections, eight marks"] as const;
/** Operators with one node and with two: there a node counts most. */
const TARGETS = [0, 1];
const YEAR = 12;
/** A federation of a hundred nodes may publish weekly. */
const WEEKS = 52;

Deno.test("the simulator attacks the default policy", () => {
  const { kMember: _, sponsors: __, ...published } = DEFAULTS;
  assertEquals(published, POLICY);
});

Deno.test("one release: the advantage of who guesses whether a node is a honeynode is at most 0.10", async () => {
  const scene = membershipScene();
  for (const attack of [...STRONGEST, "knocked over"] as const) {
    for (const target of TARGETS) {
      const question = scene.question(target, ATTACKS[attack], { releases: 1, trials: 2400, seed: 10 });
      const { high } = await membership(question);
      assertLess(high, GATE.release, `${attack}, operator ${target}`);
    }
  }
});

Deno.test("a year of releases: the advantage is at most 0.25", async () => {
  const scene = membershipScene();
  for (const target of TARGETS) {
    const question = scene.question(target, ATTACKS["everything at once"], {
      ...{ releases: YEAR, trials: 500, seed: 20 },
      // One who compares releases with marks and without, too; deno task attack --full tries both on both.
      isOnAndOff: target === 1,
    });
    const { high } = await membership(question);
    assertLess(high, GATE.year, `operator ${target}`);
  }
});

Deno.test("control: without noise the same attacker is always right", async () => {
  const scene = membershipScene({ noiseMilli: NO_NOISE });
  for (const target of TARGETS) {
    const question = scene.question(target, ATTACKS["everything at once"], {
      releases: 1,
      trials: 60,
      seed: 30,
    });
    assert((await membership(question)).advantage > 0.9);
  }
});

Deno.test("an alarm: the advantage of who waits for it is at most 0.10, of who waits for all of a year 0.25", async () => {
  const { alarmEpsilonMilli: epsilonMilli, alarmsPerYear } = POLICY;
  const once = await alarmAdvantage({ epsilonMilli, alarms: 1, below: 0, trials: 2400, seed: 40 });
  assertLess(once.high, GATE.release);
  const year = await alarmAdvantage({ epsilonMilli, alarms: alarmsPerYear, below: 0, trials: 500, seed: 50 });
  assertLess(year.high, GATE.year);
});

Deno.test("control: without noise who waits for one alarm is always right", async () => {
  const attack = { epsilonMilli: NO_NOISE_EPSILON, alarms: 1, below: 0, trials: 60, seed: 60 };
  assert((await alarmAdvantage(attack)).advantage > 0.9);
});

/** The world that the attacker was made in, and another that nobody looked at meanwhile: its seed and the attacker's. */
const OF_GATE = [[1, 7], [9, 7]] as const;
const OF_CONTROL = [[1, 7], [5, 11]] as const;

Deno.test("a year of releases: of the 100 nodes that the attacker names, at most 2 are honeynodes", async () => {
  for (const [made, seed] of OF_GATE) {
    const world = mappingWorld(made);
    const groups = settled(world.epoch(new Map()));
    const recalls = await mapping(world, { defences: { ...POLICY, groups }, releases: YEAR, seed });
    assertEquals(recalls.length, YEAR);
    assert(recalls.at(-1)! <= GATE.recall, `${recalls.at(-1)} in world ${made}`);
  }
});

Deno.test("control: without noise the same attacker finds 80 of 100 honeynodes in a year of weeks", async () => {
  for (const [made, seed] of OF_CONTROL) {
    const world = mappingWorld(made);
    const groups = settled(world.epoch(new Map()));
    const defences = { ...POLICY, groups, noiseMilli: NO_NOISE };
    const recalls = await mapping(world, { defences, releases: WEEKS, seed, enough: GATE.control });
    assert(recalls.at(-1)! >= GATE.control, `${recalls.at(-1)} after ${recalls.length} in world ${made}`);
  }
});
