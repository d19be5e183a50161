import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeEvent } from "../../proto/event.ts";
import { all } from "../../proto/golden/all.ts";
import { eventsOf, minute, scenario } from "../../demo/scenarios/mod.ts";
import { watching } from "./_watching.ts";
import { checkLimit, checkRule, limitsOf, webhookUrl } from "./option_types.ts";

Deno.test("one line says what, since when, compared with what, and where to look", () => {
  const { fired, see } = watching();
  see(eventsOf(scenario("stale-tip")));
  assertEquals(
    fired("stale-tip").map(({ text }) => text.replace(/T[\d:]+Z/, "T…Z")),
    [
      "stale-tip | last new block 90 min ago | since 2025-06-26T…Z | limit 90 min | " +
      "look at: other explorers' tip, getchaintips, getpeerinfo synced_headers, debug=validation",
    ],
  );
});

Deno.test("nodes that share a bus have their own state", () => {
  const { told, see } = watching();
  const events = [...eventsOf(scenario("mutated-block"))];
  const quiet = [...eventsOf({ ...scenario("quiet"), minutes: 180 })];
  const merged = [
    ...events.map((event) => [event, "alpha"] as const),
    ...quiet.map((event) => [event, "beta"] as const),
  ]
    .sort(([a], [b]) => a.timestamp - b.timestamp);
  for (const [event, node] of merged) see([event], node);
  assertEquals(told.map(({ rule, node, state }) => [rule, node, state]), [
    ["mutated-blocks", "alpha", "firing"],
    ["mutated-blocks", "alpha", "resolved"],
  ]);
});

Deno.test("names of nodes that somebody invents do not fill the memory", () => {
  const { watcher, counts } = watching();
  const data = encodeEvent({
    timestamp: minute(0),
    kind: "rpc",
    value: { rpcEvent: { case: "uptime", value: 1 } },
  });
  for (let i = 0; i < 100; i++) watcher.take({ subject: `waggle.n${i}.rpc`, data });
  assertEquals(watcher.times().length, 64);
  assertEquals(counts.get("ignored: too many nodes"), 36);
});

Deno.test("an alert that goes on ends when the events' time jumps, and the clock's jump is no alert", () => {
  const { told, fired, see, counts } = watching();
  const events = [...eventsOf({ ...scenario("inv-to-send"), minutes: 80 })];
  see(events);
  assertEquals(new Set(fired().map(({ rule }) => rule)), new Set(["inv-to-send", "ping-backlog"]));
  const before = told.length;
  see(
    eventsOf({ ...scenario("quiet"), minutes: 60 }, 9).map((event) => ({
      ...event,
      timestamp: event.timestamp + 7 * 86_400_000,
    })),
  );
  const after = told.slice(before);
  assertEquals(after.map(({ state }) => state), ["resolved", "resolved"]);
  for (const { text } of after) assertStringIncludes(text, "over: the events' time jumped");
  assertEquals(counts.get("clock started anew"), 1);
});

Deno.test("events whose time is far off change nothing", () => {
  const plain = watching();
  plain.see(eventsOf(scenario("eviction-storm")));
  const disturbed = watching();
  for (const event of eventsOf(scenario("eviction-storm"))) {
    const wrong = event.timestamp % 2 === 0 ? 86_400_000 * 400 : -86_400_000 * 400;
    disturbed.see([event, { ...event, timestamp: event.timestamp + wrong }]);
  }
  assertEquals(disturbed.told, plain.told);
  assert(disturbed.counts.get("disbelieved: the event's time")! > 1000);
});

Deno.test("limits can be set, rules switched off", () => {
  const strict = watching({ ruleLimits: limitsOf(["stale-tip=600"]), off: new Set(["mutated-blocks"]) });
  strict.see(eventsOf(scenario("mutated-block")));
  const rules = new Set(strict.fired().map(({ rule }) => rule));
  assertEquals(rules, new Set(["stale-tip"]));
});

Deno.test("every golden event is taken, on whatever subject, and what is none is counted", () => {
  const { watcher, counts } = watching();
  for (const { bytes } of all) watcher.take({ subject: "mempool", data: bytes });
  watcher.take({ subject: "netmsg", data: new Uint8Array(0) });
  watcher.take({ subject: "netmsg", data: Uint8Array.of(0xff, 0xff) });
  assert(counts.get("no known member")! > 0);
  assert([...counts.keys()].some((what) => what.startsWith("refused: ")));
});

for (
  const text of ["stale-tp=3", "stale-tip", "stale-tip=", "stale-tip=-1", "stale-tip=x", "stale-tip=1=2"]
) {
  Deno.test(`--alerts.limits refuses "${text}"`, () => {
    let message = "";
    try {
      checkLimit(text);
    } catch (error) {
      message = (error as Error).message;
    }
    assert(/unknown rule|expected a number/.test(message), message);
  });
}

Deno.test("options name the nearest rule, and know Alertmanager's path", () => {
  let message = "";
  try {
    checkRule("PingSpamer");
  } catch (error) {
    message = (error as Error).message;
  }
  assertStringIncludes(message, "did you mean PingSpammer?");
  const { parse } = webhookUrl("");
  assertEquals(parse("http://127.0.0.1:9093"), "http://127.0.0.1:9093/api/v2/alerts");
  assertEquals(parse("https://example.org/hook?a=b"), "https://example.org/hook?a=b");
});
