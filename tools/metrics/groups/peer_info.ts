/**
 * The node's peers, as `getpeerinfo` lists them.
 *
 * @module
 */

import type { PeerInfo } from "../../../proto/schema.ts";
import { DIRECTIONS, gauge, open } from "../definition.ts";
import type { GaugeFamily } from "../family.ts";
import type { ListName } from "../knowledge.ts";
import type { Metrics } from "../metrics.ts";
import type { Peer, Peers } from "../peers.ts";
import { mean, median, sum, tally } from "../statistics.ts";

const ofRelaying = "of announcements waiting, over peers that take transactions";
const ofLoads = "of the CPU load of peers, in thousandths, of nodes patched to tell it";

/** What the metrics of peers are. */
export const peerInfo = {
  rpc_peer_info_list_peers_gmax_ban: gauge("Peers on gmax' ban list"),
  rpc_peer_info_list_peers_monero_ban: gauge("Peers on the Monero ban list"),
  rpc_peer_info_list_peers_tor_exit: gauge("Peers that connect through Tor exits"),
  rpc_peer_info_list_peers_linkinglion: gauge("Peers at addresses of LinkingLion"),
  rpc_peer_info_list_peers_linkinglion_pre2026: gauge(
    "Peers at addresses LinkingLion used until the end of 2025",
  ),
  rpc_peer_info_list_peers_bitprojects: gauge("Peers at addresses of bitprojects", {
    labels: { direction: DIRECTIONS },
  }),
  rpc_peer_info_addr_ratelimited_peers: gauge("Peers of which addresses were dropped by the rate limit"),
  rpc_peer_info_addr_ratelimited_total: gauge("Addresses dropped by the rate limit, over the peers of now"),
  rpc_peer_info_addr_processed_total: gauge("Addresses processed, over the peers of now"),
  rpc_peer_info_timeoffset_plus10s: gauge("Peers whose clock is more than 10 s ahead"),
  rpc_peer_info_timeoffset_minus10s: gauge("Peers whose clock is more than 10 s behind"),
  rpc_peer_info_bip152_highbandwidth_to: gauge("Peers the node chose for high-bandwidth compact blocks"),
  rpc_peer_info_bip152_highbandwidth_from: gauge(
    "Peers that chose the node for high-bandwidth compact blocks",
  ),
  rpc_peer_info_num_peers: gauge("Peers"),
  rpc_peer_info_addr_relay_enabled_peers: gauge("Peers that addresses are relayed with"),
  rpc_peer_info_inflight_block_peers: gauge("Peers that blocks are being fetched from"),
  rpc_peer_info_inflight_distinct_blocks_heights: gauge("Heights of blocks that are being fetched"),
  rpc_peer_info_ping_wait_larger_5_seconds_block_peers: gauge("Peers that have not answered a ping for 5 s"),
  rpc_peer_info_transport_protocol_type_peers: gauge("Peers by transport protocol", {
    labels: { transport_protocol_type: open("v1", "v2", "detecting") },
  }),
  rpc_peer_info_network_peers: gauge("Peers by network", {
    labels: { network: open("ipv4", "ipv6", "onion", "i2p", "cjdns", "not_publicly_routable") },
  }),
  rpc_peer_info_connection_type_peers: gauge("Peers by type of connection", {
    labels: {
      connection_type: open(
        ...["inbound", "outbound-full-relay", "block-relay-only", "manual", "feeler", "addr-fetch"],
        "private-broadcast",
      ),
    },
  }),
  rpc_peer_info_protocol_version_peers: gauge("Peers by protocol version", {
    labels: { protocol_version: open() },
  }),
  rpc_peer_info_asn_peers: gauge("Peers by autonomous system, of nodes that run with an asmap", {
    labels: { ASN: open() },
  }),
  rpc_peer_info_ping_median: gauge("Median of the last ping of peers in ms"),
  rpc_peer_info_ping_mean: gauge("Mean of the last ping of peers in ms"),
  rpc_peer_info_minping_median: gauge("Median of the shortest ping of peers in ms"),
  rpc_peer_info_minping_mean: gauge("Mean of the shortest ping of peers in ms"),
  rpc_peer_info_sub1satvb_relay: gauge("Peers that relay transactions below 1 sat/vB"),
  rpc_peer_info_connection_divserity_inbound_ipv4: gauge(
    "Distinct /16 by inbound IPv4 peers; 1 is most diverse",
  ),
  rpc_peer_info_invtosend_sum: gauge(`Sum ${ofRelaying}`),
  rpc_peer_info_invtosend_max: gauge(`Most ${ofRelaying}`),
  rpc_peer_info_invtosend_median: gauge(`Median ${ofRelaying}`),
  rpc_peer_info_invtosend_mean: gauge(`Mean ${ofRelaying}`),
  rpc_peer_info_invtosend_min: gauge(`Fewest ${ofRelaying}`),
  rpc_peer_info_cpuload_sum: gauge(`Sum ${ofLoads}`),
  rpc_peer_info_cpuload_max: gauge(`Largest ${ofLoads}`),
  rpc_peer_info_cpuload_median: gauge(`Median ${ofLoads}`),
  rpc_peer_info_cpuload_mean: gauge(`Mean ${ofLoads}`),
  rpc_peer_info_cpuload_min: gauge(`Smallest ${ofLoads}`),
  rpc_peer_info_as_peers: gauge("Peers by autonomous system and direction", {
    labels: { asn: open(), as_name: open(), direction: DIRECTIONS },
  }),
  rpc_peer_info_as_distinct: gauge("Distinct autonomous systems of peers", {
    labels: { direction: DIRECTIONS },
  }),
  rpc_peer_info_as_diversity: gauge("Distinct autonomous systems by peers that have one; 1 is most diverse", {
    labels: { direction: DIRECTIONS },
  }),
  rpc_peer_info_as_unmapped_peers: gauge("Peers over IPv4 and IPv6 whose autonomous system is not known", {
    labels: { direction: DIRECTIONS },
  }),
};

