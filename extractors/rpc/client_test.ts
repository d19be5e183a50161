import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { FakeNode, raw, type Reply, result, rpcError } from "./_fake_node.ts";
import { type ClientOptions, RpcClient } from "./client.ts";
import { Credentials } from "./credentials.ts";
import { CallFailure, type FailureKind } from "./failure.ts";

const NEVER = new AbortController().signal;

const cookieFile = "/no/such/file";

function openClient(url: URL, options: Partial<ClientOptions> = {}): RpcClient {
  const credentials = new Credentials({ cookieFile, user: "waggle", password: "secret" });
  return new RpcClient({ url, credentials, timeoutMs: 10_000, ...options });
}

async function failureOf(call: () => Promise<unknown>): Promise<CallFailure> {
  return await assertRejects(call, CallFailure) as CallFailure;
}

async function cookieIn(folder: string, cookie: string): Promise<string> {
  const cookieFile = `${folder}/.cookie`;
  await Deno.writeTextFile(cookieFile, cookie);
  return cookieFile;
}

Deno.test("RpcClient.call() sends name, parameters and password, and gives the result", async () => {
  await using node = new FakeNode();
  node.cookie = "waggle:secret";
  using client = openClient(node.url);
  assertEquals(await client.call("uptime", [], NEVER), 1321);
  await client.call("estimatesmartfee", [6, "economical"], NEVER);
  assertEquals(node.calls.map(({ method, params }) => [method, params]), [
    ["uptime", []],
    ["estimatesmartfee", [6, "economical"]],
  ]);
  assert(node.calls[0]!.id !== node.calls[1]!.id);
});

Deno.test("RpcClient.call() takes null, zero and false for results", async () => {
  await using node = new FakeNode();
  using client = openClient(node.url);
  for (const value of [null, 0, false]) {
    node.replies.set("uptime", result(value));
    assertEquals(await client.call("uptime", [], NEVER), value);
  }
});

Deno.test("RpcClient keeps to one connection", async () => {
  await using node = new FakeNode();
  using client = openClient(node.url);
  for (let i = 0; i < 20; i++) await client.call("getpeerinfo", [], NEVER);
  assertEquals(node.connections.size, 1);
});

const answers: [what: string, reply: Reply, kind: FailureKind, message: string][] = [
  ["an error of the node", rpcError(-32603, "Fee estimation disabled"), "refused", "disabled (code -32603)"],
  ["an error with HTTP status 200", rpcError(-8, "Oops", 200), "refused", "Oops (code -8)"],
  [
    "a node that warms up",
    rpcError(-28, "Loading block index…"),
    "starting",
    "Loading block index… (code -28)",
  ],
  ["a call the node does not know", rpcError(-32601, "Method not found", 404), "unknown", "(code -32601)"],
  ["HTTP 403", raw(null, { status: 403 }), "forbidden", "add it to rpcwhitelist"],
  [
    "HTTP 503",
    raw("Work queue depth exceeded", { status: 503 }),
    "busy",
    "Work queue depth exceeded (HTTP 503)",
  ],
  ["HTTP 401", raw(null, { status: 401 }), "credentials", "refuses our user or password"],
  ["HTTP 500 without a reason", raw(null, { status: 500 }), "malformed", "not JSON (HTTP status 500)"],
  ["another server's page", raw("<html>hello</html>"), "malformed", '"<html>hello</html>"'],
  ["half an answer", raw('{"result":[{"id":1'), "malformed", "not JSON"],
  ["a list", raw("[]"), "malformed", "not an object"],
  ["a bare null", raw("null"), "malformed", "not an object"],
  ["an empty object", ({ id }) => Response.json({ id }), "malformed", "neither result nor error"],
  [
    "an answer to another call",
    raw('{"result":1,"error":null,"id":"x"}'),
    "malformed",
    "belongs to another call",
  ],
  ["an error that is a text", raw('{"error":"no"}'), "malformed", "without code and message"],
  ["an error with a strange code", raw('{"error":{"code":"1","message":"m"}}'), "malformed", "without code"],
  [
    "a result with a strange status",
    ({ id }) => Response.json({ result: 1, id }, { status: 202 }),
    "malformed",
    "202",
  ],
  ["ten thousand open brackets", raw("[".repeat(10_000)), "malformed", "not JSON"],
  [
    "a redirect, which would take the password along",
    raw(null, { status: 307, headers: { location: "http://127.0.0.1:1/" } }),
    "malformed",
    "HTTP status 307",
  ],
];

