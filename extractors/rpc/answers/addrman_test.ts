import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Addrman, AddrmanBucket } from "../../../proto/schema.ts";
import { largeAddrmanText } from "../_large_addrman.ts";
import { noNotes, recorded } from "../_recorded.ts";
import { isObject, type Note, parseJson } from "../json.ts";
import { addrman } from "./addrman.ts";

function addrmanOf(answer: unknown, note: Note = noNotes): Addrman {
  const event = addrman(answer, note);
  assert(event.case === "addrman");
  return event.value;
}

function count(table: ReadonlyMap<number, AddrmanBucket>): number {
  return [...table.values()].reduce((sum, { entries }) => sum + entries.size, 0);
}

Deno.test("addrman() reads both tables of Core 31", () => {
  const { new: fresh, tried } = addrmanOf(recorded("core31", "getrawaddrman"));
  assertEquals([count(fresh), count(tried)], [40, 20]);
  assertEquals(fresh.get(7)!.entries.get(56), {
    address: "12.6.7.2",
    port: 8333,
    network: "ipv4",
    services: 9n,
    time: 1795204682,
    source: "12.6.7.2",
    sourceNetwork: "ipv4",
    mappedAs: undefined,
    sourceMappedAs: undefined,
  });
  assertEquals(tried.get(9)!.entries.get(0)!.address, "13.9.7.3");
});

Deno.test("addrman() reads Knots 29, whose table of tried addresses is empty", () => {
  const { new: fresh, tried } = addrmanOf(recorded("knots29", "getrawaddrman"));
  assertEquals([count(fresh), tried], [60, new Map()]);
  assertEquals(fresh.get(34)!.entries.get(45), {
    address: "42.96.7.32",
    port: 8333,
    network: "ipv4",
    services: 268435465n,
    time: 1795204683,
    source: "42.96.7.32",
    sourceNetwork: "ipv4",
    mappedAs: undefined,
    sourceMappedAs: undefined,
  });
});

Deno.test("addrman() keeps all 64 service bits, and the autonomous systems where there is a map", () => {
  const entry = (services: string) =>
    `{"address":"a","services":${services},"mapped_as":64496,"source_mapped_as":1}`;
  const text = `{"new":{"0/0":${entry("18446744073709551615")},"0/1":${
    entry("9007199254740993")
  }},"tried":{}}`;
  const entries = addrmanOf(parseJson(text)).new.get(0)!.entries;
  assertEquals(entries.get(0)!.services, 18446744073709551615n);
  assertEquals(entries.get(1)!.services, 9007199254740993n);
  assertEquals([entries.get(0)!.mappedAs, entries.get(0)!.sourceMappedAs], [64496, 1]);
});

Deno.test("addrman() leaves out places that are none, and notes odd fields without their place", () => {
  const notes: string[] = [];
  const odd = { address: 1, port: "8333", services: -1, time: 1.5 };
  const names = ["1", "/1", "a/1", "1/b", "-1/1", "1/4294967296", "1/1.5"];
  const { new: fresh } = addrmanOf({
    new: { ...Object.fromEntries(names.map((name) => [name, odd])), "3/4": odd, "3/5": odd, "3/6": null },
    tried: {},
  }, (path) => notes.push(path));
  assertEquals([...fresh.keys()], [3]);
  assertEquals([...fresh.get(3)!.entries.keys()], [4, 5]);
  assertEquals(notes, [
    ...names.map(() => "bucket/position"),
    ...["address", "port", "services", "time", "address", "port", "services", "time"],
    "new.*",
  ]);
});

Deno.test("addrman() notes a missing table and refuses one that is longer than any node's", () => {
  const notes: string[] = [];
  assertEquals(addrmanOf({ new: [] }, (path) => notes.push(path)), { new: new Map(), tried: new Map() });
  assertEquals(notes, ["new", "tried"]);
  const places = Array.from({ length: 100_001 }, (_, i) => [`${i}/0`, {}]);
  assertThrows(() => addrman({ new: Object.fromEntries(places) }, noNotes), RangeError, "100001 entries");
});

Deno.test("addrman() reads every entry of the largest address manager there is", () => {
  const answer = parseJson(largeAddrmanText(81_920));
  assert(isObject(answer));
  const { new: fresh, tried } = addrmanOf(answer.result);
  assertEquals([count(fresh), count(tried)], [65_536, 16_384]);
});
