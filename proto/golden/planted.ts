/**
 * Events of every kind in which every member holds something unique, made from the schema itself: a member that is
 * added to it is planted, too, and a type of member that nobody thought of is an error.
 *
 * @module
 */

import { encodeEvent, type Event } from "../event.ts";
import { type Kind, ROOTS } from "../subjects.ts";

/** Something unique in a member. */
export interface Plant {
  /** `Interface.member`. */
  readonly path: string;
  /** As an operator would write it down. */
  readonly canary: string;
}

/** What was planted, and where. */
export interface Planted {
  /** Encoded events. */
  readonly events: Uint8Array[];
  /** All that is in them. */
  readonly plants: readonly Plant[];
}

interface Member {
  readonly name: string;
  readonly types: readonly { readonly case: string | undefined; readonly type: string }[];
}

const HEX = "0123456789abcdef";
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

/** Members that must have a meaning for the event to be read at all: each of these, besides something unique. */
const MEANINGS: Readonly<Record<string, readonly unknown[]>> = {
  "Metadata.connType": [1, 2],
  "Connection.connType": [1, 2],
  "Connection.network": [0, 1, 2, 3, 4, 5],
  "PeerInfo.network": ["ipv4", "onion", "i2p", "cjdns"],
  "PeerInfo.transportProtocolType": ["v1", "v2"],
  "BlockCheckedLog.state": ["Valid", "bad-txnmrklroot", "bad-cb-amount"],
};
const COMMANDS = ["version", "addr", "addrv2", "ping", "inv", "tx", "getdata", "getaddr"];

/** Where plants stand in time when nobody says where. */
const START = 1_780_140_000_000;

/** Everything, planted; the first event is seen at `start`, in unix milliseconds, each other one a millisecond later. */
export function plant(schema: string, { seed = 1, start = START } = {}): Planted {
  const planter = new Planter(schema, seed);
  const events = (Object.keys(ROOTS) as Kind[]).flatMap((kind) =>
    planter.message(ROOTS[kind]).flatMap((value) => variantsOf(kind, value))
  );
  return {
    events: events.map((event, i) => encodeEvent({ ...event, timestamp: start + i } as Event)),
    plants: planter.plants,
  };
}

/** A message is read by its command, so each comes under several. */
function variantsOf(kind: Kind, value: Record<string, unknown>): Event[] {
  const plain = { timestamp: 0, kind, value } as unknown as Event;
  if (plain.kind !== "message") return [plain];
  const { meta, msg } = plain.value;
  const named = COMMANDS.map((command) => ({
    ...plain,
    value: { meta: { ...meta, command, inbound: true }, msg },
  }));
  return [plain, ...named];
}

class Planter {
  readonly plants: Plant[] = [];
  readonly #interfaces: ReadonlyMap<string, readonly Member[]>;
  #state: number;

  constructor(schema: string, seed: number) {
    this.#interfaces = new Map(
      [...schema.matchAll(/^export interface (\w+) \{\n([^]*?)^\}/gm)].map(([, name, body]) =>
        [name!, membersOf(body!)] as const
      ),
    );
    this.#state = seed;
  }

  /** A message in as many variants as its members have, so that each of them is in one. */
  message(name: string): Record<string, unknown>[] {
    const members = this.#interfaces.get(name);
    if (members === undefined) throw new Error(`The schema has no ${name}`);
    const values = members.map((member) => [member.name, this.#variants(name, member)] as const);
    const most = Math.max(1, ...values.map(([, variants]) => variants.length));
    return Array.from({ length: most }, (_, i) => {
      return Object.fromEntries(values.map(([member, variants]) => [member, variants[i % variants.length]]));
    });
  }

  #variants(parent: string, { name, types }: Member): unknown[] {
    const path = `${parent}.${name}`;
    return types.flatMap(({ case: of, type }) => {
      const values = this.#values(type, of === undefined ? path : `${path}.${of}`);
      return of === undefined ? values : values.map((value) => ({ case: of, value }));
    });
  }

  #values(type: string, path: string): unknown[] {
    const map = /^Map<(\w+), (\w+)>$/.exec(type);
    if (map !== null) return [new Map([[this.#values(map[1]!, path)[0], this.#values(map[2]!, path)[0]]])];
    if (type.endsWith("[]")) return [this.#values(type.slice(0, -2), path)];
    if (this.#interfaces.has(type)) return this.message(type);
    const unique = this.#unique(type, path);
    return [...unique, ...MEANINGS[path] ?? []];
  }

  #unique(type: string, path: string): unknown[] {
    if (type === "boolean") return [true, false];
    if (type === "number") return [this.#number(path, 2 ** 30)];
    if (type === "bigint") return [BigInt(this.#number(path, 2 ** 52))];
    if (type === "Uint8Array") return [Uint8Array.fromHex(this.#note(path, this.#text(HEX, 64)))];
    if (type === "string") return this.#texts(path).map((text) => this.#note(path, text));
    throw new Error(`Nobody thought of a member of type ${type}: say here how to plant ${path}`);
  }

  #texts(path: string): string[] {
    if (/(hash|txid)$/i.test(path)) return [this.#text(HEX, 64)];
    if (/\.(addr|address|addressBind|addressLocal|source|proxy|\w*ipv\d|tor\w*|i2p|cjdns)$/.test(path)) {
      return this.#addresses();
    }
    const text = this.#text(BASE32, 24);
    return /userAgent|subversion/.test(path) ? [`/${text}:1.0/`, `/Satoshi:29.0.0(${text})/`] : [text];
  }

  #addresses(): string[] {
    const group = () => `${this.#text("23456789abcdef", 4)}`;
    const ipv6 = Array.from({ length: 6 }, group).join(":");
    return [
      `${[0, 0, 0, 0].map(() => 20 + this.#below(200)).join(".")}:8333`,
      `[2a0${this.#below(9)}:${group()}:${ipv6}]:8333`,
      `[fc${this.#text(HEX, 2)}:${group()}:${ipv6}]:8333`,
      `${this.#text(BASE32, 56)}.onion:8333`,
      `${this.#text(BASE32, 52)}.b32.i2p:0`,
      `${this.#text(BASE32, 12)}.example.org:8333`,
    ];
  }

  #number(path: string, from: number): number {
    const number = from + this.#below(from);
    this.#note(path, String(number));
    return number;
  }

  #note(path: string, canary: string): string {
    this.plants.push({ path, canary });
    return canary;
  }

  #text(of: string, length: number): string {
    return Array.from({ length }, () => of[this.#below(of.length)]).join("");
  }

  /** A generator of Lehmer's: the same plants at every run. */
  #below(limit: number): number {
    this.#state = Number(BigInt(this.#state) * 48271n % 2147483647n);
    return limit > 2 ** 31 ? this.#state * 2 ** 21 % limit : this.#state % limit;
  }
}

function membersOf(body: string): Member[] {
  const code = body.replace(/\/\*\*[^]*?\*\//g, "");
  return [...code.matchAll(/^ {2}(\w+)\??:([^;]*(?:\{[^}]*\}[^;{]*)*);$/gm)].map(([, name, type]) => {
    const cases = [...type!.matchAll(/\{ case: "(\w+)"; value: (.+?) \}/g)];
    if (cases.length > 0) {
      return { name: name!, types: cases.map(([, of, type]) => ({ case: of!, type: type! })) };
    }
    return { name: name!, types: [{ case: undefined, type: type!.replace("| undefined", "").trim() }] };
  });
}
