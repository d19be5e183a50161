import { assert, assertEquals } from "@std/assert";
import { encodeEvent, type Event, type Payloads } from "../../proto/event.ts";
import { type Kind, KINDS } from "../../proto/subjects.ts";
import { resolve } from "../../runtime/resolve.ts";
import { GROUPS } from "../../proto/groups.ts";
import { type FilterOptions, makeFilter, select } from "./filter.ts";
import logger from "./mod.ts";

function event<K extends Kind>(kind: K, value: Payloads[K]): Event {
  return { timestamp: 1, kind, value } as Event;
}

function ping(peerId: number, addr: string, command = "ping"): Event {
  const meta = { peerId, addr, connType: 1, command, inbound: true, size: 8 };
  return event("message", { meta, msg: { case: "ping", value: { value: 1n } } });
}

function opened(peerId: number, addr: string): Event {
  const conn = { peerId, addr, connType: 1, network: 1 };
  return event("connection", { event: { case: "inbound", value: { conn, existingConnections: 1 } } });
}

const txid = new Uint8Array(32);

const EVENTS: Readonly<Record<string, Event>> = {
  "ping 1": ping(1, "203.0.113.1:8333"),
  "ping 2": ping(2, "[2001:db8::2]:8333"),
  "inv 1": ping(1, "203.0.113.1:8333", "inv"),
  "cut 1": ping(1, "203.0.113.1:8333", "getcfcheckp"),
  "open 1": opened(1, "203.0.113.1:8333"),
  "open 2": opened(2, "[2001:db8::2]:8333"),
  "bad 1": event("connection", { event: { case: "misbehaving", value: { id: 1, message: "m" } } }),
  "mempool": event("mempool", { event: { case: "rejected", value: { txid, reason: "r" } } }),
  "validation": event("validation", {
    event: {
      case: "blockConnected",
      value: { hash: txid, height: 1, transactions: 1, inputs: 1, sigops: 1, connectionTime: 1 },
    },
  }),
  "addrman": event("addrman", {
    event: {
      case: "tried",
      value: { bucket: 1, bucketPos: 1, addr: "a", addrAS: 1, source: "b", sourceAS: 1 },
    },
  }),
  "rpc": event("rpc", { rpcEvent: { case: "uptime", value: 1 } }),
  "p2p": event("p2p", { p2pEvent: { case: "feefilterAnnouncement", value: 1n } }),
  "log": event("log", {
    logTimestamp: 1,
    category: 1,
    threadname: "",
    logEvent: { case: "unknownLogMessage", value: { rawMessage: "peer=1" } },
    logLevel: 1,
    logLineBytes: 1,
  }),
  "ipc": event("ipc", { ipcEvent: { case: "blockTip", value: { height: 1, hash: txid } } }),
};

const ALL = Object.keys(EVENTS);
const MESSAGES = ["ping 1", "ping 2", "inv 1", "cut 1"];
const CONNECTIONS = ["open 1", "open 2", "bad 1"];

const CASES: readonly (readonly [options: Partial<FilterOptions>, shown: readonly string[]])[] = [
  [{}, ALL],
  [{ only: ["messages"] }, MESSAGES],
  [{ only: ["connections"] }, CONNECTIONS],
  [{ only: ["mempool"] }, ["mempool"]],
  [{ only: ["validation"] }, ["validation"]],
  [{ only: ["addrman"] }, ["addrman"]],
  [{ only: ["rpc"] }, ["rpc"]],
  [{ only: ["p2p-extractor"] }, ["p2p"]],
  [{ only: ["log-extractor"] }, ["log"]],
  [{ only: ["ipc"] }, ["ipc"]],
  [{ only: ["messages", "ipc"] }, [...MESSAGES, "ipc"]],
  [{ only: Object.keys(GROUPS) }, ALL],
  [{ peers: ["1"] }, ["ping 1", "inv 1", "cut 1", "open 1", "bad 1"]],
  [{ peers: ["1", "2"] }, [...MESSAGES, ...CONNECTIONS]],
  [{ peers: ["3"] }, []],
  [{ peers: ["01"] }, ["ping 1", "inv 1", "cut 1", "open 1", "bad 1"]],
  [{ addresses: ["203.0.113.0/24"] }, ["ping 1", "inv 1", "cut 1", "open 1"]],
  [{ addresses: ["2001:db8::/32"] }, ["ping 2", "open 2"]],
  [{ addresses: ["0.0.0.0/0", "::/0"] }, [...MESSAGES, "open 1", "open 2"]],
  [{ commands: ["ping"] }, ["ping 1", "ping 2"]],
  [{ commands: ["ping", "inv"] }, ["ping 1", "ping 2", "inv 1"]],
  [{ commands: ["getcfcheckpt"] }, ["cut 1"]],
  [{ commands: ["getcfcheckp"] }, ["cut 1"]],
  [{ commands: ["pin"] }, []],
  [{ only: ["connections"], peers: ["2"] }, ["open 2"]],
  [{ only: ["connections"], peers: ["1"], addresses: ["::/0"] }, []],
  [{ peers: ["1"], commands: ["inv"], addresses: ["203.0.113.1"] }, ["inv 1"]],
];

