import { assert, assertEquals } from "@std/assert";
import { seeded } from "../../demo/scenarios/random.ts";
import { partTest } from "../parts/needs.ts";
import { runEdgeFaults } from "./edge_faults.ts";

partTest({
  name: "10 × kill −9 of an edge or its NATS server: nothing acknowledged is lost, nothing counted twice",
  needs: ["nats-server"],
  fn: async () => {
    const random = seeded(8);
    const result = await runEdgeFaults({
      kills: 10,
      operators: 4,
      random: () => random.below(1000) / 1000,
    });
    assertEquals([result.lost, result.twice, result.changed, result.holes], [0, 0, 0, 0]);
    assert(result.acknowledged >= 40, `${result.acknowledged} were acknowledged`);
  },
});
