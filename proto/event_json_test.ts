import { assert, assertEquals } from "@std/assert";
import type { Event } from "./event.ts";
import { all } from "./golden/all.ts";
import { eventJson } from "./event_json.ts";

function hash(first: number): Uint8Array {
  const bytes = new Uint8Array(32);
  bytes[0] = first;
  return bytes;
}

const ZEROS = "00000000000000000000000000000000000000000000000000000000000000";
const meta = { peerId: 7, addr: "203.0.113.7:8333", connType: 1, command: "any", inbound: true, size: 8 };
const META = '{"peer_id":7,"addr":"203.0.113.7:8333","conn_type":1,"command":"any","inbound":true,"size":8}';

// Written by hand from the schema: field names and order are those of the .proto files.
const EXAMPLES: readonly (readonly [name: string, event: Event, json: string])[] = [
  [
    "a 64-bit number as a text",
    {
      timestamp: 1700000000123,
      kind: "message",
      value: { meta, msg: { case: "ping", value: { value: 2n ** 64n - 1n } } },
    },
    `{"timestamp":1700000000123,"kind":"message","event":{"meta":${META},"ping":{"value":"18446744073709551615"}}}`,
  ],
  [
    "the hashes of inventory items reversed, those of unknown types as they came",
    {
      timestamp: 1,
      kind: "message",
      value: {
        meta,
        msg: {
          case: "inv",
          value: {
            items: [
              { item: { case: "wtx", value: hash(1) } },
              { item: { case: "witnessTransaction", value: hash(2) } },
              { item: { case: "unknown", value: { invType: 9, hash: hash(3) } } },
              { item: { case: "error", value: true } },
              { item: undefined },
            ],
          },
        },
      },
    },
    `{"timestamp":1,"kind":"message","event":{"meta":${META},"inv":{"items":[{"wtx":"${ZEROS}01"},{"witness_transaction":"${ZEROS}02"},{"unknown":{"inv_type":9,"hash":"03${ZEROS}"}},{"error":true},{}]}}}`,
  ],
  [
    "a transaction with its bytes as they came",
    {
      timestamp: 1,
      kind: "message",
      value: {
        meta,
        msg: { case: "tx", value: { tx: { txid: hash(1), wtxid: hash(2), raw: Uint8Array.of(1, 2, 0xff) } } },
      },
    },
    `{"timestamp":1,"kind":"message","event":{"meta":${META},"tx":{"tx":{"txid":"${ZEROS}01","wtxid":"${ZEROS}02","raw":"0102ff"}}}}`,
  ],
  [
    "lists of hashes and lists of other bytes",
    {
      timestamp: 1,
      kind: "message",
      value: {
        meta,
        msg: {
          case: "compactblock",
          value: {
            header: {
              version: -1,
              prevBlockhash: hash(1),
              merkleRoot: hash(2),
              time: 3,
              bits: 4,
              nonce: 5,
              hash: hash(6),
            },
            nonce: 7n,
            shortIds: [Uint8Array.of(1, 2, 3, 4, 5, 6)],
            transactions: [{ diffIndex: 0, tx: { txid: hash(8), wtxid: hash(9) } }],
          },
        },
      },
    },
    `{"timestamp":1,"kind":"message","event":{"meta":${META},"compactblock":{"header":{"version":-1,"prev_blockhash":"${ZEROS}01","merkle_root":"${ZEROS}02","time":3,"bits":4,"nonce":5,"hash":"${ZEROS}06"},"nonce":"7","short_ids":["010203040506"],"transactions":[{"diff_index":0,"tx":{"txid":"${ZEROS}08","wtxid":"${ZEROS}09"}}]}}}`,
  ],
  [
    "addresses by network",
    {
      timestamp: 1,
      kind: "p2p",
      value: {
        p2pEvent: {
          case: "addressAnnouncement",
          value: {
            addresses: [
              { timestamp: 2, address: { case: "ipv4", value: "203.0.113.7" }, services: 9n, port: 8333 },
              {
                timestamp: 3,
                address: { case: "unknown", value: { id: 200, address: Uint8Array.of(1, 2) } },
                services: 0n,
                port: 1,
              },
            ],
          },
        },
      },
    },
    '{"timestamp":1,"kind":"p2p","event":{"address_announcement":{"addresses":[{"timestamp":2,"ipv4":"203.0.113.7","services":"9","port":8333},{"timestamp":3,"unknown":{"id":200,"address":"0102"},"services":"0","port":1}]}}}',
  ],
  [
    "members without fields of their own",
    { timestamp: 1, kind: "p2p", value: { p2pEvent: { case: "feefilterAnnouncement", value: -5n } } },
    '{"timestamp":1,"kind":"p2p","event":{"feefilter_announcement":"-5"}}',
  ],
  [
    "maps, and nothing for what is absent",
    {
      timestamp: 1,
      kind: "rpc",
      value: {
        rpcEvent: {
          case: "addrman",
          value: {
            new: new Map([[1023, {
              entries: new Map([[63, {
                address: "203.0.113.7",
                port: 8333,
                network: "ipv4",
                services: 9n,
                time: 5,
                source: "s",
                sourceNetwork: "ipv6",
                mappedAs: 64500,
                sourceMappedAs: undefined,
              }]]),
            }]]),
            tried: new Map(),
          },
        },
      },
    },
    '{"timestamp":1,"kind":"rpc","event":{"addrman":{"new":{"1023":{"entries":{"63":{"address":"203.0.113.7","port":8333,"network":"ipv4","services":"9","time":5,"source":"s","source_network":"ipv6","mapped_as":64500}}}},"tried":{}}}}',
  ],
  [
    "null for numbers that JSON has not",
    {
      timestamp: 1,
      kind: "rpc",
      value: {
        rpcEvent: {
          case: "estimateSmartFee",
          value: { feeRate: NaN, blocks: 1, requestedBlocks: 1, mode: 1, errors: ["a", "b"] },
        },
      },
    },
    '{"timestamp":1,"kind":"rpc","event":{"estimate_smart_fee":{"fee_rate":null,"blocks":1,"requested_blocks":1,"mode":1,"errors":["a","b"]}}}',
  ],
  [
    "a line of debug.log with quotes, and control characters that a terminal could obey",
    {
      timestamp: 1,
      kind: "log",
      value: {
        logTimestamp: 1759372281000001,
        category: 14,
        threadname: "net",
        logEvent: { case: "unknownLogMessage", value: { rawMessage: 'a "b" \\ \x1b[2J \x9b2J \x7f é 🐝\n' } },
        logLevel: 3,
        logLineBytes: 64,
      },
    },
    String
      .raw`{"timestamp":1,"kind":"log","event":{"log_timestamp":1759372281000001,"category":14,"threadname":"net","unknown_log_message":{"raw_message":"a \"b\" \\ \u001b[2J \u009b2J \u007f é 🐝\n"},"log_level":3,"log_line_bytes":64}}`,
  ],
];

