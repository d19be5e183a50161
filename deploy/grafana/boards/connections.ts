import { type Board, growth, mean, now, of, query, ratio, top } from "../panel.ts";

const NETWORKS = "Networks are numbers: 0 not routable, 1 IPv4, 2 IPv6, 3 onion, 4 I2P, 5 CJDNS, 6 internal.";
const inbound = of("conn_inbound_current");

/** Connections as they come and go. */
export const connectionsBoard: Board = {
  name: "connections",
  title: "Connections",
  about: "Connections as they open, close and are evicted, seen by the tracepoints.",
  wall: true,
  panels: [
    { title: "Inbound connections", queries: [mean("1h", "conn_inbound_current")] },
    {
      title: "Outbound connections",
      steps: [[0, "green"], [10, "orange"]],
      queries: [mean("1h", "conn_outbound_current")],
    },
    {
      title: "Inbound anomaly, z-score",
      kind: "lines",
      steps: [[-1000, "red"], [-25, "green"]],
      note:
        "How many standard deviations of two days the mean is away from its usual. Below -25 over all hosts, many left.",
      queries: [{
        expr:
          `sum((avg_over_time(${inbound}[$__rate_interval]) - avg_over_time(${inbound}[2d])) / stddev_over_time(${inbound}[2d]))`,
        legend: "all hosts",
      }],
    },
    {
      title: "Inbound anomaly, distance from the median",
      steps: [[-1000, "red"], [-2, "green"]],
      note: "Over all hosts, in medians of ten hours. Below -2 many left.",
      queries: [{
        expr:
          `sum((max_over_time(${inbound}[$__rate_interval]) - avg_over_time(${inbound}[10h])) / quantile_over_time(0.5, ${inbound}[10h]))`,
        legend: "all hosts",
      }],
    },
    {
      title: "Opened in 10 min",
      queries: [
        growth("10m", "conn_inbound", { as: "inbound" }),
        growth("10m", "conn_outbound", { as: "outbound" }),
      ],
    },
    {
      title: "Inbound opened in 10 min by network",
      kind: "stack",
      note: NETWORKS,
      queries: [growth("10m", "conn_inbound_network", { by: ["network"] })],
    },
    {
      title: "Outbound opened in 10 min by network",
      kind: "stack",
      note: NETWORKS,
      queries: [growth("10m", "conn_outbound_network", { by: ["network"] })],
    },
    { title: "Closed in 10 min", queries: [growth("10m", "conn_closed")] },
    {
      title: "Closed in 10 min by network",
      kind: "stack",
      note: NETWORKS,
      queries: [growth("10m", "conn_closed_network", { by: ["network"] })],
    },
    {
      title: "Age of closed connections, mean of 12 h",
      unit: "s",
      log: true,
      queries: [ratio(growth("12h", "conn_closed_age"), growth("12h", "conn_closed"))],
    },
    {
      title: "Age of closed connections, per hour",
      unit: "s",
      note: "All ages together, by the hour, over 12 hours. A wave of old connections that close stands out.",
      queries: [query(`${growth("12h", "conn_closed_age").expr} / 12`)],
    },
    {
      title: "Inbound evicted in 10 min",
      steps: [[0, "green"], [60, "red"]],
      queries: [growth("10m", "conn_evicted_inbound")],
    },
    {
      title: "Misbehaviour in 10 min by what the peer did",
      kind: "stack",
      queries: [growth("10m", "conn_misbehaving_reason", { by: ["misbehavingmessage"] })],
    },
    {
      title: "Peers that misbehaved most in 24 h",
      kind: "table",
      queries: [top(20, growth("1d", "conn_misbehaving", { by: ["id", "misbehavingmessage"] }))],
    },
    {
      title: "Private broadcasts received in 1 h",
      queries: [growth("1h", "conn_private_transaction_broadcast")],
    },
    {
      title: "Inbound opened in 1 h from lists",
      queries: [
        growth("1h", "conn_inbound_list_linkinglion", { as: "LinkingLion" }),
        growth("1h", "conn_inbound_tor_exit", { as: "Tor exits" }),
        growth("1h", "conn_inbound_banlist_gmax", { as: "gmax' ban list" }),
        growth("1h", "conn_inbound_banlist_monero", { as: "Monero ban list" }),
      ],
    },
  ],
};

const AS = ["asn", "as_name"];
const allHosts = (expr: string) => ({ expr, legend: "{{asn}} {{as_name}}" });

/** Which networks of operators the peers are in. */
export const asBoard: Board = {
  name: "autonomous-systems",
  title: "Autonomous systems",
  about: "Which autonomous systems the peers are in; needs an asmap in the metrics tool (--metrics.asmap).",
  panels: [
    {
      title: "Systems with most peers",
      queries: [
        top(15, allHosts(`sum by (asn, as_name) (avg_over_time(${of("rpc_peer_info_as_peers")}[10m]))`)),
      ],
    },
    {
      title: "Systems with most inbound peers",
      queries: [
        top(
          15,
          allHosts(
            `sum by (asn, as_name) (avg_over_time(${
              of("rpc_peer_info_as_peers", 'direction="inbound"')
            }[10m]))`,
          ),
        ),
      ],
    },
    {
      title: "Systems with most outbound peers of one node",
      kind: "table",
      note: "More than one outbound peer in a system is a weakness: nodes with an asmap avoid it.",
      queries: [top(15, now("rpc_peer_info_as_peers", { where: 'direction="outbound"', by: AS }))],
    },
    {
      title: "Inbound opened in 1 h",
      kind: "stack",
      queries: [top(15, allHosts(`sum by (asn, as_name) (increase(${of("conn_inbound_as")}[1h]))`))],
    },
    {
      title: "Outbound opened in 1 h",
      kind: "stack",
      queries: [top(15, allHosts(`sum by (asn, as_name) (increase(${of("conn_outbound_as")}[1h]))`))],
    },
    {
      title: "Closed in 10 min",
      kind: "stack",
      queries: [top(15, allHosts(`sum by (asn, as_name) (increase(${of("conn_closed_as")}[10m]))`))],
    },
    {
      title: "Diversity of systems",
      unit: "percentunit",
      queries: [now("rpc_peer_info_as_diversity", { by: ["direction"] })],
    },
    { title: "Distinct systems", queries: [now("rpc_peer_info_as_distinct", { by: ["direction"] })] },
    {
      title: "Peers whose system is not known",
      queries: [now("rpc_peer_info_as_unmapped_peers", { by: ["direction"] })],
    },
    {
      title: "Systems by the node's own asmap",
      queries: [
        top(15, {
          expr: `sum by (ASN) (avg_over_time(${of("rpc_peer_info_asn_peers")}[10m]))`,
          legend: "{{ASN}}",
        }),
      ],
    },
  ],
};
