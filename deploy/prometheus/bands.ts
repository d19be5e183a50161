/**
 * Bands around six signals, under the names that peer-observer's boards of anomalies ask for.
 *
 * @module
 */

import type { Rule } from "./rules.ts";

const INBOUND = '{direction="inbound"}';
const OUTBOUND = '{direction="outbound"}';

/** What is recorded of what, by name. */
const SIGNALS: Readonly<Record<string, string>> = {
  peerobserver_conn_closed_increase_30m: "increase(peerobserver_conn_closed[30m])",
  peerobserver_p2p_addrv2_addresses_sum_inbound_increase_30m:
    `increase(peerobserver_p2p_addrv2_addresses_sum${INBOUND}[30m])`,
  peerobserver_p2p_addr_addresses_sum_inbound_increase_30m:
    `increase(peerobserver_p2p_addr_addresses_sum${INBOUND}[30m])`,
  peerobserver_conn_inbound_current_anomaly: "peerobserver_conn_inbound_current",
  // Written like this by those who ask for it.
  peerobserver_rpc_peer_info_network_peers_iv4: 'peerobserver_rpc_peer_info_network_peers{network="ipv4"}',
  // Kept by host, so that a board by host has something to show.
  peerobserver_p2p_share_linkinglion_total:
    `sum without (message, connection_type) (increase(peerobserver_p2p_message_bytes_linkinglion${OUTBOUND}[30m])) / ` +
    `sum without (message, connection_type) (increase(peerobserver_p2p_message_bytes${OUTBOUND}[30m]))`,
};

/** The signals. */
export const TRANSFORMATIONS: readonly Rule[] = Object.entries(SIGNALS).map(([record, expr]) => ({
  record,
  expr,
  labels: { anomaly_name: record, anomaly_type: "latency" },
}));

const SELECT = "anomaly:adaptive:select";
const AVERAGE = "anomaly:adaptive:avg_1h";
const DEVIATION = "anomaly:adaptive:stddev_1h:filtered";
const [UPPER, LOWER] = ["anomaly:adaptive:upper_band_st", "anomaly:adaptive:lower_band_st"];

/** The bands: the mean of an hour, widened by its usual deviation and at least by half. */
export const BANDS: readonly Rule[] = [
  {
    record: SELECT,
    // What is recorded here has the label anomaly_select, and is not selected again.
    expr: '{anomaly_name!="", anomaly_select=""}',
    labels: { anomaly_select: "1", anomaly_strategy: "adaptive" },
  },
  { record: AVERAGE, expr: `avg_over_time(${SELECT}[1h])` },
  { record: DEVIATION, expr: `stddev_over_time(${SELECT}[1h]) > 0.25 * ${AVERAGE}` },
  { record: "anomaly:adaptive:stddev_st", expr: `avg_over_time(${DEVIATION}[26h])` },
  { record: UPPER, expr: `${AVERAGE} + 2 * anomaly:adaptive:stddev_st` },
  { record: LOWER, expr: `${AVERAGE} - 2 * anomaly:adaptive:stddev_st` },
  { record: "anomaly:upper_band", expr: `(1.5 * ${AVERAGE} > ${UPPER}) or ${UPPER} or 1.5 * ${AVERAGE}` },
  {
    record: "anomaly:lower_band",
    expr: `clamp_min(((${AVERAGE} / 1.5 < ${LOWER}) or ${LOWER} or ${AVERAGE} / 1.5) - 5, 0)`,
  },
];

/** A signal outside its band. */
export const BAND_ALERT: Rule = {
  alert: "band-left",
  expr: `(${SELECT} > anomaly:upper_band or ${SELECT} < anomaly:lower_band) and ` +
    `last_over_time(${SELECT}[10m] offset 90m)`,
  for: "5m",
  labels: { severity: "info" },
  annotations: {
    summary: "{{ $labels.anomaly_name }} of {{ $labels.host }} is out of its band: {{ $value | humanize }}",
    description: "Unusual for the last hours, which need not be bad. The first 90 minutes are not judged.",
    look: "the board 'Anomalies'",
  },
};

/** What the recorded series are, for the descriptions of panels. */
export const RECORDED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(SIGNALS).map(([name, expr]) => [name, `Recorded: ${expr}`])),
  [SELECT]: "A signal that has a band, by anomaly_name",
  "anomaly:upper_band": "Upper edge of the band of a signal",
  "anomaly:lower_band": "Lower edge of the band of a signal",
  "waggle:anomaly:value": "What is measured for an alert, by rule",
  "waggle:anomaly:limit": "Where the alert fires, by rule",
  "waggle:anomaly:usual": "Median of the last six hours, by rule",
};
