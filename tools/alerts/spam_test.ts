import { assertEquals } from "@std/assert";
import type { Event } from "../../proto/event.ts";
import type { Address, MessageEvent } from "../../proto/schema.ts";
import { DEFAULTS, watching } from "./_watching.ts";

const NOW = 1_750_939_200_000;

type Content = NonNullable<MessageEvent["msg"]>;

function message(
  second: number,
  msg: Content,
  { id = 7, inbound = true, addr = "203.0.113.7:8333", connType = 1 } = {},
): Event {
  const command = msg.case === "emptyaddrv2" ? "addrv2" : msg.case === "oldping" ? "ping" : msg.case;
  const meta = { peerId: id, addr, connType, command, inbound, size: 8 };
  return { timestamp: NOW + second * 1000, kind: "message", value: { meta, msg } };
}

const ping: Content = { case: "ping", value: { value: 1n } };
const pong: Content = { case: "pong", value: { value: 1n } };
const getaddr: Content = { case: "getaddr", value: true };

function addr(entries: number, version: "addr" | "addrv2" = "addr"): Content {
  const one: Address = {
    timestamp: 1,
    address: { case: "ipv4", value: "192.0.2.1" },
    services: 1n,
    port: 8333,
  };
  return { case: version, value: { addresses: new Array<Address>(entries).fill(one) } };
}

function closed(second: number, id = 7): Event {
  const conn = { peerId: id, addr: "203.0.113.7:8333", connType: 1, network: 1 };
  const value = { event: { case: "closed", value: { conn, timeEstablished: NOW / 1000 } } } as const;
  return { timestamp: NOW + second * 1000, kind: "connection", value };
}

function linesOf(events: readonly Event[], options: Parameters<typeof watching>[0] = {}): string[] {
  const { fired, see } = watching(options);
  see(events);
  return fired().map(({ text }) => text);
}

Deno.test("PingSpammer: the fourth ping in 120 s, once, in the words of the Rust tool", () => {
  const lines = linesOf([0, 40, 80, 119, 120, 121].map((second) => message(second, ping)));
  assertEquals(lines, [
    "PingSpammer | peer_id=7 addr=203.0.113.7:8333 | 4 pings in last 120s (threshold: 3)",
  ]);
});

Deno.test("PingSpammer: not for pings that are sent, have no nonce, are of several peers or far apart", () => {
  const old: Content = { case: "oldping", value: true };
  const times = [0, 1, 2, 3, 4, 5];
  assertEquals(linesOf(times.map((second) => message(second, ping, { inbound: false }))), []);
  assertEquals(linesOf(times.map((second) => message(second, old))), []);
  assertEquals(linesOf(times.map((second) => message(second, ping, { id: second }))), []);
  assertEquals(linesOf(times.map((second) => message(second * 41, ping))), []);
  // A connection by -addnode, as the p2p extractor's is.
  assertEquals(linesOf(times.map((second) => message(second, ping, { connType: 0 }))), []);
});

Deno.test("AddrSpammer: addr and addrv2 together, empty ones not", () => {
  const empty: Content = { case: "emptyaddrv2", value: true };
  const limits = { ...DEFAULTS, addrEntriesThreshold: 1000 };
  const six = [0, 1, 2, 3, 4, 5].map((second) => message(second, addr(1, second % 2 ? "addr" : "addrv2")));
  assertEquals(linesOf([...six, message(6, empty)], { limits }), []);
  assertEquals(linesOf([...six, message(59, addr(0))], { limits }), [
    "AddrSpammer | peer_id=7 addr=203.0.113.7:8333 | 7 addr/addrv2 messages in last 60s (threshold: 6)",
  ]);
});

Deno.test("AddrEntriesSpammer: one token at first, a tenth a second, whole tokens only", () => {
  // 1 token at 0 s; 1 of 1.99 at 9.9 s leaves 0.99; 2 of 2.0 at 20 s; so 2 + 9 + 9 had none, then 2 more.
  const events = [message(0, addr(3)), message(9.9, addr(9)), message(20, addr(11))];
  assertEquals(linesOf(events), []);
  assertEquals(linesOf([...events, message(21, addr(2))]), [
    "AddrEntriesSpammer | peer_id=7 addr=203.0.113.7:8333 | 22 addr/addrv2 entries rate-limited " +
    "(threshold: 20, bucket: 1000, rate: 0.1/s, getaddr_sent: 0)",
  ]);
});

