import { assert, assertEquals, assertThrows } from "@std/assert";
import type { PeerInfo } from "../../../proto/schema.ts";
import { noNotes, recorded } from "../_recorded.ts";
import type { Note } from "../json.ts";
import { peerInfos } from "./peer_infos.ts";

function peersOf(answer: unknown, note: Note = noNotes): PeerInfo[] {
  const event = peerInfos(answer, note);
  assert(event.case === "peerInfos");
  return event.value.infos;
}

Deno.test("peerInfos() reads an outbound v1 peer of Core 31, which has no startingheight any more", () => {
  const peers = peersOf(recorded("core31", "getpeerinfo"));
  assertEquals(peers.map(({ id }) => id), [0, 2, 3, 4]);
  assertEquals(peers[0], {
    id: 0,
    address: "127.0.0.1:18446",
    addressBind: "127.0.0.1:37224",
    addressLocal: "",
    network: "not_publicly_routable",
    mappedAs: 0,
    services: "0000000000000c09",
    relayTransactions: true,
    lastSend: 1795204690,
    lastReceived: 1795204574,
    lastTransaction: 0,
    lastBlock: 1795203453,
    bytesSent: 36324,
    bytesReceived: 2704,
    connectionTime: 1795203374,
    timeOffset: 0,
    pingTime: 0.000497858,
    minimumPing: 0.000232784,
    pingWait: 0,
    version: 70017,
    subversion: "/Satoshi:31.99.0/",
    inbound: false,
    bip152HbTo: true,
    bip152HbFrom: true,
    startingHeight: 0,
    syncedHeaders: 13,
    syncedBlocks: 13,
    inflight: [],
    addrRelayEnabled: true,
    addrProcessed: 0,
    addrRateLimited: 0,
    permissions: [],
    minfeefilter: 0.000001,
    bytesSentPerMessage: new Map([
      ["block", 1088],
      ["cmpctblock", 32712],
      ["feefilter", 64],
      ["getaddr", 24],
      ["getdata", 133],
      ["getheaders", 634],
      ["headers", 374],
      ["inv", 302],
      ["ping", 352],
      ["pong", 352],
      ["sendaddrv2", 24],
      ["sendcmpct", 66],
      ["sendheaders", 24],
      ["verack", 24],
      ["version", 127],
      ["wtxidrelay", 24],
    ]),
    bytesReceivedPerMessage: new Map([
      ["block", 816],
      ["feefilter", 64],
      ["getdata", 169],
      ["getheaders", 186],
      ["headers", 293],
      ["inv", 183],
      ["ping", 352],
      ["pong", 352],
      ["sendaddrv2", 24],
      ["sendcmpct", 66],
      ["sendheaders", 24],
      ["verack", 24],
      ["version", 127],
      ["wtxidrelay", 24],
    ]),
    connectionType: "manual",
    transportProtocolType: "v1",
    invToSend: 0,
    cpuLoad: 0,
  });
});

Deno.test("peerInfos() reads an inbound v2 peer of Core 31 that has blocks and transactions to come", () => {
  const { inbound, connectionType, transportProtocolType, invToSend, syncedBlocks, bip152HbTo } = peersOf(
    recorded("core31", "getpeerinfo"),
  )[1]!;
  assertEquals({ inbound, connectionType, transportProtocolType, invToSend, syncedBlocks, bip152HbTo }, {
    inbound: true,
    connectionType: "inbound",
    transportProtocolType: "v2",
    invToSend: 6,
    syncedBlocks: -1,
    bip152HbTo: false,
  });
});

