/**
 * Events as a node on the main network brings them, for benchmarks: recorded payloads in a fixed mixture.
 *
 * @module
 */

import { assert } from "@std/assert";
import { type Recorded, recordedMessages } from "../../proto/bitcoin/_recorded.ts";
import { encodeEvent, type Event } from "../../proto/event.ts";
import { toMessageEvent } from "../../proto/message_event.ts";
import type { InventoryItem, MessageEvent } from "../../proto/schema.ts";

/** Out of 100 events; what is left are connections and what enters the mempool. */
const SHARES: readonly (readonly [share: number, ...commands: string[]])[] = [
  [55, "inv"],
  [20, "tx"],
  [8, "ping", "pong"],
  [5, "addr", "addrv2"],
  [6, "getdata"],
  [1, "headers", "cmpctblock", "block"],
];

/** Enough that no event comes again while the processor still has it. */
const DECK_SIZE = 10_000;

const PEERS = 125;
const MOST_ITEMS = 20;
const TIMESTAMP = 1_750_942_328_364;

/** How large some messages may be. */
export interface TrafficOptions {
  /** Most items of an inv. */
  readonly mostItems?: number;
  /** Most addresses of an addr or addrv2. What nodes pass on has at most 10; answers to getaddr, once in the life of a connection, have up to 1,000. */
  readonly mostAddresses?: number;
}

/**
 * Encoded events in the mixture of the main network. The recorded inv messages are of regtest, most with one item;
 * these have 1 to 20 recorded items each, as Bitcoin Core collects announcements for some seconds.
 */
export function encodedTraffic(
  { mostItems = MOST_ITEMS, mostAddresses = Infinity }: TrafficOptions = {},
): Uint8Array[] {
  const recorded = Map.groupBy(recordedMessages(), ({ command }) => command);
  const messages = new Map(
    SHARES.flatMap(([, ...commands]) => commands).map((command) =>
      [command, (recorded.get(command) ?? []).flatMap((each) => toMessage(each) ?? [])] as const
    ),
  );
  const items = messages.get("inv")!.flatMap(itemsOf);
  return Array.from({ length: DECK_SIZE }, (_, i) => {
    const commands = commandsAt(i * 37 % 100);
    if (commands === undefined) return encodeEvent(otherEvent(i));
    const choices = messages.get(commands[i % commands.length]!)!;
    const { meta, msg } = choices[i * 7 % choices.length]!;
    const peerId = i % PEERS;
    const value = { meta: { ...meta, peerId, addr: addrOf(peerId) }, msg };
    if (msg?.case === "inv") value.msg = { case: "inv", value: { items: someOf(items, i, mostItems) } };
    if (msg?.case === "addr" || msg?.case === "addrv2") {
      value.msg = { case: msg.case, value: { addresses: msg.value.addresses.slice(0, mostAddresses) } };
    }
    return encodeEvent({ timestamp: TIMESTAMP + i, kind: "message", value });
  });
}

/** A block of 4,000 recorded transactions: nobody records such blocks on regtest. */
export function fullBlock(): Uint8Array {
  const [block, ...messages] = recordedMessages()
    .filter(({ command }) => command === "tx" || command === "block")
    .toSorted((a, b) => a.command.localeCompare(b.command))
    .flatMap((each) => toMessage(each) ?? []);
  const transactions = messages.flatMap(({ msg }) => msg?.case === "tx" ? msg.value.tx : []);
  assert(block?.msg?.case === "block" && transactions.length > 0);
  block.msg.value.transactions = Array.from(
    { length: 4000 },
    (_, i) => transactions[i % transactions.length]!,
  );
  return encodeEvent({ timestamp: TIMESTAMP, kind: "message", value: block });
}

/** The event an extractor would make of a payload; Core's own tests also send some of which there is none. */
function toMessage({ command, payload }: Recorded): MessageEvent | undefined {
  const meta = { peerId: 7, addr: addrOf(7), connType: 1, command, inbound: true, size: payload.length };
  const result = toMessageEvent(meta, payload);
  return result.ok ? result.event : undefined;
}

function commandsAt(percent: number): string[] | undefined {
  let below = 0;
  for (const [share, ...commands] of SHARES) {
    below += share;
    if (percent < below) return commands;
  }
  return undefined;
}

function itemsOf({ msg }: MessageEvent): InventoryItem[] {
  return msg?.case === "inv" ? msg.value.items : [];
}

function someOf(items: InventoryItem[], i: number, most: number): InventoryItem[] {
  const from = i * 11 % (items.length - most);
  return items.slice(from, from + 1 + i * 7 % most);
}

function otherEvent(i: number): Event {
  const timestamp = TIMESTAMP + i;
  if (i % 3 > 0) {
    const txid = Uint8Array.from({ length: 32 }, (_, at) => (i * 31 + at * 7) & 0xff);
    const added = { case: "added", value: { txid, vsize: 141, fee: i } } as const;
    return { timestamp, kind: "mempool", value: { event: added } };
  }
  const conn = { peerId: i, addr: addrOf(i), connType: 1, network: 1 };
  const inbound = { case: "inbound", value: { conn, existingConnections: 114 } } as const;
  return { timestamp, kind: "connection", value: { event: inbound } };
}

function addrOf(peerId: number): string {
  return `203.0.113.${peerId % 256}:8333`;
}
