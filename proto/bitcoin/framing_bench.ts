import { assertEquals } from "@std/assert";
import { recordedMessages } from "./_recorded.ts";
import { encodeFrame, FrameParser } from "./framing.ts";
import { START_BYTES } from "./network.ts";

const START = START_BYTES.regtest;

const small = recordedMessages().filter(({ payload }) => payload.length < 10_000)
  .map(({ command, payload }) => encodeFrame(START, command, payload));
const smallStream = Uint8Array.from(small.flatMap((frame) => [...frame]));
const largeStream = encodeFrame(START, "block", new Uint8Array(4_000_000));

function count(stream: Uint8Array, chunkBytes: number): number {
  const parser = new FrameParser(START);
  let frames = 0;
  for (let at = 0; at < stream.length; at += chunkBytes) {
    frames += parser.push(stream.subarray(at, at + chunkBytes)).frames.length;
  }
  return frames;
}

assertEquals([count(smallStream, 65536), count(largeStream, 65536)], [small.length, 1]);

const GROUP_SMALL = `${small.length} recorded messages, ${smallStream.length} bytes`;
for (const chunkBytes of [65536, 1460, 100]) {
  Deno.bench(`in chunks of ${chunkBytes}`, { group: GROUP_SMALL, baseline: chunkBytes === 65536 }, () => {
    count(smallStream, chunkBytes);
  });
}
for (const chunkBytes of [4_000_024, 65536, 1460]) {
  Deno.bench(
    `in chunks of ${chunkBytes}`,
    { group: "one of 4 MB", baseline: chunkBytes === 4_000_024 },
    () => {
      count(largeStream, chunkBytes);
    },
  );
}