for (const [what, reply, kind, message] of answers) {
  Deno.test(`RpcClient.call() takes ${what} as ${kind}`, async () => {
    await using node = new FakeNode();
    node.replies.set("uptime", reply);
    using client = openClient(node.url);
    const failure = await failureOf(() => client.call("uptime", [], NEVER));
    assertEquals(failure.kind, kind);
    assertStringIncludes(failure.message, message);
    assertEquals(node.calls.length, 1);
    node.replies.clear();
    assertEquals(await client.call("uptime", [], NEVER), 1321);
  });
}

Deno.test("RpcClient.call() shortens what a stranger wrote", async () => {
  await using node = new FakeNode();
  node.replies.set("uptime", rpcError(-1, "x".repeat(1_000_000)));
  using client = openClient(node.url);
  assert((await failureOf(() => client.call("uptime", [], NEVER))).message.length < 300);
});

Deno.test("RpcClient.call() gives up after the timeout, before the answer and in the middle of it", async () => {
  await using node = new FakeNode();
  using client = openClient(node.url, { timeoutMs: 50 });
  node.replies.set("uptime", node.silence);
  const failure = await failureOf(() => client.call("uptime", [], NEVER));
  assertEquals([failure.kind, failure.message], ["timeout", "no answer within 50 ms"]);
  let cancelled = 0;
  node.replies.set("uptime", () =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new Uint8Array(10)),
        cancel: () => void cancelled++,
      }),
    ));
  assertEquals((await failureOf(() => client.call("uptime", [], NEVER))).kind, "timeout");
  node.replies.clear();
  assertEquals(await client.call("uptime", [], NEVER), 1321);
  assertEquals(cancelled, 1);
});

Deno.test("RpcClient.call() stops at once when the signal is aborted, with its reason", async () => {
  await using node = new FakeNode();
  using client = openClient(node.url);
  const stop = new AbortController();
  const received = Promise.withResolvers<void>();
  node.replies.set("uptime", (call, request) => {
    received.resolve();
    return node.silence(call, request);
  });
  const call = assertRejects(() => client.call("uptime", [], stop.signal), Error, "enough");
  await received.promise;
  const abortedAt = performance.now();
  stop.abort(new Error("enough"));
  await call;
  assert(performance.now() - abortedAt < 500);
  await assertRejects(() => client.call("uptime", [], stop.signal), Error, "enough");
});

Deno.test("RpcClient.call() takes an endless answer up to its limit and closes the connection", async () => {
  await using node = new FakeNode();
  using client = openClient(node.url, { maxBytes: 1_000_000 });
  const ended = Promise.withResolvers<void>();
  node.replies.set("uptime", () =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(32)),
        cancel: () => ended.resolve(),
      }),
    ));
  const failure = await failureOf(() => client.call("uptime", [], NEVER));
  assertEquals([failure.kind, failure.message], ["too-large", "the answer has more than 1000000 bytes"]);
  await ended.promise;
});

Deno.test("RpcClient.call() takes an answer of exactly its limit, and not one byte more", async () => {
  await using node = new FakeNode();
  using client = openClient(node.url, { maxBytes: 1000 });
  node.replies.set("uptime", ({ id }) => new Response(`{"result":1,"id":"${id}"}`.padEnd(1001)));
  assertEquals((await failureOf(() => client.call("uptime", [], NEVER))).kind, "too-large");
  node.replies.set("uptime", ({ id }) => new Response(`{"result":1,"id":"${id}"}`.padEnd(1000)));
  assertEquals(await client.call("uptime", [], NEVER), 1);
});

