import { assert, assertEquals, assertGreaterOrEqual, assertLess, assertLessOrEqual } from "@std/assert";
import { eventsOf, minute, scenario, SCENARIOS } from "../../demo/scenarios/mod.ts";
import type { Event } from "../../proto/event.ts";
import type { World } from "../../demo/scenarios/world.ts";
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

Deno.test("a scenario that begins at another time is told as the same", () => {
  // Whole hours: rules look at whole minutes of the clock.
  const start = minute(0) + 3429 * 3_600_000;
  for (const name of ["linking-lion", "stale-tip", "addr-flood"]) {
    const [usual, other] = [watching(), watching()];
    usual.see(eventsOf(scenario(name)));
    other.see(eventsOf(scenario(name), 1, start));
    assert(usual.fired().length > 0);
    assertEquals(
      other.fired().map(({ rule, at }) => [rule, at - start]),
      usual.fired().map(({ rule, at }) => [rule, at - minute(0)]),
    );
  }
});

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

/** A scenario with something else happening in it. */
function instead(name: string, during: (world: World) => void): Iterable<Event> {
  return eventsOf({ ...scenario(name), during });
}

Deno.test("addr-flood: not for one peer alone, nor for addresses that everybody knows, nor for answers", () => {
  const floods: ((world: World) => void)[] = [
    (world) => sendAddresses(world, 1, { messages: 90, entries: 10, fresh: true }),
    (world) => sendAddresses(world, 10, { messages: 9, entries: 10, fresh: false }),
    (world) => sendAddresses(world, 10, { messages: 1, entries: 90, fresh: true }),
  ];
  for (const during of floods) {
    const { fired, see } = watching();
    see(instead("addr-flood", during));
    assertEquals(fired("addr-flood"), []);
    assert(fired("AddrEntriesSpammer").length > 0);
  }
});

function sendAddresses(
  world: World,
  senders: number,
  { messages, entries, fresh }: { messages: number; entries: number; fresh: boolean },
): void {
  const guests = world.peers.values().filter((peer) => peer.isGuest);
  for (const peer of guests.take(senders)) {
    for (let i = 0; i < messages; i++) {
      const value = { addresses: world.addresses(entries, { fresh }) };
      world.message(peer, "addr", { case: "addr", value });
    }
  }
}

Deno.test("mass-connect: not for a netgroup whose peers stay", () => {
  const { fired, see } = watching();
  see(instead("linking-lion", (world) => {
    const guests = [...world.peers.values()].filter((peer) => peer.isGuest);
    if (guests.length > 80) world.close(guests[0]!);
    world.connect({ addr: `198.51.100.${world.random.below(256)}:8333` });
  }));
  assertEquals(fired("mass-connect"), []);
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
