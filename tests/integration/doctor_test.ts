import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { program } from "../../mod.ts";
import type { OptionTable } from "../../runtime/options.ts";
import type { Check } from "../../runtime/preset.ts";
import { resolve } from "../../runtime/resolve.ts";
import { CALLS } from "../../extractors/rpc/calls.ts";
import { UplinkFolder } from "../../federation/uplink/folder.ts";
import { denoDir } from "../parts/deno_dir.ts";
import { type Bitcoind, startBitcoind } from "../parts/bitcoind.ts";
import { partTest } from "../parts/needs.ts";
import { type Process, startProcess } from "../parts/process.ts";
import { run, runOrThrow } from "../parts/run.ts";
import { freePort } from "../parts/until.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Everything but tracing, which the node of the tests was not built for. */
const EYES = ["--without", "ebpf"];

/** What the doctor sees with these options, which are as on its command line. */
async function examine(node: Bitcoind, ...args: string[]): Promise<Check[]> {
  const preset = program.presets.doctor!;
  const tables: Record<string, OptionTable> = { "": preset.options! };
  for (const name of preset.components) tables[name] = (await program.components[name]!()).default.options;
  const sources = {
    args: ["--datadir", node.datadir, ...EYES, ...args],
    env: () => undefined,
    file: undefined,
  };
  const asked = resolve(tables, sources);
  assertEquals(asked.problems, []);
  const found = await preset.find!({ ...asked, home: undefined });
  return [
    ...await found.check(
      resolve(tables, { ...sources, found: found.values }).values,
      new AbortController().signal,
    ),
  ];
}

/** Those of one subject that are not fine. */
function complaints(checks: readonly Check[], about?: string): Check[] {
  return checks.filter((check) =>
    check.state !== "ok" && check.about !== "disk" && check.about === (about ?? check.about)
  );
}

/** Does what the line says, as its reader would. */
async function paste(check: Check | undefined): Promise<void> {
  assert(check?.paste !== undefined, JSON.stringify(check));
  await runOrThrow("sh", ["-c", check.paste]);
}

partTest({
  name: "doctor: each fault has its line, and is gone when the line was followed",
  needs: ["bitcoind", "ps"],
  fn: followEveryLine,
});

