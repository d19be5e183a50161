import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { encodeFrame, MAX_PAYLOAD_BYTES } from "../framing.ts";
import { START_BYTES } from "../network.ts";
import { connected, joined, pair, pushCut } from "./_pair.ts";
import { deriveKeys, generateKeyAgreement } from "./keys.ts";
import { PacketWriter } from "./packets.ts";
import { MAX_GARBAGE_LENGTH, V2Transport } from "./transport.ts";
import { equal } from "../../bytes.ts";

const REGTEST = START_BYTES.regtest;
const NOTHING = new Uint8Array();

for (const chunkBytes of [1, 7, 64, 1460, 1_000_000]) {
  for (const [ours, theirs] of [[0, 0], [1, 4095], [4095, 17]] as const) {
    Deno.test(`V2Transport shakes hands in chunks of ${chunkBytes}, with ${ours} and ${theirs} bytes of garbage`, () => {
      const [a, b] = pair({ garbage: random(ours) }, { garbage: random(theirs) });
      const first = pushCut(b, a.hello, chunkBytes);
      const second = pushCut(a, joined(b.hello, first.reply), chunkBytes);
      const message = a.encode("ping", new Uint8Array(8));
      const third = pushCut(b, joined(second.reply, message, a.encode("verack", NOTHING)), chunkBytes);
      assertEquals(third, {
        commands: ["ping", "verack"],
        reply: NOTHING,
        refused: undefined,
        unreadable: 0,
      });
      assertEquals(pushCut(a, b.encode("pong", new Uint8Array(8)), chunkBytes).commands, ["pong"]);
      assertEquals(a.sessionId, b.sessionId);
      assertEquals(a.sessionId?.length, 32);
      assertEquals([a.pendingBytes, b.pendingBytes], [0, 0]);
    });
  }
}

Deno.test("V2Transport carries messages of every size in both directions, over ten changes of the keys", () => {
  const [a, b] = connected();
  for (let i = 0; i < 10 * 224 + 1; i++) {
    const payload = random(i % 777);
    for (const [from, to] of [[a, b], [b, a]] as const) {
      assertEquals(to.push(from.encode("inv", payload)).frames, [{ command: "inv", payload }]);
    }
  }
});

Deno.test("V2Transport carries the longest payload, with the longest command, in chunks or at once", () => {
  const payload = random(MAX_PAYLOAD_BYTES);
  for (const chunkBytes of [1460, Infinity]) {
    const [a, b] = connected();
    const bytes = a.encode("twelveletter", payload);
    const { frames } = chunkBytes === Infinity ? b.push(bytes) : pushLast(b, bytes, chunkBytes);
    assertEquals(frames.length, 1);
    assert(equal(frames[0]!.payload, payload));
  }
});

Deno.test("V2Transport takes payloads that lie in nobody else's memory", () => {
  const [a, b] = connected();
  const chunk = a.encode("inv", Uint8Array.of(1, 2, 3));
  const { frames } = b.push(chunk);
  chunk.fill(0);
  assertEquals(frames[0]!.payload, Uint8Array.of(1, 2, 3));
});

Deno.test("V2Transport passes over decoys, before the version packet and between messages", () => {
  const keys = generateKeyAgreement();
  const b = new V2Transport({ startBytes: REGTEST, initiating: false });
  const garbage = random(100);
  b.push(joined(keys.publicKey, garbage));
  const { initiator } = deriveKeys(
    keys.sharedSecret(b.hello.subarray(0, 64), true),
    REGTEST,
  );
  const writer = new PacketWriter(initiator);
  const stream = joined(
    initiator.terminator,
    writer.write(random(50), { aad: garbage, ignore: true }),
    writer.write(NOTHING, { ignore: true }),
    writer.write(random(9)), // a version packet from the future
    writer.write(Uint8Array.of(18), { ignore: true }),
    writer.write(Uint8Array.of(18, 7)),
  );
  assertEquals(b.push(stream), { frames: [{ command: "ping", payload: Uint8Array.of(7) }] });
  const [c, d] = connected();
  assertEquals(d.push(c.encodeDecoy(5000)), { frames: [] });
});

Deno.test("V2Transport drops a packet whose type it cannot read, as Core does, and goes on", () => {
  const { b, writer } = withWriter();
  const { frames, unreadable, refused } = b.push(joined(
    writer.write(NOTHING),
    writer.write(NOTHING),
    writer.write(Uint8Array.of(29, 1)),
    writer.write(Uint8Array.of(18)),
  ));
  assertEquals([frames.length, unreadable, refused], [1, 3, undefined]);
});

Deno.test("V2Transport refuses packets that were changed, and stays refused", () => {
  for (const at of [0, 1, 3, 4, 20, 28]) {
    const [a, b] = connected();
    const bytes = a.encode("ping", new Uint8Array(8));
    bytes[at]! ^= 1;
    // A changed length may mean that more is awaited.
    const { refused } = b.push(joined(bytes, new Uint8Array(256)));
    assert(refused === "bad-packet" || refused === "too-long", `byte ${at}: ${refused}`);
    assertEquals(b.push(a.encode("ping", new Uint8Array(8))), { frames: [], refused });
    assertEquals(b.pendingBytes, 0);
  }
});

