import { assert, assertEquals, assertFalse, assertLess, assertRejects } from "@std/assert";
import { startProcess } from "./process.ts";
import { freePort, until } from "./until.ts";

function startShell(script: string) {
  return startProcess("sh", { args: ["-c", script], name: "shell" });
}

Deno.test("Process.waitForLine() returns the match, from a line said before or after", async () => {
  await using shell = startShell("echo ready on 42 >&2; exec sleep 60");
  assertEquals((await shell.waitForLine(/ready on (\d+)/))[1], "42");
  assertEquals((await shell.waitForLine("ready on")).index, 0);
});

Deno.test("Process.waitForLine() fails with what was said if the process ends early", async () => {
  await using shell = startShell("echo no such luck; exit 3");
  await assertRejects(
    () => shell.waitForLine("ready"),
    Error,
    'Cannot wait for a line with ready: "shell" ended with code 3\n"shell" said last:\nno such luck',
  );
  assertFalse(shell.running);
});

Deno.test("Process.waitForLine() fails with what was said when the deadline passes", async () => {
  await using shell = startShell("echo thinking; exec sleep 60");
  await shell.waitForLine("thinking");
  await assertRejects(() => shell.waitForLine("ready", { deadlineMs: 50 }), Deno.errors.TimedOut, "thinking");
});

Deno.test("Process.waitForPort() waits until the port accepts connections", async () => {
  const port = freePort();
  const script = `Deno.listen({ hostname: "127.0.0.1", port: ${port} }); setInterval(() => {}, 1000);`;
  await using server = startProcess(Deno.execPath(), { args: ["eval", script] });
  await server.waitForPort(port);
});

Deno.test("Process.stop() asks first and kills a process that does not listen", async () => {
  const shell = startShell("trap '' TERM; echo deaf; while true; do sleep 0.05; done");
  await shell.waitForLine("deaf");
  const status = await shell.stop({ graceMs: 100 });
  assertEquals(status.signal, "SIGKILL");
  assertEquals(await shell.stop(), status);
});

Deno.test("Process ends with its program, even if a grandchild keeps the pipes open", async () => {
  const shell = startShell("sleep 20 & echo $!");
  const grandchild = Number((await shell.waitForLine(/^(\d+)$/m))[1]);
  const before = performance.now();
  await shell.status;
  assertLess(performance.now() - before, 5_000);
  Deno.kill(grandchild, "SIGKILL");
});

Deno.test("Process.output keeps the last part of a long output", async () => {
  await using shell = startShell("yes 0123456789 | head -c 4000000; echo; echo end");
  await shell.status;
  assert(shell.output.endsWith("end\n"));
  assertLess(shell.output.length, 300_000);
});

Deno.test("until() says what it waited for and why it did not come", async () => {
  const refuse = () => Promise.reject(new Error("not yet"));
  await assertRejects(
    () => until("a miracle", refuse, { deadlineMs: 20 }),
    Error,
    "20 ms for a miracle: not yet",
  );
});
