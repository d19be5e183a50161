/** Log events were renumbered in January 2026. Which fields are there tells which numbers were meant. */

import { assert, assertEquals } from "@std/assert";
import { decodeEvent } from "../event.ts";
import type { Log } from "../schema.ts";
import { bool, message, sub, text, varint } from "./assemble.ts";
import { envelope } from "./golden.ts";

const HASH = "ab".repeat(32);

const unknown = text(1, "hi");
const connected = message(text(1, HASH), varint(2, 840000));
const checked = message(text(1, HASH), text(2, "Valid"), text(3, "why"));
const seen = message(text(1, HASH), varint(2, 840000), varint(3, 7), bool(4, true));
const rebuilt = message(text(1, HASH), varint(2, 1), varint(3, 2), varint(4, 3), varint(5, 4), varint(6, 5));

type Meaning = Log["logEvent"];
const UNKNOWN: Meaning = { case: "unknownLogMessage", value: { rawMessage: "hi" } };
const CONNECTED: Meaning = { case: "blockConnectedLog", value: { blockHash: HASH, blockHeight: 840000 } };
const CHECKED: Meaning = {
  case: "blockCheckedLog",
  value: { blockHash: HASH, state: "Valid", debugMessage: "why" },
};
const SEEN: Meaning = {
  case: "sawNewHeaderLog",
  value: { blockHash: HASH, blockHeight: 840000, peerId: 7, isCmpctblock: true },
};
const REBUILT: Meaning = {
  case: "compactBlockReconstructedLog",
  value: {
    blockHash: HASH,
    prefilledTxnCount: 1,
    mempoolTxnCount: 2,
    extraPoolTxnCount: 3,
    requestedTxnCount: 4,
    requestedTxnBytes: 5,
  },
};

interface Row {
  what: string;
  fields: Uint8Array[];
  meaning: Meaning;
  threadname?: string;
  logLevel?: number;
  logLineBytes?: number;
}

const thread = text(3, "net");
const noThread = text(3, "");
const level = varint(7, 3);
const length = varint(8, 64);

const NEW: [string, Uint8Array, Meaning][] = [
  ["an unknown message (4)", sub(4, unknown), UNKNOWN],
  ["a block connection (5)", sub(5, connected), CONNECTED],
  ["a block check (6)", sub(6, checked), CHECKED],
];
const NEWEST: [string, Uint8Array, Meaning][] = [
  ["a header (9)", sub(9, seen), SEEN],
  ["a reconstruction (10)", sub(10, rebuilt), REBUILT],
  ["no member", message(), undefined],
];
const OLD: [string, Uint8Array, Meaning][] = [
  ["an unknown message (3)", sub(3, unknown), UNKNOWN],
  ["a block connection (4)", sub(4, connected), CONNECTED],
  ["a block check (5)", sub(5, checked), CHECKED],
];

const rows: Row[] = [];
for (const [what, member, meaning] of [...NEW, ...NEWEST]) {
  rows.push(
    {
      what: `${what} with thread, level and length`,
      fields: [thread, member, level, length],
      meaning,
      threadname: "net",
      logLevel: 3,
      logLineBytes: 64,
    },
    {
      what: `${what} with an empty thread, level and length`,
      fields: [noThread, member, level, length],
      meaning,
      logLevel: 3,
      logLineBytes: 64,
    },
    {
      what: `${what} with a level and no length`,
      fields: [thread, member, level],
      meaning,
      threadname: "net",
      logLevel: 3,
    },
    {
      what: `${what} with a length and no level`,
      fields: [thread, member, length],
      meaning,
      threadname: "net",
      logLineBytes: 64,
    },
    { what: `${what} with a level and no thread`, fields: [member, level], meaning, logLevel: 3 },
    { what: `${what} with a length and no thread`, fields: [member, length], meaning, logLineBytes: 64 },
    {
      what: `${what} with level and length of zero`,
      fields: [noThread, member, varint(7, 0), varint(8, 0)],
      meaning,
    },
  );
}
for (const [what, member, meaning] of NEW) {
  rows.push(
    {
      what: `${what} with a thread, without level and length`,
      fields: [thread, member],
      meaning,
      threadname: "net",
    },
    { what: `${what} with an empty thread, without level and length`, fields: [noThread, member], meaning },
  );
}

function read(fields: Uint8Array[]): Log {
  const payload = message(varint(1, 1759372281000000), varint(2, 14), ...fields);
  const decoded = decodeEvent(envelope("log", payload));
  assert(decoded.ok && decoded.event.kind === "log");
  assertEquals(decoded.unknownFields, 0);
  return decoded.event.value;
}

function line(logEvent: Meaning, threadname = "", logLevel = 0, logLineBytes = 0): Log {
  return { logTimestamp: 1759372281000000, category: 14, threadname, logEvent, logLevel, logLineBytes };
}

for (const { what, fields, meaning, threadname, logLevel, logLineBytes } of rows) {
  Deno.test(`in the new numbers: ${what}`, () => {
    const expected = line(meaning, threadname, logLevel, logLineBytes);
    assertEquals(read(fields), expected);
    assertEquals(read(fields.toReversed()), expected);
  });
}

for (const [what, member, meaning] of OLD) {
  Deno.test(`in the old numbers: ${what} alone, without level and length`, () => {
    assertEquals(read([member]), line(meaning));
  });
}

Deno.test("a block check (6) alone can only be in the new numbers", () => {
  assertEquals(read([sub(6, checked)]), line(CHECKED));
});

Deno.test("a log event without member, thread, level and length is one without a member", () => {
  assertEquals(read([]), line(undefined));
});
