import { assert, assertEquals } from "@std/assert";
import { encodeFrame, encodeMessage, START_BYTES } from "../../proto/bitcoin/mod.ts";
import { startBitcoind } from "../../tests/parts/bitcoind.ts";
import { partTest } from "../../tests/parts/needs.ts";
import { freePort } from "../../tests/parts/until.ts";
import { startSocksServer } from "./_socks_server.ts";
import { probe, type ProbeOptions } from "./probe.ts";

const options: ProbeOptions = {
  proxy: undefined,
  isolation: "one",
  startBytes: START_BYTES.regtest,
  userAgent: "/test:1/",
  connectTimeoutMs: 5000,
  readTimeoutMs: 5000,
  signal: new AbortController().signal,
};

function target(port: number, host = "127.0.0.1") {
  return { network: "ipv4", host, port } as const;
}

/** A peer that says something, slowly or not, and then listens for ever or hangs up. */
function peer(pieces: readonly Uint8Array[], { hangsUp = false } = {}) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = (async () => {
    using connection = await listener.accept();
    for (const piece of pieces) await connection.write(piece);
    if (hangsUp) return;
    const buffer = new Uint8Array(1024);
    while (await connection.read(buffer).catch(() => null) !== null);
  })().catch(() => {});
  return {
    port: (listener.addr as Deno.NetAddr).port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await served;
    },
  };
}

const regtest = START_BYTES.regtest;
const verack = encodeFrame(regtest, "verack", new Uint8Array(0));
const hugeHeader = Uint8Array.of(
  ...regtest,
  ...new TextEncoder().encode("version\0\0\0\0\0"),
  0,
  8,
  0,
  0,
  0,
  0,
  0,
  0,
);
const nobody = {
  services: 0n,
  address: { network: "ipv6", networkId: 2, bytes: new Uint8Array(16) },
  port: 0,
} as const;
const version = encodeFrame(
  regtest,
  "version",
  encodeMessage({
    type: "version",
    version: 70016,
    services: 9n,
    timestamp: 5n,
    receiver: nobody,
    sender: nobody,
    nonce: 7n,
    userAgent: "/slow:1/",
    startHeight: 3,
    relay: true,
  }),
);

const HOSTILE: readonly [what: string, pieces: readonly Uint8Array[], hangsUp: boolean, why: string][] = [
  [
    "garbage",
    [new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n")],
    false,
    "no Bitcoin node: bad-start",
  ],
  [
    "another chain",
    [encodeFrame(START_BYTES.mainnet, "verack", new Uint8Array(0))],
    false,
    "no Bitcoin node: bad-start",
  ],
  ["a version of 2 KiB", [hugeHeader], false, "no Bitcoin node: too-long"],
  ["another message first", [verack, version], false, "another message first"],
  [
    "a version without content",
    [encodeFrame(regtest, "version", new Uint8Array(3))],
    false,
    "a broken message: ",
  ],
  ["half a frame", [version.subarray(0, 50)], true, "hung up"],
  ["nothing", [], true, "hung up"],
];

for (const [what, pieces, hangsUp, why] of HOSTILE) {
  Deno.test(`probe() is not impressed by a peer that sends ${what}`, async () => {
    await using stranger = peer(pieces, { hangsUp });
    const result = await probe(target(stranger.port), options);
    assert("why" in result);
    assertEquals(result.why.slice(0, why.length), why);
  });
}

Deno.test("probe() gives up on a peer that never answers, and on one that sends a byte and no more", async () => {
  for (const pieces of [[], [version.subarray(0, 1)]]) {
    await using stranger = peer(pieces);
    assertEquals(await probe(target(stranger.port), { ...options, readTimeoutMs: 50 }), { why: "timed out" });
  }
});

Deno.test("probe() takes a version that comes byte by byte", async () => {
  await using stranger = peer(Array.from(version, (byte) => Uint8Array.of(byte)));
  const result = await probe(target(stranger.port), options);
  assert("version" in result);
  assertEquals(result.version.userAgent, "/slow:1/");
});

Deno.test("probe() says why nobody is there, and ends at once when it is told to", async () => {
  const result = await probe(target(freePort()), options);
  assert("why" in result && /refused/i.test(result.why));
  await using stranger = peer([]);
  const stop = new AbortController();
  const probing = probe(target(stranger.port), { ...options, signal: stop.signal });
  stop.abort();
  assert("why" in await probing);
});

partTest({
  name: "probe() reads the version of a real node, directly and through a proxy",
  needs: ["bitcoind"],
  async fn() {
    await using node = await startBitcoind();
    const { subversion } = await node.rpc("getnetworkinfo");
    await using socks = startSocksServer(({ host, port }) =>
      host === "node.onion" ? { hostname: "127.0.0.1", port: node.p2pPort } : { hostname: host, port }
    );
    for (
      const [proxy, host] of [[undefined, "127.0.0.1"], [socks.address, "127.0.0.1"], [
        socks.address,
        "node.onion",
      ]] as const
    ) {
      const result = await probe(target(node.p2pPort, host), {
        ...options,
        proxy,
        isolation: `user of ${host}`,
      });
      assert("version" in result);
      assertEquals(result.version.userAgent, subversion);
    }
    assertEquals(socks.asked.map(({ user, host }) => [user, host]), [
      ["user of 127.0.0.1", "127.0.0.1"],
      ["user of node.onion", "node.onion"],
    ]);
  },
});

Deno.test("probe() tells what a proxy answers", async () => {
  await using socks = startSocksServer(({ port }) => port);
  const through = (port: number) => probe(target(port, "8.8.8.8"), { ...options, proxy: socks.address });
  assertEquals(await through(5), { why: "connection refused" });
  assertEquals(await through(2), { why: "the proxy does not allow it" });
  assertEquals(await through(99), { why: "the proxy failed (99)" });
});

for (
  const [what, pieces] of [
    ["no SOCKS", [new TextEncoder().encode("HTTP/1.1 200 OK\r\n")]],
    ["no login it could give", [Uint8Array.of(5, 0xff)]],
    ["a refusal of the login", [Uint8Array.of(5, 2, 1, 1)]],
    ["the end", []],
  ] as const
) {
  Deno.test(`probe() survives a proxy that answers with ${what}`, async () => {
    await using proxy = peer(pieces, { hangsUp: pieces.length === 0 });
    const result = await probe(target(8333, "8.8.8.8"), { ...options, proxy: `127.0.0.1:${proxy.port}` });
    assert("why" in result && /proxy|reset|SOCKS/i.test(result.why), JSON.stringify(result));
  });
}
