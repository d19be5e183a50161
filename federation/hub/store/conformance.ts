/**
 * What every store owes, as tests: registered for a store by its own test file.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Incident } from "../../../proto/federation/schema.ts";
import type { Admission, Arrival, IncidentUpdate, Store } from "./store.ts";

/** A store that can be closed and opened again with what is in it. */
export interface StoreUnderTest extends AsyncDisposable {
  /** Opens it; several times at once is allowed, as commands do it. */
  open(): Promise<Store>;
}

const NOW = 1_800_000_000;
const BODY = Uint8Array.of(1, 2, 3);

/** Registers the tests, with `Deno.test` or with what asks first whether all is there that they need. */
export function testStore(
  name: string,
  make: () => Promise<StoreUnderTest>,
  register: (name: string, run: () => Promise<void>) => void = Deno.test,
): void {
  const test = (what: string, run: (store: Store, under: StoreUnderTest) => Promise<void>) => {
    register(`${name}: ${what}`, async () => {
      await using under = await make();
      await using store = await under.open();
      await run(store, under);
    });
  };

  test("a summary is stored once, however often and however close together it comes", async (store) => {
    const { slot } = await join(store, 1);
    const fates = await Promise.all([1, 1, 2, 1].map((sequence) => store.append(arrival(slot, sequence))));
    assertEquals(fates, ["stored", "duplicate", "stored", "duplicate"]);
    assertEquals(await store.append(arrival(slot, 2)), "duplicate");
    assertEquals(await store.append(arrival(slot, 2, 101)), "stored", "another bin is another summary");
    assertEquals((await store.status()).summaries, 3);
  });

  test("what has been answered is there for whoever opens the store next", async (store, under) => {
    const { slot } = await join(store, 1);
    await store.append(arrival(slot, 7));
    await using other = await under.open();
    assertEquals(await other.resume(slot), 7);
    assertEquals(await slotsOf(other, 100), [slot]);
  });

  test("resume is the highest sequence of an operator, and 0 before the first", async (store) => {
    const [a, b] = [await join(store, 1), await join(store, 2)];
    await Promise.all([3, 9, 4].map((sequence) => store.append(arrival(a.slot, sequence))));
    assertEquals([await store.resume(a.slot), await store.resume(b.slot)], [9, 0]);
  });

  test("of an operator's summaries of one bin the last one counts", async (store) => {
    const { slot } = await join(store, 1);
    for (const sequence of [1, 3, 2]) {
      await store.append({ ...arrival(slot, sequence), body: Uint8Array.of(sequence) });
    }
    const bodies = await Array.fromAsync(store.summaries(100), ({ body }) => [...body]);
    assertEquals(bodies, [[3]]);
  });

  test("a closed bin stays as it is; what comes later is kept apart", async (store) => {
    const [a, b] = [await join(store, 1), await join(store, 2)];
    await store.append(arrival(a.slot, 1));
    assertEquals(await store.openBins(100), [100]);
    await store.close({ bin: 100, operators: 1, feed: BODY }, []);
    assertEquals([await store.closedThrough(), await store.openBins(100)], [100, []]);
    assertEquals(await store.append(arrival(b.slot, 1)), "late");
    assertEquals(await store.append(arrival(b.slot, 2, 99)), "late", "so are the bins before it");
    assertEquals(await store.append(arrival(b.slot, 3, 101)), "stored");
    assertEquals(await slotsOf(store, 100), [a.slot]);
    await store.close({ bin: 100, operators: 2, feed: Uint8Array.of(9) }, []);
    const [closed] = await store.closedBins(100, 100);
    assertEquals([closed!.operators, [...closed!.feed]], [1, [...BODY]]);
    assertEquals((await store.status()).late, 2);
  });

  test("many operators in one bin come out one by one, each once", async (store) => {
    const slots: number[] = [];
    for (let i = 0; i < 250; i++) slots.push((await join(store, i)).slot);
    await Promise.all(slots.map((slot) => store.append(arrival(slot, 1))));
    assertEquals((await slotsOf(store, 100)).sort((a, b) => a - b), slots.sort((a, b) => a - b));
  });

  test("an invitation lets one operator in, once", async (store) => {
    const first = await store.admit(admission(1));
    assert(first !== undefined);
    assertEquals(await store.admit({ ...admission(2), invitation: admission(1).invitation }), undefined);
    assertEquals(await store.admit({ ...admission(1), invitation: admission(3).invitation }), undefined);
    assertEquals((await store.members()).length, 1);
  });

  test("members, sponsors, keys and the end of a key are kept", async (store, under) => {
    const a = await join(store, 1);
    const b = (await store.admit({ ...admission(2), sponsors: [a.slot] }))!;
    const newHash = new Uint8Array(32).fill(77);
    assert(await store.rotate(b.slot, newHash, NOW + 100));
    assertEquals(await store.rotate(a.slot, newHash, NOW + 100), false, "it is somebody's");
    await using other = await under.open();
    const members = await other.members();
    const found = members.find(({ slot }) => slot === b.slot)!;
    assertEquals(found.sponsors, [a.slot]);
    assertEquals(found.keys.length, 2);
    assertEquals(found.keys.find(({ hash }) => hash[0] === 77)?.until, undefined);
    assertEquals(found.keys.find(({ hash }) => hash[0] === 2)?.until, NOW + 100);
  });

  test("a store notices what another one changes, and not what it does itself", async (store, under) => {
    const { slot } = await join(store, 1);
    const before = await store.version();
    await store.append(arrival(slot, 1));
    assertEquals(await store.version(), before);
    await using other = await under.open();
    assert(await other.revoke(slot));
    assertEquals(await other.revoke(slot + 1), false);
    assert(await store.version() !== before);
    assert((await store.members())[0]!.revoked);
  });

  test("the last policy is in force", async (store) => {
    assertEquals(await store.policy(), undefined);
    for (const byte of [1, 2]) {
      await store.setPolicy({ policy: Uint8Array.of(byte), signature: new Uint8Array(64) });
    }
    assertEquals([...(await store.policy())!.policy], [2]);
  });

  test("incidents are opened, updated and closed together with their bins", async (store) => {
    await store.close({ bin: 100, operators: 5, feed: BODY }, [update({ id: 1, seenLog2: 2 })]);
    await store.close({ bin: 101, operators: 5, feed: BODY }, [update({ id: 1, seenLog2: 3 })]);
    assertEquals((await store.incidents(NOW)).map(({ seenLog2 }) => seenLog2), [3]);
    const over = { ...update({ id: 1, seenLog2: 3, closed: NOW }), seenLog2: 0, ofLog2: 0 };
    await store.close({ bin: 103, operators: 5, feed: BODY }, [over]);
    assertEquals((await store.incidents(NOW))[0]!.closed, NOW);
    assertEquals(await store.incidents(NOW + 1), []);
    assertEquals((await store.incidentBins(1)).map(({ bin, seenLog2 }) => [bin, seenLog2]), [[100, 2], [
      101,
      3,
    ], [
      103,
      0,
    ]]);
  });

  test("a bin is closed with all that came out of it, or not at all", async (store) => {
    const { slot } = await join(store, 1);
    await store.append(arrival(slot, 1));
    const { incident, ...strength } = update({ id: 2 });
    // Whatever keeps it from being written, it happens when the rest is under way.
    const get = () => {
      throw new Error("this one cannot be written");
    };
    const broken = { ...strength, incident: Object.defineProperty(incident, "anomaly", { get }) };
    await assertRejects(() =>
      store.close({ bin: 100, operators: 1, feed: BODY }, [update({ id: 1 }), broken])
    );
    assertEquals([await store.closedThrough(), await store.openBins(100)], [0, [100]]);
    assertEquals([await store.closedBins(0, 200), await store.incidents(0)], [[], []]);
    await store.close({ bin: 100, operators: 1, feed: BODY }, [update({ id: 1 })]);
    assertEquals((await store.incidents(0)).length, 1);
  });

  test("what is too old is deleted, the rest stays, and numbers of incidents count up", async (store) => {
    const { slot } = await join(store, 1);
    for (const [i, bin] of [100, 101, 102].entries()) await store.append(arrival(slot, i + 1, bin));
    await store.close({ bin: 100, operators: 1, feed: BODY }, [update({ id: 1, closed: 100 * 600 })]);
    await store.close({ bin: 101, operators: 1, feed: BODY }, [update({ id: 2, closed: 100 * 600 })]);
    assertEquals(await store.forget({ summaries: 102, bins: 101, now: NOW }), 2);
    assertEquals((await store.closedBins(0, 200)).map(({ bin }) => bin), [101]);
    assertEquals((await store.incidents(0)).map(({ id }) => id), [2]);
    assertEquals(await store.resume(slot), 3, "resume does not go back");
  });

  test("a closed store stores nothing, and says so", async (store, under) => {
    const { slot } = await join(store, 1);
    const last = await under.open();
    const waiting = last.append(arrival(slot, 1));
    await last[Symbol.asyncDispose]();
    assertEquals(await waiting, "stored", "what waited is on the disk");
    assertEquals(await last.append(arrival(slot, 2)).catch(() => "refused"), "refused");
  });
}

function arrival(slot: number, sequence: number, bin = 100): Arrival {
  return { slot, bin, sequence, body: BODY };
}

function admission(number: number): Admission {
  const bytes = (length: number) => {
    const bytes = new Uint8Array(length);
    new DataView(bytes.buffer).setUint16(0, number, true);
    return bytes;
  };
  return { hash: bytes(32), sponsors: [], joinedDay: 20_000, invitation: bytes(16), expires: NOW + 100 };
}

async function join(store: Store, number: number) {
  return (await store.admit(admission(number)))!;
}

async function slotsOf(store: Store, bin: number): Promise<number[]> {
  return await Array.fromAsync(store.summaries(bin), ({ slot }) => slot);
}

function update(incident: Partial<Incident>): IncidentUpdate {
  const whole = { id: 1, anomaly: 1, opened: 60_000, closed: undefined, seenLog2: 2, ofLog2: 3, ...incident };
  return { incident: whole, seenLog2: whole.seenLog2, ofLog2: whole.ofLog2 };
}
