/** Bytes that other writers may produce and that mean the same, or nearly. */

import { assert, assertEquals } from "@std/assert";
import { decodeEvent, encodeEvent, type Payloads } from "../event.ts";
import type { Kind } from "../subjects.ts";
import type { MessageEvent, Rpc } from "../schema.ts";
import { base128, bool, bytes, fixed64, message, packed, sint, sub, tag, text, varint } from "./assemble.ts";
import { envelope, run } from "./golden.ts";
import { metadata } from "./messages.ts";

function read<K extends Kind>(kind: K, payload: Uint8Array, unknownFields = 0): Payloads[K] {
  const decoded = decodeEvent(envelope(kind, payload));
  assert(decoded.ok);
  assertEquals(decoded.event.kind, kind);
  assertEquals(decoded.unknownFields, unknownFields);
  return decoded.event.value as Payloads[K];
}

function readMessage(field: Uint8Array, unknownFields = 0): MessageEvent["msg"] {
  return read("message", message(sub(1, metadata.bytes), field), unknownFields).msg;
}

function readRpc(field: Uint8Array, unknownFields = 0): Rpc["rpcEvent"] {
  return read("rpc", field, unknownFields).rpcEvent;
}

const NUMBERS = [0, 1, 300, 4294967296, 9007199254740991];

Deno.test("packed block transaction indexes are read like unpacked ones, also mixed and in pieces", () => {
  const value = { blockHash: run(1), txIndexes: NUMBERS };
  const hash = bytes(1, run(1));
  const forms = [
    message(hash, packed(2, NUMBERS)),
    message(packed(2, NUMBERS), hash),
    message(
      hash,
      varint(2, 0),
      packed(2, [1, 300]),
      packed(2, []),
      varint(2, 4294967296),
      packed(2, [2 ** 53 - 1]),
    ),
  ];
  for (const form of forms) {
    assertEquals<unknown>(readMessage(sub(19, form)), { case: "getblocktxn", value });
  }
});

Deno.test("packed heights of a peer and packed origins of an orphan are read", () => {
  const peers = readRpc(sub(1, sub(1, packed(28, NUMBERS), varint(28, 7))));
  assert(peers?.case === "peerInfos");
  assertEquals(peers.value.infos[0]?.inflight, [...NUMBERS, 7]);
  const orphans = readRpc(sub(10, sub(1, varint(6, 7), packed(6, NUMBERS))));
  assert(orphans?.case === "orphanTxs");
  assertEquals(orphans.value.orphans[0]?.from, [7, ...NUMBERS]);
});

Deno.test("packed flags of a merkleblock are read", () => {
  const msg = readMessage(sub(30, packed(3, [1, 0, 2, 2 ** 40]), bool(3, false)));
  assert(msg?.case === "merkleblock");
  assertEquals(msg.value.bits, [true, false, true, true, false]);
});

Deno.test("a packed list that ends inside a number is refused", () => {
  const data = envelope("message", sub(19, sub(2, Uint8Array.of(1, 0x80))));
  assertEquals(decodeEvent(data), { ok: false, reason: "truncated", offset: 10 });
});

Deno.test("a varint padded with zeros is its number", () => {
  for (let length = 2; length <= 10; length++) {
    const padded = new Uint8Array(length).fill(0x80);
    padded[0] = 0x85;
    padded[length - 1] = 0;
    assertEquals(readRpc(message(tag(3, 0), padded)), { case: "uptime", value: 5 });
    const lengthPadded = message(tag(3, 2), padded.with(0, 0x83), varint(1, 300));
    const decoded = decodeEvent(lengthPadded);
    assert(decoded.ok);
    assertEquals<unknown>(decoded.event.value, { p2pEvent: undefined });
  }
});

Deno.test("32-bit fields take the low 32 bits of longer varints, as other readers do", () => {
  assertEquals(readRpc(varint(3, 2n ** 32n + 5n)), { case: "uptime", value: 5 });
  const tip = read("ipc", sub(1, varint(1, 2n ** 32n + 5n), bytes(2, run(1))));
  assertEquals(tip.ipcEvent, { case: "blockTip", value: { height: 5, hash: run(1) } });
});

Deno.test("a negative int32 in five bytes is read like one in ten", () => {
  const tip = read("ipc", sub(1, message(tag(1, 0), base128(0xffffffff)), bytes(2, run(1))));
  assertEquals(tip.ipcEvent, { case: "blockTip", value: { height: -1, hash: run(1) } });
});

