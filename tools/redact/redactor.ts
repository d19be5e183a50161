/**
 * From an event to the same event without what the policy takes away. The way through the schema is worked out once, from
 * its description and the table of classes: a field that the table does not know does not exist here.
 *
 * @module
 */

import { agentOf } from "../../proto/agent.ts";
import type { Event } from "../../proto/event.ts";
import { Agent } from "../../proto/federation/schema.ts";
import { type Field, FIELDS } from "../../proto/fields.ts";
import { hostOf } from "../../proto/netgroup.ts";
import { ROOTS } from "../../proto/subjects.ts";
import { type Class, CLASSES, type ClassName, classNameOf, type FieldClasses } from "./classes.ts";
import { portOf } from "./host.ts";
import type { OwnAddresses } from "./own_addresses.ts";
import type { Policy, Treatment } from "./policy.ts";
import type { Pseudonyms } from "./pseudonyms.ts";
import { type Word, wordOf } from "./vocabulary.ts";

/** What a redactor needs. */
export interface RedactorOptions {
  /** What is done to each class. */
  readonly policy: Policy;
  /** Pseudonyms of the data set. */
  readonly pseudonyms: Pseudonyms;
  /** Addresses of the node, which are taken away wherever they are. */
  readonly own: Pick<OwnAddresses, "has">;
  /** The classes of all fields, for tests. */
  readonly classes?: Readonly<Record<string, FieldClasses>>;
}

/** What happened to the values of a class. */
export interface Tally {
  /** Values that stayed as they were. */
  kept: number;
  /** Values that became others, or nothing. */
  changed: number;
}

/** Does something to a value. */
type Act = (value: unknown) => unknown;
type Json = Record<string, unknown>;

const LARGEST_PLAIN = 2 ** 48;
/** Nothing older or younger than this, against its event, is believed to be a time. */
const OLDEST_S = 20 * 365 * 86_400;
const YOUNGEST_S = 86_400;
const HASH_BYTES = 32;
const HEX_HASH = /^[0-9a-f]{64}$/i;
const LARGEST_HEIGHT = 10_000_000;

/** Ports that nodes listen on because they are the default. */
const PORTS: ReadonlySet<number> = new Set([8333, 18333, 28333, 38333, 48333, 18444]);
/** NETWORK, BLOOM, WITNESS, COMPACT_FILTERS, NETWORK_LIMITED, P2P_V2: all others are marks. */
const SERVICES = 1n | 4n | 8n | 64n | 1024n | 2048n;
const PROTOCOLS: ReadonlySet<number> = new Set([
  ...[1, 2, 31800, 31900, 31402, 60000, 60001, 60002, 70001, 70002, 70003, 70012, 70013, 70014, 70015, 70016],
]);
const FAMILIES = new Map<number, string>(
  Object.entries(Agent).map(([name, number]) => [number, name.toLowerCase().replaceAll("_", "-")]),
);

/** Redacts events, one after the other. */
export class Redactor {
  /** What happened, by class. */
  readonly tallies = new Map<ClassName, Tally>();
  /** Entries of lists that were the node's own address. */
  ownRemoved = 0;
  readonly #options: RedactorOptions;
  readonly #classes: Readonly<Record<string, FieldClasses>>;
  readonly #messages = new Map<string, Act>();
  #seenAtS = 0;
  /** The node introduces itself: its version and services are its own, not those of a peer. */
  #isOwnVersion = false;

  /** A redactor for one data set. */
  constructor(options: RedactorOptions) {
    this.#options = options;
    this.#classes = options.classes ?? CLASSES;
  }

  /** The event as it may be handed over; nothing where it has no member that is known. */
  redact(event: Event): Event | undefined {
    const { timestamp, kind, value } = event;
    if (kind === "none") return undefined;
    this.#seenAtS = Math.floor(timestamp / 1000);
    this.#isOwnVersion = kind === "message" && !value.meta.inbound && value.msg?.case === "version";
    return {
      timestamp: this.time(timestamp, "ms"),
      kind,
      value: this.#message(ROOTS[kind])(value),
    } as Event;
  }

  /** A time that is not absent, as the policy wants it. */
  time(value: number, unit: "s" | "ms" | "us"): number {
    const treatment = this.#options.policy.time;
    const perSecond = { s: 1, ms: 1000, us: 1_000_000 }[unit];
    if (treatment === "keep" || value <= 0) return Math.min(Math.max(value, 0), LARGEST_PLAIN * 8);
    const exact = Math.min(value, LARGEST_PLAIN * 8);
    const cut = treatment === "shift-seconds" ? Math.floor(exact / perSecond) * perSecond : exact;
    return Math.max(cut + this.#options.pseudonyms.shiftS * perSecond, perSecond);
  }

  /** The function for a message, made when it is first needed; messages may hold one another. */
  #message(name: string): Act {
    let act = this.#messages.get(name);
    if (act === undefined) {
      act = this.#makeMessage(name);
      this.#messages.set(name, act);
    }
    return act;
  }

