import { assert, assertEquals, assertMatch } from "@std/assert";
import { encodeEvent, type Event } from "../../proto/event.ts";
import { until } from "../../tests/parts/until.ts";
import { Fanout } from "./fanout.ts";
import type { Socket } from "./client.ts";
import { SlowClient } from "./_slow_client.ts";

/** A fanout behind a real server. */
function serveFanout(limits: ConstructorParameters<typeof Fanout>[1]) {
  const counts = new Map<string, number>();
  const fanout = new Fanout((what, by = 1) => counts.set(what, (counts.get(what) ?? 0) + by), limits);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    const client = fanout.add(socket);
    socket.onmessage = ({ data }) => fanout.subscribe(client, data);
    socket.onclose = () => fanout.remove(socket);
    return response;
  });
  return { fanout, counts, server, port: server.addr.port };
}

function tx(number: number): Extract<Event, { kind: "message" }> {
  const hash = new Uint8Array(32).fill(number & 0xff);
  const meta = {
    peerId: number,
    addr: "203.0.113.7:8333",
    connType: 1,
    command: "tx",
    inbound: true,
    size: 200_000,
  };
  const raw = new Uint8Array(200_000);
  return {
    timestamp: number,
    kind: "message",
    value: { meta, msg: { case: "tx", value: { tx: { txid: hash, wtxid: hash, raw } } } },
  };
}

Deno.test("a client that does not read delays nobody, loses events, and is told so when it is sent away", async () => {
  const limits = { bufferBytes: 1024 * 1024, slowMs: 50, subscriptions: 20 };
  const { fanout, counts, server, port } = serveFanout(limits);
  const slow = await SlowClient.connect(port);
  await slow.send('{"ebpf":{"messages":true}}');
  const fast = new WebSocket(`ws://127.0.0.1:${port}`);
  let latest = -1;
  fast.onmessage = ({ data }) => latest = Number(/"peer_id":(\d+)/.exec(data)![1]);
  await new Promise((opened) => fast.onopen = opened);
  fast.send('{"ebpf":{"messages":true}}');
  await until("both to be subscribed", () => {
    fanout.publish({ subject: "netmsg", data: encodeEvent(tx(0)) });
    return latest === 0 && fanout.size === 2;
  });
  let published = 0;
  await until("the slow one to be sent away", async () => {
    fanout.publish({ subject: "netmsg", data: encodeEvent(tx(++published)) });
    // Each one arrives at once, although the other has not taken the first one yet.
    await until(`event ${published} to arrive`, () => latest === published);
    return counts.get("clients disconnected: too slow") === 1;
  });
  assert(counts.get("dropped: slow client")! > 0, "what it lost was counted");
  const { code, reason } = await slow.readUntilClose();
  assertEquals(code, 1013);
  assertMatch(reason, /^Too slow: \d+ events dropped$/);
  await until("it to be gone", () => fanout.size === 1);
  const closed = new Promise((closed) => fast.onclose = closed);
  fast.close();
  await closed;
  slow.close();
  await server.shutdown();
});

/** A client that takes everything at once. */
function instantSocket(texts: string[]): Socket {
  return {
    bufferedAmount: 0,
    readyState: WebSocket.OPEN,
    send: (data) => texts.push(data as string),
    close() {},
  };
}

Deno.test("an event that nobody wants is not decoded; one that is none is counted", () => {
  const counts: string[] = [];
  const fanout = new Fanout((what) => counts.push(what));
  const data = encodeEvent({
    timestamp: 1,
    kind: "message",
    value: { meta: tx(1).value.meta, msg: { case: "ping", value: { value: 1n } } },
  });
  // The tag of the nonce: of a wire type that does not exist. Only a decoder notices.
  data[data.lastIndexOf(0x09)] = 0x0f;
  fanout.publish({ subject: "netmsg", data });
  assertEquals(counts, []);
  const texts: string[] = [];
  fanout.subscribe(fanout.add(instantSocket(texts)), '{"ebpf":{"messages":true}}');
  fanout.publish({ subject: "netmsg", data });
  assertEquals(texts, []);
  assertEquals(counts.filter((what) => what.startsWith("refused")).length, 1);
});

