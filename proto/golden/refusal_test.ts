/** Bytes that are no events. */

import { assert, assertEquals } from "@std/assert";
import { decodeEvent, peek } from "../event.ts";
import { base128, bool, bytes, fixed32, fixed64, message, sub, tag, text, varint } from "./assemble.ts";
import { run } from "./golden.ts";

const TEN = new Uint8Array(10).fill(0xff);
const OVERLONG = message(TEN, Uint8Array.of(1));

interface Case {
  what: string;
  bytes: Uint8Array;
  reason: "truncated" | "varint-too-long" | "bad-tag";
  offset: number;
}

const inEnvelope: Case[] = [
  {
    what: "a timestamp of eleven bytes",
    bytes: message(tag(10, 0), OVERLONG),
    reason: "varint-too-long",
    offset: 1,
  },
  {
    what: "a timestamp of ten bytes without end",
    bytes: message(tag(10, 0), TEN),
    reason: "varint-too-long",
    offset: 1,
  },
  {
    what: "a tag of eleven bytes",
    bytes: message(OVERLONG, varint(10, 1)),
    reason: "varint-too-long",
    offset: 0,
  },
  {
    what: "a length of eleven bytes",
    bytes: message(tag(2, 2), OVERLONG),
    reason: "varint-too-long",
    offset: 1,
  },
  {
    what: "an unknown number of eleven bytes",
    bytes: message(tag(50, 0), OVERLONG),
    reason: "varint-too-long",
    offset: 2,
  },
  { what: "a timestamp that does not come", bytes: tag(10, 0), reason: "truncated", offset: 1 },
  {
    what: "a timestamp that ends early",
    bytes: message(tag(10, 0), Uint8Array.of(0x80, 0x80)),
    reason: "truncated",
    offset: 1,
  },
  {
    what: "a tag that ends early",
    bytes: message(varint(10, 1), Uint8Array.of(0x80)),
    reason: "truncated",
    offset: 2,
  },
  {
    what: "a length that does not come",
    bytes: message(varint(10, 1), tag(2, 2)),
    reason: "truncated",
    offset: 3,
  },
  {
    what: "a length one beyond the end",
    bytes: message(tag(2, 2), base128(3), run(0, 2)),
    reason: "truncated",
    offset: 1,
  },
  {
    what: "a length of 2^31",
    bytes: message(tag(2, 2), base128(2 ** 31), run(0, 2)),
    reason: "truncated",
    offset: 1,
  },
  {
    what: "a length of 2^32 - 1",
    bytes: message(tag(2, 2), base128(2 ** 32 - 1), run(0, 2)),
    reason: "truncated",
    offset: 1,
  },
  {
    what: "a negative length",
    bytes: message(tag(2, 2), base128(-1), run(0, 2)),
    reason: "truncated",
    offset: 1,
  },
  {
    what: "an unknown field beyond the end",
    bytes: message(tag(50, 2), base128(3), run(0, 2)),
    reason: "truncated",
    offset: 2,
  },
  {
    what: "an unknown fixed64 that ends early",
    bytes: message(tag(50, 1), run(0, 7)),
    reason: "truncated",
    offset: 2,
  },
  {
    what: "an unknown fixed32 that ends early",
    bytes: message(tag(50, 5), run(0, 3)),
    reason: "truncated",
    offset: 2,
  },
  {
    what: "an eBPF member longer than its envelope",
    bytes: message(sub(1, tag(1, 2), base128(3), run(0, 2)), varint(10, 300)),
    reason: "truncated",
    offset: 3,
  },
];
for (const wireType of [0, 1, 2, 5]) {
  inEnvelope.push(
    {
      what: `field number 0 with wire type ${wireType}`,
      bytes: message(tag(0, wireType), run(0, 9)),
      reason: "bad-tag",
      offset: 0,
    },
    {
      what: `field number 0 in two bytes with wire type ${wireType}`,
      bytes: message(varint(10, 1), Uint8Array.of(0x80 + wireType, 0), run(0, 9)),
      reason: "bad-tag",
      offset: 2,
    },
  );
}
for (const wireType of [3, 4, 6, 7]) {
  for (const number of [1, 10, 50, 536870911]) {
    inEnvelope.push({
      what: `field ${number} with wire type ${wireType}`,
      bytes: message(varint(10, 1), tag(number, wireType), run(0, 9)),
      reason: "bad-tag",
      offset: 2,
    });
  }
}

for (const { what, bytes, reason, offset } of inEnvelope) {
  Deno.test(`${what} is refused as ${reason} at ${offset}`, () => {
    assertEquals(decodeEvent(bytes), { ok: false, reason, offset });
    assertEquals(peek(bytes), { ok: false, reason, offset });
  });
}

// In a message event the payload starts at 4, after two tags and two lengths.
function inMessage(...fields: Uint8Array[]): Uint8Array {
  return message(sub(1, sub(1, ...fields)), varint(10, 300));
}

