import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Message, START_BYTES } from "../../proto/bitcoin/mod.ts";
import { startExtractor } from "./_extractor.ts";
import { NODE_VERSION, ScriptedNode } from "./_scripted_node.ts";
import { LIMITS } from "./limits.ts";
import { listen } from "./listener.ts";

const ADDRESS = { network: "ipv4", networkId: 1, bytes: Uint8Array.of(192, 0, 2, 1) } as const;
const ADDRV2: Message = {
  type: "addrv2",
  addresses: [{ time: 5, services: 9n, address: ADDRESS, port: 8333 }],
};
const INV: Message = { type: "inv", items: [{ type: 5, hash: new Uint8Array(32).fill(3) }] };
const FEEFILTER: Message = { type: "feefilter", feeRate: 1000n };

for (const transport of ["v1", "v2"] as const) {
  Deno.test(`listen() shakes hands over ${transport}, in the order Core wants`, async () => {
    await using extractor = await startExtractor();
    const [node, seen] = await ScriptedNode.handshake(extractor.port, { transport });
    using _node = node;
    assertEquals(seen.map(({ type }) => type), ["version", "sendaddrv2", "wtxidrelay", "verack"]);
    const [version] = seen;
    assert(version?.type === "version");
    assertEquals([version.version, version.services, version.userAgent], [70016, 9n, "/p2p-extractor:0.1/"]);
    assertEquals([version.startHeight, version.relay], [0, true]);
    for (const end of [version.sender!, version.receiver]) {
      assertEquals([end.services, end.port, end.address.bytes], [0n, 0, new Uint8Array(4)]);
    }
    assert(Math.abs(Number(version.timestamp) - Date.now() / 1000) < 60);
    assertStringIncludes(
      extractor.lines.join("\n"),
      `connected: /Scripted:1/ over ${transport}, protocol 70016`,
    );
  });

  Deno.test(`listen() publishes pongs and announcements over ${transport}`, async () => {
    await using extractor = await startExtractor();
    const [node] = await ScriptedNode.handshake(extractor.port, { transport });
    using _node = node;
    extractor.clock.advance(10_000);
    const [ping] = await node.until("ping");
    assert(ping?.type === "ping");
    extractor.clock.skip(1.5);
    await node.send({ type: "pong", nonce: ping.nonce! }, ADDRV2, INV, FEEFILTER);
    await extractor.emitted(4);
    const item = { case: "wtx" as const, value: new Uint8Array(32).fill(3) };
    assertEquals(extractor.announcements, [
      { case: "pingDuration", value: { duration: 1_500_000 } },
      {
        case: "addressAnnouncement",
        value: {
          addresses: [{
            timestamp: 5,
            services: 9n,
            port: 8333,
            address: { case: "ipv4", value: "192.0.2.1" },
          }],
        },
      },
      { case: "inventoryAnnouncement", value: { inventory: [{ item }] } },
      { case: "feefilterAnnouncement", value: 1000n },
    ]);
  });

  Deno.test(`listen() answers pings over ${transport}, and neither asks for anything nor answers questions`, async () => {
    await using extractor = await startExtractor();
    const [node] = await ScriptedNode.handshake(extractor.port, { transport });
    using _node = node;
    const items = [{ type: 5, hash: new Uint8Array(32) }];
    const locator = { version: 70016, locator: [], stop: new Uint8Array(32) };
    await node.send(
      INV,
      { type: "getdata", items },
      { type: "getaddr" },
      { type: "getheaders", ...locator },
      { type: "getblocks", ...locator },
      { type: "mempool" },
      { type: "sendheaders" },
      { type: "sendcmpct", announce: true, version: 2n },
      { type: "ping", nonce: 99n },
    );
    assertEquals(await node.next(), { type: "pong", nonce: 99n });
    assertEquals(extractor.announcements.length, 1);
  });

  Deno.test(`listen() pings at every interval over ${transport}, while a 4 MB message arrives`, async () => {
    await using extractor = await startExtractor();
    const [node] = await ScriptedNode.handshake(extractor.port, { transport });
    using _node = node;
    const block = node.encodeRaw("block", new Uint8Array(4_000_000));
    const third = Math.floor(block.length / 3);
    for (let part = 0; part < 3; part++) {
      await node.sendBytes(block.subarray(part * third, part === 2 ? block.length : (part + 1) * third));
      extractor.clock.advance(10_000);
      assertEquals((await node.next())?.type, "ping", `in part ${part}`);
    }
    await node.send(INV);
    await extractor.emitted(1);
  });
}

