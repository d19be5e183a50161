/** Each row of "What leaves the node and who sees it": what the hub gets, and that it gets no more. */

import { assert, assertEquals } from "@std/assert";
import { encodeEvent, type Event } from "../../proto/event.ts";
import { metricName, toLog2 } from "../../proto/federation/metrics.ts";
import {
  Agent,
  Anomaly,
  Behaviour,
  Command,
  Delay,
  Metric,
  Network,
  type Summary,
  TipStatus,
} from "../../proto/federation/schema.ts";
import type { Rpc } from "../../proto/schema.ts";
import {
  addresses,
  BIN,
  connection,
  honest,
  message,
  peerInfo,
  peerInfos,
  type PeerPlan,
  peers,
  START,
  version,
} from "./_network.ts";
import { type Closed, Summariser, type SummariserOptions } from "./mod.ts";

type Changes = Partial<SummariserOptions>;

function close(events: readonly Event[], changes: Changes = {}, nodes = ["a", "b"]): Closed {
  const summariser = new Summariser({
    ...{ nodes, policy: { clip: 4096, keysPerNode: 99 }, canaries: [], random: () => 0.5 },
    ...changes,
  });
  for (const node of nodes) for (const event of events) summariser.observe(node, encodeEvent(event));
  return summariser.close(BIN);
}

function summaryOf(events: readonly Event[], changes: Changes = {}, nodes?: string[]): Summary {
  const closed = close(events, changes, nodes);
  assert("summary" in closed);
  return closed.summary;
}

function value(summary: Summary, metric: number, index = 0): number | undefined {
  return summary.values.find((each) => each.metric === metric && (each.index ?? 0) === index)?.value;
}

const rpc = (rpcEvent: Rpc["rpcEvent"], at = START + 1000): Event => {
  return { timestamp: at, kind: "rpc", value: { rpcEvent } };
};
const at = (seconds: number) => START + seconds * 1000;
const usual = peers(40);
const honestly = usual.flatMap((peer) => honest(peer));

Deno.test("node name, host, count, uptime, version, flags: nothing of them changes a summary", () => {
  const network = (name: string) =>
    rpc({
      case: "networkInfo",
      value: {
        ...{ version: 310000, subversion: `/${name}/`, protocolVersion: 70016, localServices: name },
        ...{ localServicesNames: [name], localRelay: true, timeOffset: 3, connections: 9, connectionsIn: 8 },
        ...{ connectionsOut: 1, networkActive: true, networks: [], relayFee: 1, incrementalFee: 1 },
        ...{ localAddresses: [{ address: name, port: 8333, score: 1 }], warnings: [name] },
      },
    });
  const uptime = (value: number) => rpc({ case: "uptime", value });
  const one = summaryOf([...honestly, network("alpha"), uptime(1e6)], {}, ["alpha", "beta"]);
  assertEquals(summaryOf([...honestly, network("omega"), uptime(2e6)], {}, ["x", "y"]), one);
});

Deno.test("the number of nodes: two and five that see the same say the same", () => {
  assertEquals(summaryOf(honestly, {}, ["a", "b", "c", "d", "e"]), summaryOf(honestly, {}, ["a", "b"]));
});

Deno.test("a restart: the node's own new beginning is no anomaly", () => {
  const summariser = new Summariser({ nodes: ["a"], policy: { clip: 64, keysPerNode: 26 }, canaries: [] });
  for (let bin = BIN - 20; bin < BIN; bin++) {
    summariser.observe("a", encodeEvent(peerInfos(usual, bin * 600_000 + 5000)));
    summariser.close(bin);
  }
  const few = peerInfos(usual.slice(0, 3), START + 5000);
  const dropped = new Summariser({ nodes: ["a"], policy: { clip: 64, keysPerNode: 26 }, canaries: [] });
  dropped.restore(summariser.save());
  dropped.observe("a", encodeEvent(few));
  const without = dropped.close(BIN);
  assert("summary" in without);
  assertEquals(without.summary.anomalies, [Anomaly.INBOUND_DROP]);
  summariser.observe("a", encodeEvent(rpc({ case: "uptime", value: 60 }, START + 4000)));
  summariser.observe("a", encodeEvent(few));
  const restarted = summariser.close(BIN);
  assert("summary" in restarted);
  assertEquals(restarted.summary.anomalies, []);
});

