/** Answers of getrawaddrman as large as a node can make them, the same on each run. */

import { BASE32 } from "../../proto/base32.ts";
const NETWORKS = ["ipv4", "ipv6", "onion", "i2p"] as const;

/** The text of an HTTP answer with this many entries, four in five of them in the table of new addresses. */
export function largeAddrmanText(entries: number, id = "x"): string {
  const tables = { new: 1024 * 64, tried: 256 * 64 };
  const inTried = Math.min(Math.ceil(entries / 5), tables.tried);
  const result = { new: table(entries - inTried, 1024), tried: table(inTried, 256) };
  return JSON.stringify({ result, error: null, id });
}

function table(entries: number, buckets: number): Record<string, unknown> {
  // The places of a table in an order that visits every bucket early, as a filling node does.
  const places = Array.from({ length: entries }, (_, i) => `${i % buckets}/${Math.floor(i / buckets)}`);
  return Object.fromEntries(places.map((place, i) => [place, entry(i)]));
}

function entry(i: number) {
  const network = NETWORKS[i % NETWORKS.length]!;
  return {
    address: address(network, i),
    port: 8333,
    services: 3081,
    time: 1_795_000_000 + i,
    network,
    source: address("ipv4", i * 7),
    source_network: "ipv4",
    mapped_as: 64_496 + i % 16,
    source_mapped_as: 64_496 + i % 7,
  };
}

function address(network: typeof NETWORKS[number], i: number): string {
  const digits = Array.from({ length: 56 }, (_, at) => BASE32[(i >>> (at % 17)) % 32]).join("");
  if (network === "onion") return `${digits}.onion`;
  if (network === "i2p") return `${digits.slice(0, 52)}.b32.i2p`;
  if (network === "ipv6") return `2001:db8:${(i & 0xffff).toString(16)}:${(i >>> 4).toString(16)}::1`;
  return `198.51.${(i >>> 8) & 255}.${i & 255}`;
}
