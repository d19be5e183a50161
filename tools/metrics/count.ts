/**
 * From an event's bytes to metrics.
 *
 * @module
 */

import { decodeEvent, type Event, type Peek, peek } from "../../proto/event.ts";
import type { Metadata } from "../../proto/schema.ts";
import { type Kind, KINDS } from "../../proto/subjects.ts";
import type { Series } from "./family.ts";
import { countAddrmanInsert, countIpc, countMempool, countValidation } from "./groups/chain.ts";
import { makeCountConnection } from "./groups/connections.ts";
import { countP2p, makeCountLog } from "./groups/extractors.ts";
import { makeCountMessage } from "./groups/messages.ts";
import { makeSetRpc } from "./groups/rpc.ts";
import type { Metrics } from "./metrics.ts";
import type { Peers } from "./peers.ts";

/** Counts an event; what cannot be read is counted as refused. Never throws. */
export type Count = (bytes: Uint8Array) => void;

/** What counting needs. */
export interface CountOptions {
  readonly metrics: Metrics;
  readonly peers: Peers;
  /** Unix milliseconds; `Date.now` unless a test says otherwise. */
  now?(): number;
}

/** What counts events. */
export function makeCount({ metrics, peers, now = Date.now }: CountOptions): Count {
  const countMessage = makeCountMessage(metrics, peers);
  const countOther = makeCountOther(metrics, peers);
  const note = makeNote(metrics, now);
  const refuse = (command: string, reason: string) => metrics.refused_events_total.at(command, reason).add(1);
  return (bytes) => {
    const seen = peek(bytes, { inventory: true });
    if (!seen.ok) return refuse("unreadable", seen.reason);
    if (seen.kind === "none") return refuse("unreadable", "no-known-member");
    note(seen.kind, seen.timestamp);
    if (isMessage(seen)) {
      const refused = countMessage(bytes, seen);
      if (refused !== undefined) refuse(seen.message.command, refused);
      return;
    }
    const decoded = decodeEvent(bytes);
    if (!decoded.ok) return refuse(seen.kind, decoded.reason);
    if (!hasMember(decoded.event)) return refuse(seen.kind, "no-known-member");
    countOther(decoded.event);
  };
}

function isMessage(seen: Peek): seen is Peek & { message: Metadata } {
  return seen.message !== undefined;
}

/** One event in so many is asked how late it is: reading the clock takes longer than all else that is noted here. */
const LAG_EVERY = 16;

/** Takes note of each event's kind and time, and of some events' lag. */
function makeNote(metrics: Metrics, now: () => number) {
  const lag = metrics.event_lag_seconds.at();
  // Kinds that never come are shown as 0, so that a rate of them is 0 and not missing.
  const counts = new Map(KINDS.map((kind) => [kind, metrics.events_total.at(kind)]));
  const last = new Map<Kind, Series>();
  let events = 0;
  return (kind: Kind, timestamp: number): void => {
    counts.get(kind)!.value++;
    let time = last.get(kind);
    if (time === undefined) last.set(kind, time = metrics.last_event_timestamp_seconds.at(kind));
    time.value = timestamp / 1000;
    if (events++ % LAG_EVERY === 0) lag.observe(Math.max(0, now() - timestamp) / 1000);
  };
}

function makeCountOther(metrics: Metrics, peers: Peers) {
  const countConnection = makeCountConnection(metrics, peers);
  const countLog = makeCountLog(metrics);
  const setRpc = makeSetRpc(metrics, peers);
  return (event: Event): void => {
    switch (event.kind) {
      case "connection":
        return countConnection(event.timestamp, event.value);
      case "mempool":
        return countMempool(metrics, event.value);
      case "validation":
        return countValidation(metrics, event.value);
      case "addrman":
        return countAddrmanInsert(metrics, event.value);
      case "rpc":
        return setRpc(event.timestamp, event.value);
      case "p2p":
        return countP2p(metrics, event.value);
      case "log":
        return countLog(event.value);
      case "ipc":
        return countIpc(metrics, event.value);
    }
  };
}

/** Whether there is something inside that the schema knows. A line of the log counts whatever it says. */
function hasMember(event: Event): boolean {
  switch (event.kind) {
    case "connection":
    case "mempool":
    case "validation":
    case "addrman":
      return event.value.event !== undefined;
    case "rpc":
      return event.value.rpcEvent !== undefined;
    case "p2p":
      return event.value.p2pEvent !== undefined;
    case "ipc":
      return event.value.ipcEvent !== undefined;
    default:
      return true;
  }
}
