/**
 * What an uplink costs beside a node: a process of its own, with the rights it has in earnest, on a real NATS server with
 * 500 messages a second and strangers who come and go, beside a Deno process that only listens and one that does nothing.
 * `deno task bench:uplink [SECONDS]`
 *
 * @module
 */

import { deck, setTime, stranger } from "../../federation/summary/_traffic.ts";
import { peek } from "../../proto/event.ts";
import { subjectOf } from "../../proto/subjects.ts";
import { openNatsBus } from "../../runtime/bus/nats.ts";
import { logFor } from "../../runtime/log.ts";
import { startNatsServer } from "../parts/nats_server.ts";
import { startProcess } from "../parts/process.ts";
import { joinedFolder } from "./carrier.ts";
import { TestHub } from "./hub.ts";

const PER_SECOND = 500;
const STRANGERS_PER_SECOND = 5;
const BATCHES = 20;
const WARM_UP_SECONDS = 10;
const MIB = 1024 * 1024;
const root = new URL("../..", import.meta.url).pathname;

/** `PROFILE=FOLDER` writes a profile there. */
const folderOfProfile = Deno.env.get("PROFILE");
const profile = folderOfProfile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${folderOfProfile}`];
const seconds = Number(Deno.args[0] ?? 60);
const ticksPerSecond = Number(
  new TextDecoder().decode((await new Deno.Command("getconf", { args: ["CLK_TCK"] }).output()).stdout),
);

await using nats = await startNatsServer();
await using hub = await TestHub.start();
const folder = await joinedFolder(hub);
const nothing = await Deno.makeTempFile({ suffix: ".ts" });
await Deno.writeTextFile(nothing, "setInterval(() => {}, 1000);");
await using idle = startProcess(Deno.execPath(), { args: ["run", "--quiet", nothing] });
await using listener = startProcess(Deno.execPath(), {
  args: ["run", "--quiet", "-A", "tests/federation/_listen_only.ts", nats.url],
  cwd: root,
});
await listener.waitForLine(/Listens/);
const net = [new URL(nats.url).host, new URL(hub.url).host].join(",");
await using uplink = startProcess(Deno.execPath(), {
  args: [
    ...[
      "run",
      "--quiet",
      "--no-prompt",
      "--v8-flags=--max-semi-space-size=4",
      ...profile,
      `--allow-net=${net}`,
      "--allow-env=HOME,WAGGLE_*",
    ],
    ...[`--allow-read=${folder.path}`, `--allow-write=${folder.path}`],
    ...["mod.ts", "uplink", "--bus", nats.url, "--uplink.folder", folder.path],
  ],
  cwd: root,
});
await uplink.waitForLine(/Connected to the hub/);
const stop = new AbortController();
await using bus = await openNatsBus({
  servers: [nats.url],
  log: logFor("bus", () => {}),
  signal: stop.signal,
});
const events = deck();
let sent = 0;
let strangers = 0;
await play(WARM_UP_SECONDS);
const processes = {
  "uplink": uplink,
  "a Deno that only listens": listener,
  "a Deno that does nothing": idle,
};
const before = new Map(Object.values(processes).map((each) => [each, cpuSeconds(each.pid)]));
const [startedAt, sentBefore] = [performance.now(), sent];
await play(seconds);
const elapsed = (performance.now() - startedAt) / 1000;
console.log(`${Math.round((sent - sentBefore) / elapsed)} events a second for ${elapsed.toFixed(0)} s`);
for (const [name, each] of Object.entries(processes)) {
  const share = 100 * (cpuSeconds(each.pid) - before.get(each)!) / elapsed;
  const memory = residentBytes(each.pid) / MIB;
  const more = memory - residentBytes(idle.pid) / MIB;
  console.log(
    `${name}: ${share.toFixed(2)} % of a core, ${memory.toFixed(0)} MiB, ${more.toFixed(0)} MiB more`,
  );
}
stop.abort();
await Deno.remove(nothing);

/** At the pace of a node, in twenty bursts a second. */
async function play(forSeconds: number): Promise<void> {
  const start = performance.now();
  for (let batch = 0; batch < forSeconds * BATCHES; batch++) {
    const now = Date.now();
    for (let i = 0; i < PER_SECOND / BATCHES; i++) publish(events[sent % events.length]!, now);
    if (batch % (BATCHES / STRANGERS_PER_SECOND) === 0) {
      stranger(strangers++, now).forEach((each) => publish(each, now));
    }
    const due = start + (batch + 1) * 1000 / BATCHES;
    await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
  }
}

function publish(bytes: Uint8Array, now: number): void {
  setTime(bytes, now);
  const glance = peek(bytes);
  if (!glance.ok || glance.kind === "none") throw new Error("Cannot play an event that is none");
  bus.publish(subjectOf(glance.kind), bytes.slice());
  sent++;
}

function cpuSeconds(pid: number): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ").at(-1)!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))![1]) * 1024;
}
