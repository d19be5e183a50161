import { assert, assertEquals, assertThrows } from "@std/assert";
import type { GossipedAddress } from "./address.ts";
import { addressText } from "./address_text.ts";
import { decodeMessage, encodeMessage } from "./message.ts";

const TIME = "f15365";

function addrV1(address: string): string {
  return `01${TIME}01${"0900000000000000"}${address}208d`;
}

function addrV2(networkId: string, lengthAndBytes: string): string {
  return `01${TIME}0109${networkId}${lengthAndBytes}208d`;
}

function addressesOf(command: string, hex: string): GossipedAddress[] {
  const decoded = decodeMessage(command, Uint8Array.fromHex(hex));
  assert(decoded.ok && (decoded.message.type === "addr" || decoded.message.type === "addrv2"));
  assertEquals(decoded.trailingBytes, 0);
  assertEquals(encodeMessage(decoded.message).toHex(), hex);
  return Array.from(decoded.message.addresses ?? []);
}

const KEY = "79bcc625184b05194975c28b66b66b0469f7f6556fb1ac3189a79b40dda32f1f";

const TEXTS: readonly (readonly [command: string, hex: string, network: string, text: string])[] = [
  ["addr", addrV1("00000000000000000000ffffcb007107"), "ipv4", "203.0.113.7"],
  ["addr", addrV1("20010db8000000000000000000000007"), "ipv6", "2001:db8::7"],
  ["addr", addrV1("fd87d87eeb43000102030405060708090a0b".slice(0, 32)), "torv2", "aaaqeayeaudaocaj.onion"],
  ["addr", addrV1("fc000000000000000000000000000001"), "ipv6", "fc00::1"],
  ["addrv2", addrV2("01", "04cb007107"), "ipv4", "203.0.113.7"],
  ["addrv2", addrV2("02", "1020010db8000000000000000000000007"), "ipv6", "2001:db8::7"],
  ["addrv2", addrV2("03", "0a00010203040506070809"), "torv2", "aaaqeayeaudaocaj.onion"],
  ["addrv2", addrV2("04", `20${KEY}`), "torv3", "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pq.onion"],
  ["addrv2", addrV2("05", `20${KEY}`), "i2p", "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pq.b32.i2p"],
  [
    "addrv2",
    addrV2("06", "10fc3217eae415c3bf9808149db5a2c9aa"),
    "cjdns",
    "fc32:17ea:e415:c3bf:9808:149d:b5a2:c9aa",
  ],
  ["addrv2", addrV2("99", "02abab"), "unknown", "abab"],
  ["addrv2", addrV2("99", "00"), "unknown", ""],
  ["addrv2", addrV2("03", "02abab"), "unknown", "abab"],
];

for (const [command, hex, network, text] of TEXTS) {
  Deno.test(`decodeMessage() reads ${command} of network ${network} as "${text}" and writes it back`, () => {
    const [entry, ...more] = addressesOf(command, hex);
    assert(entry !== undefined);
    assertEquals(more, []);
    assertEquals([entry.address.network, addressText(entry.address)], [network, text]);
    assertEquals([entry.time, entry.services, entry.port], [0x016553f1, 9n, 8333]);
  });
}

const IPV6: readonly (readonly [string, string])[] = [
  ["00000000000000000000000000000000", "::"],
  ["00000000000000000000000000000001", "::1"],
  ["00010000000000000000000000000000", "1::"],
  ["20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"],
  ["20010db8000000000001000000000001", "2001:db8::1:0:0:1"],
  ["20010000000000010000000000000001", "2001:0:0:1::1"],
  ["20010db800aa00000000000000000abc", "2001:db8:aa::abc"],
  ["00000000000000000000000001020304", "::102:304"],
  ["00000000000000000000ffffcb007107", "::ffff:203.0.113.7"],
];

for (const [hex, text] of IPV6) {
  Deno.test(`addressText() writes IPv6 ${hex} as RFC 5952 has it, ${text}`, () => {
    assertEquals(addressText({ network: "ipv6", networkId: 2, bytes: Uint8Array.fromHex(hex) }), text);
  });
}

Deno.test("decodeMessage() reads an addrv2 without any byte, and knows it from one without entries", () => {
  for (const hex of ["", "00"]) {
    const decoded = decodeMessage("addrv2", Uint8Array.fromHex(hex));
    assert(decoded.ok && decoded.message.type === "addrv2");
    assertEquals(decoded.message.addresses === undefined, hex === "");
    assertEquals(encodeMessage(decoded.message).toHex(), hex);
  }
});

Deno.test("decodeMessage() rejects an addrv2 address longer than 512 bytes, and takes one of 512", () => {
  const entry = (length: number, hex: string) => addrV2("99", `fd${hex}${"ab".repeat(length)}`);
  assertEquals(addressesOf("addrv2", entry(512, "0002"))[0]?.address.bytes.length, 512);
  assertEquals(decodeMessage("addrv2", Uint8Array.fromHex(entry(513, "0102"))), {
    ok: false,
    reason: "too-long",
    offset: 7,
  });
});

Deno.test("decodeMessage() rejects addresses of known networks with a wrong length", () => {
  for (const [networkId, length] of [["01", 5], ["02", 4], ["04", 10], ["05", 31], ["06", 15]] as const) {
    const hex = addrV2(networkId, length.toString(16).padStart(2, "0") + "ab".repeat(length));
    assertEquals(decodeMessage("addrv2", Uint8Array.fromHex(hex)), {
      ok: false,
      reason: "bad-length",
      offset: 7,
    });
  }
});

Deno.test("decodeMessage() keeps all 64 bits of the services in an addrv2", () => {
  const hex = `01${TIME}01ffffffffffffffffff99000000`;
  assertEquals(addressesOf("addrv2", hex)[0]?.services, 0xffff_ffff_ffff_ffffn);
});

Deno.test("encodeMessage() rejects an address that the old form cannot hold", () => {
  const address = { network: "i2p", networkId: 5, bytes: new Uint8Array(32) } as const;
  const addresses = [{ time: 0, services: 0n, address, port: 0 }];
  assertThrows(() => encodeMessage({ type: "addr", addresses }), RangeError, 'network "i2p"');
});
