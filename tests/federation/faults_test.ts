import { assert, assertEquals } from "@std/assert";
import { seeded } from "../../demo/scenarios/random.ts";
import { runFaults } from "./faults.ts";

Deno.test("10 × kill −9 of a hub: nothing acknowledged is lost, nothing counted twice", async () => {
  const random = seeded(7);
  const result = await runFaults({ kills: 10, operators: 4, random: () => random.below(1000) / 1000 });
  assertEquals([result.lost, result.twice, result.changed, result.holes], [0, 0, 0, 0]);
  assert(result.acknowledged >= 40, `${result.acknowledged} were acknowledged`);
});
