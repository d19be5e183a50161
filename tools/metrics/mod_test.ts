import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { connect } from "nats";
import { ipv4File } from "../../proto/_asmap.ts";
import { encodeEvent, peek } from "../../proto/event.ts";
import { all } from "../../proto/golden/all.ts";
import type { MemoryBus } from "../../runtime/bus/memory.ts";
import { WatchedBus } from "../../runtime/bus/_watched.ts";
import type { Component } from "../../runtime/component.ts";
import { runComponents } from "../../runtime/runner.ts";
import { startNatsServer } from "../../tests/parts/nats_server.ts";
import { partTest } from "../../tests/parts/needs.ts";
import { startPrometheus } from "../../tests/parts/prometheus.ts";
import { freePort, until } from "../../tests/parts/until.ts";
import { scenarioPage } from "./_counted.ts";
import { LISTS, scenario } from "./_scenario.ts";
import metrics from "./mod.ts";

const MAIN = new URL("../../mod.ts", import.meta.url).pathname;

/** A folder with the scenario's lists in it, and the flags that name them. */
async function listFiles() {
  const folder = await Deno.makeTempDir({ prefix: "waggle-metrics-" });
  const flags = {
    tor_exit: "--metrics.tor-exit-list",
    banlist_gmax: "--metrics.banlist-gmax",
    banlist_monero: "--metrics.banlist-monero",
    bitprojects: "--metrics.bitprojects-list",
  };
  const args: string[] = [];
  for (const [name, text] of Object.entries(LISTS)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
    args.push(flags[name as keyof typeof LISTS], `${folder}/${name}`);
  }
  return { folder, args, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

/** Lines of a page that do not depend on the clock or on the process. */
function lasting(page: string): string[] {
  const passing = /^(# |$)|^peerobserver_runtime_start|^waggle_(event_lag|bus|component|file)/;
  return page.split("\n").filter((line) => !passing.test(line)).toSorted();
}

async function pageAt(port: number): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
}

for (
  const [how, permissions] of Object.entries({
    "a process with the rights of metrics": (net: string, folder: string) => [
      "-P=metrics",
      `--allow-net=${net}`,
      `--allow-read=${folder}`,
    ],
    "a sandbox of a process that may do anything": () => ["-A"],
  })
) {
  partTest({
    name:
      `metrics counts what arrives on a NATS server, as ${how}, Prometheus reads it, and it stops on Ctrl-C`,
    needs: ["nats-server", "prometheus"],
    async fn() {
      await using nats = await startNatsServer();
      await using lists = await listFiles();
      const port = freePort();
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "--no-prompt", ...permissions(`127.0.0.1:${nats.port},127.0.0.1:${port}`, lists.folder)],
          ...[MAIN, "metrics", "--bus", nats.url, "--metrics.address", `127.0.0.1:${port}`, ...lists.args],
        ],
        stdin: "null",
        stdout: "null",
        stderr: "piped",
      }).spawn();
      const stderr = new Response(child.stderr).text();
      try {
        await until(
          "the metrics",
          async () => (await pageAt(port).catch(() => "")).includes("_start_timestamp 1"),
        );
        const client = await connect({ servers: nats.url });
        for (const bytes of scenario()) {
          const seen = peek(bytes);
          // What an event is, its member says, whatever subject it comes on.
          client.publish(seen.ok && seen.subject !== "" ? seen.subject : "rpc", bytes);
        }
        await client.flush();
        const expected = lasting(await scenarioPage());
        const last = expected.find((line) => line.includes('command="inv",reason="truncated"'))!;
        await until("the last event", async () => (await pageAt(port)).includes(last));
        assertEquals(lasting(await pageAt(port)), expected);

        await using prometheus = await startPrometheus({ ports: [port] });
        await prometheus.waitForScrape();
        const inbound = 'peerobserver_p2p_message_count{message="inv",direction="inbound"}';
        assertEquals((await prometheus.query(`sum(${inbound})`)).map(({ value }) => value), [4]);
        const buckets =
          "histogram_quantile(0.5, peerobserver_p2p_inv_entries_histogram_bucket{direction='outbound'})";
        const [median] = await prometheus.query(buckets);
        assert(median!.value > 30 && median!.value <= 50, `${median!.value} items`);
        assertEquals((await prometheus.query("waggle_component_running"))[0]!.labels.component, "metrics");
        await client.close();
      } finally {
        child.kill("SIGINT");
        const { code } = await child.status;
        assertEquals(code, 0, await stderr);
      }
      assertMatch(await stderr, /0 dropped, 0 restarts/);
    },
  });
}

