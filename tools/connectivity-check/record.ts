/**
 * Results in numbers and as rows, under the names of the Rust tool.
 *
 * @module
 */

import { addressText, type Version } from "../../proto/bitcoin/mod.ts";
import { hostOf } from "../../proto/netgroup.ts";
import { family, type Sample } from "../../runtime/exposition.ts";
import { printable } from "../../runtime/log.ts";
import { NETWORK_NAMES } from "./target.ts";
import type { Job } from "./work.ts";

/** What is known of an address that was tried, or is known already. */
export interface Result {
  /** What was tried. */
  readonly job: Job;
  /** Unix milliseconds. */
  readonly at: number;
  /** Whether the node answered. */
  readonly success: boolean;
  /** Whether it did so within the last hour and was not asked again. */
  readonly cached: boolean;
  /** Its answer, where it was asked now. */
  readonly version: Version | undefined;
  /** Whether the address was announced by a Tor exit. */
  readonly fromTorExit: boolean;
}

const COLUMNS =
  "result_timestamp,addr_address,addr_port,addr_services,addr_timestamp,addr_network_type,addr_version," +
  "source_address,source_id,source_tor_exit_node,result_success,result_cached,version,version_useragent," +
  "version_relay,version_version,version_services,version_start_height,version_nonce,version_timestamp," +
  "version_sender_address,version_sender_port";

/** The first row of a file. */
export const CSV_HEADER = `${COLUMNS}\n`;

/** A row of the file. All times are unix seconds, whatever the extractor's. */
export function csvRow({ job, at, success, cached, version, fromTorExit }: Result): string {
  const { address, target, source } = job;
  const network = NETWORK_NAMES[target.network];
  const sender = version?.sender;
  return [
    Math.floor(at / 1000),
    `${network}(${address.address?.value})`,
    address.port,
    address.services,
    Math.floor(job.at / 1000),
    network,
    job.version,
    sourceIp(job),
    source.peerId,
    fromTorExit,
    success,
    cached,
    version !== undefined,
    version?.userAgent ?? "",
    version?.relay ?? false,
    version?.version ?? 0,
    version?.services ?? 0,
    version?.startHeight ?? -1,
    version?.nonce ?? 0,
    version?.timestamp ?? 0,
    sender === undefined ? "" : addressText(sender.address),
    sender?.port ?? 0,
  ].map((value) => field(String(value))).join(",") + "\n";
}

/** Quoted where it has to be (RFC 4180); a stranger's text cannot start a row of its own. */
function field(text: string): string {
  const safe = printable(text);
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The sender's host, without port and brackets. */
export function sourceIp({ source: { addr } }: Job): string {
  return hostOf(addr).slice(0, 80);
}

/** 0 and the powers of two up to 2^24 seconds. */
const BUCKETS = [0, ...Array.from({ length: 25 }, (_, i) => 2 ** i)];
/** Peers come and go for months. */
const MOST_SOURCES = 1000;

interface Histogram {
  readonly labels: Record<string, string>;
  readonly counts: number[];
  sum: number;
  total: number;
}

/** The numbers. */
export class Metrics {
  readonly #counters = new Map<string, Map<string, { labels: Record<string, string>; value: number }>>();
  readonly #offsets = new Map<string, Histogram>();
  readonly #sources = new Set<string>();
  readonly #counts = new Map<string, number>();

  /** An address was tried, or is known. */
  observe(result: Result): void {
    const { job, success, cached, fromTorExit } = result;
    const labels = { network: NETWORK_NAMES[job.target.network], addr_version: job.version };
    this.#add("tried", labels);
    if (cached) this.#add("cached", labels);
    const withSource = { ...labels, source_ip: this.#source(sourceIp(job)) };
    this.#add(success ? "successful_connection" : "unsuccessful_connection", withSource);
    if (fromTorExit) this.#add("tried_tor_exit", labels);
    if (fromTorExit && success) this.#add("successful_connection_tor_exit", labels);
    this.#offset(job.at / 1000 - job.address.timestamp, labels, success);
  }

  /** Something else worth a number: what was left out, and why. */
  count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  /** All of it in the text format of Prometheus. */
  text(waiting: number): string {
    const counters = Object.entries(HELP).map(([name, help]) =>
      family(`connectivitycheck_addr_${name}`, "counter", help, [...this.#counters.get(name)?.values() ?? []])
    );
    const counted = [...this.#counts].map(([what, value]) => ({ labels: { what }, value }));
    return [
      ...counters,
      family(
        "connectivitycheck_addr_addr_timestamp_offset_seconds",
        "histogram",
        "Distance between the time of the event and the time in the address",
        [...this.#offsets.values()].flatMap(buckets),
      ),
      family("waggle_connectivitycheck_counted_total", "counter", "What was left out, and why", counted),
      family("waggle_connectivitycheck_waiting", "gauge", "Addresses that wait to be tried", [{
        value: waiting,
      }]),
    ].join("");
  }

  #add(name: keyof typeof HELP, labels: Record<string, string>): void {
    let series = this.#counters.get(name);
    if (series === undefined) this.#counters.set(name, series = new Map());
    const key = Object.values(labels).join("\n");
    const entry = series.get(key) ?? { labels, value: 0 };
    entry.value++;
    series.set(key, entry);
  }

  #offset(seconds: number, common: Record<string, string>, success: boolean): void {
    const labels = {
      ...common,
      timestamp_offset: seconds < 0 ? "future" : "past",
      successful: success ? "yes" : "no",
    };
    const key = Object.values(labels).join("\n");
    const histogram = this.#offsets.get(key) ?? { labels, counts: BUCKETS.map(() => 0), sum: 0, total: 0 };
    const offset = Math.abs(Math.trunc(seconds));
    BUCKETS.forEach((limit, i) => histogram.counts[i]! += offset <= limit ? 1 : 0);
    histogram.sum += offset;
    histogram.total++;
    this.#offsets.set(key, histogram);
  }

  #source(ip: string): string {
    if (this.#sources.has(ip)) return ip;
    if (this.#sources.size >= MOST_SOURCES) return "other";
    this.#sources.add(ip);
    return ip;
  }
}

const HELP = {
  tried: "Addresses that were tried, those included whose answer was known",
  cached: "Addresses that answered within the last hour and were not asked again",
  successful_connection: "Addresses where a node answered",
  unsuccessful_connection: "Addresses where none did",
  tried_tor_exit: "Addresses that were announced by a Tor exit",
  successful_connection_tor_exit: "Addresses announced by a Tor exit where a node answered",
} as const;

function buckets({ labels, counts, sum, total }: Histogram): Sample[] {
  const limits = [...BUCKETS, "+Inf"];
  return [
    ...limits.map((le, i) => ({ suffix: "_bucket", labels: { ...labels, le }, value: counts[i] ?? total })),
    { suffix: "_sum", labels, value: sum },
    { suffix: "_count", labels, value: total },
  ];
}
