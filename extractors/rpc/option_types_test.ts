import { assertEquals, assertThrows } from "@std/assert";
import rpc from "./mod.ts";
import { hostAndPort } from "./option_types.ts";

Deno.test("rpc.url takes addresses with and without a scheme", () => {
  const { url } = rpc.options;
  assertEquals(url.parse("127.0.0.1:18443"), "http://127.0.0.1:18443");
  assertEquals(url.parse("[::1]:8332"), "http://[::1]:8332");
  assertEquals(url.parse("https://node.example/rpc"), "https://node.example/rpc");
  assertEquals(url.parse(url.default), url.default);
});

Deno.test("rpc.url refuses what is no address of an RPC interface, and passwords", () => {
  const { url } = rpc.options;
  for (
    const text of ["", "node", "node:99999", "ftp://node:1", "http://", "/run/node.sock", "127.0.0.1:8332/x"]
  ) {
    assertThrows(() => url.parse(text), SyntaxError, "expected");
  }
  assertThrows(() => url.parse("http://a:b@127.0.0.1:8332"), SyntaxError, "user and password do not belong");
});

Deno.test("rpc.disable names the RPC that was most likely meant", () => {
  const { disable } = rpc.options;
  assertEquals(disable.parse("uptime, getrawaddrman"), ["uptime", "getrawaddrman"]);
  assertThrows(
    () => disable.parse("uptime,getrawadrman"),
    SyntaxError,
    'unknown RPC "getrawadrman": did you mean getrawaddrman?',
  );
});

Deno.test("hostAndPort() knows the port of a scheme", () => {
  assertEquals(
    ["http://node.example/", "https://node.example/x", "http://[::1]:8332/"].map(hostAndPort),
    ["node.example:80", "node.example:443", "[::1]:8332"],
  );
});

Deno.test("rpc may reach its node and its listening address, and read the files that were named", () => {
  const values = {
    url: "http://127.0.0.1:8332/",
    cookieFile: "/home/a/.bitcoin/.cookie",
    user: undefined,
    password: undefined,
    passwordFile: undefined,
    tlsCa: undefined,
    intervalMs: 1,
    slowIntervalMs: 1,
    timeoutMs: 1,
    disable: [],
    prometheusAddress: undefined,
  };
  assertEquals(rpc.permissions?.(values), {
    net: ["127.0.0.1:8332"],
    read: ["/home/a/.bitcoin/.cookie"],
  });
  const others = {
    user: "a",
    passwordFile: "/p",
    tlsCa: "/ca",
    prometheusAddress: "127.0.0.1:8284",
  };
  assertEquals(rpc.permissions?.({ ...values, ...others }), {
    net: ["127.0.0.1:8332", "127.0.0.1:8284"],
    read: ["/p", "/ca"],
  });
  assertEquals(rpc.permissions?.({ ...values, user: "a", password: "b" }).read, []);
});
