/**
 * How much of the thread a getrawaddrman of 80,000 entries takes. Its parsing cannot be spread over time, so it has
 * to be short: `deno bench -A extractors/rpc`.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import protobuf from "protobufjs";
import { decodeEvent, encodeEvent } from "../../proto/event.ts";
import { largeAddrmanText } from "./_large_addrman.ts";
import { addrman } from "./answers/addrman.ts";
import { isObject, parseJson } from "./json.ts";

const ENTRIES = 80_000;
const text = largeAddrmanText(ENTRIES);
// Strangers choose their service bits, so unusual ones must not make it slow.
const wideText = text.replaceAll('"services":3081', '"services":18446744073709551615');
const EventType = await loadEventType();

async function loadEventType(): Promise<protobuf.Type> {
  const root = new protobuf.Root();
  root.resolvePath = (_from, file) => new URL(`../../proto/${file}`, import.meta.url).pathname;
  return (await root.load("event.proto")).lookupType("event.Event");
}

function ours(text: string): Uint8Array {
  const answer = parseJson(text);
  assert(isObject(answer));
  const rpcEvent = addrman(answer.result, (path) => assert(false, path));
  return encodeEvent({ timestamp: 1, kind: "rpc", value: { rpcEvent } });
}

interface RawEntry {
  readonly source_network: string;
  readonly mapped_as?: number;
  readonly source_mapped_as?: number;
}

function withProtobufjs(text: string): Uint8Array {
  const { result } = JSON.parse(text) as { result: Record<"new" | "tried", Record<string, RawEntry>> };
  const addrman: Record<string, Record<string, { entries: Record<string, unknown> }>> = {};
  for (const [name, table] of Object.entries(result)) {
    const buckets: typeof addrman[string] = addrman[name] = {};
    for (const [place, entry] of Object.entries(table)) {
      const [bucket = "", position = ""] = place.split("/");
      const { source_network, mapped_as, source_mapped_as, ...rest } = entry;
      const fields = {
        ...rest,
        sourceNetwork: source_network,
        mappedAs: mapped_as,
        sourceMappedAs: source_mapped_as,
      };
      (buckets[bucket] ??= { entries: {} }).entries[position] = fields;
    }
  }
  return EventType.encode(EventType.fromObject({ timestamp: 1, rpcExtractor: { addrman } })).finish();
}

function entriesIn(bytes: Uint8Array): number {
  const decoded = decodeEvent(bytes);
  assert(decoded.ok && decoded.event.kind === "rpc" && decoded.event.value.rpcEvent?.case === "addrman");
  const { new: fresh, tried } = decoded.event.value.rpcEvent.value;
  return [...fresh.values(), ...tried.values()].reduce((sum, { entries }) => sum + entries.size, 0);
}

assertEquals(entriesIn(ours(text)), ENTRIES);
assertEquals(entriesIn(ours(wideText)), ENTRIES);
assertEquals(entriesIn(withProtobufjs(text)), ENTRIES);

const group = "getrawaddrman with 80,000 entries";
Deno.bench("parse, map and encode", { group, baseline: true }, () => void ours(text));
Deno.bench("the same with 64 service bits in every entry", { group }, () => void ours(wideText));
Deno.bench("JSON.parse alone", { group }, () => void JSON.parse(text));
Deno.bench("JSON.parse with source text access", { group }, () => {
  // TypeScript does not know the third argument yet; asking for it is what makes V8 keep the sources.
  JSON.parse(
    text,
    ((_key: string, value: unknown, _context: unknown) => value) as Parameters<typeof JSON.parse>[1],
  );
});
Deno.bench("JSON.parse, map and encode with protobufjs", { group }, () => void withProtobufjs(text));
