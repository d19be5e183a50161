import { assert, assertEquals } from "@std/assert";
import { seeded } from "../../demo/scenarios/random.ts";
import { runUplinkFaults } from "./uplink_faults.ts";

Deno.test("10 × kill −9 of an uplink: nothing it was promised is lost, nothing counted twice", async () => {
  const random = seeded(11);
  const result = await runUplinkFaults({ kills: 10, random: () => random.below(1000) / 1000 });
  assertEquals([result.lost, result.wrong], [0, 0]);
  assert(result.acknowledged >= 10, `${result.acknowledged} were acknowledged`);
});
