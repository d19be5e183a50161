import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { decodeEvent } from "../../proto/event.ts";
import { encodedTraffic, fullBlock } from "./_traffic.ts";
import { makeFilter, select } from "./filter.ts";
import { jsonLine, type LineOf, makeTextLine } from "./lines.ts";

// What a script would do that has our decoder and nothing else.
function plainJson(bytes: Uint8Array): string {
  const result = decodeEvent(bytes);
  return result.ok ? JSON.stringify(result.event, jsonValue) + "\n" : "";
}

function jsonValue(_name: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  return value instanceof Uint8Array ? value.toHex() : value;
}

function lineWith(lineOf: LineOf): (bytes: Uint8Array) => string {
  return (bytes) => {
    const result = decodeEvent(bytes);
    return result.ok ? lineOf(result.event, "netmsg") ?? "" : "";
  };
}

const textLine = lineWith(makeTextLine({ color: false }));
const objectLine = lineWith(jsonLine);

/** Encodes what comes, as the output does: a text that nobody reads costs nothing to put together. */
function into(line: (bytes: Uint8Array) => string, events: readonly Uint8Array[]): () => void {
  const encoder = new TextEncoder();
  const buffer = new Uint8Array(16 * 1024 * 1024);
  let next = 0;
  let text = "";
  return () => {
    text += line(events[next]!);
    next = (next + 1) % events.length;
    if (text.length < 64 * 1024) return;
    encoder.encodeInto(text, buffer);
    text = "";
  };
}

const traffic = encodedTraffic();
const block = fullBlock();

for (const bytes of [...traffic, block]) {
  const result = decodeEvent(bytes);
  assert(result.ok);
  const parsed = JSON.parse(objectLine(bytes));
  assertEquals([parsed.timestamp, parsed.kind], [result.event.timestamp, result.event.kind]);
  assertStringIncludes(textLine(bytes), `Z INFO  [logger] ${result.event.kind}: `);
  assert(plainJson(bytes).length > 20);
}

for (
  const [group, events] of [["one event of the main network's mixture", traffic], [
    "a block of 4,000 transactions",
    [
      block,
    ],
  ]] as const
) {
  Deno.bench("decode and JSON.stringify()", { group, baseline: true }, into(plainJson, events));
  Deno.bench("a line of text", { group }, into(textLine, events));
  Deno.bench("a line of JSON", { group }, into(objectLine, events));
}

const filters = {
  "left out by kind": { only: ["ipc"], peers: [], addresses: [], commands: [] },
  "left out by peer": { only: [], peers: ["999999"], addresses: [], commands: [] },
  "left out by subnet": { only: [], peers: [], addresses: ["10.0.0.0/8"], commands: [] },
};

Deno.bench("decode", { group: "an event that is not shown", baseline: true }, eachIn(traffic, decodeEvent));
for (const [name, options] of Object.entries(filters)) {
  const filter = makeFilter(options);
  assertEquals(traffic.filter((bytes) => select(bytes, filter) !== undefined), []);
  Deno.bench(
    name,
    { group: "an event that is not shown" },
    eachIn(traffic, (bytes) => select(bytes, filter)),
  );
}

function eachIn(events: readonly Uint8Array[], look: (bytes: Uint8Array) => unknown): () => void {
  let next = 0;
  return () => {
    look(events[next]!);
    next = (next + 1) % events.length;
  };
}