Deno.test("addresses of the node: what the RPC says of them changes nothing", () => {
  const infos = (own: string) =>
    rpc({
      case: "peerInfos",
      value: { infos: usual.map((peer) => ({ ...peerInfo(peer), addressBind: own, addressLocal: own })) },
    });
  assertEquals(summaryOf([infos("198.51.100.7:8333")]), summaryOf([infos("[2001:db8::7]:1")]));
});

Deno.test("peer id, nonces, connection times, time offset: nothing of them changes a summary", () => {
  const infos = (by: number) =>
    rpc({
      case: "peerInfos",
      value: {
        infos: usual.map((peer) => ({
          ...peerInfo(peer),
          ...{ id: peer.id + by, connectionTime: by, timeOffset: by, lastSend: by, startingHeight: by },
        })),
      },
    });
  assertEquals(summaryOf([infos(1)]), summaryOf([infos(1_000_000)]));
});

Deno.test("peers by network, direction, transport: 1/32 of netgroups, never the exact number", () => {
  const onions = Array.from({ length: 8 }, (_, i): PeerPlan => {
    return {
      id: 500 + i,
      address: `${"acegikmo"[i]}${"b".repeat(55)}.onion:8333`,
      userAgent: "",
      inbound: false,
    };
  });
  const summary = summaryOf([peerInfos([...peers(24), ...onions], at(1))]);
  assertEquals(value(summary, Metric.PEERS_BY_NETWORK, Network.IPV4), 24);
  assertEquals(value(summary, Metric.PEERS_BY_NETWORK, Network.ONION), 8);
  assertEquals(value(summary, Metric.PEERS_INBOUND), 18);
  assertEquals(value(summary, Metric.PEERS_V2), 16);
  const tenfold = summaryOf([peerInfos([...peers(12), ...onions.slice(0, 4)], at(1))]);
  assertEquals(value(tenfold, Metric.PEERS_BY_NETWORK, Network.ONION), 8, "half as many of each is the same");
});

Deno.test("without RPC, networks and directions come from who says something", () => {
  const summary = summaryOf(honestly);
  assertEquals(value(summary, Metric.PEERS_BY_NETWORK, Network.IPV4), 32);
  assertEquals(value(summary, Metric.PEERS_INBOUND), 24);
  assertEquals(value(summary, Metric.PEERS_V2), undefined);
});

Deno.test("inbound peers: log2, and 65 is as good as 127", () => {
  const inbound = (count: number) =>
    summaryOf([peerInfos(peers(count).map((p) => ({ ...p, inbound: true })), at(1))]);
  assertEquals(value(inbound(65), Metric.INBOUND_PEERS), 7);
  assertEquals(value(inbound(127), Metric.INBOUND_PEERS), 7);
});

const BEHAVIOURS: Readonly<Record<keyof typeof Behaviour, (peer: PeerPlan) => Event[]>> = {
  PING_SPAM: (peer) =>
    Array.from({ length: 16 }, (_, i) => message(peer, { command: "ping", at: at(10 + i) })),
  ADDR_SPAM: (peer) => Array.from({ length: 61 }, (_, i) => addresses(peer, at(10 + i), 0)),
  ADDR_ENTRIES_SPAM: (peer) => [version(peer, at(9)), addresses(peer, at(10), 60)],
  INV_ONLY: (peer) =>
    Array.from({ length: 20 }, (_, i) => message(peer, { command: "inv", inbound: false, at: at(10 + i) })),
  SHORT_LIVED: (peer) => [connection(peer, at(10), "closed", 30_000)],
  RECONNECTING: (peer) =>
    [0, 1, 2, 3].map((i) => connection({ ...peer, id: peer.id + 10_000 * i }, at(10 + i))),
  LIST_HIT: (peer) => [message(peer, { command: "ping", at: at(10) })],
  MISBEHAVING: (peer) => [
    connection(peer, at(10)),
    {
      timestamp: at(11),
      kind: "connection",
      value: { event: { case: "misbehaving", value: { id: peer.id, message: "mutated block" } } },
    },
  ],
  EVICTED: (peer) => [connection(peer, at(10), "inboundEvicted")],
};

