/** How a golden entry is checked. */

import { assertEquals } from "@std/assert";
import { decodeEvent, encodeEvent } from "../event.ts";
import { hex } from "./assemble.ts";
import type { Golden } from "./golden.ts";

/** One test per entry: exactly these bytes are written, and they are read as exactly this value. */
export function checkBothWays(entries: Golden[]): void {
  for (const { name, event, bytes } of entries) {
    Deno.test(`${name} is written and read byte for byte`, () => {
      assertEquals(hex(encodeEvent(event)), hex(bytes));
      assertEquals(decodeEvent(bytes), { ok: true, event, unknownFields: 0 });
    });
  }
}
