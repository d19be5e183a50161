import { assert, assertEquals, assertLess, assertRejects, assertStringIncludes } from "@std/assert";
import { freePort, until } from "../../tests/parts/until.ts";
import { FakeNode, raw, type Reply, result, rpcError } from "./_fake_node.ts";
import { largeAddrmanText } from "./_large_addrman.ts";
import { type RpcValues, startRpc } from "./_running.ts";
import { CALL_NAMES } from "./calls.ts";
import rpc from "./mod.ts";

const FREQUENT = [
  "getpeerinfo",
  "getmempoolinfo",
  "uptime",
  "getnettotals",
  "getmemoryinfo",
  "getaddrmaninfo",
  "getnetworkinfo",
  "getorphantxs",
  ...new Array(6).fill("estimatesmartfee"),
];
const SLOW = ["getchaintxstats", "getblockchaininfo", "getrawaddrman", "getchaintips"];

function start(node: FakeNode, options: Partial<RpcValues> = {}) {
  return startRpc({ url: node.url.href, intervalMs: 100, slowIntervalMs: 100_000, ...options });
}

/** Only these RPCs. */
function only(...names: string[]): Pick<RpcValues, "disable"> {
  return { disable: CALL_NAMES.filter((name) => !names.includes(name)) };
}

async function untilCalled(node: FakeNode, method: string, times: number): Promise<void> {
  await until(
    `call ${times} of ${method}`,
    () => node.methods.filter((name) => name === method).length >= times,
  );
}

Deno.test("rpc calls both groups at once at the start, in the order of the table, and emits every answer", async () => {
  await using node = new FakeNode();
  await using running = start(node, { intervalMs: 10_000 });
  const kinds: string[] = [];
  for (let i = 0; i < 17; i++) kinds.push((await running.next()).case);
  assertEquals(kinds, [
    "peerInfos",
    "mempoolInfo",
    "uptime",
    "netTotals",
    "memoryInfo",
    "addrmanInfo",
    "networkInfo",
    "orphanTxs",
    ...new Array(6).fill("estimateSmartFee"),
    "chainTxStats",
    "blockchainInfo",
    "addrman",
  ]);
  await running.line("info Chain tips: 1 active");
  assertEquals(node.methods, [...FREQUENT, ...SLOW]);
  assertEquals(node.calls.filter(({ params }) => params.length > 0).map(({ params }) => params), [
    [2],
    [1, "economical"],
    [1, "conservative"],
    [6, "economical"],
    [6, "conservative"],
    [144, "economical"],
    [144, "conservative"],
  ]);
  assertEquals([node.connections.size, node.mostAtOnce], [1, 1]);
  assertEquals([...running.counts], []);
});

Deno.test("rpc calls the frequent group at its own interval", async () => {
  await using node = new FakeNode();
  await using _running = start(node);
  await untilCalled(node, "getpeerinfo", 4);
  assertEquals(node.methods.slice(0, 46), [...FREQUENT, ...SLOW, ...FREQUENT, ...FREQUENT]);
  assertEquals(node.methods.filter((name) => name === "getrawaddrman").length, 1);
});

Deno.test("rpc calls the slow group at its own interval", async () => {
  await using node = new FakeNode();
  await using _running = start(node, { intervalMs: 100_000, slowIntervalMs: 100 });
  await untilCalled(node, "getchaintips", 3);
  assertEquals(node.methods.slice(0, 26), [...FREQUENT, ...SLOW, ...SLOW, ...SLOW]);
});

Deno.test("rpc does not call what is disabled", async () => {
  await using node = new FakeNode();
  await using running = start(node, { disable: ["getpeerinfo", "estimatesmartfee", "getchaintips"] });
  await running.nextOf("addrman");
  const disabled = ["getpeerinfo", "estimatesmartfee", "getchaintips"];
  assertEquals(node.methods.slice(0, 10), [...FREQUENT, ...SLOW].filter((name) => !disabled.includes(name)));
});

