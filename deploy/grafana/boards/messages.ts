import { type Board, buckets, growth, now, of, perSecond, query, ratio, sumBy, top } from "../panel.ts";

const IN = 'direction="inbound"';
const OUT = 'direction="outbound"';

/** What goes over the wire. */
export const messagesBoard: Board = {
  name: "messages",
  title: "Messages",
  about: "P2P messages by type and size, seen by the tracepoints; user agents, rejects and odd pings.",
  wall: true,
  panels: [
    {
      title: "Messages received by type",
      unit: "cps",
      kind: "stack",
      queries: [perSecond("p2p_message_count", { where: IN, by: ["message"] })],
    },
    {
      title: "Messages sent by type",
      unit: "cps",
      kind: "stack",
      queries: [perSecond("p2p_message_count", { where: OUT, by: ["message"] })],
    },
    {
      title: "Messages by type of connection",
      unit: "cps",
      note:
        "0 unknown, 1 inbound, 2 outbound-full-relay, 3 block-relay-only, 4 feeler; seen by the direction of the message.",
      queries: [perSecond("p2p_message_count", { by: ["connection_type", "direction"] })],
    },
    {
      title: "Bytes received by type",
      unit: "Bps",
      kind: "stack",
      queries: [perSecond("p2p_message_bytes", { where: IN, by: ["message"] })],
    },
    {
      title: "Bytes sent by type",
      unit: "Bps",
      kind: "stack",
      queries: [perSecond("p2p_message_bytes", { where: OUT, by: ["message"] })],
    },
    {
      title: "Payload of 24 h",
      unit: "bytes",
      queries: [growth("1d", "p2p_message_bytes", { by: ["direction"] })],
    },
    {
      title: "Bytes per second, by the node's count",
      unit: "Bps",
      queries: [
        query(`rate(${of("rpc_nettotals_total_bytes_received")}[$__rate_interval])`, { as: "received" }),
        query(`rate(${of("rpc_nettotals_total_bytes_sent")}[$__rate_interval])`, { as: "sent" }),
      ],
    },
    {
      title: "User agents that connected most in 24 h",
      kind: "table",
      queries: [top(25, growth("1d", "p2p_version_useragent", { by: ["useragent"] }))],
    },
    {
      title: "Rejects received in 1 h",
      kind: "stack",
      queries: [growth("1h", "p2p_reject_message", { by: ["rejectcommand", "rejectreason"] })],
    },
    {
      title: "Fee filters received in 1 h, most frequent",
      queries: [top(10, growth("1h", "p2p_feefilter_feerate", { where: IN, by: ["feerate"] }))],
      note: "In sat/kvB.",
    },
    {
      title: "Fee filters sent in 1 h, most frequent",
      queries: [top(10, growth("1h", "p2p_feefilter_feerate", { where: OUT, by: ["feerate"] }))],
      note: "In sat/kvB.",
    },
    {
      title: "Subnets with pings from before BIP31 in 24 h",
      kind: "table",
      queries: [top(20, growth("1d", "p2p_oldping_subnet", { by: ["subnet"] }))],
    },
  ],
};

const ofLion = (counted: "count" | "bytes", direction: string) =>
  ratio(
    growth("1h", `p2p_message_${counted}_linkinglion`, { where: direction }),
    growth("1h", `p2p_message_${counted}`, { where: direction }),
    { as: direction === IN ? "received" : "sent" },
  );

/** One spy, watched. */
export const linkingLionBoard: Board = {
  name: "linkinglion",
  title: "LinkingLion",
  about: "What one well-known spy does: its connections, and its share of messages and bytes.",
  panels: [
    {
      title: "Peers",
      queries: [
        now("rpc_peer_info_list_peers_linkinglion", { as: "today's addresses" }),
        now("rpc_peer_info_list_peers_linkinglion_pre2026", { as: "addresses until 2025" }),
      ],
    },
    { title: "Inbound opened in 1 h", queries: [growth("1h", "conn_inbound_list_linkinglion")] },
    {
      title: "Share of messages",
      unit: "percentunit",
      steps: [[0, "green"], [0.05, "yellow"], [0.25, "red"]],
      queries: [ofLion("count", IN), ofLion("count", OUT)],
    },
    {
      title: "Share of bytes",
      unit: "percentunit",
      steps: [[0, "green"], [0.02, "yellow"], [0.1, "red"]],
      queries: [ofLion("bytes", IN), ofLion("bytes", OUT)],
    },
    {
      title: "Share of messages received in 24 h",
      kind: "stat",
      unit: "percentunit",
      steps: [[0, "green"], [0.05, "yellow"], [0.25, "red"]],
      queries: [
        ratio(
          growth("1d", "p2p_message_count_linkinglion", { where: IN }),
          growth("1d", "p2p_message_count", { where: IN }),
        ),
      ],
    },
    {
      title: "Share of bytes received in 24 h",
      kind: "stat",
      unit: "percentunit",
      steps: [[0, "green"], [0.02, "yellow"], [0.1, "red"]],
      queries: [
        ratio(
          growth("1d", "p2p_message_bytes_linkinglion", { where: IN }),
          growth("1d", "p2p_message_bytes", { where: IN }),
        ),
      ],
    },
    {
      title: "Messages it sent us in 1 h",
      kind: "bars",
      queries: [growth("1h", "p2p_message_count_linkinglion", { where: IN, by: ["message"] })],
    },
    {
      title: "Messages we sent it in 1 h",
      kind: "bars",
      queries: [growth("1h", "p2p_message_count_linkinglion", { where: OUT, by: ["message"] })],
    },
  ],
};

