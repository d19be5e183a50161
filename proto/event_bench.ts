/**
 * Questions: what does looking at an event cost compared with decoding it, and what does our codec cost compared
 * with protobufjs' reflection (`Type.decode` + `toObject`, `fromObject` + `Type.encode`)?
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import protobuf from "protobufjs";
import { busyBlock, recordedMessages } from "./bitcoin/_recorded.ts";
import { decodeEvent, encodeEvent, type Event, peek } from "./event.ts";
import { toMessageEvent } from "./message_event.ts";

const FILES = [
  "event.proto",
  "bitcoin_primitives.proto",
  "ebpf_extractor.proto",
  "ebpf_extractor/message.proto",
  "ebpf_extractor/connection.proto",
  "ebpf_extractor/mempool.proto",
  "ebpf_extractor/validation.proto",
  "ebpf_extractor/addrman.proto",
  "rpc_extractor.proto",
  "p2p_extractor.proto",
  "log_extractor.proto",
  "ipc_extractor.proto",
];

const root = new protobuf.Root();
for (const file of FILES) {
  protobuf.parse(Deno.readTextFileSync(new URL(file, import.meta.url)), root, { keepCase: true });
}
const reflected = root.resolveAll().lookupType("event.Event");

function messageEvent(command: string, payload: Uint8Array): Event {
  const meta = {
    peerId: 7,
    addr: "203.0.113.7:8333",
    connType: 1,
    command,
    inbound: true,
    size: payload.length,
  };
  const result = toMessageEvent(meta, payload);
  assert(result.ok);
  return { timestamp: 1_700_000_000_123, kind: "message", value: result.event };
}

/** A recorded message of this command, the one of median size. */
function typical(command: string): Event {
  const all = recordedMessages().filter((message) => message.command === command);
  const sorted = all.toSorted((a, b) => a.payload.length - b.payload.length);
  return messageEvent(command, sorted[sorted.length >> 1]!.payload);
}

const EVENTS: Record<string, Event> = {
  ping: typical("ping"),
  inv: typical("inv"),
  tx: typical("tx"),
  connection: {
    timestamp: 1_700_000_000_123,
    kind: "connection",
    value: {
      event: {
        case: "inbound",
        value: {
          conn: { peerId: 7, addr: "203.0.113.7:8333", connType: 1, network: 1 },
          existingConnections: 123,
        },
      },
    },
  },
  "block of 2,000 transactions": messageEvent("block", busyBlock()),
};

for (const [name, event] of Object.entries(EVENTS)) {
  const bytes = encodeEvent(event);
  // Both codecs must agree before either is timed.
  const plain = reflected.toObject(reflected.decode(bytes));
  assertEquals(reflected.encode(reflected.fromObject(plain)).finish().toHex(), bytes.toHex());
  const decoded = decodeEvent(bytes);
  assert(decoded.ok && decoded.unknownFields === 0);
  assertEquals(encodeEvent(decoded.event).toHex(), bytes.toHex());
  const about = `${name}, ${bytes.length} bytes`;

  Deno.bench(`protobufjs decode + toObject`, { group: `decode ${about}`, baseline: true }, () => {
    reflected.toObject(reflected.decode(bytes));
  });
  Deno.bench("decodeEvent", { group: `decode ${about}` }, () => {
    decodeEvent(bytes);
  });
  Deno.bench("peek", { group: `decode ${about}` }, () => {
    peek(bytes);
  });
  Deno.bench(`protobufjs fromObject + encode`, { group: `encode ${about}`, baseline: true }, () => {
    reflected.encode(reflected.fromObject(plain)).finish();
  });
  Deno.bench("encodeEvent", { group: `encode ${about}` }, () => {
    encodeEvent(event);
  });
}
