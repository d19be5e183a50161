import { type Board, buckets, foreign, growth, now, of, perSecond, query, sumBy } from "../panel.ts";

const BY_COMPONENT = { by: ["component"] };

/** The node's log. */
export const logsBoard: Board = {
  name: "logs",
  title: "Logs",
  about: "Lines of each node's debug.log by category and level: what a node talks about, and how much.",
  panels: [
    {
      title: "Lines in 1 min by level",
      kind: "stack",
      queries: [growth("1m", "log_events", { by: ["level"] })],
    },
    {
      title: "Bytes in 1 min by level",
      kind: "stack",
      unit: "bytes",
      queries: [growth("1m", "log_bytes", { by: ["level"] })],
    },
    {
      title: "Warnings and errors in 1 h",
      steps: [[0, "green"], [1, "orange"]],
      queries: [growth("1h", "log_events", { where: 'level=~"warning|error"', by: ["category", "level"] })],
    },
    {
      title: "Lines in 1 min by category",
      kind: "stack",
      queries: [growth("1m", "log_events", { by: ["category"] })],
    },
    {
      title: "Bytes per second by category",
      kind: "stack",
      unit: "Bps",
      queries: [perSecond("log_bytes", { by: ["category"] })],
    },
  ],
};

/** Waggle beside a node. */
export const collectorBoard: Board = {
  name: "collector",
  title: "Collector",
  about: "Waggle itself beside each node: events, losses, components, files, RPC calls.",
  panels: [
    {
      title: "Listening since",
      kind: "stat",
      unit: "dateTimeFromNow",
      queries: [query(`${of("runtime_start_timestamp")} * 1000`)],
    },
    {
      title: "Components that run",
      kind: "stat",
      unit: "bool_yes_no",
      steps: [[0, "red"], [1, "green"]],
      queries: [now("waggle_component_running", BY_COMPONENT)],
    },
    {
      title: "Age of the last event",
      kind: "lines",
      unit: "s",
      log: true,
      queries: [query(`time() - ${of("waggle_last_event_timestamp_seconds")}`, { by: ["kind"] })],
    },
    {
      title: "Events by kind",
      unit: "cps",
      kind: "stack",
      queries: [perSecond("waggle_events_total", { by: ["kind"] })],
    },
    {
      title: "From event to count, 99 of 100",
      unit: "s",
      log: true,
      queries: [
        query(
          `histogram_quantile(0.99, ${
            sumBy(`rate(${of("waggle_event_lag_seconds_bucket")}[$__rate_interval])`, ["le"])
          })`,
        ),
      ],
    },
    {
      title: "From event to count",
      unit: "s",
      kind: "heatmap",
      queries: [buckets("waggle_event_lag_seconds_bucket")],
    },
    {
      title: "Events refused in 10 min",
      kind: "stack",
      queries: [growth("10m", "waggle_refused_events_total", { by: ["command", "reason"] })],
    },
    {
      title: "Label values folded in 1 h",
      queries: [growth("1h", "waggle_folded_values_total", { by: ["metric"] })],
    },
    { title: "Events on the bus", unit: "cps", queries: [perSecond("waggle_bus_published_total")] },
    {
      title: "Events lost on the bus in 10 min",
      steps: [[0, "green"], [1, "red"]],
      queries: [
        growth("10m", "waggle_bus_unsent_total", { as: "unsent" }),
        growth("10m", "waggle_bus_dropped_total", { as: "dropped" }),
      ],
    },
    {
      title: "Events into components",
      unit: "cps",
      queries: [perSecond("waggle_component_events_in_total", BY_COMPONENT)],
    },
    {
      title: "Events out of components",
      unit: "cps",
      queries: [perSecond("waggle_component_events_out_total", BY_COMPONENT)],
    },
    {
      title: "Events components were too slow for, in 10 min",
      steps: [[0, "green"], [1, "red"]],
      queries: [growth("10m", "waggle_component_events_dropped_total", BY_COMPONENT)],
    },
    {
      title: "Restarts of components in 1 h",
      steps: [[0, "green"], [1, "orange"]],
      queries: [growth("1h", "waggle_component_restarts_total", BY_COMPONENT)],
    },
    {
      title: "What components count, in 10 min",
      queries: [growth("10m", "waggle_component_counts_total", { by: ["component", "what"] })],
    },
    {
      title: "Files: entries",
      kind: "table",
      unit: "locale",
      queries: [now("waggle_file_entries", { by: ["file"] })],
    },
    {
      title: "Files: loaded",
      kind: "table",
      unit: "dateTimeFromNow",
      queries: [query(`${of("waggle_file_loaded_timestamp_seconds")} * 1000`, { by: ["file"] })],
    },
    {
      title: "Files: failures in 1 h",
      steps: [[0, "green"], [1, "orange"]],
      queries: [growth("1h", "waggle_file_failures_total", { by: ["file"] })],
    },
    {
      title: "RPC calls, time of an answer",
      unit: "s",
      log: true,
      steps: [[0, "green"], [5, "yellow"], [15, "red"]],
      queries: [
        query(
          `${
            sumBy(`rate(${foreign("rpcextractor_rpc_fetch_duration_seconds_sum")}[5m])`, ["rpc_method"])
          } / ${
            sumBy(`rate(${foreign("rpcextractor_rpc_fetch_duration_seconds_count")}[5m])`, ["rpc_method"])
          }`,
          { by: ["rpc_method"] },
        ),
      ],
    },
    {
      title: "RPC calls that failed in 10 min",
      steps: [[0, "green"], [1, "red"]],
      queries: [
        increase("10m", "rpcextractor_rpc_fetch_errors_total", ["rpc_method"], "no answer"),
        increase("10m", "rpcextractor_rpc_model_errors_total", ["rpc_method"], "no sense"),
      ],
    },
  ],
};