  #makeMessage(name: string): Act {
    const fields = FIELDS[name]!;
    const plain = fields.filter(({ of }) => of === undefined).map((field) =>
      [field.name, this.#slot(name, field)] as const
    );
    const oneofs = [...new Set(fields.flatMap(({ of }) => of ?? []))].map((of) => {
      const members = fields.filter((field) => field.of === of);
      return [of, new Map(members.map((field) => [field.name, this.#slot(name, field)]))] as const;
    });
    return (value) => {
      const before = value as Json;
      const after: Json = {};
      for (const [field, act] of plain) after[field] = act(before[field]);
      for (const [of, members] of oneofs) {
        const member = before[of] as { case: string; value: unknown } | undefined;
        const act = member === undefined ? undefined : members.get(member.case);
        after[of] = act === undefined ? undefined : { case: member!.case, value: act(member!.value) };
      }
      return after;
    };
  }

  /** What is done to all that a field holds. */
  #slot(message: string, field: Field): Act {
    const of = this.#classes[message]?.[field.name];
    if (of === undefined || isDropped(of, this.#options.policy)) return this.#dropped(field, of);
    const act = this.#value(of, field);
    if (field.many === undefined) {
      return field.optional ? (value) => value === undefined ? value : act(value) : act;
    }
    if (field.many === "list") {
      const each: Act = (items) => (items as unknown[]).map(act);
      return field.type === "Address" ? (items) => each(this.#withoutOwn(items as AddressLike[])) : each;
    }
    return (map) => this.#map(map as Map<unknown, unknown>, of, act);
  }

  #dropped(field: Field, of: Class | undefined): Act {
    const name = of === undefined ? "payload" : classNameOf(of);
    return (value) => {
      const none = noneOf(field, value, name);
      if (value !== undefined) this.#count(name, !isNothing(value));
      return none;
    };
  }

  #withoutOwn(items: AddressLike[]): AddressLike[] {
    const { own } = this.#options;
    const others = items.filter(({ address }) =>
      typeof address?.value !== "string" || !own.has(address.value)
    );
    this.ownRemoved += items.length - others.length;
    return others;
  }

  #map(map: Map<unknown, unknown>, of: Class, act: Act): Map<unknown, unknown> {
    // Keys that are numbers are places in the address manager, which only its order and fill may tell.
    const isKept = this.#options.policy.asn === "keep";
    if (!of.startsWith("keys:")) {
      return new Map([...map].map(([key, value], i) => [isKept ? key : i, act(value)]));
    }
    const list = of.slice("keys:".length) as Word;
    const after = new Map<string, unknown>();
    for (const [key, value] of map) {
      const word = wordOf(list, key as string);
      this.#count("keys", word !== key);
      const [sum, more] = [after.get(word), act(value)];
      after.set(word, typeof sum === "number" ? sum + (more as number) : more);
    }
    return after;
  }

  /** What is done to one value; what it did is counted, but for messages. */
  #value(of: Class, field: Field): Act {
    const isMessage = field.type in FIELDS;
    if (isMessage) return (value) => this.#message(field.type)(value);
    const name = classNameOf(of);
    const act = this.#scalar(of, field);
    return (value) => {
      const after = act(value);
      this.#count(name, after !== value && !isSame(after, value));
      return after;
    };
  }

  #count(name: ClassName, isChanged: boolean): void {
    let tally = this.tallies.get(name);
    if (tally === undefined) this.tallies.set(name, tally = { kept: 0, changed: 0 });
    tally[isChanged ? "changed" : "kept"]++;
  }

  #scalar(of: Class, field: Field): Act {
    const { policy, pseudonyms } = this.#options;
    const name = classNameOf(of);
    const treatment = policy[name];
    const detail = of.slice(name.length + 1);
    const onNumber = (act: (value: number) => number) => numeric(field, act);
    switch (name) {
      case "inside":
      case "keys":
      case "plain":
        return plain(field);
      case "word":
        return (text) => wordOf(detail as Word, text as string);
      case "address":
        return (text) => this.#address(text as string, treatment);
      case "port":
        return onNumber((port) => PORTS.has(port) ? port : 0);
      case "peer-id":
        return onNumber((id) => pseudonyms.peerId(id));
      case "nonce":
        return (nonce) => pseudonyms.nonce(nonce as bigint);
      case "time":
        return onNumber((time) => this.time(time, detail as "s"));
      case "age":
        return onNumber((time) => this.#age(time, treatment));
      case "agent":
        return (text) => text === "" || this.#isOwnVersion ? "" : FAMILIES.get(agentOf(text as string));
      case "services": {
        const listed = services(field);
        return (bits) => this.#isOwnVersion ? noneOf(field, bits, name) : listed(bits);
      }
      case "protocol":
        return onNumber((version) => PROTOCOLS.has(version) ? version : 0);
      case "height":
        return onNumber((height) => this.#height(height, treatment));
      case "block":
      case "tx":
        return hash(field, (bytes) => treatment === "keep" ? bytes : pseudonyms.hash(name, bytes));
      case "amount":
        return onNumber(rounded);
      case "load":
        return field.type === "boolean" ? (value) => value : onNumber(rounded);
      case "delay":
        return onNumber((value) => treatment === "keep" ? bounded(value) : rounded(value));
      case "block-fact":
      case "asn":
        return plain(field);
      case "own":
      case "text":
      case "payload":
        return (value) => noneOf(field, value, name);
    }
  }

  #address(text: string, treatment: Treatment): string {
    const { own, pseudonyms } = this.#options;
    if (text === "" || own.has(text)) return "";
    const host = hostOf(text);
    const other = treatment === "prefix" ? pseudonyms.prefixHost(host) : pseudonyms.host(host);
    const port = portOf(text);
    if (port === undefined) return other;
    return `${other.includes(":") ? `[${other}]` : other}:${PORTS.has(port) ? port : 0}`;
  }

  #age(time: number, treatment: Treatment): number {
    const age = this.#seenAtS - time;
    if (time <= 0 || age > OLDEST_S || age < -YOUNGEST_S) return 0;
    const at = treatment === "rounded" ? this.#seenAtS - powerOfTwo(age) : time;
    return this.time(at, "s");
  }

