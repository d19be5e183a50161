import { assert, assertEquals } from "@std/assert";
import { decode } from "../../proto/federation/frame.ts";
import * as codec from "../../proto/federation/codec.ts";
import { FILES, UplinkFolder } from "../../federation/uplink/folder.ts";
import { DEFAULTS, signPolicy } from "../../federation/hub/policy.ts";
import { openFolder } from "../../federation/hub/folder.ts";
import type { Store } from "../../federation/hub/store/store.ts";
import { newSeed } from "../../proto/federation/keys.ts";
import { freePort, until } from "../parts/until.ts";
import { Carrier, joinedFolder, keyIn } from "./carrier.ts";
import { TestHub } from "./hub.ts";

/** Sequences that a hub has stored, from its database. */
async function sequencesIn(hub: TestHub): Promise<number[]> {
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(`${hub.folder}/hub.sqlite`, { readOnly: true });
  const rows = database.prepare("SELECT sequence, body FROM summaries ORDER BY rowid, sequence").all() as {
    sequence: number;
    body: Uint8Array;
  }[];
  database.close();
  for (const { sequence, body } of rows) {
    assertEquals(decode(codec.decodeSummary, body)?.sequence, sequence, "what is stored is what was sent");
  }
  return rows.map(({ sequence }) => sequence).sort((a, b) => a - b);
}

/** Does what a command does in a process of its own. */
async function elsewhere(hub: TestHub, work: (store: Store) => Promise<unknown>): Promise<void> {
  const { store: opened } = await openFolder(hub.folder);
  await using store = opened;
  await work(store);
}

Deno.test("uplink to hub: joins with an invitation, sends what waits, in order, and it is stored once", async () => {
  await using hub = await TestHub.start();
  await using carrier = await Carrier.start(await joinedFolder(hub));
  for (let i = 0; i < 50; i++) await carrier.append(hub.bin);
  await until("all acknowledged", () => carrier.acked === 50);
  assertEquals(await sequencesIn(hub), Array.from({ length: 50 }, (_, i) => i + 1));
  assertEquals(carrier.outbox.stats().records, 0);
  assertEquals(carrier.policies[0]?.kMember, DEFAULTS.kMember);
  assertEquals(hub.hub.members.size, 1);
});

Deno.test("uplink to hub: goes on where it was after the hub was away, without a word twice", async () => {
  const address = `127.0.0.1:${freePort()}`;
  const path = await Deno.makeTempDir();
  let folder: UplinkFolder;
  {
    await using hub = await TestHub.start({ address, folder: path });
    folder = await joinedFolder(hub);
    await hub.store.backup(`${folder.path}/hub.sqlite`);
    await Deno.copyFile(`${path}/hub.seed`, `${folder.path}/hub.seed`);
  }
  // The same hub again, from its backup.
  await using carrier = await Carrier.start(folder);
  await until("the trouble is told", () => carrier.lines.some((line) => line.includes("Not connected")));
  for (let i = 0; i < 10; i++) await carrier.append(Math.floor(Date.now() / 600_000));
  const again = await Deno.makeTempDir();
  await Deno.copyFile(`${folder.path}/hub.sqlite`, `${again}/hub.sqlite`);
  await Deno.copyFile(`${folder.path}/hub.seed`, `${again}/hub.seed`);
  await using hub = await TestHub.start({ address, folder: again });
  await until("all acknowledged", () => carrier.acked === 10);
  assertEquals((await sequencesIn(hub)).length, 10);
});

Deno.test("uplink to hub: a connection stays when the time for its handshake is over", async () => {
  const HANDSHAKE_MS = 60_000;
  await using hub = await TestHub.start();
  using timers = new Timers(HANDSHAKE_MS);
  await using carrier = await Carrier.start(await joinedFolder(hub));
  await until("the connection", () => carrier.isReady);
  timers.elapse();
  await carrier.append(hub.bin);
  await until("the acknowledgement", () => carrier.acked === 1);
  assertEquals(carrier.phases.filter((phase) => phase === "connected").length, 1);
  assertEquals(carrier.counts.get("connections that ended"), undefined);
});