async function followEveryLine(t: Deno.TestContext): Promise<void> {
  await using node = await startBitcoind();
  const address = `127.0.0.1:${freePort()}`;
  const p2p = ["--p2p.address", address];

  await t.step("nothing logged, nobody connected to: what a node does by default", async () => {
    const checks = await examine(node, ...p2p);
    const [log, lines] = complaints(checks, "log");
    const [p2pLine] = complaints(checks, "p2p");
    assertEquals(complaints(checks).length, 3, JSON.stringify(complaints(checks), null, 1));
    assertStringIncludes(log!.what, "nothing about blocks connected and checked (validation)");
    assertEquals(lines?.what, "lines have no fractions of a second and threads");
    assertEquals(p2pLine?.what, `the node was not told to connect to ${address}`);
    for (const check of [log, lines, p2pLine]) await paste(check);
    await node.restart();
    assertEquals(complaints(await examine(node, ...p2p)), []);
  });

  await t.step("a whitelist without a method", async () => {
    const conf = join(node.datadir, "bitcoin.conf");
    const calls = Object.keys(CALLS).filter((name) => name !== "getrawaddrman");
    await Deno.writeTextFile(conf, `\nrpcwhitelist=__cookie__:stop,getblockcount,${calls}\n`, {
      append: true,
    });
    await node.restart();
    const [check, ...others] = complaints(await examine(node, ...p2p));
    assertEquals([check?.state, check?.what, others], ["fault", "the node forbids getrawaddrman", []]);
    assertEquals(complaints(await examine(node, ...p2p, "--rpc.disable", "getrawaddrman")), []);
    await paste(check);
    await node.restart();
    assertEquals(complaints(await examine(node, ...p2p)), []);
  });

  await t.step("another chain than the node's", async () => {
    const [check, ...others] = complaints(await examine(node, ...p2p, "--p2p.network", "signet"));
    assertEquals([check?.what, others], ["speaks signet, but the node is on regtest", []]);
    assertStringIncludes(check!.paste!, "--p2p.network regtest");
    const [elsewhere] = complaints(await examine(node, ...p2p, "--chain", "signet"), "node");
    assertEquals(elsewhere?.what, `the node in "${node.datadir}" is on regtest, not on signet`);
    const args = elsewhere!.paste!.split(" ").slice(3);
    assertEquals(args, ["--datadir", node.datadir, "--chain", "regtest"]);
    assertEquals(complaints(await examine(node, ...p2p, ...args.slice(2))), []);
  });

  await t.step("no right to read the cookie: as a program with the task's own rights", async () => {
    await Deno.chmod(node.cookieFile, 0);
    const first = await doctor(node, p2p);
    assertEquals(first.code, 1, first.stderr);
    const [check] = complaints(JSON.parse(first.stdout).checks, "rpc");
    assertEquals(check?.what, `may not read the cookie "${node.cookieFile}"`);
    await paste(check);
    const { code, stdout } = await doctor(node, p2p);
    assertEquals([code, JSON.parse(stdout).faults], [0, 0], stdout);
  });

  await t.step("who listens for everybody, or goes to a hub without Tor, would leak", async () => {
    const checks = await examine(node, ...p2p, "--metrics.address", "0.0.0.0:8282");
    assertMatch(
      complaints(checks, "metrics")[0]!.what,
      /^listens on 0\.0\.0\.0:8282: whoever reaches that sees/,
    );
    assertEquals(
      complaints(await examine(node, ...p2p, "--metrics.address", "10.1.2.3:8282"))[0]?.state,
      "warning",
    );
  });

  await t.step("a hub that would see the node's address", async () => {
    await using home = new Home();
    const folder = new UplinkFolder(join(home.path, "uplink"));
    folder.make();
    folder.writeMembership({
      url: new URL("wss://hub.example/uplink"),
      hubKey: new Uint8Array(32),
      invitation: undefined,
    });
    const egress = async (...args: string[]) => {
      const { stdout, stderr } = await doctor(node, ["--uplink.folder", folder.path, ...p2p, ...args], [
        "uplink",
      ]);
      assert(stdout.startsWith("{"), stderr);
      return complaints(JSON.parse(stdout).checks, "egress").map(({ state, what }) => `${state}: ${what}`)[0];
    };
    assertMatch(await egress("--uplink.proxy", "none") ?? "", /^fault: .*the hub would see a node's address/);
    const proxy = `127.0.0.1:${freePort()}`;
    assertMatch(await egress("--uplink.proxy", `socks5://${proxy}`) ?? "", /^fault: no proxy at 127/);
    using _tor = Deno.listen({ hostname: "127.0.0.1", port: Number(proxy.split(":")[1]) });
    assertEquals(await egress("--uplink.proxy", `socks5://${proxy}`), undefined);
  });

  await t.step("the bitcoin.conf of docs/operating.md: nothing to complain about", async () => {
    const page = await Deno.readTextFile(join(ROOT, "docs/operating.md"));
    const conf = /bitcoind\/bitcoin\.conf << 'END'\n(.*?)^END/ms.exec(page)![1]!;
    const here = conf.replaceAll("/var/lib/bitcoind", node.datadir)
      .replace("addnode=127.0.0.1:9333", `regtest.addnode=${address}`);
    await Deno.writeTextFile(join(node.datadir, "bitcoin.conf"), here);
    await node.restart();
    assertEquals(complaints(await examine(node, ...p2p)), []);
  });

  await t.step("a NATS server that is not there", async () => {
    const { code, stdout } = await doctor(node, [...p2p, "--bus", `nats://127.0.0.1:${freePort()}`]);
    assertEquals(code, 1);
    assertMatch(complaints(JSON.parse(stdout).checks, "bus")[0]!.what, /^Cannot reach NATS server nats:/);
  });
}

/** Root may read everything, unless it lays that right down. */
const UNPRIVILEGED = Deno.uid() === 0
  ? ["setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search"]
  : ["env"];

async function doctor(node: Bitcoind, args: string[], others: string[] = []) {
  const [command, ...before] = [
    ...UNPRIVILEGED,
    Deno.execPath(),
    "run",
    "--frozen",
    "--no-prompt",
    "-P=collector",
  ];
  const all = [
    ...before,
    "mod.ts",
    "doctor",
    ...others,
    "--json",
    "--datadir",
    node.datadir,
    ...EYES,
    ...args,
  ];
  return await run(command!, all, { cwd: ROOT, env: { NO_COLOR: "1" } });
}

partTest({
  name: "collector: without any option finds the node in the user's own folder, and sees it",
  needs: ["bitcoind", "ps"],
  fn: watchWithoutOptions,
});

async function watchWithoutOptions(): Promise<void> {
  await using node = await startBitcoind();
  await using home = new Home();
  await using collector = collectorAt(home, node);
  await collector.waitForLine(`Found a node: process ${node.pid} on regtest, data in "${node.datadir}"`);
  await collector.waitForLine(/\[ebpf\] .+ has none of the tracepoints/);
  await collector.waitForLine("[ebpf] Left out");
  await collector.waitForLine(
    /\[p2p\] the node was not told to connect to .+ Put into bitcoin.conf, and restart the node: /,
  );
  await collector.waitForLine(`[log] Following "${node.debugLog}"`);
  await collector.waitForLine("rpc: BlockchainInfo(chain=regtest");
  collector.kill("SIGINT");
  assertEquals((await collector.status).code, 0);
}

partTest({
  name: "collector: waits for a node that is started after it",
  needs: ["bitcoind", "ps"],
  fn: waitForTheNode,
});

async function waitForTheNode(): Promise<void> {
  await using node = await startBitcoind();
  await using home = new Home();
  // A node that does not run has no command line to read.
  const conf = `regtest=1\n[regtest]\nrpcport=${node.rpcPort}\n`;
  await Deno.writeTextFile(join(node.datadir, "bitcoin.conf"), conf);
  await node.stop();
  // Named, since a node that runs comes before one that does not, and others may run here.
  await using collector = collectorAt(home, node, "--datadir", node.datadir);
  await collector.waitForLine(/Found the folder of a node: on regtest, data in /);
  await collector.waitForLine(
    /\[node\] does not run; .+ Start it: bitcoind -datadir=\S+ -chain=regtest -daemon/,
  );
  await collector.waitForLine("[rpc] No answer from the node");
  await node.start();
  await collector.waitForLine("rpc: BlockchainInfo(chain=regtest");
  collector.kill("SIGINT");
  assertEquals((await collector.status).code, 0);
}

/** A collector with few options besides its ports, of a user whose node it is. */
function collectorAt(home: Home, node: Bitcoind, ...more: string[]): Process {
  Deno.symlinkSync(node.datadir, join(home.path, ".bitcoin"));
  const ports = ["metrics", "websocket", "p2p"].flatMap((
    name,
  ) => [`--${name}.address`, `127.0.0.1:${freePort()}`]);
  return startProcess(Deno.execPath(), {
    args: ["run", "--frozen", "--no-prompt", "-P=collector", "mod.ts", "collector", ...ports, ...more],
    cwd: ROOT,
    env: { NO_COLOR: "1", HOME: home.path, DENO_DIR: denoDir() },
  });
}

/** A home folder that is gone afterwards. */
class Home implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync({ prefix: "waggle-home-" });
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
