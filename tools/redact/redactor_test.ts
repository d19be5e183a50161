import { assert, assertEquals, assertGreater, assertNotEquals } from "@std/assert";
import { joined } from "../../proto/bytes.ts";
import { CanaryScan } from "../../proto/canaries.ts";
import { decodeEvent, encodeEvent, type Event } from "../../proto/event.ts";
import { FIELDS } from "../../proto/fields.ts";
import { type Plant, plant } from "../../proto/golden/planted.ts";
import { GOLDEN } from "../../tests/parts/archives.ts";
import { redactInMemory } from "./_in_memory.ts";
import { table } from "./_table.ts";
import { CLASSES, classNameOf, type FieldClasses } from "./classes.ts";
import { allowedFor, CHOICES, parsePolicy, POLICIES, type Policy } from "./policy.ts";
import { Pseudonyms } from "./pseudonyms.ts";
import { rounded } from "./redactor.ts";

const schema = Deno.readTextFileSync(new URL("../../proto/schema.ts", import.meta.url));
const planted = plant(schema);
const EVENTS = [...planted.events, ...GOLDEN];
/** Read or written elsewhere, and never part of an event in memory. */
const NO_EVENTS = ["LogG1", "ArchiveHeader"];

Deno.test("every field of every message of the schema has a class, and no other has", () => {
  const known = Object.entries(FIELDS).filter(([message]) => !NO_EVENTS.includes(message));
  const paths = (of: (fields: never) => string[], all: [string, unknown][]) =>
    all.flatMap(([message, fields]) => of(fields as never).map((field) => `${message}.${field}`)).toSorted();
  assertEquals(
    paths((fields: FieldClasses) => Object.keys(fields), Object.entries(CLASSES)),
    paths((fields: { name: string }[]) => fields.map(({ name }) => name), known),
  );
});

Deno.test("messages are gone into, and nothing else is", () => {
  for (const [message, fields] of Object.entries(CLASSES)) {
    for (const [name, of] of Object.entries(fields)) {
      const field = FIELDS[message]!.find((field) => field.name === name)!;
      const isMessage = field.type in FIELDS;
      if (of === "inside") assert(isMessage, `${message}.${name}`);
      else if (isMessage) assert(["own", "payload", "keys"].includes(classNameOf(of)), `${message}.${name}`);
    }
  }
});

Deno.test("the README has the table of fields as it is", () => {
  const readme = Deno.readTextFileSync(new URL("README.md", import.meta.url));
  const plain = (text: string) => text.replaceAll(/ +/g, " ").replaceAll(/-+ \|/g, "- |");
  for (const row of plain(table()).split("\n")) assert(plain(readme).includes(row), row);
});

const LOOSEST: Policy = Object.fromEntries(
  Object.entries(CHOICES).map(([name, { research, others = [] }]) => [name, others.at(-1) ?? research]),
) as Policy;
const LEAST = Object.fromEntries(
  Object.keys(CHOICES).map((name) => {
    const allowed = allowedFor(name as "own");
    return [name, allowed.includes("drop") ? "drop" : CHOICES[name as "own"].strict];
  }),
) as Policy;
const ALL = { ...POLICIES, loosest: LOOSEST, least: LEAST };

/** The class of the field that a plant is in. */
function classOf({ path }: Plant): string {
  const parts = path.split(".");
  return classNameOf(CLASSES[parts[0]!]?.[parts.at(-1)!] ?? "payload");
}

function found(plants: readonly Plant[], bytes: Uint8Array): Plant[] {
  return plants.filter(({ canary }) => new CanaryScan([canary]).find(bytes) !== undefined);
}

