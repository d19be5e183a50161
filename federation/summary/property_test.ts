import { assert, assertEquals } from "@std/assert";
import { encodeEvent, type Event } from "../../proto/event.ts";
import { COUNT_STEP, metricName, METRICS } from "../../proto/federation/metrics.ts";
import { Metric, type Summary } from "../../proto/federation/schema.ts";
import {
  addresses,
  BIN,
  connection,
  honest,
  message,
  peerInfos,
  type PeerPlan,
  peers,
  START,
  version,
} from "./_network.ts";
import { Summariser } from "./mod.ts";

const POLICY = { clip: 4096, keysPerNode: 99 };

/** A network of two nodes with forty peers each; `change` is what an attacker can change in it. */
function summaryOf(events: (node: number) => Event[]): Summary {
  const summariser = new Summariser({ nodes: ["a", "b"], policy: POLICY, canaries: [], random: () => 0.5 });
  for (const [node, name] of ["a", "b"].entries()) {
    const ordered = events(node).sort((a, b) => a.timestamp - b.timestamp);
    for (const event of ordered) summariser.observe(name, encodeEvent(event));
  }
  const closed = summariser.close(BIN);
  assert("summary" in closed, JSON.stringify(closed));
  return closed.summary;
}

const usual = peers(40);
const eventsOf = (of: readonly PeerPlan[]) => [
  ...of.flatMap((peer) => honest(peer)),
  peerInfos(of, START + 300_000),
  peerInfos(of, START + 590_000),
];
const before = summaryOf(() => eventsOf(usual));

function swapped(change: (peer: PeerPlan) => PeerPlan, at = 7): PeerPlan[] {
  return usual.map((peer, i) => i === at ? change(peer) : peer);
}

Deno.test("the summary of the usual network is not empty", () => {
  const value = (metric: number, index = 0) =>
    before.values.find((each) => each.metric === metric && (each.index ?? 0) === index)?.value;
  assertEquals(value(Metric.PEERS_BY_NETWORK, 1), 32);
  assertEquals(value(Metric.PEERS_INBOUND), 24);
  assertEquals(value(Metric.INBOUND_PEERS), 5);
  assertEquals(value(Metric.CONNECTIONS_OPENED), 5);
  assertEquals(before.thin, false);
});

Deno.test("another address of the same netgroup changes nothing", () => {
  for (let at = 0; at < usual.length; at++) {
    const other = swapped(
      (peer) => ({ ...peer, address: peer.address.replace(".7.9:8333", ".200.3:51234") }),
      at,
    );
    assertEquals(summaryOf(() => eventsOf(other)), before);
  }
});

Deno.test("another suffix of the user agent changes nothing", () => {
  const suffixes: readonly (readonly [from: string, to: string])[] = [
    ["/Satoshi:29.0.0/", "/Satoshi:29.0.0(mark 1)/"],
    ["/Satoshi:29.0.0/", "/Satoshi:29.3.17/"],
    ["/Satoshi:27.1.0(home)/", "/Satoshi:27.1.0(d41d8cd98f00)/"],
    ["/nobody:1.0/", "/nobody:1.0/mark 2/"],
    ["/nobody:1.0/", "\u{1f41d}".repeat(60)],
  ];
  for (const [from, to] of suffixes) {
    const other = usual.map((peer) => peer.userAgent === from ? { ...peer, userAgent: to } : peer);
    assertEquals(summaryOf(() => eventsOf(other)), before);
  }
});

Deno.test("another time in the bin changes nothing", () => {
  const shifted = (by: (i: number) => number) =>
    summaryOf(() => eventsOf(usual).map((event, i) => ({ ...event, timestamp: event.timestamp + by(i) })));
  assertEquals(shifted(() => 8000), before);
  assertEquals(shifted(() => -900), before);
  // Whatever the order, as long as each event stays in the bin; answers of the node stay where they were.
  const jittered = summaryOf(() =>
    eventsOf(usual).map((event, i) =>
      event.kind === "message" && event.value.meta.command !== "version" && event.value.msg?.case !== "addrv2"
        ? { ...event, timestamp: START + (i * 7919) % 595_000 + 4000 }
        : event
    )
  );
  assertEquals(jittered, before);
});

