import { assert, assertEquals } from "@std/assert";
import protobuf from "protobufjs";
import { decodeEvent, encodeEvent, type Event } from "../../proto/event.ts";
import { all } from "../../proto/golden/all.ts";
import { DOUBLES, encodeFrame, PLAIN } from "./encode.ts";

const conn = { peerId: 7, addr: "127.0.0.1:8333", connType: 1, network: 2 };

function meta(command: string, size: number, inbound = true, peerId = 7, addr = "203.0.113.7:8333") {
  return { peerId, addr, connType: 1, command, inbound, size };
}

/** Frames as the Rust tool sends them. */
const FRAMES: readonly (readonly [frame: string, event: Pick<Event, "kind" | "value">])[] = [
  [
    '{"EbpfExtractor":{"ebpf_event":{"Message":{"meta":{"peer_id":0,"addr":"127.0.0.1:8333","conn_type":1,"command":"ping","inbound":true,"size":8},"msg":{"Ping":{"value":1}}}}}}',
    {
      kind: "message",
      value: {
        meta: meta("ping", 8, true, 0, "127.0.0.1:8333"),
        msg: { case: "ping", value: { value: 1n } },
      },
    },
  ],
  [
    '{"EbpfExtractor":{"ebpf_event":{"Connection":{"event":{"Inbound":{"conn":{"peer_id":7,"addr":"127.0.0.1:8333","conn_type":1,"network":2},"existing_connections":123}}}}}}',
    { kind: "connection", value: { event: { case: "inbound", value: { conn, existingConnections: 123 } } } },
  ],
  [
    '{"EbpfExtractor":{"ebpf_event":{"Mempool":{"event":{"Added":{"txid":[76,70,231],"vsize":175,"fee":358}}}}}}',
    {
      kind: "mempool",
      value: { event: { case: "added", value: { txid: Uint8Array.of(76, 70, 231), vsize: 175, fee: 358 } } },
    },
  ],
  [
    '{"EbpfExtractor":{"ebpf_event":{"Message":{"meta":{"peer_id":7,"addr":"203.0.113.7:8333","conn_type":1,"command":"verack","inbound":false,"size":0},"msg":{"Verack":true}}}}}',
    { kind: "message", value: { meta: meta("verack", 0, false), msg: { case: "verack", value: true } } },
  ],
  [
    '{"EbpfExtractor":{"ebpf_event":{"Message":{"meta":{"peer_id":7,"addr":"203.0.113.7:8333","conn_type":1,"command":"addrv2","inbound":true,"size":17},"msg":{"Addrv2":{"addresses":[{"timestamp":1700000000,"services":9,"port":8333,"address":{"Ipv4":"203.0.113.9"}}]}}}}}}',
    {
      kind: "message",
      value: {
        meta: meta("addrv2", 17),
        msg: {
          case: "addrv2",
          value: {
            addresses: [{
              timestamp: 1700000000,
              address: { case: "ipv4", value: "203.0.113.9" },
              services: 9n,
              port: 8333,
            }],
          },
        },
      },
    },
  ],
  [
    '{"EbpfExtractor":{"ebpf_event":{"Validation":{"event":{"BlockConnected":{"hash":[1,2],"height":800000,"transactions":2500,"inputs":4000,"sigops":8000,"connection_time":123456789}}}}}}',
    {
      kind: "validation",
      value: {
        event: {
          case: "blockConnected",
          value: {
            hash: Uint8Array.of(1, 2),
            height: 800000,
            transactions: 2500,
            inputs: 4000,
            sigops: 8000,
            connectionTime: 123456789,
          },
        },
      },
    },
  ],
  ['{"RpcExtractor":{"rpc_event":{"Uptime":12345}}}', {
    kind: "rpc",
    value: { rpcEvent: { case: "uptime", value: 12345 } },
  }],
  [
    '{"RpcExtractor":{"rpc_event":{"EstimateSmartFee":{"fee_rate":1.5,"blocks":2,"requested_blocks":1,"mode":1,"errors":[]}}}}',
    {
      kind: "rpc",
      value: {
        rpcEvent: {
          case: "estimateSmartFee",
          value: { feeRate: 1.5, blocks: 2, requestedBlocks: 1, mode: 1, errors: [] },
        },
      },
    },
  ],
  [
    '{"RpcExtractor":{"rpc_event":{"AddrmanInfo":{"networks":{"ipv4":{"new":10,"tried":2,"total":12}}}}}}',
    {
      kind: "rpc",
      value: {
        rpcEvent: {
          case: "addrmanInfo",
          value: { networks: new Map([["ipv4", { new: 10, tried: 2, total: 12 }]]) },
        },
      },
    },
  ],
  ['{"P2pExtractor":{"p2p_event":{"PingDuration":{"duration":1234567}}}}', {
    kind: "p2p",
    value: { p2pEvent: { case: "pingDuration", value: { duration: 1234567 } } },
  }],
  ['{"P2pExtractor":{"p2p_event":{"FeefilterAnnouncement":1000}}}', {
    kind: "p2p",
    value: { p2pEvent: { case: "feefilterAnnouncement", value: 1000n } },
  }],
  [
    '{"LogExtractor":{"log_timestamp":1759372281000000,"category":14,"threadname":"","log_level":3,"log_line_bytes":64,"log_event":{"UnknownLogMessage":{"raw_message":"hi"}}}}',
    {
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
  ],
  ['{"IpcExtractor":{"ipc_event":{"BlockTip":{"height":840000,"hash":[1,2]}}}}', {
    kind: "ipc",
    value: { ipcEvent: { case: "blockTip", value: { height: 840000, hash: Uint8Array.of(1, 2) } } },
  }],
];

/** The event as it comes out of the decoder: only so are all absent fields there. */
function decoded(event: Event): Event {
  const result = decodeEvent(encodeEvent(event));
  assert(result.ok);
  return result.event;
}

for (const [frame, event] of FRAMES) {
  const names = [...frame.matchAll(/"([A-Z]\w+)":/g)].map(([, name]) => name);
  Deno.test(`encodeFrame() writes what the Rust tool does: ${names.join(" ")}`, () => {
    assertEquals(encodeFrame(decoded({ timestamp: 1, ...event } as Event), PLAIN), frame);
  });
}

const FILES = [
  "bitcoin_primitives",
  "ebpf_extractor/message",
  "ebpf_extractor/connection",
  "ebpf_extractor/mempool",
  "ebpf_extractor/validation",
  "ebpf_extractor/addrman",
  "rpc_extractor",
  "p2p_extractor",
  "log_extractor",
  "ipc_extractor",
];
const root = new protobuf.Root();
for (const file of FILES) {
  const source = Deno.readTextFileSync(new URL(`../../proto/${file}.proto`, import.meta.url));
  protobuf.parse(source, root, { keepCase: true });
}
root.resolveAll();

const TYPES = {
  message: ["ebpf_extractor.message.MessageEvent", "EbpfExtractor", "ebpf_event", "Message"],
  connection: ["ebpf_extractor.connection.ConnectionEvent", "EbpfExtractor", "ebpf_event", "Connection"],
  mempool: ["ebpf_extractor.mempool.MempoolEvent", "EbpfExtractor", "ebpf_event", "Mempool"],
  validation: ["ebpf_extractor.validation.ValidationEvent", "EbpfExtractor", "ebpf_event", "Validation"],
  addrman: ["ebpf_extractor.addrman.AddrmanEvent", "EbpfExtractor", "ebpf_event", "Addrman"],
  rpc: ["rpc_extractor.rpc", "RpcExtractor"],
  p2p: ["p2p_extractor.p2p", "P2pExtractor"],
  log: ["log_extractor.log", "LogExtractor"],
  ipc: ["ipc_extractor.ipc", "IpcExtractor"],
} as const;

/** The rules of the Rust tool's JSON, applied to a value by the fields as the .proto files declare them. */
function byDeclaration(type: protobuf.Type, value: Record<string, unknown>): string {
  const plain = type.fieldsArray.filter((field) => !field.partOf).map((field) =>
    `"${field.name.toLowerCase()}":${fieldText(field, value[camel(field.name)])}`
  );
  const oneofs = type.oneofsArray.map((oneof) => {
    const member = value[camel(oneof.name)] as { case: string; value: unknown } | undefined;
    if (member === undefined) return `"${oneof.name}":null`;
    const field = oneof.fieldsArray.find(({ name }) => camel(name) === member.case)!;
    const variant = field.name.split("_").map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
    return `"${oneof.name}":{"${variant}":${valueText(field, member.value)}}`;
  });
  return `{${[...plain, ...oneofs].join(",")}}`;
}

function fieldText(field: protobuf.Field, value: unknown): string {
  if (value === undefined) return "null";
  if (value instanceof Map) {
    return `{${[...value].map(([key, each]) => `"${key}":${valueText(field, each)}`).join(",")}}`;
  }
  if (field.repeated) return `[${(value as unknown[]).map((each) => valueText(field, each)).join(",")}]`;
  return valueText(field, value);
}

function valueText(field: protobuf.Field, value: unknown): string {
  if (field.resolvedType instanceof protobuf.Type) {
    return byDeclaration(field.resolvedType, value as Record<string, unknown>);
  }
  if (value instanceof Uint8Array) return JSON.stringify([...value]);
  if (field.type === "double") {
    if (!Number.isFinite(value)) return "null";
    const text = String(value).replace("e+", "e");
    return Number.isInteger(value) && !text.includes("e") ? `${text}.0` : text;
  }
  return typeof value === "bigint" ? String(value) : JSON.stringify(value);
}

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

Deno.test("encodeFrame() follows the .proto files for every variant there is", () => {
  const seen = new Set<string>();
  for (const { name, event } of all) {
    if (event.kind === "none") {
      assertEquals(encodeFrame(event, PLAIN), undefined);
      continue;
    }
    const [type, ...wrapping] = TYPES[event.kind];
    const body = byDeclaration(root.lookupType(type), event.value as unknown as Record<string, unknown>);
    const expected = wrapping.reduceRight((inner, key) => `{"${key}":${inner}}`, body);
    assertEquals(encodeFrame(event, PLAIN), expected, name);
    JSON.parse(expected);
    for (const [, variant] of expected.matchAll(/"([A-Z][A-Za-z0-9]+)":/g)) seen.add(variant!);
  }
  const declared = Object.values(TYPES).flatMap(([type]) =>
    root.lookupType(type).oneofsArray.flatMap((oneof) => oneof.fieldsArray.map(({ name }) => camel(name)))
  );
  const missing = declared.filter((name) => !seen.has(name[0]!.toUpperCase() + name.slice(1)));
  assertEquals(missing, [], "each variant is among the golden events");
});

Deno.test("encodeFrame() writes doubles as the Rust library does", () => {
  for (
    const [value, text] of [
      [0, "0.0"],
      [2, "2.0"],
      [1.5, "1.5"],
      [0.00001, "0.00001"],
      [0.000001, "1e-6"],
      [1.25e-7, "1.25e-7"],
      [123456789012345, "123456789012345.0"],
      [1e16, "1e16"],
      [NaN, "null"],
    ] as const
  ) {
    const estimate = { feeRate: value, blocks: 1, requestedBlocks: 1, mode: 0, errors: [] };
    const event = {
      timestamp: 1,
      kind: "rpc",
      value: { rpcEvent: { case: "estimateSmartFee", value: estimate } },
    } as const;
    assertEquals(/"fee_rate":([^,]+)/.exec(encodeFrame(event, PLAIN)!)?.[1], text);
  }
});

Deno.test("encodeFrame() knows every field that is a double", () => {
  const doubles = new Set<string>();
  const visit = (space: protobuf.NamespaceBase) => {
    for (const entry of space.nestedArray) {
      if (entry instanceof protobuf.Type) {
        for (const field of entry.fieldsArray) if (field.type === "double") doubles.add(camel(field.name));
      }
      if (entry instanceof protobuf.Namespace) visit(entry);
    }
  };
  visit(root);
  assertEquals(new Set(DOUBLES), doubles);
});

const PING: Event = {
  timestamp: 1,
  kind: "message",
  value: { meta: meta("ping", 8), msg: { case: "ping", value: { value: 0xfedcba9876543210n } } },
};

Deno.test("encodeFrame() writes all digits of 64-bit numbers, and as texts where they shall stay exact", () => {
  assert(encodeFrame(PING, PLAIN)!.endsWith('"msg":{"Ping":{"value":18364758544493064720}}}}}}'));
  assert(
    encodeFrame(PING, { exact: true, lite: false })!.endsWith(
      '{"Ping":{"value":"18364758544493064720"}}}}}}',
    ),
  );
});

Deno.test("encodeFrame() leaves out what is large in the lite form", () => {
  const lite = { exact: false, lite: true };
  const tx = { txid: Uint8Array.of(1), wtxid: Uint8Array.of(2), raw: new Uint8Array(300) };
  const value = (msg: Extract<Event, { kind: "message" }>["value"]["msg"]): Event => ({
    timestamp: 1,
    kind: "message",
    value: { meta: meta("tx", 300), msg },
  });
  assert(
    encodeFrame(value({ case: "tx", value: { tx } }), lite)!.endsWith(
      '{"txid":[1],"wtxid":[2],"raw":null}}}}}}}',
    ),
  );
  const header = {
    version: 1,
    prevBlockhash: tx.txid,
    merkleRoot: tx.txid,
    time: 1,
    bits: 1,
    nonce: 1,
    hash: tx.txid,
  };
  const block = encodeFrame(value({ case: "block", value: { header, transactions: [tx] } }), lite)!;
  assert(block.endsWith('"hash":[1]},"transactions":[]}}}}}}'), block);
  const addrman: Event = {
    timestamp: 1,
    kind: "rpc",
    value: { rpcEvent: { case: "addrman", value: { new: new Map(), tried: new Map() } } },
  };
  assertEquals(encodeFrame(addrman, lite), undefined);
  assertEquals(
    encodeFrame(addrman, PLAIN),
    '{"RpcExtractor":{"rpc_event":{"Addrman":{"new":{},"tried":{}}}}}',
  );
});
