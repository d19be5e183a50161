import { assert, assertEquals } from "@std/assert";
import { encodeEvent, type Event } from "../../proto/event.ts";
import { checkSummary } from "../../proto/federation/check.ts";
import { answer, branch, file } from "../../proto/_asmap.ts";
import { Asmap } from "../../proto/asmap.ts";
import { parseSubnet } from "../../proto/subnet.ts";
import { SubnetSet } from "../../proto/subnet_set.ts";
import { decodeFrame } from "../../proto/federation/frame.ts";
import {
  Anomaly,
  Behaviour,
  Metric,
  Source,
  type Summary,
  TipStatus,
} from "../../proto/federation/schema.ts";
import type { PeerInfo } from "../../proto/schema.ts";
import { all } from "../../proto/golden/all.ts";
import { message as assembled, sub, text, unhex, varint } from "../../proto/golden/assemble.ts";
import { envelope } from "../../proto/golden/golden.ts";
import { oldLog } from "../../proto/golden/others.ts";
import {
  addresses,
  BIN,
  connection,
  honest,
  message,
  peerInfo,
  peerInfos,
  peers,
  START,
  version,
} from "./_network.ts";
import { type Closed, encodeSummary, Summariser, SUMMARY_FRAME_BYTES } from "./mod.ts";

const POLICY = { clip: 64, keysPerNode: 26 };
const usual = peers(20);

function summariser(nodes = ["a"], random = () => 0.5): Summariser {
  return new Summariser({ nodes, policy: POLICY, canaries: [], random });
}

function feed(to: Summariser, events: readonly Event[], node = "a"): void {
  for (const event of events) to.observe(node, encodeEvent(event));
}

function summaryIn(closed: Closed): Summary {
  assert("summary" in closed, JSON.stringify(closed));
  return closed.summary;
}

function withheldIn(closed: Closed): Record<string, number> {
  assert("summary" in closed, JSON.stringify(closed));
  return Object.fromEntries(closed.withheld.map(({ what, count }) => [what, count]));
}

Deno.test("a bin without any event has a summary, too, and it is thin", () => {
  const summary = summaryIn(summariser().close(BIN));
  assertEquals(summary, {
    ...{ sequence: 0, bin: BIN, schema: 1, thin: true, sources: [], values: [] },
    ...{ blocks: [], tips: [], anomalies: [] },
  });
});

Deno.test("the time of the event decides the bin, at both ends", () => {
  const of = summariser();
  feed(
    of,
    [START - 1, START, START + 599_999, START + 600_000].map((at, i) =>
      message(usual[i]!, { command: "ping", at })
    ),
  );
  const pings = (bin: number) => withheldIn(of.close(bin))["netgroups: which they are"];
  assertEquals([BIN - 1, BIN, BIN + 1].map(pings), [1, 2, 1]);
});

Deno.test("an event whose bin was closed is late: counted and left out", () => {
  const of = summariser();
  feed(of, [message(usual[0]!, { command: "ping", at: START })]);
  of.close(BIN);
  feed(of, [
    message(usual[0]!, { command: "ping", at: START }),
    message(usual[0]!, { command: "ping", at: 0 }),
  ]);
  assertEquals(withheldIn(of.close(BIN + 1))["late events"], 2);
});

Deno.test("events of a broken clock keep no place for long", () => {
  const of = summariser();
  const ping = (at: number) => message(usual[0]!, { command: "ping", at });
  feed(of, [ping(2 ** 60), ping(START + 50 * 600_000), ping(START + 60 * 600_000), ping(START)]);
  assertEquals(of.open, [BIN, BIN + 50, BIN + 60]);
  assertEquals(withheldIn(of.close(BIN))["early events"], 1);
  assertEquals(of.open, []);
});

Deno.test("bytes that are no event, kinds without numbers and nodes that are not named are counted", () => {
  const of = summariser();
  of.observe("a", new Uint8Array([1, 2, 3]));
  of.observe("b", encodeEvent(message(usual[0]!, { command: "ping", at: START })));
  of.observe("a", encodeEvent({ timestamp: START, kind: "none", value: undefined }));
  const withheld = withheldIn(of.close(BIN));
  assertEquals(withheld["events that cannot be read"], 1);
  assertEquals(withheld["events of nodes that are not named"], 1);
  assertEquals(withheld["events of a kind that is not summarised"], 1);
});

