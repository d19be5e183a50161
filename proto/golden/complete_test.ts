import { assert, assertEquals } from "@std/assert";
import { hex } from "./assemble.ts";
import { all } from "./all.ts";
import { PIECES } from "./golden.ts";
import { archiveHeaders, oldLog } from "./others.ts";

const schema = Deno.readTextFileSync(new URL("../schema.ts", import.meta.url));
const interfaces = [...schema.matchAll(/^export interface (\w+) \{\n([^]*?)^\}/gm)]
  .map(([, name, body]) => ({ name: name!, body: body! }));

function isDefault(value: unknown): boolean {
  if (value === undefined || value === 0 || value === 0n || value === "" || value === false) return true;
  if (value instanceof Uint8Array || Array.isArray(value)) return value.length === 0;
  return value instanceof Map && value.size === 0;
}

function valuesOf(name: string): Record<string, unknown>[] {
  return PIECES.filter((each) => each.name === name).map((each) => each.value as Record<string, unknown>);
}

Deno.test("the schema's interfaces are found", () => {
  assert(interfaces.length >= 90, `only ${interfaces.length}`);
});

Deno.test("every message of the schema has a golden entry, and every golden entry a message", () => {
  const names = interfaces.map(({ name }) => name);
  assertEquals([...new Set(PIECES.map(({ name }) => name))].sort(), names.toSorted());
  assertEquals(names.filter((name) => !PIECES.some((each) => each.name === name && each.blank)), []);
});

Deno.test("every field of every message is set in some golden entry", () => {
  const missing: string[] = [];
  for (const { name, body } of interfaces) {
    for (const [, field] of body.matchAll(/^ {2}(\w+)\??:/gm)) {
      if (valuesOf(name).every((value) => isDefault(value[field!]))) missing.push(`${name}.${field}`);
    }
  }
  assertEquals(missing, []);
});

Deno.test("every member of every oneof is in some golden entry", () => {
  const missing: string[] = [];
  for (const { name, body } of interfaces) {
    const seen = new Set(
      valuesOf(name).flatMap((value) => Object.values(value))
        .map((field) => (field as { case?: string } | undefined)?.case),
    );
    for (const [, member] of body.matchAll(/\{ case: "(\w+)"/g)) {
      if (!seen.has(member)) missing.push(`${name}.${member}`);
    }
  }
  assertEquals(missing, []);
});

Deno.test("every piece is part of a golden event or of an archive header", () => {
  const whole = [...all, ...oldLog.map(({ golden }) => golden), ...archiveHeaders].map(({ bytes }) =>
    hex(bytes)
  );
  const loose = PIECES.filter((each) => !whole.some((event) => event.includes(hex(each.bytes))));
  assertEquals(loose.map(({ name }) => name), []);
});

Deno.test("golden events have different names and different bytes", () => {
  assertEquals(new Set(all.map(({ name }) => name)).size, all.length);
  assertEquals(new Set(all.map(({ bytes }) => hex(bytes))).size, all.length);
});