const inPayload: Case[] = [
  {
    what: "a peer id of eleven bytes",
    bytes: inMessage(sub(1, tag(1, 0), OVERLONG)),
    reason: "varint-too-long",
    offset: 7,
  },
  {
    what: "a flag of eleven bytes",
    bytes: inMessage(sub(1, tag(5, 0), OVERLONG)),
    reason: "varint-too-long",
    offset: 7,
  },
  {
    what: "a version's services of eleven bytes",
    bytes: inMessage(sub(13, tag(2, 0), OVERLONG)),
    reason: "varint-too-long",
    offset: 7,
  },
  {
    what: "a zig-zag number of eleven bytes",
    bytes: inMessage(sub(10, tag(1, 0), OVERLONG)),
    reason: "varint-too-long",
    offset: 7,
  },
  {
    what: "a verack of eleven bytes",
    bytes: inMessage(tag(32, 0), OVERLONG),
    reason: "varint-too-long",
    offset: 6,
  },
  {
    what: "a nonce of seven bytes",
    bytes: inMessage(sub(2, tag(1, 1), run(0, 7))),
    reason: "truncated",
    offset: 7,
  },
  {
    what: "a text longer than its message",
    bytes: inMessage(sub(1, tag(2, 2), base128(2), run(97, 1))),
    reason: "truncated",
    offset: 7,
  },
  {
    what: "bytes longer than their message",
    bytes: inMessage(sub(21, tag(1, 2), base128(2), run(97, 1))),
    reason: "truncated",
    offset: 8,
  },
  {
    what: "a message longer than the event",
    bytes: inMessage(tag(4, 2), base128(1)),
    reason: "truncated",
    offset: 5,
  },
  {
    what: "an inventory item longer than its inv",
    bytes: inMessage(sub(4, tag(1, 2), base128(1)), sub(1)),
    reason: "truncated",
    offset: 7,
  },
  {
    what: "field number 0 in an inv",
    bytes: inMessage(sub(4, tag(0, 2), base128(1), run(0, 1))),
    reason: "bad-tag",
    offset: 6,
  },
];
for (const wireType of [3, 4, 6, 7]) {
  inPayload.push(
    {
      what: `wire type ${wireType} in a message event`,
      bytes: inMessage(tag(2, wireType)),
      reason: "bad-tag",
      offset: 4,
    },
    {
      what: `wire type ${wireType} in a ping`,
      bytes: inMessage(sub(2, tag(1, wireType))),
      reason: "bad-tag",
      offset: 6,
    },
    {
      what: `wire type ${wireType} of an unknown field in a ping`,
      bytes: inMessage(sub(2, tag(50, wireType))),
      reason: "bad-tag",
      offset: 6,
    },
  );
}

for (const { what, bytes, reason, offset } of inPayload) {
  Deno.test(`${what} is refused as ${reason} at ${offset}`, () => {
    assertEquals(decodeEvent(bytes), { ok: false, reason, offset });
  });
}

Deno.test("the double of an RPC answer, cut short, is refused where it starts", () => {
  const data = message(sub(2, sub(12, tag(1, 1), run(0, 7))), varint(10, 1));
  assertEquals(decodeEvent(data), { ok: false, reason: "truncated", offset: 5 });
});

Deno.test("a map entry longer than its map is refused", () => {
  const data = message(sub(2, sub(6, tag(1, 2), base128(2), run(0, 1))), varint(10, 1));
  assertEquals(decodeEvent(data), { ok: false, reason: "truncated", offset: 5 });
});

// What the eight members of the envelope before December 2025 held.
const metadata = message(
  varint(1, 7),
  text(2, "a:1"),
  varint(3, 1),
  text(4, "ping"),
  bool(5, true),
  varint(6, 8),
);
const oldMembers: [string, Uint8Array][] = [
  ["message", sub(1, sub(1, metadata), sub(2, fixed64(1, 7n)))],
  [
    "connection",
    sub(2, sub(3, sub(1, varint(1, 7), text(2, "a:1"), varint(3, 1), varint(4, 1)), varint(2, 3))),
  ],
  [
    "addrman",
    sub(3, sub(2, varint(1, 1), varint(2, 2), text(3, "a"), varint(4, 4), text(5, "b"), varint(6, 6))),
  ],
  ["mempool", sub(4, sub(4, bytes(1, run(1)), text(2, "reason")))],
  ["validation", sub(5, sub(1, bytes(1, run(1)), varint(2, 840000)))],
  ["RPC", sub(6, sub(1))],
  ["P2P", sub(7, sub(1, varint(1, 5)))],
  ["log", sub(8, varint(1, 1), varint(2, 2), sub(3, text(1, "hi")))],
  ["empty", message()],
];

for (const [kind, member] of oldMembers) {
  Deno.test(`an ${kind} event in the envelope used before 2025-12-12 is refused as such`, () => {
    for (const time of [[varint(10, 1700000000), varint(11, 123)], [varint(11, 0), varint(10, 1700000000)]]) {
      for (const data of [message(member, ...time), message(...time, member)]) {
        for (const answer of [decodeEvent(data), peek(data)]) {
          assert(!answer.ok);
          assertEquals(answer.reason, "old-envelope");
          assert(answer.offset > 0 && answer.offset <= data.length);
        }
      }
    }
  });
}

Deno.test("field 11 inside a payload does not make an envelope old", () => {
  const data = message(sub(2, fixed32(11, 1), varint(3, 5)), varint(10, 1));
  assertEquals(decodeEvent(data), {
    ok: true,
    event: { timestamp: 1, kind: "rpc", value: { rpcEvent: { case: "uptime", value: 5 } } },
    unknownFields: 1,
  });
});
