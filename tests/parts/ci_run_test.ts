import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { run } from "./run.ts";

const SCRIPT = fromFileUrl(import.meta.resolve("../../.ci/run"));

/** What the two commands say, and the code each ends with. */
interface Fake {
  readonly lint?: readonly [output: string, code: number];
  readonly test?: readonly [output: string, code: number];
}

/** Runs the script with an `npx` that says what it is told. */
async function runWith({ lint = ["", 0], test = ["", 0] }: Fake) {
  const folder = await Deno.makeTempDir();
  const npx = `#!/bin/sh
case "$*" in
  "--yes deno task lint:all") cat "$0.lint"; exit ${lint[1]} ;;
  "--yes deno task test") cat "$0.test"; exit ${test[1]} ;;
esac
exit 99
`;
  await Deno.writeTextFile(join(folder, "npx"), npx, { mode: 0o755 });
  await Deno.writeTextFile(join(folder, "npx.lint"), lint[0]);
  await Deno.writeTextFile(join(folder, "npx.test"), test[0]);
  const { code, stdout } = await run(SCRIPT, [], { env: { PATH: `${folder}:${Deno.env.get("PATH")}` } });
  await Deno.remove(folder, { recursive: true });
  const lines = stdout.trimEnd().split("\n");
  return { ok: code === 0, stdout, last: lines.at(-1) };
}

Deno.test(".ci/run sums the summaries of deno test and of the vector checker", async () => {
  const output = "x ... ok (1ms)\n\nok | 12 passed (3 steps) | 0 failed (1s)\n\n7 passed, 0 failed\n" +
    "ok | 1 passed | 0 failed (2ms)\n";
  const { ok, last, stdout } = await runWith({ test: [output, 0] });
  assertEquals({ ok, last }, { ok: true, last: "20 passed, 0 failed" });
  assertStringIncludes(stdout, "x ... ok (1ms)");
});

Deno.test(".ci/run fails with the number of failed tests", async () => {
  const output = "FAILED | 3 passed | 2 failed (1 step) (1s)\n5 passed, 1 failed\nerror: Test failed\n";
  const { ok, last } = await runWith({ test: [output, 1] });
  assertEquals({ ok, last }, { ok: false, last: "8 passed, 3 failed" });
});

Deno.test(".ci/run fails on a failed test even if the command hides it", async () => {
  const { ok, last } = await runWith({ test: ["FAILED | 3 passed | 2 failed (1s)\n", 0] });
  assertEquals({ ok, last }, { ok: false, last: "3 passed, 2 failed" });
});

for (const ignored of ["1 ignored", "0 ignored (1 step)"]) {
  Deno.test(`.ci/run fails if a test was ignored: ${ignored}`, async () => {
    const { ok, last, stdout } = await runWith({ test: [`ok | 3 passed | 0 failed | ${ignored} (1s)\n`, 0] });
    assertEquals({ ok, last }, { ok: false, last: "3 passed, 0 failed" });
    assertStringIncludes(stdout, "\n1 ignored, here every test must run\n");
  });
}

Deno.test(".ci/run fails if no test ran", async () => {
  const { ok, last } = await runWith({ test: ["ok | 0 passed | 0 failed (0ms)\n", 0] });
  assertEquals({ ok, last }, { ok: false, last: "0 passed, 0 failed" });
});

Deno.test(".ci/run stops at a failed gate and does not end as if nothing had failed", async () => {
  const test = ["ok | 3 passed | 0 failed (1s)\n", 0] as const;
  const { ok, last, stdout } = await runWith({ lint: ["error: Found 1 problem\n", 1], test });
  assertEquals({ ok, last }, { ok: false, last: "0 passed, 1 failed" });
  assertStringIncludes(stdout, "error: Found 1 problem\ndeno task lint:all failed\n");
});

Deno.test(".ci/run fails if the command fails after its tests passed", async () => {
  const { ok, last } = await runWith({ test: ["ok | 3 passed | 0 failed (1s)\nerror: leak\n", 1] });
  assertEquals({ ok, last }, { ok: false, last: "3 passed, 1 failed" });
});
