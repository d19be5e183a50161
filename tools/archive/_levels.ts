/**
 * Prints what each level of compression gives and costs, for traffic of the main network that is flushed once a second:
 *
 * ```sh
 * deno run -A tools/archive/_levels.ts [LEVEL …]
 * ```
 *
 * Each level runs in a process of its own, so that its memory can be told. Level 3 is zstd's default, 22 the Rust
 * archiver's.
 *
 * @module
 */

import process from "node:process";
import { recordLength } from "../../proto/archive/records.ts";
import { secondsOfTraffic } from "./_traffic.ts";
import { Deflater } from "../../runtime/archive/deflater.ts";

const SECONDS = 600;
const LEVELS = ["1", "3", "5", "7", "9", "12", "15", "19", "22"];

if (Deno.args[0] === "one") await measure(Number(Deno.args[1]));
else {
  console.log("| level | ratio | µs per event | longest second | memory |\n| --- | --- | --- | --- | --- |");
  for (const level of Deno.args.length > 0 ? Deno.args : LEVELS) {
    const args = ["run", "-A", import.meta.filename!, "one", level];
    await new Deno.Command(Deno.execPath(), { args, stdout: "inherit", stderr: "inherit" }).output();
  }
}

async function measure(level: number): Promise<void> {
  const seconds = [...secondsOfTraffic(SECONDS)].map((events) => ({
    count: events.length,
    bytes: framed(events),
  }));
  const memoryBefore = Deno.memoryUsage().rss;
  using deflater = new Deflater(level);
  let [events, before, after, longestMs, cpu] = [0, 0, 0, 0, 0];
  for (const { count, bytes } of seconds) {
    const start = process.cpuUsage();
    for await (const piece of deflater.push(bytes)) after += piece.length;
    for await (const piece of deflater.flush()) after += piece.length;
    const { user, system } = process.cpuUsage(start);
    const tookMs = (user + system) / 1000;
    longestMs = Math.max(longestMs, tookMs);
    cpu += tookMs;
    events += count;
    before += bytes.length;
  }
  const memory = Math.max(0, Deno.memoryUsage().rss - memoryBefore) / 2 ** 20;
  const cells = [
    level,
    (before / after).toFixed(2),
    (cpu * 1000 / events).toFixed(1),
    `${longestMs.toFixed(0)} ms`,
    `${memory.toFixed(0)} MiB`,
  ];
  console.log(`| ${cells.join(" | ")} |`);
}

function framed(events: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(events.flatMap((event) => [...recordLength(event.length), ...event]));
}
