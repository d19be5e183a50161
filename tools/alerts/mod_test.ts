import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeEvent } from "../../proto/event.ts";
import { alertSubjectOf, subjectOf } from "../../proto/subjects.ts";
import type { MemoryBus } from "../../runtime/bus/memory.ts";
import { WatchedBus } from "../../runtime/bus/_watched.ts";
import type { Component } from "../../runtime/component.ts";
import { runComponents } from "../../runtime/runner.ts";
import { promtool } from "../../tests/parts/prometheus.ts";
import { partTest } from "../../tests/parts/needs.ts";
import { freePort, until } from "../../tests/parts/until.ts";
import { eventsOf, scenario } from "../../demo/scenarios/mod.ts";
import { DEFAULTS } from "./_watching.ts";
import alerts from "./mod.ts";
import { RULES } from "./rules/mod.ts";

const HELP_TABLE = new URL("README.md", import.meta.url);

/** The tool in its sandbox on a bus in memory. */
function running(bus: MemoryBus, options: Partial<typeof DEFAULTS> = {}, nodes: readonly string[] = []) {
  const stop = new AbortController();
  const lines: string[] = [];
  const ended = runComponents({
    tasks: [{ name: "alerts", component: alerts as Component, values: { ...DEFAULTS, ...options } }],
    bus,
    nodes,
    sink: ({ component, level, message }) => {
      if (component === "alerts") lines.push(`${level}: ${message}`);
    },
    worker: new URL("../../worker.ts", import.meta.url),
    signal: stop.signal,
  });
  return {
    lines,
    async [Symbol.asyncDispose]() {
      stop.abort();
      assert(await ended, lines.join("\n"));
    },
  };
}

/** Publishes as fast as it is taken. */
async function play(bus: MemoryBus, name: string, node?: string) {
  let sent = 0;
  for (const event of eventsOf(scenario(name))) {
    if (event.kind !== "none") bus.publish(subjectOf(event.kind, node), encodeEvent(event));
    if (++sent % 1000 === 0) await bus.room();
  }
}

partTest({
  name: "alerts: from its sandbox an alert reaches the log, the bus, the webhook and Prometheus",
  needs: ["promtool"],
  async fn() {
    await using bus = new WatchedBus();
    using told = bus.subscribe([alertSubjectOf("alpha")]);
    // deno-lint-ignore no-explicit-any -- another program's format
    const posted: any[] = [];
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        posted.push(...await request.json());
        return new Response("", { headers: { connection: "close" } });
      },
    );
    const webhook = `http://127.0.0.1:${server.addr.port}/api/v2/alerts`;
    const address = `127.0.0.1:${freePort()}`;
    await using tool = running(bus, { webhook, address }, ["alpha"]);
    await until("it serves", () => tool.lines.some((line) => line.includes("Serving")));
    await bus.listened(2); // the test itself is one
    await play(bus, "mutated-block", "alpha");

    const text = "mutated-blocks | 1 mutated block in 1 h, last " + "ab".repeat(32) +
      " (bad-txnmrklroot) | since ";
    const both = () => tool.lines.filter((line) => line.includes("mutated-blocks | ")).length === 2;
    await until("beginning and end in the log", both);
    const [began, over] = tool.lines.filter((line) => line.includes("mutated-blocks | "));
    assertStringIncludes(began!, `warn: ${text}`);
    assert(began!.endsWith(" | node=alpha"));
    assertStringIncludes(over!, "info: mutated-blocks | over: 0 mutated blocks in 1 h | from ");

    const onBus: { rule: string; node: string; state: string; severity: string; text: string }[] = [];
    await until("both on the bus", () => {
      onBus.push(...told.take(9).map(({ data }) => JSON.parse(new TextDecoder().decode(data))));
      return onBus.length === 2;
    });
    assertEquals(onBus.map(({ rule, node, state, severity }) => [rule, node, state, severity]), [
      ["mutated-blocks", "alpha", "firing", "critical"],
      ["mutated-blocks", "alpha", "resolved", "critical"],
    ]);
    assertStringIncludes(onBus[0]!.text, text);

    await until("the end at the webhook", () => posted.some((alert) => alert.endsAt !== undefined));
    assertEquals(posted.at(-1).labels, {
      alertname: "mutated-blocks",
      severity: "critical",
      job: "waggle",
      node: "alpha",
    });

    const response = await fetch(`http://${address}/metrics`, { headers: { connection: "close" } });
    const page = await response.text();
    assertStringIncludes(page, 'waggle_alerts_fired_total{rule="mutated-blocks",node="alpha"} 1\n');
    assertStringIncludes(page, 'waggle_alerts_active{rule="mutated-blocks",node="alpha"} 0\n');
    const checked = await promtool(["check", "metrics"], page);
    assertEquals(checked.code, 0, checked.stdout + checked.stderr);
  },
});

Deno.test("alerts: the README's table of rules is that of the code", async () => {
  const rows = RULES.map(({ name, fires, attack, limit, unit, severity }) =>
    `| \`${name}\` | ${fires} | ${limit} ${unit} | ${attack} | ${severity} |`
  );
  const readme = (await Deno.readTextFile(HELP_TABLE)).split("\n").map((line) => line.replaceAll(/ +/g, " "));
  for (const row of rows) assert(readme.includes(row), `README.md has the row ${row}`);
  const named = readme.filter((line) => /^\| `[a-z0-9-]+` \|.*\| (warning|critical|info) \|$/.test(line));
  assertEquals(named.length, rows.length);
});
