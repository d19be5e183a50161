import { assertEquals, assertThrows } from "@std/assert";
import type { Kind } from "../../proto/subjects.ts";
import { parseSubscription } from "./subscription.ts";

const OFF = { form: { exact: false, lite: false }, envelope: false, snapshot: false };

Deno.test("parseSubscription() takes what is true, and ignores what it does not know", () => {
  const text = '{"ebpf":{"messages":true,"mempool":false,"later":true},"rpc":true,"ipc":true,"later":[1]}';
  assertEquals(parseSubscription(text), { kinds: new Set<Kind>(["message", "rpc", "ipc"]), ...OFF });
  assertEquals(parseSubscription("{}"), { kinds: new Set<Kind>(), ...OFF });
  assertEquals(parseSubscription('{"log":true,"exact":true,"envelope":true,"snapshot":true,"lite":true}'), {
    kinds: new Set<Kind>(["log"]),
    form: { exact: true, lite: true },
    envelope: true,
    snapshot: true,
  });
});

for (
  const [what, text] of [
    ["nothing", ""],
    ["no JSON", "{"],
    ["no object", "true"],
    ["null", "null"],
    ["an array", "[]"],
    ["a group that is not true or false", '{"rpc":1}'],
    ["an ebpf that is no object", '{"ebpf":true}'],
    ["512 bytes", JSON.stringify({ x: "a".repeat(504) })],
    ["fewer characters, but 512 bytes", JSON.stringify({ x: "ä".repeat(252) })],
  ] as const
) {
  Deno.test(`parseSubscription() refuses ${what}, with a reason that fits a close frame`, () => {
    const { message } = assertThrows(() => parseSubscription(text), SyntaxError);
    assertEquals(new TextEncoder().encode(message).length <= 123, true);
  });
}

Deno.test("parseSubscription() takes 511 bytes", () => {
  parseSubscription(JSON.stringify({ x: "a".repeat(503) }));
});
