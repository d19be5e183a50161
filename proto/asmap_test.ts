import { assert, assertEquals, assertThrows } from "@std/assert";
import { answer, branch, byDefault, file, ipv4File, match, matchAll, NOWHERE } from "./_asmap.ts";
import { Asmap } from "./asmap.ts";
import { parseIp } from "./subnet.ts";

function asnOf(map: Asmap, address: string): number {
  return map.asnOf(parseIp(address)!);
}

Deno.test("Asmap answers for every address where the file is one answer, read from bits written by hand", () => {
  // RETURN is 0; class 0 of ASNs is 0 and 15 bits; 64496 - 1 - 32768 = 31727 is in class 1, which is 10 and 16 bits.
  const bits = "0" + "10" + (31727).toString(2).padStart(16, "0");
  const bytes = new Uint8Array(3);
  [...bits].forEach((bit, i) => bytes[i >> 3]! |= Number(bit) << (i & 7));
  const map = new Asmap(bytes);
  assertEquals(["1.2.3.4", "2001:db8::1", "::"].map((address) => asnOf(map, address)), [64496, 64496, 64496]);
});

Deno.test("Asmap takes the second piece of code where the bit of the address is 1", () => {
  const map = new Asmap(file(branch(answer(1), answer(2))));
  assertEquals([asnOf(map, "::1"), asnOf(map, "8000::"), asnOf(map, "1.2.3.4")], [1, 2, 1]);
});

Deno.test("Asmap answers with the last default where the bits of the address differ", () => {
  const map = new Asmap(file(byDefault(7, match("00100000", byDefault(8, match("0000001", answer(9)))))));
  assertEquals(
    [asnOf(map, "2002:ffff::"), asnOf(map, "1234::")],
    [7, 7],
    "2002:: carries the IPv4 255.255.0.0",
  );
  assertEquals([asnOf(map, "2003::"), asnOf(map, "2004::"), asnOf(map, "20ff::")], [9, 8, 8]);
  assertEquals(asnOf(new Asmap(file(match("1", answer(3)))), "::1"), 0, "unknown without a default");
});

Deno.test("Asmap maps IPv4 behind ::ffff:0:0/96, also where IPv6 carries it", () => {
  // 203.0.113.0/24 and 10.0.0.0/8.
  const map = new Asmap(ipv4File({ "110010110000000001110001": 64496, "00001010": 64497 }));
  const cases: [string, number][] = [
    ["203.0.113.0", 64496],
    ["203.0.113.255", 64496],
    ["203.0.112.255", NOWHERE],
    ["203.0.114.0", NOWHERE],
    ["10.255.0.1", 64497],
    ["11.0.0.0", NOWHERE],
    ["::ffff:10.0.0.1", 64497],
    ["64:ff9b::a00:1", 64497],
    ["2002:a00:1::", 64497],
    ["2001:0:1:2:3:4:f5ff:fffe", 64497],
    ["2001:db8::1", NOWHERE],
  ];
  for (const [address, expected] of cases) assertEquals(asnOf(map, address), expected, address);
});

Deno.test("Asmap agrees with the longest prefix, over thousands of prefixes", () => {
  let state = 7;
  const below = (n: number) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % n;
  const systems: Record<string, number> = {};
  for (let i = 0; i < 3000; i++) {
    const bits = below(2 ** 31).toString(2).padStart(31, "0").slice(0, 8 + below(17));
    const overlaps = Object.keys(systems).some((other) => other.startsWith(bits) || bits.startsWith(other));
    if (!overlaps) systems[bits] = 1 + below(2 ** 24);
  }
  const map = new Asmap(ipv4File(systems));
  const prefixes = Object.entries(systems);
  for (let i = 0; i < 5000; i++) {
    // Every other address lies in a known prefix.
    const start = i % 2 === 0 ? "" : prefixes[below(prefixes.length)]![0];
    const bits = (start + below(2 ** 31).toString(2).padStart(32, "0")).slice(0, 32);
    const expected = prefixes.find(([prefix]) => bits.startsWith(prefix))?.[1] ?? NOWHERE;
    const bytes = Uint8Array.from({ length: 4 }, (_, at) => parseInt(bits.slice(at * 8, at * 8 + 8), 2));
    assertEquals(map.asnOf(bytes), expected, bytes.join("."));
  }
});

Deno.test("Asmap refuses what Bitcoin Core refuses, and says why and where", () => {
  const cases: [string, Uint8Array, string][] = [
    ["nothing", new Uint8Array(0), "no answer at its end at bit 0"],
    ["half an answer", file(answer(1).slice(0, 8)), "it ends inside an instruction at bit 0"],
    ["a match without anything behind", file(match("00000000", "")), "it ends inside an instruction"],
    ["a byte behind the end", file(answer(1) + "0".repeat(15)), "bits behind its end"],
    ["a last byte that is not filled with zeros", file(answer(1) + "1"), "not filled with zeros"],
    ["an answer behind a default", file(byDefault(1, answer(2))), "an answer right behind a default"],
    ["two defaults", file(byDefault(1, byDefault(2, match("1", answer(3))))), "two defaults in a row"],
    ["two short matches", file(match("1", match("1", answer(3)))), "two short matches in a row"],
    ["a jump out of the file", file(branch(answer(1), answer(2)).slice(0, 16)), "a jump out of the file"],
    [
      "129 bits of an address",
      file(matchAll("0".repeat(128), branch(answer(1), answer(2)))),
      "more bits than",
    ],
    [
      "code that nothing leads to",
      file(branch(answer(1) + answer(9), answer(2))),
      "code that nothing leads to",
    ],
  ];
  for (const [what, bytes, why] of cases) {
    const error = assertThrows(() => new Asmap(bytes));
    assert(error instanceof SyntaxError && error.message.includes(why), `${what}: ${error}`);
  }
});

Deno.test("Asmap takes an address of 128 bits to its end", () => {
  const map = new Asmap(file(byDefault(1, matchAll("0".repeat(128), answer(5)))));
  assertEquals([asnOf(map, "::"), asnOf(map, "::1")], [5, 1]);
});