Deno.test("other ids, nonces and connection times change nothing", () => {
  const other = usual.map((peer) => ({ ...peer, id: peer.id * 2 + 100_000 }));
  const transport = (of: readonly PeerPlan[]) =>
    summaryOf(() => of.flatMap((peer) => honest({ ...peer, id: peer.id })));
  assertEquals(transport(other), transport(usual));
});

Deno.test("a second connection of the same netgroup changes no share and no count", () => {
  for (const first of usual.slice(0, 8)) {
    const address = first.address.replace(".7.9:", ".99.1:");
    const second = { ...first, id: 1000, address, userAgent: "/Satoshi:24.0.0/" };
    const handshake = [
      connection(second, START + 595_000),
      message(second, { command: "verack", at: START + 595_100, size: 0 }),
    ];
    assertEquals(summaryOf(() => [...eventsOf(usual), ...handshake]), before);
    const whole = summaryOf(() => eventsOf([...usual, second]));
    for (const [i, { metric, index, value }] of before.values.entries()) {
      const other = whole.values[i]!;
      assertEquals([other.metric, other.index], [metric, index]);
      const { unit } = METRICS[metricName(metric)!];
      // Sums of messages may grow by what one netgroup may add, here by less than their double.
      if (unit === "log2" && !isNetgroups(metric)) assert(Math.abs(other.value - value) <= 1);
      else assertEquals(other.value, value, metricName(metric));
    }
  }
});

Deno.test("one netgroup more moves each count by one step at most, whatever it does", () => {
  const attacker: PeerPlan = { id: 7777, address: "99.99.1.2:8333", userAgent: "/Satoshi:29.0.0/" };
  const at = (seconds: number) => START + seconds * 1000;
  const attack = [
    ...honest(attacker),
    ...Array.from({ length: 500 }, (_, i) => message(attacker, { command: "ping", at: at(100) + i })),
    ...Array.from({ length: 100 }, (_, i) => addresses(attacker, at(200) + i, 1000)),
    ...Array.from({ length: 50 }, (_, i) => connection({ ...attacker, id: 8000 + i }, at(300) + i)),
    ...Array.from(
      { length: 50 },
      (_, i) => connection({ ...attacker, id: 8000 + i }, at(310) + i, "closed", 5000),
    ),
    ...Array.from(
      { length: 50 },
      (_, i) => version({ ...attacker, id: 9000 + i, userAgent: `/${i}/` }, at(320) + i),
    ),
    connection(attacker, at(330), "inboundEvicted"),
    ...["evil", "mempool", "filterload", "x".repeat(12)].map((command) =>
      message(attacker, { command, at: at(340) })
    ),
  ];
  const after = summaryOf(() => [...eventsOf(usual), ...attack]);
  let moved = 0;
  for (const [i, { metric, index, value }] of before.values.entries()) {
    const other = after.values[i]!;
    assertEquals([other.metric, other.index], [metric, index]);
    const { unit } = METRICS[metricName(metric)!];
    // Behaviours are added up over the two nodes, both of which the attacker visits.
    const steps = unit === "count"
      ? Math.abs(other.value - value) / COUNT_STEP
      : Math.abs(other.value - value);
    const most = unit === "share" || unit === "count" ? 1 : bitsOf(metric);
    assert(steps <= most, `${metricName(metric)} ${index} moves from ${value} to ${other.value}`);
    if (steps > 0) moved++;
  }
  assert(moved > 0);
});

/** How far a netgroup's share may move a sum that was next to nothing. */
function bitsOf(metric: number): number {
  if (metric === Metric.BYTES) return 9;
  return metric === Metric.ADDRESSES ? 2 : 1;
}

function isNetgroups(metric: number): boolean {
  const netgroups: number[] = [
    ...[Metric.INBOUND_PEERS, Metric.CONNECTIONS_OPENED, Metric.CONNECTIONS_CLOSED],
    ...[Metric.CONNECTIONS_EVICTED, Metric.PEERS_MISBEHAVED],
  ];
  return netgroups.includes(metric);
}
