/**
 * What a board is before it becomes JSON: titles, queries, units. The names of metrics are checked by the compiler.
 *
 * @module
 */

import type { TABLES } from "../../tools/metrics/metrics.ts";

/** A line, or as many as its labels have values. */
export interface Query {
  /** PromQL, with `$host` and Grafana's `$__rate_interval`. */
  readonly expr: string;
  /** What a line is called. */
  readonly legend: string;
}

/** How numbers are written; identifiers of Grafana, or a suffix. */
export type Unit =
  | "short"
  | "locale"
  | "percentunit"
  | "bytes"
  | "Bps"
  | "cps"
  | "s"
  | "ms"
  | "µs"
  | "ns"
  | "dateTimeFromNow"
  | "bool_yes_no"
  | `suffix: ${string}`;

/** How values are drawn. A heatmap takes the buckets of one histogram; a band a value, its upper and its lower edge. */
export type Kind = "lines" | "stack" | "stat" | "heatmap" | "table" | "bars" | "band";

/** From a value on, a colour. */
export type Step = readonly [from: number, colour: "green" | "yellow" | "orange" | "red"];

/** A panel. */
export interface Panel {
  /** Sentence case, without the board's topic. */
  readonly title: string;
  /** What it asks. */
  readonly queries: readonly Query[];
  /** `short` by default. */
  readonly unit?: Unit;
  /** `lines` by default. */
  readonly kind?: Kind;
  /** Colours of a stat; lines in a graph. */
  readonly steps?: readonly Step[];
  /** What the help of the metrics does not say. */
  readonly note?: string;
  /** Whether the axis is logarithmic. */
  readonly log?: boolean;
}

/** A board. */
export interface Board {
  /** Last part of its address and name of its file. */
  readonly name: string;
  /** Topic, as people read it. */
  readonly title: string;
  /** One sentence: what can be seen here. */
  readonly about: string;
  /** Whether a wall display shows it. */
  readonly wall?: boolean;
  /** The metric whose `host` label tells which hosts there are. */
  readonly hostsOf?: string;
  /** In the order of reading. */
  readonly panels: readonly Panel[];
}

type SeriesOf<T, Prefix extends string> = {
  [K in keyof T & string]: T[K] extends { type: "histogram" } ? `${Prefix}${K}_${"bucket" | "sum" | "count"}`
    : `${Prefix}${K}`;
}[keyof T & string];

/** Series of the metrics tool: a metric; of a histogram its buckets, sum and count. */
export type Series =
  | SeriesOf<typeof TABLES["peerobserver"], "">
  | SeriesOf<typeof TABLES["waggle"], "waggle_">;

/** What of a metric is asked, and how it is called. */
export interface Asked {
  /** Labels that make lines of their own, besides the host. */
  readonly by?: readonly string[];
  /** Matchers, such as `direction="inbound"`. */
  readonly where?: string;
  /** What the line is called behind the host. */
  readonly as?: string;
}

/** A selector for the hosts that are chosen. Names without a prefix are the Rust tool's. */
export function of(name: Series, where = ""): string {
  return foreign(name.startsWith("waggle_") ? name : `peerobserver_${name}`, where);
}

/** The same for the metrics of other components. */
export function foreign(name: string, where = ""): string {
  return `${name}{host=~"$host"${where === "" ? "" : `, ${where}`}}`;
}

/** The value now. */
export function now(name: Series, asked: Asked = {}): Query {
  return { expr: of(name, asked.where), legend: legendOf(asked) };
}

/** The mean over a window. */
export function mean(window: string, name: Series, asked: Asked = {}): Query {
  return { expr: `avg_over_time(${of(name, asked.where)}[${window}])`, legend: legendOf(asked) };
}

/** How much a counter grows in a window. */
export function growth(window: string, name: Series, asked: Asked = {}): Query {
  return query(sumBy(`increase(${of(name, asked.where)}[${window}])`, asked.by), asked);
}

/** How much a counter grows per second. */
export function perSecond(name: Series, asked: Asked = {}): Query {
  return query(sumBy(`rate(${of(name, asked.where)}[$__rate_interval])`, asked.by), asked);
}

/** The largest of many lines. */
export function top(count: number, { expr, legend }: Query): Query {
  return { expr: `topk(${count}, ${expr})`, legend };
}

/** One query by another. */
export function ratio(over: Query, under: Query, asked: Asked = {}): Query {
  return query(`${over.expr} / ${under.expr}`, asked);
}

/** The buckets of a histogram, over all chosen hosts. */
export function buckets(name: Series & `${string}_bucket`, where = ""): Query {
  return { expr: `sum by (le) (increase(${of(name, where)}[$__rate_interval]))`, legend: "{{le}}" };
}

/** Any expression. */
export function query(expr: string, asked: Asked = {}): Query {
  return { expr, legend: legendOf(asked) };
}

/** Sums over all labels but the host and these. */
export function sumBy(expr: string, by: readonly string[] = []): string {
  return `sum by (${["host", ...by].join(", ")}) (${expr})`;
}

function legendOf({ by = [], as }: Asked): string {
  return [...["host", ...by].map((label) => `{{${label}}}`), ...(as === undefined ? [] : [as])].join(" ");
}
