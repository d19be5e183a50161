import { assertEquals, assertRejects } from "@std/assert";
import { logFor } from "../../../runtime/log.ts";
import { type NatsServer, startNatsServer } from "../../../tests/parts/nats_server.ts";
import { partTest } from "../../../tests/parts/needs.ts";
import { until } from "../../../tests/parts/until.ts";
import { testStore } from "./conformance.ts";
import { type JetStreamStore, openJetStream } from "./jetstream.ts";

testStore("JetStream", async () => {
  const server = await startNatsServer({ jetstream: true });
  return { open: () => open(server), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}, (name, fn) => partTest({ name, needs: ["nats-server"], fn }));

function open(server: NatsServer, monitors: string[] = []): Promise<JetStreamStore> {
  const log = logFor("hub", () => {});
  return openJetStream({
    servers: [server.url],
    replicas: 1,
    monitors,
    log,
    signal: new AbortController().signal,
  });
}

partTest({
  name: "JetStream: one of two edges leads, and the other takes over when it is gone without a word",
  needs: ["nats-server"],
  fn: async () => {
    await using server = await startNatsServer({ jetstream: true });
    const gone = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--quiet",
        new URL("./jetstream/_lead_forever.ts", import.meta.url).pathname,
        server.url,
      ],
      stdout: "piped",
    }).spawn();
    const reader = gone.stdout.getReader();
    await reader.read();
    await using store = await open(server);
    assertEquals(await store.leads(), false, "there is one that leads");
    gone.kill("SIGKILL");
    await gone.status;
    await reader.cancel();
    await until("the other to lead", () => store.leads());
  },
});

partTest({
  name: "JetStream: of two edges that close the same bin one does, and the other is told",
  needs: ["nats-server"],
  fn: async () => {
    await using server = await startNatsServer({ jetstream: true });
    await using a = await open(server);
    await using b = await open(server);
    await a.append({ slot: 5, bin: 100, sequence: 1, body: Uint8Array.of(1) });
    for (const store of [a, b]) await Array.fromAsync(store.summaries(100));
    const close = (store: JetStreamStore, operators: number) =>
      store.close({ bin: 100, operators, feed: Uint8Array.of(operators) }, []);
    assertEquals(await close(b, 2), true);
    assertEquals(await close(a, 1), false);
    assertEquals((await a.closedBins(100, 100)).map(({ operators }) => operators), [2]);
    // Read before the other closed a bin in between: what was known then is out of date.
    await Array.fromAsync(a.summaries(102));
    assertEquals(await b.close({ bin: 101, operators: 3, feed: Uint8Array.of(3) }, []), true);
    assertEquals(await a.close({ bin: 102, operators: 4, feed: Uint8Array.of(4) }, []), false);
  },
});

partTest({
  name: "JetStream: a server that does not sync each write is refused where it can be asked",
  needs: ["nats-server"],
  fn: async () => {
    await using server = await startNatsServer({ jetstream: true });
    await (await open(server, [server.monitorUrl]))[Symbol.asyncDispose]();
    await using lazy = await startNatsServer({
      config: `jetstream { store_dir: "${await Deno.makeTempDir()}" }`,
    });
    await assertRejects(() => open(lazy, [lazy.monitorUrl]), Error, "sync_interval: always");
    await using off = await startNatsServer();
    await assertRejects(() => open(off), Error, "switch JetStream on");
  },
});
