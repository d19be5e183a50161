import type { AddrmanBucket, AddrmanEntry } from "../../../proto/schema.ts";
import { Fields, type Note, toFields } from "../json.ts";
import type { RpcEvent } from "./answer.ts";

/** `getrawaddrman`: 80,000 entries on a node that has been up for a while. */
export function addrman(answer: unknown, note: Note): RpcEvent {
  const tables = toFields(answer, note);
  return {
    case: "addrman",
    value: { new: buckets(tables.object("new"), note), tried: buckets(tables.object("tried"), note) },
  };
}

function buckets(table: Fields, note: Note): Map<number, AddrmanBucket> {
  const buckets = new Map<number, AddrmanBucket>();
  table.eachNamed((place, entry) => {
    const slash = place.indexOf("/");
    const number = Number(place.slice(0, slash));
    const position = Number(place.slice(slash + 1));
    if (slash < 1 || !isUint32(number) || !isUint32(position)) {
      return note("bucket/position");
    }
    let bucket = buckets.get(number);
    if (bucket === undefined) buckets.set(number, bucket = { entries: new Map() });
    // Looking up every field by its name takes three times as long as reading properties of a known shape.
    bucket.entries.set(position, isUsual(entry) ? usualEntry(entry) : anyEntry(new Fields(entry, note)));
  });
  return buckets;
}

interface UsualEntry {
  readonly address: string;
  readonly port: number;
  readonly network: string;
  readonly services: number;
  readonly time: number;
  readonly source: string;
  readonly source_network: string;
  readonly mapped_as?: number;
  readonly source_mapped_as?: number;
}

function isUsual(entry: object): entry is UsualEntry {
  const { address, port, network, services, time, source, source_network, mapped_as, source_mapped_as } =
    entry as UsualEntry;
  return typeof address === "string" && isUint32(port) && typeof network === "string" &&
    Number.isSafeInteger(services) && services >= 0 && Number.isSafeInteger(time) &&
    typeof source === "string" && typeof source_network === "string" &&
    (mapped_as === undefined || isUint32(mapped_as)) &&
    (source_mapped_as === undefined || isUint32(source_mapped_as));
}

function usualEntry(entry: UsualEntry): AddrmanEntry {
  return {
    address: entry.address,
    port: entry.port,
    network: entry.network,
    services: BigInt(entry.services),
    time: entry.time,
    source: entry.source,
    sourceNetwork: entry.source_network,
    mappedAs: entry.mapped_as,
    sourceMappedAs: entry.source_mapped_as,
  };
}

function anyEntry(fields: Fields): AddrmanEntry {
  return {
    address: fields.text("address"),
    port: fields.uint32("port"),
    network: fields.text("network"),
    services: fields.bits64("services"),
    time: fields.signed("time"),
    source: fields.text("source"),
    sourceNetwork: fields.text("source_network"),
    mappedAs: fields.has("mapped_as") ? fields.uint32("mapped_as") : undefined,
    sourceMappedAs: fields.has("source_mapped_as") ? fields.uint32("source_mapped_as") : undefined,
  };
}

function isUint32(value: number): boolean {
  return value >>> 0 === value;
}
