import { type Board, mean, now, of, query, ratio, sumBy } from "../panel.ts";

const peers = now("rpc_peer_info_num_peers");

/** Who the node is connected with, as it tells itself. */
export const peersBoard: Board = {
  name: "peers",
  title: "Peers",
  about:
    "Who each node is connected with now, as its RPC interface tells: types, networks, transports, lists.",
  wall: true,
  panels: [
    { title: "Peers", queries: [peers] },
    {
      title: "Peers by type of connection",
      queries: [now("rpc_peer_info_connection_type_peers", { by: ["connection_type"] })],
    },
    { title: "Peers by network", queries: [now("rpc_peer_info_network_peers", { by: ["network"] })] },
    {
      title: "Peers by network, all hosts",
      kind: "stack",
      queries: [{ expr: `sum by (network) (${of("rpc_peer_info_network_peers")})`, legend: "{{network}}" }],
    },
    {
      title: "Share on the v2 transport",
      unit: "percentunit",
      queries: [
        query(
          `${sumBy(of("rpc_peer_info_transport_protocol_type_peers", 'transport_protocol_type="v2"'))} / ${
            sumBy(of("rpc_peer_info_transport_protocol_type_peers"))
          }`,
        ),
      ],
      note: "Encrypted connections (BIP324).",
    },
    {
      title: "Peers by transport",
      queries: [now("rpc_peer_info_transport_protocol_type_peers", { by: ["transport_protocol_type"] })],
    },
    {
      title: "Protocol versions, all hosts",
      kind: "stack",
      queries: [{
        expr: `sum by (protocol_version) (${of("rpc_peer_info_protocol_version_peers")})`,
        legend: "{{protocol_version}}",
      }],
    },
    {
      title: "Diversity of inbound IPv4 peers",
      unit: "percentunit",
      steps: [[0, "red"], [0.5, "green"]],
      queries: [now("rpc_peer_info_connection_divserity_inbound_ipv4")],
    },
    {
      title: "Clocks that are off by more than 10 s",
      queries: [
        mean("10m", "rpc_peer_info_timeoffset_plus10s", { as: "ahead" }),
        query(`-avg_over_time(${of("rpc_peer_info_timeoffset_minus10s")}[10m])`, { as: "behind" }),
      ],
      note: "Those behind are drawn downwards.",
    },
    {
      title: "Peers chosen for high bandwidth",
      queries: [
        now("rpc_peer_info_bip152_highbandwidth_to", { as: "by the node" }),
        now("rpc_peer_info_bip152_highbandwidth_from", { as: "that chose the node" }),
      ],
    },
    {
      title: "Share of peers that chose the node for high bandwidth",
      unit: "percentunit",
      queries: [
        ratio(mean("10m", "rpc_peer_info_bip152_highbandwidth_from"), mean("10m", "rpc_peer_info_num_peers")),
      ],
    },
    {
      title: "Peers that relay below 1 sat/vB",
      queries: [now("rpc_peer_info_sub1satvb_relay")],
    },
    {
      title: "Share of peers that relay below 1 sat/vB",
      unit: "percentunit",
      queries: [ratio(now("rpc_peer_info_sub1satvb_relay"), peers)],
    },
    {
      title: "Bitprojects, outbound",
      kind: "stat",
      steps: [[0, "green"], [3, "yellow"], [4, "orange"], [5, "red"]],
      queries: [now("rpc_peer_info_list_peers_bitprojects", { where: 'direction="outbound"' })],
    },
    {
      title: "Bitprojects, inbound",
      kind: "stat",
      steps: [[0, "green"], [3, "yellow"], [4, "orange"], [5, "red"]],
      queries: [now("rpc_peer_info_list_peers_bitprojects", { where: 'direction="inbound"' })],
    },
    { title: "On gmax' ban list", queries: [mean("1h", "rpc_peer_info_list_peers_gmax_ban")] },
    { title: "On the Monero ban list", queries: [mean("1h", "rpc_peer_info_list_peers_monero_ban")] },
    { title: "Through Tor exits", queries: [mean("1h", "rpc_peer_info_list_peers_tor_exit")] },
    {
      title: "CPU load of peers",
      queries: [
        now("rpc_peer_info_cpuload_max", { as: "largest" }),
        now("rpc_peer_info_cpuload_mean", { as: "mean" }),
        now("rpc_peer_info_cpuload_median", { as: "median" }),
        now("rpc_peer_info_cpuload_min", { as: "smallest" }),
      ],
    },
    { title: "CPU load of all peers together", queries: [now("rpc_peer_info_cpuload_sum")] },
  ],
};
