/**
 * Events as JSON: the schema's own field names in snake case, a oneof as the one member it has.
 *
 * @module
 */

import { hashToHex } from "./bitcoin/hash.ts";
import type { Event, Payloads } from "./event.ts";
import { snakeCase } from "./snake_case.ts";
import type { Kind } from "./subjects.ts";

/** The field of each kind without which an event says nothing. */
const ONEOFS: { readonly [K in Kind]: keyof Payloads[K] } = {
  message: "msg",
  connection: "event",
  mempool: "event",
  validation: "event",
  addrman: "event",
  rpc: "rpcEvent",
  p2p: "p2pEvent",
  log: "logEvent",
  ipc: "ipcEvent",
};

/**
 * Which member of its kind's oneof an event has, such as `"uptime"`; `undefined` where this schema knows none.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const event = { timestamp: 1, kind: "rpc", value: { rpcEvent: { case: "uptime", value: 7 } } } as const;
 * assertEquals(memberOf(event), "uptime");
 * ```
 */
export function memberOf({ kind, value }: Event): string | undefined {
  if (kind === "none") return undefined;
  return (value[ONEOFS[kind] as keyof typeof value] as Member | undefined)?.case;
}

/**
 * An event as one JSON object, or `undefined` when it has no member that this schema knows.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const json = eventJson({ timestamp: 1, kind: "rpc", value: { rpcEvent: { case: "uptime", value: 7 } } });
 * assertEquals(json, '{"timestamp":1,"kind":"rpc","event":{"uptime":7}}');
 * ```
 */
export function eventJson(event: Event, node?: string): string | undefined {
  const { timestamp, kind, value } = event;
  if (kind === "none" || memberOf(event) === undefined) return undefined;
  const where = node === undefined ? "" : `"node":${quote(node)},`;
  return `{"timestamp":${timestamp},"kind":"${kind}",${where}"event":${objectJson(value)}}`;
}

/** Fields whose bytes are hashes, shown with their bytes reversed; all other bytes are shown as they are. */
const HASHES: ReadonlySet<string> = new Set([
  "block",
  "blockHash",
  "compactBlock",
  "filterHashes",
  "filterHeaders",
  "hash",
  "hashes",
  "locatorHashes",
  "merkleRoot",
  "prevBlockhash",
  "previousFilterHeader",
  "replacedTxid",
  "replacementId",
  "stopHash",
  "transaction",
  "txid",
  "witnessBlock",
  "witnessTransaction",
  "wtx",
  "wtxid",
]);

/** Texts by hand: JSON.stringify() with a replacer takes longer, and could not rename fields; see logger_bench.ts. */
function objectJson(object: object): string {
  let text = "";
  for (const key in object) {
    let value: unknown = object[key as keyof object];
    if (value === undefined) continue;
    let name = key;
    if (isMember(value)) ({ case: name, value } = value);
    const { start, hex } = fieldOf(name);
    // What an item of an unknown type identifies is unknown too: its bytes stay as they came.
    const isUnknownItem = name === "hash" && "invType" in object;
    text += (text === "" ? start : "," + start) + valueJson(value, isUnknownItem ? plainHex : hex);
  }
  return `{${text}}`;
}

interface Field {
  /** Its name as JSON, with the colon. */
  start: string;
  /** How its bytes are shown. */
  hex(bytes: Uint8Array): string;
}

/** What is known of each name; there are as many as the schema has. */
const fields = new Map<string, Field>();

function fieldOf(name: string): Field {
  let field = fields.get(name);
  if (field === undefined) {
    field = { start: `"${snakeCase(name)}":`, hex: HASHES.has(name) ? hashToHex : plainHex };
    fields.set(name, field);
  }
  return field;
}

function valueJson(value: unknown, hex: (bytes: Uint8Array) => string): string {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? String(value) : "null";
    case "bigint":
      return `"${value}"`;
    case "string":
      return quote(value);
    case "boolean":
      return value ? "true" : "false";
  }
  if (value instanceof Uint8Array) return `"${hex(value)}"`;
  if (Array.isArray(value)) return arrayJson(value, hex);
  return value instanceof Map ? mapJson(value) : objectJson(value as object);
}

function arrayJson(items: readonly unknown[], hex: (bytes: Uint8Array) => string): string {
  let text = "";
  for (let i = 0; i < items.length; i++) text += (i === 0 ? "" : ",") + valueJson(items[i], hex);
  return `[${text}]`;
}

function mapJson(map: ReadonlyMap<unknown, unknown>): string {
  let text = "";
  for (const [key, value] of map) {
    text += `${text === "" ? "" : ","}${quote(String(key))}:${valueJson(value, plainHex)}`;
  }
  return `{${text}}`;
}

/** A oneof that is set. */
interface Member {
  case: string;
  value: unknown;
}

function isMember(value: unknown): value is Member {
  return typeof value === "object" && value !== null && "case" in value;
}

function plainHex(bytes: Uint8Array): string {
  return bytes.toHex();
}

/** JSON allows DEL and the second set of control characters in a text; a terminal may obey them. */
function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\x9f]/g,
    (c) => `\\u00${c.charCodeAt(0).toString(16)}`,
  );
}