for (const [name, policy] of Object.entries(ALL)) {
  Deno.test(`policy ${name}: of what is planted in every field, nothing gets out but what the policy keeps`, () => {
    // A key that is always the same: among random bytes a number of four bytes stands by accident, now and then.
    const { events, report } = redactInMemory(planted.events, { policy, key: new Uint8Array(32).fill(9) });
    assertEquals(report.findings, []);
    assertEquals(events.length, planted.events.length);
    const kept = new Set(
      ["plain", ...Object.entries(policy).filter(([, how]) => how === "keep").map(([of]) => of)],
    );
    // Of a map by words of a list, the numbers are counts.
    const isCount = (each: Plant) => classOf(each) === "keys" && /^\d+$/.test(each.canary);
    const secrets = planted.plants.filter((each) => !kept.has(classOf(each)) && !isCount(each));
    assertGreater(secrets.length, 300);
    assertEquals(found(secrets, joined(events)), []);
    // Numbers that stand as fractions are not searched for; nearly all others are there before.
    assertGreater(found(secrets, joined(planted.events)).length, 0.8 * secrets.length);
  });

  Deno.test(`policy ${name}: golden events pass the second look, and stay events`, () => {
    const { events, report } = redactInMemory(GOLDEN, { policy });
    assertEquals(report.findings, []);
    for (const bytes of events) {
      const decoded = decodeEvent(bytes);
      assert(decoded.ok && decoded.unknownFields === 0);
    }
  });
}

/** A rule that lets a field through, as if it were a size. */
function letThrough(message: string, field: string): Readonly<Record<string, FieldClasses>> {
  return { ...CLASSES, [message]: { ...CLASSES[message], [field]: "plain" } };
}

const READABLE = Object.entries(FIELDS).filter(([message]) => !NO_EVENTS.includes(message))
  .flatMap(([message, fields]) =>
    fields.filter(({ type }) => type === "string" || type === "bytes").map(({ name }) =>
      [message, name] as const
    )
  )
  // The messages around these are dropped whole.
  .filter(([message]) => !["NetworkInfoLocalAddress", "PrefilledTransaction"].includes(message));

Deno.test(`the second look notices each of ${READABLE.length} rules for texts and bytes that is broken`, () => {
  for (const [message, field] of READABLE) {
    const classes = letThrough(message, field);
    const { report } = redactInMemory(planted.events, { policy: POLICIES.strict, classes });
    assert(!report.passed, `${message}.${field}`);
    // The two addresses of a version message are dropped whole, those of others are not.
    assert(
      report.findings.every(({ path }) => path === `${message}.${field}` || path === ""),
      JSON.stringify(report),
    );
  }
});

class Broken extends Pseudonyms {
  constructor(readonly broken: Partial<Pseudonyms>) {
    super(new Uint8Array(32).fill(1));
    Object.assign(this, broken);
  }
}

const same = <T>(value: T) => value;
const BROKEN: Readonly<Record<string, [Policy, Partial<Pseudonyms>]>> = {
  "hosts stay": [POLICIES.strict, { host: same }],
  "hosts stay where prefixes are kept": [POLICIES.research, { prefixHost: same }],
  "hosts are shifted by one where prefixes are kept": [POLICIES.research, {
    prefixHost: (text) => text.replace(/^(\d+)\./, (_, first) => `${(Number(first) + 1) % 256}.`),
  }],
  "nonces stay": [POLICIES.research, { nonce: same }],
  "hashes stay": [POLICIES.strict, { hash: (_, bytes) => bytes }],
  "times are not shifted": [{ ...POLICIES.research, age: "shift" }, { shiftS: 0 }],
};

for (const [what, [policy, broken]] of Object.entries(BROKEN)) {
  Deno.test(`the second look notices that ${what}`, () => {
    const { report } = redactInMemory(EVENTS.slice(), { policy, pseudonyms: new Broken(broken) });
    assert(!report.passed);
  });
}

Deno.test("the second look finds an own address among bytes that may stay, whatever bytes it has", () => {
  const own = "2a02:8071:9680:9f00:6e94:a1ff:fe2b:77d9";
  const hash = Uint8Array.fromHex("2a02807196809f006e94a1fffe2b77d9".padEnd(64, "7"));
  const event = encodeEvent({
    timestamp: 1_780_000_000_000,
    kind: "ipc",
    value: { ipcEvent: { case: "blockTip", value: { height: 7, hash } } },
  });
  const { report } = redactInMemory([event], { policy: { ...POLICIES.strict, block: "keep" }, own: [own] });
  assertEquals(report.findings.map(({ what }) => what), ["an own address (address)"]);
});

