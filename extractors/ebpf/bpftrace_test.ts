import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import {
  bpftraceVersion,
  bufferPages,
  isHarmless,
  listTracepoints,
  splitCommand,
  trace,
} from "./bpftrace.ts";

/** A shell script in the place of bpftrace. */
async function fakeBpftrace(body: string): Promise<AsyncDisposable & { command: string }> {
  const folder = await Deno.makeTempDir({ prefix: "waggle-bpftrace-" });
  const command = join(folder, "bpftrace");
  await Deno.writeTextFile(command, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return { command, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

async function run(body: string, { stopWhen = "", script = "" } = {}) {
  await using fake = await fakeBpftrace(body);
  const stop = new AbortController();
  const lines: string[] = [];
  let stdout = "";
  const ending = await trace({ command: fake.command, version: [0, 17] }, script, {
    signal: stop.signal,
    tell: {
      stdout(chunk) {
        stdout += new TextDecoder().decode(chunk);
        if (stopWhen !== "" && stdout.includes(stopWhen)) stop.abort();
      },
      stderr: (line) => lines.push(line),
    },
  });
  return { ending, stdout, lines };
}

Deno.test("splitCommand() takes words, and bpftrace for none", () => {
  assertEquals(splitCommand("  sudo -n  bpftrace "), ["sudo", "-n", "bpftrace"]);
  assertEquals(splitCommand(" "), ["bpftrace"]);
});

Deno.test("bufferPages() gives 16 MiB in all, or about 64 MiB over CPUs with a buffer each", () => {
  assertEquals([1, 2, 4, 5, 8, 64, 512, 5000].map((cpus) => bufferPages([0, 17], cpus)), [
    4096,
    4096,
    4096,
    2048,
    2048,
    256,
    64,
    64,
  ]);
  assertEquals(bufferPages([0, 23], 512), 4096);
});

Deno.test("trace() hands the script to standard input, and gives what comes from the others", async () => {
  const { ending, stdout, lines } = await run(
    `[ "$1" = - ] && cat; echo pages $BPFTRACE_PERF_RB_PAGES; printf 'a\\n\\nb' >&2`,
    {
      script: "BEGIN {}\n",
    },
  );
  assertStringIncludes(stdout, "BEGIN {}\npages ");
  assert(Number(stdout.split("pages ")[1]) >= 64);
  assertEquals(lines, ["a", "b"]);
  assertEquals(ending, { code: 0, reason: "b" });
});

Deno.test("trace() says why bpftrace has ended, in its own words", async () => {
  const errors = [
    'echo "ERROR: Unknown error -1: couldn\'t set RLIMIT_MEMLOCK for bpftrace." >&2',
    'echo "stdin:3:1-9: ERROR: usdt probe not found" >&2',
    'echo "ERROR: failed to detach probe: usdt" >&2',
    "exit 1",
  ];
  const { ending } = await run(errors.join("\n"));
  assertEquals(ending, { code: 1, reason: "stdin:3:1-9: ERROR: usdt probe not found" });
  assertEquals((await run("exit 7")).ending, { code: 7, reason: "code 7" });
  assertEquals((await run("kill -9 $$")).ending, { code: 137, reason: "code 137" });
});

Deno.test("trace() asks bpftrace to end, and hears it out", async () => {
  const { stdout } = await run(`trap 'echo last; exit 0' TERM; echo ready; while :; do sleep 0.02; done`, {
    stopWhen: "ready",
  });
  assertEquals(stdout, "ready\nlast\n");
});

Deno.test({
  name: "trace() leaves a bpftrace behind that does not end",
  // The kernel may need seconds to let go of a killed bpftrace; nobody waits for it.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const before = performance.now();
    await run(`trap '' TERM; echo ready; while :; do sleep 0.02; done`, { stopWhen: "ready" });
    assert(performance.now() - before < 900, "within the second that a component has");
  },
});

Deno.test("bpftraceVersion() says what is wrong", async () => {
  await using good = await fakeBpftrace("echo bpftrace v0.23.2");
  assertEquals(await bpftraceVersion(good.command), [0, 23]);
  await using bad = await fakeBpftrace("echo sudo: a password is required >&2; exit 1");
  await assertRejects(() => bpftraceVersion(bad.command), Error, 'it says "sudo: a password is required"');
  await assertRejects(
    () => bpftraceVersion("/nonexistent/bpftrace"),
    Error,
    "install bpftrace or set --ebpf.command",
  );
});

Deno.test("listTracepoints() takes names from bpftrace's list", async () => {
  await using fake = await fakeBpftrace(
    `[ "$1" = -l ] && printf 'usdt:/b:net:x\\nusdt:/b:mempool:y\\nusdt:/c:no:no\\n'`,
  );
  const names = (await listTracepoints(fake.command, "/b")).map(({ name }) => name);
  assertEquals(names, ["net:x", "mempool:y"]);
});

Deno.test("isHarmless() knows what healthy runs say", () => {
  assert(isHarmless("open(/sys/kernel/tracing/uprobe_events): No such file or directory"));
  assert(!isHarmless("ERROR: bpftrace currently only supports running as the root user."));
});
