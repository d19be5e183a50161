/**
 * Messages: the record's metadata, and what can be said of a payload that was cut.
 *
 * @module
 */

import { type MessageEventResult, toMessageEvent } from "../../proto/message_event.ts";
import type { Metadata } from "../../proto/schema.ts";
import { ADDRESS_WORDS, CONNECTION_WORDS, connectionType } from "./events.ts";
import type { Record } from "./record.ts";

const TYPE_WORDS = 2;
const MOST_PEERS = 4096;
const MOST_TYPES = 256;
/** Texts that are compared byte by byte. */
const ASCII = /^[ -~]*$/;

/** A message's metadata with what does not go into the event. */
export interface Header {
  readonly meta: Metadata;
  /** Kernel time. */
  readonly nsecs: number;
}

interface Peer {
  readonly addr: string;
  readonly connection: string;
  readonly connType: number;
}

/** Reads metadata. A peer says many things under one address, and most things are said often: each text is made once. */
export class MetadataReader {
  readonly #peers = new Map<number, Peer>();
  /** By their first four letters; those of one beginning take turns. */
  readonly #types = new Map<number, string>();

  /** The fields from the peer's number to the payload's length. */
  read(record: Record, inbound: boolean): Metadata {
    const peerId = record.uint();
    const { addr, connType } = this.#peer(peerId, record);
    const command = this.#type(record);
    return { peerId, addr, connType, command, inbound, size: record.uint() };
  }

  #peer(peerId: number, record: Record): Peer {
    const known = this.#peers.get(peerId);
    const addr = known !== undefined && record.textIs(known.addr, ADDRESS_WORDS)
      ? known.addr
      : record.text(ADDRESS_WORDS);
    if (addr === known?.addr && record.textIs(known.connection, CONNECTION_WORDS)) return known;
    const connection = record.text(CONNECTION_WORDS);
    const peer = { addr, connection, connType: connectionType(connection) };
    if (!ASCII.test(addr + connection)) return peer;
    if (this.#peers.size >= MOST_PEERS) this.#peers.clear();
    this.#peers.set(peerId, peer);
    return peer;
  }

  #type(record: Record): string {
    const key = record.first32();
    const known = this.#types.get(key);
    if (known !== undefined && record.textIs(known, TYPE_WORDS)) return known;
    const type = record.text(TYPE_WORDS);
    if (!ASCII.test(type)) return type;
    if (this.#types.size >= MOST_TYPES) this.#types.clear();
    this.#types.set(key, type);
    return type;
  }
}

/**
 * What precedes the lists of a message, and the lists' lengths, all zero. No real block or compact block is without
 * transactions, and the metadata has the size: nobody takes such a message for whole.
 */
const CUT: Readonly<globalThis.Record<string, { bytes: number; emptyLists: number }>> = {
  block: { bytes: 80, emptyLists: 1 },
  cmpctblock: { bytes: 88, emptyLists: 2 },
  blocktxn: { bytes: 32, emptyLists: 1 },
  merkleblock: { bytes: 84, emptyLists: 2 },
};

/** The event of a message of which only the first bytes are known: header and hashes of blocks, else metadata alone. */
export function toTruncatedEvent(meta: Metadata, head: Uint8Array): MessageEventResult {
  const cut = Object.hasOwn(CUT, meta.command) ? CUT[meta.command] : undefined;
  if (cut === undefined || head.length < cut.bytes) {
    return { ok: true, event: { meta, msg: undefined }, trailingBytes: 0, nonCanonical: false };
  }
  const payload = new Uint8Array(cut.bytes + cut.emptyLists);
  payload.set(head.subarray(0, cut.bytes));
  return toMessageEvent(meta, payload);
}