Deno.test("RpcClient.call() does not unpack a compressed answer that nobody asked for", async () => {
  await using node = new FakeNode();
  using client = openClient(node.url);
  const bomb = new Response(new Uint8Array(50_000_000)).body!.pipeThrough(new CompressionStream("gzip"));
  const packed = await new Response(bomb).bytes();
  node.replies.set("uptime", raw(packed, { headers: { "content-encoding": "gzip" } }));
  assertEquals((await failureOf(() => client.call("uptime", [], NEVER))).kind, "malformed");
});

Deno.test("RpcClient.call() names the reason when nobody listens, and connects once somebody does", async () => {
  await using node = new FakeNode();
  await node.stop();
  using client = openClient(node.url);
  const failure = await failureOf(() => client.call("uptime", [], NEVER));
  assertEquals(failure.kind, "unreachable");
  assertStringIncludes(failure.message, "Connection refused");
  node.start();
  assertEquals(await client.call("uptime", [], NEVER), 1321);
});

Deno.test("RpcClient does not send the password through the proxy of the environment", async () => {
  await using node = new FakeNode();
  await using proxy = new FakeNode("knots29");
  const before = Deno.env.get("HTTP_PROXY");
  Deno.env.set("HTTP_PROXY", proxy.url.href);
  try {
    using client = openClient(node.url);
    assertEquals(await client.call("uptime", [], NEVER), 1321);
    assertEquals(proxy.calls, []);
  } finally {
    if (before === undefined) Deno.env.delete("HTTP_PROXY");
    else Deno.env.set("HTTP_PROXY", before);
  }
});

Deno.test("RpcClient reads the cookie again when it is refused, and the call succeeds", async () => {
  await using node = new FakeNode();
  const folder = await Deno.makeTempDir();
  try {
    const cookieFile = await cookieIn(folder, "__cookie__:1111");
    node.cookie = "__cookie__:1111";
    using client = openClient(node.url, { credentials: new Credentials({ cookieFile }) });
    await client.call("uptime", [], NEVER);
    node.cookie = "__cookie__:2222";
    await cookieIn(folder, "__cookie__:2222\n");
    assertEquals(await client.call("uptime", [], NEVER), 1321);
    assertEquals(node.methods, ["uptime", "(401)", "uptime"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("RpcClient does not repeat a refused call with the same cookie, and says where there is none", async () => {
  await using node = new FakeNode();
  const folder = await Deno.makeTempDir();
  try {
    const cookieFile = await cookieIn(folder, "__cookie__:1111");
    node.cookie = "__cookie__:2222";
    using client = openClient(node.url, { credentials: new Credentials({ cookieFile }) });
    assertEquals((await failureOf(() => client.call("uptime", [], NEVER))).kind, "credentials");
    assertEquals(node.methods, ["(401)"]);
    await Deno.remove(cookieFile);
    const failure = await failureOf(() => client.call("uptime", [], NEVER));
    assertEquals(
      failure.message,
      `cannot read RPC cookie "${cookieFile}": no such file, start bitcoind or name another file`,
    );
    await cookieIn(folder, "__cookie__:2222");
    assertEquals(await client.call("uptime", [], NEVER), 1321);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("Credentials read a password file, and send a password beyond ASCII as UTF-8", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const passwordFile = await cookieIn(folder, " pässword \n");
    const header = await new Credentials({ cookieFile, user: "a", passwordFile }).header();
    assertEquals(
      new TextDecoder().decode(Uint8Array.fromBase64(header.slice("Basic ".length))),
      "a:pässword",
    );
    const both = await new Credentials({ cookieFile, user: "a", password: "b", passwordFile }).header();
    assertEquals(atob(both.slice("Basic ".length)), "a:b");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
