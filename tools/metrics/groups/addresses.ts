/**
 * What `addr` and `addrv2` messages hold.
 *
 * @module
 */

import type { Address } from "../../../proto/schema.ts";
import type { Distribution, HistogramFamily } from "../family.ts";
import type { Metrics } from "../metrics.ts";
import { networkOf } from "../names.ts";
import type { Peer } from "../peers.ts";
import { tally } from "../statistics.ts";

/** Who sent the addresses to whom, and when. */
export interface Sending {
  /** `inbound` or `outbound`. */
  readonly direction: string;
  /** Unix milliseconds. */
  readonly timestamp: number;
  /** The other side. */
  readonly peer: Peer;
}

/** Most services whose bits are kept. Honest nodes have some dozens. */
const MOST_SERVICES = 10_000;

/** What counts the addresses of a message. */
export function makeCountAddresses(metrics: Metrics) {
  const bitsOf = makeBitsOf();
  return (kind: "addr" | "addrv2", addresses: readonly Address[], sending: Sending): void => {
    const { direction, timestamp } = sending;
    metrics[`p2p_${kind}_addresses`].at(direction).observe(addresses.length);
    if (addresses.length === 0) return;
    countOffsets(metrics[`p2p_${kind}_timestamp_offset_seconds`], addresses, { direction, timestamp });
    const bits = metrics[`p2p_${kind}_services_bits`].at(direction);
    // Most nodes have the same few services.
    for (const [services, times] of tally(addresses, (address) => address.services)) {
      metrics[`p2p_${kind}_services`].at(direction, String(services)).value += times;
      for (const bit of bitsOf(services)) bits.observe(bit, times);
    }
    for (const address of addresses) countAnnouncer(metrics, address, sending);
  };
}

function countOffsets(
  offsets: HistogramFamily,
  addresses: readonly Address[],
  { direction, timestamp }: Pick<Sending, "direction" | "timestamp">,
): void {
  const seconds = Math.floor(timestamp / 1000);
  let past: Distribution | undefined;
  let future: Distribution | undefined;
  for (const address of addresses) {
    const offset = seconds - address.timestamp;
    if (offset >= 0) (past ??= offsets.at(direction, "past")).observe(offset);
    else (future ??= offsets.at(direction, "future")).observe(-offset);
  }
}

/** Counts addresses that a peer announces of itself or of its neighbours. */
function countAnnouncer(
  metrics: Metrics,
  announced: Address,
  { direction, peer }: Sending,
): void {
  const address = announced.address;
  if (address === undefined || address.case === "unknown") return;
  if (address.value === peer.host) {
    metrics.p2p_address_selfannouncements.at(networkOf(announced), direction).value++;
  } else if ((address.case === "ipv4" || address.case === "ipv6") && peer.hasNeighbour(address.value)) {
    metrics.p2p_address_subnetannouncements.at(networkOf(announced), direction).value++;
  }
}

/** The numbers of the bits that are set. Most nodes have the same, and taking a bigint apart takes a microsecond. */
function makeBitsOf(): (services: bigint) => readonly number[] {
  const kept = new Map<bigint, readonly number[]>();
  return (services) => {
    let bits = kept.get(services);
    if (bits === undefined) {
      bits = setBits(services);
      if (kept.size >= MOST_SERVICES) kept.clear();
      kept.set(services, bits);
    }
    return bits;
  };
}

/** Numbers, from 0, of the bits that are set in 64. */
export function setBits(value: bigint): number[] {
  const digits = value.toString(2);
  return Array.from({ length: digits.length }, (_, bit) => bit)
    .filter((bit) => digits[digits.length - 1 - bit] === "1");
}
