/**
 * docs/events.md out of the `.proto` files: run this module to write the page.
 *
 * @module
 */

import protobuf from "protobufjs";
import type { Event, Payloads } from "./event.ts";
import { eventJson } from "./event_json.ts";
import { eventSchema } from "./generate.ts";
import { type Kind, KINDS, SUBJECTS } from "./subjects.ts";

const INTRODUCTION = `# Events

What goes over the bus, and what archives hold: one protobuf message \`Event\` each, with the time at which an
extractor made it and one payload. Names, numbers and types are those of peer-observer, so its tools read them
and are read. This page is made from the files in \`proto/\`; do not edit it.

- **Subject**: the single token of the table, as the Rust tools use it; \`waggle.NODE.TOKEN\` with \`--node NODE\`.
- **Hashes** are 32 bytes in the order of the wire; JSON (\`logger --logger.json\`, \`export\`) shows them reversed,
  as block explorers do.
- **Numbers that may not fit a double** (nonces, service bits) are texts in JSON.
- **Readers** skip fields they do not know, take a missing field for its default, and refuse what is not
  protobuf with a reason; an event whose payload is newer than the reader has no member.
- **Two generations of log events** share field numbers; they are told apart by what else is there
  ([002](decisions/002-inferred-field-numbers.md) says which numbers were inferred).
`;

/** Where the payload of a kind is in the schema, who makes it, and how one looks. */
const ABOUT: Readonly<Record<Kind, { type: string; by: string; example: Event }>> = {
  message: {
    type: "message.MessageEvent",
    by: "[ebpf](../extractors/ebpf/README.md): each P2P message of the node, in and out",
    example: event("message", {
      meta: { peerId: 7, addr: "203.0.113.5:8333", connType: 1, command: "ping", inbound: true, size: 8 },
      msg: { case: "ping", value: { value: 1234605616436508552n } },
    }),
  },
  connection: {
    type: "connection.ConnectionEvent",
    by: "[ebpf](../extractors/ebpf/README.md): connections opened, closed, evicted, misbehaving",
    example: event("connection", {
      event: {
        case: "inbound",
        value: {
          conn: { peerId: 7, addr: "203.0.113.5:8333", connType: 1, network: 1 },
          existingConnections: 42,
        },
      },
    }),
  },
  mempool: {
    type: "mempool.MempoolEvent",
    by: "[ebpf](../extractors/ebpf/README.md): transactions entering and leaving the mempool",
    example: event("mempool", {
      event: { case: "added", value: { txid: new Uint8Array(32).fill(7), vsize: 141, fee: 705 } },
    }),
  },
  validation: {
    type: "validation.ValidationEvent",
    by: "[ebpf](../extractors/ebpf/README.md): blocks that were connected",
    example: event("validation", {
      event: {
        case: "blockConnected",
        value: {
          hash: new Uint8Array(32).fill(7),
          height: 900_000,
          transactions: 3050,
          inputs: 7000,
          sigops: 12_000,
          connectionTime: 55_000_000,
        },
      },
    }),
  },
  addrman: {
    type: "addrman.AddrmanEvent",
    by: "older, patched nodes only; read, and never made",
    example: event("addrman", {
      event: {
        case: "tried",
        value: {
          bucket: 255,
          bucketPos: 62,
          addr: "203.0.113.5:8333",
          addrAS: 64500,
          source: "203.0.113.9:8333",
          sourceAS: 64501,
        },
      },
    }),
  },
  rpc: {
    type: "rpc_extractor.rpc",
    by: "[rpc](../extractors/rpc/README.md): answers of the node's RPC interface",
    example: event("rpc", { rpcEvent: { case: "uptime", value: 12_345 } }),
  },
  p2p: {
    type: "p2p_extractor.p2p",
    by: "[p2p](../extractors/p2p/README.md): what the node tells a peer of its own",
    example: event("p2p", { p2pEvent: { case: "pingDuration", value: { duration: 1_234_567 } } }),
  },
  log: {
    type: "log_extractor.log",
    by: "[log](../extractors/log/README.md): lines of debug.log",
    example: event("log", {
      logTimestamp: 1_764_000_000_123_456,
      category: 14,
      threadname: "msghand",
      logEvent: {
        case: "unknownLogMessage",
        value: { rawMessage: "New block-relay-only v2 peer connected" },
      },
      logLevel: 3,
      logLineBytes: 97,
    }),
  },
  ipc: {
    type: "ipc_extractor.ipc",
    by: "the Rust system's IPC extractor; read, and never made",
    example: event("ipc", {
      ipcEvent: { case: "blockTip", value: { height: 900_000, hash: new Uint8Array(32).fill(7) } },
    }),
  },
};