Deno.test("unsigned 64-bit numbers beyond 2^53 become the nearest double where they are numbers", () => {
  const duration = read("p2p", sub(1, varint(1, 2n ** 64n - 1n)));
  assertEquals(duration.p2pEvent, { case: "pingDuration", value: { duration: 2 ** 64 } });
  const added = read("mempool", sub(1, bytes(1, run(1)), varint(2, 1), varint(3, -(2n ** 63n))));
  assertEquals(added.event, { case: "added", value: { txid: run(1), vsize: 1, fee: -(2 ** 63) } });
});

Deno.test("unknown enum numbers survive", () => {
  const reasons: [number, number][] = [[99, 99], [2147483647, 2147483647], [-7, -7]];
  for (const [written, expected] of reasons) {
    const msg = readMessage(sub(39, text(1, "tx"), varint(2, written), text(3, ""), bytes(4, run(1))));
    assert(msg?.case === "reject");
    assertEquals(msg.value.reason, expected);
  }
});

const REPLACED = "\u{fffd}";

Deno.test("bytes that are not UTF-8 become U+FFFD, in short and in long texts", () => {
  const cases: [number[], string][] = [
    [[0xff], REPLACED],
    [[0x61, 0xc3], `a${REPLACED}`],
    [[0xc3, 0x28], `${REPLACED}(`],
    [[...run(0x61, 26), ...run(0x61, 26), 0xfe], `${"abcdefghijklmnopqrstuvwxyz".repeat(2)}${REPLACED}`],
  ];
  for (const [raw, expected] of cases) {
    const event = read("log", message(sub(4, bytes(1, Uint8Array.from(raw))), varint(7, 0)));
    assertEquals(event.logEvent, { case: "unknownLogMessage", value: { rawMessage: expected } });
  }
});

Deno.test("texts of every length around the codec's shortcuts are read, ASCII or not", () => {
  for (let length = 0; length < 140; length++) {
    for (
      const expected of [
        "x".repeat(length),
        "x".repeat(length) + "é",
        "é" + "x".repeat(length),
        "\0".repeat(length),
      ]
    ) {
      const event = read("log", message(sub(4, text(1, expected)), varint(7, 0)));
      assertEquals(event.logEvent, { case: "unknownLogMessage", value: { rawMessage: expected } });
    }
  }
});

Deno.test("map entries without key or value, in reverse order and with more fields are read", () => {
  const networks = readRpc(
    sub(
      6,
      sub(1, text(1, "no value")),
      sub(1, sub(2, varint(1, 1), varint(2, 2), varint(3, 3))),
      sub(1, sub(2, varint(1, 4), varint(2, 5), varint(3, 6)), text(1, "reversed")),
      sub(1, text(1, "more"), varint(3, 1), sub(2, varint(1, 7))),
    ),
    1,
  );
  assert(networks?.case === "addrmanInfo");
  assertEquals(
    networks.value.networks,
    new Map([
      ["no value", { new: 0, tried: 0, total: 0 }],
      ["", { new: 1, tried: 2, total: 3 }],
      ["reversed", { new: 4, tried: 5, total: 6 }],
      ["more", { new: 7, tried: 0, total: 0 }],
    ]),
  );
  const noEntries = { entries: new Map() };
  const addrman = readRpc(sub(11, sub(1), sub(2, varint(1, 9)), sub(2)));
  assert(addrman?.case === "addrman");
  assertEquals(addrman.value, {
    new: new Map([[0, noEntries]]),
    tried: new Map([[9, noEntries], [0, noEntries]]),
  });
  const buckets = readRpc(sub(11, sub(1, sub(2, sub(1, sub(2, varint(2, 8333))), sub(1, varint(1, 7))))));
  assert(buckets?.case === "addrman");
  const entries = buckets.value.new.get(0)?.entries;
  assertEquals([...entries?.keys() ?? []], [0, 7]);
  assertEquals([...entries?.values() ?? []].map(({ port }) => port), [8333, 0]);
});

Deno.test("the keys 0 and empty of a map survive being written and read", () => {
  const networks = new Map([["", { new: 0, tried: 0, total: 0 }], ["a", { new: 1, tried: 0, total: 0 }]]);
  const buckets = new Map([[0, { entries: new Map() }], [5, { entries: new Map() }]]);
  const answers: Rpc["rpcEvent"][] = [
    { case: "addrmanInfo", value: { networks } },
    { case: "addrman", value: { new: buckets, tried: new Map() } },
  ];
  for (const rpcEvent of answers) {
    const event = { timestamp: 1, kind: "rpc", value: { rpcEvent } } as const;
    assertEquals(decodeEvent(encodeEvent(event)), { ok: true, event, unknownFields: 0 });
  }
});