type PeerInfoMetric = keyof typeof peerInfo;

/** How many peers something is true of. */
const COUNTS: Partial<Record<PeerInfoMetric, (peer: PeerInfo) => boolean>> = {
  rpc_peer_info_addr_ratelimited_peers: (peer) => peer.addrRateLimited > 0,
  rpc_peer_info_timeoffset_plus10s: (peer) => peer.timeOffset > 10,
  rpc_peer_info_timeoffset_minus10s: (peer) => peer.timeOffset < -10,
  rpc_peer_info_bip152_highbandwidth_to: (peer) => peer.bip152HbTo,
  rpc_peer_info_bip152_highbandwidth_from: (peer) => peer.bip152HbFrom,
  rpc_peer_info_num_peers: () => true,
  rpc_peer_info_addr_relay_enabled_peers: (peer) => peer.addrRelayEnabled,
  rpc_peer_info_inflight_block_peers: (peer) => peer.inflight.length > 0,
  rpc_peer_info_ping_wait_larger_5_seconds_block_peers: (peer) => peer.pingWait > 5,
  rpc_peer_info_sub1satvb_relay: relaysBelow1SatPerVbyte,
};

/** Lists of addresses, each with a metric of its own. */
const LISTS: Partial<Record<PeerInfoMetric, ListName>> = {
  rpc_peer_info_list_peers_gmax_ban: "banlist_gmax",
  rpc_peer_info_list_peers_monero_ban: "banlist_monero",
  rpc_peer_info_list_peers_tor_exit: "tor_exit",
  rpc_peer_info_list_peers_linkinglion: "linkinglion",
  rpc_peer_info_list_peers_linkinglion_pre2026: "linkinglion_pre2026",
};

/** Peers by a value that they have. */
const VALUES: Partial<Record<PeerInfoMetric, (peer: PeerInfo) => string>> = {
  rpc_peer_info_transport_protocol_type_peers: (peer) => peer.transportProtocolType,
  rpc_peer_info_network_peers: (peer) => peer.network,
  rpc_peer_info_connection_type_peers: (peer) => peer.connectionType,
  rpc_peer_info_protocol_version_peers: (peer) => String(peer.version),
};

const MS_PER_SECOND = 1000;
/** 1 sat/vB in BTC/kvB, the unit of `minfeefilter`. */
const ONE_SAT_PER_VBYTE = 0.00001;

/** A peer, and what is known of its address. */
interface Known {
  readonly info: PeerInfo;
  readonly peer: Peer;
}

/** Sets all metrics of peers from a list of them. */
export function setPeerInfo(metrics: Metrics, peers: Peers, infos: readonly PeerInfo[]): void {
  const all = infos.map((info): Known => ({ info, peer: peers.of(info.address) }));
  for (const [name, holds] of entries(COUNTS)) set(metrics[name], infos.filter(holds).length);
  for (const [name, list] of entries(LISTS)) {
    set(metrics[name], all.filter(({ peer }) => peer.onList(list)).length);
  }
  for (const [name, valueOf] of entries(VALUES)) metrics[name].replace(rowsOf(tally(infos, valueOf)));
  set(metrics.rpc_peer_info_addr_ratelimited_total, sum(infos.map((peer) => peer.addrRateLimited)));
  set(metrics.rpc_peer_info_addr_processed_total, sum(infos.map((peer) => peer.addrProcessed)));
  const heights = new Set(infos.flatMap((peer) => peer.inflight));
  set(metrics.rpc_peer_info_inflight_distinct_blocks_heights, heights.size);
  setPings(metrics, infos);
  setQueues(metrics, infos);
  setLoads(metrics, infos);
  setDiversity(metrics, all);
  setSystems(metrics, peers, all);
}

