/**
 * The tracepoints that are traced: which group they belong to, what their records are called, how long they are.
 *
 * @module
 */

/** What can be switched off together. */
export const GROUPS = ["messages", "connections", "mempool", "validation", "addrman"] as const;

/** One of {@linkcode GROUPS}. */
export type Group = (typeof GROUPS)[number];

/** A tracepoint of a node. */
export interface Tracepoint {
  /** Provider and name, as in the ELF note. */
  readonly name: string;
  /** What it is switched off with. */
  readonly group: Group;
  /** The letter its records begin with. */
  readonly kind: string;
  /** Arguments it must have at least; a node with fewer has another tracepoint of the same name. */
  readonly args: number;
  /** 64-bit words of a record behind time, process and number; of a message without its payload. */
  readonly words: number;
}

/** All of them. `utxocache` and `coin_selection` say nothing about peers, and the first fires at a terrible rate. */
export const TRACEPOINTS: readonly Tracepoint[] = [
  { name: "net:inbound_message", group: "messages", kind: "i", args: 6, words: 15 },
  { name: "net:outbound_message", group: "messages", kind: "o", args: 6, words: 15 },
  { name: "net:inbound_connection", group: "connections", kind: "c", args: 5, words: 14 },
  { name: "net:outbound_connection", group: "connections", kind: "d", args: 5, words: 14 },
  { name: "net:closed_connection", group: "connections", kind: "e", args: 5, words: 14 },
  { name: "net:evicted_inbound_connection", group: "connections", kind: "f", args: 5, words: 14 },
  { name: "net:misbehaving_connection", group: "connections", kind: "g", args: 2, words: 17 },
  { name: "mempool:added", group: "mempool", kind: "m", args: 3, words: 6 },
  { name: "mempool:removed", group: "mempool", kind: "r", args: 5, words: 9 },
  { name: "mempool:replaced", group: "mempool", kind: "p", args: 7, words: 14 },
  { name: "mempool:rejected", group: "mempool", kind: "j", args: 2, words: 19 },
  { name: "validation:block_connected", group: "validation", kind: "v", args: 6, words: 9 },
  { name: "addrman:attempt_add", group: "addrman", kind: "a", args: 7, words: 23 },
  { name: "addrman:move_to_good", group: "addrman", kind: "t", args: 6, words: 22 },
];

/** Words every numbered record begins with: time, process and thread, CPU and number. */
export const FRAME_WORDS = 3;
/** Payload words that go with a message's record, by its length. */
export const HEAD_WORDS = [1, 8, 38] as const;
/** Payload bytes that go with the record of a long message. */
export const HEAD_BYTES = 304;
/** Payload bytes of a chunk. */
export const CHUNK_BYTES = 400;
/** Words of a chunk before its payload: the number of its message, its thread and offset. */
export const CHUNK_FRAME_WORDS = 2;
/** The longest message of the protocol: `MAX_PROTOCOL_MESSAGE_LENGTH` in Bitcoin Core's net.h, rounded up. */
export const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;
/** Letters of the chunks of inbound and outbound messages. */
export const CHUNK_KINDS: Readonly<Record<string, string>> = { i: "x", o: "y" };
/** Pages of bpftrace's buffer: 16 MiB hold a payload of 4 MB and bursts of thousands of events. */
export const BUFFER_PAGES = 4096;
