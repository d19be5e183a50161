/**
 * P2P messages as the eBPF extractor saw them.
 *
 * @module
 */

import { decodeEvent, type Peek } from "../../../proto/event.ts";
import type { MessageEvent, Metadata } from "../../../proto/schema.ts";
import {
  ADDRESS_COUNTS,
  CLOCK_OFFSETS,
  counter,
  DIRECTIONS,
  histogram,
  INVENTORY_SIZES,
  open,
  SERVICE_BITS,
} from "../definition.ts";
import type { Series } from "../family.ts";
import type { Metrics } from "../metrics.ts";
import { COMMANDS as KNOWN_COMMANDS, INVENTORY_TYPES, inventoryType, NETWORKS } from "../names.ts";
import type { Peer, Peers } from "../peers.ts";
import { makeCountAddresses } from "./addresses.ts";

const COMMANDS = open(...KNOWN_COMMANDS);
// Decimal numbers of the schema's ConnType.
const CONNECTION_TYPES = open("0", "1", "2", "3", "4");
const OFFSETS = ["past", "future"];

/** What the metrics of messages are. */
export const messages = {
  p2p_message_count: counter("P2P messages", {
    labels: { message: COMMANDS, connection_type: CONNECTION_TYPES, direction: DIRECTIONS },
  }),
  p2p_message_bytes: counter("Payload bytes of P2P messages", {
    labels: { message: COMMANDS, connection_type: CONNECTION_TYPES, direction: DIRECTIONS },
  }),
  p2p_message_bytes_linkinglion: counter("Payload bytes of P2P messages from and to LinkingLion", {
    labels: { message: COMMANDS, direction: DIRECTIONS },
  }),
  p2p_message_count_linkinglion: counter("P2P messages from and to LinkingLion", {
    labels: { message: COMMANDS, direction: DIRECTIONS },
  }),
  p2p_addr_addresses: histogram("Addresses in each addr message", ADDRESS_COUNTS, {
    labels: { direction: DIRECTIONS },
  }),
  p2p_addr_timestamp_offset_seconds: histogram(
    "Seconds between an addr message and the time of each address in it",
    CLOCK_OFFSETS,
    { labels: { direction: DIRECTIONS, timestamp_offset: OFFSETS } },
  ),
  p2p_addr_services_bits: histogram(
    "Numbers, from 0, of the service bits set in addr messages",
    SERVICE_BITS,
    {
      labels: { direction: DIRECTIONS },
    },
  ),
  p2p_addrv2_services_bits: histogram(
    "Numbers, from 0, of the service bits set in addrv2 messages",
    SERVICE_BITS,
    {
      labels: { direction: DIRECTIONS },
    },
  ),
  p2p_addr_services: counter("Addresses in addr messages by their services", {
    labels: { direction: DIRECTIONS, services: open() },
  }),
  p2p_addrv2_services: counter("Addresses in addrv2 messages by their services", {
    labels: { direction: DIRECTIONS, services: open() },
  }),
  p2p_addrv2_addresses: histogram("Addresses in each addrv2 message that has any", ADDRESS_COUNTS, {
    labels: { direction: DIRECTIONS },
  }),
  p2p_addrv2_timestamp_offset_seconds: histogram(
    "Seconds between an addrv2 message and the time of each address in it",
    CLOCK_OFFSETS,
    { labels: { direction: DIRECTIONS, timestamp_offset: OFFSETS } },
  ),
  p2p_address_selfannouncements: counter("Addresses announced by the peer they belong to", {
    labels: { network: NETWORKS, direction: DIRECTIONS },
  }),
  p2p_address_subnetannouncements: counter("Addresses announced by another peer of the same /24 or /64", {
    labels: { network: NETWORKS, direction: DIRECTIONS },
  }),
  p2p_addrv2_empty: counter("addrv2 messages without any payload by peer", {
    labels: { direction: DIRECTIONS, addr: open() },
  }),
  p2p_ping_inbound_value: counter("Received pings by the size of their nonce", {
    labels: { value: ["0", "u8", "u16", "u32", "u64"] },
  }),
  p2p_inv_entries: counter("Items in inv messages by type", {
    labels: { direction: DIRECTIONS, inv_type: INVENTORY_TYPES },
  }),
  p2p_inv_entries_histogram: histogram("Items in each inv message", INVENTORY_SIZES, {
    labels: { direction: DIRECTIONS },
  }),
  p2p_invs_homogeneous: counter("inv messages whose items are all of one type", {
    labels: { direction: DIRECTIONS },
  }),
  p2p_invs_heterogeneous: counter("inv messages with items of several types, or none", {
    labels: { direction: DIRECTIONS },
  }),
  p2p_invs_outbound_large: counter("Sent inv messages with more than 35 Tx or more than 35 WTx items"),
  p2p_oldping_subnet: counter("Received pings without a nonce, as before BIP31, by the peer's subnet", {
    labels: { subnet: open() },
  }),
  p2p_version_useragent: counter("Received version messages by user agent", {
    labels: { useragent: open("LinkingLion") },
  }),
  p2p_feefilter_feerate: counter("feefilter messages by fee rate in sat/kvB", {
    labels: { direction: DIRECTIONS, feerate: open() },
  }),
  p2p_reject_message: counter("Received reject messages by what was rejected and why", {
    labels: {
      rejectcommand: COMMANDS,
      rejectreason: [
        ...["Malformed", "Invalid", "Obsolete", "Duplicate", "NonStandard", "Dust", "Fee", "Checkpoint"],
        "unknown",
      ],
    },
  }),
  conn_private_transaction_broadcast: counter(
    "Received version messages of Bitcoin Core's private broadcast",
  ),
};

