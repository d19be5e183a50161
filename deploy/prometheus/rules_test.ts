import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { partTest } from "../../tests/parts/needs.ts";
import { promtool } from "../../tests/parts/prometheus.ts";
import { type Scenario, scenario, SCENARIOS } from "../../demo/scenarios/mod.ts";
import { RULES } from "../../tools/alerts/rules/mod.ts";
import { ANOMALIES, NOT_IN_METRICS, TROUBLES } from "./alerts.ts";
import { seriesOf } from "../../demo/scenarios/series.ts";
import { FILES, files } from "./rules.ts";

const folder = import.meta.dirname!;
const IN_METRICS = ANOMALIES.map(({ rule }) => rule);

/** Metrics that a rule mentions. */
const USED = new Set(
  Object.values(FILES).flat().flatMap(({ rules }) =>
    rules.flatMap(({ expr }) => expr.match(/\bpeerobserver_\w+/g) ?? [])
  ),
);

const wanted = (metric: string) => USED.has(metric);

interface Expectation {
  readonly expr: string;
  readonly minute: number;
  readonly samples: readonly { labels: string; value: number }[];
}

/** Runs promtool over rules of ours and series; it says what was expected and what came. */
async function assertRules(
  series: readonly { series: string; values: string }[],
  expected: readonly Expectation[],
) {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  const test = {
    rule_files: Object.keys(FILES).map((name) => `${folder}/rules/${name}`),
    evaluation_interval: "1m",
    // As an evaluation of every group would do it.
    group_eval_order: Object.values(FILES).flat().map(({ name }) => name),
    tests: [{
      interval: "1m",
      input_series: series,
      promql_expr_test: expected.map(({ expr, minute, samples }) => ({
        expr,
        eval_time: `${minute}m`,
        exp_samples: samples,
      })),
    }],
  };
  await Deno.writeTextFile(file, JSON.stringify(test));
  const { code, stdout, stderr } = await promtool(["test", "rules", file]);
  await Deno.remove(file);
  assertEquals(code, 0, stdout + stderr);
}

/** Alerts that fired within some minutes, those for information left out. */
function fired(minute: number, within: number, names: readonly string[]): Expectation {
  return {
    expr: `count by (alertname) (max_over_time(ALERTS{alertstate="firing", severity!="info"}[${within}m]))`,
    minute,
    samples: names.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })),
  };
}

function firing({ fires }: Scenario): string[] {
  return fires.filter((rule) => IN_METRICS.includes(rule));
}

Deno.test("rules/*.yml are what the tables say", async () => {
  for (const [file, text] of files()) {
    assertEquals(await Deno.readTextFile(`${folder}/${file}`), text, "run deno task prometheus");
  }
});

Deno.test("each anomaly of the alerts tool is a rule here, or it is said why it is not", () => {
  const said = [...IN_METRICS, ...Object.keys(NOT_IN_METRICS)];
  for (const { name } of RULES) {
    assert(said.includes(name), `${name} is neither in ANOMALIES nor in NOT_IN_METRICS`);
  }
});

Deno.test("each alert has a test in which it fires and one in which it does not", () => {
  const alerts = Object.values(FILES).flat().flatMap(({ rules }) =>
    rules.flatMap(({ alert }) => alert ?? [])
  );
  const troubles = TROUBLES.filter(({ fires, quiet }) =>
    Object.keys(fires).length > 0 && Object.keys(quiet).length > 0
  );
  const tested = [...SCENARIOS.flatMap(firing), ...troubles.map(({ alert }) => alert), "band-left"];
  assertEquals(new Set(alerts), new Set(tested));
});

partTest({
  name: "promtool finds nothing wrong with the rules",
  needs: ["promtool"],
  fn: async () => {
    const { code, stdout, stderr } = await promtool([
      "check",
      "rules",
      "--lint=all",
      "--lint-fatal",
      ...Object.keys(FILES).map((name) => `${folder}/rules/${name}`),
    ]);
    assertEquals(code, 0, stdout + stderr);
  },
});