Deno.test("of map entries with the same key the last one wins", () => {
  const networks = readRpc(
    sub(6, sub(1, text(1, "a"), sub(2, varint(1, 1))), sub(1, text(1, "a"), sub(2, varint(1, 2)))),
  );
  assert(networks?.case === "addrmanInfo");
  assertEquals(networks.value.networks, new Map([["a", { new: 2, tried: 0, total: 0 }]]));
});

Deno.test("fields in another order are read", () => {
  const event = decodeEvent(
    message(varint(10, 5), sub(1, sub(1, sub(2, fixed64(1, 7n)), sub(1, metadata.bytes)))),
  );
  assertEquals(event, {
    ok: true,
    event: {
      timestamp: 5,
      kind: "message",
      value: { meta: metadata.value, msg: { case: "ping", value: { value: 7n } } },
    },
    unknownFields: 0,
  });
});

Deno.test("of a field that occurs twice the last one wins", () => {
  const tip = read("ipc", sub(1, varint(1, 1), bytes(2, run(1)), varint(1, 2), bytes(2, run(2))));
  assertEquals(tip.ipcEvent, { case: "blockTip", value: { height: 2, hash: run(2) } });
});

Deno.test("a known number with another wire type is an unknown field", () => {
  assertEquals(readRpc(message(varint(3, 5), fixed64(3, 7n)), 1), { case: "uptime", value: 5 });
  assertEquals(readRpc(message(varint(3, 5), text(3, "ab")), 1), { case: "uptime", value: 5 });
  const tip = read("ipc", sub(1, varint(1, 1), bytes(2, run(2)), varint(2, 3), text(1, "a")), 2);
  assertEquals(tip.ipcEvent, { case: "blockTip", value: { height: 1, hash: run(2) } });
});

Deno.test("of two members of a oneof the last one wins", () => {
  assertEquals(readRpc(message(varint(3, 5), sub(10))), { case: "orphanTxs", value: { orphans: [] } });
  assertEquals(readRpc(message(sub(10), varint(3, 5))), { case: "uptime", value: 5 });
  assertEquals(readRpc(message(varint(3, 5), varint(3, 6))), { case: "uptime", value: 6 });
  const ping = sub(2, fixed64(1, 7n));
  assertEquals<unknown>(readMessage(message(ping, bool(32, true))), { case: "verack", value: true });
  assertEquals<unknown>(readMessage(message(bool(32, true), ping)), { case: "ping", value: { value: 7n } });
  assertEquals<unknown>(readMessage(message(sub(10, sint(1, 1)), sub(21, bytes(1, run(1))))), {
    case: "alert",
    value: { alert: run(1) },
  });
  const inv = readMessage(
    sub(4, sub(1, bool(15, true), bytes(3, run(3))), sub(1, bytes(3, run(3)), bool(15, true))),
  );
  assertEquals<unknown>(inv, {
    case: "inv",
    value: { items: [{ item: { case: "wtx", value: run(3) } }, { item: { case: "error", value: true } }] },
  });
  const addr = readMessage(
    sub(8, sub(1, text(7, "fc00::1"), text(2, "192.0.2.1")), sub(1, text(2, "a"), text(3, "b"))),
  );
  assertEquals<unknown>(addr, {
    case: "addr",
    value: {
      addresses: [
        { timestamp: 0, address: { case: "ipv4", value: "192.0.2.1" }, services: 0n, port: 0 },
        { timestamp: 0, address: { case: "ipv6", value: "b" }, services: 0n, port: 0 },
      ],
    },
  });
  const closed = read("connection", message(sub(5, varint(1, 1), text(2, "")), sub(1, varint(2, 3))));
  assertEquals(closed.event?.case, "closed");
  const rejected = read("mempool", message(sub(1), sub(4, bytes(1, run(1)), text(2, "a"))));
  assertEquals(rejected.event, { case: "rejected", value: { txid: run(1), reason: "a" } });
  assertEquals(read("addrman", message(sub(2), sub(1))).event?.case, "new");
  assertEquals(read("p2p", message(sub(1, varint(1, 1)), sint(4, -5))).p2pEvent, {
    case: "feefilterAnnouncement",
    value: -5n,
  });
  const line = read("log", message(sub(3), sub(10), sub(4, text(1, "a")), varint(7, 1)));
  assertEquals(line.logEvent, { case: "unknownLogMessage", value: { rawMessage: "a" } });
});
