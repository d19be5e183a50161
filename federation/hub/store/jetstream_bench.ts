import { logFor } from "../../../runtime/log.ts";
import { startNatsServer } from "../../../tests/parts/nats_server.ts";
import { openJetStream } from "./jetstream.ts";
import { openSqlite } from "./sqlite.ts";
import type { Store } from "./store.ts";

/** What it costs to store 500 summaries that arrive together on a NATS server, beside a file on the same disk. */

const TOGETHER = 500;
const body = crypto.getRandomValues(new Uint8Array(930));
const slots = Array.from({ length: TOGETHER }, () => Math.floor(Math.random() * 2 ** 48));
const folder = await Deno.makeTempDir();
const server = await startNatsServer({ jetstream: true });
const signal = new AbortController().signal;
const sqlite = openSqlite(folder);
const jetstream = await openJetStream({
  servers: [server.url],
  replicas: 1,
  log: logFor("hub", () => {}),
  signal,
});
let sequence = 0;

globalThis.addEventListener("unload", () => {
  void server.kill();
  Deno.removeSync(folder, { recursive: true });
});

async function appendTogether(store: Store): Promise<void> {
  sequence++;
  const fates = await Promise.all(slots.map((slot) => store.append({ slot, bin: 100, sequence, body })));
  if (fates.some((fate) => fate !== "stored")) throw new Error("Something was not stored");
}

Deno.bench("SQLite", { group: "500 summaries", baseline: true }, async () => await appendTogether(sqlite));

Deno.bench("JetStream", { group: "500 summaries" }, async () => await appendTogether(jetstream));
