/**
 * What the demo costs: how soon it is ready, how long the ordinary hours take, memory and CPU of its process and of all
 * that it starts, beside a Deno that does nothing.
 *
 *     deno run -A tests/demo/cost.ts [SECONDS]
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { sleep } from "../../runtime/backoff.ts";
import { type Process, startProcess } from "../parts/process.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const SECONDS = Number(Deno.args[0] ?? 60);
/** What the kernel counts time in. */
const TICKS_PER_SECOND = 100;

interface Cost {
  readonly residentMb: number;
  readonly cpuSeconds: number;
}

const [, ...args] = config.tasks.demo.command.split(" ");
const idle = startProcess(Deno.execPath(), { args: ["eval", "setInterval(() => {}, 1000)"] });
const demo = startProcess(Deno.execPath(), {
  args: [...args, "--port", "24000"],
  cwd: ROOT,
  env: { NO_COLOR: "1" },
});
const since = performance.now();
let most = 0;
try {
  const ready = await timed(demo.waitForLine("Ready after"));
  const past = await timed(demo.waitForLine("ordinary hours have gone by"));
  const all = costOf(demo);
  for (const end = performance.now() + SECONDS * 1000; performance.now() < end;) {
    most = Math.max(most, costOf(demo).residentMb);
    await sleep(250, new AbortController().signal);
  }
  const share = (costOf(demo).cpuSeconds - all.cpuSeconds) / SECONDS;
  const stopping = performance.now();
  await demo.stop({ signal: "SIGINT" });
  console.log(`ready ${ready}, ordinary hours over ${past} after its start`);
  console.log(
    `memory at most ${most.toFixed(0)} MB (a Deno that does nothing: ${
      costOf(idle).residentMb.toFixed(0)
    } MB)`,
  );
  console.log(
    `then ${(100 * share).toFixed(0)} % of a core; stopped ${
      ((performance.now() - stopping) / 1000).toFixed(2)
    } s after Ctrl-C`,
  );
} finally {
  await Promise.all([demo.stop({ signal: "SIGKILL" }), idle.stop({ signal: "SIGKILL" })]);
}

async function timed(what: Promise<unknown>): Promise<string> {
  await what;
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

/** Of a process and all below it. */
function costOf({ pid }: Pick<Process, "pid">): Cost {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ").at(-1)!.split(" ");
  const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim().split(" ").filter(
    Boolean,
  );
  const below = children.map((child) => costOf({ pid: Number(child) }));
  return {
    residentMb: Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1000 +
      below.reduce((sum, { residentMb }) => sum + residentMb, 0),
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND +
      below.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
  };
}