/** Timers of one length, whose time can be made to have come. */
class Timers implements Disposable {
  readonly #waiting = new Map<unknown, () => void>();
  readonly #set = globalThis.setTimeout;
  readonly #clear = globalThis.clearTimeout;

  constructor(ms: number) {
    globalThis.setTimeout = ((call: () => void, delay?: number) => {
      const timer = this.#set(call, delay);
      if (delay === ms) this.#waiting.set(timer, call);
      return timer;
    }) as typeof setTimeout;
    globalThis.clearTimeout = (timer) => {
      this.#waiting.delete(timer);
      this.#clear(timer);
    };
  }

  elapse(): void {
    this.#waiting.forEach((call) => call());
  }

  [Symbol.dispose](): void {
    globalThis.setTimeout = this.#set;
    globalThis.clearTimeout = this.#clear;
  }
}

Deno.test("uplink to hub: a day of summaries is sent in order, and never faster than the hub allows", async () => {
  // Ten times what a hub allows by default, to be done in ten times less: 16 s would be 5,400 times real time.
  const limits = { framesPerMinute: 6000, bytesPerMinute: 104_857_600 };
  await using hub = await TestHub.start({ limits });
  const folder = await joinedFolder(hub);
  await using carrier = await Carrier.start(folder);
  const bins = 144;
  for (let i = 0; i < bins; i++) await carrier.append(hub.bin - bins + i);
  await until("the day", () => carrier.acked === bins);
  assertEquals(await sequencesIn(hub), Array.from({ length: bins }, (_, i) => i + 1));
  assertEquals(
    carrier.counts.get("summaries to be sent again"),
    undefined,
    "the hub never had to say slower",
  );
});

Deno.test("uplink to hub: what the hub will never take is kept apart and does not stop the rest", async () => {
  await using hub = await TestHub.start();
  await using carrier = await Carrier.start(await joinedFolder(hub));
  await carrier.append(hub.bin);
  await carrier.append(hub.bin - 5000); // too old
  await carrier.append(hub.bin);
  await carrier.append(hub.bin - 5000);
  await until("all settled", () => carrier.outbox.stats().acknowledged === 4);
  assertEquals(await sequencesIn(hub), [1, 3]);
  const letters = carrier.folder.readText(FILES.deadLetters)!.trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  assertEquals(letters.map(({ sequence, reason }) => [sequence, reason]), [[2, "STALE"], [4, "STALE"]]);
});

Deno.test("uplink to hub: a lost outbox counts on from what the hub has", async () => {
  await using hub = await TestHub.start();
  const folder = await joinedFolder(hub);
  {
    const carrier = await Carrier.start(folder);
    for (let i = 0; i < 5; i++) await carrier.append(hub.bin);
    await until("all acknowledged", () => carrier.acked === 5);
    await carrier.stop();
  }
  await Deno.remove(folder.of(FILES.outbox), { recursive: true });
  await using carrier = await Carrier.start(folder);
  await carrier.append(hub.bin);
  await carrier.append(hub.bin);
  await until("both are acknowledged", () => carrier.acked === 2);
  assertEquals(await sequencesIn(hub), [1, 2, 3, 4, 5, 6, 7]);
  assert(carrier.lines.some((line) => line.includes("another uplink uses the key")));
});

Deno.test("uplink to hub: a revoked operator says so and goes on trying, slowly", async () => {
  await using hub = await TestHub.start();
  await using carrier = await Carrier.start(await joinedFolder(hub));
  await until("connected", () => carrier.isReady);
  const key = await keyIn(carrier.folder);
  const member = await hub.hub.members.find(key.publicKey, Math.floor(Date.now() / 1000));
  await elsewhere(hub, (store) => store.revoke(member!.slot));
  await hub.hub.noticeChanges();
  const refused = () => carrier.phases.filter((phase) => phase.includes("unknown to it or revoked")).length;
  await until("refused three times", () => refused() >= 3);
  assertEquals(
    carrier.lines.filter((line) => line.includes("revoked")).length,
    1,
    "told once, not each time",
  );
});

