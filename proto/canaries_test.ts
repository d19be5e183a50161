import { assert, assertEquals } from "@std/assert";
import { base128 } from "./golden/assemble.ts";
import { CanaryScan } from "./canaries.ts";

const TEXT = "hive-17.example.org";
const IPV4 = "81.187.93.204";
const IPV6 = "2a02:8071:b5c3:1d00:6e94:a1ff:fe2b:77d9";
/** Its bytes 96, 80 and 9f are letters and signs in windows-1252, and none of these in Latin-1. */
const IPV6_HIGH = "2a02:8071:9680:9f00:6e94:a1ff:fe2b:77d9";
const KEY = "sdfgw7qk3nrxbvyt2pmzlc5hjoaeiu46sdfgw7qk3nrxbvyt2pmz";
const ONION = `${KEY}abcd.onion`;
const I2P = `${KEY}.b32.i2p`;
const CJDNS = "fc93:71d2:5b0e:c4a8:1f66:e027:9d3b:480c";
const HASH = "8f3a1c5e7b9d2f4a6c8e0b1d3f5a7c9e1b3d5f7a9c0e2d4f6b8a1c3e5d7f9b0a";
const NUMBER = "734829105566";

// Everything here is written without the searcher: by the platform, or by hand.
const raw = (text: string) => new TextEncoder().encode(text);
const reversed = (bytes: Uint8Array) => Uint8Array.from([...bytes].reverse());
const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));
const prefixed = (bytes: Uint8Array, by: number) =>
  Uint8Array.from([...[0xab, 0xcd].slice(0, by), ...bytes, 0xef, 0x01]);
const utf16 = (text: string, little: boolean) => {
  const view = new DataView(new ArrayBuffer(2 * text.length));
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), little);
  return new Uint8Array(view.buffer);
};
function base32(text: string): Uint8Array {
  const bits = [...text].map((c) =>
    "abcdefghijklmnopqrstuvwxyz234567".indexOf(c).toString(2).padStart(5, "0")
  );
  return Uint8Array.from(bits.join("").match(/.{8}/g)!, (byte) => parseInt(byte, 2));
}
const ipv4 = Uint8Array.from(IPV4.split("."), Number);
const ipv6 = (text: string) =>
  Uint8Array.from(text.replaceAll(":", "").match(/../g)!, (b) => parseInt(b, 16));

const PACKED: readonly (readonly [string, string, Uint8Array])[] = [
  ["IPv4", IPV4, ipv4],
  ["IPv4 with a port", `${IPV4}:8333`, ipv4],
  ["IPv4 in IPv6", IPV4, ipv6("0000:0000:0000:0000:0000:ffff:51bb:5dcc")],
  ["IPv6", IPV6, ipv6("2a02:8071:b5c3:1d00:6e94:a1ff:fe2b:77d9")],
  ["IPv6 of bytes from 80 to 9f", IPV6_HIGH, ipv6(IPV6_HIGH)],
  ["IPv6 with a port", `[${IPV6}]:8333`, ipv6("2a02:8071:b5c3:1d00:6e94:a1ff:fe2b:77d9")],
  ["CJDNS", CJDNS, ipv6(CJDNS)],
  ["an onion's key", ONION, base32(KEY)],
  ["an onion's key without checksum", `${KEY}.onion`, base32(KEY)],
  ["an I2P key", I2P, base32(KEY)],
  ["a hash", HASH, Uint8Array.from(HASH.match(/../g)!, (byte) => parseInt(byte, 16))],
  ["a number", NUMBER, ipv6(Number(NUMBER).toString(16).padStart(12, "0"))],
];

const FORMS: readonly (readonly [string, string, Uint8Array])[] = [
  ...[TEXT, IPV4, IPV6, ONION, I2P, CJDNS, HASH].flatMap((text) => [
    ["raw", text, raw(text)] as const,
    ["upper case", text, raw(text.toUpperCase())] as const,
    ["reversed", text, reversed(raw(text))] as const,
    ["hex", text, raw(hex(raw(text)))] as const,
    ["upper-case hex", text, raw(hex(raw(text)).toUpperCase())] as const,
    ["reversed hex", text, reversed(raw(hex(raw(text))))] as const,
    ["UTF-16LE", text, utf16(text, true)] as const,
    ["UTF-16BE", text, utf16(text, false)] as const,
    ...[0, 1, 2].map((by) => [`base64 at ${by}`, text, raw(base64(prefixed(raw(text), by)))] as const),
  ]),
  ...PACKED.flatMap(([what, text, bytes]) => [
    [`${what}, packed`, text, bytes] as const,
    [`${what}, packed and reversed`, text, reversed(bytes)] as const,
    [`${what}, packed in hex`, text, raw(hex(bytes))] as const,
    [`${what}, packed and reversed in hex`, text, raw(hex(reversed(bytes)))] as const,
    ...[0, 1, 2].map((by) =>
      [`${what}, packed in base64 at ${by}`, text, raw(base64(prefixed(bytes, by)))] as const
    ),
  ]),
  [
    "the URL form of base64",
    "\xff\xfb>?>?\xfe\xff",
    raw(base64(raw("\xff\xfb>?>?\xfe\xff")).replaceAll("+", "-").replaceAll("/", "_")),
  ],
  ["a number as protobuf writes it", NUMBER, base128(BigInt(NUMBER))],
  ["IPv4 as protobuf writes it", IPV4, base128(0x51bb5dccn)],
];

function around(bytes: Uint8Array): Uint8Array {
  const noise = crypto.getRandomValues(new Uint8Array(900)).map((byte) => byte & 3);
  noise.set(bytes, 333);
  return noise;
}

for (const [what, canary, bytes] of FORMS) {
  Deno.test(`CanaryScan finds ${what} of ${JSON.stringify(canary).slice(0, 30)}`, () => {
    const found = new CanaryScan(["something-else", canary]).find(around(bytes));
    assert(found?.startsWith("canary 2 as "), found);
  });
}

Deno.test("CanaryScan finds nothing where nothing is, and says nothing of the secret where it is", () => {
  const scan = new CanaryScan([TEXT, IPV4, IPV6, ONION, I2P, CJDNS, HASH, NUMBER]);
  for (let i = 0; i < 200; i++) {
    assertEquals(scan.find(crypto.getRandomValues(new Uint8Array(4096))), undefined);
  }
  assertEquals(scan.find(around(raw(TEXT))), "canary 1 as text");
});

Deno.test("CanaryScan does not take padding for an address of zeros", () => {
  const scan = new CanaryScan(["0.0.0.0", "::", "::1", "", "a", "ab", "1.1.1.1"]);
  assertEquals(scan.find(new Uint8Array(4096)), undefined);
  assertEquals(scan.find(around(raw("1.1.1.1"))), "canary 7 as text");
});

Deno.test("CanaryScan leaves out forms that are shorter than asked for, and names the one that it found", () => {
  const scan = new CanaryScan(["a-name", IPV4], { shortest: 7 });
  assertEquals(scan.hit(around(ipv4)), undefined);
  assertEquals(scan.hit(around(raw(IPV4))), { position: 1, form: "text" });
});
