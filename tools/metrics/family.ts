/**
 * A metric with its series. prom-client's own metrics sort and join label objects at every increment, which for a
 * message would cost more than all the rest; here a series is found once, kept, and counted on. prom-client registers
 * families and prints them.
 *
 * @module
 */

import type { Metric } from "prom-client";
import { type Definition, isOpen, OTHER } from "./definition.ts";

/** Longer values are cut: user agents have at most 256 characters. */
const MOST_CHARACTERS = 256;

// Stands between the values of a series' key.
const SEPARATOR = "\u0000";

/** Something with a value. */
export class Series {
  /** The value. */
  value = 0;

  /** Counts. What a hostile event wants to count backwards is left out: a counter only grows. */
  add(by: number): void {
    if (by > 0) this.value += by;
  }
}

/** How often values lay below bounds. */
export class Distribution {
  /** By bound, and one for what lies above all; not cumulative. */
  readonly counts: number[];
  /** Of all values. */
  sum = 0;
  /** Of values. */
  count = 0;
  readonly #bounds: readonly number[];

  /** Nothing yet. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  /** Takes note of a value, so many times. */
  observe(value: number, times = 1): void {
    const bounds = this.#bounds;
    let low = 0;
    for (let high = bounds.length; low < high;) {
      const middle = (low + high) >> 1;
      if (bounds[middle]! < value) low = middle + 1;
      else high = middle;
    }
    this.counts[low]! += times;
    this.sum += value * times;
    this.count += times;
  }
}

/** What prom-client prints. */
interface Sample {
  labels: Record<string, string | number>;
  value: number;
  metricName?: string;
}

/** Told when a series was not made because its metric is full. */
export type OnFold = (metric: string) => void;

/** All series of one metric. */
export abstract class Family<S> {
  /** Full name. */
  readonly name: string;
  /** What prom-client asks for besides. */
  readonly aggregator = "sum";
  readonly help: string;
  readonly type: Definition["type"];
  readonly #series = new Map<string, { labels: Record<string, string>; series: S }>();
  readonly #labels: readonly { name: string; known: ReadonlySet<string> | undefined }[];
  readonly #cap: number;
  readonly #onFold: OnFold;
  #invented = 0;

  /** The metric of this name, without series unless it has no labels. */
  constructor(name: string, { type, help, labels, cap }: Definition, onFold: OnFold) {
    this.name = name;
    this.help = help;
    this.type = type;
    this.#cap = cap;
    this.#onFold = onFold;
    this.#labels = Object.entries(labels).map(([name, values]) => ({
      name,
      known: isOpen(values) ? new Set([...values.known, OTHER]) : undefined,
    }));
  }

  /** The series of these label values, in the order of the definition. It may be kept unless the metric is reset. */
  at(...values: string[]): S {
    const key = values.length === 1 ? values[0]! : values.join(SEPARATOR);
    return this.#series.get(key)?.series ?? this.#add(values, key);
  }

  /** Forgets all series: their values come and go. */
  reset(): void {
    this.#series.clear();
    this.#invented = 0;
  }

  /** How many series there are. */
  get size(): number {
    return this.#series.size;
  }

  /** How many values can be told apart before they are folded. */
  protected get cap(): number {
    return this.#cap;
  }

  /** What prom-client prints. */
  get() {
    return {
      name: this.name,
      help: this.help,
      type: this.type,
      aggregator: this.aggregator,
      values: this.#samples(),
    };
  }

  /** A series without anything counted. */
  protected abstract create(): S;
  /** The lines of a series. */
  protected abstract samples(series: S, labels: Record<string, string>): Sample[];

  #add(values: string[], key: string): S {
    const invented = values.some((value, i) => this.#labels[i]!.known?.has(value) === false);
    if (invented && values.some((value) => value.length > MOST_CHARACTERS)) {
      return this.at(...values.map(shortened));
    }
    if (invented && ++this.#invented > this.#cap) {
      this.#invented--;
      this.#onFold(this.name);
      return this.at(
        ...values.map((value, i) => this.#labels[i]!.known?.has(value) === false ? OTHER : value),
      );
    }
    const series = this.create();
    this.#series.set(key, { labels: this.#named(values), series });
    return series;
  }

  /** The labels in alphabetical order. */
  #named(values: readonly string[]): Record<string, string> {
    const named = this.#labels.map(({ name }, i) => [name, values[i]!] as const);
    return Object.fromEntries(named.sort(([a], [b]) => a < b ? -1 : 1));
  }

  #samples(): Sample[] {
    return [...this.#series.values()].flatMap(({ series, labels }) => this.samples(series, labels));
  }
}

/** A counter: add to its series. */
export class CounterFamily extends Family<Series> {
  protected override create(): Series {
    return new Series();
  }

  protected override samples({ value }: Series, labels: Record<string, string>): Sample[] {
    return [{ labels, value }];
  }
}

/** Values at some labels. */
export interface Row {
  /** Label values, in the order of the definition. */
  readonly at: readonly string[];
  /** The value. */
  readonly value: number;
}

/** A gauge: set the value of its series. */
export class GaugeFamily extends CounterFamily {
  /** These series and no others. If there are too many, the largest stay: nobody can crowd them out. */
  replace(rows: readonly Row[]): void {
    this.reset();
    const sorted = rows.length > this.cap ? rows.toSorted((a, b) => b.value - a.value) : rows;
    for (const { at, value } of sorted) this.at(...at).value += value;
  }
}

/** A histogram: observe values in its series. */
export class HistogramFamily extends Family<Distribution> {
  readonly #bounds: readonly number[];

  /** The histogram of this name. */
  constructor(name: string, definition: Definition, onFold: OnFold) {
    super(name, definition, onFold);
    this.#bounds = definition.buckets;
  }

  protected override create(): Distribution {
    return new Distribution(this.#bounds);
  }

  protected override samples({ counts, sum, count }: Distribution, labels: Record<string, string>): Sample[] {
    let below = 0;
    const bucket = (bound: number | string, counted: number) => ({
      metricName: `${this.name}_bucket`,
      labels: { ...labels, le: bound },
      value: below += counted,
    });
    return [
      ...this.#bounds.map((bound, i) => bucket(bound, counts[i]!)),
      bucket("+Inf", counts.at(-1)!),
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: count },
    ];
  }
}

/** As what prom-client's registry knows it. */
export function asMetric(family: Family<unknown>): Metric {
  return family as unknown as Metric;
}

function shortened(value: string): string {
  return value.slice(0, MOST_CHARACTERS).toWellFormed();
}
