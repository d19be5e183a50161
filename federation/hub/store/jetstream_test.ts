import { logFor } from "../../../runtime/log.ts";
import { type NatsServer, startNatsServer } from "../../../tests/parts/nats_server.ts";
import { partTest } from "../../../tests/parts/needs.ts";
import { testStore } from "./conformance.ts";
import { type JetStreamStore, openJetStream } from "./jetstream.ts";

testStore("JetStream", async () => {
  const server = await startNatsServer({ jetstream: true });
  return { open: () => open(server), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}, (name, fn) => partTest({ name, needs: ["nats-server"], fn }));

function open(server: NatsServer): Promise<JetStreamStore> {
  const log = logFor("hub", () => {});
  return openJetStream({ servers: [server.url], replicas: 1, log, signal: new AbortController().signal });
}
