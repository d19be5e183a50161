import { assertEquals, assertThrows } from "@std/assert";
import { makeMatcher, parsePlace } from "./place.ts";

const ONION = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion";
const I2P = "ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p";

// Ranges: RFC 4632 (CIDR), RFC 4291 (IPv6 texts, mapped addresses), BIP155 (CJDNS is fc00::/8).
const MATCHES: readonly (readonly [place: string, addr: string, matches: boolean])[] = [
  ["203.0.113.7", "203.0.113.7:8333", true],
  ["203.0.113.7", "203.0.113.70:8333", false],
  ["203.0.113.7", "203.0.113.7", true],
  ["203.0.113.0/24", "203.0.113.255:1", true],
  ["203.0.113.0/24", "203.0.112.255:1", false],
  ["203.0.113.0/24", "203.0.114.0:1", false],
  ["203.0.113.77/24", "203.0.113.1:1", true],
  ["203.0.113.128/25", "203.0.113.127:1", false],
  ["255.255.255.255/32", "255.255.255.255:1", true],
  ["0.0.0.0/0", "9.8.7.6:1", true],
  ["0.0.0.0/0", "[2001:db8::1]:1", false],
  ["0.0.0.0/0", `${ONION}:8333`, false],
  ["2001:db8::/32", "[2001:db8:ffff::1]:8333", true],
  ["2001:db8::/32", "[2001:db9::1]:8333", false],
  ["2001:DB8::1", "[2001:db8:0:0::1]:8333", true],
  ["[2001:db8::1]", "[2001:db8::1]:8333", true],
  ["::/0", "[::]:1", true],
  ["::/0", "203.0.113.7:8333", false],
  ["fe80::/10", "[fe80::1%eth0]:8333", true],
  ["fc00::/8", "[fc32:17ea:e415:c3bf:9808:149d:b5a2:c9aa]:8333", true],
  ["::ffff:203.0.113.0/120", "203.0.113.7:8333", true],
  ["::ffff:203.0.113.0/120", "203.0.114.7:8333", false],
  ["203.0.113.0/24", "[::ffff:203.0.113.7]:8333", true],
  [ONION, `${ONION}:8333`, true],
  [ONION.toUpperCase(), `${ONION}:8333`, true],
  [ONION, `a${ONION}:8333`, false],
  [I2P, `${I2P}:0`, true],
  [I2P, "203.0.113.7:8333", false],
  ["203.0.113.7", "", false],
  ["203.0.113.7", "not an address at all", false],
  ["2001:db8::", "[2001:db8::xyz]:8333", false],
];

for (const [place, addr, matches] of MATCHES) {
  Deno.test(`makeMatcher() says that "${place}" ${matches ? "holds" : "does not hold"} "${addr}"`, () => {
    const matcher = makeMatcher([parsePlace(place)]);
    assertEquals(matcher(addr), matches);
    assertEquals(matcher(addr), matches, "also when asked again");
  });
}

Deno.test("makeMatcher() takes an address that belongs to any of several places", () => {
  const matches = makeMatcher([parsePlace("10.0.0.0/8"), parsePlace(ONION)]);
  assertEquals(["10.1.2.3:1", `${ONION}:1`, "11.0.0.0:1"].map(matches), [true, true, false]);
});

Deno.test("makeMatcher() answers rightly after more addresses than it remembers", () => {
  const matches = makeMatcher([parsePlace("10.0.0.0/16")]);
  for (let i = 0; i < 30_000; i++) assertEquals(matches(`10.${i >> 8}.${i & 255}.1:8333`), i < 256, `${i}`);
});

const NO_PLACES = [
  "",
  "203.0.113.7:8333",
  "[2001:db8::1]:8333",
  "203.0.113",
  "203.0.113.256",
  "203.0.113.07",
  "203.0.113.7/33",
  "203.0.113.7/-1",
  "203.0.113.7/",
  "203.0.113.7/8/8",
  "2001:db8::/129",
  "2001:db8",
  "1:2:3:4:5:6:7:8:9",
  "1:2:3:4:5:6:7:8::",
  "1::2::3",
  "12345::",
  "::ffff:1.2.3.4/95",
  "1.2.3.4::",
  "2001:db8::xyz",
  "xyz::1",
  "2001:db8:::1",
  "example.com",
  ".onion",
  "a b.onion",
];

for (const text of NO_PLACES) {
  Deno.test(`parsePlace() refuses "${text}"`, () => {
    assertThrows(() => parsePlace(text), SyntaxError, `not "${text}"`);
  });
}