Deno.test("a preview is what closing would give, and gives it as often as it is asked", () => {
  const of = new Summariser({ nodes: ["a", "b"], policy: { clip: 8, keysPerNode: 3 }, canaries: [] });
  const events = usual.flatMap((peer) => honest(peer));
  feed(of, events.slice(0, 200));
  of.preview(BIN);
  feed(of, events.slice(200));
  feed(of, events, "b");
  const previews = [of.preview(BIN), of.preview(BIN)];
  const closed = of.close(BIN);
  assertEquals(previews, [closed, closed]);
  assertEquals(withheldIn(closed)["names of nodes, and how many there are"], 2);
  assert(withheldIn(closed)["counts beyond the policy's number"]! > 0);
});

Deno.test("looking at a bin before its end does not judge a peer by its first half", () => {
  const announced = Array.from(
    { length: 30 },
    (_, i) => message(usual[1]!, { command: "inv", inbound: false, at: START + i }),
  );
  const answered = message(usual[1]!, { command: "inv", at: START + 400_000 });
  const [looked, blind] = [summariser(), summariser()];
  feed(looked, announced);
  looked.preview(BIN);
  feed(looked, [answered]);
  feed(blind, [...announced, answered]);
  assertEquals(looked.close(BIN), blind.close(BIN));
});

Deno.test("which counts are left out is drawn by lot", () => {
  const chosen = (random?: () => number) => {
    const policy = { clip: 64, keysPerNode: 1 };
    const of = new Summariser({ nodes: ["a"], policy, canaries: [], ...(random && { random }) });
    feed(of, usual.flatMap((peer) => honest(peer)));
    return summaryIn(of.close(BIN)).values
      .filter(({ metric, value }) => metric === Metric.NETGROUPS_BY_AGENT && value > 0)
      .map(({ index }) => index);
  };
  const draws = Array.from({ length: 60 }, () => chosen());
  assertEquals(draws.every(({ length }) => length === 1), true);
  assertEquals(new Set(draws.flat()).size, 4, "each of the families that are there");
  assertEquals(chosen(() => 0.3), chosen(() => 0.3));
});

Deno.test("another policy counts from the next summary on", () => {
  const of = summariser();
  feed(of, usual.flatMap((peer) => honest(peer)));
  of.policy = { clip: 0, keysPerNode: 26 };
  const counts = summaryIn(of.close(BIN)).values.filter(({ metric }) => metric === Metric.NETGROUPS_BY_AGENT);
  assertEquals(counts.every(({ value }) => value === 0), true);
});

Deno.test("frames of summaries all have one length, however much happened", () => {
  const busy = summariser(["a", "b"]);
  for (const node of ["a", "b"]) {
    feed(busy, usual.flatMap((peer) => honest(peer)), node);
    for (const { bytes } of all) busy.observe(node, bytes);
  }
  const full = summaryIn(busy.close(BIN));
  const hash = (i: number) => new Uint8Array(32).fill(i);
  full.blocks = Array.from({ length: 32 }, (_, i) => ({ hash: hash(i), delay: 1 }));
  full.tips = Array.from(
    { length: 32 },
    (_, i) => ({ hash: hash(i), height: 2 ** 31, status: TipStatus.ACTIVE }),
  );
  full.sequence = 2 ** 40;
  for (const summary of [full, summaryIn(summariser().close(BIN))]) {
    const frame = encodeSummary(summary);
    assertEquals(frame.length, SUMMARY_FRAME_BYTES);
    const decoded = decodeFrame(frame);
    assert(decoded.ok && decoded.content?.case === "summary");
    assertEquals(encodeSummary(decoded.content.value), frame);
  }
});

Deno.test("a node that tells of connections says that there were none", () => {
  const of = summariser();
  feed(of, honest(usual[0]!));
  of.close(BIN);
  feed(of, [message(usual[0]!, { command: "ping", at: START + 600_000 })]);
  const closed = summaryIn(of.close(BIN + 1)).values.find(({ metric }) =>
    metric === Metric.CONNECTIONS_CLOSED
  );
  assertEquals(closed?.value, 0);
});

Deno.test("what the node says of a peer's network counts for its messages", () => {
  const tor = { id: 1, address: "127.0.0.1:4444", userAgent: "/Satoshi:29.0.0/", network: 3 };
  const of = summariser();
  feed(of, honest(tor));
  const networks = summaryIn(of.close(BIN)).values.filter(({ metric }) => metric === Metric.PEERS_BY_NETWORK);
  assertEquals(networks.filter(({ value }) => value > 0), [{ metric: 1, index: 3, value: 32 }]);
});

