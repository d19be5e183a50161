import { assert, assertEquals } from "@std/assert";
import { ipv4File } from "../../proto/_asmap.ts";
import { encodeEvent, peek } from "../../proto/event.ts";
import { subjectOf } from "../../proto/subjects.ts";
import type { MemoryBus } from "../../runtime/bus/memory.ts";
import { WatchedBus } from "../../runtime/bus/_watched.ts";
import type { Component } from "../../runtime/component.ts";
import { runComponents } from "../../runtime/runner.ts";
import { resolve } from "../../runtime/resolve.ts";
import { partTest } from "../../tests/parts/needs.ts";
import { type Prometheus, startPrometheus } from "../../tests/parts/prometheus.ts";
import { parsePromql } from "../../tests/parts/promql.ts";
import { freePort, isListening, until } from "../../tests/parts/until.ts";
import { eventsOf, scenario } from "../../demo/scenarios/mod.ts";
import { withHeaders } from "../../demo/scenarios/series.ts";
import { rare } from "./_rare_events.ts";
import { LISTS, scenario as goldenEvents } from "../../tools/metrics/_scenario.ts";
import { type Definition, isOpen } from "../../tools/metrics/definition.ts";
import { TABLES } from "../../tools/metrics/metrics.ts";
import alerts from "../../tools/alerts/mod.ts";
import metrics from "../../tools/metrics/mod.ts";
import { FILES, yamlOf } from "../prometheus/rules.ts";
import { BOARDS } from "./boards/mod.ts";
import { componentPages } from "./components.ts";
import { describeAll, familyOf } from "./help.ts";

const NODE = "alpha";

/** Labels that scraping adds. */
const OF_THE_TARGET = ["host", "job", "instance"];

const QUERIES = BOARDS.flatMap(({ name, panels }) =>
  panels.flatMap(({ title, queries }) =>
    queries.map(({ expr, legend }) => ({ panel: `${name}: ${title}`, expr: filledIn(expr), legend }))
  )
);

const RULES = Object.values(FILES).flat().flatMap(({ name, rules }) =>
  rules.map(({ record, alert, expr }) => ({ panel: `${name}: ${record ?? alert}`, expr, record }))
);
const RECORDS = new Set(RULES.flatMap(({ record }) => record ?? []));

/** What Grafana puts in. */
function filledIn(expr: string): string {
  return expr.replaceAll("$host", ".*").replaceAll("$__rate_interval", "1m");
}

