/**
 * The network now: what came out of the last closed bin.
 *
 * @module
 */

import { BIN_SECONDS } from "../../proto/federation/check.ts";
import { METRICS, WHOLE } from "../../proto/federation/metrics.ts";
import { Anomaly, type Feed, TipStatus } from "../../proto/federation/schema.ts";
import { count, shortHash } from "../../runtime/web/format.ts";
import { type Block, BLOCK_BINS, Blocks, blocksOf } from "./blocks.tsx";
import { Strip } from "./charts.tsx";
import { type History, quartilesOf, type State } from "./history.ts";
import { ANOMALIES, keyIn, partName, TIPS } from "./names.ts";
import { ABOUT_UNITS, inWords, type MetricName } from "./numbers.ts";
import { Ago, Notice, Panel } from "./shell.tsx";
import type { MembersSource } from "./sources.ts";
import { minute, moment } from "./times.ts";
import { view } from "./view.ts";

/** What members' pages read. */
export interface Seen {
  readonly source: MembersSource;
  readonly history: History;
  /** Slot of the member who looks; `undefined` for those who run the hub. */
  readonly reader: number | undefined;
}

/** A number, as the page and the JSON have it. */
interface Number {
  readonly metric: MetricName;
  readonly part?: string;
  readonly unit: string;
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
  /** The median in words. */
  readonly text: string;
}

interface Now {
  readonly state: State;
  readonly k: number;
  readonly now: number;
  readonly closedThrough: number;
  readonly bin?: { readonly from: number; readonly to: number };
  readonly numbers: readonly Number[];
  readonly blocks: readonly Block[];
  readonly tips: readonly { readonly hash: string; readonly height: number; readonly status: string }[];
  readonly incidents: readonly { readonly id: number; readonly anomaly: string; readonly opened: number }[];
}

/** The page. */
export const nowPage = view<Seen, Now>({
  path: "/now",
  title: "The network now",
  about: "What the members see together: medians over operators, with the middle half around them",
  load: loadNow,
  body: (now) => <Body {...now} />,
});

async function loadNow({ source, history }: Seen): Promise<Now> {
  const { state, closedThrough, feed } = await history.lastBin();
  const { feeds } = await history.last(BLOCK_BINS);
  const incidents = await source.incidents(Number.MAX_SAFE_INTEGER);
  const from = feed && feed.bin * BIN_SECONDS;
  return {
    state,
    k: source.rules().policy.kMember,
    now: Math.floor(source.now() / 1000),
    closedThrough: closedThrough === 0 ? 0 : (closedThrough + 1) * BIN_SECONDS,
    ...from !== undefined && { bin: { from, to: from + BIN_SECONDS } },
    numbers: feed === undefined ? [] : numbersOf(feed),
    blocks: blocksOf(feeds),
    tips: (feed?.tips ?? []).map(({ hash, height, status }) => {
      return { hash: hash.toReversed().toHex(), height, status: keyIn(TipStatus, status) ?? "UNKNOWN" };
    }),
    incidents: incidents.map(({ id, anomaly, opened }) => {
      return { id, anomaly: keyIn(Anomaly, anomaly) ?? "UNKNOWN", opened };
    }),
  };
}

function numbersOf(feed: Feed): Number[] {
  return (Object.keys(METRICS) as MetricName[]).flatMap((metric) => {
    const info = METRICS[metric];
    return [...quartilesOf(feed, metric)].map(([index, { lower, median, upper }]) => {
      const part = info.parts && keyIn(info.parts, index);
      const text = inWords(metric, median);
      return { metric, ...part !== undefined && { part }, unit: info.unit, lower, median, upper, text };
    });
  });
}

