import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { logFor } from "./log.ts";
import { serve } from "./serve.ts";

function sinkInto(lines: string[]) {
  return logFor("it", ({ level, message }) => lines.push(`${level}: ${message}`));
}

Deno.test("serve() answers until it is told to stop, and lets an answer under way finish", async () => {
  const lines: string[] = [];
  const stop = new AbortController();
  const { promise: url, resolve: onListening } = Promise.withResolvers<string>();
  const served = serve({
    address: "127.0.0.1:0",
    flag: "--it.address",
    log: sinkInto(lines),
    signal: stop.signal,
    onListening,
    async handler() {
      stop.abort();
      await new Promise((done) => setTimeout(done, 50));
      return new Response("whole");
    },
  });
  assertEquals(await (await fetch(await url)).text(), "whole");
  await served;
  assertEquals(lines, [`info: Serving ${await url}`]);
});

Deno.test("serve() cuts an answer that does not end", async () => {
  const stop = new AbortController();
  const { promise: url, resolve: onListening } = Promise.withResolvers<string>();
  const served = serve({
    address: "127.0.0.1:0",
    flag: "--it.address",
    log: sinkInto([]),
    signal: stop.signal,
    onListening,
    handler: () => new Response(new ReadableStream({ start: (to) => to.enqueue(new Uint8Array([1])) })),
  });
  const answer = await fetch(await url);
  stop.abort();
  await served;
  await assertRejects(() => answer.bytes());
});

Deno.test("serve() does not wait for a WebSocket", async () => {
  const stop = new AbortController();
  const { promise: url, resolve: onListening } = Promise.withResolvers<string>();
  const served = serve({
    address: "127.0.0.1:0",
    flag: "--it.address",
    log: sinkInto([]),
    signal: stop.signal,
    onListening,
    handler: (request) => Deno.upgradeWebSocket(request).response,
  });
  const socket = new WebSocket((await url).replace("http", "ws"));
  await new Promise((opened) => socket.onopen = opened);
  const closed = new Promise((closed) => socket.onclose = closed);
  stop.abort();
  await served;
  await closed;
});

Deno.test("serve() answers a mistake with 500 and says it in the log, not to the stranger", async () => {
  const lines: string[] = [];
  const stop = new AbortController();
  const { promise: url, resolve: onListening } = Promise.withResolvers<string>();
  const served = serve({
    address: "127.0.0.1:0",
    flag: "--it.address",
    log: sinkInto(lines),
    signal: stop.signal,
    onListening,
    handler() {
      throw new Error("the reason");
    },
  });
  const answer = await fetch(await url);
  assertEquals([answer.status, await answer.text()], [500, "Internal error\n"]);
  assertEquals(lines[1], "error: Cannot answer a request: the reason");
  stop.abort();
  await served;
});

Deno.test("serve() says which flag to change when the address is taken", async () => {
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const error = await assertRejects(() =>
    serve({
      address: `127.0.0.1:${other.addr.port}`,
      flag: "--it.address",
      log: sinkInto([]),
      signal: new AbortController().signal,
      handler: () => new Response(),
    })
  );
  assertStringIncludes(String(error), "set --it.address to one that is free");
});
