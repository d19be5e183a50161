import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeEvent } from "../../proto/event.ts";
import type { Address } from "../../proto/schema.ts";
import type { MemoryBus } from "../../runtime/bus/memory.ts";
import { WatchedBus } from "../../runtime/bus/_watched.ts";
import type { Component } from "../../runtime/component.ts";
import { runComponents } from "../../runtime/runner.ts";
import { startBitcoind } from "../../tests/parts/bitcoind.ts";
import { partTest } from "../../tests/parts/needs.ts";
import { promtool } from "../../tests/parts/prometheus.ts";
import { freePort, until } from "../../tests/parts/until.ts";
import { program } from "../../mod.ts";
import { startSocksServer } from "./_socks_server.ts";
import check from "./mod.ts";
import { CSV_HEADER } from "./record.ts";

const DEFAULTS = Object.fromEntries(
  Object.entries(check.options).map(([name, { default: value }]) => [name, value]),
);
const NOW = 1_770_000_000_000;

async function running(bus: WatchedBus, options: Record<string, unknown>) {
  const stop = new AbortController();
  const lines: string[] = [];
  const metricsAddress = `127.0.0.1:${freePort()}`;
  const ended = runComponents({
    tasks: [{
      name: "connectivity-check",
      component: check as unknown as Component,
      values: { ...DEFAULTS, metricsAddress, ...options },
    }],
    bus,
    nodes: [],
    sink: ({ level, message }) => lines.push(`${level}: ${message}`),
    worker: program.worker,
    signal: stop.signal,
  });
  await until("it serves", () => {
    if (lines.some((line) => line.includes("Serving"))) return true;
    throw new Error(lines.join("\n"));
  });
  await bus.listened();
  return {
    lines,
    page: async () => {
      const headers = { connection: "close" };
      return await (await fetch(`http://${metricsAddress}/metrics`, { headers })).text();
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      assert(await ended, lines.join("\n"));
    },
  };
}

function announce(bus: MemoryBus, addresses: Address[], { inbound = true, peer = "192.0.2.7:8333" } = {}) {
  const meta = { peerId: 7, addr: peer, connType: 1, command: "addrv2", inbound, size: 100 };
  const value = { meta, msg: { case: "addrv2", value: { addresses } } } as const;
  bus.publish("netmsg", encodeEvent({ timestamp: NOW, kind: "message", value }));
}

function ipv4(value: string, port: number, age = 100): Address {
  return { timestamp: NOW / 1000 - age, address: { case: "ipv4", value }, services: 9n, port };
}

