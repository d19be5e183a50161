import { assertEquals, assertLess, assertThrows } from "@std/assert";
import { encodeFrame, type Frame, FrameParser, type FrameRefusal, MAX_PAYLOAD_BYTES } from "./framing.ts";
import { signetStartBytes, START_BYTES } from "./network.ts";

const START = START_BYTES.regtest;
const PING = encodeFrame(START, "ping", Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
const VERACK = encodeFrame(START, "verack", new Uint8Array());
const FRAMES: Frame[] = [
  { command: "ping", payload: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
  { command: "verack", payload: new Uint8Array() },
  { command: "ping", payload: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
];

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function altered(frame: Uint8Array, at: number, byte: number): Uint8Array {
  return frame.with(at, byte);
}

Deno.test("FrameParser gives the same frames for any two cuts of a stream", () => {
  const stream = join(PING, VERACK, PING);
  for (let first = 0; first <= stream.length; first++) {
    for (let second = first; second <= stream.length; second++) {
      const parser = new FrameParser(START);
      const chunks = [stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)];
      assertEquals(chunks.flatMap((chunk) => parser.push(chunk).frames), FRAMES);
      assertEquals(parser.pendingBytes, 0);
    }
  }
});

Deno.test("FrameParser gives the same frames byte by byte", () => {
  const parser = new FrameParser(START);
  const frames = [...join(PING, VERACK, PING)].flatMap((byte) => parser.push(Uint8Array.of(byte)).frames);
  assertEquals(frames, FRAMES);
});

Deno.test("FrameParser does not copy a payload that lies within one chunk", () => {
  const { frames } = new FrameParser(START).push(PING);
  assertEquals(frames[0]?.payload.buffer === PING.buffer, true);
});

Deno.test("FrameParser takes 4 MB byte by byte in linear time", () => {
  const stream = encodeFrame(START, "block", new Uint8Array(MAX_PAYLOAD_BYTES));
  const parser = new FrameParser(START);
  const before = performance.now();
  let frames = 0;
  for (let at = 0; at < stream.length; at++) frames += parser.push(stream.subarray(at, at + 1)).frames.length;
  assertEquals(frames, 1);
  // Copying what is there at each byte would be 8 * 10^12 bytes: half an hour and not seconds.
  assertLess(performance.now() - before, 60_000);
});

Deno.test("FrameParser holds no more than the frame that is not yet complete", () => {
  const parser = new FrameParser(START);
  parser.push(join(PING, VERACK, PING.subarray(0, 30)));
  assertEquals(parser.pendingBytes, 30);
});

const REFUSED: readonly (readonly [string, Uint8Array, FrameRefusal])[] = [
  [
    "start bytes of another network",
    encodeFrame(START_BYTES.mainnet, "verack", new Uint8Array()),
    "bad-start",
  ],
  ["a first byte that is wrong, before the others came", Uint8Array.of(0), "bad-start"],
  ["a payload that is longer than announced", altered(PING, 16, 7), "bad-checksum"],
  ["a wrong checksum", altered(PING, 20, PING[20]! ^ 1), "bad-checksum"],
  ["an altered payload", altered(PING, 24, 9), "bad-checksum"],
  ["a wrong checksum of an empty payload", altered(VERACK, 23, 0), "bad-checksum"],
  ["a control character in the command", altered(PING, 5, 0x1f), "bad-command"],
  ["a command that is not ASCII", altered(PING, 5, 0x80), "bad-command"],
  ["a command that goes on after its padding", altered(PING, 15, 0x41), "bad-command"],
  ["an announced length above the limit", altered(PING, 19, 0x80), "too-long"],
];

for (const [sentence, bytes, reason] of REFUSED) {
  Deno.test(`FrameParser refuses ${sentence}, and stays refused`, () => {
    const parser = new FrameParser(START);
    assertEquals(parser.push(join(VERACK, bytes)), {
      frames: [{ command: "verack", payload: new Uint8Array() }],
      refused: reason,
    });
    assertEquals(parser.push(PING), { frames: [], refused: reason });
    assertEquals(parser.pendingBytes, 0);
  });
}

Deno.test("FrameParser accepts a payload of exactly the limit, and no byte more", () => {
  const parser = () => new FrameParser(START, { maxPayloadBytes: 8 });
  assertEquals(parser().push(PING).frames.length, 1);
  assertEquals(parser().push(encodeFrame(START, "x", new Uint8Array(9))).refused, "too-long");
});

Deno.test("FrameParser accepts a command of twelve characters and, like Core, an empty one", () => {
  const full = encodeFrame(START, "abcdefghijkl", new Uint8Array());
  assertEquals(new FrameParser(START).push(full).frames[0]?.command, "abcdefghijkl");
  const empty = VERACK.slice().fill(0, 4, 16);
  assertEquals(new FrameParser(START).push(empty).frames[0]?.command, "");
});

Deno.test("encodeFrame() rejects a command that would not be read back", () => {
  for (const command of ["", "a".repeat(13), "pïng", "a\0b"]) {
    assertThrows(() => encodeFrame(START, command, new Uint8Array()), RangeError, "Cannot encode command");
  }
});

Deno.test("signetStartBytes() gives those of the public signet for its challenge", () => {
  const challenge = Uint8Array.fromHex(
    "512103ad5e0edad18cb1f0fc0d28a3d4f1f3e445640337489abb10404f2d1e086be430" +
      "210359ef5021964fe22d6f8e05b2463c9540ce96883fe3b278760f048f5189f2e6c452ae",
  );
  assertEquals(signetStartBytes(challenge), START_BYTES.signet);
});
