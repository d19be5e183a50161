/**
 * Events as the JSON of the Rust websocket tool: the member alone, oneofs last and as `{"Variant": value}`, bytes as
 * arrays of numbers, enums as numbers, what is absent as null.
 *
 * @module
 */

import type { Event } from "../../proto/event.ts";
import { snakeCase } from "../../proto/snake_case.ts";
import type { Kind } from "../../proto/subjects.ts";

/** What a client may ask for beyond the Rust tool's form. */
export interface Form {
  /** Numbers that need all 64 bits as texts. */
  readonly exact: boolean;
  /** Without what is large and few look at: raw transactions, those of a block, the raw address manager. */
  readonly lite: boolean;
}

/** The form of the Rust tool. */
export const PLAIN: Form = { exact: false, lite: false };

const EBPF_START = '{"EbpfExtractor":{"ebpf_event":{';

/** What stands before and after the payload. */
const WRAPPING: { readonly [K in Kind]: readonly [string, string] } = {
  message: [EBPF_START + '"Message":', "}}}"],
  connection: [EBPF_START + '"Connection":', "}}}"],
  mempool: [EBPF_START + '"Mempool":', "}}}"],
  validation: [EBPF_START + '"Validation":', "}}}"],
  addrman: [EBPF_START + '"Addrman":', "}}}"],
  rpc: ['{"RpcExtractor":', "}"],
  p2p: ['{"P2pExtractor":', "}"],
  log: ['{"LogExtractor":', "}"],
  ipc: ['{"IpcExtractor":', "}"],
};

/**
 * The frame of an event; `undefined` for one without a member, and for one that the form leaves out.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const event = { timestamp: 1, kind: "rpc", value: { rpcEvent: { case: "uptime", value: 12345 } } } as const;
 * assertEquals(encodeFrame(event, PLAIN), '{"RpcExtractor":{"rpc_event":{"Uptime":12345}}}');
 * ```
 */
export function encodeFrame(event: Event, form: Form): string | undefined {
  if (event.kind === "none") return undefined;
  if (form.lite && event.kind === "rpc" && event.value.rpcEvent?.case === "addrman") return undefined;
  const [start, end] = WRAPPING[event.kind];
  return start + objectJson(event.value, form) + end;
}

/** The oneofs of the schema. `address` is one only in an address: elsewhere it is a text, or bytes. */
const ONEOFS: ReadonlySet<string> = new Set([
  "address",
  "event",
  "ipcEvent",
  "item",
  "logEvent",
  "msg",
  "p2pEvent",
  "rpcEvent",
]);

/** Doubles: the Rust tool writes a whole one as 2.0, which some parsers tell from 2. */
export const DOUBLES: ReadonlySet<string> = new Set([
  "cpuLoad",
  "difficulty",
  "feeRate",
  "incrementalFee",
  "incrementalrelayfee",
  "mempoolminfee",
  "minfeefilter",
  "minimumPing",
  "minrelaytxfee",
  "pingTime",
  "pingWait",
  "relayFee",
  "totalFee",
  "txRate",
  "verificationprogress",
]);

interface Field {
  /** Its name as JSON, with the colon. */
  readonly start: string;
  readonly isOneof: boolean;
  readonly isDouble: boolean;
}

/** What is known of each name; there are as many as the schema has. */
const fields = new Map<string, Field>();

function fieldOf(name: string): Field {
  let field = fields.get(name);
  if (field === undefined) {
    field = { start: `"${snakeCase(name)}":`, isOneof: ONEOFS.has(name), isDouble: DOUBLES.has(name) };
    fields.set(name, field);
  }
  return field;
}

// By hand: JSON.stringify() with a replacer takes several times as long, see fanout_bench.ts.
function objectJson(object: object, form: Form): string {
  let text = "";
  let last = "";
  for (const key in object) {
    const value: unknown = object[key as keyof object];
    const { start, isOneof, isDouble } = fieldOf(key);
    if (isOneof && isMember(value)) last = `,${start}${memberJson(value, form)}`;
    else if (isDouble) text += `,${start}${doubleJson(value)}`;
    else if (form.lite && isLarge(key, value, object)) {
      text += `,${start}${Array.isArray(value) ? "[]" : "null"}`;
    } else text += `,${start}${valueJson(value, form)}`;
  }
  return `{${(text + last).slice(1)}}`;
}

interface Member {
  readonly case: string;
  readonly value: unknown;
}

function isMember(value: unknown): value is Member | undefined {
  return value === undefined || typeof value === "object" && !(value instanceof Uint8Array);
}

function memberJson(member: Member | undefined, form: Form): string {
  if (member === undefined) return "null";
  const { case: name, value } = member;
  return `{"${name[0]!.toUpperCase()}${name.slice(1)}":${valueJson(value, form)}}`;
}

/** The raw bytes of a transaction, and the transactions of a block (which has a header) but not of a compact one. */
function isLarge(key: string, value: unknown, object: object): boolean {
  if (key === "raw") return value !== undefined;
  return key === "transactions" && Array.isArray(value) && !("shortIds" in object);
}

function valueJson(value: unknown, form: Form): string {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? String(value) : "null";
    case "bigint":
      return form.exact ? `"${value}"` : String(value);
    case "string":
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "undefined":
      return "null";
  }
  if (value instanceof Uint8Array) return `[${value.join()}]`;
  if (Array.isArray(value)) return arrayJson(value, form);
  return value instanceof Map ? mapJson(value, form) : objectJson(value as object, form);
}

function doubleJson(value: unknown): string {
  if (typeof value !== "number" || !Number.isFinite(value)) return "null";
  const size = Math.abs(value);
  // From where on the Rust library writes an exponent.
  if (size >= 1e16 || size > 0 && size < 1e-5) return value.toExponential().replace("e+", "e");
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

function arrayJson(items: readonly unknown[], form: Form): string {
  let text = "";
  for (let i = 0; i < items.length; i++) text += (i === 0 ? "" : ",") + valueJson(items[i], form);
  return `[${text}]`;
}

function mapJson(map: ReadonlyMap<unknown, unknown>, form: Form): string {
  let text = "";
  for (const [key, value] of map) {
    text += `${text === "" ? "" : ","}${JSON.stringify(String(key))}:${valueJson(value, form)}`;
  }
  return `{${text}}`;
}
