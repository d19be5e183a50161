import { assertEquals } from "@std/assert";
import type { Address } from "../../proto/schema.ts";
import { parseSubnet } from "../../proto/subnet.ts";
import { NETWORKS, targetOf } from "./target.ts";

function announced(network: string, value: unknown, port = 8333): Address {
  return { timestamp: 1, services: 1n, port, address: { case: network, value } } as unknown as Address;
}

const everything = { networks: new Set<string>(NETWORKS), allow: [] };
const KEY = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4ps";
const I2P = "ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p";

// Special ranges: IANA's IPv4 and IPv6 special-purpose address registries.
const CASES: readonly [network: string, value: unknown, port: number, result: string][] = [
  ["ipv4", "8.8.8.8", 8333, "8.8.8.8"],
  ["ipv4", "127.0.0.1", 8333, "not routable"],
  ["ipv4", "10.1.2.3", 8333, "not routable"],
  ["ipv4", "192.168.1.1", 80, "not routable"],
  ["ipv4", "169.254.169.254", 80, "not routable"],
  ["ipv4", "172.31.0.1", 8333, "not routable"],
  ["ipv4", "172.32.0.1", 8333, "172.32.0.1"],
  ["ipv4", "239.1.1.1", 8333, "not routable"],
  ["ipv4", "255.255.255.255", 8333, "not routable"],
  ["ipv4", "0.0.0.0", 8333, "not routable"],
  ["ipv4", "8.8.8.8", 0, "no port"],
  ["ipv4", "8.8.8.8", 65536, "no port"],
  ["ipv4", "example.com", 8333, "not routable"],
  ["ipv4", "8.8.8.8\n127.0.0.1", 8333, "not routable"],
  ["ipv4", "2a00::1", 8333, "not routable"],
  ["ipv6", "2a00:1450:4001::1", 8333, "2a00:1450:4001::1"],
  ["ipv6", "::1", 8333, "not routable"],
  ["ipv6", "::ffff:127.0.0.1", 8333, "not routable"],
  ["ipv6", "fe80::1", 8333, "not routable"],
  ["ipv6", "fd00::1", 8333, "not routable"],
  ["ipv6", "2001:db8::1", 8333, "not routable"],
  ["ipv6", "2002:7f00:1::1", 8333, "not routable"],
  ["ipv6", "64:ff9b::7f00:1", 8333, "not routable"],
  ["torv3", `${KEY}.onion`, 8333, `${KEY}cryd.onion`],
  ["torv3", "x.onion", 8333, "no host name"],
  ["torv2", "expyuzz4wqqyqhjn.onion", 8333, "network"],
  ["i2p", I2P, 0, I2P],
  ["i2p", "localhost", 80, "no host name"],
  ["cjdns", "fc32:17ea:e415:c3bf:9808:149d:b5a2:c9aa", 8333, "fc32:17ea:e415:c3bf:9808:149d:b5a2:c9aa"],
  ["cjdns", "::1", 8333, "not routable"],
  ["unknown", { id: 9, address: new Uint8Array(3) }, 8333, "network"],
  ["toString", "8.8.8.8", 8333, "network"],
];

for (const [network, value, port, expected] of CASES) {
  Deno.test(`targetOf() of ${network} ${JSON.stringify(value)} port ${port}: ${expected}`, () => {
    const target = targetOf(announced(network, value, port), everything);
    assertEquals(typeof target === "string" ? target : target.host, expected);
  });
}

Deno.test("targetOf() takes what is allowed, and only networks that were chosen", () => {
  const reach = { networks: new Set(["ipv4"]), allow: [parseSubnet("127.0.0.0/8")] };
  assertEquals(targetOf(announced("ipv4", "127.0.0.1"), reach), {
    network: "ipv4",
    host: "127.0.0.1",
    port: 8333,
  });
  assertEquals(targetOf(announced("ipv4", "10.0.0.1"), reach), "not routable");
  assertEquals(targetOf(announced("ipv6", "2a00::1"), reach), "network");
  assertEquals(targetOf({ timestamp: 1, services: 1n, port: 1, address: undefined }, reach), "network");
});