/** A metrics tool with all its files and an alerts tool, on a bus. */
async function startTools() {
  const folder = await Deno.makeTempDir({ prefix: "waggle-grafana-" });
  const files: Record<string, string | Uint8Array> = {
    torExitList: LISTS.tor_exit,
    banlistGmax: LISTS.banlist_gmax,
    bitprojectsList: LISTS.bitprojects,
    asmap: ipv4File({ "203.0.113.0/24": 64496, "198.18.0.0/15": 64497 }),
    asNames: "64496 EXAMPLE\n",
  };
  for (const [name, content] of Object.entries(files)) {
    await Deno.writeFile(
      `${folder}/${name}`,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
  }
  const paths = Object.fromEntries(Object.keys(files).map((name) => [name, `${folder}/${name}`]));
  const [metricsPort, alertsPort] = [freePort(), freePort()];
  const tasks = [
    // A list that is missing, for the panel that shows failures.
    task("metrics", metrics as Component, {
      ...paths,
      banlistMonero: `${folder}/missing`,
      address: `127.0.0.1:${metricsPort}`,
    }),
    task("alerts", alerts as Component, { address: `127.0.0.1:${alertsPort}` }),
  ];
  const bus = new WatchedBus();
  const stop = new AbortController();
  const said: string[] = [];
  const ended = runComponents({
    tasks,
    bus,
    nodes: [NODE],
    sink: ({ component, message }) => said.push(`${component}: ${message}`),
    worker: new URL("../../worker.ts", import.meta.url),
    signal: stop.signal,
  });
  return {
    bus,
    said,
    ports: [metricsPort, alertsPort],
    async [Symbol.asyncDispose]() {
      stop.abort();
      assert(await ended, said.join("\n"));
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function task(name: string, component: Component, values: Record<string, unknown>) {
  const defaults = resolve({ it: component.options }, {
    args: [],
    env: () => undefined,
    file: undefined,
    home: "/",
  });
  return { name, component, values: { ...defaults.values.it, ...values } };
}

/** What was worked out by hand, three hours of a node, and what neither has. Says how many. */
async function play(bus: MemoryBus, round: number): Promise<number> {
  const lived = [...withHeaders(eventsOf(scenario("mutated-block")))];
  let sent = 0;
  for (const bytes of [...goldenEvents(), ...[...lived, ...rare(lived, round)].map(encodeEvent)]) {
    const seen = peek(bytes);
    bus.publish(subjectOf(seen.ok && seen.kind !== "none" ? seen.kind : "log", NODE), bytes);
    if (++sent % 1000 === 0) await bus.room();
  }
  return sent;
}

/** The rules, evaluated as often as this test scrapes. */
async function ruleFiles(): Promise<string[]> {
  const paths: string[] = [];
  for (const groups of Object.values(FILES)) {
    const path = await Deno.makeTempFile({ suffix: ".yml" });
    await Deno.writeTextFile(path, yamlOf(groups.map((group) => ({ ...group, interval: "100ms" }))));
    paths.push(path);
  }
  return paths;
}

partTest({
  name: "every query of the boards and the rules names what there is, and has data in a real Prometheus",
  needs: ["prometheus"],
  async fn(t) {
    await using tools = await startTools();
    let pages = await componentPages();
    const servers = ["rpc", "connectivity-check", "hub"].map((name) =>
      Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen: () => {} },
        () => new Response(pages[name], { headers: { "content-type": "text/plain; version=0.0.4" } }),
      )
    );
    const rules = await ruleFiles();
    for (const port of tools.ports) {
      await until(`port ${port} to listen`, () => isListening(port));
    }
    await tools.bus.listened(tools.ports.length);
    await using prometheus = await startPrometheus({
      ports: [...tools.ports, ...servers.map(({ addr }) => addr.port)],
      ruleFiles: rules,
      labels: { host: NODE },
      scrapeIntervalMs: 300,
    });
    try {
      let sent = 0;
      // Twice: a counter that grows has to be seen before.
      for (let round = 0; round < 2; round++) {
        sent += await play(tools.bus, round);
        pages = await componentPages(round + 2);
        await prometheus.waitForScrape();
        const taken = `waggle_component_events_in_total{component="metrics"} >= ${sent}`;
        await until("all events to be counted", async () => (await prometheus.query(taken)).length > 0);
      }
      await t.step("names and labels", () => assertNames(prometheus));
      await t.step("data", () => assertData(prometheus));
    } finally {
      for (const server of servers) await server.shutdown();
      for (const path of rules) await Deno.remove(path);
    }
  },
});

/** Labels of a metric: with their values where the list is closed. */
function tableLabels(): ReadonlyMap<string, Definition> {
  return new Map(
    Object.entries(TABLES).flatMap(([prefix, table]) =>
      Object.entries<Definition>(table).map(([name, definition]) =>
        [`${prefix}_${name}`, definition] as const
      )
    ),
  );
}

/** Every metric and label of every query is one that there is. */
async function assertNames(prometheus: Prometheus) {
  const known = await describeAll();
  const definitions = tableLabels();
  const wrong: string[] = [];
  const labelsOf = async (metric: string): Promise<string[]> => {
    const definition = definitions.get(familyOf(metric, known));
    if (definition !== undefined) {
      return [...Object.keys(definition.labels), ...metric.endsWith("_bucket") ? ["le"] : []];
    }
    const series = await prometheus.api<Record<string, string>[]>(
      `series?match[]=${encodeURIComponent(metric)}`,
    );
    return [...new Set(series.flatMap((labels) => Object.keys(labels)))];
  };
  for (const { panel, expr } of [...QUERIES, ...RULES]) {
    const { selectors, grouping, made } = await parsePromql(prometheus, expr);
    if (selectors.length === 0) wrong.push(`${panel}: asks for no metric`);
    const labels = new Set([...OF_THE_TARGET, ...made]);
    // The bands select by a label alone.
    for (const { metric, matchers } of selectors.filter(({ metric }) => metric !== "")) {
      const exists = known.has(familyOf(metric, known)) || RECORDS.has(metric);
      if (!exists) wrong.push(`${panel}: no metric ${metric}`);
      const own = [...await labelsOf(metric), ...OF_THE_TARGET];
      // Recorded after half an hour; promtool runs these.
      if (RECORDS.has(metric) && own.length === OF_THE_TARGET.length) continue;
      own.forEach((label) => labels.add(label));
      for (const { name, type, value } of matchers) {
        if (!own.includes(name)) wrong.push(`${panel}: ${metric} has no label ${name}`);
        const values = definitions.get(familyOf(metric, known))?.labels[name];
        if (values === undefined || type === "=~") continue;
        const closed = isOpen(values) ? values.known : values;
        if (!closed.includes(value)) wrong.push(`${panel}: ${name} of ${metric} is never ${value}`);
      }
    }
    for (const label of grouping) {
      if (!labels.has(label)) wrong.push(`${panel}: nothing has a label ${label}`);
    }
  }
  assertEquals(wrong, []);
}

/** Every query has a number, and each label of its legend. */
async function assertData(prometheus: Prometheus) {
  let wrong: string[] = [];
  const ask = async () => {
    wrong = [];
    for (const { panel, expr, legend } of QUERIES) {
      const samples = (await prometheus.query(expr)).filter(({ value }) => !Number.isNaN(value));
      if (samples.length === 0) wrong.push(`${panel}: no data of ${expr}`);
      for (const [, label] of legend.matchAll(/\{\{(\w+)\}\}/g)) {
        const missing = samples.length > 0 && !samples.some(({ labels }) => label! in labels);
        if (missing) wrong.push(`${panel}: no label ${label} in what ${expr} gives`);
      }
    }
    return wrong.length === 0;
  };
  await until("all panels to have data", ask).catch(() => {});
  assertEquals(wrong, []);
}