Deno.test("a field without a class is dropped", () => {
  const { userAgent: _, ...others } = CLASSES["Version"]!;
  const classes = { ...CLASSES, Version: others };
  const { events, report } = redactInMemory(EVENTS, { policy: POLICIES.strict, classes });
  assert(report.passed);
  const agents = events.map(eventOf).flatMap((event) =>
    event.kind === "message" && event.value.msg?.case === "version" ? [event.value.msg.value.userAgent] : []
  );
  assertEquals(new Set(agents), new Set([""]));
});

function eventOf(bytes: Uint8Array): Event {
  const decoded = decodeEvent(bytes);
  assert(decoded.ok);
  return decoded.event;
}

const PEERS = [
  ...["198.18.7.7:8333", "[2a02:8071:b5c3::77d9]:50123", "[fc93:71d2:5b0e::480c]:8333"],
  ...["sdfgw7qk3nrxbvyt2pmzlc5hjoaeiu46sdfgw7qk3nrxbvyt2pmzabcd.onion:8333", "peer.example.org:8333"],
  "sdfgw7qk3nrxbvyt2pmzlc5hjoaeiu46sdfgw7qk3nrxbvyt2pmz.b32.i2p:0",
];

/** Each peer says something by three ways: tracepoint, RPC, addr. */
function traffic(): Event[] {
  return PEERS.flatMap((addr, peerId): Event[] => {
    const timestamp = 1_780_000_000_000 + peerId * 60_000;
    const meta = { peerId, addr, connType: 1, command: "ping", inbound: true, size: 8 };
    const conn = { peerId, addr, connType: 1, network: 1 };
    const inbound = { case: "inbound", value: { conn, existingConnections: peerId } } as const;
    return [
      {
        timestamp,
        kind: "message",
        value: { meta, msg: { case: "ping", value: { value: 2n ** 60n + 5n } } },
      },
      {
        timestamp: timestamp + 1500,
        kind: "message",
        value: { meta: { ...meta, command: "verack", size: 0 }, msg: { case: "verack", value: true } },
      },
      { timestamp, kind: "connection", value: { event: inbound } },
    ];
  });
}

function addressesOf(events: readonly Uint8Array[]): string[] {
  return events.map(eventOf).map((event) =>
    event.kind === "message"
      ? event.value.meta.addr
      : event.kind === "connection" && event.value.event?.case === "inbound"
      ? event.value.event.value.conn.addr
      : ""
  );
}

for (const name of ["strict", "research"] as const) {
  Deno.test(`policy ${name}: the same peer has the same pseudonym in a data set, and another in the next`, () => {
    const bytes = traffic().map(encodeEvent);
    const [one, two] = [0, 1].map(() => redactInMemory(bytes, { policy: POLICIES[name] }));
    const [first, second] = [one!, two!].map(({ events }) => addressesOf(events));
    for (let i = 0; i < PEERS.length; i++) {
      assertEquals(new Set(first!.slice(3 * i, 3 * i + 3)).size, 1, PEERS[i]);
      assertNotEquals(first![3 * i], second![3 * i]);
    }
    assertEquals(new Set(first).size, PEERS.length);
    const key = new Uint8Array(32).fill(7);
    const [a, b] = [0, 1].map(() => redactInMemory(bytes, { policy: POLICIES[name], key }).events);
    assertEquals(a, b, "with a key that was kept they can be joined");
  });

  Deno.test(`policy ${name}: counts by message type, sizes, directions and gaps between events stay`, () => {
    const before = traffic();
    const after = redactInMemory(before.map(encodeEvent), { policy: POLICIES[name] }).events.map(eventOf);
    const shape = (events: readonly Event[]) =>
      events.map((event) => {
        if (event.kind !== "message") return event.kind;
        const { command, size, inbound, connType } = event.value.meta;
        return [command, size, inbound, connType].join();
      });
    assertEquals(shape(after), shape(before));
    const gaps = (events: readonly Event[], step: number) =>
      events.slice(1).map((event, i) =>
        Math.floor(event.timestamp / step) - Math.floor(events[i]!.timestamp / step)
      );
    const step = name === "strict" ? 1000 : 1;
    assertEquals(gaps(after, step), gaps(before, step));
    assert(after.every((event, i) => before[i]!.timestamp - event.timestamp > 364 * 86_400_000));
  });
}

