import { assert, assertEquals } from "@std/assert";
import type { Event } from "../../proto/event.ts";
import { all } from "../../proto/golden/all.ts";
import { jsonLine, makeIsoTime, makeTextLine, wantsColor } from "./lines.ts";

const UPTIME: Event = {
  timestamp: 1750942328364,
  kind: "rpc",
  value: { rpcEvent: { case: "uptime", value: 7 } },
};

Deno.test("makeTextLine() starts a line with the time of the event, as the Rust tools start theirs", () => {
  const lineOf = makeTextLine({ color: false });
  assertEquals(lineOf(UPTIME, "rpc"), "2025-06-26T12:52:08.364Z INFO  [logger] rpc: Uptime(7s)\n");
});

Deno.test("makeTextLine() names the node where the subject does", () => {
  const lineOf = makeTextLine({ color: false });
  const line = "2025-06-26T12:52:08.364Z INFO  [logger/alpha-1] rpc: Uptime(7s)\n";
  assertEquals(lineOf(UPTIME, "waggle.alpha-1.rpc"), line);
});

Deno.test("makeTextLine() escapes the node too: anybody may publish on a subject", () => {
  const lineOf = makeTextLine({ color: false });
  const line = "2025-06-26T12:52:08.364Z INFO  [logger/\\x1b[2J] rpc: Uptime(7s)\n";
  assertEquals(lineOf(UPTIME, "waggle.\x1b[2J.rpc"), line);
});

Deno.test("makeTextLine() paints time, level and group, and nothing else", () => {
  const lineOf = makeTextLine({ color: true });
  const line =
    "\x1b[2m2025-06-26T12:52:08.364Z\x1b[22m \x1b[1mINFO \x1b[22m [logger] \x1b[36mrpc\x1b[39m: Uptime(7s)\n";
  assertEquals(lineOf(UPTIME, "rpc"), line);
});

Deno.test("jsonLine() is one object per line, with the node where the subject names one", () => {
  const line = '{"timestamp":1750942328364,"kind":"rpc","node":"alpha","event":{"uptime":7}}\n';
  assertEquals(jsonLine(UPTIME, "waggle.alpha.rpc"), line);
});

Deno.test("lines hold no control character, whatever texts a stranger has put into any field", () => {
  const lineOf = makeTextLine({ color: false });
  for (const { name, event } of all) {
    const hostile = withHostileTexts(event);
    for (const line of [lineOf(hostile, "netmsg"), jsonLine(hostile, "netmsg")]) {
      // deno-lint-ignore no-control-regex
      assert(line === undefined || /^[^\x00-\x1f\x7f-\x9f]*\n$/.test(line), name);
    }
  }
});

Deno.test("makeTextLine() shows what it escaped", () => {
  const meta = { peerId: 1, addr: "x:1", connType: 1, command: "\x07", inbound: true, size: 0 };
  const msg = {
    case: "unknown",
    value: { command: "\x1b]0;x\x07\n\x9b", payload: new Uint8Array(0) },
  } as const;
  const line = makeTextLine({ color: false })(
    { timestamp: 0, kind: "message", value: { meta, msg } },
    "netmsg",
  );
  assertEquals(
    line,
    "1970-01-01T00:00:00.000Z INFO  [logger] message: inbound from id=1 (conn_type=1): FilterLoad(command=\\x1b]0;x\\x07\\x0a\\x9b, payload=)\n",
  );
});

/** Every text, also in keys of maps, made to clear the screen and to start lines of its own. */
function withHostileTexts<T>(value: T): T {
  const change = (value: unknown): unknown => {
    if (typeof value === "string") return `${value}\x1b[2J\r\n\x00\x7f\x9b2J\u2028`;
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
    if (Array.isArray(value)) return value.map(change);
    if (value instanceof Map) return new Map([...value].map(([key, inner]) => [change(key), change(inner)]));
    return Object.fromEntries(
      Object.entries(value).map((
        [key, inner],
      ) => [key, ["kind", "case"].includes(key) ? inner : change(inner)]),
    );
  };
  return change(value) as T;
}

Deno.test("makeIsoTime() gives what Date gives, forwards, backwards and across seconds", () => {
  const isoTime = makeIsoTime();
  for (const ms of [0, 1, 999, 1000, 1700000000123, 1700000000124, 1700000001000, 1700000000999, 8.64e15]) {
    assertEquals(isoTime(ms), new Date(ms).toISOString());
  }
});

Deno.test("makeIsoTime() shows a number that no date has as it is", () => {
  assertEquals(makeIsoTime()(2 ** 64), "18446744073709552000");
});

Deno.test("wantsColor() does as it is told, and otherwise asks whether a terminal is there", () => {
  assertEquals([wantsColor("always"), wantsColor("never")], [true, false]);
  assertEquals(wantsColor("auto"), Deno.stdout.isTerminal() && !Deno.noColor);
});