Deno.test("AddrEntriesSpammer: an answer to getaddr is no spam, a second one is", () => {
  const asked = [message(0, getaddr, { inbound: false }), message(1, addr(1000))];
  assertEquals(linesOf(asked), []);
  assertEquals(linesOf([...asked, message(2, addr(1000))]), [
    "AddrEntriesSpammer | peer_id=7 addr=203.0.113.7:8333 | 999 addr/addrv2 entries rate-limited " +
    "(threshold: 20, bucket: 1000, rate: 0.1/s, getaddr_sent: 1)",
  ]);
});

Deno.test("AddrEntriesSpammer: a getaddr that the peer sends adds nothing", () => {
  assertEquals(linesOf([message(0, getaddr), message(1, addr(30))]).length, 1);
});

Deno.test("PeerDisconnected: how long, and which rules in their order", () => {
  const events = [
    message(0, addr(50)),
    ...[1, 2, 3, 4].map((second) => message(second, ping)),
    closed(130.9),
  ];
  assertEquals(
    linesOf(events).at(-1),
    "PeerDisconnected | peer_id=7 addr=203.0.113.7:8333 | active=130s | flags=[PingSpammer, AddrEntriesSpammer]",
  );
});

Deno.test("PeerDisconnected: not for a peer that did nothing", () => {
  assertEquals(linesOf([message(0, ping), closed(1)]), []);
});

Deno.test("PeerDisconnected: a peer that falls silent is gone after 300 s, any message keeps it", () => {
  const spam = [1, 2, 3, 4].map((second) => message(second, ping));
  const others = (to: number) =>
    Array.from({ length: to / 100 }, (_, i) => message(i * 100 + 100, pong, { id: 8 }));
  const gone = linesOf([...spam, ...others(900)]);
  assertEquals(gone.length, 2);
  assertEquals(gone[1]!.startsWith("PeerDisconnected | peer_id=7 addr=203.0.113.7:8333 | active="), true);
  const kept = others(900).flatMap((event, i) => [message(i * 100 + 99, pong), event]);
  assertEquals(linesOf([...spam, ...kept]).length, 1);
});

Deno.test("a peer's number that is used again after a restart is another peer", () => {
  const first = [1, 2, 3, 4].map((second) => message(second, ping));
  const second = [5, 6, 7, 8].map((second) => message(second, ping, { addr: "198.51.100.1:1" }));
  assertEquals(linesOf([...first, ...second]).map((line) => line.split(" | ")[0]), [
    "PingSpammer",
    "PeerDisconnected",
    "PingSpammer",
  ]);
});

Deno.test("thousands of spammers give 200 lines of a rule an hour, and the rest is counted", () => {
  const { fired, told, counts, see } = watching();
  const flood = Array.from({ length: 20_000 }, (_, i) => message(i / 1000, addr(50), { id: i }));
  see(flood);
  see([message(400, pong), message(700, pong)]);
  assertEquals(fired("AddrEntriesSpammer").length, 200);
  assertEquals(counts.get("held back: AddrEntriesSpammer"), 20_000 - 200);
  assertEquals(counts.get("peers forgotten: too many"), 10_000);
  assertEquals(told.filter(({ state }) => state === "resolved").length, 200);
});

Deno.test("a rule that is switched off is silent, also in the report", () => {
  const events = [message(0, addr(50)), ...[1, 2, 3, 4].map((second) => message(second, ping)), closed(9)];
  const lines = linesOf(events, { off: new Set(["PingSpammer"]) });
  assertEquals(lines.map((line) => line.split(" | ").at(-1)!.slice(0, 26)), [
    "49 addr/addrv2 entries rat",
    "flags=[AddrEntriesSpammer]",
  ]);
});