Deno.test("listen() serves several nodes at once, each by itself", async () => {
  await using extractor = await startExtractor();
  const [first] = await ScriptedNode.handshake(extractor.port, { transport: "v1" });
  using _first = first;
  {
    const [second] = await ScriptedNode.handshake(extractor.port, { transport: "v2" });
    using _second = second;
    extractor.clock.advance(10_000);
    const [[a], [b]] = [await first.until("ping"), await second.until("ping")];
    assert(a?.type === "ping" && b?.type === "ping" && a.nonce !== b.nonce);
    // The pong of one is nothing to the other.
    await second.send({ type: "pong", nonce: a.nonce! });
    await extractor.counted("unsolicited pongs");
    await first.send({ type: "pong", nonce: a.nonce! });
    await second.sendBytes(second.encodeRaw("ping", new Uint8Array(8)).fill(0, 10));
    await extractor.counted("connections ended (bad-packet)");
  }
  await first.send(INV);
  await extractor.emitted(2);
  assertEquals(extractor.announcements.map((announcement) => announcement.case), [
    "pingDuration",
    "inventoryAnnouncement",
  ]);
});

Deno.test("listen() leaves out what is disabled, pings too, and addrv2", async () => {
  await using extractor = await startExtractor({ disable: ["ping", "addrv2", "invs", "feefilter"] });
  const [node] = await ScriptedNode.handshake(extractor.port);
  using _node = node;
  extractor.clock.advance(60_000);
  await node.send(ADDRV2, INV, FEEFILTER, { type: "ping", nonce: 1n });
  assertEquals(await node.next(), { type: "pong", nonce: 1n });
  assertEquals(extractor.announcements, []);
});

Deno.test("listen() counts pongs that nobody asked for, and does not publish them", async () => {
  await using extractor = await startExtractor();
  const [node] = await ScriptedNode.handshake(extractor.port);
  using _node = node;
  await node.send({ type: "pong", nonce: 0n }, { type: "pong", nonce: 1n });
  await extractor.counted("unsolicited pongs", 2);
  assertEquals(extractor.announcements, []);
});

Deno.test("listen() takes nothing from a node that has not shaken hands", async () => {
  await using extractor = await startExtractor();
  using node = await ScriptedNode.connect(extractor.port);
  await node.send(NODE_VERSION, INV, FEEFILTER, { type: "verack" }, INV);
  await extractor.emitted(1);
  assertEquals(extractor.announcements.length, 1);
});

Deno.test("listen() stays with a node whose message does not decode, and counts it", async () => {
  await using extractor = await startExtractor();
  const [node] = await ScriptedNode.handshake(extractor.port);
  using _node = node;
  await node.sendBytes(node.encodeRaw("inv", Uint8Array.of(200)));
  await node.sendBytes(node.encodeRaw("addrv2", new Uint8Array()));
  await node.send(INV);
  await extractor.emitted(1);
  assertEquals(extractor.counts.get("undecodable inv messages"), 1);
  assertEquals(extractor.counts.get("undecodable addrv2 messages"), 1);
});

for (const name of ["testnet3", "testnet4", "signet", "mainnet"] as const) {
  Deno.test(`listen() speaks ${name}`, async () => {
    const startBytes = START_BYTES[name];
    await using extractor = await startExtractor({ startBytes });
    for (const transport of ["v1", "v2"] as const) {
      const [node] = await ScriptedNode.handshake(extractor.port, { transport, startBytes });
      node[Symbol.dispose]();
    }
    await extractor.counted("connections ended (closed)", 2);
  });
}

Deno.test("listen() closes everything when it is stopped, in the middle of anything", async () => {
  const extractor = await startExtractor();
  const [node] = await ScriptedNode.handshake(extractor.port, { transport: "v2" });
  using half = await ScriptedNode.connect(extractor.port);
  using _node = node;
  await node.sendBytes(node.encodeRaw("block", new Uint8Array(100_000)).subarray(0, 50_000));
  await extractor.stop();
  await Promise.all([node.closed(), half.closed()]);
  assertEquals(extractor.clock.timers, 0);
});

Deno.test("listen() says which address it cannot listen on", async () => {
  await using taken = await startExtractor();
  const { port } = taken;
  await assertRejects(
    () =>
      listen({
        address: { hostname: "127.0.0.1", port },
        allow: [],
        maxConnections: 1,
        log: { error() {}, warn() {}, info() {}, debug() {} },
        signal: new AbortController().signal,
        around: {
          startBytes: START_BYTES.regtest,
          manner: { services: 9n, userAgent: "", disabled: new Set() },
          pingIntervalMs: 1,
          limits: LIMITS,
          clock: taken.clock,
          emit() {},
          count() {},
        },
      }),
    Error,
    `Cannot listen on 127.0.0.1:${port}`,
  );
});