function increase(window: string, name: string, by: readonly string[] = [], as?: string) {
  const expr = sumBy(`increase(${foreign(name)}[${window}])`, by);
  return as === undefined ? query(expr, { by }) : query(expr, { by, as });
}

const PROBE = ["network", "addr_version"];

/** Whether addresses lead anywhere. */
export const connectivityBoard: Board = {
  name: "connectivity",
  title: "Connectivity",
  about: "Whether announced addresses belong to nodes, as the connectivity-check tool found.",
  hostsOf: "waggle_connectivitycheck_waiting",
  panels: [
    {
      title: "Addresses tried in 1 h",
      kind: "stack",
      queries: [increase("1h", "connectivitycheck_addr_tried", PROBE)],
    },
    {
      title: "Share of addresses where a node answers, 1 h",
      unit: "percentunit",
      queries: [
        query(
          `${increase("1h", "connectivitycheck_addr_successful_connection", PROBE).expr} / ${
            increase("1h", "connectivitycheck_addr_tried", PROBE).expr
          }`,
          { by: PROBE },
        ),
      ],
    },
    {
      title: "Addresses where nobody answers, in 1 h",
      kind: "stack",
      queries: [increase("1h", "connectivitycheck_addr_unsuccessful_connection", PROBE)],
    },
    {
      title: "Peers that announced most of those in 24 h",
      kind: "table",
      queries: [{
        ...increase("1d", "connectivitycheck_addr_unsuccessful_connection", ["source_ip"]),
        expr: `topk(20, ${
          increase("1d", "connectivitycheck_addr_unsuccessful_connection", ["source_ip"]).expr
        })`,
      }],
    },
    {
      title: "Answers known already, in 1 h",
      queries: [increase("1h", "connectivitycheck_addr_cached", PROBE)],
    },
    {
      title: "Addresses announced by Tor exits, in 1 h",
      queries: [
        increase("1h", "connectivitycheck_addr_tried_tor_exit", PROBE, "tried"),
        increase("1h", "connectivitycheck_addr_successful_connection_tor_exit", PROBE, "answered"),
      ],
    },
    { title: "Age of addresses where a node answers", unit: "s", kind: "heatmap", queries: [age("yes")] },
    { title: "Age of addresses where nobody answers", unit: "s", kind: "heatmap", queries: [age("no")] },
    { title: "Addresses that wait", queries: [query(foreign("waggle_connectivitycheck_waiting"))] },
    {
      title: "Left out in 1 h",
      kind: "stack",
      queries: [increase("1h", "waggle_connectivitycheck_counted_total", ["what"])],
    },
  ],
};

