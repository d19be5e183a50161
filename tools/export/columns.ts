/**
 * One row per event: what one filters and groups by in columns of its own, everything in the last one.
 *
 * @module
 */

import type { Event } from "../../proto/event.ts";
import { snakeCase } from "../../proto/snake_case.ts";

/** An event, and what its last column holds. */
export interface Row {
  /** The event. */
  readonly event: Event;
  /** It as JSON. */
  readonly json: string;
}

/** What a cell may hold. */
export type Cell = number | string | boolean | undefined;

/** A column. */
export interface Column {
  /** Its name in the file. */
  readonly name: string;
  /** What is in it, one line; the README's table. */
  readonly help: string;
  /** Its type in Parquet. */
  readonly type: "timestamp" | "text" | "integer" | "boolean";
  /** The value for a row; `undefined` where there is none. */
  value(row: Row): Cell;
}

/** All columns, in order. */
export const COLUMNS: readonly Column[] = [
  {
    name: "timestamp",
    help: "when the extractor saw it: unix milliseconds; in Parquet a timestamp in UTC",
    type: "timestamp",
    value: ({ event }) => event.timestamp,
  },
  {
    name: "kind",
    help: "`message`, `connection`, `mempool`, `validation`, `addrman`, `rpc`, `p2p`, `log` or `ipc`",
    type: "text",
    value: ({ event }) => event.kind,
  },
  {
    name: "type",
    help: "what of that kind: the message type on the wire, `closed`, `added`, `peer_infos`, …",
    type: "text",
    value: ({ event }) => typeOf(event),
  },
  {
    name: "peer_id",
    help: "the node's number of the peer; messages and connections",
    type: "integer",
    value: ({ event }) => meta(event)?.peerId ?? connection(event)?.peerId ?? misbehaving(event),
  },
  {
    name: "addr",
    help: "address and port of the peer; messages and connections",
    type: "text",
    value: ({ event }) => meta(event)?.addr ?? connection(event)?.addr,
  },
  {
    name: "conn_type",
    help: "0 unknown, 1 inbound, 2 full relay, 3 block relay only, 4 feeler; messages and connections",
    type: "integer",
    value: ({ event }) => meta(event)?.connType ?? connection(event)?.connType,
  },
  {
    name: "network",
    help: "0 not routable, 1 IPv4, 2 IPv6, 3 onion, 4 I2P, 5 CJDNS; connections",
    type: "integer",
    value: ({ event }) => connection(event)?.network,
  },
  {
    name: "inbound",
    help: "whether the message was received; messages",
    type: "boolean",
    value: ({ event }) => meta(event)?.inbound,
  },
  {
    name: "size",
    help: "bytes of the message's payload on the wire; messages",
    type: "integer",
    value: ({ event }) => meta(event)?.size,
  },
  {
    name: "event",
    help: "all of it as JSON, as the logger prints it",
    type: "text",
    value: ({ json }) => json,
  },
];

/** The field of each kind that says what happened. */
function typeOf(event: Event): string | undefined {
  if (event.kind === "message") return event.value.meta.command;
  if (event.kind === "none") return undefined;
  const member = Object.values(event.value).find((value) =>
    typeof value === "object" && value !== null && "case" in value
  ) as { case: string } | undefined;
  return member === undefined ? undefined : snakeCase(member.case);
}

function meta(event: Event) {
  return event.kind === "message" ? event.value.meta : undefined;
}

function connection({ kind, value }: Event) {
  if (kind !== "connection" || value.event === undefined || value.event.case === "misbehaving") {
    return undefined;
  }
  return value.event.value.conn;
}

function misbehaving({ kind, value }: Event): number | undefined {
  return kind === "connection" && value.event?.case === "misbehaving" ? value.event.value.id : undefined;
}
