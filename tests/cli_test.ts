import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import { program } from "../mod.ts";
import { startProcess } from "./parts/process.ts";
import { run } from "./parts/run.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const waggle = (args: string[]) =>
  run(Deno.execPath(), ["run", "-A", "--frozen", "mod.ts", ...args], { cwd: ROOT, env: { NO_COLOR: "1" } });

Deno.test("--help shows an example before anything else and names every component", async () => {
  const { code, stdout, stderr } = await waggle(["--help"]);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^waggle [^\n]+\n\nExample:\n {2}deno task /);
  for (const name of [...Object.keys(program.components), ...Object.keys(program.presets)]) {
    assertMatch(stdout, new RegExp(`^ {2}${name} +\\S`, "m"));
  }
});

Deno.test("--help of a component shows its own options and the common ones, and no others", async () => {
  const { code, stdout } = await waggle(["logger", "--help"]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "--bus ");
  assertEquals(stdout.includes("--rpc."), false);
});

Deno.test("--version prints the version of deno.json", async () => {
  const { code, stdout } = await waggle(["--version"]);
  assertEquals(code, 0);
  assertMatch(stdout, new RegExp(`^waggle ${config.version} `));
});

Deno.test("misuse exits with 2, all problems on standard error, and nothing starts", async () => {
  const { code, stdout, stderr } = await waggle([
    "rpc",
    "logger",
    "--bsu",
    "x",
    "--rpc.interval",
    "y",
    "--node",
    "a.b",
  ]);
  assertEquals([code, stdout], [2, ""]);
  assertEquals(stderr.split("\n").filter((line) => !line.startsWith("Unknown option --rpc.interval")), [
    "Unknown option --bsu: did you mean --bus?",
    '--node "a.b": expected letters, digits, - and _',
    "Try --help",
    "",
  ]);
  assertStringIncludes(stderr, "Unknown option --rpc.interval: did you mean --rpc.interval-ms?");
});

Deno.test("--check looks at the options of components and commands, and starts nothing", async () => {
  const fine = await waggle(["rpc", "logger", "--check"]);
  assertEquals([fine.code, fine.stdout, fine.stderr], [0, "The options of rpc, logger are right\n", ""]);
  const command = await waggle(["hub", "policy", "--hub.k-member", "3", "--check"]);
  assertEquals([command.code, command.stdout], [0, "The options of hub policy are right\n"]);
  assertEquals((await waggle(["hub", "policy", "--hub.k-membr", "3", "--check"])).code, 2);
});

Deno.test("an unknown component is refused with the nearest known one", async () => {
  const { code, stderr } = await waggle(["loger"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, 'Unknown component "loger": did you mean logger?');
});

Deno.test("no component at all is misuse, not silence", async () => {
  assertEquals((await waggle([])).code, 2);
});

Deno.test("a configuration file that cannot be read or parsed is a problem with its name", async () => {
  const { code, stderr } = await waggle(["logger", "--config", "/nowhere/waggle.json"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, 'Cannot read configuration file "/nowhere/waggle.json"');
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`${signal} stops the collector in order`, async () => {
    await using collector = startProcess(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--frozen",
        "mod.ts",
        "rpc",
        "logger",
        "--rpc.url",
        "http://127.0.0.1:1",
        "--rpc.user",
        "u",
      ],
      cwd: ROOT,
      env: { NO_COLOR: "1", WAGGLE_RPC_PASSWORD: "p" },
    });
    for (const name of ["rpc", "logger"]) {
      await collector.waitForLine(new RegExp(`\\[${name}\\] Started in a sandbox`));
    }
    const startedAt = performance.now();
    collector.kill(signal);
    const { code } = await collector.status;
    assertEquals(code, 0);
    assertLess(performance.now() - startedAt, 3000, "a second, and CI may be slow");
    assert(collector.output.includes("Stopping"));
    for (const name of ["rpc", "logger"]) {
      assertMatch(collector.output, new RegExp(`\\[${name}\\] Ended: \\d+ events in`));
    }
  });
}

Deno.test("log lines can be JSON", async () => {
  const { code, stderr } = await waggle([
    "logger",
    "--log-json",
    "--bus",
    "nats://127.0.0.1:1",
    "--nats.user",
    "nobody",
  ]);
  assertEquals(code, 1);
  const { level, component, message } = JSON.parse(stderr.trim().split("\n").at(-1)!);
  assertEquals([level, component], ["error", "waggle"]);
  assertStringIncludes(message, "nobody");
});
