import { assert, assertEquals, assertLess } from "@std/assert";
import { encodeFrame } from "../../proto/federation/frame.ts";
import { ByeCode, NackCode } from "../../proto/federation/schema.ts";
import { until } from "../parts/until.ts";
import { summary } from "./client.ts";
import { TestHub } from "./hub.ts";
import { rawSession } from "./raw.ts";

/** Each limit of a hub, over a real socket. */

Deno.test("limit: a message longer than the longest frame ends the session with 1009", async () => {
  await using hub = await TestHub.start();
  const { client } = await hub.member();
  client.socket.send(new Uint8Array(65_537));
  assertEquals(await client.ended(), 1009);
});

Deno.test("limit: the length in a header is enough; nothing is kept for a message of 60 MB", async () => {
  await using hub = await TestHub.start();
  const stranger = await rawSession(hub.url);
  // A header that promises 60 MB, and no more than a first bit of it.
  const header = Uint8Array.of(0x82, 0xff, 0, 0, 0, 0, 0x03, 0x93, 0x87, 0, 1, 2, 3, 4);
  await stranger.write(header);
  await stranger.ended();
  await until("the end", () => hub.hub.handshakes === 0);
});

Deno.test("limit: what cannot be decoded, and text, end the session with 1002", async () => {
  await using hub = await TestHub.start();
  for (const message of [new Uint8Array(1024).fill(255), new Uint8Array(100), "text"]) {
    const { client } = await hub.member();
    client.socket.send(message);
    assertEquals((await client.next("bye")).code, ByeCode.PROTOCOL);
    assertEquals(await client.ended(), 1002);
  }
});

Deno.test("limit: a frame that nobody knows is ignored", async () => {
  await using hub = await TestHub.start();
  const { client } = await hub.member();
  const bytes = encodeFrame({ case: "credit", value: { credits: 1 } });
  bytes[0] = 14 << 3 | 2; // field 14 does not exist
  client.socket.send(bytes);
  await client.store(summary(1, hub.bin));
});

Deno.test("limit: a wrong schema is refused, and the session goes on", async () => {
  await using hub = await TestHub.start();
  const { client } = await hub.member();
  client.send({ case: "summary", value: summary(1, hub.bin, { schema: 2 }) });
  const { sequence, code } = await client.next("nack");
  assertEquals([sequence, code], [1, NackCode.SCHEMA]);
  await client.store(summary(2, hub.bin));
});

Deno.test("limit: frames a minute are refused beyond it, and far beyond it end the session", async () => {
  await using hub = await TestHub.start({ limits: { framesPerMinute: 10 } });
  const { client } = await hub.member();
  for (let i = 1; i <= 30; i++) client.send({ case: "summary", value: summary(i, hub.bin) });
  const { code, retryAfterMs } = await client.next("nack");
  assertEquals(code, NackCode.RATE);
  assert(retryAfterMs! > 0);
  assertEquals((await client.next("bye")).code, ByeCode.TOO_FAST);
  assertEquals(await client.ended(), 1008);
});

Deno.test("limit: bytes a minute", async () => {
  await using hub = await TestHub.start({ limits: { bytesPerMinute: 65_536 } });
  const { client } = await hub.member();
  const large = encodeFrame({ case: "summary", value: summary(1, hub.bin) });
  const padded = new Uint8Array(65_536);
  padded.set(large);
  // The padding becomes as long as the frame.
  const bare = large.indexOf(0x7a);
  padded.set([0x7a, ...varint(65_536 - bare - 1 - 3)], bare);
  client.socket.send(padded);
  client.socket.send(padded);
  client.socket.send(padded);
  assertEquals((await client.next("bye")).code, ByeCode.TOO_FAST);
});

Deno.test("limit: a newer session takes the place of an operator's oldest", async () => {
  await using hub = await TestHub.start({ limits: { sessionsPerOperator: 2 } });
  const { key, client } = await hub.member();
  const second = hub.connect();
  await second.ready(key);
  const third = hub.connect();
  await third.ready(key);
  assertEquals((await client.next("bye")).code, ByeCode.TOO_MANY_SESSIONS);
  await second.store(summary(1, hub.bin));
  await third.store(summary(2, hub.bin));
  assertEquals(hub.hub.sessions, 2);
});

Deno.test("limit: whoever does not prove who it is in time has to go", async () => {
  await using hub = await TestHub.start({ limits: { handshakeMs: 50 } });
  const client = await hub.connect().opened();
  assertEquals((await client.next("bye")).code, ByeCode.TOO_SLOW);
  await client.ended();
  assertEquals(hub.hub.handshakes, 0);
});

Deno.test("limit: only so many strangers at once, the oldest has to go, and none takes a member's place", async () => {
  await using hub = await TestHub.start({ limits: { handshakes: 3 } });
  const { key, client } = await hub.member();
  const strangers = [];
  for (let i = 0; i < 3; i++) strangers.push(await hub.connect().opened());
  const late = hub.connect();
  await late.ready(key);
  await strangers[0]!.ended();
  assertEquals([hub.hub.handshakes, strangers[1]!.closed], [2, undefined]);
  await client.store(summary(1, hub.bin));
  await late.store(summary(2, hub.bin));
});

Deno.test("limit: only so many connections in all", async () => {
  await using hub = await TestHub.start({ limits: { sessions: 1 } });
  const { client } = await hub.member();
  await hub.connect().ended();
  await client.store(summary(1, hub.bin));
});

Deno.test("limit: a member that takes nothing of what is sent is cut off, and costs no memory", async () => {
  await using hub = await TestHub.start();
  const { key } = await hub.member();
  const reader = await rawSession(hub.url, key);
  await until("the session", () => hub.hub.sessions === 2);
  // It never reads: the kernel's buffers fill, then ours.
  const ended = reader.stopped();
  for (let i = 0; i < 20_000 && hub.hub.sessions === 2; i++) {
    hub.hub.sendToAll(
      encodeFrame({
        case: "policy",
        value: { policy: new Uint8Array(60_000), signature: new Uint8Array(64) },
      }),
    );
    if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await until("the cut", () => hub.hub.sessions < 2);
  await ended;
  assertLess(Deno.memoryUsage().rss, 2 ** 30);
});

Deno.test("limit: an auth that was heard on another connection proves nothing", async () => {
  await using hub = await TestHub.start();
  const { key, client } = await hub.member();
  const heard = await client.proof(key);
  const thief = hub.connect();
  await thief.hello();
  thief.send({ case: "auth", value: heard });
  assertEquals((await thief.next("bye")).code, ByeCode.REFUSED);
  assertEquals(await thief.ended(), 1008);
});

Deno.test("limit: a connection that says nothing at all is closed", async () => {
  await using hub = await TestHub.start({ limits: { handshakeMs: 50 } });
  const silent = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(hub.url).port) });
  const buffer = new Uint8Array(100);
  while (await silent.read(buffer).catch(() => null) !== null);
  silent.close();
});

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value >>>= 7) bytes.push(value & 127 | 128);
  return [...bytes, value];
}