Deno.test("peerInfos() reads a peer of Knots 29, with its permissions and its processor time", () => {
  const peers = peersOf(recorded("knots29", "getpeerinfo"));
  assertEquals(peers.length, 2);
  assertEquals(peers[0], {
    id: 0,
    address: "127.0.0.1:18445",
    addressBind: "127.0.0.1:57940",
    addressLocal: "",
    network: "not_publicly_routable",
    mappedAs: 0,
    services: "0000000000000c09",
    relayTransactions: true,
    lastSend: 1795204688,
    lastReceived: 1795204680,
    lastTransaction: 0,
    lastBlock: 0,
    bytesSent: 14993,
    bytesReceived: 2250,
    connectionTime: 1795204680,
    timeOffset: 0,
    pingTime: 0.0009970000000000001,
    minimumPing: 0.0009970000000000001,
    pingWait: 0,
    version: 70017,
    subversion: "/Satoshi:31.99.0/",
    inbound: false,
    bip152HbTo: false,
    bip152HbFrom: false,
    startingHeight: 13,
    syncedHeaders: 13,
    syncedBlocks: 13,
    inflight: [],
    addrRelayEnabled: true,
    addrProcessed: 0,
    addrRateLimited: 0,
    permissions: ["bloomfilter"],
    minfeefilter: 0.000001,
    bytesSentPerMessage: new Map([
      ["feefilter", 58],
      ["getaddr", 33],
      ["getheaders", 474],
      ["headers", 10824],
      ["inv", 174],
      ["ping", 29],
      ["pong", 29],
      ["sendaddrv2", 33],
      ["sendcmpct", 30],
      ["sendheaders", 33],
      ["verack", 33],
      ["version", 150],
      ["wtxidrelay", 33],
    ]),
    bytesReceivedPerMessage: new Map([
      ["feefilter", 29],
      ["getheaders", 474],
      ["headers", 103],
      ["ping", 29],
      ["pong", 29],
      ["sendaddrv2", 33],
      ["sendcmpct", 30],
      ["sendheaders", 33],
      ["verack", 33],
      ["version", 136],
      ["wtxidrelay", 33],
    ]),
    connectionType: "manual",
    transportProtocolType: "v2",
    invToSend: 0,
    cpuLoad: 0.8541661,
  });
  assertEquals(peers[1]!.lastBlock, 1795204688);
});

Deno.test("peerInfos() reads what only a node on the public network prints", () => {
  const [peer] = peersOf([{
    id: 4294967295,
    addrlocal: "203.0.113.7:8333",
    mapped_as: 64496,
    pingwait: 1.25,
    timeoffset: -3,
    startingheight: -1,
    inflight: [900001, 900002],
    bytesrecv_per_msg: { "*other*": 40, __proto__: 1 },
  }]);
  assert(peer !== undefined);
  assertEquals([peer.id, peer.addressLocal, peer.mappedAs], [4294967295, "203.0.113.7:8333", 64496]);
  assertEquals([peer.pingWait, peer.timeOffset, peer.startingHeight], [1.25, -3, -1]);
  assertEquals(peer.inflight, [900001, 900002]);
  assertEquals(peer.bytesReceivedPerMessage.get("*other*"), 40);
});

Deno.test("peerInfos() gives a field that Core 24 does not print the schema's default", () => {
  const [peer] = peersOf([{ id: 1, addr: "[2001:db8::1]:8333", relaytxes: null }]);
  assert(peer !== undefined);
  assertEquals(peer.address, "[2001:db8::1]:8333");
  assertEquals([peer.relayTransactions, peer.transportProtocolType, peer.addrProcessed], [false, "", 0]);
  assertEquals([peer.inflight, peer.permissions, peer.bytesSentPerMessage], [[], [], new Map()]);
});

Deno.test("peerInfos() notes fields of another type once per field and keeps the rest", () => {
  const notes: string[] = [];
  const peers = peersOf([
    {
      id: -1,
      addr: 7,
      subver: "/x/",
      minping: 1e999,
      permissions: ["noban", 3],
      bytessent_per_msg: { inv: "9", tx: 8 },
    },
    "no peer",
  ], (path) => notes.push(path));
  assertEquals(notes, ["*", "id", "addr", "minping", "permissions", "bytessent_per_msg"]);
  assertEquals(peers.length, 1);
  assertEquals([peers[0]!.subversion, peers[0]!.permissions], ["/x/", ["noban"]]);
  assertEquals(peers[0]!.bytesSentPerMessage, new Map([["tx", 8]]));
});

Deno.test("peerInfos() refuses an answer that is no list, or longer than any node's", () => {
  assertThrows(() => peerInfos({}, noNotes), TypeError, "expected a list, got an object");
  assertThrows(() => peerInfos(null, noNotes), TypeError, "expected a list, got null");
  assertThrows(() => peerInfos(new Array(100_001).fill({}), noNotes), RangeError, "100001 entries");
});
