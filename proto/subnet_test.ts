import { assert, assertEquals, assertThrows } from "@std/assert";
import { contains, parseIp, parseSubnet } from "./subnet.ts";

const CASES: [subnet: string, inside: string[], outside: string[]][] = [
  ["127.0.0.0/8", ["127.0.0.1", "127.255.255.255", "::ffff:127.0.0.1"], ["128.0.0.1", "::1", "::127.0.0.1"]],
  ["127.0.0.1", ["127.0.0.1"], ["127.0.0.2"]],
  ["10.1.2.3/12", ["10.0.0.1", "10.15.0.0"], ["10.16.0.0", "11.0.0.0"]],
  ["0.0.0.0/0", ["1.2.3.4", "255.255.255.255"], ["::1"]],
  ["192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127"]],
  ["::1", ["::1", "0:0:0:0:0:0:0:1", "::0.0.0.1"], ["::2", "127.0.0.1"]],
  ["fd00::/8", ["fd12::", "fdff:1:2:3:4:5:6:7"], ["fc00::1", "fe80::1"]],
  ["fe80::/10", ["fe80::1%eth0", "febf::"], ["fec0::"]],
  ["::ffff:10.0.0.0/104", ["10.9.9.9", "::ffff:a00:1"], ["11.0.0.0"]],
  ["2001:db8::1:0:0:1/128", ["2001:db8:0:0:1:0:0:1"], ["2001:db8::1"]],
  ["::/0", ["::", "fe80::1"], ["1.2.3.4"]],
];

for (const [subnet, inside, outside] of CASES) {
  Deno.test(`contains() of ${subnet}`, () => {
    const subnets = [parseSubnet(subnet)];
    for (const address of inside) assert(contains(subnets, address), address);
    for (const address of outside) assert(!contains(subnets, address), address);
  });
}

Deno.test("contains() looks at every subnet, and knows no names", () => {
  const subnets = ["10.0.0.0/8", "::1"].map(parseSubnet);
  assertEquals(["10.1.1.1", "::1", "localhost", ""].map((address) => contains(subnets, address)), [
    true,
    true,
    false,
    false,
  ]);
});

Deno.test("parseSubnet() refuses what is neither an address nor a subnet", () => {
  for (
    const text of [
      "",
      "localhost",
      "1.2.3",
      "1.2.3.256",
      "01.2.3.4",
      "1.2.3.4/33",
      "1.2.3.4/-1",
      "1.2.3.4/",
      "1.2.3.4/8/8",
      "::1/129",
      ":::",
      "1::2::3",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7::8",
      "12345::",
      "1.2.3.4::",
      "::ffff:10.0.0.0/80",
    ]
  ) assertThrows(() => parseSubnet(text), SyntaxError, "expected");
});

Deno.test("parseIp() reads every form of an IPv6 address", () => {
  for (
    const text of [
      "2001:db8::102:304",
      "2001:0DB8:0:0:0:0:1.2.3.4",
      "2001:db8:0::0:102:304",
      "2001:db8::1.2.3.4",
    ]
  ) {
    assertEquals(parseIp(text)?.toHex(), "20010db8000000000000000001020304", text);
  }
});