function Body(model: Now) {
  const { numbers, k } = model;
  return (
    <>
      <Freshness {...model} />
      {model.incidents.length > 0 && <OpenIncidents {...model} />}
      {numbers.length > 0 && (
        <>
          <Tiles {...model} />
          <div class="grid">
            <Blocks {...model} />
            <Panel title="Peers" class="half">
              <Numbers
                caption="Peers"
                of={["PEERS_INBOUND", "PEERS_V2", "PEERS_BY_NETWORK"]}
                numbers={numbers}
                words={{ PEERS_INBOUND: "inbound", PEERS_V2: "encrypted (v2)" }}
              />
            </Panel>
            <Panel title="Behaviour, in netgroups of a member's nodes" class="half">
              <Numbers caption="Netgroups by behaviour" of={["NETGROUPS_BY_BEHAVIOUR"]} numbers={numbers} />
            </Panel>
            <Panel title="User agents, in netgroups of a member's nodes" class="half">
              <Numbers caption="Netgroups by user agent" of={["NETGROUPS_BY_AGENT"]} numbers={numbers} />
            </Panel>
            <Panel title="Messages received, in ten minutes" class="half">
              <Numbers caption="Messages by command" of={["MESSAGES"]} numbers={numbers} sorted />
            </Panel>
            <Panel title="Bytes received, in ten minutes" class="half">
              <Numbers caption="Bytes by command" of={["BYTES"]} numbers={numbers} sorted />
            </Panel>
            <Panel title="Addresses, transactions, connections, in ten minutes" class="half">
              <Numbers
                caption="Other numbers"
                of={Object.keys(OTHERS) as MetricName[]}
                numbers={numbers}
                words={OTHERS}
              />
            </Panel>
            <Tips {...model} />
          </div>
          <p class="legend-line">
            <Strip lower={30} median={45} upper={70} most={100} />
            <span>
              A quarter of the operators is left of the box, a quarter right of it; the mark is the median. A
              number is here if at least {k}{" "}
              independent operators stand behind it: what is missing is told by fewer. {ABOUT_UNITS}
            </span>
          </p>
        </>
      )}
    </>
  );
}

const OTHERS: Partial<Record<MetricName, string>> = {
  ADDRESSES: "addresses received",
  ADDRESSES_RATE_LIMITED: "of them dropped",
  TRANSACTIONS_ACCEPTED: "transactions taken",
  TRANSACTIONS_REJECTED: "transactions refused",
  CONNECTIONS_OPENED: "inbound opened",
  CONNECTIONS_CLOSED: "connections closed",
  CONNECTIONS_EVICTED: "inbound evicted",
  PEERS_MISBEHAVED: "peers misbehaved",
};

/** How old the numbers are, and what is wrong with them. */
export function Freshness(
  { state, k, now, closedThrough, bin }: Omit<Now, "numbers" | "blocks" | "tips" | "incidents">,
) {
  const shown = bin && (
    <>
      From {moment(bin.from).slice(0, -4)} to {minute(bin.to)} UTC, <Ago at={bin.to} now={now} />.
    </>
  );
  if (state === "fresh") {
    return (
      <Notice>
        This hub has not closed a bin yet. The first numbers come some minutes after the first ten minutes in
        which members send summaries.
      </Notice>
    );
  }
  if (state === "behind") {
    return (
      <Notice tone="bad">
        The hub is behind: it closed its last bin <Ago at={closedThrough} now={now} />. {shown}
      </Notice>
    );
  }
  if (state === "few") {
    return (
      <Notice>
        Fewer than {k}{" "}
        independent operators stand behind each number of the last ten minutes, so there is nothing to show of
        them. {shown && <>The numbers below are older: {shown}</>}
      </Notice>
    );
  }
  return <p class="fresh">{shown}</p>;
}

function OpenIncidents({ incidents, now }: Now) {
  return (
    <ul class="notice bad open-incidents">
      {incidents.map(({ id, anomaly, opened }) => (
        <li>
          <a href={`/incidents/${id}`}>{ANOMALIES[anomaly as keyof typeof ANOMALIES]?.[0] ?? "Incident"}</a>
          {" "}
          began <Ago at={opened} now={now} />
        </li>
      ))}
    </ul>
  );
}