for (const [options, shown] of CASES) {
  Deno.test(`makeFilter() with ${JSON.stringify(options)} shows ${shown.length} of ${ALL.length} events`, () => {
    const filter = makeFilter({ only: [], peers: [], addresses: [], commands: [], ...options });
    const passed = ALL.filter((name) => {
      const event = select(encodeEvent(EVENTS[name]!), filter);
      assert(event === undefined || !("ok" in event));
      return event !== undefined;
    });
    assertEquals(passed, ALL.filter((name) => shown.includes(name)));
  });
}

Deno.test("makeFilter() has a group for every kind of event", () => {
  assertEquals(Object.values(GROUPS).toSorted(), KINDS.toSorted());
});

Deno.test("makeFilter() knows when its options contradict each other", () => {
  const none = { only: [], peers: [], addresses: [], commands: [] };
  const impossible: Partial<FilterOptions>[] = [
    { only: ["rpc"], peers: ["1"] },
    { only: ["mempool", "ipc"], addresses: ["::/0"] },
    { only: ["connections"], commands: ["inv"] },
  ];
  for (const options of impossible) assertEquals(makeFilter({ ...none, ...options })?.kinds.size, 0);
});

Deno.test("select() does not decode what is left out: a broken payload behind whole metadata is not even seen", () => {
  const bytes = encodeEvent(ping(1, "203.0.113.1:8333"));
  const member = bytes.toHex().indexOf("12090901") / 2;
  // The field that holds the nonce becomes one of a wire type that does not exist.
  bytes[member + 2] = 0x0f;
  const filter = (peers: string[]) => makeFilter({ only: [], peers, addresses: [], commands: [] });
  assertEquals(select(bytes, filter(["2"])), undefined);
  const refused = select(bytes, filter(["1"]));
  assert(refused !== undefined && "ok" in refused && !refused.ok);
});

Deno.test("select() lets an event without a member through every filter, so that it can be counted", () => {
  const filter = makeFilter({ only: ["rpc"], peers: [], addresses: [], commands: [] });
  const bytes = encodeEvent({ timestamp: 1, kind: "none", value: undefined });
  assertEquals(select(bytes, filter), { timestamp: 1, kind: "none", value: undefined });
});

/** What is wrong with these arguments. */
function problems(...args: string[]): string[] {
  return resolve({ logger: logger.options }, { args, env: () => undefined, file: undefined }).problems;
}

Deno.test("the logger's options refuse what cannot be meant, and say what is expected", () => {
  assertEquals(problems("--logger.only", "messages,mesages"), [
    '--logger.only "messages,mesages": unknown group "mesages": did you mean messages?',
  ]);
  assertEquals(problems("--logger.peers", "7,x"), [
    '--logger.peers "7,x": expected peer ids, which are whole numbers, not "x"',
  ]);
  assertEquals(problems("--logger.addresses", "10.0.0.0/8,1.2.3.4:8333"), [
    '--logger.addresses "10.0.0.0/8,1.2.3.4:8333": expected an address without a port, a subnet such as 10.0.0.0/8, or an .onion or .b32.i2p host, not "1.2.3.4:8333"',
  ]);
  assertEquals(problems("--logger.commands", "thirteenchars"), [
    '--logger.commands "thirteenchars": expected message types of 1 to 12 printable characters, not "thirteenchars"',
  ]);
  assertEquals(
    problems("--logger.only", "messages, ipc", "--logger.peers", "0,7", "--logger.commands", "x"),
    [],
  );
});
