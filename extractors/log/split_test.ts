import { assertEquals } from "@std/assert";
import { recordedLines, recordedLog } from "./_recorded.ts";
import { LineSplitter, MAX_LINE_BYTES } from "./split.ts";

type Split = [text: string, bytes: number, cut: boolean][];

function split(bytes: Uint8Array, chunk = bytes.length): Split {
  const lines: Split = [];
  const splitter = new LineSplitter((...line) => lines.push(line));
  for (let at = 0; at < bytes.length; at += chunk) splitter.push(bytes.subarray(at, at + chunk));
  splitter.finish();
  return lines;
}

function bytesOf(...parts: (string | number[])[]): Uint8Array {
  const encoder = new TextEncoder();
  return Uint8Array.from(
    parts.flatMap((part) => typeof part === "string" ? [...encoder.encode(part)] : part),
  );
}

Deno.test("LineSplitter gives the lines of a recorded log, in whatever chunks it comes", () => {
  const bytes = recordedLog("core-31");
  const expected = recordedLines("core-31");
  for (const chunk of [bytes.length, 100_000, 4096, 77, 1]) {
    assertEquals(split(bytes, chunk).map(([text]) => text), expected);
  }
});

Deno.test("LineSplitter gives empty lines, and the last one even without a line break", () => {
  assertEquals(split(bytesOf("\n\na\n\nb")), [
    ["", 0, false],
    ["", 0, false],
    ["a", 1, false],
    ["", 0, false],
    ["b", 1, false],
  ]);
  assertEquals(split(bytesOf("")), []);
});

Deno.test("LineSplitter counts bytes, not characters, and makes U+FFFD of what is not UTF-8", () => {
  const bytes = bytesOf(
    "ä€😀\n",
    [0xff, 0x41, 0xc3],
    "\n",
    [0xe2, 0x82],
    "\nend\n",
    [0xef, 0xbb, 0xbf],
    "bom\n",
  );
  const expected: Split = [
    ["ä€😀", 9, false],
    ["\ufffdA\ufffd", 3, false],
    ["\ufffd", 2, false],
    ["end", 3, false],
    ["\ufeffbom", 6, false],
  ];
  for (let chunk = 1; chunk <= bytes.length; chunk++) assertEquals(split(bytes, chunk), expected);
});

Deno.test("LineSplitter keeps a carriage return and a NUL: they are bytes of the line", () => {
  assertEquals(split(bytesOf("a\r\n\0\n")), [["a\r", 2, false], ["\0", 1, false]]);
});

Deno.test("LineSplitter cuts a line of 1 MB, keeps its length, and is right about the next one", () => {
  for (const length of [MAX_LINE_BYTES - 1, MAX_LINE_BYTES, MAX_LINE_BYTES + 1, 1_000_000]) {
    const bytes = bytesOf("before\n", "x".repeat(length), "\nafter\n");
    const text = "x".repeat(Math.min(length, MAX_LINE_BYTES));
    for (const chunk of [bytes.length, 300_000, 65_536, 1000]) {
      assertEquals(split(bytes, chunk), [
        ["before", 6, false],
        [text, length, length > MAX_LINE_BYTES],
        ["after", 5, false],
      ]);
    }
  }
});

Deno.test("LineSplitter does not cut a character in two", () => {
  for (const [character, size] of [["ä", 2], ["€", 3], ["😀", 4]] as const) {
    for (let shift = 0; shift < size; shift++) {
      const bytes = bytesOf("x".repeat(shift), character.repeat(30_000 * 4 / size), "\n");
      const kept = Math.floor((MAX_LINE_BYTES - shift) / size);
      for (const chunk of [bytes.length, 50_000, 4093]) {
        assertEquals(split(bytes, chunk), [[
          "x".repeat(shift) + character.repeat(kept),
          bytes.length - 1,
          true,
        ]]);
      }
    }
  }
});

Deno.test("LineSplitter says how many bytes of a line wait for its end", () => {
  const splitter = new LineSplitter(() => {});
  splitter.push(bytesOf("line\npart"));
  assertEquals(splitter.pendingBytes, 4);
  splitter.push(new Uint8Array(1_000_000).fill(0x78));
  assertEquals(splitter.pendingBytes, 1_000_004);
  splitter.push(bytesOf("\nab"));
  assertEquals(splitter.pendingBytes, 2);
  splitter.finish();
  assertEquals(splitter.pendingBytes, 0);
});
