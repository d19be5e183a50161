/**
 * Question: how much work is an event, beside decoding every event with protobufjs, which is what a tool would do that
 * has the `.proto` files and nothing else?
 *
 * `deno bench -A tools/metrics/metrics_bench.ts` compares per event; `deno run -A tools/metrics/metrics_bench.ts`
 * takes a million events and says events per second and CPU seconds.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import process from "node:process";
import protobuf from "protobufjs";
import { decodeEvent } from "../../proto/event.ts";
import { encodedTraffic } from "../logger/_traffic.ts";
import { makeCount } from "./count.ts";
import { Knowledge } from "./knowledge.ts";
import { createMetrics } from "./metrics.ts";
import { Peers } from "./peers.ts";

const root = new protobuf.Root();
root.resolvePath = (_origin, target) => new URL(`../../proto/${target}`, import.meta.url).pathname;
root.loadSync("event.proto", { keepCase: true });
const reflected = root.resolveAll().lookupType("event.Event");

// 300 bytes per event on average.
const traffic = encodedTraffic({ mostItems: 15, mostAddresses: 10 });
const bytesPerEvent = traffic.reduce((sum, { length }) => sum + length, 0) / traffic.length;

const { metrics, page } = createMetrics();
const countEvent = makeCount({ metrics, peers: new Peers(new Knowledge()) });

/** What each contender does with an event. */
const CONTENDERS: Record<string, (bytes: Uint8Array) => void> = {
  "protobufjs, every event in full": (bytes) => void reflected.toObject(reflected.decode(bytes)),
  "protobufjs, without plain objects": (bytes) => void reflected.decode(bytes),
  "decodeEvent, every event in full": (bytes) => void decodeEvent(bytes),
  "the metrics tool": countEvent,
};

// All of them must read all of it before any is timed.
for (const bytes of traffic) assert(decodeEvent(bytes).ok);
for (const contender of Object.values(CONTENDERS)) traffic.forEach(contender);
const counted = [...metrics.events_total.get().values].reduce((sum, { value }) => sum + value, 0);
assertEquals(counted, traffic.length);
assert(!(await page()).includes("waggle_refused_events_total"));

if (import.meta.main) {
  console.log(`${traffic.length} different events of ${bytesPerEvent.toFixed(0)} bytes on average`);
  for (const [name, take] of Object.entries(CONTENDERS)) report(name, take);
} else {
  for (const [name, take] of Object.entries(CONTENDERS)) {
    const baseline = name.startsWith("protobufjs, every");
    let next = 0;
    Deno.bench(name, { group: `an event of ${bytesPerEvent.toFixed(0)} bytes on average`, baseline }, () => {
      take(traffic[next]!);
      next = (next + 1) % traffic.length;
    });
  }
  Deno.bench("the page of all metrics", { group: "a scrape" }, async () => {
    await page();
  });
}

function report(name: string, take: (bytes: Uint8Array) => void): void {
  const EVENTS = 1_000_000;
  for (let i = 0; i < 5 * traffic.length; i++) take(traffic[i % traffic.length]!);
  const before = process.cpuUsage();
  const start = performance.now();
  for (let i = 0; i < EVENTS; i++) take(traffic[i % traffic.length]!);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / 1e6;
  console.log(
    `${name}: ${Math.round(EVENTS / seconds)} events/s, ${cpu.toFixed(2)} CPU seconds per million events`,
  );
}
