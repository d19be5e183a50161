import { assert, assertEquals } from "@std/assert";
import { type Decoded, decodeMessage, encodeMessage, KNOWN_COMMANDS, type Message } from "./message.ts";

function decode(command: string, hex: string): Decoded {
  return decodeMessage(command, Uint8Array.fromHex(hex.replaceAll(" ", "")));
}

function messageOf(command: string, hex: string): Message {
  const decoded = decode(command, hex);
  assert(decoded.ok);
  assertEquals(encodeMessage(decoded.message).toHex(), hex.replaceAll(" ", ""));
  return decoded.message;
}

const HASH = "ab".repeat(32);
const ENDPOINT = "0900000000000000 00000000000000000000ffff7f000001 3380";
const RECEIVER = `81110100 0904000000000000 e1a1006b00000000 ${ENDPOINT}`;

Deno.test("decodeMessage() reads a version that ends behind any of its historic parts", () => {
  const parts = [RECEIVER, `${ENDPOINT} 462a53633ad72755`, "03 2f612f", "ffffffff", "01"];
  const names = ["receiver", "nonce", "userAgent", "startHeight", "relay"];
  for (let count = 1; count <= parts.length; count++) {
    const message = messageOf("version", parts.slice(0, count).join(""));
    assertEquals(names.filter((name) => name in message), names.slice(0, count));
  }
  const whole = messageOf("version", parts.join(""));
  assert(whole.type === "version");
  assertEquals([whole.version, whole.services, whole.timestamp], [70017, 1033n, 0x6b00a1e1n]);
  assertEquals([whole.userAgent, whole.startHeight, whole.relay], ["/a/", -1, true]);
});

Deno.test("decodeMessage() rejects a version that ends inside a part", () => {
  const whole = `${RECEIVER}${ENDPOINT}462a53633ad72755032f612fffffffff`.replaceAll(" ", "");
  const partEnds = [46, 80, 84, 88];
  for (let length = 0; length <= whole.length / 2; length++) {
    assertEquals(decode("version", whole.slice(0, length * 2)).ok, partEnds.includes(length));
  }
});

Deno.test("decodeMessage() takes a user agent of 256 bytes, like Core, and rejects a longer one", () => {
  const before = `${RECEIVER}${ENDPOINT}462a53633ad72755`;
  assertEquals(decode("version", `${before}fd0001${"61".repeat(256)}`).ok, true);
  const longer = decode("version", `${before}fd0101${"61".repeat(257)}`);
  assertEquals(longer, { ok: false, reason: "too-long", offset: 80 });
});

Deno.test("decodeMessage() rejects text that is not UTF-8", () => {
  const decoded = decode("version", `${RECEIVER}${ENDPOINT}462a53633ad7275501ff`);
  assertEquals(decoded, { ok: false, reason: "not-utf8", offset: 80 });
  assertEquals(decode("reject", "01ff 10 00"), { ok: false, reason: "not-utf8", offset: 0 });
});

Deno.test("decodeMessage() reads a ping without nonce, and rejects one with half of it", () => {
  assertEquals(messageOf("ping", ""), { type: "ping" });
  assertEquals(messageOf("ping", "ffffffffffffffff"), { type: "ping", nonce: 0xffff_ffff_ffff_ffffn });
  assertEquals(decode("ping", "01020304"), { ok: false, reason: "truncated", offset: 0 });
  assertEquals(decode("pong", ""), { ok: false, reason: "truncated", offset: 0 });
});

Deno.test("decodeMessage() reads a fee rate with its sign, as Core does", () => {
  assertEquals(messageOf("feefilter", "ffffffffffffffff"), { type: "feefilter", feeRate: -1n });
});

Deno.test("decodeMessage() reports a bool that is neither 0 nor 1", () => {
  const decoded = decode("sendcmpct", "02 0200000000000000");
  assert(decoded.ok && decoded.message.type === "sendcmpct");
  assertEquals([decoded.message.announce, decoded.nonCanonical], [true, true]);
});

Deno.test("decodeMessage() reports sizes that are longer than needed", () => {
  for (
    const hex of ["fd0000", "fdfc00", "fe00000000", "fe00ff0000", "ff0000000000000000", "ffffffffff00000000"]
  ) {
    const decoded = decode("inv", hex);
    // Those with a value above 0 announce what is not there.
    assertEquals(
      decoded.ok ? decoded.nonCanonical : decoded.reason,
      /[1-9a-f]/.test(hex.slice(2)) ? "truncated" : true,
    );
  }
});

Deno.test("decodeMessage() reports bytes behind the message", () => {
  for (const [command, hex] of [["verack", ""], ["pong", "00".repeat(8)], ["inv", "00"]] as const) {
    const decoded = decode(command, `${hex}aabbcc`);
    assert(decoded.ok);
    assertEquals(decoded.trailingBytes, 3);
  }
});

