import { assert, assertEquals, assertGreater } from "@std/assert";
import { partTest } from "../../tests/parts/needs.ts";
import { startNatsServer } from "../../tests/parts/nats_server.ts";
import { logFor } from "../log.ts";
import type { Bus, Delivery, QueueLimits, Subscription } from "./bus.ts";
import { MemoryBus } from "./memory.ts";
import { openNatsBus } from "./nats.ts";
import { PortBus, servePort } from "./port.ts";

/** Something that makes a bus with queues of a given size. */
type Open = (limits?: QueueLimits) => Promise<Bus>;

const EVERYTHING = { mayPublish: () => true, maySubscribe: () => true };

Deno.test("MemoryBus keeps the bus contract", async (t) => {
  await contract(t, (limits) => Promise.resolve(new MemoryBus(limits)));
});

Deno.test("PortBus keeps the bus contract", async (t) => {
  await contract(t, (limits) => {
    const bus = new MemoryBus(limits);
    const { port1, port2 } = new MessageChannel();
    servePort(port1, bus, { ...EVERYTHING, ...(limits === undefined ? {} : { windowBytes: 64 }) });
    return Promise.resolve(new PortBus(port2));
  });
});

partTest({
  name: "NatsBus keeps the bus contract on a real server",
  needs: ["nats-server"],
  async fn(t) {
    await using server = await startNatsServer();
    await contract(t, (limits) => openNats(server.url, limits));
  },
});

function openNats(url: string, limits?: QueueLimits): Promise<Bus> {
  const log = logFor("nats", () => {});
  const signal = new AbortController().signal;
  return openNatsBus({ servers: [url], log, signal, ...(limits === undefined ? {} : { limits }) });
}