const TILES: readonly (readonly [metric: MetricName, title: string])[] = [
  ["INBOUND_PEERS", "Inbound peers of a node"],
  ["PEERS_V2", "Encrypted transport"],
  ["MEMPOOL_TRANSACTIONS", "Mempool transactions"],
  ["MEMPOOL_BYTES", "Mempool size"],
  ["MEMPOOL_MIN_FEE", "Lowest fee rate"],
];

function Tiles({ numbers, tips }: Now) {
  const active = tips.find(({ status }) => status === "ACTIVE");
  return (
    <div class="tiles">
      <div class="tile" data-tile="tip">
        <h2>Tip</h2>
        <b>{active === undefined ? "–" : count(active.height)}</b>
        <span>{active === undefined ? "not the same everywhere" : shortHash(active.hash)}</span>
      </div>
      {TILES.map(([metric, title]) => {
        const number = numbers.find((each) => each.metric === metric);
        return (
          <div class="tile" data-tile={metric}>
            <h2>{title}</h2>
            <b>{number?.text ?? "–"}</b>
            <span>{number === undefined ? "too few tell it" : `middle half ${middleHalf(number)}`}</span>
          </div>
        );
      })}
    </div>
  );
}

function middleHalf({ metric, lower, upper }: Number): string {
  return inWords(metric, lower, upper);
}

interface NumbersProps {
  readonly caption: string;
  readonly of: readonly MetricName[];
  readonly numbers: readonly Number[];
  /** Names of numbers that have no parts, where the vocabulary's are too long. */
  readonly words?: Partial<Record<MetricName, string>>;
  /** The largest first. */
  readonly sorted?: boolean;
}

function Numbers({ caption, of, numbers, words = {}, sorted = false }: NumbersProps) {
  const all = of.flatMap((metric) => numbers.filter((number) => number.metric === metric));
  if (all.length === 0) return <p class="empty">Too few operators tell it.</p>;
  const own = sorted ? all.toSorted((a, b) => b.median - a.median || b.upper - a.upper) : all;
  const most = mostOf(own);
  return (
    <div class="table">
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col"></th>
            <th scope="col" class="drawn">
              <span class="hidden">Quartiles, drawn</span>
            </th>
            <th scope="col" class="num">Median</th>
            <th scope="col" class="num medium">Middle half</th>
          </tr>
        </thead>
        <tbody>
          {own.map((number) => {
            const { metric, part } = number;
            const name = part === undefined ? words[metric] ?? METRICS[metric].help : partName(metric, part);
            return (
              <tr data-metric={metric} data-part={part}>
                <th scope="row" class={metric === "MESSAGES" || metric === "BYTES" ? "mono" : ""}>{name}</th>
                <td class="drawn">
                  <Strip {...number} most={most(number)} />
                </td>
                <td class="num">{number.text}</td>
                <td class="num medium muted">{middleHalf(number)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** Shares have a whole; everything else is drawn beside the largest of its kind. */
function mostOf(numbers: readonly Number[]): (number: Number) => number {
  return ({ unit }) => {
    const largest = Math.max(1, ...numbers.filter((each) => each.unit === unit).map(({ upper }) => upper));
    return unit === "share" ? WHOLE : largest;
  };
}

function Tips({ tips }: Now) {
  return (
    <Panel title="Ends of chains" class="half">
      {tips.length === 0 ? <p class="empty">Too few operators tell of the same one.</p> : (
        <div class="table">
          <table>
            <caption>Ends of chains</caption>
            <thead>
              <tr>
                <th scope="col" class="num">Height</th>
                <th scope="col">Block</th>
                <th scope="col">Most call it</th>
              </tr>
            </thead>
            <tbody>
              {tips.map(({ hash, height, status }) => (
                <tr>
                  <td class="num">{count(height)}</td>
                  <td class="mono" title={hash}>{shortHash(hash)}</td>
                  <td class="words-cell">{TIPS[status as keyof typeof TIPS] ?? status}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