Deno.test("an event is written once for all clients of one form", () => {
  const sent: string[][] = [[], [], []];
  const fanout = new Fanout(() => {});
  const clients = sent.map((texts) => fanout.add(instantSocket(texts)));
  for (const client of clients) fanout.subscribe(client, '{"ebpf":{"messages":true}}');
  fanout.subscribe(clients[2]!, '{"ebpf":{"messages":true},"lite":true,"envelope":true}');
  fanout.publish({ subject: "waggle.alpha.netmsg", data: encodeEvent(tx(1)) });
  assertEquals(sent[0], sent[1]);
  const { timestamp, node, EbpfExtractor } = JSON.parse(sent[2]![0]!);
  assertEquals([timestamp, node, EbpfExtractor.ebpf_event.Message.msg.Tx.tx.raw], [1, "alpha", null]);
});

Deno.test("an event that is larger than the bound is sent as long as not so much waits already", () => {
  const texts: string[] = [];
  const fanout = new Fanout(() => {}, { bufferBytes: 1000, slowMs: 1000, subscriptions: 20 });
  const socket = { ...instantSocket(texts), bufferedAmount: 900 };
  fanout.subscribe(fanout.add(socket), '{"ebpf":{"messages":true},"envelope":true}');
  const publish = () => fanout.publish({ subject: "netmsg", data: encodeEvent(tx(1)) });
  publish();
  assertEquals(texts.length, 1);
  socket.bufferedAmount = 400_000;
  publish();
  publish();
  assertEquals(texts.length, 1);
  socket.bufferedAmount = 0;
  publish();
  publish();
  assertEquals(texts.map((text) => JSON.parse(text).dropped), [undefined, 2, undefined]);
});

Deno.test("who asks for a snapshot gets the last answers of the node, once, oldest first", () => {
  const fanout = new Fanout(() => {});
  const uptime = (timestamp: number, value: number) =>
    encodeEvent({ timestamp, kind: "rpc", value: { rpcEvent: { case: "uptime", value } } });
  const fee = (requestedBlocks: number, mode: number) => ({
    feeRate: 1,
    blocks: 2,
    requestedBlocks,
    mode,
    errors: [],
  });
  fanout.publish({ subject: "rpc", data: uptime(1, 10) });
  for (const [blocks, mode] of [[1, 1], [1, 2], [6, 1], [1, 1]] as const) {
    const value = { rpcEvent: { case: "estimateSmartFee", value: fee(blocks, mode) } } as const;
    fanout.publish({ subject: "rpc", data: encodeEvent({ timestamp: 5, kind: "rpc", value }) });
  }
  fanout.publish({ subject: "rpc", data: uptime(3, 20) });
  const texts: string[] = [];
  const client = fanout.add(instantSocket(texts));
  fanout.subscribe(client, '{"rpc":true}');
  assertEquals(texts, []);
  fanout.subscribe(client, '{"ebpf":{"messages":true},"snapshot":true}');
  assertEquals(texts, [], "only what was asked for");
  fanout.subscribe(client, '{"rpc":true,"snapshot":true,"envelope":true}');
  const frames = texts.map((text) => JSON.parse(text));
  assertEquals(frames[0], { timestamp: 3, snapshot: true, RpcExtractor: { rpc_event: { Uptime: 20 } } });
  assertEquals(frames.length, 4, "one uptime, and one estimate for each question");
});

Deno.test("many subscriptions at once end the connection", () => {
  const closed: unknown[] = [];
  const fanout = new Fanout(() => {}, { bufferBytes: 1, slowMs: 1, subscriptions: 3 });
  const client = fanout.add({ ...instantSocket([]), close: (...why) => closed.push(why) });
  for (let i = 0; i < 4; i++) fanout.subscribe(client, "{}");
  assertEquals(closed, [[1008, "Too many subscriptions, one per second is fine"]]);
});