async function contract(t: Deno.TestContext, open: Open): Promise<void> {
  const check = (name: string, fn: (bus: Bus) => Promise<void>, limits?: QueueLimits) =>
    t.step(name, async () => {
      await using bus = await open(limits);
      await fn(bus);
    });

  await check("delivers what is published, in order, bytes unchanged", async (bus) => {
    using subscription = bus.subscribe(["rpc"]);
    await bus.flush();
    for (let i = 0; i < 1000; i++) bus.publish("rpc", Uint8Array.of(i >> 8, i));
    await bus.flush();
    const got = await takeExactly(subscription, 1000);
    assertEquals(got.map(({ data }) => data[0]! * 256 + data[1]!), Array.from({ length: 1000 }, (_, i) => i));
    assertEquals(subscription.taken, 1000);
    assertEquals(bus.stats(), { published: 1000, unsent: 0, dropped: 0 });
  });

  await check("delivers to every subscriber of a subject and to no other", async (bus) => {
    using one = bus.subscribe(["netmsg", "rpc"]);
    using two = bus.subscribe(["rpc"]);
    using three = bus.subscribe(["waggle.alpha.rpc"]);
    using every = bus.subscribe(["waggle.*.rpc"]);
    await bus.flush();
    bus.publish("netmsg", Uint8Array.of(1));
    bus.publish("rpc", Uint8Array.of(2));
    bus.publish("waggle.alpha.rpc", Uint8Array.of(3));
    bus.publish("waggle.beta.rpc", Uint8Array.of(4));
    await bus.flush();
    assertEquals(await bytesOf(one, 2), [1, 2]);
    assertEquals(await bytesOf(two, 1), [2]);
    assertEquals(await bytesOf(three, 1), [3]);
    assertEquals(await bytesOf(every, 2), [3, 4]);
    for (const subscription of [one, two, three, every]) assertEquals(subscription.take(10), []);
  });

  await check("a single-token wildcard meets no subject with dots", async (bus) => {
    using rust = bus.subscribe(["*"]);
    await bus.flush();
    bus.publish("waggle.alpha.netmsg", Uint8Array.of(1));
    bus.publish("netmsg", Uint8Array.of(2));
    await bus.flush();
    assertEquals(await bytesOf(rust, 1), [2]);
  });

  await check(
    "a slow subscriber loses and counts, a fast one loses nothing, the publisher never waits",
    async (bus) => {
      using slow = bus.subscribe(["rpc"]);
      using fast = bus.subscribe(["rpc"]);
      await bus.flush();
      const received: number[] = [];
      for (let i = 0; i < 40; i++) {
        bus.publish("rpc", Uint8Array.of(i));
        await bus.flush();
        received.push(...await bytesOf(fast, 1));
      }
      assertEquals(received.length, 40);
      slow.close();
      const kept = (await rest(slow)).map(({ data }) => data[0]!);
      assertEquals(kept, Array.from({ length: kept.length }, (_, i) => i), "the first ones are kept");
      assertEquals(kept.length + slow.dropped, 40);
      assertGreater(slow.dropped, 20);
      assertEquals(fast.dropped, 0);
      assertEquals(bus.stats().dropped, slow.dropped);
    },
    { maxEvents: 10, maxBytes: 1e9 },
  );

  await check("an event larger than the whole queue still passes through an empty one", async (bus) => {
    using subscription = bus.subscribe(["rpc"]);
    await bus.flush();
    bus.publish("rpc", new Uint8Array(100_000));
    await bus.flush();
    assertEquals((await takeExactly(subscription, 1))[0]!.data.length, 100_000);
  }, { maxEvents: 100, maxBytes: 1000 });

  await check("after close, what was accepted can still be taken and iteration ends", async (bus) => {
    const subscription = bus.subscribe(["rpc"]);
    await bus.flush();
    bus.publish("rpc", Uint8Array.of(1));
    bus.publish("rpc", Uint8Array.of(2));
    await bus.flush();
    await subscription.ready();
    subscription.close();
    assertEquals((await rest(subscription)).map(({ data }) => data[0]), [1, 2]);
    assertEquals(await subscription.ready(), false);
    bus.publish("rpc", Uint8Array.of(3));
  });

  await check("closing the bus ends every subscription", async (bus) => {
    const subscription = bus.subscribe(["rpc"]);
    const ended = rest(subscription);
    await bus.flush();
    await bus[Symbol.asyncDispose]();
    assertEquals(await ended, []);
  });

  await check(
    "who waits for room before each event loses nothing, however slow a subscriber is",
    async (bus) => {
      using slow = bus.subscribe(["rpc"]);
      using fast = bus.subscribe(["*"]);
      await bus.flush();
      const received = [slow, fast].map(async (subscription) => {
        const got: number[] = [];
        while (got.length < 60) {
          // Other work: a few turns of the event loop, in which a publisher that does not wait sends everything.
          if (subscription === slow) await turns(3);
          got.push(...await bytesOf(subscription, 1));
        }
        return got;
      });
      for (let i = 0; i < 60; i++) {
        await bus.room();
        bus.publish("rpc", Uint8Array.of(i));
      }
      const all = Array.from({ length: 60 }, (_, i) => i);
      assertEquals(await Promise.all(received), [all, all]);
      assertEquals([slow.dropped, fast.dropped, bus.stats().unsent], [0, 0, 0]);
    },
    { maxEvents: 10, maxBytes: 1e9 },
  );

  await check("room comes when a subscriber that takes nothing goes away", async (bus) => {
    const stuck = bus.subscribe(["rpc"]);
    await bus.flush();
    for (let i = 0; i < 40; i++) bus.publish("rpc", Uint8Array.of(i));
    await bus.flush();
    const room = bus.room();
    stuck[Symbol.dispose]();
    await room;
  }, { maxEvents: 10, maxBytes: 1e9 });

  await check("carries 16 MB through without loss", async (bus) => {
    using subscription = bus.subscribe(["netmsg"]);
    await bus.flush();
    let received = 0;
    for (let i = 0; i < 160; i++) {
      bus.publish("netmsg", new Uint8Array(100_000).fill(i));
      if (i % 16 === 15) await bus.flush();
      for (const { data } of subscription.take(100)) {
        assert(data.every((byte) => byte === data[0]));
        received += data.length;
      }
    }
    await bus.flush();
    while (received < 16_000_000 && await subscription.ready()) {
      received += subscription.take(100).reduce((sum, { data }) => sum + data.length, 0);
    }
    assertEquals(received, 16_000_000);
    assertGreater(subscription.taken, 0);
  });
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((turn) => setTimeout(turn, 0));
}

async function takeExactly(subscription: Subscription, count: number): Promise<Delivery[]> {
  const got: Delivery[] = [];
  while (got.length < count && await subscription.ready()) got.push(...subscription.take(count - got.length));
  return got;
}

async function bytesOf(subscription: Subscription, count: number): Promise<number[]> {
  return (await takeExactly(subscription, count)).map(({ data }) => data[0]!);
}

async function rest(subscription: Subscription): Promise<Delivery[]> {
  const got: Delivery[] = [];
  for await (const delivery of subscription) got.push(delivery);
  return got;
}