for (const [name, event, json] of EXAMPLES) {
  Deno.test(`eventJson() gives ${name}`, () => {
    assertEquals(eventJson(event), json);
    JSON.parse(json);
  });
}

Deno.test("eventJson() says which node the event is of", () => {
  const event: Event = { timestamp: 1, kind: "rpc", value: { rpcEvent: { case: "uptime", value: 7 } } };
  const json = '{"timestamp":1,"kind":"rpc","node":"alpha","event":{"uptime":7}}';
  assertEquals(eventJson(event, "alpha"), json);
});

Deno.test("eventJson() gives nothing for an event without a member", () => {
  assertEquals(eventJson({ timestamp: 1, kind: "none", value: undefined }), undefined);
  assertEquals(eventJson({ timestamp: 1, kind: "message", value: { meta, msg: undefined } }), undefined);
});

Deno.test("eventJson() gives every golden event as one line, with the field names of the schema", async () => {
  const names = await schemaNames();
  for (const { name, event } of all) {
    const json = eventJson(event);
    assertEquals(json === undefined, / without a member$| with nothing set$/.test(name), name);
    if (json === undefined) continue;
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x1f\x7f-\x9f]/.test(json), name);
    const parsed = JSON.parse(json);
    assertEquals([parsed.timestamp, parsed.kind], [event.timestamp, event.kind]);
    for (const key of keysOf(parsed.event)) assert(names.has(key), `${name}: ${key}`);
  }
});

/** Names of all fields, in lower case. */
async function schemaNames(): Promise<ReadonlySet<string>> {
  const folder = new URL("./", import.meta.url);
  const names = new Set<string>();
  for (const part of ["", "ebpf_extractor/"]) {
    for await (const { name } of Deno.readDir(new URL(part, folder))) {
      if (!name.endsWith(".proto")) continue;
      const text = await Deno.readTextFile(new URL(part + name, folder));
      for (const [, field] of text.matchAll(/(\w+) = \d+\b/g)) names.add(field!.toLowerCase());
    }
  }
  return names;
}

/** Maps whose keys are texts, not fields; those of the address manager's maps are numbers. */
const TEXT_MAPS = new Set(["networks", "bytes_sent_per_message", "bytes_received_per_message"]);

function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (TEXT_MAPS.has(key) && !Array.isArray(inner)) return [key, ...Object.values(inner).flatMap(keysOf)];
    return /^\d+$/.test(key) ? keysOf(inner) : [key, ...keysOf(inner)];
  });
}