Deno.test("uplink to hub: a policy that becomes too weak ends the connection, before anything else is sent", async () => {
  await using hub = await TestHub.start();
  await using carrier = await Carrier.start(await joinedFolder(hub));
  await until("connected", () => carrier.isReady);
  const weak = await signPolicy({ ...DEFAULTS, clip: 65 }, hub.key, 2);
  await elsewhere(hub, (store) => store.setPolicy(weak));
  await hub.hub.noticeChanges();
  await until(
    "told",
    () => carrier.lines.some((line) => line.includes("clip is 65, and at most 64 is taken")),
  );
  await carrier.append(hub.bin);
  await until("tried again", () => carrier.phases.filter((phase) => phase.includes("too weak")).length >= 2);
  assertEquals(await sequencesIn(hub), []);
});

Deno.test("uplink to hub: a hub with another key is told nothing", async () => {
  await using hub = await TestHub.start();
  await using other = await TestHub.start();
  const folder = await joinedFolder(hub);
  folder.writeMembership({ ...folder.readMembership()!, hubKey: other.key.publicKey });
  await using carrier = await Carrier.start(folder);
  await until("told", () => carrier.phases.some((phase) => phase.includes("not the hub of the invitation")));
  assertEquals(hub.hub.members.size, 0);
});

Deno.test("uplink to hub: off ends the connection at once, on connects again", async () => {
  await using hub = await TestHub.start();
  await using carrier = await Carrier.start(await joinedFolder(hub));
  await until("connected", () => carrier.isReady);
  carrier.courier.isOn = false;
  await until("the hub has no session", () => hub.hub.sessions === 0);
  await carrier.append(hub.bin);
  assertEquals(carrier.phases.at(-1), "off");
  carrier.courier.isOn = true;
  await until("acknowledged", () => carrier.acked === 1);
});

Deno.test("uplink to hub: the key is rotated, also where nobody heard that the hub took it", async () => {
  await using hub = await TestHub.start();
  const folder = await joinedFolder(hub);
  await using carrier = await Carrier.start(folder);
  await until("connected", () => carrier.isReady);
  const before = await keyIn(folder);
  folder.create(FILES.nextSeed, `${newSeed("operator")}\n`);
  const next = (await folder.readKey(FILES.nextSeed))!;
  carrier.courier.reconnect();
  await until("the new key", async () => (await keyIn(folder)).publicKey.toHex() === next.publicKey.toHex());
  await until("connected with it", () => carrier.isReady);
  assert(await hub.hub.members.keyEnds(before.publicKey) < Infinity, "the old one ends");
  // As if the uplink had been killed between the hub's taking it and its own writing it down.
  await Deno.rename(folder.of(FILES.seed), folder.of(FILES.nextSeed));
  await Deno.rename(folder.of(FILES.oldSeed), folder.of(FILES.seed));
  carrier.courier.reconnect();
  await until(
    "the new key again",
    async () => (await keyIn(folder)).publicKey.toHex() === next.publicKey.toHex(),
  );
  await until("connected again", () => carrier.isReady);
  assertEquals(hub.hub.members.size, 1);
});

Deno.test("uplink to hub: the members' view comes back", async () => {
  await using hub = await TestHub.start();
  const bin = hub.bin;
  const carriers = await Promise.all([1, 2, 3].map(async () => await Carrier.start(await joinedFolder(hub))));
  try {
    for (const [i, carrier] of carriers.entries()) {
      await carrier.append(bin, { values: [{ metric: 9, value: 10 + i }] });
      await until("acknowledged", () => carrier.acked === 1);
    }
    // Late enough for this bin to be closed, and for no other.
    hub.aheadMs = (bin + 1) * 600_000 + 310_000 - Date.now();
    await hub.hub.closeBins();
    await until("the feed", () => carriers.every(({ feeds }) => feeds.length > 0));
    const feed = carriers[0]!.feeds[0]!;
    assertEquals([feed.bin, feed.quartiles[0]?.median], [bin, 11]);
  } finally {
    for (const carrier of carriers) await carrier[Symbol.asyncDispose]();
  }
});
