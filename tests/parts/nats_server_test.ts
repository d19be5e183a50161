import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connect } from "nats";
import { startNatsServer } from "./nats_server.ts";
import { partTest } from "./needs.ts";

const needs = ["nats-server", "openssl"] as const;

partTest({
  name: "startNatsServer() carries messages of up to 5 MiB to whoever knows the password",
  needs,
  fn: async () => {
    await using nats = await startNatsServer({ user: "waggle", password: 'se"cret' });
    assertStringIncludes(await connectUnnamed(nats.port), "Authorization Violation");
    const connection = await connect({ servers: nats.url, user: "waggle", pass: 'se"cret' });
    assertEquals(connection.info?.max_payload, 5_242_880);
    const subscription = connection.subscribe("big", { max: 1 });
    connection.publish("big", new Uint8Array(5_000_000).fill(7));
    for await (const message of subscription) assertEquals(message.data.length, 5_000_000);
    await connection.close();
  },
});

partTest({
  name: "NatsServer.restart() comes back on the same port and its client finds it",
  needs,
  fn: async () => {
    await using nats = await startNatsServer();
    const { url } = nats;
    const connection = await connect({ servers: url, reconnectTimeWait: 20, reconnectJitter: 0 });
    const status = connection.status(); // before the restart: it queues from now on
    await nats.restart();
    assertEquals(nats.url, url);
    for await (const { type } of status) if (type === "reconnect") break;
    await connection.flush();
    await connection.close();
  },
});

partTest({
  name: "startNatsServer() keeps streams over a kill, with jetstream",
  needs,
  fn: async () => {
    await using nats = await startNatsServer({ jetstream: true });
    const send = async () => {
      const connection = await connect({ servers: nats.url });
      const manager = await connection.jetstreamManager();
      const names = await manager.streams.names().next();
      if (!names.includes("kept")) await manager.streams.add({ name: "kept", subjects: ["kept"] });
      const { seq } = await connection.jetstream().publish("kept", "x");
      await connection.close();
      return seq;
    };
    assertEquals(await send(), 1);
    await nats.kill();
    await nats.start();
    assertEquals(await send(), 2);
  },
});

partTest({
  name: "startNatsServer() serves TLS with a certificate of its own",
  needs,
  fn: async () => {
    await using nats = await startNatsServer({ tls: true });
    const connection = await connect({ servers: nats.url, tls: { caFile: nats.caFile! } });
    assert(connection.info?.tls_required);
    await connection.close();
  },
});

partTest({
  name: "startNatsServer() takes more configuration, and shows what it logged and counts",
  needs,
  fn: async () => {
    await using nats = await startNatsServer({ config: 'server_name: "hive"', maxPayload: 1024 });
    const { server_name, max_payload } = await (await fetch(`${nats.monitorUrl}/varz`)).json();
    assertEquals({ server_name, max_payload }, { server_name: "hive", max_payload: 1024 });
    assertStringIncludes(nats.output, "Server is ready");
  },
});

partTest({
  name: "startNatsServer() fails with what the server said about a bad configuration",
  needs,
  fn: async () => {
    await assertRejects(() => startNatsServer({ config: "nosuch: {" }), Error, "Parse error");
  },
});

/**
 * What the server answers to a client without a name, read from the wire: a refused login leaves the client
 * library (nats 2.29.3 on Deno 2.9.6) with a socket nobody listens to, whose reset is then an uncaught error.
 */
async function connectUnnamed(port: number): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode("CONNECT {}\r\n"));
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(4096);
  let text = "";
  while (!text.includes("-ERR")) {
    const length = await connection.read(buffer);
    if (length === null) break;
    text += decoder.decode(buffer.subarray(0, length));
  }
  return text;
}