function event<K extends Kind>(kind: K, value: Payloads[K]): Event {
  return { timestamp: 1_764_000_000_123, kind, value } as Event;
}

/** The page. */
export function eventsPage(): string {
  const schema = eventSchema();
  const shown = new Set<protobuf.Type>();
  const kinds = KINDS.flatMap((kind) => {
    const { type, by, example } = ABOUT[kind];
    const root = schema.lookupType(type);
    shown.add(root);
    return [
      `## ${kind}`,
      `Subject \`${SUBJECTS[kind]}\`. ${by[0]!.toUpperCase()}${by.slice(1)}.`,
      "```json\n" + eventJson(example) + "\n```",
      table(root),
      ...inside(root, shown).flatMap((type) => [`### ${headingOf(type)}`, table(type)]),
    ];
  });
  const rows = KINDS.map((kind) => `| [${kind}](#${kind}) | \`${SUBJECTS[kind]}\` | ${ABOUT[kind].by} |`);
  const overview = ["| kind | subject | made by |", "| --- | --- | --- |", ...rows].join("\n");
  return [INTRODUCTION, overview, ...kinds, ...enumerations(schema)].join("\n\n") + "\n";
}

/** Messages below this one that were not shown yet, in the order they are met. */
function inside(type: protobuf.Type, shown: Set<protobuf.Type>): protobuf.Type[] {
  return type.fieldsArray.flatMap(({ resolvedType }) => {
    if (!(resolvedType instanceof protobuf.Type) || shown.has(resolvedType)) return [];
    shown.add(resolvedType);
    return [resolvedType, ...inside(resolvedType, shown)];
  });
}

function table(type: protobuf.Type): string {
  const rows = type.fieldsArray.map((field) => {
    const comment = field.comment?.replaceAll("\n", " ") ?? "";
    return `| ${field.id} | \`${field.name}\` | ${typeText(field)} | ${comment} |`;
  });
  const about = type.comment === null ? "" : `${type.comment.replaceAll("\n", " ")}\n\n`;
  if (rows.length === 0) return `${about}Has no fields.`;
  return [`${about}| no. | field | type | what |`, "| --- | --- | --- | --- |", ...rows].join("\n");
}

function typeText(field: protobuf.Field): string {
  const { resolvedType } = field;
  const text = resolvedType === null ? field.type : link(resolvedType);
  if (field instanceof protobuf.MapField) return `map of ${field.keyType} to ${text}`;
  if (field.partOf) return `${text}, one of \`${field.partOf.name}\``;
  return field.repeated ? `list of ${text}` : field.required ? text : `${text}, may be absent`;
}

function link(type: protobuf.Type | protobuf.Enum): string {
  return `[${type.name}](#${headingOf(type).toLowerCase().replaceAll(" ", "-")})`;
}

/** Its name, unless that is the heading of a kind: links must lead to one place. */
function headingOf({ name }: protobuf.ReflectionObject): string {
  return KINDS.some((kind) => kind === name.toLowerCase()) ? `${name} message` : name;
}

function enumerations(space: protobuf.NamespaceBase): string[] {
  return [
    "## Enumerations",
    ...allEnums(space).flatMap((entry) => {
      const values = Object.entries(entry.values).map(([name, number]) => `${number} ${name}`);
      return [`### ${headingOf(entry)}`, `${values.join(", ")}.`];
    }),
  ];
}

function allEnums(space: protobuf.NamespaceBase): protobuf.Enum[] {
  return space.nestedArray.flatMap((entry) => {
    if (entry instanceof protobuf.Enum) return [entry];
    return entry instanceof protobuf.Namespace ? allEnums(entry) : [];
  });
}

if (import.meta.main) {
  const file = new URL("../docs/events.md", import.meta.url).pathname;
  await Deno.writeTextFile(file, eventsPage());
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", file] }).output();
}
