import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type GossipedAddress, type Message, START_BYTES } from "../../proto/bitcoin/mod.ts";
import { startExtractor } from "./_extractor.ts";
import { NODE_VERSION, ScriptedNode } from "./_scripted_node.ts";

const INV: Message = { type: "inv", items: [{ type: 5, hash: new Uint8Array(32).fill(3) }] };
const ENTRY: GossipedAddress = {
  time: 5,
  services: 9n,
  address: { network: "ipv4", networkId: 1, bytes: Uint8Array.of(192, 0, 2, 1) },
  port: 8333,
};

Deno.test("listen() closes a connection whose version message does not decode", async () => {
  await using extractor = await startExtractor();
  using node = await ScriptedNode.connect(extractor.port);
  await node.sendBytes(node.encodeRaw("version", Uint8Array.of(1, 2, 3)));
  await node.closed();
  await extractor.counted("connections ended (bad-version)");
});

Deno.test("listen() warns once a minute of what anybody can cause at will", async () => {
  await using extractor = await startExtractor();
  const warnings = () => extractor.lines.filter((line) => line.startsWith("warn")).length;
  const comeAndGo = async (times: number) => {
    const before = extractor.counts.get("connections ended (closed)") ?? 0;
    for (let i = 0; i < times; i++) (await ScriptedNode.connect(extractor.port))[Symbol.dispose]();
    await extractor.counted("connections ended (closed)", before + times);
  };
  await comeAndGo(5);
  assertEquals(warnings(), 1);
  extractor.clock.skip(60_000);
  await comeAndGo(2);
  assertEquals(warnings(), 2);
  const [node] = await ScriptedNode.handshake(extractor.port);
  node[Symbol.dispose]();
  await extractor.counted("connections ended (closed)", 8);
  assertStringIncludes(extractor.lines.at(-1)!, "info: Node 127.0.0.1:");
});

Deno.test("listen() closes silent and half-open connections when the handshake takes too long", async () => {
  await using extractor = await startExtractor();
  using silent = await ScriptedNode.connect(extractor.port);
  using slow = await ScriptedNode.connect(extractor.port);
  await slow.send(NODE_VERSION);
  await slow.until("wtxidrelay");
  await extractor.clock.reach(2);
  extractor.clock.advance(59_999);
  assertEquals(extractor.counts.get("connections ended (handshake-timeout)"), undefined);
  extractor.clock.advance(1);
  await Promise.all([silent.closed(), slow.closed()]);
  await extractor.counted("connections ended (handshake-timeout)", 2);
  assertStringIncludes(extractor.lines.join("\n"), "check that it is a Bitcoin node");
});

Deno.test("listen() closes a connection whose pings stay unanswered, and keeps one that is slow", async () => {
  await using extractor = await startExtractor();
  const [mute] = await ScriptedNode.handshake(extractor.port);
  const [slow] = await ScriptedNode.handshake(extractor.port);
  using _mute = mute;
  using _slow = slow;
  extractor.clock.advance(300_000);
  assertEquals(extractor.announcements, []);
  await slow.answerPing();
  // Talking is no answer.
  await mute.send(INV);
  await extractor.emitted(2);
  extractor.clock.advance(10_000);
  await mute.closed();
  await extractor.counted("connections ended (silent)");
  await slow.send(INV);
  await extractor.emitted(3);
  assert(extractor.announcements.some((announcement) => announcement.case === "pingDuration"));
});

Deno.test("listen() without pings closes a connection that says nothing, and keeps one that does", async () => {
  await using extractor = await startExtractor({ disable: ["ping"] });
  const [mute] = await ScriptedNode.handshake(extractor.port);
  const [talking] = await ScriptedNode.handshake(extractor.port);
  using _mute = mute;
  using _talking = talking;
  extractor.clock.advance(200_000);
  await talking.send(INV);
  await extractor.emitted(1);
  extractor.clock.advance(100_000);
  await mute.closed();
  await extractor.counted("connections ended (silent)");
  extractor.clock.advance(199_999);
  await talking.send(INV);
  await extractor.emitted(2);
});

