import { assertEquals, assertGreater } from "@std/assert";
import { check, type Vector } from "./_check.ts";
import { checkFile, readLines, VECTOR_FILES } from "./check.ts";

Deno.test("checkFile() finds all recorded messages decoded as expected", () => {
  const mismatches: string[] = [];
  const outcomes = VECTOR_FILES.map((file) => checkFile(file, (line) => mismatches.push(line)));
  assertEquals(mismatches.slice(0, 10), []);
  assertEquals(outcomes, [{ passed: 2278, failed: 0 }, { passed: 9, failed: 0 }]);
});

Deno.test("check() notices a change of any single value of an expectation", () => {
  const unnoticed: string[] = [];
  let changes = 0;
  for (const vector of samples()) {
    for (const changed of changedExpectations(vector.expect)) {
      changes++;
      if (check({ ...vector, expect: changed as Vector["expect"] }).length === 0) {
        unnoticed.push(`${vector.type}: ${JSON.stringify(changed).slice(0, 200)}`);
      }
    }
  }
  assertEquals(unnoticed, []);
  assertGreater(changes, 700);
});

Deno.test("check() fails on an expectation it does not know", () => {
  for (const vector of samples()) {
    if ("malformed" in vector.expect || "unknown" in vector.expect) continue;
    assertEquals(check({ ...vector, expect: { ...vector.expect, colour: 1 } }).length, 1);
  }
});

const CRAFTED: readonly (readonly [sentence: string, type: string, hex: string, expect: Vector["expect"]])[] =
  [
    ["a pong cut in the middle", "pong", "1234", { nonce: "13330", nonCanonical: true }],
    ["an inventory that ends inside a hash", "inv", `0101000000${"ab".repeat(31)}`, {
      items: [[1, `00${"ab".repeat(31)}`]],
      nonCanonical: true,
    }],
    ["an element that is shorter than announced", "filteradd", "05aabb", {
      dataBytes: 2,
      nonCanonical: true,
    }],
    ["a flag that is not the witness flag", "tx", "020000000002000000000000", {
      txid: "4ebd325a4b394cff8c57e8317ccf5a8d0e2bdf1b8526f8aad6c8e43d8240621a",
      inputs: 0,
      nonCanonical: true,
    }],
    ["a marker without witness", "tx", "020000000001000000000000", {
      outputs: 0,
      weight: 40,
      nonCanonical: true,
    }],
    ["outputs without inputs", "tx", "0200000000010001e8030000000000000000000000", {
      txid: "ea334006e1763e9d863330f187decaf183329436a18df41c87f9dd0a5e7d84b2",
      wtxid: "ea334006e1763e9d863330f187decaf183329436a18df41c87f9dd0a5e7d84b2",
      inputs: 0,
      outputs: 1,
      outputSum: 1000,
      weight: 76,
      nonCanonical: true,
    }],
    ["a value cut behind its sign", "tx", `0200000001${"ab".repeat(36)}00ffffffff0100ff`, {
      txid: "c587f8cecbab82e48e6e262c407b8c08ce1fd709f708c8db70ab3b0c9176a897",
      outputSum: -256,
      vsize: 60,
      nonCanonical: true,
    }],
    ["half a port", "addr", `01${"00".repeat(28)}20`, {
      addresses: [{ services: "0", port: 32, ip: "0.0.0.0", time: 0 }],
      nonCanonical: true,
    }],
    ["a header with a transaction", "headers", `01${"11".repeat(80)}0102000000000000000000`, {
      headers: [{
        hash: "e41603e7dd872dd148a7b438c65dc55a54801d35007153c2c8e5b1c48bebd0ab",
        nonce: 286331153,
      }],
      nonCanonical: true,
    }],
    ["trailing bytes", "verack", "0102", { trailingBytes: 2, nonCanonical: true }],
    ["a long CompactSize", "inv", "fd0000", { items: [], nonCanonical: true }],
    ["an index beyond 16 bits", "getblocktxn", `${"00".repeat(32)}01fe00000100`, {
      blockHash: "00".repeat(32),
      indexes: [65536],
    }],
    ["a type that we know and the framework does not", "reject", "0274780101780102", { unknown: true }],
  ];

for (const [sentence, type, hex, expect] of CRAFTED) {
  Deno.test(`check() follows the framework over ${sentence}`, () => {
    assertEquals(check({ type, from: "crafted", hex, expect }), []);
    for (const changed of changedExpectations(expect)) {
      // Of an index out of range, only that it is out of range can be checked.
      if (type === "getblocktxn") continue;
      assertGreater(
        check({ type, from: "crafted", hex, expect: changed }).length,
        0,
        JSON.stringify(changed),
      );
    }
  });
}

/** Up to three vectors of each type. */
function samples(): Vector[] {
  const count = new Map<string, number>();
  return readLines(VECTOR_FILES[0]!).filter((line) => line !== "").map((line) => JSON.parse(line) as Vector)
    .filter(
      ({ type, expect }) => {
        const seen = count.get(type) ?? 0;
        count.set(type, seen + 1);
        return seen < 3 || "malformed" in expect;
      },
    );
}

/** The expectation again and again, each time with another leaf changed or list shortened. */
function* changedExpectations(expect: Vector["expect"]): Generator<Vector["expect"]> {
  for (const [key, value] of Object.entries(expect)) {
    // These two say something about another encoder.
    if (key === "nonCanonical" || key === "malformed" || key === "unknown") continue;
    for (const changed of changes(value)) yield { ...expect, [key]: changed as never };
  }
}

function* changes(value: unknown): Generator<unknown> {
  if (typeof value === "boolean") yield !value;
  else if (typeof value === "number") yield value + 1;
  else if (typeof value === "string") yield `${value.slice(0, -1)}${value.endsWith("7") ? "3" : "7"}`;
  else if (Array.isArray(value)) {
    yield [...value, 0];
    if (value.length > 0) yield value.slice(1);
    for (const [at, element] of value.slice(0, 10).entries()) {
      for (const c of changes(element)) yield value.with(at, c);
    }
  } else {
    const record = value as Record<string, unknown>;
    for (const key of Object.keys(record)) {
      for (const c of changes(record[key])) yield { ...record, [key]: c };
    }
  }
}