Deno.test("decodeMessage() gives the bytes of commands it does not know, whatever their name", () => {
  for (const command of ["", "unknown", "constructor", "__proto__", "toString", "PING"]) {
    const payload = Uint8Array.of(1, 2);
    assertEquals(decodeMessage(command, payload), {
      ok: true,
      message: { type: "unknown", command, payload },
      trailingBytes: 0,
      nonCanonical: false,
    });
  }
});

Deno.test("decodeMessage() never throws on an empty or short payload of any command", () => {
  for (const command of KNOWN_COMMANDS) {
    for (let length = 0; length < 200; length++) {
      for (const byte of [0x00, 0x01, 0xfd, 0xff]) decodeMessage(command, new Uint8Array(length).fill(byte));
    }
  }
});

Deno.test("decodeMessage() reads from a view into a larger buffer", () => {
  const buffer = Uint8Array.fromHex(`aabb 0700000000000000 cc`.replaceAll(" ", ""));
  assertEquals(decodeMessage("pong", buffer.subarray(2, 10)), {
    ok: true,
    message: { type: "pong", nonce: 7n },
    trailingBytes: 0,
    nonCanonical: false,
  });
});

const HEADER = "00000030".padEnd(160, "11");

const WRITTEN_BACK: readonly (readonly [command: string, hex: string])[] = [
  ["alert", "010203"],
  ["reject", `027478 10 03626164 ${HASH}`],
  ["reject", "027478 10 00"],
  ["sendtxrcncl", "01000000 0200000000000000"],
  ["feature", "06626970343334 02 abcd"],
  ["cfheaders", `00 ${HASH} ${HASH} 02 ${HASH} ${HASH}`],
  ["getblocktxn", `${HASH} 03 00 00 fdff00`],
  ["cmpctblock", `${HEADER} 0100000000000000 01 010203040506 01 00 02000000000000000000`],
  ["headers", `02 ${HEADER} 00 ${HEADER} 00`],
];

for (const [command, hex] of WRITTEN_BACK) {
  Deno.test(`encodeMessage() writes ${command} of ${hex.replaceAll(" ", "").length / 2} bytes as it was read`, () => {
    const decoded = decode(command, hex);
    assert(decoded.ok);
    assertEquals([decoded.trailingBytes, decoded.nonCanonical], [0, false]);
    messageOf(command, hex);
  });
}

Deno.test("decodeMessage() makes the indexes of a getblocktxn absolute", () => {
  const message = messageOf("getblocktxn", `${HASH} 03 00 00 fdff00`);
  assert(message.type === "getblocktxn");
  assertEquals(message.indexes, [0, 1, 257]);
});

Deno.test("decodeMessage() rejects indexes beyond 16 bits, like Core", () => {
  assertEquals(decode("getblocktxn", `${HASH} 01 fdffff`).ok, true);
  assertEquals(decode("getblocktxn", `${HASH} 02 fdffff 00`), {
    ok: false,
    reason: "index-overflow",
    offset: 36,
  });
  const block = `${HEADER} 0000000000000000 00 01 fe00000100 02000000000000000000`;
  assertEquals(decode("cmpctblock", block), { ok: false, reason: "index-overflow", offset: 90 });
});

Deno.test("decodeMessage() keeps to the lengths of BIP434", () => {
  assertEquals(decode("feature", "03616263 00"), { ok: false, reason: "bad-length", offset: 0 });
  assertEquals(decode("feature", "fd0300616263 00"), { ok: false, reason: "bad-length", offset: 0 });
  assertEquals(decode("feature", `51${"61".repeat(81)}00`), { ok: false, reason: "too-long", offset: 0 });
  assertEquals(decode("feature", `0461626364fd0102${"00".repeat(513)}`), {
    ok: false,
    reason: "too-long",
    offset: 5,
  });
  assertEquals(decode("feature", `0461626364fd0002${"00".repeat(512)}`).ok, true);
});

Deno.test("decodeMessage() reads headers with a number of transactions, like Core, and reports it", () => {
  const decoded = decode("headers", `01 ${HEADER} 05`);
  assert(decoded.ok && decoded.message.type === "headers");
  assertEquals([decoded.message.headers.length, decoded.nonCanonical], [1, true]);
});

Deno.test("a decoded list offers its elements like an array", () => {
  const decoded = decode("inv", `02 01000000 ${HASH} 05000000 ${"cd".repeat(32)}`);
  assert(decoded.ok && decoded.message.type === "inv");
  const { items } = decoded.message;
  assertEquals([items.at(0)?.type, items.at(-1)?.type, items.at(2), items.at(-3)], [
    1,
    5,
    undefined,
    undefined,
  ]);
  assertEquals(Array.from(items, ({ type }) => type), [1, 5]);
});
