import { ANOMALIES, ruleOf } from "../../prometheus/alerts.ts";
import { TRANSFORMATIONS } from "../../prometheus/bands.ts";
import { type Board, foreign, growth, now, of, query } from "../panel.ts";

/** The page to begin with; the links to all others are made where boards become JSON. */
export const homeBoard: Board = {
  name: "home",
  title: "Home",
  about: "The state of all nodes on one page, and the way to everything else.",
  panels: [
    {
      title: "Alerts that fire",
      kind: "stat",
      steps: [[0, "green"], [1, "red"]],
      queries: [{ expr: 'count(ALERTS{alertstate="firing"}) or vector(0)', legend: "alerts" }],
      note: "Needs the rules in deploy/prometheus.",
    },
    { title: "Peers", kind: "stat", queries: [now("rpc_peer_info_num_peers")] },
    { title: "Height", kind: "stat", unit: "locale", queries: [now("rpc_blockchaininfo_blocks")] },
    {
      title: "Uptime",
      kind: "stat",
      unit: "s",
      steps: [[0, "red"], [3600, "yellow"], [86_400, "green"]],
      queries: [now("rpc_uptime")],
    },
    {
      title: "Age of the last event",
      kind: "stat",
      unit: "s",
      steps: [[0, "green"], [60, "yellow"], [300, "red"]],
      queries: [query(`time() - max by (host) (${of("waggle_last_event_timestamp_seconds")})`)],
    },
    { title: "Inbound connections", queries: [now("conn_inbound_current")] },
    { title: "Messages in 1 min", queries: [growth("1m", "p2p_message_count", { by: ["direction"] })] },
    { title: "Transactions in the mempool", queries: [now("rpc_mempoolinfo_transaction_count")] },
  ],
};

const signal = (name: string) => `anomaly_name="${name}"`;
const TITLES: Readonly<Record<string, string>> = {
  peerobserver_conn_closed_increase_30m: "Connections closed in 30 min",
  peerobserver_p2p_addrv2_addresses_sum_inbound_increase_30m: "Addresses received in 30 min, addrv2",
  peerobserver_p2p_addr_addresses_sum_inbound_increase_30m: "Addresses received in 30 min, addr",
  peerobserver_conn_inbound_current_anomaly: "Inbound connections",
  peerobserver_rpc_peer_info_network_peers_iv4: "IPv4 peers",
  peerobserver_p2p_share_linkinglion_total: "LinkingLion's share of bytes sent",
};

/** Signals in their bands. */
export const bandsBoard: Board = {
  name: "bands",
  title: "Bands",
  about:
    "Six signals, each within the band of what is usual; needs the recording rules in deploy/prometheus.",
  wall: true,
  panels: TRANSFORMATIONS.map(({ record = "" }) => ({
    title: TITLES[record] ?? record,
    kind: "band" as const,
    ...(record.includes("share") && { unit: "percentunit" as const }),
    queries: [
      query(`max by (host) (${foreign("anomaly:adaptive:select", signal(record))})`, { as: "value" }),
      query(`max by (host) (${foreign("anomaly:upper_band", signal(record))})`, { as: "upper" }),
      query(`max by (host) (${foreign("anomaly:lower_band", signal(record))})`, { as: "lower" }),
    ],
  })),
};

/** What is measured for alerts. */
export const anomaliesBoard: Board = {
  name: "anomalies",
  title: "Anomalies",
  about: "What each alert measures and where it fires; needs the rules in deploy/prometheus.",
  wall: true,
  panels: [
    {
      title: "Alerts",
      kind: "table",
      queries: [{
        expr: "max by (alertname, host, severity, alertstate) (ALERTS)",
        legend: "{{alertname}} {{host}}",
      }],
    },
    ...ANOMALIES.map(({ rule }) => ({
      title: rule,
      note: noteOf(rule),
      queries: [
        query(foreign("waggle:anomaly:value", `rule="${rule}"`), { as: "value" }),
        query(foreign("waggle:anomaly:limit", `rule="${rule}"`), { as: "limit" }),
      ],
    })),
  ],
};

/** What it is for, and where to look when it fires. */
function noteOf(rule: string): string {
  const { fires, attack, look } = ruleOf(rule);
  return `Fires on ${fires}. May be: ${attack}. Look at: ${look}.`;
}

const BY_RULE = { by: ["node", "rule"] };

/** The alerts tool. */
export const alertsBoard: Board = {
  name: "alerts",
  title: "Alerts tool",
  about:
    "What the alerts tool finds in events: also what metrics cannot tell, such as floods of new addresses.",
  hostsOf: "waggle_alerts_last_event_timestamp_seconds",
  panels: [
    {
      title: "Alerts that go on",
      kind: "stat",
      steps: [[0, "green"], [1, "red"]],
      queries: [query(foreign("waggle_alerts_active"), BY_RULE)],
    },
    {
      title: "Alerts that began in 1 d",
      kind: "bars",
      queries: [
        query(`sum by (host, node, rule) (increase(${foreign("waggle_alerts_fired_total")}[1d]))`, BY_RULE),
      ],
    },
    {
      title: "Measured, by the limit",
      unit: "percentunit",
      note:
        "At 100 % and more a rule that looks for too much fires; one that looks for too little fires at 100 % and less.",
      queries: [
        query(`${foreign("waggle_alerts_value")} / (${foreign("waggle_alerts_limit")} > 0)`, BY_RULE),
      ],
    },
    {
      title: "Refusals, losses and deliveries in 1 h",
      kind: "stack",
      queries: [
        query(`sum by (host, what) (increase(${foreign("waggle_alerts_counted_total")}[1h]))`, {
          by: ["what"],
        }),
      ],
    },
    {
      title: "Age of the last event",
      unit: "s",
      steps: [[0, "green"], [300, "red"]],
      queries: [query(`time() - ${foreign("waggle_alerts_last_event_timestamp_seconds")}`, { by: ["node"] })],
    },
  ],
};
