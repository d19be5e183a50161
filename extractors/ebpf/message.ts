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
const PEER_WORDS = 1 + ADDRESS_WORDS + CONNECTION_WORDS;
const MOST_PEERS = 4096;

/** A message's metadata with what does not go into the event. */
export interface Header {
  readonly meta: Metadata;
  /** Kernel time. */
  readonly nsecs: number;
}

/** Reads metadata. A peer says many things under one address: its text is made once. */
export class MetadataReader {
  readonly #peers = new Map<number, { words: Uint32Array; addr: string; connType: number }>();

  /** The fields from the peer's number to the payload's length. */
  read(record: Record, inbound: boolean): Metadata {
    const words = record.peek(1);
    const peerId = words[0]! * 2 ** 32 + words[1]!;
    const { addr, connType } = this.#peer(peerId, record);
    const command = record.text(TYPE_WORDS);
    return { peerId, addr, connType, command, inbound, size: record.uint() };
  }

  #peer(peerId: number, record: Record): { addr: string; connType: number } {
    const known = this.#peers.get(peerId);
    if (known !== undefined && record.skipIf(known.words)) return known;
    const words = record.peek(PEER_WORDS);
    record.uint();
    const peer = {
      words,
      addr: record.text(ADDRESS_WORDS),
      connType: connectionType(record.text(CONNECTION_WORDS)),
    };
    if (this.#peers.size >= MOST_PEERS) this.#peers.clear();
    this.#peers.set(peerId, peer);
    return peer;
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
