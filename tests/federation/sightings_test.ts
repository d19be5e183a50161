import { assert, assertEquals } from "@std/assert";
import { openEpoch } from "../../federation/hub/sighting_opener.ts";
import { openSqlite } from "../../federation/hub/store/sqlite.ts";
import { rootsOf } from "../../federation/hub/trees.ts";
import { inputOf, outputOf } from "../../federation/sightings/oprf.ts";
import { seal } from "../../federation/sightings/share.ts";
import { decodeSighting, networkText } from "../../federation/sightings/sighting.ts";
import { CanaryScan } from "../../proto/canaries.ts";
import { Behaviour, NackCode, type Sightings } from "../../proto/federation/schema.ts";
import { TestHub } from "./hub.ts";
import { contentOf, Oracle, RULES } from "./sightings_scene.ts";

const SPY = "203.0.113.77";
const EPOCH = 5;

/** Members 1 to 9, whom the hub invited, and 10 to 19, all below the first. */
const ROOTS = rootsOf([
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((slot) => ({ slot, sponsors: [] })),
  ...[10, 11, 12, 13].map((slot) => ({ slot, sponsors: [1] })),
]);
const threshold = (k: number) => ({ k, roots: ROOTS, counts: () => true, noise: () => 0 });

async function withStore(work: (folder: string, store: ReturnType<typeof openSqlite>) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  await using store = openSqlite(folder);
  await work(folder, store);
  await store[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
}

/** All bytes of a folder, the write-ahead log included, in which an address is looked for. */
async function holds(folder: string, address: string): Promise<boolean> {
  const scan = new CanaryScan([address]);
  for await (const { name } of Deno.readDir(folder)) {
    if (scan.find(await Deno.readFile(`${folder}/${name}`)) !== undefined) return true;
  }
  return false;
}

function shown({ content }: { content: Uint8Array }) {
  const { network, behaviour } = decodeSighting(content)!;
  return [networkText(network), behaviour];
}

Deno.test("sightings: k - 1 operators reveal nothing, on no page of the disk; k reveal address and behaviour", async () => {
  await withStore(async (folder, store) => {
    const { sightings } = store as Required<typeof store>;
    const oracle = new Oracle();
    for (const slot of [1, 2]) {
      await sightings.take(slot, oracle.part([contentOf(SPY)], { k: 3, epoch: EPOCH }));
    }
    assertEquals(await holds(folder, SPY), false);
    const early = await openEpoch(sightings, EPOCH, threshold(3));
    assertEquals(early.opened.sightings, []);
    // Again, and twice from one operator: still two voices.
    await sightings.take(2, oracle.part([contentOf(SPY)], { k: 3, epoch: EPOCH }));
    await sightings.take(2, { ...oracle.part([contentOf(SPY)], { k: 3, epoch: EPOCH }), part: 1 });
    assertEquals((await openEpoch(sightings, EPOCH, threshold(3))).opened.sightings, []);
    await sightings.take(3, oracle.part([contentOf(SPY)], { k: 3, epoch: EPOCH }));
    const { opened, liars } = await openEpoch(sightings, EPOCH, threshold(3));
    assertEquals([opened.sightings.map(shown), liars], [[[SPY, Behaviour.PING_SPAM]], []]);
    assertEquals(opened.key, oracle.key.publicKey);
    await sightings.close(opened, liars);
    assertEquals((await sightings.opened(0))[0]!.sightings.map(shown), [[SPY, Behaviour.PING_SPAM]]);
    assertEquals(await sightings.sealedEpochs(EPOCH), []);
  });
});

Deno.test("sightings: what did not reach k is deleted, from the write-ahead log, too", async () => {
  await withStore(async (folder, store) => {
    const { sightings } = store as Required<typeof store>;
    const part = new Oracle().part([contentOf(SPY)], { k: 3, epoch: EPOCH });
    await sightings.take(1, part);
    const box = part.sealed[0]!.box;
    const isThere = async () => {
      for await (const { name } of Deno.readDir(folder)) {
        const bytes = await Deno.readFile(`${folder}/${name}`);
        if (new TextDecoder("latin1").decode(bytes).includes(new TextDecoder("latin1").decode(box))) {
          return true;
        }
      }
      return false;
    };
    assertEquals(await isThere(), true);
    const { opened, liars } = await openEpoch(sightings, EPOCH, threshold(3));
    await sightings.close(opened, liars);
    assertEquals(await isThere(), false);
  });
});

Deno.test("sightings: members below one sponsor are one voice, and revoked ones are none", async () => {
  await withStore(async (_, store) => {
    const { sightings } = store as Required<typeof store>;
    const oracle = new Oracle();
    const take = (slot: number) =>
      sightings.take(slot, oracle.part([contentOf(SPY)], { k: 3, epoch: EPOCH }));
    for (const slot of [1, 10, 11, 12, 13, 2]) await take(slot);
    assertEquals((await openEpoch(sightings, EPOCH, threshold(3))).opened.sightings.length, 0);
    await take(3);
    assertEquals((await openEpoch(sightings, EPOCH, threshold(3))).opened.sightings.length, 1);
    const counts = (slot: number) => slot !== 2;
    assertEquals((await openEpoch(sightings, EPOCH, { ...threshold(3), counts })).opened.sightings.length, 0);
  });
});

Deno.test("sightings: liars neither block nor forge, and are known", async () => {
  await withStore(async (_, store) => {
    const { sightings } = store as Required<typeof store>;
    const oracle = new Oracle();
    const make = () => oracle.part([contentOf(SPY)], { k: 3, epoch: EPOCH });
    const lie = (change: (part: Sightings["sealed"][0]) => Partial<Sightings["sealed"][0]>): Sightings => {
      const part = make();
      const [first, ...rest] = part.sealed;
      return { ...part, sealed: [{ ...first!, ...change(first!) }, ...rest] };
    };
    // They come first, and are more.
    const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
    for (const slot of [4, 5, 6, 7]) {
      await sightings.take(
        slot,
        lie(({ share }) => ({ share: new Uint8Array([...share.slice(0, 32), ...random(31), 0]) })),
      );
    }
    await sightings.take(8, lie(() => ({ box: random(26) })));
    await sightings.take(9, lie(() => ({ commitments: random(96) })));
    // Somebody else's address in a box of their own, under the right tag.
    const framed = seal(
      outputOf(oracle.key.secretKey, inputOf(EPOCH, contentOf(SPY))),
      contentOf("198.18.0.1"),
      { k: 3 },
    );
    for (const slot of [10, 11]) await sightings.take(slot, lie(({ tag }) => ({ ...framed, tag })));
    for (const slot of [1, 2]) await sightings.take(slot, make());
    assertEquals((await openEpoch(sightings, EPOCH, threshold(3))).opened.sightings, []);
    await sightings.take(3, make());
    const { opened, liars } = await openEpoch(sightings, EPOCH, threshold(3));
    assertEquals(opened.sightings.map(shown), [[SPY, Behaviour.PING_SPAM]]);
    assertEquals([...liars].sort(), [4, 5, 6, 7]);
    await sightings.close(opened, liars);
    assertEquals([...(await sightings.flags()).keys()].sort(), [4, 5, 6, 7]);
  });
});

Deno.test("sightings: noise moves the threshold and the bucket, never below k", async () => {
  await withStore(async (_, store) => {
    const { sightings } = store as Required<typeof store>;
    const oracle = new Oracle();
    for (const slot of [1, 2, 3]) {
      await sightings.take(slot, oracle.part([contentOf(SPY)], { k: 3, epoch: EPOCH }));
    }
    const found = async (k: number, noise: number) => {
      const { opened } = await openEpoch(sightings, EPOCH, { ...threshold(k), noise: () => noise });
      return opened.sightings.map(({ many }) => many);
    };
    assertEquals([await found(3, 0), await found(3, -1), await found(3, 3)], [[false], [], [true]]);
    assertEquals(await found(4, 5), []);
  });
});

/** A hub that wants sightings, in the middle of an epoch. */
async function startHub(): Promise<TestHub> {
  const hub = await TestHub.start({ policy: { sightings: RULES, kMember: 2 } });
  hub.aheadMs = 500_000 - Date.now() % 1_000_000;
  return hub;
}

const epochOf = (hub: TestHub) => Math.floor(hub.now() / 1_000_000);

Deno.test("hub: takes parts of the epoch before, says what becomes of the others, and keeps each once", async () => {
  await using hub = await startHub();
  const { client } = await hub.member();
  const oracle = new Oracle();
  const answer = async (part: Sightings) => {
    client.send({ case: "sightings", value: part });
    return (await client.next("taken")).code;
  };
  const part = oracle.part([contentOf(SPY)], { k: 2, epoch: epochOf(hub) - 1 });
  assertEquals(await answer(part), undefined);
  assertEquals(await answer(part), undefined);
  // Another content under the same number changes nothing: an operator has so many sightings and no more.
  assertEquals(await answer(oracle.part([contentOf("20.0.0.1")], { k: 2, epoch: part.epoch })), undefined);
  const kept = await Array.fromAsync(hub.store.sightings!.groups(part.epoch, 1));
  assertEquals(kept.length, part.sealed.length);
  assertEquals(await answer({ ...part, epoch: part.epoch + 1 }), NackCode.EARLY);
  assertEquals(await answer({ ...part, epoch: part.epoch - 1 }), NackCode.STALE);
  assertEquals(await answer({ ...part, part: 1 }), NackCode.SCHEMA);
  assertEquals(await answer({ ...part, key: part.key.slice(1) }), NackCode.SCHEMA);
  assertEquals(await answer({ ...part, sealed: part.sealed.slice(1) }), NackCode.SCHEMA);
  const broken = part.sealed.map((each) => ({ ...each, box: each.box.slice(1) }));
  assertEquals(await answer({ ...part, sealed: broken }), NackCode.SCHEMA);
  assertEquals(await hub.store.sightings!.sealedEpochs(part.epoch), [part.epoch]);
});

Deno.test("hub: one whose policy knows no sightings takes none", async () => {
  await using hub = await TestHub.start();
  const { client } = await hub.member();
  client.send({ case: "sightings", value: new Oracle().part([], { k: 3, epoch: 1 }) });
  assertEquals((await client.next("taken")).code, NackCode.SCHEMA);
});

Deno.test("hub: opens an epoch when the one after it is over", async () => {
  await using hub = await startHub();
  const oracle = new Oracle();
  const epoch = epochOf(hub) - 1;
  for (let i = 0; i < 4; i++) {
    const { client } = await hub.member();
    client.send({ case: "sightings", value: oracle.part([contentOf(SPY)], { k: 2, epoch }) });
    assertEquals((await client.next("taken")).code, undefined);
  }
  await hub.hub.openSightings();
  assertEquals(await hub.store.sightings!.opened(0), []);
  hub.aheadMs += 1_000_000;
  await hub.hub.openSightings();
  const [opened] = await hub.store.sightings!.opened(0);
  assert(opened !== undefined && opened.epoch === epoch);
  // Four operators, where two are enough: the noise hides that nearly never.
  assert(opened.sightings.length <= 1);
  assertEquals(await hub.store.sightings!.sealedEpochs(epoch), []);
  await hub.hub.openSightings();
  assertEquals((await hub.store.sightings!.opened(0)).length, 1);
});