function setPings(metrics: Metrics, infos: readonly PeerInfo[]): void {
  const milliseconds = (pick: (peer: PeerInfo) => number) =>
    infos.map(pick).filter((seconds) => seconds > 0).map((seconds) => seconds * MS_PER_SECOND);
  const pings = milliseconds((peer) => peer.pingTime);
  const shortest = milliseconds((peer) => peer.minimumPing);
  set(metrics.rpc_peer_info_ping_median, median(pings));
  set(metrics.rpc_peer_info_ping_mean, mean(pings));
  set(metrics.rpc_peer_info_minping_median, median(shortest));
  set(metrics.rpc_peer_info_minping_mean, mean(shortest));
}

function setQueues(metrics: Metrics, infos: readonly PeerInfo[]): void {
  const waiting = infos.filter((peer) => peer.relayTransactions).map((peer) => peer.invToSend);
  if (waiting.length === 0) return;
  set(metrics.rpc_peer_info_invtosend_sum, sum(waiting));
  set(metrics.rpc_peer_info_invtosend_max, largest(waiting));
  set(metrics.rpc_peer_info_invtosend_median, median(waiting));
  set(metrics.rpc_peer_info_invtosend_mean, mean(waiting));
  set(metrics.rpc_peer_info_invtosend_min, smallest(waiting));
}

function setLoads(metrics: Metrics, infos: readonly PeerInfo[]): void {
  const loads = infos.map((peer) => peer.cpuLoad).filter((load) => load > 0);
  if (loads.length === 0) return;
  set(metrics.rpc_peer_info_cpuload_sum, sum(loads));
  set(metrics.rpc_peer_info_cpuload_max, largest(loads));
  set(metrics.rpc_peer_info_cpuload_median, median(loads));
  set(metrics.rpc_peer_info_cpuload_mean, mean(loads));
  set(metrics.rpc_peer_info_cpuload_min, smallest(loads));
}

function setDiversity(metrics: Metrics, all: readonly Known[]): void {
  const inbound = all.filter(({ info }) => info.inbound && info.network === "ipv4");
  if (inbound.length === 0) return;
  const groups = new Set(inbound.map(({ peer }) => peer.ipv4Group));
  set(metrics.rpc_peer_info_connection_divserity_inbound_ipv4, groups.size / inbound.length);
}

function setSystems(metrics: Metrics, peers: Peers, all: readonly Known[]): void {
  const mappedByNode = all.filter(({ info }) => info.mappedAs !== 0);
  metrics.rpc_peer_info_asn_peers.replace(rowsOf(tally(mappedByNode, ({ info }) => String(info.mappedAs))));
  metrics.rpc_peer_info_as_diversity.reset();
  const byDirection = DIRECTIONS.map((direction) => {
    const some = all.filter(({ info }) => info.inbound === (direction === "inbound"));
    const bitprojects = some.filter(({ peer }) => peer.onList("bitprojects")).length;
    metrics.rpc_peer_info_list_peers_bitprojects.at(direction).value = bitprojects;
    return { direction, some };
  });
  if (!peers.hasAsmap) return;
  const rows = byDirection.flatMap(({ direction, some }) => {
    const mapped = some.filter(({ peer }) => peer.asn !== 0);
    const systems = tally(mapped, ({ peer }) => peer.asn);
    const unmapped = some.filter(({ peer, info }) =>
      peer.asn === 0 && (info.network === "ipv4" || info.network === "ipv6")
    );
    metrics.rpc_peer_info_as_distinct.at(direction).value = systems.size;
    metrics.rpc_peer_info_as_unmapped_peers.at(direction).value = unmapped.length;
    if (mapped.length > 0) {
      metrics.rpc_peer_info_as_diversity.at(direction).value = systems.size / mapped.length;
    }
    return [...systems].map(([asn, value]) => ({ at: [String(asn), peers.asNameOf(asn), direction], value }));
  });
  metrics.rpc_peer_info_as_peers.replace(rows);
}

function relaysBelow1SatPerVbyte(peer: PeerInfo): boolean {
  const { relayTransactions, minfeefilter, bytesReceivedPerMessage, bytesSentPerMessage } = peer;
  return relayTransactions && minfeefilter < ONE_SAT_PER_VBYTE &&
    (bytesReceivedPerMessage.has("tx") || bytesSentPerMessage.has("tx"));
}

// Not Math.max(...values): an event may list more peers than a call takes arguments.
function largest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b));
}

function smallest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b));
}

function set(metric: GaugeFamily, value: number): void {
  metric.at().value = value;
}

function rowsOf(counts: ReadonlyMap<string, number>) {
  return [...counts].map(([value, count]) => ({ at: [value], value: count }));
}

function entries<K extends string, V>(table: Partial<Record<K, V>>): [K, V][] {
  return Object.entries(table) as [K, V][];
}
