import { assertEquals, assertThrows } from "@std/assert";
import { elligatorSwift } from "@scure/btc-signer/p2p.js";
import { encodeFrame } from "../framing.ts";
import { START_BYTES } from "../network.ts";
import { joined } from "./_pair.ts";
import { keyAgreement } from "./keys.ts";
import { Responder } from "./responder.ts";
import { V2Transport } from "./transport.ts";

const REGTEST = START_BYTES.regtest;
const VERSION = encodeFrame(REGTEST, "version", new Uint8Array(86));
const VERACK = encodeFrame(REGTEST, "verack", new Uint8Array());

for (const chunkBytes of [1, 3, 16, 24, 1000]) {
  Deno.test(`Responder recognises v1 in chunks of ${chunkBytes}`, () => {
    const responder = new Responder({ startBytes: REGTEST });
    const stream = joined(VERSION, VERACK);
    const commands: string[] = [];
    for (let at = 0; at < stream.length; at += chunkBytes) {
      const { frames, reply } = responder.push(stream.subarray(at, at + chunkBytes));
      assertEquals(reply, undefined);
      commands.push(...frames.map(({ command }) => command));
      if (at + chunkBytes < 16) assertEquals(responder.transport, undefined);
    }
    assertEquals([responder.transport, ...commands], ["v1", "version", "verack"]);
    assertEquals(responder.encode("verack", new Uint8Array()), VERACK);
  });
}

Deno.test("Responder recognises v2 by the first byte that differs, however far the key resembles v1", () => {
  for (let same = 0; same < 16; same++) {
    const responder = new Responder({ startBytes: REGTEST });
    const keys = keysStartingWith(VERSION.subarray(0, same));
    const node = new V2Transport({ startBytes: REGTEST, initiating: true, keys });
    const firstReply = responder.push(node.hello.subarray(0, same + 1)).reply;
    assertEquals(responder.transport, "v2");
    assertEquals(responder.push(node.hello.subarray(same + 1, 63)).reply, undefined);
    const { reply } = responder.push(node.hello.subarray(63));
    responder.push(node.push(joined(firstReply!, reply!)).reply!);
    const { frames } = responder.push(node.encode("verack", new Uint8Array()));
    assertEquals(frames, [{ command: "verack", payload: new Uint8Array() }]);
    assertEquals(node.push(responder.encode("pong", new Uint8Array(8))).frames.length, 1);
    assertEquals(responder.sessionId, node.sessionId);
  }
});

Deno.test("Responder takes a whole v2 handshake in one chunk", () => {
  const responder = new Responder({ startBytes: REGTEST });
  const node = new V2Transport({ startBytes: REGTEST, initiating: true });
  const { reply } = responder.push(node.hello);
  assertEquals(node.push(reply!).refused, undefined);
  assertEquals(responder.push(new Uint8Array()), { frames: [] });
});

Deno.test("Responder refuses v1 of another network, of another stream after the prefix, and beyond the limit", () => {
  const push = (bytes: Uint8Array) => new Responder({ startBytes: REGTEST, maxPayloadBytes: 99 }).push(bytes);
  assertEquals(push(encodeFrame(START_BYTES.mainnet, "version", new Uint8Array(9))).refused, "other-network");
  assertEquals(push(joined(VERSION, Uint8Array.of(1, 2, 3))).refused, "bad-start");
  assertEquals(push(encodeFrame(REGTEST, "version", new Uint8Array(100))).refused, "too-long");
});

Deno.test("Responder holds what it has not understood yet", () => {
  const responder = new Responder({ startBytes: REGTEST });
  responder.push(VERSION.subarray(0, 10));
  assertEquals(responder.pendingBytes, 10);
  responder.push(VERSION.subarray(10, 50));
  assertEquals(responder.pendingBytes, 50);
});

Deno.test("Responder does not speak first", () => {
  const responder = new Responder({ startBytes: REGTEST });
  assertThrows(() => responder.encode("ping", new Uint8Array(8)), Error, "Cannot encode a message yet");
});

/** ElligatorSwift's first half can be chosen: the second is computed for it. */
function keysStartingWith(prefix: Uint8Array) {
  for (;;) {
    const { privateKey, publicKey } = elligatorSwift.keygen();
    const u = crypto.getRandomValues(new Uint8Array(32));
    u.set(prefix);
    const x = BigInt(`0x${elligatorSwift.decode(publicKey).toHex()}`);
    const t = elligatorSwift._inv(x, BigInt(`0x${u.toHex()}`), 0);
    // One byte further the key must differ, or this is another case.
    if (typeof t !== "bigint" || u[prefix.length] === VERSION[prefix.length]) continue;
    const encoded = Uint8Array.fromHex(u.toHex() + t.toString(16).padStart(64, "0"));
    return keyAgreement(privateKey, encoded);
  }
}
