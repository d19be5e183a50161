/**
 * Writes the rules of Prometheus: `deno task prometheus`, or with `--check` compares.
 *
 * @module
 */

import { type BandOptions, COLD_FACTOR, SIGMAS, WARM_SAMPLES } from "../../tools/alerts/band.ts";
import { writeOrCheck } from "../written.ts";
import { ANOMALIES, type Anomaly, NOT_IN_METRICS, ruleOf, TROUBLES, value } from "./alerts.ts";
import { BAND_ALERT, BANDS, TRANSFORMATIONS } from "./bands.ts";

/** A recording or an alerting rule. */
export interface Rule {
  /** Name of what is recorded. */
  readonly record?: string;
  /** Name of the alert. */
  readonly alert?: string;
  /** PromQL. */
  readonly expr: string;
  /** How long it must hold. */
  readonly for?: string;
  /** For how long it goes on after it has ended. */
  readonly keep_firing_for?: string;
  /** Labels of what is recorded, or of the alert. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Texts for people. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Rules that are evaluated one after the other. */
export interface Group {
  /** Name. */
  readonly name: string;
  /** How often. */
  readonly interval: string;
  /** In the order of evaluation. */
  readonly rules: readonly Rule[];
}

/** The quartiles of a normal distribution are so many standard deviations apart. */
const SIGMAS_BETWEEN_QUARTILES = 1.349;
const LEARNED = "waggle:anomaly:learned";

/** What the node tells, kept apart from what the metrics tool shows before it has heard of the node. */
const NODE: readonly Rule[] = [
  { record: "waggle:node:uptime_seconds", expr: "peerobserver_rpc_uptime > 0" },
  {
    record: "waggle:tip:height",
    expr: "max without (source) (" +
      [
        ["peerobserver_rpc_blockchaininfo_blocks", "rpc"],
        ["peerobserver_validation_block_connected_latest_height", "tracepoint"],
        ["peerobserver_ipc_block_tip_height", "ipc"],
      ].map(([metric, source]) => `label_replace(${metric}, "source", "${source}", "", "")`).join(" or ") +
      ") > 0",
  },
  {
    record: "waggle:tip:changed_timestamp_seconds",
    expr: "(timestamp(waggle:tip:height != last_over_time(waggle:tip:height[1d] offset 1m)) or " +
      "last_over_time(waggle:tip:changed_timestamp_seconds[7d]) or timestamp(waggle:tip:height)) " +
      "and waggle:tip:height",
  },
];

/** All rules by file. */
export const FILES: Readonly<Record<string, readonly Group[]>> = {
  "anomalies.yml": [
    { name: "transformations", interval: "15s", rules: TRANSFORMATIONS },
    { name: "anomalies", interval: "1m", rules: [...BANDS, BAND_ALERT] },
  ],
  "alerts.yml": [
    {
      name: "waggle-anomalies",
      interval: "1m",
      rules: [...NODE, ...ANOMALIES.flatMap(recorded), ...LEARNING()],
    },
    { name: "waggle-alerts", interval: "1m", rules: ANOMALIES.map(alertOf) },
    { name: "waggle-troubles", interval: "1m", rules: TROUBLES.map(troubleOf) },
  ],
};

/** The side on which the limit is crossed: the band's, where the alerts tool has one. */
function sideOf({ rule, side = "above" }: Anomaly): "above" | "below" {
  return ruleOf(rule).band?.side ?? side;
}

/** Value, what is learned of it, and the limit of an anomaly. */
function recorded(anomaly: Anomaly): Rule[] {
  const { rule, value: expr } = anomaly;
  const { band, limit: said } = ruleOf(rule);
  const limit = anomaly.limit ?? band?.limit ?? said;
  const labels = { rule };
  const measured = { record: "waggle:anomaly:value", expr, labels };
  const limits = { record: "waggle:anomaly:limit", labels };
  if (band === undefined) return [measured, { ...limits, expr: `${value(rule)} * 0 + ${limit}` }];
  const before = `waggle:anomaly:limit{rule="${rule}"}`;
  const fine = band.side === "above" ? "<" : ">";
  // A value beyond the limit is learned as the limit: an attack does not become usual while it lasts an hour.
  const learned = `(${value(rule)} ${fine} ${before}) or (${before} and ${value(rule)}) or ${value(rule)}`;
  return [
    measured,
    { record: LEARNED, expr: learned, labels },
    { ...limits, expr: bandLimit(rule, { ...band, limit }) },
  ];
}

/** What `Band` in the alerts tool comes to. */
function bandLimit(rule: string, { side, factor, sigmas = SIGMAS, most, limit }: BandOptions): string {
  const [usual, spread] = ["usual", "spread"].map((what) => `waggle:anomaly:${what}{rule="${rule}"}`);
  if (side === "below") {
    const [times, away] = [`${usual} / ${factor}`, `${usual} - ${sigmas} * ${spread}`];
    const lower = `((${times} < ${away}) or ${away})`;
    const known = limit === Infinity ? lower : `clamp_max(${lower}, ${limit})`;
    return `clamp_min(${known}, 0) or ${value(rule)} * 0`;
  }
  const [times, away] = [`${usual} * ${factor}`, `${usual} + ${sigmas} * ${spread}`];
  const upper = `clamp_min((${times} > ${away}) or ${away}, ${limit})`;
  const known = most === undefined ? upper : `clamp_max(${upper}, ${most})`;
  return `${known} or ${value(rule)} * 0 + ${limit * COLD_FACTOR}`;
}

/** Median and spread of six hours, of one sample a minute, once there is half an hour of them. */
function LEARNING(): Rule[] {
  const enough = `count_over_time(${LEARNED}[6h]) >= ${WARM_SAMPLES}`;
  const quantile = (share: number) => `quantile_over_time(${share}, ${LEARNED}[6h])`;
  return [
    { record: "waggle:anomaly:usual", expr: `${quantile(0.5)} and ${enough}` },
    {
      record: "waggle:anomaly:spread",
      expr: `(${quantile(0.75)} - ${quantile(0.25)}) / ${SIGMAS_BETWEEN_QUARTILES} and ${enough}`,
    },
  ];
}

function alertOf(anomaly: Anomaly): Rule {
  const { rule: name, when = [], holdSeconds, differs } = anomaly;
  const { severity, holdMs = 0, fires, attack, look } = ruleOf(name);
  const beyond = `${value(name)} ${
    sideOf(anomaly) === "above" ? ">=" : "<="
  } waggle:anomaly:limit{rule="${name}"}`;
  const hold = holdSeconds ?? holdMs / 1000;
  return {
    alert: name,
    expr: [beyond, ...when.map((condition) => `and ignoring (rule) (${condition})`)].join(" "),
    ...(hold > 0 && { for: `${hold}s` }),
    keep_firing_for: "5m",
    labels: { severity },
    annotations: {
      summary: `${name} at {{ $labels.host }}: {{ $value | humanize }}`,
      description: `Fires on ${fires}. May be: ${attack}.${differs === undefined ? "" : ` ${differs}`}`,
      look,
    },
  };
}

function troubleOf({ alert, expr, holdSeconds, severity, summary, look }: (typeof TROUBLES)[number]): Rule {
  return {
    alert,
    expr,
    ...(holdSeconds > 0 && { for: `${holdSeconds}s` }),
    labels: { severity },
    annotations: { summary, look },
  };
}

/** The text of a file. */
export function yamlOf(groups: readonly Group[], comments: readonly string[] = []): string {
  const lines = ["Written by `deno task prometheus`; do not edit.", ...comments].map((line) =>
    `# ${line}`.trimEnd()
  );
  lines.push("", "groups:");
  for (const { name, interval, rules } of groups) {
    lines.push(`  - name: ${name}`, `    interval: ${interval}`, "    rules:");
    for (const rule of rules) lines.push(...ruleLines(rule));
  }
  return lines.join("\n") + "\n";
}

/** Texts in JSON's quotes, which YAML knows; expressions as they are, to be read. */
function ruleLines({ expr, labels, annotations, ...more }: Rule): string[] {
  const first = Object.entries(more).map(([key, text]) => `${key}: ${JSON.stringify(text)}`);
  const nested = Object.entries({ labels, annotations }).flatMap(([key, texts]) =>
    texts === undefined ? [] : [
      `${key}:`,
      ...Object.entries(texts).map(([name, text]) => `  ${name}: ${JSON.stringify(text)}`),
    ]
  );
  return [...first, "expr: |-", `  ${expr}`, ...nested].map((line, i) =>
    `${i === 0 ? "      - " : "        "}${line}`
  );
}

/** What stands above the alerts. */
function comments(): string[] {
  return [
    "",
    "Limits, severities and texts are those of the alerts tool (tools/alerts). It sees events; metrics tell less.",
    "Anomalies that metrics do not tell, and why:",
    ...Object.entries(NOT_IN_METRICS).map(([rule, why]) => `- ${rule}: ${why}`),
    "The alert alerts-tool passes them on, where the alerts tool is scraped (--alerts.address).",
  ];
}

/** Texts by path inside this folder. */
export function files(): Map<string, string> {
  return new Map(
    Object.entries(FILES).map((
      [file, groups],
    ) => [`rules/${file}`, yamlOf(groups, file === "alerts.yml" ? comments() : [])]),
  );
}

if (import.meta.main) await writeOrCheck(import.meta.dirname!, files(), "deno task prometheus");
