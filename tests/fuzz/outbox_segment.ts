import { assert } from "@std/assert";
import { crc32c } from "../../runtime/crc32c.ts";
import { encodeRecord, HEADER_BYTES, scanSegment } from "../../federation/uplink/outbox/segment.ts";
import type { Target } from "./target.ts";

const FIRST = 1000;

/** Segments of the outbox, as damage and strangers may leave them: what is read is in order and was written whole. */
export const outboxSegment: Target = {
  name: "outbox-segment",
  seeds: () => [[0], [5, 0, 300], [70, 70, 70, 70, 70], [4000, 20], Array(200).fill(1)].map(segment),
  run(input) {
    const { records, end, bytes, tail } = scanSegment(input, { first: FIRST, limit: FIRST + 100_000 });
    return () => {
      let expected = FIRST;
      for (const { sequence, payload } of records) {
        assert(sequence >= expected && sequence < end, "sequences that go up");
        assert(payload.length <= input.length - HEADER_BYTES, "payloads inside the segment");
        const offset = payload.byteOffset - input.byteOffset;
        const check = new DataView(input.buffer, payload.byteOffset - 8, 4).getUint32(0, true);
        assert(crc32c(payload, offset - HEADER_BYTES) === check, "payloads with the right checksum");
        expected = sequence + 1;
      }
      assert(bytes <= input.length && (tail === "none") === (bytes === input.length), "a tail, or none");
      const again = scanSegment(input.subarray(0, bytes), { first: FIRST, limit: FIRST + 100_000 });
      assert(again.records.length === records.length, "the same without its tail");
    };
  },
};

function segment(lengths: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (const [at, length] of lengths.entries()) {
    const payload = Uint8Array.from({ length }, (_, i) => i * 7 + at);
    bytes.push(...encodeRecord({ sequence: FIRST + at, timeMs: 1_700_000_000_000, payload }, bytes.length));
  }
  return Uint8Array.from(bytes);
}