/** What Bitcoin Core calls itself when it broadcasts a transaction privately. */
const PRIVATE_BROADCAST = "/pynode:0.0.1/";
const LARGE_INVENTORY = 35;
// Fields of an inventory item.
const TX = 1;
const WTX = 3;

/** Counts a message of which this was seen already, and says why its content could not be read. */
export type CountMessage = (bytes: Uint8Array, seen: Peek & { message: Metadata }) => string | undefined;

const NO_MEMBER = "no-known-member";

/** What counts messages. Their content is decoded where a metric is about it, and only there. */
export function makeCountMessage(metrics: Metrics, peers: Peers): CountMessage {
  const countTraffic = makeCountTraffic(metrics);
  const countInventory = makeCountInventory(metrics);
  const countContent = makeCountContent(metrics);
  return (bytes, { timestamp, message: meta, inventory }) => {
    const peer = peers.withId(meta.peerId, meta.addr);
    countTraffic(meta, peer.onList("linkinglion"));
    if (meta.command === "inv") return countInventory(inventory, meta.inbound ? 0 : 1);
    if (!WITH_CONTENT.has(meta.command) || meta.command === "ping" && !meta.inbound) return undefined;
    const decoded = decodeEvent(bytes);
    if (!decoded.ok) return decoded.reason;
    if (decoded.event.kind !== "message" || decoded.event.value.msg === undefined) return NO_MEMBER;
    countContent(decoded.event.value, timestamp, peer);
    return undefined;
  };
}

const WITH_CONTENT: ReadonlySet<string> = new Set([
  "addr",
  "addrv2",
  "feefilter",
  "ping",
  "reject",
  "version",
]);

/** The series of one command, connection type and direction. */
interface Traffic {
  count: Series;
  bytes: Series;
}

