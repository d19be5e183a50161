/**
 * Numbers over the last day or week.
 *
 * @module
 */

import { BIN_SECONDS } from "../../proto/federation/check.ts";
import { METRICS, WHOLE } from "../../proto/federation/metrics.ts";
import type { Feed } from "../../proto/federation/schema.ts";
import { Line } from "./charts.tsx";
import { DAY, delaysOf, type Point, seriesOf, WEEK } from "./history.ts";
import { DELAYS, partName } from "./names.ts";
import { inWords, type MetricName } from "./numbers.ts";
import type { Seen } from "./page_now.tsx";
import { Notice } from "./shell.tsx";
import { moment } from "./times.ts";
import { view } from "./view.ts";

/** What is shown together. */
interface Group {
  readonly title: string;
  readonly metrics: readonly MetricName[];
}

const GROUPS = {
  peers: { title: "Peers", metrics: ["PEERS_INBOUND", "PEERS_V2", "INBOUND_PEERS", "PEERS_BY_NETWORK"] },
  blocks: { title: "Blocks", metrics: [] },
  behaviour: { title: "Behaviour", metrics: ["NETGROUPS_BY_BEHAVIOUR"] },
  agents: { title: "User agents", metrics: ["NETGROUPS_BY_AGENT"] },
  messages: { title: "Messages", metrics: ["MESSAGES"] },
  bytes: { title: "Bytes", metrics: ["BYTES"] },
  addresses: { title: "Addresses", metrics: ["ADDRESSES", "ADDRESSES_RATE_LIMITED"] },
  mempool: {
    title: "Mempool",
    metrics: [
      "MEMPOOL_TRANSACTIONS",
      "MEMPOOL_BYTES",
      "MEMPOOL_MIN_FEE",
      "TRANSACTIONS_ACCEPTED",
      "TRANSACTIONS_REJECTED",
    ],
  },
  connections: {
    title: "Connections",
    metrics: ["CONNECTIONS_OPENED", "CONNECTIONS_CLOSED", "CONNECTIONS_EVICTED", "PEERS_MISBEHAVED"],
  },
} as const satisfies Record<string, Group>;

/** How far back; how many bins a point stands for, also where there is one block in a bin; and a row of the table. */
const SPANS = {
  day: { title: "Day", bins: DAY, step: 1, blockStep: 6, row: 6 },
  week: { title: "Week", bins: WEEK, step: 6, blockStep: 24, row: 36 },
} as const;

interface Series {
  readonly metric: string;
  readonly part?: string;
  readonly unit: string;
  readonly title: string;
  readonly step: number;
  readonly points: readonly (Point & { readonly text: string })[];
}

interface Trends {
  readonly of: keyof typeof GROUPS;
  readonly span: keyof typeof SPANS;
  /** Unix seconds. */
  readonly from: number;
  readonly to: number;
  readonly series: readonly Series[];
}

/** The page. */
export const trendsPage = view<Seen, Trends>({
  path: "/trends",
  title: "Trends",
  about: "Medians over operators, with the middle half as a band around them",
  async load({ history }, { query }) {
    const of = oneOf(GROUPS, query("of"));
    const span = oneOf(SPANS, query("span"));
    const { bins } = SPANS[span];
    const { feeds, closedThrough } = await history.last(bins);
    const to = (closedThrough + 1) * BIN_SECONDS;
    const from = to - bins * BIN_SECONDS;
    const series = of === "blocks" ? blockSeries(feeds, span) : numberSeries(feeds, GROUPS[of].metrics, span);
    return { of, span, from, to, series: series.filter(({ points }) => points.length > 0) };
  },
  body: (trends) => <Body {...trends} />,
});

function oneOf<K extends string>(of: Readonly<Record<K, unknown>>, text: string | undefined): K {
  const keys = Object.keys(of) as K[];
  return keys.find((key) => key === text) ?? keys[0]!;
}

function blockSeries(feeds: readonly Feed[], span: keyof typeof SPANS): Series[] {
  const step = SPANS[span].blockStep;
  return DELAYS.map(([part, text]): Series => {
    const title = `${text} after the operator's first node`;
    const points = told("BLOCKS", delaysOf(feeds, part, step));
    return { metric: "BLOCKS", part, unit: "share", title, step: step * BIN_SECONDS, points };
  });
}

