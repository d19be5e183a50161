import { assert, assertEquals } from "@std/assert";
import { independent, rootsOf, weights } from "./trees.ts";

const member = (slot: number, ...sponsors: number[]) => ({ slot, sponsors });
const HONEST = [member(1), member(2), member(3), member(4), member(12, 1, 2), member(34, 3, 4)];

/** Member 9 signs for a thousand others, together with honest members that trust it, and with its own. */
function attackerTree() {
  const own = Array.from(
    { length: 1000 },
    (_, i) => member(1000 + i, i % 3 === 0 ? 1 : 9, i % 2 === 0 ? 9 : 1000),
  );
  return [
    ...HONEST,
    member(9),
    member(1000, 9),
    ...own.slice(1).map((m) => ({ ...m, sponsors: [...m.sponsors, 9] })),
  ];
}

Deno.test("rootsOf() finds all whom the hub invited above a member", () => {
  const roots = rootsOf([...HONEST, member(5, 12, 3)]);
  assertEquals([...roots.get(1)!], [1]);
  assertEquals([...roots.get(12)!].sort(), [1, 2]);
  assertEquals([...roots.get(5)!].sort(), [1, 2, 3]);
});

Deno.test("rootsOf() ends in a file with a circle, and with a sponsor that is gone", () => {
  const roots = rootsOf([member(1, 2), member(2, 1), member(3, 99)]);
  assertEquals([1, 2, 3].map((slot) => [...roots.get(slot)!]), [[2], [2], [99]]);
});

Deno.test("members below a common root are one voice", () => {
  const roots = rootsOf(HONEST);
  assertEquals(independent([1, 12], 9, roots), 1);
  assertEquals(independent([12, 34], 9, roots), 2);
  assertEquals(independent([12, 1, 2], 9, roots), 2, "the small ones first");
  assertEquals(independent([1, 2, 3, 4], 3, roots), 3, "it stops at the most");
});

Deno.test("whatever one member signs is one voice together with it", () => {
  const members = attackerTree();
  const roots = rootsOf(members);
  const attackers = members.map(({ slot }) => slot).filter((slot) => slot === 9 || slot >= 1000);
  assertEquals(attackers.length, 1001);
  assertEquals(independent(attackers, 1001, roots), 1);
  assertEquals(independent([...attackers, 2, 3], 1001, roots), 3);
});

Deno.test("however many members hang below a root, together they weigh no more than one", () => {
  const members = attackerTree();
  const slots = members.map(({ slot }) => slot);
  const each = weights(slots, rootsOf(members));
  const attackers = slots.filter((slot) => slot === 9 || slot >= 1000);
  const sum = attackers.reduce((sum, slot) => sum + each.get(slot)!, 0);
  assert(Math.abs(sum - 1) < 1e-9, String(sum));
  assertEquals(each.get(4), 1 / 2, "4 shares with the one it has vouched for");
});