Deno.test("V2Transport gives the messages before the one it refuses", () => {
  const [a, b] = connected();
  const good = a.encode("ping", new Uint8Array(8));
  const bad = a.encode("ping", new Uint8Array(8)).fill(0, 10);
  const { frames, refused } = b.push(joined(good, bad));
  assertEquals([frames.length, refused], [1, "bad-packet"]);
});

Deno.test("V2Transport refuses garbage that was changed on the way", () => {
  const [a, b] = pair({ garbage: random(100) }, {});
  const hello = a.hello.slice();
  hello[64 + 50]! ^= 1;
  const { reply } = a.push(joined(b.hello, b.push(hello).reply!));
  assertEquals(b.push(reply!).refused, "bad-packet");
});

Deno.test("V2Transport refuses more garbage than allowed, and no less", () => {
  const [a, b] = pair({ garbage: NOTHING }, {});
  b.push(a.hello);
  assertEquals(b.push(random(MAX_GARBAGE_LENGTH + 15)).refused, undefined);
  assertEquals(b.pendingBytes, MAX_GARBAGE_LENGTH + 15);
  assertEquals(b.push(Uint8Array.of(0)).refused, "no-terminator");
  assertEquals(b.pendingBytes, 0);
});

Deno.test("V2Transport refuses a packet beyond the limit as soon as its length is known", () => {
  const [a, b] = connected({}, { maxPayloadBytes: 100 });
  assertEquals(b.push(a.encode("verack", random(100))).frames.length, 1);
  const bytes = a.encode("verack", random(101));
  assertEquals(b.push(bytes.subarray(0, 2)).refused, undefined);
  assertEquals(b.push(bytes.subarray(2, 3)).refused, "too-long");
});

Deno.test("V2Transport holds what came of a packet, and no more", () => {
  const [a, b] = connected();
  const bytes = a.encode("inv", random(3_000_000));
  b.push(bytes.subarray(0, 2));
  assertEquals(b.pendingBytes, 2);
  b.push(bytes.subarray(2, 1000));
  assertEquals(b.pendingBytes, 1000);
});

Deno.test("V2Transport of another network never gets beyond the garbage", () => {
  const [a, b] = pair({ startBytes: START_BYTES.mainnet, garbage: NOTHING }, { garbage: NOTHING });
  const { reply } = a.push(joined(b.hello, b.push(a.hello).reply!));
  assertEquals(b.push(joined(reply!, random(5000))).refused, "no-terminator");
});

Deno.test("V2Transport recognises the v1 version message of another network", () => {
  const frame = encodeFrame(START_BYTES.mainnet, "version", random(86));
  for (const chunkBytes of [1, 16, 200]) {
    const [, b] = pair();
    assertEquals(pushCut(b, frame, chunkBytes).refused, "other-network");
  }
});

Deno.test("V2Transport survives any key", () => {
  for (let i = 0; i < 200; i++) {
    const b = new V2Transport({ startBytes: REGTEST, initiating: false, garbage: NOTHING });
    assertEquals(b.push(i === 0 ? new Uint8Array(64) : random(64)).refused, undefined);
    assert(b.ready);
  }
});

Deno.test("V2Transport has garbage of a random length unless told", () => {
  const lengths = new Set(Array.from({ length: 20 }, () => pair()[0].hello.length));
  assertLess(15, lengths.size);
  assert([...lengths].every((length) => length >= 64 && length <= 64 + MAX_GARBAGE_LENGTH));
});

Deno.test("V2Transport says what its user does wrong", () => {
  const [a] = pair();
  assertEquals(a.ready, false);
  assertThrows(() => a.encode("ping", NOTHING), Error, "Cannot encode a message yet");
  assertThrows(() => a.encodeDecoy(1), Error, "Cannot encode a message yet");
  assertThrows(() => pair({ garbage: random(4096) }), RangeError, "Cannot send 4096 bytes of garbage");
});

/** A responder after the handshake and what makes the packets it reads. */
function withWriter() {
  const keys = generateKeyAgreement();
  const b = new V2Transport({ startBytes: REGTEST, initiating: false });
  b.push(keys.publicKey);
  const { initiator } = deriveKeys(keys.sharedSecret(b.hello.subarray(0, 64), true), REGTEST);
  const writer = new PacketWriter(initiator);
  b.push(joined(initiator.terminator, writer.write(NOTHING)));
  return { b, writer };
}

function pushLast(transport: V2Transport, stream: Uint8Array, chunkBytes: number) {
  let pushed = transport.push(NOTHING);
  for (let at = 0; at < stream.length; at += chunkBytes) {
    pushed = transport.push(stream.subarray(at, at + chunkBytes));
  }
  return pushed;
}

function random(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return bytes;
}
