import { assertEquals } from "@std/assert";
import type { Address } from "../../proto/schema.ts";
import { type Job, Work } from "./work.ts";

const MINUTE = 60_000;
const source = { peerId: 1, addr: "192.0.2.1:1", connType: 1, command: "addr", inbound: true, size: 1 };

function job(host: string, port = 8333): Job {
  const address: Address = { timestamp: 1, services: 1n, port, address: { case: "ipv4", value: host } };
  return { target: { network: "ipv4", host, port }, address, version: "addr", source, at: 1 };
}

Deno.test("Work takes each target once at a time, and remembers what came of it", async () => {
  const work = new Work(10);
  const { signal } = new AbortController();
  assertEquals(work.offer(job("8.8.8.8"), 0), "waits");
  assertEquals(work.offer(job("8.8.8.8"), 0), "already waiting");
  assertEquals(work.offer(job("8.8.8.8", 8334), 0), "waits");
  const [first, second] = [await work.next(signal), await work.next(signal)];
  assertEquals(work.offer(job("8.8.8.8"), 0), "already waiting", "also while it is tried");
  work.done(first!, true, 0);
  work.done(second!, false, 0);
  assertEquals(work.offer(job("8.8.8.8"), 59 * MINUTE), "cached");
  assertEquals(work.offer(job("8.8.8.8"), 60 * MINUTE), "waits");
  assertEquals(work.offer(job("8.8.8.8", 8334), 9 * MINUTE), "failed lately");
  assertEquals(work.offer(job("8.8.8.8", 8334), 10 * MINUTE), "waits");
});

Deno.test("Work has a bound, and visits a netgroup twenty times in ten minutes", () => {
  const work = new Work(30);
  const offers = Array.from({ length: 25 }, (_, i) => work.offer(job(`8.8.8.${i}`), MINUTE));
  assertEquals(offers.filter((offer) => offer === "waits").length, 20);
  assertEquals(offers.filter((offer) => offer === "netgroup is resting").length, 5);
  const others = Array.from({ length: 25 }, (_, i) => work.offer(job(`8.9.${i}.1`), MINUTE));
  assertEquals(others.filter((offer) => offer === "waits").length, 10);
  assertEquals(others.at(-1), "queue is full");
});

Deno.test("Work wakes every worker that waits, and lets them go when it is time", async () => {
  const work = new Work(10);
  const stop = new AbortController();
  const workers = [1, 2, 3].map(() => work.next(stop.signal));
  work.offer(job("8.8.8.8"), 0);
  work.offer(job("9.9.9.9"), 0);
  const first = await Promise.any(workers);
  assertEquals(first?.target.host, "8.8.8.8");
  stop.abort();
  const hosts = (await Promise.all(workers)).map((found) => found?.target.host);
  assertEquals(hosts.filter((host) => host !== undefined).length, 2);
});
