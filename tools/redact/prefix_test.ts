import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseIp } from "../../proto/subnet.ts";
import { PrefixCipher } from "./prefix.ts";

// draft-denis-ipcrypt, test vectors of ipcrypt-pfx.
const VECTORS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  "0123456789abcdeffedcba98765432101032547698badcfeefcdab8967452301": [
    ["0.0.0.0", "151.82.155.134"],
    ["255.255.255.255", "94.185.169.89"],
    ["192.0.2.1", "100.115.72.131"],
    ["2001:db8::1", "c180:5dd4:2587:3524:30ab:fa65:6ab6:f88"],
  ],
  "2b7e151628aed2a6abf7158809cf4f3ca9f5ba40db214c3798f2e1c23456789a": [
    ["10.0.0.47", "19.214.210.244"],
    ["10.0.0.129", "19.214.210.80"],
    ["10.0.0.234", "19.214.210.30"],
    ["172.16.5.193", "210.78.229.136"],
    ["172.16.97.42", "210.78.179.241"],
    ["172.16.248.177", "210.78.121.215"],
    ["2001:db8::a5c9:4e2f:bb91:5a7d", "7cec:702c:1243:f70:1956:125:b9bd:1aba"],
    ["2001:db8::7234:d8f1:3c6e:9a52", "7cec:702c:1243:f70:a3ef:c8e:95c1:cd0d"],
    ["2001:db8::f1e0:937b:26d4:8c1a", "7cec:702c:1243:f70:443c:c8e:6a62:b64d"],
    ["2001:db8:3a5c:0:e7d1:4b9f:2c8a:f673", "7cec:702c:3503:bef:e616:96bd:be33:a9b9"],
    ["2001:db8:9f27:0:b4e2:7a3d:5f91:c8e6", "7cec:702c:a504:b74e:194a:3d90:b047:2d1a"],
    ["2001:db8:d8b4:0:193c:a5e7:8b2f:46d1", "7cec:702c:f840:aa67:1b8:e84f:ac9d:77fb"],
  ],
};

for (const [key, pairs] of Object.entries(VECTORS)) {
  for (const [address, pseudonym] of pairs) {
    Deno.test(`PrefixCipher gives ${pseudonym} for ${address}, as the draft has it`, () => {
      const cipher = new PrefixCipher(Uint8Array.fromHex(key));
      assertEquals(cipher.encrypt(parseIp(address)!), parseIp(pseudonym)!);
    });
  }
}

Deno.test("PrefixCipher keeps exactly the length of the common prefix", () => {
  const cipher = new PrefixCipher(crypto.getRandomValues(new Uint8Array(32)));
  for (const length of [4, 16]) {
    const address = crypto.getRandomValues(new Uint8Array(length));
    for (let bit = 0; bit < length * 8; bit++) {
      const other = address.slice();
      other[bit >> 3]! ^= 0x80 >> (bit & 7);
      assertEquals(commonBits(cipher.encrypt(address), cipher.encrypt(other)), bit);
    }
  }
});

Deno.test("PrefixCipher refuses a key that would encrypt nothing", () => {
  assertThrows(() => new PrefixCipher(new Uint8Array(32)), RangeError, "different halves");
  assertThrows(() => new PrefixCipher(new Uint8Array(16)), RangeError, "32 bytes");
});

function commonBits(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  assert(at >= 0);
  return at * 8 + Math.clz32(a[at]! ^ b[at]!) - 24;
}
