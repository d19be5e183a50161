/**
 * The extractor's own numbers in the text format of Prometheus, under the names of the Rust extractor.
 *
 * @module
 */

import { family, type Sample } from "../../runtime/exposition.ts";

const BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Histogram {
  readonly counts: number[];
  sum: number;
  total: number;
}

/** Durations and errors by RPC. */
export class CallMetrics {
  readonly #durations = new Map<string, Histogram>();
  readonly #fetchErrors = new Map<string, number>();
  readonly #modelErrors = new Map<string, number>();

  /** A call was answered. */
  observe(method: string, seconds: number): void {
    let histogram = this.#durations.get(method);
    if (histogram === undefined) {
      this.#durations.set(method, histogram = { counts: BUCKETS.map(() => 0), sum: 0, total: 0 });
    }
    BUCKETS.forEach((limit, i) => histogram.counts[i]! += seconds <= limit ? 1 : 0);
    histogram.sum += seconds;
    histogram.total++;
  }

  /** A call was not answered. */
  countFetchError(method: string): void {
    this.#fetchErrors.set(method, (this.#fetchErrors.get(method) ?? 0) + 1);
  }

  /** An answer made no sense. */
  countModelError(method: string): void {
    this.#modelErrors.set(method, (this.#modelErrors.get(method) ?? 0) + 1);
  }

  /** All of it as text; what was never used is left out. */
  text(): string {
    const durations = byName(this.#durations).flatMap(([method, histogram]) => series(method, histogram));
    const help = "Time an answered RPC call took";
    return [
      family("rpcextractor_rpc_fetch_duration_seconds", "histogram", help, durations),
      errors("rpc_fetch_errors_total", "RPC calls without an answer", this.#fetchErrors),
      errors("rpc_model_errors_total", "RPC answers that made no sense", this.#modelErrors),
    ].join("");
  }
}

function series(method: string, { counts, sum, total }: Histogram): Sample[] {
  const labels = { rpc_method: method };
  const buckets = [...BUCKETS, "+Inf"].map((limit, i) => (
    { suffix: "_bucket", labels: { le: limit, ...labels }, value: counts[i] ?? total }
  ));
  return [...buckets, { suffix: "_sum", labels, value: sum }, { suffix: "_count", labels, value: total }];
}

function errors(name: string, help: string, values: ReadonlyMap<string, number>): string {
  const samples = byName(values).map(([method, value]) => ({ labels: { rpc_method: method }, value }));
  return family(`rpcextractor_${name}`, "counter", help, samples);
}

function byName<T>(values: ReadonlyMap<string, T>): [string, T][] {
  return [...values].sort(([a], [b]) => a < b ? -1 : 1);
}
