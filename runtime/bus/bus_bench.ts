/**
 * Events per second from one publisher to subscribers, on each bus. Each iteration carries 10,000 events of 100 bytes
 * all the way and checks that none is missing; divide by 10,000 for the cost of one.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { startNatsServer } from "../../tests/parts/nats_server.ts";
import { logFor } from "../log.ts";
import type { Bus, Subscription } from "./bus.ts";
import { MemoryBus } from "./memory.ts";
import { openNatsBus } from "./nats.ts";
import { PortBus, servePort } from "./port.ts";

const EVENTS = 10_000;
const event = new Uint8Array(100).fill(7);

/** Publishes in bursts, as extractors do, and lets the subscribers work in between. */
async function carry(bus: Bus, subscriptions: Subscription[]): Promise<void> {
  const receivers = subscriptions.map(receive);
  for (let i = 0; i < EVENTS; i++) {
    bus.publish("netmsg", event);
    if (i % 500 === 499) await Promise.resolve();
  }
  assertEquals(await Promise.all(receivers), subscriptions.map(() => EVENTS));
}

async function receive(subscription: Subscription): Promise<number> {
  let received = 0;
  for (;;) {
    const { done } = await subscription.next();
    if (done || ++received === EVENTS) return received;
  }
}

function bench(name: string, bus: Bus, count: number, baseline = false): void {
  const subscriptions = Array.from({ length: count }, () => bus.subscribe(["netmsg"]));
  // Deno awaits only what is written as an async function.
  Deno.bench(name, { group: "10,000 events", baseline }, async () => await carry(bus, subscriptions));
}

bench("memory, one subscriber", new MemoryBus(), 1, true);
bench("memory, four subscribers", new MemoryBus(), 4);

const { port1, port2 } = new MessageChannel();
servePort(port1, new MemoryBus(), { mayPublish: () => true, maySubscribe: () => true });
const port = new PortBus(port2);
bench("port (as a sandbox sees it), one subscriber", port, 1);
await port.flush();

const server = await startNatsServer();
const nats = await openNatsBus({
  servers: [server.url],
  log: logFor("bench", () => {}),
  signal: new AbortController().signal,
});
bench("NATS on loopback, one subscriber", nats, 1);
await nats.flush();
// The benchmark runner ends the process without a word to anybody.
globalThis.addEventListener("unload", () => server.kill());