partTest({
  name:
    "connectivity-check finds a real node through a proxy and direct, and writes down what the Rust tool would",
  needs: ["bitcoind", "promtool"],
  async fn(t) {
    await using node = await startBitcoind();
    const { subversion } = await node.rpc("getnetworkinfo");
    await using socks = startSocksServer();
    const folder = await Deno.makeTempDir({ prefix: "waggle-connectivity-" });
    try {
      for (const direct of [false, true]) {
        await t.step(direct ? "direct" : "through the proxy", async () => {
          const csv = `${folder}/${direct}`;
          await Deno.mkdir(csv);
          await Deno.writeTextFile(
            `${folder}/exits`,
            "# exits\nExitNode 0F\nExitAddress 192.0.2.7 2026-01-01 00:00:00\r\n",
          );
          await using bus = new WatchedBus();
          await using tool = await running(bus, {
            proxy: socks.address,
            direct,
            csv,
            torExits: `${folder}/exits`,
            allow: ["127.0.0.0/8"],
            chain: "regtest",
          });
          assert(
            tool.lines.some((line) => line.startsWith(direct ? "warn: " : "info: Connecting to addresses")),
          );
          const closedPort = freePort();
          bus.publish("netmsg", Uint8Array.of(0xff));
          announce(bus, new Array<Address>(1000).fill(ipv4("127.0.0.1", 4)));
          announce(bus, [ipv4("127.0.0.1", 5)], { inbound: false });
          announce(bus, [
            ipv4("127.0.0.1", node.p2pPort),
            ipv4("127.0.0.1", closedPort, -50),
            ipv4("10.0.0.1", 22),
          ]);
          const rows = async () => {
            const [file] = [...Deno.readDirSync(csv)].map(({ name }) => `${csv}/${name}`);
            return (await Deno.readTextFile(file!)).split("\n").slice(0, -1);
          };
          await until("two results", async () => (await rows()).length === 3);
          announce(bus, [ipv4("127.0.0.1", node.p2pPort)]);
          await until("the known one", async () => (await rows()).length === 4);

          const [header, ...results] = await rows();
          assertEquals(`${header}\n`, CSV_HEADER);
          const columns = header!.split(",");
          assertEquals(columns.length, 22);
          const records = results.map((row) =>
            Object.fromEntries(row.split(",").map((cell, i) => [columns[i], cell]))
          );
          const found = records.find((record) => record.version === "true")!;
          const seconds = Number(found.result_timestamp);
          assert(Math.abs(seconds - Date.now() / 1000) < 600, "seconds, not milliseconds");
          const known = {
            addr_address: "IPv4(127.0.0.1)",
            addr_port: String(node.p2pPort),
            addr_timestamp: String(NOW / 1000),
            addr_network_type: "IPv4",
            addr_version: "addrv2",
            source_address: "192.0.2.7",
            source_id: "7",
            source_tor_exit_node: "true",
            result_success: "true",
            result_cached: "false",
            version_useragent: subversion,
          };
          for (const [name, value] of Object.entries(known)) assertEquals(found[name], value, name);
          const failed = results.find((row) => row.includes(`,${closedPort},`))!;
          assert(failed.endsWith(",false,false,false,,false,0,0,-1,0,0,,0"), failed);
          const cached = results.at(-1)!;
          assert(cached.endsWith(",true,true,false,,false,0,0,-1,0,0,,0"), cached);

          const page = await tool.page();
          const labels = 'network="IPv4",addr_version="addrv2"';
          for (
            const line of [
              `connectivitycheck_addr_tried{${labels}} 3`,
              `connectivitycheck_addr_cached{${labels}} 1`,
              `connectivitycheck_addr_successful_connection{${labels},source_ip="192.0.2.7"} 2`,
              `connectivitycheck_addr_unsuccessful_connection{${labels},source_ip="192.0.2.7"} 1`,
              `connectivitycheck_addr_tried_tor_exit{${labels}} 3`,
              `connectivitycheck_addr_successful_connection_tor_exit{${labels}} 2`,
              `connectivitycheck_addr_addr_timestamp_offset_seconds_bucket{${labels},timestamp_offset="past",successful="yes",le="64"} 0`,
              `connectivitycheck_addr_addr_timestamp_offset_seconds_bucket{${labels},timestamp_offset="past",successful="yes",le="128"} 2`,
              `connectivitycheck_addr_addr_timestamp_offset_seconds_sum{${labels},timestamp_offset="future",successful="no"} 50`,
              `waggle_connectivitycheck_counted_total{what="left out: not routable"} 1`,
            ]
          ) assertStringIncludes(page, `${line}\n`);
          const { stderr, stdout } = await promtool(["check", "metrics"], page);
          // The Rust tool's counters lack "_total", and boards ask for them by these names.
          const complaints = `${stderr}${stdout}`.split("\n").filter((line) =>
            line !== "" && !line.includes('"_total"')
          );
          assertEquals(complaints, []);
        });
      }
      assertEquals(socks.asked.length, 2, "the second time the proxy was not asked");
      assertEquals(new Set(socks.asked.map(({ user }) => user)).size, 2, "a user for each target");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("connectivity-check never connects without the proxy when it is down", async () => {
  await using bus = new WatchedBus();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const accepted = listener.accept().then((connection) => connection.close(), () => "nobody");
  await using tool = await running(bus, { proxy: `127.0.0.1:${freePort()}`, allow: ["127.0.0.0/8"] });
  announce(bus, [ipv4("127.0.0.1", port)]);
  await until("a failure", async () => (await tool.page()).includes("unsuccessful_connection{"));
  listener.close();
  assertEquals(await accepted, "nobody");
});

Deno.test("connectivity-check is in no preset, and says what does not fit together", () => {
  for (const { components } of Object.values(program.presets)) {
    assert(!components.includes("connectivity-check"));
  }
  // deno-lint-ignore no-explicit-any -- only the options that matter
  const problems = (options: object) => check.check!({ ...DEFAULTS, ...options } as any);
  assertEquals(problems({}), []);
  assertEquals(problems({ networks: ["i2p", "cjdns"] }).length, 2);
  assertEquals(problems({ networks: ["i2p", "cjdns"], direct: true, i2pProxy: "127.0.0.1:4447" }), []);
});
