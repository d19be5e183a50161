/**
 * Who vouched for whom. An invitation makes a member, so whoever may invite could make any number of them; what is to
 * stand for several people therefore counts trees besides members.
 *
 * A member whom the hub invited is a root. Everybody else hangs below all roots that its sponsors hang below. Two
 * members are independent if they have no root in common. Whatever somebody signs hangs below all of that somebody's
 * own roots, so all members that one person can make, and that person, are one voice.
 *
 * @module
 */

import type { Member } from "./store/store.ts";

/** The roots of each member, by slot. */
export type Roots = ReadonlyMap<number, ReadonlySet<number>>;

/** Finds the roots of all members. */
export function rootsOf(members: readonly Pick<Member, "slot" | "sponsors">[]): Roots {
  const bySlot = new Map(members.map((member) => [member.slot, member]));
  const roots = new Map<number, Set<number>>();
  for (const { slot } of members) find(slot);
  return roots;

  function find(slot: number): Set<number> {
    const known = roots.get(slot);
    if (known !== undefined) return known;
    const found = new Set<number>();
    // Before its sponsors are looked at: a circle, which only a damaged file can hold, must end.
    roots.set(slot, found);
    const sponsors = bySlot.get(slot)?.sponsors ?? [];
    for (const sponsor of sponsors) find(sponsor).forEach((root) => found.add(root));
    if (found.size === 0) found.add(slot);
    return found;
  }
}

/** How many are independent of each other, at least; it stops counting at `most`. */
export function independent(slots: readonly number[], most: number, roots: Roots): number {
  // As they come is enough nearly always, and need not look at all of them.
  const quick = pick(slots, most, roots);
  if (quick >= most) return quick;
  const size = (slot: number) => roots.get(slot)?.size ?? 1;
  return pick(slots.toSorted((a, b) => size(a) - size(b)), most, roots);
}

/** Takes each that has no root in common with those before it. */
function pick(slots: readonly number[], most: number, roots: Roots): number {
  const taken = new Set<number>();
  let count = 0;
  for (const slot of slots) {
    if (count >= most) break;
    const own = roots.get(slot) ?? new Set([slot]);
    if (!own.isDisjointFrom(taken)) continue;
    own.forEach((root) => taken.add(root));
    count++;
  }
  return count;
}

/**
 * How much each of them counts: one, shared by all that hang below the same root. However many members somebody
 * makes, together they have no more than one voice.
 */
export function weights(slots: readonly number[], roots: Roots): Map<number, number> {
  const below = new Map<number, number>();
  const of = (slot: number) => roots.get(slot) ?? new Set([slot]);
  for (const slot of slots) for (const root of of(slot)) below.set(root, (below.get(root) ?? 0) + 1);
  return new Map(slots.map((slot) => [slot, 1 / Math.max(...[...of(slot)].map((root) => below.get(root)!))]));
}