  #height(height: number, treatment: Treatment): number {
    if (height <= 0 || height > LARGEST_HEIGHT) return 0;
    return treatment === "keep" ? height : height + this.#options.pseudonyms.heightShift;
  }
}

interface AddressLike {
  readonly address: { readonly case: string; readonly value: unknown } | undefined;
}

function isDropped(of: Class, policy: Policy): boolean {
  return policy[classNameOf(of)] === "drop";
}

/** What stands for a field that says nothing. A hash stays one, for programs that expect its length. */
function noneOf({ many, optional, type }: Field, before: unknown, of: ClassName): unknown {
  if (many !== undefined) return many === "list" ? [] : new Map();
  if (optional) return undefined;
  if (type in FIELDS) return emptyMessage(type);
  const isHash = of === "block" || of === "tx";
  if (type === "string") return isHash && HEX_HASH.test(before as string) ? "0".repeat(2 * HASH_BYTES) : "";
  if (type === "bytes") return new Uint8Array(isHash ? HASH_BYTES : 0);
  if (type === "boolean") return false;
  return type === "bigint" ? 0n : 0;
}

function emptyMessage(name: string): Json {
  const message: Json = {};
  for (const field of FIELDS[name]!) {
    if (field.of === undefined) message[field.name] = noneOf(field, "", "payload");
    else message[field.of] = undefined;
  }
  return message;
}

function plain(field: Field): Act {
  return field.type === "number" || field.type === "bigint" ? numeric(field, bounded) : (value) => value;
}

/** Does the same to a number and a large one; what is no safe number becomes 0. */
function numeric({ type }: Field, act: (value: number) => number): Act {
  const safe = (value: number) => Math.abs(value) <= Number.MAX_SAFE_INTEGER ? act(value) : 0;
  return type === "bigint"
    ? (value) => BigInt(Math.trunc(safe(Number(value))))
    : (value) => safe(value as number);
}

function bounded(value: number): number {
  return Math.abs(value) <= LARGEST_PLAIN ? value : 0;
}

/** A number by its two highest bits. */
export function rounded(value: number): number {
  if (value === 0 || !Number.isFinite(value) || Math.abs(value) > LARGEST_PLAIN) return 0;
  const step = 2 ** (Math.floor(Math.log2(Math.abs(value))) - 1);
  const cut = Math.trunc(value / step) * step;
  return Number.isInteger(value) ? Math.trunc(cut) : cut;
}

function powerOfTwo(value: number): number {
  return value <= 1 ? Math.max(0, value) : 2 ** Math.ceil(Math.log2(value));
}

function services({ type }: Field): Act {
  if (type === "bigint") return (bits) => (bits as bigint) & SERVICES;
  return (text) => {
    if (!/^[0-9a-f]{1,16}$/i.test(text as string)) return "";
    return (BigInt(`0x${text}`) & SERVICES).toString(16).padStart((text as string).length, "0");
  };
}

/** Bytes, or a text that shows them in reverse order. */
function hash({ type }: Field, act: (bytes: Uint8Array) => Uint8Array): Act {
  if (type === "bytes") {
    return (bytes) =>
      act((bytes as Uint8Array).length === HASH_BYTES ? bytes as Uint8Array : new Uint8Array(HASH_BYTES));
  }
  return (text) =>
    HEX_HASH.test(text as string)
      ? act(Uint8Array.fromHex(text as string).reverse()).slice().reverse().toHex()
      : "";
}

function isNothing(value: unknown): boolean {
  if (value instanceof Uint8Array || Array.isArray(value)) return value.length === 0;
  if (value instanceof Map) return value.size === 0;
  return value === "" || value === 0 || value === 0n || value === false;
}

function isSame(a: unknown, b: unknown): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array && a.length === b.length &&
    a.every((byte, i) => byte === b[i]);
}
