import { assertEquals } from "@std/assert";
import { contains, parseSubnet } from "./subnet.ts";
import { SubnetSet } from "./subnet_set.ts";

Deno.test("SubnetSet knows first and last address of each subnet, and neither neighbour", () => {
  const set = new SubnetSet(
    ["203.0.113.64/26", "198.51.100.7", "2001:db8:4::/48", "0.0.0.0/8"].map(parseSubnet),
  );
  const cases: [string, boolean][] = [
    ["203.0.113.63", false],
    ["203.0.113.64", true],
    ["203.0.113.127", true],
    ["203.0.113.128", false],
    ["198.51.100.6", false],
    ["198.51.100.7", true],
    ["198.51.100.8", false],
    ["0.0.0.0", true],
    ["1.0.0.0", false],
    ["::ffff:203.0.113.64", true],
    ["2001:db8:3:ffff:ffff:ffff:ffff:ffff", false],
    ["2001:db8:4::", true],
    ["2001:db8:4:ffff:ffff:ffff:ffff:ffff", true],
    ["2001:db8:5::", false],
    ["abcdefgh.onion", false],
    ["", false],
  ];
  for (const [address, expected] of cases) assertEquals(set.has(address), expected, address);
});

Deno.test("SubnetSet takes subnets that lie in each other, come twice or have bits behind the prefix", () => {
  const set = new SubnetSet(["10.9.8.7/8", "10.1.0.0/16", "10.0.0.0/8", "10.255.255.255"].map(parseSubnet));
  assertEquals(set.size, 1);
  assertEquals(
    ["9.255.255.255", "10.0.0.0", "10.1.0.0", "10.255.255.255", "11.0.0.0"].map((ip) => set.has(ip)),
    [
      false,
      true,
      true,
      true,
      false,
    ],
  );
  assertEquals(new SubnetSet([parseSubnet("0.0.0.0/0")]).has("255.1.2.3"), true);
  assertEquals(new SubnetSet([]).has("1.2.3.4"), false);
});

Deno.test("SubnetSet agrees with asking every subnet in turn", () => {
  // A fixed linear congruential generator: the same subnets in every run.
  let state = 1;
  const below = (n: number) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % n;
  const ip = () => `${below(4)}.${below(4) * 85}.${below(256)}.${below(256)}`;
  const subnets = Array.from({ length: 300 }, () => parseSubnet(`${ip()}/${12 + below(21)}`));
  const set = new SubnetSet(subnets);
  for (let i = 0; i < 5000; i++) {
    const address = ip();
    assertEquals(set.has(address), contains(subnets, address), address);
  }
});
