import { assertEquals, assertThrows } from "@std/assert";
import { notice } from "./notice.ts";

Deno.test("a notice is a line that is not empty and not long", () => {
  assertEquals(notice.parse("  Simulated & made up "), "Simulated & made up");
  assertThrows(() => notice.parse(" "), SyntaxError);
  assertThrows(() => notice.parse("a".repeat(161)), RangeError);
});
