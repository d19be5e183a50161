/** What newer writers may send: fields and members that this schema does not know, and fields left out. */

import { assert, assertEquals } from "@std/assert";
import { decodeEvent, type Event, peek } from "../event.ts";
import * as schema from "../codec.ts";
import { Reader } from "../reader.ts";
import { all } from "./all.ts";
import { bytes, fixed32, fixed64, message, sub, varint } from "./assemble.ts";
import { envelope, PIECES, run, TIMESTAMP } from "./golden.ts";
import { metadata } from "./messages.ts";
import "./others.ts";

type Decode = (reader: Reader, end: number) => unknown;
const decoders = schema as unknown as Record<string, Decode>;

function decode(name: string, data: Uint8Array): { value: unknown; unknownFields: number; left: number } {
  const reader = new Reader(data);
  const value = decoders[`decode${name}`]!(reader, data.length);
  return { value, unknownFields: reader.unknownFields, left: data.length - reader.pos };
}

// One per wire type; the last number is the highest there is.
const STRANGERS = [
  varint(3000, 2n ** 64n - 1n),
  fixed64(3001, 2n ** 64n - 1n),
  bytes(3002, run(0, 200)),
  fixed32(536870911, 4294967295),
];

Deno.test("unknown fields before and after those of any message are counted and change nothing", () => {
  for (const { name, value, bytes } of PIECES) {
    const data = message(...STRANGERS, bytes, ...STRANGERS);
    assertEquals(decode(name, data), { value, unknownFields: 8, left: 0 }, name);
  }
});

Deno.test("a message without any field is one of defaults", () => {
  for (const { name, value } of PIECES.filter((each) => each.blank)) {
    assertEquals(decode(name, new Uint8Array(0)), { value, unknownFields: 0, left: 0 }, name);
  }
});

Deno.test("unknown fields around the members of the envelope are counted and change nothing", () => {
  for (const { name, event, bytes } of all) {
    const data = message(...STRANGERS, bytes, ...STRANGERS);
    assertEquals(decodeEvent(data), { ok: true, event, unknownFields: 8 }, name);
    const [glance, plain] = [peek(data), peek(bytes)];
    assertEquals(glance, plain, name);
  }
});

Deno.test("unknown fields of the eBPF envelope are counted and change nothing", () => {
  for (const { name, event, bytes: data } of all) {
    if (data[0] !== 10) continue;
    const { bytes: payload } = PIECES.find(({ value }) => value === event.value)!;
    const number =
      { message: 1, connection: 2, addrman: 3, mempool: 4, validation: 5 }[event.kind as "message"];
    const strange = message(
      sub(1, ...STRANGERS, sub(number, payload), ...STRANGERS),
      varint(10, event.timestamp),
    );
    assertEquals(decodeEvent(strange), { ok: true, event, unknownFields: 8 }, name);
    assertEquals(peek(strange), peek(data), name);
  }
});

const NEWER = sub(99, varint(1, 1));

function event(kind: Exclude<Event["kind"], "none">, value: unknown): Event {
  return { timestamp: TIMESTAMP, kind, value } as Event;
}

const NO_MEMBER = { event: undefined };
const address = { timestamp: 1, address: undefined, services: 2n, port: 3 };
const addressBytes = [varint(1, 1), varint(9, 2), varint(10, 3), NEWER];
const messageWith = (msg: unknown) => event("message", { meta: metadata.value, msg });

const members: { oneof: string; bytes: Uint8Array; event: Event }[] = [
  {
    oneof: "the connection event",
    bytes: envelope("connection", NEWER),
    event: event("connection", NO_MEMBER),
  },
  { oneof: "the mempool event", bytes: envelope("mempool", NEWER), event: event("mempool", NO_MEMBER) },
  {
    oneof: "the validation event",
    bytes: envelope("validation", NEWER),
    event: event("validation", NO_MEMBER),
  },
  { oneof: "the addrman event", bytes: envelope("addrman", NEWER), event: event("addrman", NO_MEMBER) },
  { oneof: "the RPC event", bytes: envelope("rpc", NEWER), event: event("rpc", { rpcEvent: undefined }) },
  { oneof: "the P2P event", bytes: envelope("p2p", NEWER), event: event("p2p", { p2pEvent: undefined }) },
  { oneof: "the IPC event", bytes: envelope("ipc", NEWER), event: event("ipc", { ipcEvent: undefined }) },
  {
    oneof: "the log event",
    bytes: envelope("log", message(varint(1, 5), varint(2, 6), sub(3), varint(7, 1), varint(8, 9), NEWER)),
    event: event("log", {
      logTimestamp: 5,
      category: 6,
      threadname: "",
      logEvent: undefined,
      logLevel: 1,
      logLineBytes: 9,
    }),
  },
  {
    oneof: "the message event",
    bytes: envelope("message", message(sub(1, metadata.bytes), NEWER)),
    event: messageWith(undefined),
  },
  {
    oneof: "an address",
    bytes: envelope("message", message(sub(1, metadata.bytes), sub(9, sub(1, ...addressBytes)))),
    event: messageWith({ case: "addrv2", value: { addresses: [address] } }),
  },
  {
    oneof: "an inventory item",
    bytes: envelope("message", message(sub(1, metadata.bytes), sub(4, sub(1, NEWER)))),
    event: messageWith({ case: "inv", value: { items: [{ item: undefined }] } }),
  },
];

for (const { oneof, bytes, event } of members) {
  Deno.test(`a newer member of ${oneof} is counted as unknown, and the rest is read`, () => {
    assertEquals(decodeEvent(bytes), { ok: true, event, unknownFields: 1 });
  });
}

Deno.test("an event with a newer member only is of kind none", () => {
  const none = { timestamp: TIMESTAMP, kind: "none", value: undefined } as const;
  const glance = { ok: true, timestamp: TIMESTAMP, kind: "none", subject: "", message: undefined } as const;
  for (const member of [NEWER, sub(1, NEWER), sub(6, varint(1, 1)), sub(1, sub(6, varint(1, 1)))]) {
    const data = message(member, varint(10, TIMESTAMP));
    assertEquals(decodeEvent(data), { ok: true, event: none, unknownFields: 1 });
    assertEquals(peek(data), glance);
  }
});

Deno.test("an event without a member is of kind none", () => {
  const cases: [Uint8Array, number][] = [
    [message(), 0],
    [sub(1), 0],
    [varint(10, 5), 5],
    [message(sub(1), varint(10, 5)), 5],
  ];
  for (const [data, timestamp] of cases) {
    const event = { timestamp, kind: "none", value: undefined } as const;
    assertEquals(decodeEvent(data), { ok: true, event, unknownFields: 0 });
    assertEquals(peek(data), { ok: true, timestamp, kind: "none", subject: "", message: undefined });
  }
});

Deno.test("an event without a timestamp has the timestamp 0", () => {
  const data = sub(2, varint(3, 12345));
  const decoded = decodeEvent(data);
  assert(decoded.ok);
  assertEquals(decoded.event, {
    timestamp: 0,
    kind: "rpc",
    value: { rpcEvent: { case: "uptime", value: 12345 } },
  });
});
