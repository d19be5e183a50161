/**
 * What a metric is before it has a value: its line in the tables that the code, the documentation and the tests share.
 *
 * @module
 */

/** A label whose values are not ours to choose. Beyond the cap of its metric, new values count as `other`. */
export interface Open {
  /** Values that never count against the cap: a stranger cannot crowd them out. */
  readonly known: readonly string[];
}

/** Values of a label: a closed list, or open. */
export type LabelValues = readonly string[] | Open;

/** A metric. */
export interface Definition {
  /** What it is to Prometheus. */
  readonly type: "counter" | "gauge" | "histogram";
  /** One line, as the page has it. */
  readonly help: string;
  /** Names and values of its labels, in the order in which the code gives them. */
  readonly labels: Readonly<Record<string, LabelValues>>;
  /** Upper bounds of a histogram. */
  readonly buckets: readonly number[];
  /** Most series whose open labels have values that are not known. */
  readonly cap: number;
}

/** Metrics by name, without the prefix. */
export type Definitions = Readonly<Record<string, Definition>>;

/** Most series that strangers can make of a metric that says nothing else. */
export const CAP = 1000;

/** The value for what is beyond a cap. */
export const OTHER = "other";

interface More {
  readonly labels?: Readonly<Record<string, LabelValues>>;
  readonly cap?: number;
}

/** Something that only grows. */
export function counter(help: string, { labels = {}, cap = CAP }: More = {}) {
  return { type: "counter", help, labels, buckets: [], cap } as const satisfies Definition;
}

/** Something that goes up and down. */
export function gauge(help: string, { labels = {}, cap = CAP }: More = {}) {
  return { type: "gauge", help, labels, buckets: [], cap } as const satisfies Definition;
}

/** How often values lie below bounds. */
export function histogram(help: string, buckets: readonly number[], { labels = {}, cap = CAP }: More = {}) {
  return { type: "histogram", help, labels, buckets, cap } as const satisfies Definition;
}

/** A label for which somebody else chooses the value. */
export function open(...known: string[]): Open {
  return { known };
}

/** Whether somebody else chooses the value. */
export function isOpen(values: LabelValues): values is Open {
  return !Array.isArray(values);
}

/** Whether the node received or sent a message; of peers, whether they connected to us. */
export const DIRECTIONS = ["inbound", "outbound"] as const;

/** How many addresses a message holds. */
export const ADDRESS_COUNTS: readonly number[] = [
  ...steps(0, 10, 1),
  ...[15, 20, 25, 30, 50, 75, 100, 150, 200, 250, 300, 400, 500, 600, 700, 800, 900, 999, 1000],
];

/** How many items an inventory holds. */
export const INVENTORY_SIZES: readonly number[] = [
  ...ADDRESS_COUNTS,
  ...steps(2000, 10_000, 1000),
  ...[20_000, 25_000, 30_000, 35_000, 40_000, 45_000, 50_000],
];

/** Numbers of service bits. */
export const SERVICE_BITS: readonly number[] = steps(0, 63, 1);

/** Seconds between two clocks. */
export const CLOCK_OFFSETS: readonly number[] = [0, ...steps(0, 24, 1).map((power) => 2 ** power)];

/** Seconds that something took. */
export const DURATIONS: readonly number[] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

function steps(from: number, to: number, by: number): number[] {
  return Array.from({ length: (to - from) / by + 1 }, (_, i) => from + i * by);
}
