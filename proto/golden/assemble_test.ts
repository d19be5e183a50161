import { assertEquals } from "@std/assert";
import { base128, bool, bytes, double, fixed32, fixed64, hex } from "./assemble.ts";
import { message, packed, sint, sub, tag, text, unhex, varint } from "./assemble.ts";

Deno.test("the assembler's varint of 150 is the one of the protobuf documentation", () => {
  assertEquals(hex(base128(150)), "9601");
  assertEquals(hex(varint(1, 150)), "089601");
});

Deno.test("the assembler writes varints of one to ten bytes", () => {
  const cases: [number | bigint, string][] = [
    [0, "00"],
    [1, "01"],
    [127, "7f"],
    [128, "8001"],
    [300, "ac02"],
    [16383, "ff7f"],
    [16384, "808001"],
    [2 ** 32 - 1, "ffffffff0f"],
    [2 ** 32, "8080808010"],
    [2n ** 63n, "80808080808080808001"],
    [2n ** 64n - 1n, "ffffffffffffffffff01"],
  ];
  for (const [value, expected] of cases) assertEquals(hex(base128(value)), expected);
});

Deno.test("the assembler writes a negative number as ten bytes", () => {
  assertEquals(hex(base128(-2)), "feffffffffffffffff01");
  assertEquals(hex(base128(-1)), "ffffffffffffffffff01");
});

Deno.test("the assembler's zig-zag table is the one of the protobuf documentation", () => {
  const cases: [number | bigint, number | bigint][] = [
    [0, 0],
    [-1, 1],
    [1, 2],
    [-2, 3],
    [0x7fffffff, 0xfffffffe],
    [-0x80000000, 0xffffffff],
    [2n ** 63n - 1n, 2n ** 64n - 2n],
    [-(2n ** 63n), 2n ** 64n - 1n],
  ];
  for (const [value, plain] of cases) assertEquals(sint(1, value), varint(1, plain));
});

Deno.test("the assembler writes the documentation's string, sub-message and packed examples", () => {
  assertEquals(hex(text(2, "testing")), "120774657374696e67");
  assertEquals(hex(sub(3, varint(1, 150))), "1a03089601");
  assertEquals(hex(packed(6, [3, 270, 86942])), "3206038e029ea705");
});

Deno.test("the assembler writes fixed-width fields with the lowest byte first", () => {
  assertEquals(hex(fixed64(6, 5n)), "310500000000000000");
  assertEquals(hex(fixed64(1, 0x1122334455667788n)), "098877665544332211");
  assertEquals(hex(double(7, 0.5)), "39000000000000e03f");
  assertEquals(hex(fixed32(1, 0x01020304)), "0d04030201");
});

Deno.test("the assembler writes tags of more than one byte, truth values and empty things", () => {
  assertEquals(hex(tag(15, 2)), "7a");
  assertEquals(hex(tag(16, 0)), "8001");
  assertEquals(hex(tag(129, 1)), "8908");
  assertEquals(hex(message(bool(1, true), bool(2, false))), "08011000");
  assertEquals(hex(message(bytes(1, new Uint8Array(0)), text(2, ""), sub(3))), "0a0012001a00");
  assertEquals(hex(message()), "");
});

Deno.test("hex and its reverse agree on every byte", () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  assertEquals(unhex(hex(all)), all);
  assertEquals(hex(all).slice(0, 8), "00010203");
});
