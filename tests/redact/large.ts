/**
 * What redaction of large archives takes: all scenarios, one after the other with ever new strangers, until an archive has
 * the size that is asked for; then the program as its user starts it, and the memory of its process meanwhile.
 * `deno task bench:redact [MB …] [--in FOLDER]`
 *
 * @module
 */

import { parseArgs } from "node:util";
import { eventsOf, SCENARIOS } from "../../demo/scenarios/mod.ts";
import { encodeEvent } from "../../proto/event.ts";
import { ArchiveFile } from "../../runtime/archive/archive_file.ts";
import { startProcess } from "../parts/process.ts";

const MINUTE_MS = 60_000;
const START = 1_780_000_000_000;
const BATCH_BYTES = 256 * 1024;
const EVERY_MS = 250;
const root = new URL("../..", import.meta.url).pathname;

const { values, positionals } = parseArgs({
  args: Deno.args,
  options: { in: { type: "string" } },
  allowPositionals: true,
});
const sizes = (positionals.length === 0 ? ["100", "1000"] : positionals).map(Number);
const folder = await Deno.makeTempDir({ prefix: "waggle-redact-", ...values.in && { dir: values.in } });
try {
  console.log("     MB     events   seconds   MB/s   peak RSS   RSS by tenths of the time, in MB");
  for (const megabytes of sizes) console.log(await measure(megabytes));
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function measure(megabytes: number): Promise<string> {
  const [path, out] = [`${folder}/${megabytes}.bin`, `${folder}/${megabytes}`];
  const events = await write(path, megabytes * 1e6);
  const started = performance.now();
  const rss = await memoryOf(["redact", path, "--redact.out", out, "--redact.level", "1"]);
  const seconds = (performance.now() - started) / 1000;
  await Deno.remove(path);
  await Deno.remove(out, { recursive: true });
  const tenths = Array.from(
    { length: 10 },
    (_, i) => rss.course[Math.floor((i + 0.5) * rss.course.length / 10)],
  );
  const columns = [[megabytes, 7], [events, 11], [Math.round(seconds), 10], [
    (megabytes / seconds).toFixed(1),
    7,
  ], [
    `${rss.peak} MB`,
    11,
  ]] as const;
  return `${columns.map(([value, width]) => String(value).padStart(width)).join("")}   ${tenths.join(" ")}`;
}

/** Writes an archive that is not compressed, and gives its number of events. */
async function write(path: string, bytes: number): Promise<number> {
  const header = { created: START / 1000, lowData: false };
  const archive = await ArchiveFile.create(path, { level: 0, header });
  let start = START;
  for (let seed = 1; archive.written < bytes; seed++) {
    for (const scenario of SCENARIOS) {
      for (const event of eventsOf(scenario, seed, start)) {
        archive.add(encodeEvent(event));
        if (archive.pending > BATCH_BYTES) await archive.write();
      }
      start += scenario.minutes * MINUTE_MS;
      if (archive.written >= bytes) break;
    }
  }
  await archive.close();
  return archive.events;
}

/** Runs the program to its end: the most resident memory it had, and what it had from time to time, in MB. */
async function memoryOf(args: readonly string[]): Promise<{ peak: number; course: number[] }> {
  const task = ["run", "-P=redact", "--no-prompt", "mod.ts", ...args];
  await using process = startProcess(Deno.execPath(), { args: task, cwd: root, env: { NO_COLOR: "1" } });
  const course: number[] = [];
  let peak = 0;
  const timer = setInterval(() => {
    const status = Deno.readTextFileSync(`/proc/${process.pid}/status`);
    const of = (name: string) =>
      Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0) / 1000);
    course.push(of("VmRSS"));
    peak = Math.max(peak, of("VmHWM"));
  }, EVERY_MS);
  const { code } = await process.status.finally(() => clearInterval(timer));
  if (code !== 0) throw new Error(`Cannot redact: ${process.output}`);
  return { peak, course };
}
