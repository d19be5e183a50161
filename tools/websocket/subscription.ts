/**
 * What a client asks for: one JSON object in one text frame, which replaces what it asked for before.
 *
 * @module
 */

import type { Kind } from "../../proto/subjects.ts";
import type { Form } from "./encode.ts";

/** What a client wants. */
export interface Subscription {
  /** The kinds of events. */
  readonly kinds: ReadonlySet<Kind>;
  /** How they are written. */
  readonly form: Form;
  /** Whether time and node stand in front of each event. */
  readonly envelope: boolean;
  /** Whether to send what was seen last, once. */
  readonly snapshot: boolean;
}

/** What a client has that has asked for nothing. */
export const NOTHING: Subscription = {
  kinds: new Set(),
  form: { exact: false, lite: false },
  envelope: false,
  snapshot: false,
};

/** The Rust tool's limit: a frame of so many bytes or more closes the connection. */
export const FRAME_BYTES = 512;

const EBPF: Readonly<Record<string, Kind>> = {
  messages: "message",
  connections: "connection",
  mempool: "mempool",
  validation: "validation",
  addrman: "addrman",
};

const EXTRACTORS: Readonly<Record<string, Kind>> = { rpc: "rpc", p2p: "p2p", log: "log", ipc: "ipc" };

/**
 * Reads a frame. Missing keys count as false, unknown ones are ignored.
 *
 * @throws {SyntaxError} If it is no such object; the text fits the reason of a close frame.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...parseSubscription('{"ebpf":{"messages":true},"rpc":true}').kinds], ["message", "rpc"]);
 * ```
 */
export function parseSubscription(text: string): Subscription {
  // A character is at least one byte, so that nothing long is encoded only to be measured.
  if (text.length >= FRAME_BYTES || new TextEncoder().encode(text).length >= FRAME_BYTES) {
    throw new SyntaxError(`A subscription has less than ${FRAME_BYTES} bytes`);
  }
  const wanted = objectOf(parseJson(text), "A subscription");
  const ebpf = wanted.ebpf === undefined ? {} : objectOf(wanted.ebpf, '"ebpf"');
  const kinds = new Set([...kindsIn(ebpf, EBPF), ...kindsIn(wanted, EXTRACTORS)]);
  const [exact, lite, envelope, snapshot] = ["exact", "lite", "envelope", "snapshot"].map((key) =>
    isOn(wanted, key)
  ) as [boolean, boolean, boolean, boolean];
  return { kinds, form: { exact, lite }, envelope, snapshot };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SyntaxError("A subscription is a JSON object");
  }
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new SyntaxError(`${what} is a JSON object`);
}

function kindsIn(object: Record<string, unknown>, names: Readonly<Record<string, Kind>>): Kind[] {
  return Object.keys(names).filter((name) => isOn(object, name)).map((name) => names[name]!);
}

function isOn(object: Record<string, unknown>, key: string): boolean {
  const value = object[key] === undefined ? false : object[key];
  if (typeof value !== "boolean") throw new SyntaxError(`"${key}" is true or false`);
  return value;
}
