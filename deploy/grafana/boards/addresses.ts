import { type Board, buckets, growth, mean, now, of, query, ratio, sumBy, top } from "../panel.ts";

const IN = 'direction="inbound"';
const OUT = 'direction="outbound"';
const BITS = "Bits: 0 network, 2 bloom, 3 witness, 6 compact filters, 10 network limited, 11 v2 transport.";

/** Addresses in messages. */
export const gossipBoard: Board = {
  name: "address-gossip",
  title: "Address gossip",
  about: "Addresses in addr and addrv2 messages: how many, whose, how old, with which services.",
  wall: true,
  panels: [
    {
      title: "Addresses received in 1 h, addrv2",
      kind: "stack",
      queries: [growth("1h", "p2p_addrv2_addresses_sum", { where: IN })],
    },
    {
      title: "Addresses received in 1 h, addr",
      kind: "stack",
      queries: [growth("1h", "p2p_addr_addresses_sum", { where: IN })],
    },
    {
      title: "Addresses sent in 1 h",
      queries: [
        growth("1h", "p2p_addrv2_addresses_sum", { where: OUT, as: "addrv2" }),
        growth("1h", "p2p_addr_addresses_sum", { where: OUT, as: "addr" }),
      ],
    },
    {
      title: "Addresses received in 5 min",
      queries: [
        growth("5m", "p2p_addrv2_addresses_sum", { where: IN, as: "addrv2" }),
        growth("5m", "p2p_addr_addresses_sum", { where: IN, as: "addr" }),
      ],
    },
    {
      title: "Addresses in received addrv2 messages",
      kind: "heatmap",
      queries: [buckets("p2p_addrv2_addresses_bucket", IN)],
    },
    {
      title: "Addresses in received addr messages",
      kind: "heatmap",
      queries: [buckets("p2p_addr_addresses_bucket", IN)],
    },
    {
      title: "Own addresses announced in 1 h",
      kind: "stack",
      queries: [growth("1h", "p2p_address_selfannouncements", { where: IN, by: ["network"] })],
    },
    {
      title: "Neighbours' addresses announced in 1 h",
      kind: "stack",
      queries: [growth("1h", "p2p_address_subnetannouncements", { where: IN, by: ["network"] })],
    },
    {
      title: "Peers with empty addrv2 messages in 24 h",
      kind: "table",
      queries: [top(20, growth("1d", "p2p_addrv2_empty", { by: ["direction", "addr"] }))],
    },
    {
      title: "Age of addresses in received addrv2",
      unit: "s",
      kind: "heatmap",
      queries: [buckets("p2p_addrv2_timestamp_offset_seconds_bucket", `${IN}, timestamp_offset="past"`)],
    },
    {
      title: "Age of addresses in received addr",
      unit: "s",
      kind: "heatmap",
      queries: [buckets("p2p_addr_timestamp_offset_seconds_bucket", `${IN}, timestamp_offset="past"`)],
    },
    {
      title: "Share of addresses from the future",
      unit: "percentunit",
      queries: [
        share("p2p_addrv2_timestamp_offset_seconds_count", "addrv2"),
        share("p2p_addr_timestamp_offset_seconds_count", "addr"),
      ],
    },
    {
      title: "Service bits received in addrv2",
      kind: "heatmap",
      note: BITS,
      queries: [buckets("p2p_addrv2_services_bits_bucket", IN)],
    },
    {
      title: "Service bits sent in addrv2",
      kind: "heatmap",
      note: BITS,
      queries: [buckets("p2p_addrv2_services_bits_bucket", OUT)],
    },
    {
      title: "Services in addrv2 in 1 h, most frequent",
      queries: [top(10, growth("1h", "p2p_addrv2_services", { by: ["direction", "services"] }))],
    },
    {
      title: "Service bits received in addr",
      kind: "heatmap",
      note: BITS,
      queries: [buckets("p2p_addr_services_bits_bucket", IN)],
    },
    {
      title: "Service bits sent in addr",
      kind: "heatmap",
      note: BITS,
      queries: [buckets("p2p_addr_services_bits_bucket", OUT)],
    },
    {
      title: "Services in addr in 1 h, most frequent",
      queries: [top(10, growth("1h", "p2p_addr_services", { by: ["direction", "services"] }))],
    },
  ],
};