function makeCountTraffic(metrics: Metrics) {
  const known = new Map<string, (Traffic | undefined)[]>();
  return ({ command, connType, inbound, size }: Metadata, isLinkingLion: boolean) => {
    const direction = DIRECTIONS[inbound ? 0 : 1];
    const { count, bytes } = connType >= 0 && connType <= 4
      ? keptSeries(command, connType, direction)
      : seriesOf(command, connType, direction);
    count.value++;
    bytes.value += size;
    if (!isLinkingLion) return;
    metrics.p2p_message_count_linkinglion.at(command, direction).value++;
    metrics.p2p_message_bytes_linkinglion.at(command, direction).value += size;
  };

  function keptSeries(command: string, connType: number, direction: string): Traffic {
    let kept = known.get(command);
    if (kept === undefined) {
      if (!COMMANDS.known.includes(command)) return seriesOf(command, connType, direction);
      known.set(command, kept = new Array(10).fill(undefined));
    }
    return kept[connType * 2 + (direction === "inbound" ? 0 : 1)] ??= seriesOf(command, connType, direction);
  }

  function seriesOf(command: string, connType: number, direction: string): Traffic {
    const at = [command, String(connType), direction] as const;
    return { count: metrics.p2p_message_count.at(...at), bytes: metrics.p2p_message_bytes.at(...at) };
  }
}

function makeCountInventory(metrics: Metrics) {
  const directions = DIRECTIONS.map((direction) => ({
    entries: new Array<Series | undefined>(16).fill(undefined),
    entriesOf: (type: number) => metrics.p2p_inv_entries.at(direction, inventoryType(type)),
    sizes: undefined as ReturnType<typeof metrics.p2p_inv_entries_histogram.at> | undefined,
    direction,
  }));
  return (counts: Peek["inventory"], at: 0 | 1): string | undefined => {
    if (!Array.isArray(counts)) return counts ?? NO_MEMBER;
    const series = directions[at]!;
    let total = 0;
    let types = 0;
    for (let type = 0; type < counts.length; type++) {
      const items = counts[type]!;
      if (items === 0) continue;
      (series.entries[type] ??= series.entriesOf(type)).value += items;
      total += items;
      types++;
    }
    (series.sizes ??= metrics.p2p_inv_entries_histogram.at(series.direction)).observe(total);
    (types === 1 ? metrics.p2p_invs_homogeneous : metrics.p2p_invs_heterogeneous).at(series.direction)
      .value++;
    const large = counts[TX]! > LARGE_INVENTORY || counts[WTX]! > LARGE_INVENTORY;
    if (large && series.direction === "outbound") metrics.p2p_invs_outbound_large.at().value++;
    return undefined;
  };
}

function makeCountContent(metrics: Metrics) {
  const countAddresses = makeCountAddresses(metrics);
  return ({ meta: { inbound }, msg }: MessageEvent, timestamp: number, peer: Peer): void => {
    const direction = DIRECTIONS[inbound ? 0 : 1];
    switch (msg?.case) {
      case "addr":
      case "addrv2":
        return countAddresses(msg.case, msg.value.addresses, { direction, timestamp, peer });
      case "emptyaddrv2":
        return metrics.p2p_addrv2_empty.at(direction, peer.host).add(1);
      case "feefilter":
        return metrics.p2p_feefilter_feerate.at(direction, String(msg.value.fee)).add(1);
    }
    if (!inbound) return;
    switch (msg?.case) {
      case "ping":
        return metrics.p2p_ping_inbound_value.at(nonceSize(msg.value.value)).add(1);
      case "oldping":
        return metrics.p2p_oldping_subnet.at(peer.subnet).add(1);
      case "reject": {
        const reasons = messages.p2p_reject_message.labels.rejectreason as readonly string[];
        const { rejectedCommand, reason } = msg.value;
        return metrics.p2p_reject_message.at(rejectedCommand, reasons[reason] ?? "unknown").add(1);
      }
      case "version": {
        const userAgent = peer.onList("linkinglion") ? "LinkingLion" : msg.value.userAgent;
        metrics.p2p_version_useragent.at(userAgent).add(1);
        if (userAgent === PRIVATE_BROADCAST) metrics.conn_private_transaction_broadcast.at().add(1);
      }
    }
  };
}

function nonceSize(nonce: bigint): string {
  if (nonce === 0n) return "0";
  if (nonce <= 0xffn) return "u8";
  if (nonce <= 0xffffn) return "u16";
  return nonce <= 0xffff_ffffn ? "u32" : "u64";
}