function numberSeries(
  feeds: readonly Feed[],
  metrics: readonly MetricName[],
  span: keyof typeof SPANS,
): Series[] {
  const { step } = SPANS[span];
  return metrics.flatMap((metric) => {
    const { parts, unit, help } = METRICS[metric];
    const series = seriesOf(feeds, metric, step);
    const of = parts === undefined ? [["", 0] as const] : Object.entries(parts);
    return of.map(([key, index]): Series => {
      const points = told(metric, series.get(index) ?? []);
      const title = key === "" ? help : partName(metric, key);
      return { metric, ...key !== "" && { part: key }, unit, title, step: step * BIN_SECONDS, points };
    });
  });
}

/** The median in words, and the middle half. */
function told(metric: string, points: readonly Point[]): Series["points"] {
  const words = wordsFor(metric);
  return points.map((point) => {
    const half = point.lower === point.upper ? "" : ` (${words(point.lower, point.upper)})`;
    return { ...point, text: `${words(point.median)}${half}` };
  });
}

function Body({ of, span, from, to, series }: Trends) {
  return (
    <>
      <div class="choices">
        <nav aria-label="What">
          {Object.entries(GROUPS).map(([key, { title }]) => (
            <a href={`/trends?of=${key}&span=${span}`} aria-current={key === of ? "true" : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <nav aria-label="How far back">
          {Object.entries(SPANS).map(([key, { title }]) => (
            <a href={`/trends?of=${of}&span=${key}`} aria-current={key === span ? "true" : undefined}>
              {title}
            </a>
          ))}
        </nav>
      </div>
      {series.length === 0
        ? (
          <Notice>
            Nothing of this was told by enough operators in the last{" "}
            {span}. Numbers appear here as bins are closed.
          </Notice>
        )
        : (
          <div class="grid">
            {series.map((one) => (
              <Trend {...one} from={from} to={to} rowStep={SPANS[span].row * BIN_SECONDS} />
            ))}
          </div>
        )}
    </>
  );
}

function Trend({ metric, part, unit, title, points, step, from, to, rowStep }: Series & {
  from: number;
  to: number;
  rowStep: number;
}) {
  const words = wordsFor(metric);
  const last = points.at(-1)!;
  return (
    <figure class="panel third trend" data-metric={metric} data-part={part}>
      <figcaption>
        <span class={metric === "MESSAGES" || metric === "BYTES" ? "mono" : ""}>{title}</span>{" "}
        <b>{words(last.median)}</b>
      </figcaption>
      <Line
        points={points}
        from={from}
        to={to}
        step={step}
        range={rangeOf(unit, points)}
        words={words}
        label={title}
      />
      <output></output>
      <details>
        <summary>As a table</summary>
        <div class="table">
          <table>
            <caption>{title}</caption>
            <thead>
              <tr>
                <th scope="col">From</th>
                <th scope="col" class="num">Lower quartile</th>
                <th scope="col" class="num">Median</th>
                <th scope="col" class="num">Upper quartile</th>
              </tr>
            </thead>
            <tbody>
              {rowsOf(points, rowStep).map(({ from, lower, median, upper }) => (
                <tr>
                  <th scope="row">{moment(from).slice(5, -4)}</th>
                  <td class="num">{words(lower)}</td>
                  <td class="num">{words(median)}</td>
                  <td class="num">{words(upper)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}

/** One row for each stretch of time, the newest first: its last point. All of them are in the JSON. */
function rowsOf(points: readonly Point[], step: number): Point[] {
  return [...new Map(points.map((point) => [Math.floor(point.from / step), point])).values()].reverse();
}

function wordsFor(metric: string): (lowest: number, highest?: number) => string {
  // A share of operators reads as a share of peers does.
  const name = metric === "BLOCKS" ? "PEERS_V2" : metric as MetricName;
  return (lowest, highest) => inWords(name, lowest, highest);
}

/** Shares and counts begin at nothing; powers of two and buckets have no such beginning. */
function rangeOf(unit: string, points: readonly Point[]): [number, number] {
  const least = Math.min(...points.map(({ lower }) => lower));
  const most = Math.max(...points.map(({ upper }) => upper));
  if (unit === "share") return [0, Math.min(WHOLE, Math.max(8, Math.ceil((most + 1) / 8) * 8))];
  if (unit === "count") return [0, Math.max(16, Math.ceil((most + 4) / 16) * 16)];
  const low = Math.max(0, least - 1);
  return [low, low + Math.max(4, Math.ceil((most + 1 - low) / 2) * 2)];
}