function share(
  name: "p2p_addrv2_timestamp_offset_seconds_count" | "p2p_addr_timestamp_offset_seconds_count",
  as: string,
) {
  return ratio(
    growth("1h", name, { where: `${IN}, timestamp_offset="future"` }),
    growth("1h", name, { where: IN }),
    { as },
  );
}

/** What the node makes of addresses. */
export const addressRelayBoard: Board = {
  name: "address-relay",
  title: "Address relay",
  about:
    "What nodes do with addresses: the rate limit on what comes in, and what goes out to the P2P extractor.",
  panels: [
    {
      title: "Peers whose addresses were dropped",
      kind: "stat",
      steps: [[0, "green"], [1, "red"]],
      queries: [now("rpc_peer_info_addr_ratelimited_peers")],
      note:
        "A peer that sends more than the limit allows, one address in ten seconds, is a broken client or a spammer.",
    },
    {
      title: "Share of addresses dropped",
      kind: "stat",
      unit: "percentunit",
      steps: [[0, "green"], [0.001, "yellow"], [0.005, "orange"], [0.01, "red"]],
      queries: [
        ratio(now("rpc_peer_info_addr_ratelimited_total"), now("rpc_peer_info_addr_processed_total")),
      ],
    },
    {
      title: "Share of peers that addresses are relayed with",
      unit: "percentunit",
      queries: [ratio(now("rpc_peer_info_addr_relay_enabled_peers"), now("rpc_peer_info_num_peers"))],
    },
    {
      title: "Addresses dropped, peers of now",
      kind: "stack",
      queries: [now("rpc_peer_info_addr_ratelimited_total")],
    },
    {
      title: "Addresses processed, peers of now",
      kind: "stack",
      queries: [now("rpc_peer_info_addr_processed_total")],
    },
    {
      title: "Addresses in a message to the P2P extractor",
      queries: [mean("1h", "p2pextractor_addrv2relay_size")],
    },
    {
      title: "addrv2 messages to the P2P extractor in 1 h",
      queries: [
        growth("1h", "p2pextractor_addrv2relay_messages", { as: "all" }),
        growth("1h", "p2pextractor_addrv2relay_messages_10_or_less_entries", { as: "at most 10 addresses" }),
      ],
    },
    {
      title: "Addresses to the P2P extractor per minute",
      steps: [[0, "green"], [6, "orange"]],
      note: "The rate limit of a Bitcoin Core peer is 6 a minute.",
      queries: [query(`${sumBy(`rate(${of("p2pextractor_addrv2relay_addresses")}[10m])`)} * 60`)],
    },
    {
      title: "Addresses to the P2P extractor in 1 h by network",
      kind: "stack",
      queries: [growth("1h", "p2pextractor_addrv2relay_addresses", { by: ["network"] })],
    },
  ],
};

const all = 'network="all_networks"';
const byTable = (...more: string[]) => ({ by: ["table", ...more] });
const entriesShare = (name: "rpc_getrawaddrman_terrible_entries" | "rpc_getrawaddrman_distinct_entries") =>
  query(`${sumBy(of(name), ["table"])} / ${sumBy(of("rpc_getrawaddrman_entries"), ["table"])}`, byTable());

