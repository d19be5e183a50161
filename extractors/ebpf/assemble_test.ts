import { assert, assertEquals } from "@std/assert";
import { Assembler } from "./assemble.ts";

function newAssembler() {
  const complete: [string, string][] = [];
  let incomplete = 0;
  const assembler = new Assembler<string>(4, {
    complete: (message, payload) => complete.push([message, new TextDecoder().decode(payload)]),
    incomplete: (messages) => incomplete += messages,
  });
  const begin = (id: string, length: number) =>
    assembler.begin(id, { message: `<${id}>`, head: bytes("abcd"), length, since: 1 });
  return { assembler, complete, begin, incomplete: () => incomplete };
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

Deno.test("Assembler cuts the last chunk at the payload's end", () => {
  const { assembler, complete, begin } = newAssembler();
  begin("1", 9);
  assembler.add("1", 4, bytes("efgh"), 1);
  assembler.add("1", 8, bytes("iXXX"), 1);
  assertEquals(complete, [["<1>", "abcdefghi"]]);
  assertEquals(assembler.size, 0);
});

Deno.test("Assembler ignores a chunk that came before, and one beyond the end does not help", () => {
  const { assembler, complete, begin } = newAssembler();
  begin("1", 12);
  for (const offset of [4, 4, 0, 400]) assembler.add("1", offset, bytes("efgh"), 1);
  assertEquals(complete, []);
  assembler.add("1", 8, bytes("ijkl"), 1);
  assertEquals(complete, [["<1>", "abcdefghijkl"]]);
});

Deno.test("Assembler counts no message twice whose record was lost: its number is missing already", () => {
  const { assembler, incomplete } = newAssembler();
  assembler.add("7", 4, bytes("efgh"), 1);
  assembler.giveUpBefore();
  assertEquals([assembler.size, incomplete()], [0, 0]);
});

Deno.test("Assembler keeps no more than its bounds, the oldest go first", () => {
  const { assembler, complete, begin, incomplete } = newAssembler();
  for (let id = 0; id < 1000; id++) begin(`${id}`, 2 ** 40);
  assert(assembler.size <= 64);
  assertEquals(incomplete(), 1000 - assembler.size);
  const early = new Uint8Array(400);
  for (let i = 1; i < 200_000; i++) assembler.add("x", i * 400, early, 1);
  assert(assembler.size <= 64);
  begin("last", 8);
  assembler.add("last", 4, bytes("efgh"), 1);
  assertEquals(complete, [["<last>", "abcdefgh"]]);
});
