import { assert, assertEquals, assertThrows } from "@std/assert";
import { decodeFrame, encodeFrame, type FrameContent, LONGEST, SIZES } from "./frame.ts";

function summary(values: number): FrameContent {
  return {
    case: "summary",
    value: {
      sequence: 7,
      bin: 2_958_000,
      schema: 1,
      thin: false,
      sources: [1, 2],
      values: Array.from({ length: values }, (_, index) => ({ metric: 7, index, value: index % 40 })),
      blocks: [],
      tips: [],
      anomalies: [],
    },
  };
}

Deno.test("encodeFrame() pads to one of four lengths, whatever is inside", () => {
  const lengths = new Set<number>();
  for (let values = 0; values < 6000; values += 7) {
    const bytes = encodeFrame(summary(values));
    lengths.add(bytes.length);
    const decoded = decodeFrame(bytes);
    assert(decoded.ok);
    assertEquals(decoded.content, summary(values));
  }
  assertEquals([...lengths], [...SIZES]);
});

Deno.test("encodeFrame() fills every length to the byte", () => {
  const rotate = (length: number): FrameContent => ({
    case: "rotate",
    value: {
      newKey: new Uint8Array(length),
      oldSignature: new Uint8Array(),
      newSignature: new Uint8Array(),
    },
  });
  // Around 1 KiB: the frame alone, one byte of room (too little for a field), two bytes, and so on.
  for (let length = 960; length < 1030; length++) {
    const bytes = encodeFrame(rotate(length));
    const decoded = decodeFrame(bytes);
    assert((SIZES as readonly number[]).includes(bytes.length) && decoded.ok, `${length}`);
    assertEquals(decoded.content, rotate(length));
  }
});

Deno.test("encodeFrame() refuses what does not fit", () => {
  assertThrows(() => encodeFrame(summary(20_000)), RangeError, "65536 is the most");
});

Deno.test("decodeFrame() refuses other lengths, and what is no frame, without repeating it", () => {
  assertEquals(decodeFrame(new Uint8Array(1000)), { ok: false, reason: "length" });
  assertEquals(decodeFrame(new Uint8Array(LONGEST + 1)), { ok: false, reason: "length" });
  assertEquals(decodeFrame(new Uint8Array(1024)), { ok: false, reason: "bad-tag" });
  assertEquals(decodeFrame(new Uint8Array(1024).fill(0xff)), { ok: false, reason: "varint-too-long" });
});

Deno.test("decodeFrame() ignores a frame of a later version", () => {
  const bytes = new Uint8Array(1024);
  // The tag of field 200, and the length of the rest.
  bytes.set([0xc2, 0x0c, 0xfc, 0x07]);
  assertEquals(decodeFrame(bytes), { ok: true, content: undefined });
});

Deno.test("encodeFrame() pads to the length that is asked for, and beyond it where that is not enough", () => {
  const credit = { case: "credit", value: { credits: 1 } } as const;
  for (const size of SIZES) assertEquals(encodeFrame(credit, size).length, size);
  const decoded = decodeFrame(encodeFrame(credit, SIZES[2]));
  assertEquals(decoded.ok && decoded.content, credit);
  const long = {
    case: "policy",
    value: { policy: new Uint8Array(5000), signature: new Uint8Array(64) },
  } as const;
  assertEquals(encodeFrame(long, SIZES[1]).length, SIZES[2]);
});