/** The address manager. */
export const addressManagerBoard: Board = {
  name: "address-manager",
  title: "Address manager",
  about:
    "The addresses each node keeps, in its tables of new and of tried ones: how many, how old, how they change.",
  panels: [
    { title: "Addresses", queries: [now("rpc_addrmaninfo", { where: all, ...byTable() })] },
    {
      title: "Addresses by network",
      queries: [
        now("rpc_addrmaninfo", {
          where: 'network!="all_networks", table!="total"',
          by: ["network", "table"],
        }),
      ],
    },
    {
      title: "Growth of the new table in 10 min",
      queries: [query(`delta(${of("rpc_addrmaninfo", `table="new", ${all}`)}[10m])`)],
    },
    {
      title: "Entries by network",
      queries: [now("rpc_getrawaddrman_entries", byTable("network"))],
      note: "An address in the new table may have several places.",
    },
    {
      title: "Distinct entries by network",
      queries: [now("rpc_getrawaddrman_distinct_entries", byTable("network"))],
    },
    {
      title: "Distinct addresses by network",
      queries: [now("rpc_getrawaddrman_distinct_addresses", byTable("network"))],
    },
    {
      title: "Distinct entries by all entries",
      unit: "percentunit",
      queries: [entriesShare("rpc_getrawaddrman_distinct_entries")],
    },
    {
      title: "Share of terrible entries",
      unit: "percentunit",
      queries: [entriesShare("rpc_getrawaddrman_terrible_entries")],
    },
    {
      title: "Terrible entries by network",
      queries: [now("rpc_getrawaddrman_terrible_entries", byTable("network"))],
    },
    {
      title: "Entries from the future",
      queries: [now("rpc_getrawaddrman_future_entries", byTable("network", "min_offset_seconds"))],
    },
    {
      title: "Age of entries, median",
      unit: "s",
      queries: [now("rpc_getrawaddrman_entry_age_seconds", { where: 'quantile="0.5"', ...byTable() })],
    },
    {
      title: "Age of entries by quantile",
      unit: "s",
      queries: [now("rpc_getrawaddrman_entry_age_seconds", byTable("quantile"))],
    },
    {
      title: "Age of entries, all hosts",
      unit: "s",
      kind: "heatmap",
      queries: [{
        expr: `sum by (le) (${of("rpc_getrawaddrman_entry_age_seconds_bucket")})`,
        legend: "{{le}}",
      }],
    },
    {
      title: "Ports of entries, most frequent",
      kind: "table",
      queries: [top(20, now("rpc_getrawaddrman_ports", byTable("port")))],
    },
    {
      title: "Services of entries, most frequent",
      kind: "table",
      queries: [top(20, now("rpc_getrawaddrman_services", byTable("service")))],
    },
    {
      title: "Service bits of entries",
      kind: "bars",
      queries: [now("rpc_getrawaddrman_service_bits", byTable("service_bit"))],
      note: "Numbered from 1: 4 witness, 11 network limited, 12 v2 transport.",
    },
    {
      title: "Where entries come from and lead to",
      queries: [
        now("rpc_getrawaddrman_distinct_asns", { ...byTable(), as: "systems" }),
        now("rpc_getrawaddrman_distinct_sources", { ...byTable(), as: "sources" }),
        now("rpc_getrawaddrman_distinct_source_asn", { ...byTable(), as: "systems of sources" }),
      ],
    },
    {
      title: "Entries added and replaced in 1 h",
      queries: [
        growth("1h", "rpc_getrawaddrman_added_entry", { ...byTable(), as: "added" }),
        growth("1h", "rpc_getrawaddrman_replaced_entry", { ...byTable(), as: "replaced" }),
      ],
    },
    {
      title: "Entries changed in 1 h",
      queries: [
        growth("1h", "rpc_getrawaddrman_changed_services", { ...byTable(), as: "services" }),
        growth("1h", "rpc_getrawaddrman_changed_timestamps", { ...byTable(), as: "time" }),
      ],
    },
    {
      title: "Insertions in 1 h, by tracepoints",
      queries: [
        growth("1h", "addrman_new_insert", { by: ["inserted"], as: "into new" }),
        growth("1h", "addrman_tried_insert", { as: "into tried" }),
      ],
    },
  ],
};
