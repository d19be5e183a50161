/**
 * Which events are shown. Kind, peer and command of an event are known without decoding what it carries.
 *
 * @module
 */

import { decodeEvent, type Event, type Peek, peek, type Refused } from "../../proto/event.ts";
import { GROUPS } from "../../proto/groups.ts";
import type { ConnectionEvent, Metadata } from "../../proto/schema.ts";
import { type Kind, KINDS } from "../../proto/subjects.ts";
import type { Member } from "./primitives.ts";
import { makeMatcher, parsePlace } from "./place.ts";

/** What is asked for; an empty list asks for everything. */
export interface FilterOptions {
  /** Groups. */
  only: readonly string[];
  /** Peer ids. */
  peers: readonly string[];
  /** Addresses, subnets, hosts. */
  addresses: readonly string[];
  /** P2P message types. */
  commands: readonly string[];
}

/** A test in two steps, the first of which needs no decoding. */
export interface Filter {
  /** Kinds that can pass; none when the options contradict each other. */
  kinds: ReadonlySet<Kind>;
  /** Whether an event may be shown, as far as can be seen from outside. */
  admits(seen: Peek): boolean;
  /** Whether an admitted event is shown. */
  passes(event: Event): boolean;
}

/** The filter that the options describe, or `undefined` when everything passes. */
export function makeFilter({ only, peers, addresses, commands }: FilterOptions): Filter | undefined {
  if ([only, peers, addresses, commands].every(({ length }) => length === 0)) return undefined;
  const kinds = new Set(
    KINDS.filter((kind) =>
      (only.length === 0 || only.some((group) => GROUPS[group as keyof typeof GROUPS] === kind)) &&
      (peers.length + addresses.length === 0 || kind === "message" || kind === "connection") &&
      (commands.length === 0 || kind === "message")
    ),
  );
  const isPeer = isIn(new Set(peers.map(Number)));
  const isCommand = isIn(new Set(commands.flatMap(spellings)));
  const matches = makeMatcher(addresses.map(parsePlace));
  const isPlace = (addr: string | undefined) => addresses.length === 0 || addr !== undefined && matches(addr);
  const admitsMessage = ({ peerId, addr, command }: Metadata) =>
    isPeer(peerId) && isCommand(command) && isPlace(addr);
  const passesConnection = ({ event }: ConnectionEvent) => {
    if (event === undefined) return true;
    const { id, addr } = peerOf(event);
    return isPeer(id) && isPlace(addr);
  };
  return {
    kinds,
    // An event without a member passes: it is not shown, but counted.
    admits: ({ kind, message }) =>
      kind === "none" || kinds.has(kind) && (message === undefined || admitsMessage(message)),
    passes: (event) => event.kind !== "connection" || passesConnection(event.value),
  };
}

/** The event in the bytes, why there is none, or `undefined` for one that the filter leaves out. */
export function select(data: Uint8Array, filter: Filter | undefined): Event | Refused | undefined {
  if (filter === undefined) return decoded(data);
  const seen = peek(data);
  if (!seen.ok) return seen;
  if (!filter.admits(seen)) return undefined;
  const event = decoded(data);
  return "ok" in event || filter.passes(event) ? event : undefined;
}

function decoded(data: Uint8Array): Event | Refused {
  const result = decodeEvent(data);
  return result.ok ? result.event : result;
}

/** An empty set asks for everything. */
function isIn<T>(wanted: ReadonlySet<T>): (value: T) => boolean {
  return wanted.size === 0 ? () => true : (value) => wanted.has(value);
}

/** The tracepoint's buffer cuts the last byte off a message type of 12. */
function spellings(command: string): string[] {
  return command.length === 12 ? [command, command.slice(0, 11)] : [command];
}

/** Peer and address of a connection event; of a misbehaving peer only the id is told. */
function peerOf(event: Member & NonNullable<ConnectionEvent["event"]>): { id: number; addr?: string } {
  if (event.case === "misbehaving") return { id: event.value.id };
  const { peerId, addr } = event.value.conn;
  return { id: peerId, addr };
}
