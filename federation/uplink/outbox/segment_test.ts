import { assertEquals } from "@std/assert";
import { encodeRecord, HEADER_BYTES, scanSegment } from "./segment.ts";

const FIRST = 500;
const LENGTHS = [30, 0, 200, 1, 77];

function segment(lengths = LENGTHS): Uint8Array {
  const parts: number[] = [];
  for (const [at, length] of lengths.entries()) {
    const payload = Uint8Array.from({ length }, (_, i) => i + at);
    parts.push(
      ...encodeRecord({ sequence: FIRST + at, timeMs: 1_700_000_000_000 + at, payload }, parts.length),
    );
  }
  return Uint8Array.from(parts);
}

const sequences = (bytes: Uint8Array) =>
  scanSegment(bytes, { first: FIRST }).records.map(({ sequence }) => sequence - FIRST);

Deno.test("scanSegment() finds every record but the one that any one flipped bit is in", () => {
  const whole = segment();
  let [record, end] = [-1, 0];
  for (let at = 0; at < whole.length; at++) {
    if (at === end) end += HEADER_BYTES + LENGTHS[++record]!;
    for (let bit = 0; bit < 8; bit++) {
      const flipped = whole.slice();
      flipped[at]! ^= 1 << bit;
      assertEquals(sequences(flipped), [0, 1, 2, 3, 4].filter((n) => n !== record));
    }
  }
});

Deno.test("scanSegment() takes a segment that is cut anywhere for torn, and none of it for damage", () => {
  const whole = segment();
  for (let length = 0; length < whole.length; length++) {
    const { records, bytes, tail } = scanSegment(whole.subarray(0, length), { first: FIRST });
    assertEquals(tail, bytes === length ? "none" : "torn");
    assertEquals(sequences(whole.subarray(0, bytes)).length, records.length);
  }
});

Deno.test("scanSegment() does not take a record inside a damaged record for one", () => {
  const inner = encodeRecord({ sequence: FIRST + 1, timeMs: 0, payload: new Uint8Array(5) }, 0);
  const outer = encodeRecord({ sequence: FIRST, timeMs: 0, payload: inner }, 0);
  outer[0]! ^= 1;
  assertEquals(sequences(outer), []);
});

Deno.test("scanSegment() believes no sequence that belongs to another segment", () => {
  const bytes = segment();
  assertEquals(scanSegment(bytes, { first: FIRST, limit: FIRST + 3 }).records.length, 3);
  assertEquals(scanSegment(bytes, { first: FIRST + 2 }).records.length, 3);
});

Deno.test("scanSegment() counts a damaged record even if the next one was never finished", () => {
  const whole = segment([5, 5, 5]);
  whole[HEADER_BYTES + 5]! ^= 1; // the length of the second
  const { records, end, tail } = scanSegment(whole.subarray(0, -1), { first: FIRST });
  assertEquals([records.length, end - FIRST, tail], [1, 2, "torn"]);
});
