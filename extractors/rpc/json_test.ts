import { assertEquals, assertThrows } from "@std/assert";
import { noNotes } from "./_recorded.ts";
import { Fields, parseJson, toFields, toSatoshi, toSatPerVb } from "./json.ts";

const MAX_MONEY = 21_000_000n * 100_000_000n;

/** As Core prints amounts (core_io, ValueFromAmount). */
function bitcoinText(satoshi: bigint): string {
  return `${satoshi / 100_000_000n}.${String(satoshi % 100_000_000n).padStart(8, "0")}`;
}

Deno.test("toSatoshi() is exact for amounts all over the range, in decimals and in exponent form", () => {
  let satoshi = 1n;
  for (let i = 0; i < 200_000; i++) {
    const text = bitcoinText(satoshi);
    assertEquals(BigInt(toSatoshi(JSON.parse(text))), satoshi);
    assertEquals(BigInt(toSatoshi(JSON.parse(`${satoshi}e-8`))), satoshi);
    // A multiplicative walk that visits every magnitude again and again.
    satoshi = (satoshi * 6364136223846793005n + 1442695040888963407n) % (MAX_MONEY + 1n) >> BigInt(i % 50);
  }
  assertEquals(BigInt(toSatoshi(JSON.parse(bitcoinText(MAX_MONEY)))), MAX_MONEY);
});

Deno.test("toSatPerVb() gives the double nearest to the decimal", () => {
  assertEquals([1e-8, 0.000001, 0.00001, 0.00001001, 0.00123456, 0.1].map(toSatPerVb), [
    0.001,
    0.1,
    1,
    1.001,
    123.456,
    10000,
  ]);
});

Deno.test("parseJson() leaves alone what only looks like service bits", () => {
  const texts = [
    '{"services":"0000000000000409"}',
    '{"services":9}',
    '{"subver":"\\"services\\":1234567890123456789,"}',
    '{"services":12345678901234567890.5}',
    '{"services":1234567890123456789e2}',
    '["services",1234567890123456789]',
  ];
  for (const text of texts) assertEquals(parseJson(text), JSON.parse(text));
});

Deno.test("parseJson() quotes wide service bits whatever the white space, and nothing that would not parse", () => {
  assertEquals(parseJson('{"services" : 1}'), { services: 1 });
  assertEquals(parseJson('{"services":  9007199254740993 }'), { services: "9007199254740993" });
  assertThrows(() => parseJson('{"services":18446744073709551615'), SyntaxError);
});

Deno.test("parseJson() survives deep nesting and numbers beyond measure", () => {
  assertEquals(parseJson("1e999"), Infinity);
  const depth = 1_000_000;
  let nested = parseJson("[".repeat(depth) + "]".repeat(depth));
  for (let i = 1; i < depth; i++) nested = (nested as unknown[])[0];
  assertEquals(nested, []);
});

Deno.test("Fields takes whole numbers within the bounds of their field and notes others", () => {
  const read = (value: unknown) => {
    const notes: string[] = [];
    const fields = new Fields({ n: value }, (path) => notes.push(path), "a.");
    const values = [fields.uint32("n"), fields.int32("n"), fields.unsigned("n"), fields.signed("n")];
    return [...values, notes.length];
  };
  assertEquals(read(4294967295), [4294967295, 0, 4294967295, 4294967295, 1]);
  assertEquals(read(-2147483648), [0, -2147483648, 0, -2147483648, 2]);
  assertEquals(read(2 ** 62), [0, 0, 2 ** 62, 2 ** 62, 2]);
  assertEquals(read(1.5), [0, 0, 0, 0, 4]);
  assertEquals(read(1e300), [0, 0, 0, 0, 4]);
  assertEquals(read("1"), [0, 0, 0, 0, 4]);
  assertEquals(read(null), [0, 0, 0, 0, 0]);
});

Deno.test("toFields() says what it got instead of an object", () => {
  assertThrows(() => toFields(undefined, noNotes), TypeError, "expected an object, got a undefined");
  assertThrows(() => toFields([], noNotes), TypeError, "expected an object, got a list");
});
