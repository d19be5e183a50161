import { assertEquals } from "@std/assert";
import { feeRateSatPerVbyte } from "./fee_rate.ts";

Deno.test("feeRateSatPerVbyte() leaves today's unit alone and converts the old one", () => {
  for (const rate of [0, 0.001, 0.1, 1, 5.5, 400]) assertEquals(feeRateSatPerVbyte(rate), rate);
  assertEquals(feeRateSatPerVbyte(0.00001), 1);
  assertEquals(feeRateSatPerVbyte(0.000001), 0.1);
  assertEquals(feeRateSatPerVbyte(0.00012345), 12.345);
});
