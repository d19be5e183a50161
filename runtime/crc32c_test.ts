import { assertEquals } from "@std/assert";
import { crc32c } from "./crc32c.ts";

const count = (length: number, at: (index: number) => number) => Uint8Array.from({ length }, (_, i) => at(i));

/** RFC 3720, B.4; the RFC prints the four bytes in the order they are sent. */
const RFC_3720: readonly (readonly [string, Uint8Array, string])[] = [
  ["32 bytes of zeroes", new Uint8Array(32), "aa36918a"],
  ["32 bytes of ones", count(32, () => 0xff), "43aba862"],
  ["32 bytes of incrementing 00..1f", count(32, (i) => i), "4e79dd46"],
  ["32 bytes of decrementing 1f..00", count(32, (i) => 31 - i), "5cdb3f11"],
  [
    "an iSCSI SCSI Read (10) command PDU",
    Uint8Array.fromHex(
      "01c0000000000000000000000000000014000000000004000000001400000018280000000000000002000000" + "00000000",
    ),
    "563a96d9",
  ],
];

for (const [what, bytes, sent] of RFC_3720) {
  Deno.test(`crc32c() of ${what} is what RFC 3720 says`, () => {
    const out = new DataView(new ArrayBuffer(4));
    out.setUint32(0, crc32c(bytes), true);
    assertEquals(new Uint8Array(out.buffer).toHex(), sent);
  });
}

Deno.test("crc32c() goes on from the checksum of what came before", () => {
  const bytes = count(100, (i) => i * 7 & 0xff);
  for (const at of [0, 1, 50, 100]) {
    assertEquals(crc32c(bytes.subarray(at), crc32c(bytes.subarray(0, at))), crc32c(bytes));
  }
});
