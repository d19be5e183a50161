import { assert, assertEquals, assertFalse } from "@std/assert";
import * as codec from "../../proto/federation/codec.ts";
import { encode } from "../../proto/federation/frame.ts";
import { keyPair, newSeed } from "../../proto/federation/keys.ts";
import { type ChainTip, type Disclosure, type Summary, TipStatus } from "../../proto/federation/schema.ts";
import { type Entry, logFor } from "../../runtime/log.ts";
import type { LiveDocument } from "../release/live.ts";
import { aggregate } from "./aggregate/aggregate.ts";
import { chainFacts } from "./chain_facts.ts";
import { DisclosedNodes } from "./disclosed.ts";
import { LiveWriter } from "./live.ts";
import { Members } from "./members.ts";
import { DEFAULTS, readRules, signPolicy } from "./policy.ts";
import { siteOf } from "./releases.ts";
import { startNatsServer } from "../../tests/parts/nats_server.ts";
import { partTest } from "../../tests/parts/needs.ts";
import { openJetStream } from "./store/jetstream.ts";
import { openSqlite } from "./store/sqlite.ts";
import type { Store } from "./store/store.ts";
import { type Roots, rootsOf } from "./trees.ts";

const BIN = 3_000_000;
const K = 5;
const hash = (value: number) => new Uint8Array(32).fill(value);
const text = (value: number) => hash(value).toHex();
const tip = (value: number, height: number, status: number = TipStatus.ACTIVE): ChainTip => {
  return { hash: hash(value), height, status };
};