/** Announcements of transactions and blocks. */
export const relayBoard: Board = {
  name: "relay",
  title: "Relay",
  about: "Announcements of transactions and blocks: what is announced, in what portions, and what waits.",
  wall: true,
  panels: [
    { title: "Announcements waiting, all peers", queries: [now("rpc_peer_info_invtosend_sum")] },
    {
      title: "Announcements waiting, by peer",
      log: true,
      queries: [
        now("rpc_peer_info_invtosend_max", { as: "most" }),
        now("rpc_peer_info_invtosend_mean", { as: "mean" }),
        now("rpc_peer_info_invtosend_median", { as: "median" }),
        now("rpc_peer_info_invtosend_min", { as: "fewest" }),
      ],
    },
    {
      title: "Large inv messages sent in 24 h",
      kind: "stat",
      steps: [[0, "green"], [1000, "red"]],
      queries: [growth("1d", "p2p_invs_outbound_large")],
    },
    {
      title: "Items received by type",
      unit: "cps",
      kind: "stack",
      queries: [perSecond("p2p_inv_entries", { where: IN, by: ["inv_type"] })],
    },
    {
      title: "Items sent by type",
      unit: "cps",
      kind: "stack",
      queries: [perSecond("p2p_inv_entries", { where: OUT, by: ["inv_type"] })],
    },
    {
      title: "Items in a message, mean",
      queries: [
        ratio(
          growth("10m", "p2p_inv_entries_histogram_sum", { by: ["direction"] }),
          growth("10m", "p2p_inv_entries_histogram_count", { by: ["direction"] }),
          { by: ["direction"] },
        ),
      ],
    },
    {
      title: "Items in received messages",
      kind: "heatmap",
      queries: [buckets("p2p_inv_entries_histogram_bucket", IN)],
    },
    {
      title: "Items in sent messages",
      kind: "heatmap",
      queries: [buckets("p2p_inv_entries_histogram_bucket", OUT)],
    },
    {
      title: "Messages of one type of items, and of several",
      unit: "cps",
      queries: [
        perSecond("p2p_invs_homogeneous", { by: ["direction"], as: "one" }),
        perSecond("p2p_invs_heterogeneous", { by: ["direction"], as: "several" }),
      ],
    },
    {
      title: "Items in inv messages to the P2P extractor",
      steps: [[0, "green"], [70, "orange"]],
      queries: [query(`avg_over_time(${of("p2pextractor_invs_size")}[1m])`)],
    },
    {
      title: "Items announced to the P2P extractor",
      unit: "cps",
      kind: "stack",
      queries: [perSecond("p2pextractor_invs_items", { by: ["inv_type"] })],
    },
    {
      title: "inv messages to the P2P extractor",
      unit: "cps",
      queries: [query(`rate(${of("p2pextractor_invs_messages")}[10m])`)],
    },
    {
      title: "The node's fee filter",
      unit: "suffix: sat/kvB",
      queries: [now("p2pextractor_feefilter_last")],
    },
    {
      title: "Fee filters to the P2P extractor in 1 h",
      queries: [growth("1h", "p2pextractor_feefilter_messages")],
    },
  ],
};

/** How fast the node answers. */
export const pingsBoard: Board = {
  name: "pings",
  title: "Pings",
  about: "How fast peers and the node itself answer: a node that answers late is busy with something.",
  wall: true,
  panels: [
    {
      title: "Backlog: the node's answer to the P2P extractor",
      unit: "ns",
      log: true,
      queries: [query(`quantile_over_time(0.5, ${of("p2pextractor_ping_duration_nanoseconds")}[1h])`)],
    },
    { title: "The last answer", unit: "ns", queries: [now("p2pextractor_ping_duration_nanoseconds")] },
    {
      title: "Peers that have not answered for 5 s",
      queries: [query(`avg_over_time(${of("rpc_peer_info_ping_wait_larger_5_seconds_block_peers")}[10m])`)],
    },
    {
      title: "Ping of peers, median",
      unit: "ms",
      queries: [query(`avg_over_time(${of("rpc_peer_info_ping_median")}[10m])`)],
    },
    {
      title: "Ping of peers, mean",
      unit: "ms",
      queries: [query(`avg_over_time(${of("rpc_peer_info_ping_mean")}[1h])`)],
    },
    {
      title: "Shortest ping of peers",
      unit: "ms",
      queries: [
        now("rpc_peer_info_minping_median", { as: "median" }),
        now("rpc_peer_info_minping_mean", { as: "mean" }),
      ],
    },
    {
      title: "Received pings in 1 min by the size of their nonce",
      kind: "stack",
      queries: [growth("1m", "p2p_ping_inbound_value", { by: ["value"] })],
      note: "Bitcoin Core sends 64-bit nonces; small ones come from other software.",
    },
    {
      title: "Received pings in 2 min per connection",
      queries: [
        query(
          `${
            sumBy(`increase(${of("p2p_message_count", `${IN}, message="ping"`)}[2m])`)
          } / on (host) group_left () (${sumBy(of("conn_inbound_current"))} + ${
            sumBy(of("conn_outbound_current"))
          })`,
        ),
      ],
      note: "Each peer sends one ping in two minutes.",
    },
  ],
};