Deno.test("rpc logs a failing call once, goes on with the others, and says when it is answered again", async () => {
  await using node = new FakeNode();
  node.replies.set("getnettotals", rpcError(-1, "disk on fire"));
  await using running = start(node);
  await untilCalled(node, "getnettotals", 4);
  assertEquals(running.lines.filter((line) => line.includes("getnettotals")), [
    "warn getnettotals: disk on fire (code -1)",
  ]);
  node.replies.set("getnettotals", rpcError(-2, "flooded"));
  await running.line("warn getnettotals: flooded (code -2)");
  assertEquals((await running.nextOf("memoryInfo")).value.used, 608);
  node.replies.clear();
  await running.line("info getnettotals: answered again");
  await running.nextOf("netTotals");
  assert(running.counts.get("calls failed (refused)")! >= 5);
});

Deno.test("rpc asks for no more estimates in a round when one fails", async () => {
  await using node = new FakeNode();
  node.replies.set("estimatesmartfee", rpcError(-32603, "Fee estimation disabled"));
  await using running = start(node, { intervalMs: 100_000 });
  await running.nextOf("addrman");
  assertEquals(node.methods.filter((name) => name === "estimatesmartfee").length, 1);
  assertEquals(running.lines[0], "warn estimatesmartfee: Fee estimation disabled (code -32603)");
});

Deno.test("rpc leaves out what the node does not know, and asks again when the node was away", async () => {
  await using node = new FakeNode("knots29");
  node.replies.set("getorphantxs", rpcError(-32601, "Method not found", 404));
  node.replies.set("uptime", rpcError(-32601, "Method not found", 404));
  await using running = start(node);
  await untilCalled(node, "getpeerinfo", 4);
  assertEquals(running.lines.filter((line) => line.includes("left out")), [
    "info uptime: not known to this node, left out",
    "info getorphantxs: not known to this node (needs 29), left out",
  ]);
  assertEquals(node.methods.filter((name) => name === "getorphantxs").length, 1);
  await node.stop();
  node.replies.delete("getorphantxs");
  await running.line("warn No answer from the node");
  node.start();
  await running.nextOf("orphanTxs");
  await running.line("info getorphantxs: answered again");
  await untilCalled(node, "uptime", 2);
  assertEquals(running.lines.filter((line) => line.includes("uptime")).length, 1);
});

Deno.test("rpc notices by the uptime that the node was started again between two rounds", async () => {
  await using node = new FakeNode();
  node.replies.set("getaddrmaninfo", rpcError(-32601, "Method not found", 404));
  node.replies.set("uptime", result(1000));
  await using running = start(node);
  await untilCalled(node, "getpeerinfo", 3);
  assertEquals(node.methods.filter((name) => name === "getaddrmaninfo").length, 1);
  node.replies.clear();
  node.replies.set("uptime", result(1));
  assertEquals((await running.nextOf("addrmanInfo")).value.networks.size, 6);
});

Deno.test("rpc waits for a node that warms up without calling it an error, then begins with both groups", async () => {
  await using node = new FakeNode();
  const warmUp = rpcError(-28, "Verifying blocks…");
  node.replies.set("*", warmUp);
  await using running = start(node);
  await untilCalled(node, "getpeerinfo", 4);
  assertEquals(new Set(node.methods), new Set(["getpeerinfo"]));
  assertEquals(running.lines, ["info Waiting for the node: Verifying blocks… (code -28)"]);
  node.calls.length = 0;
  node.replies.clear();
  await running.line("info The node answers again");
  await untilCalled(node, "getchaintips", 1);
  assertEquals(node.methods.slice(0, 18), [...FREQUENT, ...SLOW]);
});

