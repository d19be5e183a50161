import { assertEquals } from "@std/assert";
import { bytes, count, duration, milliseconds, percent, rate, short, shortHash } from "./format.ts";

/** Thin spaces as ordinary ones. */
const plain = (text: string) => text.replaceAll("\u202f", " ");

for (
  const [format, cases] of [
    [count, [[undefined, "–"], [0, "0"], [1234567.4, "1 234 567"], [NaN, "–"]]],
    [short, [[99_999, "99 999"], [123_456, "123 k"], [1_230_000, "1.23 M"], [4.56e9, "4.56 G"]]],
    [bytes, [[0, "0 B"], [999, "999 B"], [1500, "1.5 kB"], [12_345_678, "12.3 MB"], [7e11, "700 GB"]]],
    [rate, [[0, "0 /s"], [0.034, "0.03 /s"], [3.21, "3.2 /s"], [1234, "1 234 /s"]]],
    [
      duration,
      [[0.4, "0 s"], [42, "42 s"], [192, "3 min 12 s"], [3600, "1 h"], [18_120, "5 h 2 min"], [
        1_234_567,
        "14 d 6 h",
      ]],
    ],
    [milliseconds, [[0.44, "0.44 ms"], [12.3, "12 ms"], [1234, "1.23 s"]]],
    [percent, [[0, "0 %"], [0.0001, "< 0.1 %"], [0.034, "3.4 %"], [0.5, "50 %"], [1, "100 %"]]],
  ] as const
) {
  Deno.test(`${format.name}() writes numbers as people read them`, () => {
    for (const [value, text] of cases) assertEquals(plain(format(value)), text);
  });
}

Deno.test("shortHash() keeps both ends", () => {
  assertEquals(shortHash("0123456789abcdef0123456789abcdef"), "01234567…89abcdef");
});
