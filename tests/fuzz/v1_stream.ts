import { assert } from "@std/assert";
import {
  decodeMessage,
  encodeFrame,
  type Frame,
  FrameParser,
  type FrameRefusal,
  MAX_PAYLOAD_BYTES,
  sha256d,
  START_BYTES,
} from "../../proto/bitcoin/mod.ts";
import { seeded } from "../../demo/scenarios/random.ts";
import { recordedMessages } from "./p2p_message.ts";
import type { Target } from "./target.ts";

const START = START_BYTES.regtest;
const HEADER_BYTES = 24;
const FRAMES_PER_SEED = 4;

/**
 * An input is a byte of options, a byte that determines how the stream is cut, and a stream. With the lowest
 * option bit the checksums are made right first, or hardly any mutated payload would pass.
 */
export const v1Stream: Target = {
  name: "v1-stream",
  seeds() {
    const frames = recordedMessages().filter(({ payload }) => payload.length < 1024)
      .map(({ command, payload }) => encodeFrame(START, command, payload));
    const seeds: Uint8Array[] = [];
    for (let at = 0; at < frames.length; at += FRAMES_PER_SEED) {
      const stream = frames.slice(at, at + FRAMES_PER_SEED).flatMap((frame) => [...frame]);
      seeds.push(Uint8Array.of(at / FRAMES_PER_SEED & 1, at & 0xff, ...stream));
    }
    return seeds;
  },
  run(input) {
    const stream = input.slice(2);
    if (((input[0] ?? 0) & 1) === 1) correctChecksums(stream);
    const cut = parse(stream, input[1] ?? 0);
    return () => {
      const whole = new FrameParser(START).push(stream);
      assert(whole.refused === cut.refused, "the same end however it is cut");
      assert(whole.frames.length === cut.frames.length, "the same number of frames however it is cut");
      for (const [at, { command, payload }] of whole.frames.entries()) {
        const other = cut.frames[at]!;
        assert(command === other.command && payload.toHex() === other.payload.toHex(), "the same frames");
        decodeMessage(command, payload);
      }
    };
  },
};

function parse(stream: Uint8Array, seed: number): { frames: Frame[]; refused: FrameRefusal | undefined } {
  const random = seeded(seed);
  // Each chunk costs an object of ours, which would be counted: no more than some thousands of them.
  const largest = Math.max(random.pick([1, 7, 30, 1000]), stream.length >> 12);
  const parser = new FrameParser(START);
  const frames: Frame[] = [];
  let refused: FrameRefusal | undefined;
  for (let at = 0; at < stream.length;) {
    const chunk = stream.subarray(at, at += 1 + random.below(largest));
    const pushed = parser.push(chunk);
    assert(refused === undefined || pushed.refused === refused, "no recovery after a refusal");
    assert(parser.pendingBytes <= HEADER_BYTES + MAX_PAYLOAD_BYTES, "no more than one frame pending");
    frames.push(...pushed.frames);
    refused = pushed.refused;
  }
  return { frames, refused };
}

function correctChecksums(stream: Uint8Array): void {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  for (let at = 0; at + HEADER_BYTES <= stream.length;) {
    const end = at + HEADER_BYTES + view.getUint32(at + 16, true);
    if (end > stream.length) return;
    stream.set(sha256d(stream.subarray(at + HEADER_BYTES, end)).subarray(0, 4), at + 20);
    at = end;
  }
}
