/**
 * Alerts that Prometheus can raise from metrics alone. Names, limits, severities and texts of the anomalies are those
 * of the alerts tool: there is one place where a threshold is chosen.
 *
 * @module
 */

import { RULES } from "../../tools/alerts/rules/mod.ts";

/** How an anomaly of the alerts tool is told from metrics. */
export interface Anomaly {
  /** Its name in the alerts tool. */
  readonly rule: string;
  /** What is measured, in PromQL. */
  readonly value: string;
  /** Which side of the limit is wrong, where the alerts tool does not learn what is usual. */
  readonly side?: "above" | "below";
  /** The limit, where it is not the number of the alerts tool. */
  readonly limit?: number;
  /** What must be true besides, in PromQL; labels as those of the value. */
  readonly when?: readonly string[];
  /** Seconds it must hold, where the alerts tool has another way to wait. */
  readonly holdSeconds?: number;
  /** How it differs from the alerts tool. */
  readonly differs?: string;
}

const PEERS = "peerobserver_rpc_peer_info_num_peers";
const OF_TYPE = "peerobserver_rpc_peer_info_connection_type_peers";
const BLOCKS = "peerobserver_log_compact_block_reconstruction_count";

/** Of the band's own series. */
export const value = (rule: string) => `waggle:anomaly:value{rule="${rule}"}`;
const usual = (rule: string) => `waggle:anomaly:usual{rule="${rule}"}`;

/** A series that has just begun was 0 before, which `increase()` cannot know. */
function increase(metric: string, window: string): string {
  return `((${metric} unless ${metric} offset ${window}) or increase(${metric}[${window}]))`;
}

/** What never happened is 0 too: the series of a metric with labels begin when it first happens. */
function orNone(value: string): string {
  return `${value} or peerobserver_runtime_start_timestamp * 0`;
}

/** A gauge by a label whose series vanish at 0: 0, as long as there are peers at all. */
function peersWith(metric: string, label: string, matcher: string): string {
  return `(sum without (${label}) (${metric}{${matcher}}) or ${PEERS} * 0)`;
}

/** The anomalies that metrics tell. */
export const ANOMALIES: readonly Anomaly[] = [
  {
    rule: "eviction-storm",
    value: "increase(peerobserver_conn_evicted_inbound[10m])",
  },
  {
    rule: "misbehavior-spike",
    value: orNone(
      `sum without (misbehavingmessage) (${increase("peerobserver_conn_misbehaving_reason", "10m")})`,
    ),
  },
  {
    rule: "inbound-drop",
    value: peersWith(OF_TYPE, "connection_type", 'connection_type="inbound"'),
    when: [
      `${usual("inbound-drop")} - ${value("inbound-drop")} >= ${limitOf("inbound-drop")}`,
      "peerobserver_rpc_uptime > 1800",
    ],
    differs: "It is silent for half an hour after a start of the node; the alerts tool then learns anew.",
  },
  {
    rule: "outbound-drop",
    value: peersWith(OF_TYPE, "connection_type", 'connection_type="outbound-full-relay"'),
    side: "below",
    when: [`max_over_time(${value("outbound-drop")}[7d]) > ${limitOf("outbound-drop")}`],
    differs: "'More before' means within seven days.",
  },
  {
    rule: "v2-share-drop",
    value: `${
      peersWith(
        "peerobserver_rpc_peer_info_transport_protocol_type_peers",
        "transport_protocol_type",
        'transport_protocol_type="v2"',
      )
    } / (${PEERS} >= 10)`,
    when: [`${usual("v2-share-drop")} - ${value("v2-share-drop")} >= ${limitOf("v2-share-drop")}`],
  },
  {
    rule: "low-diversity",
    value: "peerobserver_rpc_peer_info_connection_divserity_inbound_ipv4 and ignoring (network) (" +
      `peerobserver_rpc_peer_info_network_peers{network="ipv4"} - ignoring (network) (${PEERS} - ` +
      `ignoring (connection_type) ${OF_TYPE}{connection_type="inbound"}) >= 20)`,
    side: "below",
    differs:
      "The number of inbound IPv4 peers is not a metric: all IPv4 peers less all outbound ones must be 20.",
  },
  {
    rule: "inv-to-send",
    value: "peerobserver_rpc_peer_info_invtosend_mean",
    differs: "The mean is over the peers that take transactions, not over all.",
  },
  {
    rule: "ping-backlog",
    value: "quantile_over_time(0.5, peerobserver_p2pextractor_ping_duration_nanoseconds[150s]) / 1e6",
    differs: "The median is over the scrapes of 150 s, in which the P2P extractor sends 15 pings.",
  },
  {
    rule: "block-stall",
    value: "peerobserver_rpc_blockchaininfo_headers - peerobserver_rpc_blockchaininfo_blocks",
    side: "above",
    limit: 1,
    when: ["peerobserver_rpc_blockchaininfo_initial_block_download == 0"],
    holdSeconds: limitOf("block-stall"),
    differs:
      "It sees headers without their blocks. That one block was asked for and not sent is not a metric.",
  },
  {
    rule: "compact-block-failures",
    value: `sum without (tx_requested, bandwidth) (increase(${BLOCKS}{tx_requested="true"}[2h])) / ` +
      `(sum without (tx_requested, bandwidth) (increase(${BLOCKS}[2h])) >= 6)`,
    differs: "Of the blocks of two hours instead of the last twelve, and from the log alone.",
  },
  {
    rule: "mutated-blocks",
    value: orNone(`sum without (status) (${increase("peerobserver_log_mutated_blocks", "1h")})`),
    side: "above",
  },
  {
    rule: "stale-tip",
    value: "time() - waggle:tip:changed_timestamp_seconds",
    side: "above",
    differs:
      "On regtest blocks come when somebody wants them, and no metric tells the chain: leave such nodes out.",
  },
  {
    rule: "node-restart",
    // The metrics tool shows 0 until the node was asked: its own start must not look like one of the node.
    value: "resets(waggle:node:uptime_seconds[10m])",
    side: "above",
  },
];

