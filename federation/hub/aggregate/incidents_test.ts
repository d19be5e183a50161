import { assertEquals } from "@std/assert";
import { Anomaly, Source } from "../../../proto/federation/schema.ts";
import { rootsOf } from "../trees.ts";
import { CALM_BINS, judge, type Known, RULES, SAME_BINS } from "./incidents.ts";
import { votersOf } from "./votes.ts";

/** Judges bins one after the other, as closing does. */
class History {
  readonly #known = new Map<number, Known>();

  /** How many of 20 operators see it; says what changed. */
  bin(
    bin: number,
    seen: number,
    { anomaly = Anomaly.ADDR_FLOOD as number, sources = [Source.EBPF], sponsors = false } = {},
  ) {
    const slots = Array.from({ length: 20 }, (_, i) => i + 1);
    const members = slots.map((slot) => ({ slot, sponsors: sponsors && slot > 1 ? [1] : [] }));
    const roots = rootsOf(members);
    const said = slots.map((slot) => ({ sources, anomalies: slot <= seen ? [anomaly] : [] }));
    const updates = judge({ bin, voters: votersOf(slots, roots), said }, [...this.#known.values()], {
      k: 3,
      roots,
    });
    for (const { incident } of updates) {
      const lastBin = incident.closed === undefined ? bin : incident.closed / 600 - 1;
      this.#known.set(incident.id, { incident, lastBin });
    }
    return updates.map(({ incident: { id, closed } }) =>
      closed === undefined ? `open ${id}` : `closed ${id}`
    );
  }
}

Deno.test("there is a rule for each anomaly, and it ends below where it begins", () => {
  assertEquals(Object.keys(RULES).sort(), Object.keys(Anomaly).sort());
  for (const { opens, lasts } of Object.values(RULES)) assertEquals(lasts < opens, true);
});

Deno.test("an incident opens when enough see it at once, goes on, and is closed when it is calm", () => {
  const history = new History();
  assertEquals(history.bin(100, 4), [], "4 of 20 are fewer than a quarter");
  assertEquals(history.bin(101, 5), ["open 1"]);
  assertEquals(history.bin(102, 3), ["open 1"], "it goes on with less");
  assertEquals(history.bin(103, 0), []);
  assertEquals(history.bin(102 + CALM_BINS, 0), ["closed 1"]);
  assertEquals(history.bin(105, 0), [], "closed once");
});

Deno.test("one that comes back soon is the same, later it is another", () => {
  const history = new History();
  history.bin(100, 20);
  history.bin(102, 0);
  assertEquals(history.bin(100 + SAME_BINS, 20), ["open 1"]);
  history.bin(100 + SAME_BINS + 2, 0);
  assertEquals(history.bin(100 + 2 * SAME_BINS + 1, 20), ["open 2"]);
});

Deno.test("two anomalies are two incidents", () => {
  const history = new History();
  assertEquals(history.bin(100, 20), ["open 1"]);
  assertEquals(history.bin(100, 20, { anomaly: Anomaly.FORK }), ["open 2"]);
});

Deno.test("fewer than k operators, or trees, are no incident, whatever their share", () => {
  assertEquals(new History().bin(100, 2, { anomaly: Anomaly.MUTATED_BLOCKS }), []);
  assertEquals(new History().bin(100, 3, { anomaly: Anomaly.MUTATED_BLOCKS }), ["open 1"]);
  assertEquals(new History().bin(100, 20, { sponsors: true }), [], "one tree");
});

Deno.test("the evidence is a power of two, and who could not see it does not count", () => {
  const slots = Array.from({ length: 20 }, (_, i) => i + 1);
  const roots = rootsOf(slots.map((slot) => ({ slot, sponsors: [] })));
  const said = slots.map((slot) => ({
    sources: slot <= 6 ? [Source.P2P] : [Source.LOG],
    anomalies: slot <= 5 ? [Anomaly.PING_STRESS] : [],
  }));
  const [update] = judge({ bin: 100, voters: votersOf(slots, roots), said }, [], { k: 3, roots });
  assertEquals([update!.seenLog2, update!.ofLog2], [3, 3], "5 of 6");
});
