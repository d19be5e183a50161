import { assert, assertEquals, assertGreaterOrEqual, assertLess, assertLessOrEqual } from "@std/assert";
import { eventsOf, minute, scenario, SCENARIOS } from "../../tests/scenarios/mod.ts";
import { watching } from "./_watching.ts";
import { RULES } from "./rules/mod.ts";

for (const scenario of SCENARIOS) {
  Deno.test(`${scenario.name}: ${scenario.about}; that is told, and nothing else`, () => {
    const { told, fired, see } = watching();
    see(eventsOf(scenario));
    const rules = new Set(fired().map(({ rule }) => rule));
    for (const rule of scenario.mayFire ?? []) rules.delete(rule);
    assertEquals(rules, new Set(scenario.fires), fired().map(({ text }) => text).join("\n"));
    for (const rule of scenario.fires) {
      const all = fired(rule);
      for (const { at, since } of all) {
        assertGreaterOrEqual(since, minute(scenario.fromMinute));
        assertLessOrEqual(since, at);
        assertLess(at, minute(scenario.toMinute + 10));
      }
      const subjects = new Set(all.map(({ subject }) => subject));
      assertEquals(all.length, subjects.size, "each subject once");
      if (rule === "PeerDisconnected") continue;
      const ended = told.filter((alert) => alert.rule === rule && alert.state === "resolved");
      assertEquals(new Set(ended.map(({ subject }) => subject)), subjects, "each ends");
    }
  });
}

Deno.test("every rule has a scenario in which it fires", () => {
  const covered = new Set(SCENARIOS.flatMap(({ fires }) => fires));
  assertEquals(RULES.map(({ name }) => name).filter((name) => !covered.has(name)), []);
});

Deno.test("ordinary days of other seeds are quiet too", () => {
  for (let seed = 2; seed <= 4; seed++) {
    const { fired, see } = watching();
    see(eventsOf({ ...scenario("quiet"), minutes: 240 }, seed));
    assertEquals(fired().map(({ text }) => text), []);
  }
});

Deno.test("a replay tells the same, word for word", () => {
  const runs = [1, 2].map(() => {
    const { told, see } = watching();
    see(eventsOf(scenario("linking-lion")));
    return told;
  });
  assert(runs[0]!.length > 0);
  assertEquals(runs[0], runs[1]);
});
