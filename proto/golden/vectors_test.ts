/** Bytes that protoc made of the Rust peer-observer's own schema. */

import { assertEquals } from "@std/assert";
import { decodeEvent, encodeEvent, type Event, peek } from "../event.ts";
import { decodeArchiveHeader, encodeArchiveHeader } from "../codec.ts";
import type { ArchiveHeader, Metadata } from "../schema.ts";
import { Reader } from "../reader.ts";
import { Writer } from "../writer.ts";
import { hex, unhex } from "./assemble.ts";

interface Vector {
  name: string;
  hex: string;
  event: Event;
  subject: string;
  message?: Metadata;
  /** Old numbers are read, never written. */
  readOnly?: true;
}

const timestamp = 1700000000123;

function from(command: string, inbound: boolean, size: number, addr = "203.0.113.7:8333"): Metadata {
  return { peerId: 7, addr, connType: 1, command, inbound, size };
}

const ping = from("ping", true, 8);
const verack = from("verack", false, 0);
const feefilter = from("feefilter", true, 8);
const getblocktxn = from("getblocktxn", true, 8, "x:1");

const vectors: Vector[] = [
  {
    name: "a received ping",
    hex:
      "0a2f0a2d0a20080712103230332e302e3131332e373a383333331801220470696e6728013008120909887766554433221150fbd095ffbc31",
    event: {
      timestamp,
      kind: "message",
      value: { meta: ping, msg: { case: "ping", value: { value: 0x1122334455667788n } } },
    },
    subject: "netmsg",
    message: ping,
  },
  {
    name: "a sent verack",
    hex:
      "0a290a270a22080712103230332e302e3131332e373a383333331801220676657261636b2800300080020150fbd095ffbc31",
    event: { timestamp, kind: "message", value: { meta: verack, msg: { case: "verack", value: true } } },
    subject: "netmsg",
    message: verack,
  },
  {
    name: "a received feefilter of 1000",
    hex:
      "0a2e0a2c0a25080712103230332e302e3131332e373a383333331801220966656566696c74657228013008520308d00f50fbd095ffbc31",
    event: {
      timestamp,
      kind: "message",
      value: { meta: feefilter, msg: { case: "feefilter", value: { fee: 1000n } } },
    },
    subject: "netmsg",
    message: feefilter,
  },
  {
    name: "an inbound connection with 123 others",
    hex: "0a1e121c1a1a0a160807120e3132372e302e302e313a3833333318012002107b50fbd095ffbc31",
    event: {
      timestamp,
      kind: "connection",
      value: {
        event: {
          case: "inbound",
          value: {
            conn: { peerId: 7, addr: "127.0.0.1:8333", connType: 1, network: 2 },
            existingConnections: 123,
          },
        },
      },
    },
    subject: "netconn",
  },
  {
    name: "a getblocktxn with unpacked indexes",
    hex:
      "0a290a270a1a08071203783a311801220b676574626c6f636b74786e280130089a01080a0101100110ac0250fbd095ffbc31",
    event: {
      timestamp,
      kind: "message",
      value: {
        meta: getblocktxn,
        msg: { case: "getblocktxn", value: { blockHash: Uint8Array.of(1), txIndexes: [1, 300] } },
      },
    },
    subject: "netmsg",
    message: getblocktxn,
  },
  {
    name: "an uptime of 12345",
    hex: "120318b96050fbd095ffbc31",
    event: { timestamp, kind: "rpc", value: { rpcEvent: { case: "uptime", value: 12345 } } },
    subject: "rpc",
  },
  {
    name: "a ping duration of 1234567 ns",
    hex: "1a060a040887ad4b50fbd095ffbc31",
    event: {
      timestamp,
      kind: "p2p",
      value: { p2pEvent: { case: "pingDuration", value: { duration: 1234567 } } },
    },
    subject: "p2p-extractor",
  },
  {
    name: "a feefilter announcement of 1000",
    hex: "1a0320d00f50fbd095ffbc31",
    event: { timestamp, kind: "p2p", value: { p2pEvent: { case: "feefilterAnnouncement", value: 1000n } } },
    subject: "p2p-extractor",
  },
  {
    name: "a log line in the new numbers",
    hex: "221708c0e0d8bebc849003100e1a0022040a0268693803404050fbd095ffbc31",
    event: {
      timestamp,
      kind: "log",
      value: {
        logTimestamp: 1759372281000000,
        category: 14,
        threadname: "",
        logEvent: { case: "unknownLogMessage", value: { rawMessage: "hi" } },
        logLevel: 3,
        logLineBytes: 64,
      },
    },
    subject: "log-extractor",
  },
  {
    name: "a log line in the numbers of the first generation",
    hex: "221108c0e0d8bebc849003100e1a040a02686950fbd095ffbc31",
    event: {
      timestamp,
      kind: "log",
      value: {
        logTimestamp: 1759372281000000,
        category: 14,
        threadname: "",
        logEvent: { case: "unknownLogMessage", value: { rawMessage: "hi" } },
        logLevel: 0,
        logLineBytes: 0,
      },
    },
    subject: "log-extractor",
    readOnly: true,
  },
  {
    name: "an IPC tip at height 840000",
    hex: "2a0a0a0808c0a2331202010250fbd095ffbc31",
    event: {
      timestamp,
      kind: "ipc",
      value: { ipcEvent: { case: "blockTip", value: { height: 840000, hash: Uint8Array.of(1, 2) } } },
    },
    subject: "ipc",
  },
];

for (const vector of vectors) {
  const bytes = unhex(vector.hex);

  Deno.test(`the bytes protoc made of ${vector.name} are read`, () => {
    assertEquals(decodeEvent(bytes), { ok: true, event: vector.event, unknownFields: 0 });
  });

  Deno.test(`a glance at the bytes protoc made of ${vector.name} tells kind, subject and metadata`, () => {
    const { kind } = vector.event;
    assertEquals(peek(bytes), {
      ok: true,
      timestamp,
      kind,
      subject: vector.subject,
      message: vector.message,
    });
  });

  if (vector.readOnly) continue;
  Deno.test(`the bytes protoc made of ${vector.name} are written`, () => {
    assertEquals(hex(encodeEvent(vector.event)), vector.hex);
  });
}

const headers: [string, ArchiveHeader][] = [
  ["08c193ebd006", { created: 1780140481, lowData: undefined }],
  ["08c193ebd0061000", { created: 1780140481, lowData: false }],
];

for (const [expected, value] of headers) {
  Deno.test(`the archive header ${expected} is read and written`, () => {
    const bytes = unhex(expected);
    assertEquals(decodeArchiveHeader(new Reader(bytes), bytes.length), value);
    const writer = new Writer();
    encodeArchiveHeader(value, writer);
    assertEquals(hex(writer.finish()), expected);
  });
}