/** Runs metrics in a sandbox on a bus in memory while `then` looks at it. */
async function runSandboxed(
  values: Record<string, unknown>,
  then: (run: { port: number; bus: MemoryBus; lines: string[] }) => Promise<void>,
): Promise<void> {
  await using bus = new WatchedBus();
  const stop = new AbortController();
  const lines: string[] = [];
  const port = freePort();
  const defaults = Object.entries(metrics.options).map(([name, option]) => [name, option.default]);
  const running = runComponents({
    tasks: [{
      name: "metrics",
      component: metrics as unknown as Component,
      values: { ...Object.fromEntries(defaults), address: `127.0.0.1:${port}`, ...values },
    }],
    bus,
    nodes: ["*"],
    sink: ({ level, message }) => lines.push(`${level}: ${message}`),
    worker: new URL("../../worker.ts", import.meta.url),
    signal: stop.signal,
  });
  try {
    await until(
      "the metrics",
      async () => (await pageAt(port).catch(() => "")).includes("_start_timestamp 1"),
    );
    await bus.listened();
    await then({ port, bus, lines });
  } finally {
    stop.abort();
    assert(await running, lines.join("\n"));
  }
}

Deno.test("metrics answers every path, people with a page, and says how it is", async () => {
  await runSandboxed({}, async ({ port, bus }) => {
    const url = `http://127.0.0.1:${port}`;
    const before = await (await fetch(url, { headers: { accept: "text/html" } })).text();
    assertStringIncludes(before, "No event has come yet");
    assertEquals(await (await fetch(`${url}/health`)).json(), { status: "ok", lastEventSecondsAgo: null });
    bus.publish(
      "waggle.alpha.rpc",
      encodeEvent(
        { timestamp: Date.now(), kind: "rpc", value: { rpcEvent: { case: "uptime", value: 77 } } },
      ),
    );
    await until("the event", async () => (await pageAt(port)).includes("peerobserver_rpc_uptime 77"));
    for (const [path, method] of [["/", "GET"], ["/anything", "POST"], ["/metrics", "GET"]] as const) {
      const response = await fetch(url + path, { method });
      assertEquals(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
      assertStringIncludes(await response.text(), "# TYPE peerobserver_rpc_uptime gauge\n");
    }
    const page = await fetch(url, { headers: { accept: "text/html" } });
    assertMatch(page.headers.get("content-security-policy")!, /^default-src 'none'/);
    assertMatch(await page.text(), /<td>rpc\s*<td>1\s*<td>\d/);
    const { lastEventSecondsAgo } = await (await fetch(`${url}/health`)).json();
    assert(lastEventSecondsAgo >= 0 && lastEventSecondsAgo < 60);
  });
});

Deno.test("metrics tells that the events of several nodes are mixed", async () => {
  await runSandboxed({}, async ({ bus, lines }) => {
    const { bytes } = all.find(({ name }) => name === "a ping")!;
    for (const node of ["alpha", "alpha", "beta"]) bus.publish(`waggle.${node}.netmsg`, bytes);
    await until(
      "the warning",
      () => lines.some((line) => line.startsWith("warn: Events of several nodes come")),
    );
  });
});

Deno.test("metrics says which file it cannot load, and counts without it", async () => {
  const folder = await Deno.makeTempDir({ prefix: "waggle-metrics-" });
  try {
    await Deno.writeFile(`${folder}/broken.asmap`, Uint8Array.of(255, 255));
    await Deno.writeFile(`${folder}/ip_asn.dat`, ipv4File({ "0": 1 }));
    const missing = `${folder}/tor.txt`;
    await runSandboxed({ torExitList: missing, asmap: `${folder}/broken.asmap` }, async ({ port, lines }) => {
      const said = lines.join("\n");
      assertStringIncludes(
        said,
        `error: Cannot load "${missing}": no such file; put it there, or set --metrics.tor-exit-list to another file`,
      );
      assertMatch(
        said,
        /broken\.asmap": Not an asmap: it ends inside an instruction at bit \d+; put it there/,
      );
      assertStringIncludes(await pageAt(port), 'waggle_file_failures_total{file="asmap"} 1\n');
    });
    await runSandboxed({ asmap: `${folder}/ip_asn.dat` }, async ({ port }) => {
      assertMatch(await pageAt(port), /waggle_file_entries\{file="asmap"\} \d+\n/);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
