/**
 * Runs the logger on a bus in memory at a steady rate and says on standard error what it could not take:
 *
 * ```sh
 * deno run -A tools/logger/_throughput.ts RATE sandbox|thread [json] > /tmp/events.txt
 * ```
 *
 * @module
 */

import process from "node:process";
import { WatchedBus } from "../../runtime/bus/_watched.ts";
import type { Component } from "../../runtime/component.ts";
import { runComponents } from "../../runtime/runner.ts";
import type { Snapshot } from "../../runtime/statistics.ts";
import { encodedTraffic } from "./_traffic.ts";
import logger from "./mod.ts";

const SECONDS = 5;

const [rate = "100000", where = "sandbox", format = "text"] = Deno.args;
const total = Number(rate) * SECONDS;
const traffic = encodedTraffic();
const bus = new WatchedBus();
const stop = new AbortController();
const defaults = Object.entries(logger.options).map(([name, option]) => [name, option.default]);
let ended: Snapshot | undefined;

const running = runComponents({
  tasks: [{
    name: "logger",
    component: logger as Component,
    values: { ...Object.fromEntries(defaults), json: format === "json" },
  }],
  bus,
  nodes: [],
  sink: ({ message }) => console.error(message),
  worker: where === "sandbox" ? new URL("../../worker.ts", import.meta.url) : undefined,
  signal: stop.signal,
  onEnd: (_, snapshot) => ended = snapshot,
});
await bus.listened();

const start = performance.now();
const cpuBefore = process.cpuUsage();
for (let sent = 0; sent < total;) {
  const due = Math.min(total, (performance.now() - start) * Number(rate) / 1000);
  for (; sent < due; sent++) bus.publish("netmsg", traffic[sent % traffic.length]!);
  await new Promise((turn) => setTimeout(turn, 1));
}
const elapsedMs = performance.now() - start;
stop.abort();
await running;
const { user, system } = process.cpuUsage(cpuBefore);
console.error(
  `${total} events in ${(elapsedMs / 1000).toFixed(1)} s, ${where}, ${format}: ${ended?.dropped} dropped, ` +
    `${((user + system) / 1e6).toFixed(1)} CPU seconds for both ends, ${Deno.memoryUsage().rss >> 20} MiB`,
);
