import { assertEquals } from "@std/assert";
import { Reader } from "./reader.ts";

function read(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return new Reader(Uint8Array.of(bytes.length, ...bytes)).string(bytes.length + 1);
}

Deno.test("Reader keeps texts apart that fall into the same place of what it remembers", () => {
  // "Aa" and "BB" have the same hash, as have all texts made of as many of them.
  const alike = ["AaAa", "AaBB", "BBAa", "BBBB"];
  for (let round = 0; round < 3; round++) for (const text of alike) assertEquals(read(text), text);
});

Deno.test("Reader reads texts of every length, ASCII or not, again and again", () => {
  for (const letter of ["a", "é", "\u0000"]) {
    for (let length = 0; length < 60; length++) {
      const text = letter.repeat(length);
      assertEquals([read(text), read(text)], [text, text]);
    }
  }
  for (let i = 0; i < 20_000; i++) assertEquals(read(`text ${i}`), `text ${i}`);
});