/** The anomalies that metrics do not tell, and why. The alerts tool does, and Prometheus can ask it. */
export const NOT_IN_METRICS: Readonly<Record<string, string>> = {
  "addr-flood":
    "whether an address is new and how many peers sent such is not a metric; band-left sees the number of addresses",
  "mass-connect": "no metric has a netgroup as a label: an attacker could make as many as he likes",
  "PingSpammer": "no metric is of one peer",
  "AddrSpammer": "no metric is of one peer",
  "AddrEntriesSpammer": "no metric is of one peer",
};

/** An alert about Waggle itself, with series that fire it and series that do not. */
export interface Trouble {
  /** Name. */
  readonly alert: string;
  /** When it fires, in PromQL. */
  readonly expr: string;
  /** Seconds it must hold. */
  readonly holdSeconds: number;
  /** How soon a person should look. */
  readonly severity: "warning" | "critical";
  /** What happened, with Prometheus' templates. */
  readonly summary: string;
  /** What to do. */
  readonly look: string;
  /** Series by the minute, in promtool's notation, that fire it within an hour. */
  readonly fires: Readonly<Record<string, string>>;
  /** The same where nothing is wrong. */
  readonly quiet: Readonly<Record<string, string>>;
}

/** Alerts about Waggle itself. */
export const TROUBLES: readonly Trouble[] = [
  {
    alert: "target-down",
    expr: 'up{job=~"peer-observer-.*|waggle-.*"} == 0',
    holdSeconds: 120,
    severity: "critical",
    summary: "{{ $labels.job }} of {{ $labels.host }} does not answer",
    look: "the component's log, whether it runs, its address in prometheus.yml",
    fires: { 'up{job="peer-observer-metrics", host="a"}': "1x10 0x50" },
    quiet: { 'up{job="peer-observer-metrics", host="a"}': "1x60", 'up{job="other", host="a"}': "0x60" },
  },
  {
    alert: "node-silent",
    expr: "time() - max without (kind) (waggle_last_event_timestamp_seconds) > 300",
    holdSeconds: 60,
    severity: "critical",
    summary: "No event of {{ $labels.host }} for five minutes",
    look: "whether the node runs, the extractors' logs, the bus",
    fires: { 'waggle_last_event_timestamp_seconds{host="a", kind="rpc"}': "0+60x10 600x50" },
    quiet: {
      'waggle_last_event_timestamp_seconds{host="a", kind="rpc"}': "0+60x60",
      'waggle_last_event_timestamp_seconds{host="a", kind="ipc"}': "5x60",
    },
  },
  {
    alert: "events-lost",
    expr: "increase(waggle_bus_unsent_total[10m]) > 0 or increase(waggle_bus_dropped_total[10m]) > 0 or " +
      "increase(waggle_component_events_dropped_total[10m]) > 0",
    holdSeconds: 0,
    severity: "warning",
    summary: "Events of {{ $labels.host }} were lost within ten minutes",
    look: "the board 'Collector', load of the host, connection to the NATS server",
    fires: { 'waggle_component_events_dropped_total{host="a", component="metrics"}': "0x10 5x50" },
    quiet: {
      'waggle_component_events_dropped_total{host="a", component="metrics"}': "5x60",
      'waggle_bus_unsent_total{host="a"}': "0x60",
      'waggle_bus_dropped_total{host="a"}': "0x60",
    },
  },
  {
    alert: "component-down",
    expr: "waggle_component_running == 0",
    holdSeconds: 300,
    severity: "warning",
    summary: "{{ $labels.component }} of {{ $labels.host }} does not run",
    look: "its log: it says why it ended and what to do",
    fires: { 'waggle_component_running{host="a", component="rpc"}': "1x10 0x50" },
    quiet: { 'waggle_component_running{host="a", component="rpc"}': "1x10 0x3 1x47" },
  },
  {
    alert: "rpc-failing",
    expr: "increase(rpcextractor_rpc_fetch_errors_total[10m]) > 0 or " +
      "increase(rpcextractor_rpc_model_errors_total[10m]) > 0",
    holdSeconds: 300,
    severity: "warning",
    summary: "{{ $labels.rpc_method }} of {{ $labels.host }} fails",
    look: "the RPC extractor's log; the node's rpcwhitelist",
    fires: { 'rpcextractor_rpc_fetch_errors_total{host="a", rpc_method="uptime"}': "0x10 0+1x50" },
    quiet: {
      'rpcextractor_rpc_fetch_errors_total{host="a", rpc_method="uptime"}': "7x60",
      'rpcextractor_rpc_model_errors_total{host="a", rpc_method="uptime"}': "0x60",
    },
  },
  {
    alert: "alerts-tool",
    expr: `waggle_alerts_active{rule=~"${Object.keys(NOT_IN_METRICS).join("|")}"} > 0`,
    holdSeconds: 0,
    severity: "warning",
    summary: "{{ $labels.rule }} at {{ $labels.host }}, says the alerts tool",
    look: "the alerts tool's log, which names peers and netgroups",
    fires: { 'waggle_alerts_active{host="a", rule="mass-connect"}': "0x10 1x50" },
    quiet: {
      'waggle_alerts_active{host="a", rule="mass-connect"}': "0x60",
      'waggle_alerts_active{host="a", rule="stale-tip"}': "1x60",
    },
  },
  {
    alert: "hub-store-failing",
    expr: "increase(waggle_hub_store_failures_total[10m]) > 0",
    holdSeconds: 0,
    severity: "critical",
    summary: "The hub {{ $labels.host }} cannot store summaries",
    look: "its disk, its log",
    fires: { 'waggle_hub_store_failures_total{host="a"}': "0x10 1x50" },
    quiet: { 'waggle_hub_store_failures_total{host="a"}': "4x60" },
  },
];

/** The number of the alerts tool. */
export function limitOf(rule: string): number {
  return ruleOf(rule).limit;
}

/** The anomaly as the alerts tool has it. */
export function ruleOf(name: string) {
  const found = RULES.find((rule) => rule.name === name);
  if (found === undefined) throw new RangeError(`Unknown rule "${name}": see tools/alerts/rules`);
  return found;
}