Deno.test("a pseudonym is of the same network, and of a range that nobody has", () => {
  const pseudonyms = new Pseudonyms(crypto.getRandomValues(new Uint8Array(32)));
  const FORMS: Readonly<Record<string, RegExp>> = {
    "8.8.8.8": /^2(4\d|5[0-5])(\.\d+){3}$/,
    "2a02:8071::1": /^2001:db8:/,
    "fc93:71d2::1": /^fc00:db8:/,
    "2a02:8071:b5c3:1d00:6e94:a1ff:fe2b:77d9": /^2001:db8:/,
    "expyuzz4wqqyqhjn.onion": /^redacted[a-z2-7]{8}\.onion$/,
    "sdfgw7qk3nrxbvyt2pmzlc5hjoaeiu46sdfgw7qk3nrxbvyt2pmz.onion": /^redacted[a-z2-7]{44}\.onion$/,
    "sdfgw7qk3nrxbvyt2pmzlc5hjoaeiu46sdfgw7qk3nrxbvyt2pmzabcd.onion": /^redacted[a-z2-7]{44}reda\.onion$/,
    "sdfgw7qk3nrxbvyt2pmzlc5hjoaeiu46sdfgw7qk3nrxbvyt2pmz.b32.i2p": /^redacted[a-z2-7]{44}\.b32\.i2p$/,
    "seed.example.org": /^redacted-[a-z2-7]{16}\.invalid$/,
    "127.0.0.1": /^127\.0\.0\.1$/,
    "::1": /^::1$/,
    "": /^$/,
  };
  for (const [host, form] of Object.entries(FORMS)) {
    assert(form.test(pseudonyms.host(host)), pseudonyms.host(host));
  }
  assertEquals(pseudonyms.host("::ffff:8.8.8.8"), pseudonyms.host("8.8.8.8"));
  assertEquals(pseudonyms.host("PEER.example.org"), pseudonyms.host("peer.example.org"));
});

Deno.test("every peer id below 2^24 gets another one", () => {
  const pseudonyms = new Pseudonyms(new Uint8Array(32).fill(3));
  const seen = new Uint8Array(2 ** 24);
  for (let id = 0; id < 2 ** 24; id++) seen[pseudonyms.peerId(id)]!++;
  assert(seen.every((count) => count === 1));
  assert(pseudonyms.peerId(2 ** 40 + 1) < 2 ** 24);
});

Deno.test("rounded() keeps two bits", () => {
  const cases = [[0, 0], [1, 1], [3, 3], [5, 4], [7, 6], [1000, 768], [-1000, -768], [0.3, 0.25], [NaN, 0], [
    2 ** 60,
    0,
  ]];
  for (const [value, expected] of cases) assertEquals(rounded(value!), expected);
});

Deno.test("parsePolicy() refuses all that it does not know, at once", () => {
  const good = '{"name":"mine","base":"strict","classes":{"block":"keep"}}';
  assertEquals(parsePolicy(good), { name: "mine", classes: { ...POLICIES.strict, block: "keep" } });
  const problemsOf = (text: string) => {
    try {
      parsePolicy(text);
    } catch (error) {
      return (error as Error).message.split("\n").length;
    }
    return 0;
  };
  const bad: Readonly<Record<string, number>> = {
    "": 2,
    "[]": 2,
    "{}": 3,
    '{"name":"strict","base":"strict","classes":{}}': 1,
    '{"name":"8.8.8.8","base":"strict","classes":{}}': 1,
    '{"name":"mine","base":"open","classes":{"own":"keep","adress":"drop","text":"keep","address":"keep"},"x":1}':
      6,
  };
  for (const [text, problems] of Object.entries(bad)) assertEquals(problemsOf(text), problems, text);
});
