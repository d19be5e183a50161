import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { encodeEvent } from "../../proto/event.ts";
import { runDemo } from "../../demo/demo.ts";
import { Lottery } from "../../demo/chain.ts";
import { DemoNode } from "../../demo/node.ts";
import { claimPorts } from "../../demo/ports.ts";
import { scenario } from "../../demo/scenarios/mod.ts";
import { START } from "../../demo/scenarios/world.ts";
import { Story } from "../../demo/story.ts";
import type { Told } from "../../demo/told.ts";
import config from "../../deno.json" with { type: "json" };
import { type Process, startProcess } from "../parts/process.ts";
import { until } from "../parts/until.ts";

const HOUR_MS = 3_600_000;
/** Several hours of made-up nodes on a machine that others use too. */
const SLOWLY = { deadlineMs: 300_000 };
const ROOT = new URL("../../", import.meta.url).pathname;

Deno.test("demo: an attack is told by the alerts of a node and by the hub, and all that is begun ends", async () => {
  const folder = await Deno.makeTempDir();
  const told: Told[] = [];
  const stop = new AbortController();
  using claimed = claimPorts(21_000);
  const lines: string[] = [];
  const running = runDemo({
    ...{ folder, operators: 4, nodes: 2, seed: 3, speed: 3000, scenario: "addr-flood", pastHours: 3 },
    ports: claimed.ports,
    sink: ({ level, message }) => lines.push(`${level}: ${message}`),
    signal: stop.signal,
    tell: (one) => told.push(one),
  });
  const names = () =>
    told.flatMap((one) => one.what === "alert" ? one.rule : one.what === "incident" ? one.anomaly : []);
  try {
    const wanted = new Set(["addr-flood", "ADDR_FLOOD"]);
    await Promise.race([
      running,
      until("alert and incident", () => wanted.isSubsetOf(new Set(names())), SLOWLY),
    ]);
    assertEquals(new Set(names()), wanted, "and nothing else");
    const incident = told.find((one) => one.what === "incident")!;
    assertStringIncludes(incident.text, "operators see it");
    await until("the node that everybody may see", async () => {
      const answer = await fetch(`http://127.0.0.1:${claimed.ports[2]}/live.json`, {
        headers: { connection: "close" },
      });
      const { disclosed: [node] } = await answer.json();
      return node.name === "meadow" && node.messages.length > 0;
    });
    assertEquals(lines.filter((line) => /^(error|warn)/.test(line) && !line.includes("addr")), []);
  } catch (cause) {
    throw new Error(`${JSON.stringify(told, null, 1)}\n${lines.slice(-20).join("\n")}`, { cause });
  } finally {
    stop.abort();
    await running;
    await Deno.remove(folder, { recursive: true });
  }
});

/** The events of a node in the hours before the story and in the first one of it. */
function eventsOf(seed: number): Uint8Array[] {
  const story = new Story({ opening: START + HOUR_MS, operators: 1, scenario: "addr-flood" });
  const node = new DemoNode({
    ...{ name: "alpha", seed, start: START, shownFrom: START + HOUR_MS },
    ...{ lottery: new Lottery(seed, START), happenings: story.happenings(0) },
  });
  return [...node.until(START + 2 * HOUR_MS)].map(encodeEvent);
}

Deno.test("demo: the same seed gives the same events, another one others, and all are in order", () => {
  const first = eventsOf(1);
  assertEquals(eventsOf(1), first);
  assert(
    eventsOf(2).length !== first.length ||
      eventsOf(2).some((bytes, i) => bytes.toHex() !== first[i]!.toHex()),
  );
});

Deno.test("demo: what a node sees does not depend on how often it is asked", () => {
  const whole = eventsOf(1);
  const story = new Story({ opening: START + HOUR_MS, operators: 1, scenario: "addr-flood" });
  const node = new DemoNode({
    ...{ name: "alpha", seed: 1, start: START, shownFrom: START + HOUR_MS },
    ...{ lottery: new Lottery(1, START), happenings: story.happenings(0) },
  });
  const events = [];
  let before = 0;
  for (let at = START + 7777; at < START + 2 * HOUR_MS + 7777; at += 7777) {
    for (const event of node.until(Math.min(at, START + 2 * HOUR_MS))) {
      assert(event.timestamp >= before && event.timestamp < at, "in order, and in time");
      before = event.timestamp;
      events.push(encodeEvent(event));
    }
  }
  assertEquals(events, whole);
});

