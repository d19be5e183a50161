import { assert, assertEquals, assertLess } from "@std/assert";
import { DEFAULTS } from "../../federation/hub/policy.ts";
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
      releases: YEAR,
      trials: 500,
      seed: 20,
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

Deno.test("a year of releases: of the 100 nodes that the attacker names, at most 2 are honeynodes", async () => {
  const world = mappingWorld();
  const groups = settled(world.epoch(new Map()));
  const recalls = await mapping(world, { defences: { ...POLICY, groups }, releases: YEAR, seed: 7 });
  assertEquals(recalls.length, YEAR);
  assert(recalls.at(-1)! <= GATE.recall, `${recalls.at(-1)}`);
});

Deno.test("control: without noise the same attacker finds 80 of 100 honeynodes in a year of weeks", async () => {
  const world = mappingWorld();
  const groups = settled(world.epoch(new Map()));
  const defences = { ...POLICY, groups, noiseMilli: NO_NOISE };
  const recalls = await mapping(world, { defences, releases: WEEKS, seed: 7, enough: GATE.control });
  assert(recalls.at(-1)! >= GATE.control, `${recalls.at(-1)} after ${recalls.length}`);
});