for (const [name, acts] of Object.entries(BEHAVIOURS)) {
  Deno.test(`netgroups with ${name}: a count, rounded up to 8, and of no other behaviour`, () => {
    const lists = [{ holds: (address: Uint8Array) => name === "LIST_HIT" && address[1] !== 40 }];
    const count = (of: number, behaviour: string) => {
      const events = [
        connection({ ...usual[39]!, id: 1 }, at(1), "closed"),
        ...peers(of).flatMap((peer) => acts({ ...peer, inbound: true })),
      ];
      const talk = message(usual[39]!, { command: "verack", at: at(2) });
      const summary = summaryOf([talk, ...events], { lists }, ["a"]);
      return value(summary, Metric.NETGROUPS_BY_BEHAVIOUR, Behaviour[behaviour as keyof typeof Behaviour]);
    };
    assertEquals([count(8, name), count(9, name)], [8, 16]);
    for (const other of Object.keys(Behaviour)) {
      const expected = name === "LIST_HIT" && other === name || other === name ? 8 : 0;
      assertEquals(count(7, other), expected, other);
    }
  });
}

Deno.test("addresses that show a behaviour are told to whoever asks when the bin is closed, and are in no summary", () => {
  const told: string[] = [];
  const onSuspect = (address: Uint8Array, behaviour: number) =>
    told.push(`${address.join(".")} ${behaviour}`);
  const one = { ...peers(1)[0]!, inbound: true };
  const lists = [{ holds: () => true }];
  for (const [name, acts] of Object.entries(BEHAVIOURS)) {
    told.length = 0;
    const events = [connection(one, at(1)), ...acts(one), ...acts(one)];
    close(events, { onSuspect, ...name === "LIST_HIT" && { lists } }, ["a"]);
    const behaviour = Behaviour[name as keyof typeof Behaviour];
    assertEquals(told.filter((each) => each.endsWith(` ${behaviour}`)), [`20.1.7.9 ${behaviour}`], name);
  }
  told.length = 0;
  const onion = { ...one, address: "127.0.0.1:9999" };
  close([...honestly, ...BEHAVIOURS.PING_SPAM(onion)], { onSuspect }, ["a"]);
  assertEquals(told, [], "honest peers and those without an address of their own");
});

Deno.test("user agents: counts of a closed list by netgroup, never a text", () => {
  const agents = ["/Satoshi:29.0.0/", "/Satoshi:29.0.0(x)/", "/Satoshi:31.1.0/", "/me:1/", "/you:1/"];
  const events = peers(50).map((peer, i) => version({ ...peer, userAgent: agents[i % 5]! }, at(1)));
  const summary = summaryOf(events);
  assertEquals(value(summary, Metric.NETGROUPS_BY_AGENT, Agent.CORE_29), 24);
  assertEquals(value(summary, Metric.NETGROUPS_BY_AGENT, Agent.CORE_31), 16);
  assertEquals(value(summary, Metric.NETGROUPS_BY_AGENT, Agent.OTHER_AGENT), 24);
});

Deno.test("user agents stay known in the bins after the handshake", () => {
  const summariser = new Summariser({ nodes: ["a"], policy: { clip: 64, keysPerNode: 26 }, canaries: [] });
  summariser.observe("a", encodeEvent(version(usual[0]!, at(1) - 600_000)));
  summariser.observe("a", encodeEvent(message(usual[0]!, { command: "ping", at: at(1) })));
  const closed = summariser.close(BIN);
  assert("summary" in closed);
  assertEquals(value(closed.summary, Metric.NETGROUPS_BY_AGENT, Agent.CORE_29), 8);
});

Deno.test("messages and bytes by type: log2 of sums in which no netgroup has more than its share", () => {
  const summary = summaryOf(honestly);
  assertEquals(value(summary, Metric.MESSAGES, Command.PING), toLog2(200));
  assertEquals(value(summary, Metric.BYTES, Command.PING), toLog2(1600));
  const flood = Array.from(
    { length: 10_000 },
    (_, i) => message(usual[0]!, { command: "ping", at: at(1) + i }),
  );
  assertEquals(value(summaryOf([...honestly, ...flood]), Metric.MESSAGES, Command.PING), toLog2(211));
});

Deno.test("messages that the node sends are not counted", () => {
  const sent = usual.map((peer) => message(peer, { command: "ping", inbound: false, at: at(1) }));
  assertEquals(value(summaryOf(sent), Metric.MESSAGES, Command.PING), 0);
});

Deno.test("addr and addrv2: log2 of their number and the share beyond the rate limit, never what is in them", () => {
  const events = (first: number) =>
    peers(32).flatMap((peer, i) => [
      version(peer, at(1 + i)),
      addresses(peer, at(1 + i), i < 16 ? 1 : 4, first),
    ]);
  const summary = summaryOf(events(9));
  assertEquals(value(summary, Metric.ADDRESSES), toLog2(80));
  assertEquals(value(summary, Metric.ADDRESSES_RATE_LIMITED), 12);
  assertEquals(summaryOf(events(77)), summary);
});

