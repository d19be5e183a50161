/** Golden events, cut short, changed and glued together: nothing throws, and a glance says what reading says. */

import { assert, assertEquals } from "@std/assert";
import { decodeEvent, encodeEvent, peek } from "../event.ts";
import { all } from "./all.ts";
import { fixed64, message, sub, varint } from "./assemble.ts";
import type { Golden } from "./golden.ts";
import { metadata } from "./messages.ts";
import { oldLog } from "./others.ts";
import { SUBJECTS } from "../subjects.ts";

const everything: Golden[] = [...all, ...oldLog.map(({ golden }) => golden)];

/** Whether the bytes are an event; if so, `peek` has to see the same one. */
function isEvent(data: Uint8Array): boolean {
  const decoded = decodeEvent(data);
  const glance = peek(data);
  if (!decoded.ok) return false;
  const { event } = decoded;
  assert(glance.ok, "peek refuses what decodeEvent accepts");
  assertEquals(glance, {
    ok: true,
    timestamp: event.timestamp,
    kind: event.kind,
    subject: event.kind === "none" ? "" : SUBJECTS[event.kind],
    message: event.kind === "message" ? event.value.meta : undefined,
  });
  return true;
}

Deno.test("a glance at any golden event says what reading it says", () => {
  for (const { name, bytes } of everything) assert(isEvent(bytes), name);
});

Deno.test("any golden event, cut anywhere, is refused or read, and never throws", () => {
  for (const { name, bytes } of everything) {
    for (let length = 0; length < bytes.length; length++) {
      try {
        isEvent(bytes.subarray(0, length));
      } catch (error) {
        throw new Error(`${name}, cut at ${length}`, { cause: error });
      }
    }
  }
});

Deno.test("any golden event with its timestamp cut is refused, or read without it", () => {
  for (const { name, bytes } of everything) {
    const member = bytes.length - varint(10, 1_700_000_000_123).length;
    for (let length = member + 1; length < bytes.length; length++) {
      assertEquals(isEvent(bytes.subarray(0, length)), false, `${name}, cut at ${length}`);
    }
    assert(isEvent(bytes.subarray(0, member)), name);
  }
});

Deno.test("an event is read wherever it lies in a larger buffer", () => {
  for (const { name, event, bytes } of everything) {
    const larger = new Uint8Array(bytes.length + 20).fill(0xff);
    larger.set(bytes, 13);
    const decoded = decodeEvent(larger.subarray(13, 13 + bytes.length));
    assertEquals(decoded, { ok: true, event, unknownFields: 0 }, name);
  }
});

const VICTIMS = [
  "a ping",
  "a version",
  "an old ping that says false",
  "an inbound connection",
  "a removed transaction",
  "an insert into tried",
  "a getaddrmaninfo answer",
  "a logged header",
  "an old logged block check",
  "a block tip",
];
const pinged = sub(1, sub(1, metadata.bytes), sub(2, fixed64(1, 7n)));
const twice = message(
  sub(1, sub(2, sub(5, varint(1, 1))), pinged),
  sub(3, sub(1, varint(1, 5))),
  sub(1, sub(4), pinged),
  varint(10, 300),
);

Deno.test("events with any one byte changed are refused or read, and a glance agrees", () => {
  const victims = everything.filter(({ name }) => VICTIMS.includes(name)).map(({ bytes }) => bytes);
  assertEquals(victims.length, VICTIMS.length);
  let events = 0;
  for (const victim of [...victims, twice]) {
    const changed = victim.slice();
    for (let at = 0; at < changed.length; at++) {
      const original = victim[at]!;
      for (let byte = 0; byte < 256; byte++) {
        changed[at] = byte;
        if (isEvent(changed)) events++;
      }
      changed[at] = original;
    }
  }
  assert(events > 1000, "hardly any of them was an event");
});

/** Whether there is a number in it that a double cannot hold exactly. */
function isInexact(value: unknown): boolean {
  if (typeof value === "number") return Math.abs(value) > Number.MAX_SAFE_INTEGER;
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false;
  const inner = value instanceof Map ? [...value.values()] : Object.values(value);
  return inner.some(isInexact);
}

Deno.test("whatever damaged bytes are read as is written and read again as the same", () => {
  let events = 0;
  for (const { name, bytes } of everything) {
    const changed = bytes.slice();
    for (let at = 0; at < bytes.length; at++) {
      changed[at] = bytes[at]! ^ (1 << (at % 8));
      const first = decodeEvent(changed);
      if (first.ok && !isInexact(first.event)) {
        events++;
        const again = decodeEvent(encodeEvent(first.event));
        assertEquals(again, { ok: true, event: first.event, unknownFields: 0 }, `${name}, changed at ${at}`);
      }
      changed[at] = bytes[at]!;
    }
  }
  assert(events > 1000, "hardly any of them was an event");
});

Deno.test("of two events glued together the second counts, whatever their kinds", () => {
  const oneOfEach = [...new Map(all.map((each) => [each.event.kind, each])).values()];
  assertEquals(oneOfEach.length, 9);
  for (const first of oneOfEach) {
    for (const second of oneOfEach) {
      const data = message(first.bytes, second.bytes);
      assert(isEvent(data));
      const decoded = decodeEvent(data);
      assert(decoded.ok);
      assertEquals(decoded.event.kind, second.event.kind);
      if (first.event.kind !== second.event.kind) assertEquals(decoded.event, second.event);
    }
  }
});
