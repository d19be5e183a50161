import { assertEquals, assertGreater, assertRejects, assertStringIncludes } from "@std/assert";
import { bpftraceVersion, compileC, probeBpftrace } from "./bpftrace.ts";
import { partTest } from "./needs.ts";
import { startProcess } from "./process.ts";

const TICKER = `
#include <sys/sdt.h>
#include <unistd.h>
int main(void) {
  for (long n = 0;; n++) { DTRACE_PROBE2(hive, tick, n, 7); usleep(1000); }
}`;

partTest({
  name: "probeBpftrace() gives a command that sees a tracepoint of a program we compiled, or says why not",
  needs: ["bpftrace", "gcc", "sys/sdt.h"],
  fn: async () => {
    const use = await probeBpftrace();
    if ("problem" in use) {
      assertGreater(use.problem.length, 0);
      return console.warn(`Not traced, this machine does not allow it: ${use.problem}`);
    }
    const [command = "", ...args] = use.command;
    await using ticker = await compileC(TICKER, "ticker");
    await using running = startProcess(ticker.path);
    const script = `usdt:${ticker.path}:hive:tick { printf("ticked %d\\n", arg1); }`;
    await using bpftrace = startProcess(command, { args: [...args, "-p", `${running.pid}`, "-e", script] });
    await bpftrace.waitForLine("ticked 7");
    assertEquals((await bpftrace.stop({ signal: "SIGINT" })).success, true);
  },
});

partTest({
  name: "compileC() fails with what the compiler said",
  needs: ["gcc"],
  fn: async () => {
    const error = await assertRejects(() => compileC("int main(void) { return nosuch; }")) as Error;
    assertStringIncludes(error.message, "nosuch");
  },
});

partTest({
  name: "bpftraceVersion() is a list of numbers",
  needs: ["bpftrace"],
  fn: async () => assertGreater((await bpftraceVersion()).length, 1),
});
