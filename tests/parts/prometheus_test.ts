import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { partTest } from "./needs.ts";
import { promtool, startPrometheus } from "./prometheus.ts";
import { until } from "./until.ts";

const METRICS = `# HELP hive_bees Bees at home.
# TYPE hive_bees gauge
hive_bees{caste="worker"} 41
`;

function serveMetrics(text: string) {
  const headers = { "content-type": "text/plain; version=0.0.4" };
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(text, { headers }),
  );
}

partTest({
  name: "startPrometheus() scrapes a port, evaluates rules and answers queries",
  needs: ["prometheus"],
  fn: async () => {
    await using server = serveMetrics(METRICS);
    const rules = await Deno.makeTempFile({ suffix: ".json" });
    const rule = { record: "hive:bees:plus_one", expr: "hive_bees + 1" };
    await Deno.writeTextFile(rules, JSON.stringify({ groups: [{ name: "hive", rules: [rule] }] }));
    await using prometheus = await startPrometheus({ ports: [server.addr.port], ruleFiles: [rules] });
    await prometheus.waitForScrape();
    const [bees] = await prometheus.query('hive_bees{caste="worker"}');
    assertEquals(bees?.value, 41);
    assertEquals(bees?.labels.job, "waggle");
    await until("the rule", async () => (await prometheus.query("hive:bees:plus_one"))[0]?.value === 42);
    await assertRejects(() => prometheus.query("hive_bees +"), Error, "parse error");
    await Deno.remove(rules);
  },
});

partTest({
  name: "Prometheus.waitForScrape() fails with what was wrong with a target",
  needs: ["prometheus"],
  fn: async () => {
    await using server = serveMetrics("not metrics at all {");
    await using prometheus = await startPrometheus({ ports: [server.addr.port] });
    const wait = () => prometheus.waitForScrape({ deadlineMs: 8_000 });
    await assertRejects(wait, Error, "/metrics is down");
  },
});

partTest({
  name: "promtool() finds nothing wrong with good metrics, and says what is wrong with bad ones",
  needs: ["promtool"],
  fn: async () => {
    assertEquals((await promtool(["check", "metrics"], METRICS)).code, 0);
    const bad = await promtool(["check", "metrics"], METRICS.replaceAll("hive_bees", "hiveBees_total"));
    assertEquals(bad.code, 3);
    assertStringIncludes(bad.stderr, "hiveBees_total");
  },
});
