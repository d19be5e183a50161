import { assertEquals } from "@std/assert";
import { Pings } from "./pings.ts";

Deno.test("Pings.answered() gives nanoseconds, once", () => {
  const pings = new Pings();
  const nonce = pings.sent(1000);
  assertEquals(pings.waitingSince, 1000);
  assertEquals(pings.answered(nonce, 1000.123456), 123_456);
  assertEquals(pings.answered(nonce, 1001), undefined);
  assertEquals(pings.waitingSince, undefined);
});

Deno.test("Pings.answered() takes no nonce it has not given", () => {
  const pings = new Pings();
  const nonce = pings.sent(0);
  assertEquals(pings.answered(nonce ^ 1n, 5), undefined);
  assertEquals(pings.waitingSince, 0);
});

Deno.test("Pings.answered() forgets what was sent before: a node answers in order", () => {
  const pings = new Pings();
  const [first, second, third] = [pings.sent(0), pings.sent(10), pings.sent(20)];
  assertEquals(pings.answered(second, 30), 20_000_000);
  assertEquals(pings.answered(first, 31), undefined);
  assertEquals(pings.waitingSince, 20);
  assertEquals(pings.answered(third, 40), 20_000_000);
});

Deno.test("Pings remembers a thousand, and since when the oldest waits", () => {
  const pings = new Pings();
  const nonces = Array.from({ length: 5000 }, (_, i) => pings.sent(i));
  assertEquals(pings.waitingSince, 0);
  assertEquals(pings.answered(nonces[5000 - 1025]!, 5000), undefined);
  assertEquals(pings.answered(nonces[5000 - 1024]!, 5000), 1_024_000_000);
});
