import { assert, assertEquals } from "@std/assert";
import { summary } from "./client.ts";
import { TestHub } from "./hub.ts";

Deno.test("a summary goes the whole way: hello, challenge, auth, ready, ack, disk", async () => {
  await using hub = await TestHub.start();
  const { key, client } = await hub.member();
  await client.store(summary(1, hub.bin));
  await client.store(summary(2, hub.bin));
  const again = hub.connect();
  const { resumeSequence } = await again.ready(key);
  assertEquals(resumeSequence, 2);
  const status = await hub.store.status();
  assertEquals([status.members, status.summaries], [1, 2]);
  assert((await (await fetch(`${hub.url}/metrics`)).text()).includes("waggle_hub_sessions 2"));
});