Deno.test("demo: a story goes on for ever, and what happens meets two thirds of the operators", () => {
  const story = new Story({ opening: START, operators: 6, scenario: undefined });
  const texts: string[] = [];
  for (let now = START; now < START + 100 * HOUR_MS; now = story.nextAfter(now)) {
    texts.push(story.begunAt(now)!.text);
  }
  assert(texts.length > 24, texts.join("\n"));
  const named = (operator: number) =>
    new Set(story.happenings(operator).map(({ scenario }) => scenario.name));
  assertEquals(named(0), new Set(["addr-flood", "linking-lion", "inv-to-send", "stale-block"]));
  assertEquals(named(5), new Set(["stale-block"]));
  assertLess(scenario("stale-block").toMinute - scenario("stale-block").fromMinute, 60);
});

/** As `deno task demo` starts it, with its rights and no others, but without a shell in between. */
function startDemo(more: readonly string[]): Process {
  const [, ...args] = config.tasks.demo.command.split(" ");
  return startProcess(Deno.execPath(), {
    args: [...args, ...more],
    name: "demo",
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  });
}

/** Follows redirections as a browser does, which keeps the cookies of a host whatever the port. */
async function open(url: string, cookies: readonly string[] = []): Promise<{ status: number; text: string }> {
  const headers = { cookie: cookies.map((cookie) => cookie.split(";")[0]).join("; ") };
  const answer = await fetch(url, { redirect: "manual", headers });
  const to = answer.headers.get("location");
  const text = await answer.text();
  if (to === null) return { status: answer.status, text };
  return await open(new URL(to, url).href, [...cookies, ...answer.headers.getSetCookie()]);
}

Deno.test("demo: two at once, with few rights; all that they print answers and says what it is; they end and leave nothing", async () => {
  const demos = [1, 2].map(() => startDemo(["--operators", "3", "--nodes", "1", "--port", "23000"]));
  try {
    const places = await Promise.all(demos.map(async (demo) => {
      await demo.waitForLine("Ready after");
      return [...demo.output.matchAll(/^ +(http:\/\/\S+)/gm)].map(([, url]) => url!);
    }));
    assertEquals(places.map(({ length }) => length), [5, 5]);
    assertEquals(new Set(places.flat()).size, 10, "each has its own");
    for (const url of places.flat()) {
      const { status, text } = await open(url);
      assertEquals(status, 200, url);
      assertStringIncludes(text, "Simulated", url);
    }
    const ends = await Promise.all(demos.map((demo) => demo.stop({ signal: "SIGINT" })));
    assertEquals(ends.map(({ code }) => code), [0, 0], demos.map(({ output }) => output).join("\n"));
    for (const { pid, output } of demos) {
      const left = [...Deno.readDirSync("/tmp")].filter(({ name }) => name.startsWith(`waggle-demo-${pid}-`));
      assertEquals(left, []);
      assertEquals(output.match(/^(warn|error) .*/gm), null);
    }
  } finally {
    await Promise.all(demos.map((demo) => demo.stop({ signal: "SIGKILL" })));
  }
});

Deno.test("demo: what cannot be is said before anything starts", async () => {
  const demo = startDemo(["--speed", "0", "--scenario", "adr-flood"]);
  assertEquals((await demo.status).code, 2);
  assertStringIncludes(demo.output, "--speed");
  assertStringIncludes(demo.output, "addr-flood");
  const help = startDemo(["--help"]);
  assertEquals((await help.status).code, 0);
  assertStringIncludes(help.output, "deno task demo --scenario addr-flood");
});

for (const line of ["Members: ", "The hub is ws:", "Connected to the hub", "Serving the public pages"]) {
  Deno.test(`demo: it ends whenever it is told to, such as at "${line}"`, async () => {
    const folder = await Deno.makeTempDir();
    const stop = new AbortController();
    using claimed = claimPorts(26_000);
    await runDemo({
      ...{ folder, operators: 2, nodes: 1, seed: 1, speed: 100, scenario: undefined, ports: claimed.ports },
      sink: ({ message }) => message.startsWith(line) && stop.abort(),
      signal: stop.signal,
      tell: ({ what }) => what === "past" && stop.abort(),
    });
    await Deno.remove(folder, { recursive: true });
  });
}
