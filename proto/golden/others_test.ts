import { assertEquals } from "@std/assert";
import { decodeArchiveHeader, decodeLogG1, encodeArchiveHeader, encodeLogG1 } from "../codec.ts";
import { decodeEvent, encodeEvent } from "../event.ts";
import { Reader } from "../reader.ts";
import { Writer } from "../writer.ts";
import { hex, varint } from "./assemble.ts";
import { checkBothWays } from "./check.ts";
import { archiveHeaders, ipc, log, oldLog, p2p } from "./others.ts";

checkBothWays([...p2p, ...log, ...ipc]);

for (const { name, old, golden } of oldLog) {
  Deno.test(`${name} is read as what it says today`, () => {
    assertEquals(decodeEvent(golden.bytes), { ok: true, event: golden.event, unknownFields: 0 });
    assertEquals(decodeLogG1(new Reader(old.bytes), old.bytes.length), old.value);
    const writer = new Writer();
    encodeLogG1(old.value, writer);
    assertEquals(hex(writer.finish()), hex(old.bytes));
  });
}

for (const { value, bytes } of archiveHeaders) {
  Deno.test(`an archive header created ${value.created}, low data ${value.lowData}, is written and read`, () => {
    const writer = new Writer();
    encodeArchiveHeader(value, writer);
    assertEquals(hex(writer.finish()), hex(bytes));
    assertEquals(decodeArchiveHeader(new Reader(bytes), bytes.length), value);
  });
}

Deno.test("an event without a member is its timestamp, from zero to the largest exact one", () => {
  for (const timestamp of [0, 1, 4294967296, 9007199254740991]) {
    const bytes = varint(10, timestamp);
    const event = { timestamp, kind: "none", value: undefined } as const;
    assertEquals(hex(encodeEvent(event)), hex(bytes));
    assertEquals(decodeEvent(bytes), { ok: true, event, unknownFields: 0 });
  }
});