Deno.test("a peer that was there before us gets the network that the node's list says", () => {
  const tor = { id: 1, address: "127.0.0.1:4444", userAgent: "/Satoshi:29.0.0/" };
  const of = summariser();
  feed(of, [message(tor, { command: "ping", at: START })]);
  const infos = [{ ...peerInfo(tor), network: "onion" }];
  feed(of, [{
    timestamp: START + 1,
    kind: "rpc",
    value: { rpcEvent: { case: "peerInfos", value: { infos } } },
  }]);
  const networks = summaryIn(of.close(BIN)).values.filter(({ metric }) => metric === Metric.PEERS_BY_NETWORK);
  assertEquals(networks.filter(({ value }) => value > 0), [{ metric: 1, index: 3, value: 32 }]);
});

Deno.test("a peer that was there before us may have saved up for many addresses", () => {
  const limited = (events: Event[]) => {
    const of = summariser();
    feed(of, events);
    return summaryIn(of.close(BIN)).values.find(({ metric }) => metric === Metric.ADDRESSES_RATE_LIMITED)
      ?.value;
  };
  const many = addresses(usual[0]!, START + 1000, 999);
  assertEquals(limited([many]), 0);
  assertEquals(limited([version(usual[0]!, START), many]), 32);
});

Deno.test("ids that start again are a node's new start, a second greeting of an old peer is none", () => {
  const few = () => {
    const of = summariser();
    for (let bin = BIN - 20; bin < BIN; bin++) {
      feed(
        of,
        usual.map((peer) =>
          message({ ...peer, id: 500 + peer.id, inbound: true }, { command: "ping", at: bin * 600_000 })
        ),
      );
      of.close(bin);
    }
    feed(of, [message(usual[0]!, { command: "ping", at: START })]);
    return of;
  };
  const [greeted, restarted] = [few(), few()];
  feed(greeted, [version({ ...usual[1]!, id: 2 }, START + 1)]);
  assertEquals(summaryIn(greeted.close(BIN)).anomalies, [Anomaly.INBOUND_DROP]);
  feed(restarted, [connection({ ...usual[1]!, id: 2 }, START + 1)]);
  assertEquals(summaryIn(restarted.close(BIN)).anomalies, []);
});

Deno.test("a bin without events is no stale tip, one with events and without blocks is", () => {
  const of = summariser();
  const hash = new Uint8Array(32).fill(1);
  const tip = { case: "blockTip", value: { height: 1, hash } } as const;
  feed(of, [{ timestamp: START, kind: "ipc", value: { ipcEvent: tip } }]);
  assertEquals(summaryIn(of.close(BIN)).anomalies, []);
  assertEquals(summaryIn(of.close(BIN + 20)).anomalies, []);
  feed(of, [message(usual[0]!, { command: "ping", at: START + 21 * 600_000 })]);
  assertEquals(summaryIn(of.close(BIN + 21)).anomalies, [Anomaly.STALE_TIP]);
});

Deno.test("connections that the operator chose, as that of our p2p extractor, change nothing", () => {
  const own = { id: 300, address: "127.0.0.1:9333", userAgent: "/p2p-extractor:0.1/", inbound: false };
  const chosen = [
    ...honest(own),
    ...Array.from({ length: 600 }, (_, i) => message(own, { command: "ping", at: START + i * 900 })),
  ].map((event) => {
    if (event.kind === "message") event.value.meta.connType = 0;
    if (event.kind === "connection" && event.value.event?.case === "outbound") {
      event.value.event.value.conn.connType = 0;
    }
    return event;
  });
  const infos = usual.map(peerInfo);
  const listed = (infos: PeerInfo[]): Event => {
    return {
      timestamp: START + 9000,
      kind: "rpc",
      value: { rpcEvent: { case: "peerInfos", value: { infos } } },
    };
  };
  const [without, beside] = [summariser(), summariser()];
  feed(without, [...usual.flatMap((peer) => honest(peer)), listed(infos)]);
  feed(beside, [...usual.flatMap((peer) => honest(peer)), ...chosen]);
  feed(beside, [listed([...infos, { ...peerInfo(own), connectionType: "manual" }])]);
  assertEquals(summaryIn(beside.close(BIN)), summaryIn(without.close(BIN)));
});

Deno.test("lists of subnets and an asmap are what the other tools use", () => {
  const lists = [new SubnetSet([parseSubnet("20.0.0.0/8")])];
  // One jump: addresses whose first bit is not set are of one system; IPv4 is mapped, so all are.
  const asmap = new Asmap(file(branch(answer(64_496), answer(7))));
  const of = new Summariser({ nodes: ["a"], policy: POLICY, canaries: [], lists, asmap });
  feed(of, usual.flatMap((peer) => honest(peer)));
  const { values } = summaryIn(of.close(BIN));
  const value = (of: number, part = 0) =>
    values.find(({ metric, index = 0 }) => metric === of && index === part)?.value;
  assertEquals(value(Metric.NETGROUPS_BY_BEHAVIOUR, Behaviour.LIST_HIT), 8);
  assertEquals(value(Metric.CONNECTIONS_OPENED), 1, "all are one party");
});