Deno.test("the share beyond the rate limit is the node's own where it gives one", () => {
  const infos = (processed: number, limited: number, seconds: number) =>
    rpc({
      case: "peerInfos",
      value: {
        infos: usual.map((p) => ({ ...peerInfo(p), addrProcessed: processed, addrRateLimited: limited })),
      },
    }, at(seconds));
  const summary = summaryOf([infos(100, 0, 10), infos(130, 10, 500)]);
  assertEquals(value(summary, Metric.ADDRESSES_RATE_LIMITED), 8);
});

Deno.test("transactions and mempool: log2 sizes and a bucket of the fee, never an id", () => {
  const mempool = (byte: number, kind: "added" | "rejected"): Event => {
    const txid = new Uint8Array(32).fill(byte);
    const event = kind === "added"
      ? { case: kind, value: { txid, vsize: byte, fee: byte } }
      : { case: kind, value: { txid, reason: `reason ${byte}` } };
    return { timestamp: at(byte), kind: "mempool", value: { event } };
  };
  const info = rpc({
    case: "mempoolInfo",
    value: {
      ...{ loaded: true, size: 5000, bytes: 3_000_000, usage: 1, totalFee: 1, maxMempool: 1, fullrbf: true },
      ...{ mempoolminfee: 1.2, minrelaytxfee: 0.1, incrementalrelayfee: 0.1, unbroadcastcount: 3 },
    },
  });
  const events = (from: number) => [
    ...[1, 2, 3, 4, 5].map((i) => mempool(from + i, "added")),
    ...[1, 2].map((i) => mempool(from + i, "rejected")),
    info,
  ];
  const summary = summaryOf(events(0));
  assertEquals(value(summary, Metric.TRANSACTIONS_ACCEPTED), 3);
  assertEquals(value(summary, Metric.TRANSACTIONS_REJECTED), 2);
  assertEquals(value(summary, Metric.MEMPOOL_TRANSACTIONS), 13);
  assertEquals(value(summary, Metric.MEMPOOL_BYTES), 22);
  assertEquals(value(summary, Metric.MEMPOOL_MIN_FEE), 3);
  assertEquals(summaryOf(events(100)), summary);
});

function connected(byte: number, height: number, ms: number, timeMs = 50): Event {
  const value = {
    ...{ hash: new Uint8Array(32).fill(byte), height, transactions: 1, inputs: 1, sigops: 1 },
    connectionTime: timeMs * 1e6,
  };
  return { timestamp: START + ms, kind: "validation", value: { event: { case: "blockConnected", value } } };
}

function twoNodes(a: readonly Event[], b: readonly Event[]): Summary {
  const summariser = new Summariser({
    nodes: ["a", "b"],
    policy: { clip: 64, keysPerNode: 26 },
    canaries: [],
  });
  for (const event of a) summariser.observe("a", encodeEvent(event));
  for (const event of b) summariser.observe("b", encodeEvent(event));
  const closed = summariser.close(BIN);
  assert("summary" in closed);
  return closed.summary;
}

Deno.test("a block's arrival: its hash and a bucket behind the operator's own first, never milliseconds", () => {
  const summary = twoNodes([connected(1, 100, 5000)], [connected(1, 100, 8123)]);
  assertEquals(summary.blocks, [{ hash: new Uint8Array(32).fill(1), delay: Delay.BELOW_5_S }]);
  assertEquals(twoNodes([connected(1, 100, 300_000)], [connected(1, 100, 302_001)]), summary);
  assertEquals(
    twoNodes([connected(1, 100, 8000)], [connected(1, 100, 5000)]).blocks,
    summary.blocks,
    "whichever is first",
  );
});

