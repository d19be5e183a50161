import { assertEquals } from "@std/assert";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { recordedMessages } from "../_recorded.ts";
import { encodeFrame, FrameParser } from "../framing.ts";
import { START_BYTES } from "../network.ts";
import { joined, pair } from "./_pair.ts";
import { FSChaCha20Poly1305, TAG_LENGTH } from "./ciphers.ts";
import { generateKeyAgreement } from "./keys.ts";
import { V2Transport } from "./transport.ts";

const startBytes = START_BYTES.regtest;
const KEY = new Uint8Array(32).fill(7);

for (const length of [40, 300, 4096, 1_000_000]) {
  const group = `open ${length} bytes: which ChaCha20-Poly1305`;
  const sealed = new FSChaCha20Poly1305(KEY).seal(new Uint8Array(length));
  const noble = () => chacha20poly1305(KEY, new Uint8Array(12)).decrypt(sealed);
  const ours = () => new FSChaCha20Poly1305(KEY).open(sealed)!;
  assertEquals(ours().length, noble().length);
  assertEquals(sealed.length, length + TAG_LENGTH);
  Deno.bench("the runtime's", { group, baseline: true }, () => void ours());
  Deno.bench("@noble/ciphers", { group }, () => void noble());
}

/** A session that anybody can replay: same keys, no garbage. */
const keys = [generateKeyAgreement(), generateKeyAgreement()] as const;

function replay(messages: readonly { command: string; payload: Uint8Array }[], chunkBytes: number) {
  const [node, us] = pair({ keys: keys[0], garbage: new Uint8Array() }, {
    keys: keys[1],
    garbage: new Uint8Array(),
  });
  const { reply } = node.push(joined(us.hello, us.push(node.hello).reply!));
  const stream = joined(
    node.hello,
    reply!,
    ...messages.map(({ command, payload }) => node.encode(command, payload)),
  );
  const v1 = joined(...messages.map(({ command, payload }) => encodeFrame(startBytes, command, payload)));
  return {
    v1: () => drain(new FrameParser(startBytes), v1, chunkBytes),
    // A handshake is part of it: 1 ms, as "shake hands" below says, and so messages are many.
    v2: () =>
      drain(
        new V2Transport({ startBytes, initiating: false, keys: keys[1], garbage: new Uint8Array() }),
        stream,
        chunkBytes,
      ),
    megabytes: stream.length / 1e6,
  };
}

function drain(parser: FrameParser | V2Transport, stream: Uint8Array, chunkBytes: number): number {
  let frames = 0;
  for (let at = 0; at < stream.length; at += chunkBytes) {
    const pushed = parser.push(stream.subarray(at, at + chunkBytes));
    frames += pushed.frames.length;
    assertEquals(pushed.refused, undefined);
  }
  return frames;
}

const small = recordedMessages().filter(({ payload }) => payload.length < 10_000);
const many = Array.from({ length: 10_000 }, (_, i) => small[i % small.length]!);
const large = Array.from({ length: 10 }, () => ({ command: "block", payload: new Uint8Array(4_000_000) }));
const inventories = Array.from({ length: 10_000 }, () => ({ command: "inv", payload: new Uint8Array(37) }));

for (
  const [what, messages] of [
    ["10,000 inv of one", inventories],
    ["10,000 recorded messages", many],
    ["10 of 4 MB", large],
  ] as const
) {
  const { v1, v2, megabytes } = replay(messages, 65536);
  assertEquals([v1(), v2()], [messages.length, messages.length]);
  const group = `receive ${what}, ${megabytes.toFixed(1)} MB`;
  Deno.bench("v1", { group, baseline: true }, () => void v1());
  Deno.bench("v2", { group }, () => void v2());
}

Deno.bench("shake hands, both sides", () => {
  const [node, us] = pair();
  us.push(node.push(joined(us.hello, us.push(node.hello).reply!)).reply!);
});