partTest({
  name: "promtool finds nothing wrong with prometheus.yml, also with all targets switched on",
  needs: ["promtool"],
  fn: async () => {
    const file = `${folder}/prometheus.yml`;
    const all = (await Deno.readTextFile(file)).replaceAll(/^( *)# (?=- | {2})/gm, "$1").replace(
      "# alerting:",
      "alerting:",
    );
    assertStringIncludes(all, "\nalerting:\n  alertmanagers:");
    assertStringIncludes(all, "\n  - job_name: waggle-hub\n");
    const copy = await Deno.makeTempFile({ dir: folder, suffix: ".yml" });
    await Deno.writeTextFile(copy, all);
    const outcomes = await Promise.all([file, copy].map((path) => promtool(["check", "config", path])));
    await Deno.remove(copy);
    for (const { code, stdout, stderr } of outcomes) assertEquals(code, 0, stdout + stderr);
  },
});

for (const told of SCENARIOS) {
  const { name, fromMinute, minutes } = told;
  const expected = firing(told);
  partTest({
    name: `rules: ${name} fires ${expected.join(", ") || "nothing"}`,
    needs: ["promtool"],
    fn: async () => {
      const series = await seriesOf(told, { wanted });
      const last = minutes - 1;
      await assertRules(series, [
        fired(Math.max(fromMinute - 1, 0), 600, []),
        fired(last, 600, expected),
        { expr: 'ALERTS{alertstate="firing", severity!="info"}', minute: last, samples: [] },
        ...(name === "quiet" ? [measured(last), leftBands(last, [])] : []),
      ]);
    },
  });
}

partTest({
  name: "rules: of two hosts the one with the attack is told of",
  needs: ["promtool"],
  fn: async () => {
    const [attacked, quiet] = [scenario("eviction-storm"), { ...scenario("quiet"), minutes: 150 }];
    const series = [
      ...await seriesOf(attacked, { wanted, host: "alpha" }),
      ...await seriesOf(quiet, { wanted, host: "beta" }),
    ];
    const expr =
      'count by (alertname, host) (max_over_time(ALERTS{alertstate="firing", severity!="info"}[150m]))';
    await assertRules(series, [
      { expr, minute: 149, samples: [{ labels: '{alertname="eviction-storm", host="alpha"}', value: 1 }] },
    ]);
  },
});

partTest({
  name: "rules: a metrics tool that is started again, and shows 0 at first, is no alarm",
  needs: ["promtool"],
  fn: async () => {
    const quiet = { ...scenario("quiet"), minutes: 240 };
    await assertRules(await seriesOf(quiet, { wanted, restartAt: 120 }), [fired(239, 240, [])]);
  },
});

/** In a quiet time all rules measure: what says nothing would be quiet too. */
function measured(minute: number): Expectation {
  return {
    expr: "count by (rule) (waggle:anomaly:value)",
    minute,
    samples: IN_METRICS.map((rule) => ({ labels: `{rule="${rule}"}`, value: 1 })),
  };
}

/** Signals that left their bands. */
function leftBands(minute: number, names: readonly string[]): Expectation {
  return {
    expr:
      `count by (anomaly_name) (max_over_time(ALERTS{alertname="band-left", alertstate="firing"}[${minute}m]))`,
    minute,
    samples: names.map((name) => ({ labels: `{anomaly_name="${name}"}`, value: 1 })),
  };
}

partTest({
  name: "rules: band-left fires when a signal that was steady for hours falls",
  needs: ["promtool"],
  fn: async () => {
    const peers = {
      series: 'peerobserver_rpc_peer_info_network_peers{host="a",network="ipv4"}',
      values: "100x120 20x30",
    };
    await assertRules([peers], [
      leftBands(119, []),
      leftBands(149, ["peerobserver_rpc_peer_info_network_peers_iv4"]),
    ]);
  },
});

for (const { alert, fires, quiet } of TROUBLES) {
  for (const [table, names] of [[fires, [alert]], [quiet, []]] as const) {
    partTest({
      name: `rules: ${alert} ${names.length > 0 ? "fires" : "is quiet where nothing is wrong"}`,
      needs: ["promtool"],
      fn: async () => {
        const series = Object.entries(table).map(([series, values]) => ({ series, values }));
        await assertRules(series, [fired(59, 60, names)]);
      },
    });
  }
}
