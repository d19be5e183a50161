/**
 * What archives hold, counted: how many events of which kind and command, and how many bytes they take.
 *
 * @module
 */

import type { Event } from "../../proto/event.ts";
import type { Kind } from "../../proto/subjects.ts";
import { recordLength } from "../../proto/archive/records.ts";

/** The Rust tool's names of what events there are. */
const CATEGORIES: Readonly<Record<Kind, string>> = {
  message: "ebpf/message",
  connection: "ebpf/connection",
  mempool: "ebpf/mempool",
  validation: "ebpf/validation",
  addrman: "ebpf/addrman",
  rpc: "rpc",
  p2p: "p2p-extractor",
  log: "log",
  ipc: "ipc",
};

/** A stranger chooses names of commands; those beyond this many are counted together. */
const MOST_COMMANDS = 500;
const OTHER = "(other)";
const UNKNOWN = "(unknown)";
// The first byte of an event whose outermost member is the one of the tracepoints.
const EBPF_TAG = 10;

/** Events of one sort. */
export interface Row {
  /** How many. */
  events: number;
  /** Their bytes in the file, uncompressed, with their lengths. */
  bytes: number;
  /** The largest of them. */
  maximum: number;
  /** Bytes of the messages as they were on the wire; commands only. */
  payload: number;
}

/** How commands are told apart. */
export interface SummaryOptions {
  /** Received and sent in rows of their own. */
  readonly messageDirections: boolean;
  /** Unknown commands by their names. */
  readonly showUnknownCommands: boolean;
}

/** Counts of any number of files. */
export class Summary {
  /** Files. */
  files = 0;
  /** Events. */
  events = 0;
  /** Bytes on disk. */
  size = 0;
  /** Bytes uncompressed. */
  uncompressed = 0;
  /** Whether some file was not read to its end, so that the sizes cannot be compared. */
  isPartial = false;
  /** Time of the first event, in unix milliseconds. */
  first = Infinity;
  /** Time of the last event. */
  last = -Infinity;
  /** Rows by category. */
  readonly categories = new Map<string, Row>();
  /** Rows by command. */
  readonly commands = new Map<string, Row>();
  readonly #options: SummaryOptions;

  /** A summary of nothing. */
  constructor(options: SummaryOptions) {
    this.#options = options;
  }

  /** Counts an event. */
  add(event: Event, data: Uint8Array): void {
    const bytes = data.length + recordLength(data.length).length;
    this.events++;
    this.first = Math.min(this.first, event.timestamp);
    this.last = Math.max(this.last, event.timestamp);
    count(this.categories, categoryOf(event, data), bytes);
    if (event.kind !== "message") return;
    const { command, inbound, size } = event.value.meta;
    const isKnown = event.value.msg !== undefined && event.value.msg.case !== "unknown";
    const name = isKnown || this.#options.showUnknownCommands ? command : UNKNOWN;
    const row = this.#options.messageDirections ? `${name} ${inbound ? "received" : "sent"}` : name;
    const isTooMany = this.commands.size >= MOST_COMMANDS && !this.commands.has(row);
    count(this.commands, isTooMany ? OTHER : row, bytes, size);
  }
}

function categoryOf({ kind }: Event, data: Uint8Array): string {
  if (kind !== "none") return CATEGORIES[kind];
  return data[0] === EBPF_TAG ? "ebpf/unknown" : "unknown";
}

function count(rows: Map<string, Row>, name: string, bytes: number, payload = 0): void {
  let row = rows.get(name);
  if (row === undefined) rows.set(name, row = { events: 0, bytes: 0, maximum: 0, payload: 0 });
  row.events++;
  row.bytes += bytes;
  row.maximum = Math.max(row.maximum, bytes);
  row.payload += payload;
}