Deno.test("chain tips, forks, invalid blocks: hash, height, status, and not which node", () => {
  const log = (hash: number, state: string): Event => {
    const blockHash = hash.toString(16).padStart(2, "0").repeat(32);
    return {
      timestamp: at(30),
      kind: "log",
      value: {
        ...{ logTimestamp: 0, category: 26, threadname: "", logLevel: 3, logLineBytes: 1 },
        logEvent: { case: "blockCheckedLog", value: { blockHash, state, debugMessage: "secret" } },
      },
    };
  };
  const header = log(3, "");
  const saw = { blockHash: "03".repeat(32), blockHeight: 101, peerId: 7, isCmpctblock: false };
  if (header.kind === "log") header.value.logEvent = { case: "sawNewHeaderLog", value: saw };
  const one = [connected(1, 100, 1000), connected(2, 100, 2000)];
  const other = [connected(2, 100, 1500), header, log(3, "bad-cb-amount")];
  const summary = twoNodes(one, other);
  assertEquals(summary.tips.map(({ hash, height, status }) => [hash[0], height, status]), [
    [2, 100, TipStatus.ACTIVE],
    [1, 100, TipStatus.VALID_FORK],
    [3, 101, TipStatus.INVALID],
  ]);
  assertEquals(summary.anomalies, [Anomaly.FORK]);
  assertEquals(twoNodes(other, one), summary);
  const mutated = twoNodes([connected(1, 100, 1000), log(1, "bad-txnmrklroot")], [connected(1, 100, 1000)]);
  assertEquals(mutated.anomalies, [Anomaly.MUTATED_BLOCKS]);
  assertEquals(mutated.tips.length, 1, "the block itself is fine");
});

Deno.test("a hash in a message or an answer to it never leaves: it could be made for one node alone", () => {
  const hash = new Uint8Array(32).fill(99);
  const header = { version: 1, prevBlockhash: hash, merkleRoot: hash, time: 1, bits: 1, nonce: 1, hash };
  const events = [
    message(usual[0]!, {
      command: "headers",
      at: at(1),
      msg: { case: "headers", value: { headers: [header] } },
    }),
    message(usual[0]!, {
      command: "block",
      at: at(1),
      msg: { case: "block", value: { header, transactions: [] } },
    }),
  ];
  const summary = summaryOf(events);
  assertEquals([summary.blocks, summary.tips], [[], []]);
});

Deno.test("ping backlog, validation time: one bit, never the series", () => {
  const summariser = new Summariser({ nodes: ["a"], policy: { clip: 64, keysPerNode: 26 }, canaries: [] });
  const ping = (ms: number, timestamp: number): Event => {
    const p2pEvent = { case: "pingDuration", value: { duration: ms * 1e6 } } as const;
    return { timestamp, kind: "p2p", value: { p2pEvent } };
  };
  for (let i = 20; i > 0; i--) {
    summariser.observe("a", encodeEvent(ping(20, START - i * 600_000)));
    summariser.observe("a", encodeEvent(connected(i, i, -i * 600_000)));
    summariser.close(BIN - i);
  }
  summariser.observe("a", encodeEvent(ping(1999, START)));
  summariser.observe("a", encodeEvent(connected(200, 200, 0, 5999)));
  const closed = summariser.close(BIN);
  assert("summary" in closed);
  assertEquals(closed.summary.anomalies, [Anomaly.SLOW_VALIDATION, Anomaly.BUSY_MESSAGE_THREAD]);
  assertEquals(closed.summary.values, []);
});

Deno.test("closes, evictions, openings, misbehaviour: log2 of netgroups, never who or when", () => {
  const events = peers(20).flatMap((peer, i) => [
    connection(peer, at(i)),
    ...BEHAVIOURS.MISBEHAVING(peer).slice(1),
    connection(peer, at(100 + i), "inboundEvicted"),
    connection(peer, at(200 + i), "closed"),
  ]);
  const summary = summaryOf(events);
  const { CONNECTIONS_OPENED, CONNECTIONS_CLOSED, CONNECTIONS_EVICTED, PEERS_MISBEHAVED } = Metric;
  for (const metric of [CONNECTIONS_OPENED, CONNECTIONS_CLOSED, CONNECTIONS_EVICTED, PEERS_MISBEHAVED]) {
    assertEquals(value(summary, metric), 5, metricName(metric));
  }
});

Deno.test("log lines and other free text: nothing of them changes a summary", () => {
  const line = (rawMessage: string): Event => ({
    timestamp: at(1),
    kind: "log",
    value: {
      ...{
        logTimestamp: 1,
        category: 14,
        threadname: rawMessage,
        logLevel: 3,
        logLineBytes: rawMessage.length,
      },
      logEvent: { case: "unknownLogMessage", value: { rawMessage } },
    },
  });
  assertEquals(summaryOf([line("New peer connected from 8.8.8.8")]), summaryOf([line("x")]));
});
