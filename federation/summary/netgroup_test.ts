import { assertEquals, assertNotEquals } from "@std/assert";
import { Network } from "../../proto/federation/schema.ts";
import { hostOf } from "../../proto/netgroup.ts";
import { netgroupOf } from "./netgroup.ts";

const ONION = `${"a".repeat(56)}.onion:8333`;

const SAME: readonly (readonly [string, string, string])[] = [
  ["IPv4 of one /16", "8.8.4.4:8333", "8.8.200.1:1"],
  ["IPv4 and the same mapped into IPv6", "8.8.4.4:8333", "[::ffff:8.8.9.9]:8333"],
  ["IPv4 and the 6to4 network of it", "8.8.4.4:8333", "[2002:808:404::1]:8333"],
  ["IPv4 and Teredo behind it", "8.8.4.4:8333", "[2001:0:1:2:3:4:f7f7:fbfb]:8333"],
  ["IPv4 and NAT64 in front of it", "8.8.4.4:8333", "[64:ff9b::808:404]:8333"],
  ["IPv6 of one /32", "[2a01:4f8:1::1]:8333", "[2a01:4f8:ffff::1]:8333"],
  ["tunnels of one /36", "[2001:470:1000::1]:1", "[2001:470:1fff::1]:1"],
  ["onions with the same four bits", ONION, `b${"c".repeat(55)}.onion:9`],
  ["an onion with and without its checksum", ONION, `${"a".repeat(52)}.onion`],
  ["I2P with the same four bits", `${"q".repeat(52)}.b32.i2p:0`, `r${"c".repeat(51)}.b32.i2p:0`],
  ["CJDNS with the same four bits", "[fc10:1::1]:1", "[fc1f:2::1]:1"],
  ["two private networks", "10.0.0.1:1", "[fd00::1]:1"],
  ["what is no address", "example.org:8333", "x:1"],
];

for (const [what, one, other] of SAME) {
  Deno.test(`netgroupOf() has one group for ${what}`, () => {
    assertEquals(netgroupOf(one).id, netgroupOf(other).id);
    assertEquals(netgroupOf(one).network, netgroupOf(other).network);
  });
}

const DIFFERENT: readonly (readonly [string, string, string])[] = [
  ["IPv4 of two /16", "8.8.4.4:8333", "8.9.4.4:8333"],
  ["IPv6 of two /32", "[2a01:4f8::1]:8333", "[2a01:4f9::1]:8333"],
  ["tunnels of two /36", "[2001:470:1000::1]:1", "[2001:470:2000::1]:1"],
  ["onions with other bits", ONION, `c${"a".repeat(55)}.onion`],
  ["an onion and I2P", ONION, `${"a".repeat(52)}.b32.i2p`],
  ["CJDNS with other bits", "[fc10::1]:1", "[fc20::1]:1"],
  ["a public address and one that is not", "8.8.4.4:1", "127.0.0.1:1"],
];

for (const [what, one, other] of DIFFERENT) {
  Deno.test(`netgroupOf() has two groups for ${what}`, () => {
    assertNotEquals(netgroupOf(one).id, netgroupOf(other).id);
  });
}

const NETWORKS: readonly (readonly [string, keyof typeof Network])[] = [
  ["1.2.3.4:8333", "IPV4"],
  ["[2a01:4f8::1]:8333", "IPV6"],
  [ONION, "ONION"],
  [`${"a".repeat(16)}.onion:8333`, "ONION"],
  [ONION.slice(0, -6), "ONION"],
  [`${"a".repeat(52)}.b32.i2p:0`, "I2P"],
  ["[fc12::1]:8333", "CJDNS"],
  ...["127.0.0.1:1", "192.168.3.4:1", "[::1]:1", "[fe80::1]:1", "[fd00::1]:1", "", ":", "[", "[]:1"].map(
    (address) => [address, "NOT_PUBLIC"] as const,
  ),
];

for (const [address, network] of NETWORKS) {
  Deno.test(`netgroupOf() knows that "${address}" is ${network}`, () => {
    assertEquals(netgroupOf(address).network, Network[network]);
  });
}

Deno.test("netgroupOf() believes the node that a local address is Tor's", () => {
  for (const hint of [3, "onion"]) {
    assertEquals(netgroupOf("127.0.0.1:4444", { hint }).network, Network.ONION);
    assertEquals(netgroupOf("127.0.0.1:4444", { hint }).bytes, undefined);
  }
});

Deno.test("netgroupOf() groups by autonomous system where the map knows it, apart by network", () => {
  const asmap = { asnOf: (address: Uint8Array) => address[0] === 9 ? 0 : 64_496 };
  const id = (address: string) => netgroupOf(address, { asmap }).id;
  assertEquals(id("8.8.4.4:1"), id("1.2.3.4:1"));
  assertNotEquals(id("8.8.4.4:1"), id("[2a01:4f8::1]:1"));
  assertEquals(id("9.8.4.4:1"), netgroupOf("9.8.4.4:1").id);
  assertEquals(netgroupOf("127.0.0.1:1", { asmap }).network, Network.NOT_PUBLIC);
});

Deno.test("hostOf() leaves out port and brackets", () => {
  const hosts = { "1.2.3.4:5": "1.2.3.4", "[::1]:5": "::1", "::1": "::1", "a.onion": "a.onion", "x:1": "x" };
  for (const [address, host] of Object.entries(hosts)) assertEquals(hostOf(address), host);
});