Deno.test("rpc survives the node's restart: one line when it goes, one when it is back, new cookie", async () => {
  await using node = new FakeNode();
  const folder = await Deno.makeTempDir();
  try {
    const cookieFile = `${folder}/.cookie`;
    await using running = start(node, { user: undefined, password: undefined, cookieFile });
    await running.line(`warn No answer from the node: cannot read RPC cookie "${cookieFile}": no such file`);
    node.cookie = "__cookie__:1";
    await Deno.writeTextFile(cookieFile, node.cookie);
    await running.nextOf("addrman");
    await running.line("Chain tips");
    running.lines.length = 0;

    await node.stop();
    await running.line("warn No answer from the node: Connection refused");
    node.cookie = "__cookie__:2";
    await Deno.writeTextFile(cookieFile, node.cookie);
    node.calls.length = 0;
    node.start();
    await running.line("info The node answers again");
    await untilCalled(node, "getchaintips", 1);
    assertEquals(node.methods.slice(0, 18), [...FREQUENT, ...SLOW]);
    await untilCalled(node, "getpeerinfo", 3);
    assertEquals(running.lines.map((line) => line.split(" ", 4).join(" ")), [
      "warn No answer from",
      "info The node answers",
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("rpc renews the cookie in the middle of a round, without losing a call", async () => {
  await using node = new FakeNode();
  const folder = await Deno.makeTempDir();
  try {
    const cookieFile = `${folder}/.cookie`;
    await Deno.writeTextFile(cookieFile, node.cookie = "__cookie__:1");
    node.replies.set("uptime", ({ id }) => {
      Deno.writeTextFileSync(cookieFile, node.cookie = "__cookie__:2");
      return Response.json({ result: 1, error: null, id });
    });
    const options = { user: undefined, password: undefined, cookieFile, intervalMs: 100_000 };
    await using running = start(node, options);
    await running.nextOf("addrman");
    assertEquals(node.methods.slice(0, 5), [
      "getpeerinfo",
      "getmempoolinfo",
      "uptime",
      "(401)",
      "getnettotals",
    ]);
    assertEquals([...running.counts], []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("rpc does not hammer a node that refuses its password", async () => {
  await using node = new FakeNode();
  node.cookie = "waggle:another";
  await using running = start(node, { intervalMs: 100 });
  await until("three refusals", () => node.calls.length >= 3);
  assertEquals(new Set(node.methods), new Set(["(401)"]));
  assertEquals(running.lines, [
    "warn No answer from the node: the node refuses our user or password (HTTP 401); trying until there is one",
  ]);
  node.cookie = "waggle:secret";
  await running.nextOf("peerInfos");
});

Deno.test("rpc goes on with the next call when one is not answered in time", async () => {
  await using node = new FakeNode();
  node.replies.set("getmempoolinfo", node.silence);
  await using running = start(node, { timeoutMs: 100, intervalMs: 5000 });
  await running.nextOf("addrman");
  assertEquals(node.methods, [...FREQUENT, ...SLOW.slice(0, node.methods.length - FREQUENT.length)]);
  assertEquals(running.lines[0], "warn getmempoolinfo: no answer within 100 ms");
  assertEquals(running.counts.get("calls failed (timeout)"), 1);
});

Deno.test("rpc leaves the rest of the round out when two calls in a row are not answered in time", async () => {
  await using node = new FakeNode();
  node.replies.set("*", node.silence);
  await using running = start(node, { timeoutMs: 100, intervalMs: 150 });
  await untilCalled(node, "getpeerinfo", 3);
  assertEquals(node.methods.slice(0, 5), [
    "getpeerinfo",
    "getmempoolinfo",
    "getpeerinfo",
    "getmempoolinfo",
    "getpeerinfo",
  ]);
  assertEquals(running.lines.filter((line) => line.includes("no time")), [
    "warn The node has no time: no answer within 100 ms; the rest of the round is left out",
  ]);
  assert(running.counts.get("rounds cut short")! >= 2);
  node.replies.clear();
  await running.line("info The node answers again");
});

Deno.test("rpc leaves the rest of the round out for a node whose queue is full", async () => {
  await using node = new FakeNode();
  node.replies.set("uptime", raw("Work queue depth exceeded", { status: 503 }));
  await using running = start(node);
  await untilCalled(node, "uptime", 2);
  assertEquals(node.methods.slice(0, 6), FREQUENT.slice(0, 3).concat(FREQUENT.slice(0, 3)));
  await running.line("warn The node has no time: Work queue depth exceeded (HTTP 503)");
});

Deno.test("rpc never has two calls under way, skips rounds that come due meanwhile, and counts them", async () => {
  await using node = new FakeNode();
  const slowly: Reply = async (call, request) => {
    await new Promise((resolve) => setTimeout(resolve, 120));
    return result(15)(call, request);
  };
  node.replies.set("uptime", slowly);
  await using running = start(node, { ...only("uptime", "getnettotals") });
  await untilCalled(node, "getnettotals", 3);
  assertEquals(node.mostAtOnce, 1);
  assert(running.counts.get("rounds skipped")! >= 2);
  assertEquals(running.lines.filter((line) => line.includes("skipped")).length, 1);
});

const hostile: [what: string, reply: Reply][] = [
  ["not JSON", raw("<html>")],
  ["empty", raw("")],
  ["of binary rubbish", raw(Uint8Array.from({ length: 5000 }, (_, i) => i * 7))],
  ["of a null result", result(null)],
  ["of a text", result("x".repeat(100_000))],
  ["of an empty list", result([])],
  ["of an empty object", result({})],
  ["of a list of everything", result([null, 1, "x", [], {}, { id: {} }])],
  [
    "of an object of everything",
    result({ a: null, "1/2": [], new: 7, tried: { "1/1": 0 }, size: 1e300, locked: [] }),
  ],
  [
    "of deep nesting",
    ({ id }) => new Response(`{"result":${"[".repeat(1e5)}${"]".repeat(1e5)},"id":"${id}"}`),
  ],
  ["of huge numbers", ({ id }) => new Response(`{"result":${"9".repeat(1e5)},"id":"${id}"}`)],
  ["of a number that is none", ({ id }) => new Response(`{"result":1e999,"id":"${id}"}`)],
  ["of an error without end", rpcError(-1, "e".repeat(1e6))],
];

for (const [what, reply] of hostile) {
  Deno.test(`rpc survives answers ${what}`, async () => {
    await using node = new FakeNode();
    node.replies.set("*", reply);
    await using running = start(node, { slowIntervalMs: 200 });
    await untilCalled(node, "getchaintips", 2);
    const lines = running.lines.length;
    await untilCalled(node, "getchaintips", 3);
    assert(running.lines.every((line) => line.length < 400), "lines stay short");
    assertLess(running.lines.length - lines, 2, "nothing is said again and again");
    node.replies.clear();
    await running.nextOf("addrman");
  });
}

Deno.test("rpc notes a field of another type once, counts it each time, and emits the rest", async () => {
  await using node = new FakeNode();
  node.replies.set("getmempoolinfo", result({ loaded: true, size: "6", bytes: 845 }));
  await using running = start(node, only("getmempoolinfo"));
  for (let i = 0; i < 3; i++) {
    const { value } = await running.nextOf("mempoolInfo");
    assertEquals([value.loaded, value.size, value.bytes], [true, 0, 845]);
  }
  assertEquals(running.lines, ['warn getmempoolinfo: "size" is not of the expected type, taken as empty']);
  assert(running.counts.get("fields of an unexpected type")! >= 3);
});

Deno.test("rpc warns once about an event that a NATS server may not take, and emits it all the same", async () => {
  await using node = new FakeNode();
  node.replies.set("getrawaddrman", ({ id }) => new Response(largeAddrmanText(80_000, id)));
  await using running = start(node, { ...only("getrawaddrman"), slowIntervalMs: 100 });
  for (let i = 0; i < 2; i++) assertEquals((await running.nextOf("addrman")).value.new.size, 1024);
  const lines = running.lines.filter((line) => line.includes("getrawaddrman"));
  assertEquals(lines.length, 1);
  assertStringIncludes(lines[0]!, "warn getrawaddrman: its event has");
  assertStringIncludes(lines[0]!, "--rpc.disable getrawaddrman");
  assert(running.counts.get("events over 5 MiB")! >= 2);
});

Deno.test("rpc logs and counts a fork that appears", async () => {
  await using node = new FakeNode();
  const active = { height: 3, hash: "a".repeat(64), branchlen: 0, status: "active" };
  node.replies.set("getchaintips", result([active]));
  await using running = start(node, { ...only("getchaintips"), slowIntervalMs: 100 });
  await running.line("info Chain tips: 1 active");
  node.replies.set(
    "getchaintips",
    result([active, { height: 3, hash: "b".repeat(64), branchlen: 1, status: "invalid" }]),
  );
  await running.line(`warn Chain tip ${"b".repeat(64)} at height 3: an invalid branch`);
  assertEquals(running.counts.get("chain tips (invalid)"), 1);
});

Deno.test("rpc stops at once in the middle of a call, between rounds and while the node is away", async () => {
  await using node = new FakeNode();
  node.replies.set("*", node.silence);
  const stopTime = async (running: ReturnType<typeof start>) => {
    const before = performance.now();
    await running.stop();
    return performance.now() - before;
  };
  {
    await using running = start(node);
    await untilCalled(node, "getpeerinfo", 1);
    assertLess(await stopTime(running), 500);
  }
  node.replies.clear();
  {
    await using running = start(node, { intervalMs: 100_000 });
    await running.line("Chain tips");
    assertLess(await stopTime(running), 500);
  }
  await node.stop();
  {
    await using running = start(node, { intervalMs: 100_000 });
    await running.line("No answer");
    assertLess(await stopTime(running), 500);
  }
});

Deno.test("rpc serves its own metrics on any path, and frees the port when it stops", async () => {
  await using node = new FakeNode();
  node.replies.set("getnettotals", rpcError(-1, "no"));
  node.replies.set("getmemoryinfo", result([]));
  const prometheusAddress = `127.0.0.1:${freePort()}`;
  for (let run = 0; run < 2; run++) {
    await using running = start(node, { prometheusAddress });
    await running.nextOf("addrman");
    for (const [path, method] of [["metrics", "GET"], ["", "POST"], ["anything/else", "DELETE"]] as const) {
      const response = await fetch(`http://${prometheusAddress}/${path}`, { method });
      assertEquals([response.status, response.headers.get("content-type")], [
        200,
        "text/plain; version=0.0.4",
      ]);
      const text = await response.text();
      assertStringIncludes(
        text,
        'rpcextractor_rpc_fetch_duration_seconds_bucket{le="10",rpc_method="uptime"}',
      );
      assertStringIncludes(text, 'rpcextractor_rpc_fetch_errors_total{rpc_method="getnettotals"}');
      assertStringIncludes(text, 'rpcextractor_rpc_model_errors_total{rpc_method="getmemoryinfo"}');
    }
  }
});

Deno.test("rpc has a problem with a user without a password, and with a password without a user", () => {
  const problems = (options: Partial<RpcValues>) => rpc.check?.({ cookieFile: "c", ...options } as RpcValues);
  assertEquals(problems({ user: "waggle", password: "p" }), []);
  assertEquals(problems({ password: "p" }), ["RPC password without a user: set --rpc.user"]);
  assertStringIncludes(problems({ user: "waggle" })?.[0] ?? "", 'RPC user "waggle" has no password');
});

Deno.test("rpc refuses to start with a certificate that is not there", async () => {
  await using running = startRpc({ tlsCa: "/no/such/file" });
  await assertRejects(() => running.ended, TypeError, 'Cannot read certificate "/no/such/file"');
});
