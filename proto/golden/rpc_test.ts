import { assertEquals } from "@std/assert";
import { encodeEvent } from "../event.ts";
import { hex } from "./assemble.ts";
import { checkBothWays } from "./check.ts";
import { answerWithMaps, rpc } from "./rpc.ts";

checkBothWays(rpc);

Deno.test("a getpeerinfo answer with bytes per message type is written byte for byte", () => {
  const { event, bytes } = answerWithMaps();
  assertEquals(hex(encodeEvent(event)), hex(bytes));
});