Deno.test("the large answers of a node are not decoded", () => {
  const of = summariser();
  const addrman = all.filter(({ event }) => event.kind === "rpc" && event.value.rpcEvent?.case === "addrman");
  assert(addrman.length > 0);
  for (const { bytes } of addrman) of.observe("a", bytes.subarray(0, bytes.length));
  assertEquals(summaryIn(of.close(BIN)).sources, [Source.RPC]);
});

Deno.test("events of the Rust peer-observer count, today's and those of 2025", () => {
  // The vectors of the wire contract: made with protoc from the Rust schema, all at one time.
  const vectors = [
    "0a2f0a2d0a20080712103230332e302e3131332e373a383333331801220470696e6728013008120908887766554433221150fbd095ffbc31",
    "0a290a270a22080712103230332e302e3131332e373a383333331801220676657261636b2800300080020150fbd095ffbc31",
    "0a2e0a2c0a25080712103230332e302e3131332e373a383333331801220966656566696c74657228013008520308d00f50fbd095ffbc31",
    "0a1e121c1a1a0a160807120e3132372e302e302e313a3833333318012002107b50fbd095ffbc31",
    "120318b96050fbd095ffbc31",
    "1a060a040887ad4b50fbd095ffbc31",
    "221708c0e0d8bebc849003100e1a0022040a0268693803404050fbd095ffbc31",
    "221108c0e0d8bebc849003100e1a040a02686950fbd095ffbc31",
    "2a0a0a0808c0a2331202010250fbd095ffbc31",
  ];
  const bin = Math.floor(1_700_000_000_123 / 600_000);
  const of = summariser();
  for (const vector of vectors) of.observe("a", unhex(vector));
  const oldNumbers = [sub(4, text(1, "00".repeat(30) + "abcd"), varint(2, 840_000))];
  of.observe("a", envelope("log", assembled(varint(1, 0), varint(2, 26), ...oldNumbers)));
  for (const { golden: { bytes } } of oldLog) of.observe("a", bytes);
  const closed = of.close(bin);
  const { sources, values, tips } = summaryIn(closed);
  assertEquals(sources, [Source.EBPF, Source.RPC, Source.P2P, Source.LOG]);
  const value = (metric: number, index = 0) =>
    values.find((each) => each.metric === metric && (each.index ?? 0) === index)?.value;
  assertEquals(value(Metric.MESSAGES, 20), 1, "the ping that came");
  assertEquals(value(Metric.MESSAGES, 2), 0, "the verack that went");
  assertEquals(value(Metric.CONNECTIONS_OPENED), 1);
  assertEquals(tips.map(({ height, hash }) => [height, hash[0]]), [[840_000, 0xcd]]);
  assertEquals(withheldIn(closed)["events that cannot be read"], undefined);
});

Deno.test("every golden event is taken, and what comes of them is a valid summary", () => {
  const of = summariser(["a", "b"]);
  for (const { bytes } of all) for (const node of ["a", "b"]) of.observe(node, bytes);
  for (const bin of of.open) {
    assertEquals(checkSummary({ ...summaryIn(of.close(bin)), sequence: 1 }), undefined);
  }
});

Deno.test("a flood of strangers stays within the bounds and is counted", () => {
  const of = summariser();
  for (let i = 0; i < 20_000; i++) {
    const address = `${20 + (i >> 8)}.${i & 255}.1.1:8333`;
    of.observe("a", encodeEvent(version({ id: i, address, userAgent: `/${i}/` }, START + i)));
  }
  const withheld = withheldIn(of.close(BIN));
  assertEquals(withheld["netgroups: which they are"], 4096);
  assert(withheld["netgroups beyond the bound"]! > 15_000);
});

Deno.test("what an operator is used to outlives a restart", () => {
  const before = summariser();
  for (let bin = BIN - 30; bin < BIN; bin++) {
    feed(before, [peerInfos(usual, bin * 600_000)]);
    before.close(bin);
  }
  const after = summariser();
  after.restore(JSON.parse(JSON.stringify(before.save())));
  assertEquals(after.save(), before.save());
  assert(before.save().length > 0);
});
