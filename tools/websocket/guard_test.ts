import { assertEquals } from "@std/assert";
import { isAllowedOrigin, isOurHost } from "./guard.ts";

for (
  const [host, expected] of [
    [null, true],
    ["127.0.0.1:47482", true],
    ["localhost:47482", true],
    ["waggle.localhost", true],
    ["[::1]:47482", true],
    ["192.0.2.7:47482", true],
    ["hive.example", true],
    ["hive.example:8443", true],
    ["elsewhere.example:47482", false],
    ["127.0.0.1.elsewhere.example", false],
    ["localhost.elsewhere.example", false],
    ["hive.example.elsewhere.example", false],
    ["", false],
    ["a b", false],
  ] as const
) {
  Deno.test(`isOurHost() says ${expected} to ${host}`, () => {
    assertEquals(isOurHost(host, { hosts: ["hive.example"] }), expected);
  });
}

const GUARD = { origins: ["https://hive.example"] };

for (
  const [origin, host, expected] of [
    [null, "127.0.0.1:47482", true],
    ["http://127.0.0.1:47482", "127.0.0.1:47482", true],
    ["http://localhost:8000", "127.0.0.1:47482", true],
    ["http://[::1]:8000", "127.0.0.1:47482", true],
    ["http://192.0.2.7:47482", "192.0.2.7:47482", true],
    ["http://192.0.2.7:8000", "192.0.2.7:47482", false],
    ["https://hive.example", "127.0.0.1:47482", true],
    ["https://elsewhere.example", "127.0.0.1:47482", false],
    ["http://localhost.elsewhere.example", "127.0.0.1:47482", false],
    ["null", "127.0.0.1:47482", false],
    ["", "127.0.0.1:47482", false],
  ] as const
) {
  Deno.test(`isAllowedOrigin() says ${expected} to a page of ${origin} that connects to ${host}`, () => {
    assertEquals(isAllowedOrigin(origin, host, GUARD), expected);
  });
}

Deno.test("isAllowedOrigin() allows all, files too, when told so", () => {
  for (const origin of ["https://elsewhere.example", "null"]) {
    assertEquals(isAllowedOrigin(origin, "127.0.0.1:47482", { origins: ["*"] }), true);
  }
});