async function withStore(run: (store: Store, folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "waggle-live-" });
  try {
    await using store = openSqlite(folder);
    await run(store, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Members of the hub, each invited by the hub or by the one before. */
async function join(
  store: Store,
  count: number,
  isChain = false,
): Promise<{ slots: number[]; roots: Roots }> {
  const slots: number[] = [];
  for (let i = 0; i < count; i++) {
    const [key, invitation] = [hash(100 + i), new Uint8Array(16).fill(i)];
    const sponsors = isChain && i > 0 ? [slots[i - 1]!] : [];
    const member = await store.admit({ hash: key, sponsors, joinedDay: 1, invitation, expires: 9e9 });
    slots.push(member!.slot);
  }
  return { slots, roots: rootsOf(await store.members()) };
}

/** Closes a bin in which each of these says these tips. */
async function close(store: Store, bin: number, said: ReadonlyMap<number, ChainTip[]>, roots: Roots) {
  for (const [slot, tips] of said) {
    const summary: Summary = {
      ...{ sequence: bin, bin, schema: 1, thin: false, sources: [2], values: [], blocks: [], anomalies: [] },
      tips,
    };
    await store.append({ slot, bin, sequence: bin, body: encode(codec.encodeSummary, summary) });
  }
  const { feed } = await aggregate(bin, store.summaries(bin), { k: 3, roots });
  await store.close(
    { bin, operators: said.size, feed: encode(codec.encodeFeed, { ...feed, incidents: [] }) },
    [],
  );
}

const everybody = (slots: readonly number[], ...tips: ChainTip[]) =>
  new Map(slots.map((slot) => [slot, tips] as const));
/** When the bin may be shown. */
const shownAt = (bin: number) => (bin + 1) * 600 + 600;

const CHAIN_FACTS = "chain facts come from k operators of k trees, ten minutes late, and not a moment before";

Deno.test(`SQLite: ${CHAIN_FACTS}`, () => withStore(testChainFacts));

partTest({
  name: `JetStream: ${CHAIN_FACTS}`,
  needs: ["nats-server"],
  fn: async () => {
    await using server = await startNatsServer({ jetstream: true });
    const { signal } = new AbortController();
    const log = logFor("hub", () => {});
    await using store = await openJetStream({ servers: [server.url], replicas: 1, log, signal });
    const folder = await Deno.makeTempDir({ prefix: "waggle-live-" });
    try {
      await testChainFacts(store, folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

async function testChainFacts(store: Store, folder: string): Promise<void> {
  const { slots, roots } = await join(store, 8);
  const options = { store, threshold: { k: K, roots }, counts: () => true };
  const facts = (now: number) => chainFacts(`${folder}/chain.json`, options, now);
  await close(store, BIN - 1, new Map(), roots);
  assertEquals((await facts(shownAt(BIN - 1))).tip, null);
  await close(store, BIN, everybody(slots, tip(1, 900)), roots);
  assertEquals((await facts(shownAt(BIN) - 1)).tip, null);
  const first = { hash: text(1), height: 900, first: BIN * 600 };
  assertEquals((await facts(shownAt(BIN))).tip, first);
  // Four of them see a fork: members do, the public does not.
  const four = new Map([
    ...everybody(slots, tip(2, 901)),
    ...everybody(slots.slice(0, 4), tip(2, 901), tip(3, 900, TipStatus.VALID_FORK)),
  ]);
  await close(store, BIN + 1, four, roots);
  const second = await facts(shownAt(BIN + 1));
  assertEquals([second.tip?.height, second.forks], [901, []]);
  const both = [tip(3, 900, TipStatus.VALID_FORK), tip(4, 901, TipStatus.INVALID)];
  await close(store, BIN + 2, everybody(slots.slice(0, 5), tip(2, 901), ...both), roots);
  const third = await facts(shownAt(BIN + 2));
  const seen = (BIN + 2) * 600;
  assertEquals(third.forks, [{ hash: text(3), height: 900, first: seen, status: "valid fork" }]);
  assertEquals(third.invalid, [{ hash: text(4), height: 901, first: seen }]);
  // Nothing says by how many more it was seen, and it stays for a week.
  await close(store, BIN + 3, everybody(slots, tip(2, 901), ...both), roots);
  assertEquals(await facts(shownAt(BIN + 3)), third);
  await Deno.writeTextFile(`${folder}/chain.json`, "half a fi");
  assertEquals((await facts(shownAt(BIN + 3))).tip, third.tip, "it is made again from the store");
  assertEquals((await facts(shownAt(BIN + 3) + 8 * 86_400)).forks, []);
}

Deno.test("five members below one sponsor are one voice, and who was revoked has none", async () => {
  await withStore(async (store, folder) => {
    const { slots, roots } = await join(store, 8, true);
    await close(store, BIN, everybody(slots, tip(1, 900)), roots);
    const facts = (counts: (slot: number) => boolean, roots: Roots) => {
      return chainFacts(`${folder}/chain.json`, { store, threshold: { k: K, roots }, counts }, shownAt(BIN));
    };
    assertEquals((await facts(() => true, roots)).tip, null);
  });
  await withStore(async (store, folder) => {
    const { slots, roots } = await join(store, 5);
    await close(store, BIN, everybody(slots, tip(1, 900)), roots);
    const options = { store, threshold: { k: K, roots }, counts: (slot: number) => slot !== slots[0] };
    assertEquals((await chainFacts(`${folder}/chain.json`, options, shownAt(BIN))).tip, null);
  });
});

const MINUTE: Disclosure = {
  ...{ name: "demo", url: "https://example.org/demo", at: 1_800_000_000, seconds: 60 },
  peers: {
    ...{ inbound: 8, outbound: 2, v1: 3, v2: 6 },
    ...{ networks: [{ index: 1, count: 10 }], agents: [{ index: 7, count: 10 }] },
  },
  messages: [
    { command: 20, received: 1, receivedBytes: 8, sent: 1, sentBytes: 8 },
    { command: 32, received: 5, receivedBytes: 500, sent: 0, sentBytes: 0 },
  ],
  ...{ addresses: 10, addressesLimited: 2, opened: 1, closed: 0, evicted: 0 },
  mempool: { transactions: 100, bytes: 50_000, minFeeMilli: 1500 },
  blocks: [{ hash: hash(1), height: 900, at: 1_800_000_000_123 }],
  tips: [{ hash: hash(1), height: 900, status: TipStatus.ACTIVE }],
  behaviours: [{ index: 4, count: 2 }],
};

Deno.test("a disclosed node is shown in full, in words, with what it said before", () => {
  const nodes = new DisclosedNodes();
  const { at } = MINUTE;
  assertEquals(nodes.take(1, MINUTE, at), "taken");
  assertEquals(nodes.take(1, { ...MINUTE, at: at + 60 }, at + 60), "taken");
  const [node] = nodes.shown(at + 60, () => true);
  assertEquals(node!.peers, {
    ...{ inbound: 8, outbound: 2, networks: { ipv4: 10 }, transports: { v1: 3, v2: 6, unknown: 1 } },
    agents: { "core 29": 10 },
  });
  assertEquals(node!.messages.map(({ command }) => command), ["other command", "ping"]);
  assertEquals(node!.mempool, { transactions: 100, bytes: 50_000, minFee: 1.5 });
  assertEquals(node!.behaviours, { "inv only": 2 });
  assertEquals(node!.tips, [{ hash: text(1), height: 900, status: "active" }]);
  assertEquals(node!.history, [
    { at, inbound: 8, outbound: 2, messages: 6, bytes: 508, addresses: 10, transactions: 100 },
  ]);
  nodes.take(1, { ...MINUTE, at: at + 120, seconds: 600 }, at + 120);
  nodes.take(1, { ...MINUTE, at: at + 180 }, at + 180);
  const times = nodes.shown(at + 180, () => true)[0]!.history.map(({ at }) => at);
  assertEquals(times, [at, at + 60], "what stands for ten minutes is no minute");
  for (let i = 4; i < 100; i++) nodes.take(1, { ...MINUTE, at: at + 60 * i }, at + 60 * i);
  assertEquals(nodes.shown(at + 6000, () => true)[0]!.history.length, 60);
});

Deno.test("what a hostile uplink says of nodes is bounded, and a name belongs to who had it first", () => {
  const nodes = new DisclosedNodes();
  const { at } = MINUTE;
  const WRONG: Partial<Disclosure>[] = [
    ...["", "A", "a b", "<b>", "a..b", "-a", "a".repeat(33)].map((name) => ({ name })),
    ...[
      ...["http://example.org", "javascript:alert(1)", `https://a/"onload=1`, "https://u:p@a.org/"],
      ...["https://a.org/<b>", "https://", `https://a.org/${"a".repeat(128)}`, "https://a.org/\n"],
    ].map((url) => ({ url })),
    { seconds: 0 },
    { messages: [{ command: 99, received: 1, receivedBytes: 1, sent: 0, sentBytes: 0 }] },
    { messages: [MINUTE.messages[0]!, MINUTE.messages[0]!] },
    { messages: [{ ...MINUTE.messages[0]!, sentBytes: 2 ** 60 }] },
    { behaviours: [{ index: 77, count: 1 }] },
    { blocks: Array.from({ length: 13 }, () => MINUTE.blocks[0]!) },
    { blocks: [{ ...MINUTE.blocks[0]!, at: 8.7e15 }] },
    { tips: [{ hash: new Uint8Array(31), height: 1, status: 1 }] },
  ];
  for (const wrong of WRONG) {
    assertEquals(nodes.take(1, { ...MINUTE, ...wrong }, at), "wrong", JSON.stringify(wrong));
  }
  assertEquals(nodes.take(1, { ...MINUTE, at: at + 601 }, at), "out of time");
  assertEquals(nodes.take(1, MINUTE, at), "taken");
  assertEquals(nodes.take(1, { ...MINUTE, at: at + 1 }, at + 1), "out of time", "too often");
  assertEquals(nodes.take(2, { ...MINUTE, at: at + 60 }, at + 60), "another's name");
  for (let i = 1; i < 8; i++) assertEquals(nodes.take(1, { ...MINUTE, name: `n${i}` }, at), "taken");
  assertEquals(nodes.take(1, { ...MINUTE, name: "n9" }, at), "too many");
  for (let i = 0; i < 100; i++) nodes.take(100 + i, { ...MINUTE, name: `m${i}` }, at);
  assertEquals(nodes.shown(at, () => true).length, 64);
  assertEquals(nodes.shown(at, (slot) => slot === 1).length, 8, "whoever is revoked is not shown");
  assertEquals(nodes.shown(at + 1800, () => true), [], "nor who is gone");
  assertEquals(nodes.take(2, { ...MINUTE, at: at + 90_000 }, at + 90_000), "taken", "a day later it is free");
});

Deno.test("live.json has chain facts also without a ledger, and nothing of how many there are", async () => {
  await withStore(async (store, folder) => {
    const { slots, roots } = await join(store, 8);
    const key = await keyPair(newSeed("hub"));
    const rules = await readRules(await signPolicy(DEFAULTS, key, 1));
    const members = new Members(store, key);
    await members.reload();
    const lines: string[] = [];
    const log = logFor("hub", ({ message }: Entry) => lines.push(message));
    const now = () => shownAt(BIN) * 1000;
    const disclosed = new DisclosedNodes();
    const writer = new LiveWriter({
      ...{ hub: { rules, members, disclosed, binNow: now }, store, folder, spends: true, log },
    });
    const read = async () =>
      JSON.parse(await Deno.readTextFile(`${siteOf(folder)}/live.json`)) as LiveDocument;
    await close(store, BIN, everybody(slots.slice(0, 5), tip(1, 900)), roots);
    await writer.write();
    const document = await read();
    assertEquals(document.stress, { on: null, reason: "too small", alarmsPerYear: 2 });
    assertEquals(document.chain.tip?.hash, text(1));
    assertEquals(document.at % 60, 0);
    await Deno.writeTextFile(`${folder}/release/ledger`, "x".repeat(100));
    await writer.write();
    await writer.write();
    assertEquals(await read(), {
      ...document,
      stress: { on: null, reason: "unavailable", alarmsPerYear: 2 },
    });
    assertEquals(lines.length, 1, "said once");
    const written = await Deno.readTextFile(`${siteOf(folder)}/live.json`);
    for (const slot of slots) assertFalse(written.includes(String(slot)));
    assert((await Deno.stat(`${siteOf(folder)}/live.json`)).mode! & 0o004);
  });
});