Deno.test("listen() closes a connection that sends too many bytes, or too many messages", async () => {
  await using extractor = await startExtractor({ limits: { bytesAtOnce: 5000, messagesAtOnce: 20 } });
  const [large] = await ScriptedNode.handshake(extractor.port);
  const [many] = await ScriptedNode.handshake(extractor.port);
  using _large = large;
  using _many = many;
  await large.sendBytes(large.encodeRaw("tx", new Uint8Array(6000)));
  await many.send(...Array.from({ length: 25 }, (): Message => ({ type: "verack" })));
  await Promise.all([large.closed(), many.closed()]);
  await extractor.counted("connections ended (too-many-bytes)");
  await extractor.counted("connections ended (too-many-messages)");
});

Deno.test("listen() lets through in the long run what its limits say", async () => {
  await using extractor = await startExtractor({ limits: { messagesAtOnce: 10, messagesPerSecond: 2 } });
  const [node] = await ScriptedNode.handshake(extractor.port);
  using _node = node;
  for (let second = 1; second <= 30; second++) {
    extractor.clock.skip(1000);
    await node.send(INV, INV);
    await extractor.emitted(second * 2);
  }
});

Deno.test("listen() closes a connection that announces more than Core would, in one message", async () => {
  await using extractor = await startExtractor();
  const [invs] = await ScriptedNode.handshake(extractor.port);
  const [addresses] = await ScriptedNode.handshake(extractor.port);
  using _invs = invs;
  using _addresses = addresses;
  const items = Array.from({ length: 50_000 }, () => ({ type: 5, hash: new Uint8Array(32) }));
  const entries = Array.from({ length: 1000 }, () => ENTRY);
  await invs.send({ type: "inv", items });
  await addresses.send({ type: "addrv2", addresses: entries });
  await extractor.emitted(2);
  await invs.send({ type: "inv", items: [...items, items[0]!] });
  await addresses.send({ type: "addrv2", addresses: [...entries, ENTRY] });
  await Promise.all([invs.closed(), addresses.closed()]);
  await extractor.counted("connections ended (too-many-entries)", 2);
});

Deno.test("listen() closes a connection whose side does not read what is sent to it", async () => {
  await using extractor = await startExtractor({ limits: { unsentBytes: 1000 } });
  const [node] = await ScriptedNode.handshake(extractor.port);
  using _node = node;
  // Not one of the answers is read, and the sockets' own buffers are full at some time.
  const pings = node.encode(...Array.from({ length: 1000 }, (): Message => ({ type: "ping", nonce: 1n })));
  const sent = (async () => {
    for (let i = 0; i < 19; i++) await node.sendBytes(pings);
  })();
  await extractor.counted("connections ended (not-reading)");
  await sent;
});

Deno.test("listen() refuses who is not allowed, and who is too many", async () => {
  await using strict = await startExtractor({ allow: ["10.0.0.0/8", "::1"] });
  for (let i = 0; i < 2; i++) {
    using stranger = await ScriptedNode.connect(strict.port);
    await stranger.closed();
  }
  await strict.counted("connections refused (source)", 2);
  assertEquals(strict.lines.filter((line) => line.startsWith("warn")), [
    "warn: Refused 127.0.0.1: add it to --p2p.allow if it is your node",
  ]);

  await using small = await startExtractor({ maxConnections: 1 });
  {
    const [first] = await ScriptedNode.handshake(small.port);
    using _first = first;
    using second = await ScriptedNode.connect(small.port);
    await second.closed();
    assertEquals(small.counts.get("connections refused (too many)"), 1);
  }
  await small.counted("connections ended (closed)");
  const [third] = await ScriptedNode.handshake(small.port);
  third[Symbol.dispose]();
});

Deno.test("listen() closes a node of another network, and says what to look at", async () => {
  await using extractor = await startExtractor({ startBytes: START_BYTES.mainnet });
  using node = await ScriptedNode.connect(extractor.port, { startBytes: START_BYTES.regtest });
  await node.send(NODE_VERSION);
  await extractor.counted("connections ended (other-network)");
  assertStringIncludes(extractor.lines.join("\n"), "check that --p2p.network is the node's");
});