function age(successful: "yes" | "no") {
  const name = "connectivitycheck_addr_addr_timestamp_offset_seconds_bucket";
  const matchers = `timestamp_offset="past", successful="${successful}"`;
  return { expr: `sum by (le) (increase(${foreign(name, matchers)}[$__rate_interval]))`, legend: "{{le}}" };
}

const HUB = "waggle_hub_";
const hub = (name: string) => query(foreign(`${HUB}${name}`));

/** A federation hub. */
export const hubBoard: Board = {
  name: "hub",
  title: "Federation hub",
  about: "A federation hub: sessions, summaries, its store. No number is of an operator.",
  hostsOf: "waggle_hub_members",
  panels: [
    { title: "Members", kind: "stat", queries: [hub("members")] },
    { title: "Sessions", kind: "stat", queries: [hub("sessions")] },
    {
      title: "Open incidents",
      kind: "stat",
      steps: [[0, "green"], [1, "orange"]],
      queries: [hub("open_incidents")],
    },
    { title: "Store", kind: "stat", unit: "bytes", queries: [hub("store_bytes")] },
    { title: "Connections that have not proved who they are", queries: [hub("handshakes")] },
    {
      title: "Last closed bin",
      kind: "stat",
      unit: "dateTimeFromNow",
      queries: [query(`${foreign(`${HUB}closed_through_seconds`)} * 1000`)],
    },
    {
      title: "Summaries in 10 min by what became of them",
      kind: "stack",
      queries: [increase("10m", `${HUB}summaries_total`, ["fate"])],
    },
    {
      title: "Summaries refused in 10 min",
      kind: "stack",
      queries: [increase("10m", `${HUB}nacks_total`, ["reason"])],
    },
    {
      title: "Parts of sightings in 1 h by what became of them",
      kind: "stack",
      queries: [increase("1h", `${HUB}sighting_parts_total`, ["fate"])],
    },
    {
      title: "Operators whose shares of sightings did not fit, in 1 h",
      steps: [[0, "green"], [1, "orange"]],
      queries: [increase("1h", `${HUB}sighting_liars_total`)],
    },
    {
      title: "Minutes of disclosed nodes in 10 min by what became of them",
      kind: "stack",
      queries: [increase("10m", `${HUB}disclosures_total`, ["fate"])],
    },
    { title: "Summaries that wait for the disk", queries: [hub("summaries_waiting")] },
    {
      title: "From arrival to the disk, 99 of 100",
      unit: "s",
      log: true,
      queries: [
        query(
          `histogram_quantile(0.99, ${
            sumBy(`rate(${foreign(`${HUB}store_seconds_bucket`)}[$__rate_interval])`, ["le"])
          })`,
        ),
      ],
    },
    {
      title: "Summaries that could not be stored, in 1 h",
      steps: [[0, "green"], [1, "red"]],
      queries: [increase("1h", `${HUB}store_failures_total`)],
    },
    {
      title: "Frames",
      unit: "cps",
      queries: [
        query(sumBy(`rate(${foreign(`${HUB}frames_received_total`)}[$__rate_interval])`), { as: "received" }),
        query(sumBy(`rate(${foreign(`${HUB}frames_ignored_total`)}[$__rate_interval])`), { as: "ignored" }),
      ],
    },
    {
      title: "Sessions ended by the hub in 10 min",
      kind: "stack",
      queries: [increase("10m", `${HUB}byes_total`, ["reason"])],
    },
    {
      title: "Attempts to sign in to the pages in 10 min",
      kind: "stack",
      queries: [increase("10m", `${HUB}sign_ins_total`, ["outcome"])],
    },
    {
      title: "Connections refused in 10 min",
      kind: "stack",
      queries: [increase("10m", `${HUB}refused_connections_total`, ["reason"])],
    },
  ],
};
