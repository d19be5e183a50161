/**
 * Incidents: all of the last months, and each with its timeline.
 *
 * @module
 */

import { BIN_SECONDS } from "../../proto/federation/check.ts";
import { Anomaly, type Incident } from "../../proto/federation/schema.ts";
import { duration } from "../../runtime/web/format.ts";
import { Bars, Spans } from "./charts.tsx";
import { ANOMALIES, keyIn } from "./names.ts";
import { upTo } from "./numbers.ts";
import type { Seen } from "./page_now.tsx";
import { Ago, Moment, Notice, Panel } from "./shell.tsx";
import type { IncidentStrength } from "./sources.ts";
import { day, iso, minute, moment } from "./times.ts";
import { view } from "./view.ts";

const DAYS = 90;
const DRAWN_DAYS = 7;
const DAY_SECONDS = 86_400;
const MOST_ROWS = 200;
const MOST_BARS = 144;

/** An incident, as the pages and the JSON have it. */
interface Told {
  readonly id: number;
  readonly anomaly: string;
  readonly title: string;
  readonly about: string;
  /** Unix seconds. */
  readonly opened: number;
  readonly closed: number | null;
  /** Operators at its height: at most so many saw it, of at most so many that could. */
  readonly seenUpTo: number;
  readonly ofUpTo: number;
}

function tell({ id, anomaly, opened, closed, seenLog2, ofLog2 }: Incident): Told {
  const key = keyIn(Anomaly, anomaly);
  const [title, about] = key === undefined
    ? ["Unknown", "This hub knows it, these pages do not"]
    : ANOMALIES[key];
  const strength = { seenUpTo: 2 ** seenLog2, ofUpTo: 2 ** ofLog2 };
  return { id, anomaly: key ?? "UNKNOWN", title, about, opened, closed: closed ?? null, ...strength };
}

interface List {
  readonly now: number;
  readonly incidents: readonly Told[];
}

/** All of them. */
export const incidentsPage = view<Seen, List>({
  path: "/incidents",
  title: "Incidents",
  about: "What several operators saw at once, each measured by what is usual for it",
  async load({ source }) {
    const now = Math.floor(source.now() / 1000);
    const incidents = await source.incidents(now - DAYS * DAY_SECONDS);
    return { now, incidents: incidents.slice(0, MOST_ROWS).map(tell) };
  },
  body: (list) => <ListBody {...list} />,
});

function ListBody({ now, incidents }: List) {
  const recent = incidents.filter(({ closed }) => (closed ?? now) >= now - DRAWN_DAYS * DAY_SECONDS);
  const open = incidents.filter(({ closed }) => closed === null);
  if (incidents.length === 0) {
    return <Notice tone="good">There was no incident in the last {DAYS} days.</Notice>;
  }
  return (
    <>
      {open.length === 0
        ? <Notice tone="good">No incident is open.</Notice>
        : <Notice tone="bad">{open.map(({ title }) => title).join(", ")}: open now.</Notice>}
      <div class="stack">
        {recent.length > 0 && <Week now={now} incidents={recent} />}
        <Panel title={`The last ${DAYS} days`}>
          <div class="table">
            <table>
              <caption>Incidents, the newest first</caption>
              <thead>
                <tr>
                  <th scope="col">Incident</th>
                  <th scope="col">State</th>
                  <th scope="col">Began</th>
                  <th scope="col" class="num">Lasted</th>
                  <th scope="col" class="medium">Operators that saw it, at its height</th>
                </tr>
              </thead>
              <tbody>
                {incidents.map(({ id, title, opened, closed, seenUpTo, ofUpTo }) => (
                  <tr data-incident={id}>
                    <th scope="row">
                      <a href={`/incidents/${id}`}>{title}</a>
                    </th>
                    <td>
                      <State closed={closed} />
                    </td>
                    <td>
                      <ShortMoment at={opened} />
                    </td>
                    <td class="num">{lasting((closed ?? now) - opened)}</td>
                    <td class="medium">up to {seenUpTo} of up to {ofUpTo}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Panel>
      </div>
    </>
  );
}

/** Nothing here is measured in seconds. */
function lasting(seconds: number): string {
  return duration(Math.floor(seconds / 60) * 60);
}

function ShortMoment({ at }: { at: number }) {
  return <time datetime={iso(at)} title={moment(at)}>{day(at).slice(5)} {minute(at)}</time>;
}

function State({ closed }: { closed: number | null }) {
  return closed === null ? <strong class="state-open">open</strong> : <span class="muted">over</span>;
}

function Week({ now, incidents }: List) {
  const [from, to] = [now - DRAWN_DAYS * DAY_SECONDS, now];
  const share = (at: number) => Math.min(1, Math.max(0, (at - from) / (to - from)));
  const byTitle = Map.groupBy(incidents, ({ title }) => title);
  return (
    <Panel title={`The last ${DRAWN_DAYS} days`}>
      <div class="table">
        <table class="spans-table">
          <caption>When each kind of incident was there</caption>
          <tbody>
            {[...byTitle].map(([title, own]) => (
              <tr>
                <th scope="row">{title}</th>
                <td class="drawn">
                  <Spans
                    spans={own.map(({ opened, closed }) => {
                      return { from: share(opened), to: share(closed ?? now), open: closed === null };
                    })}
                  />
                </td>
                <td class="num">{own.length === 1 ? "once" : `${own.length} times`}</td>
              </tr>
            ))}
            <tr class="axis">
              <td></td>
              <td class="drawn">
                <ol class="x" aria-hidden="true">
                  <li>{day(from)}</li>
                  <li>now</li>
                </ol>
              </td>
              <td></td>
            </tr>
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

interface One extends Told {
  readonly now: number;
  readonly k: number;
  /** Operators in each bin: at most so many saw it, of at most so many; `null` where fewer than k did. */
  readonly bins: readonly { readonly from: number; seenUpTo: number | null; ofUpTo: number | null }[];
}

/** One of them. */
export const incidentPage = view<Seen, One>({
  path: "/incidents/:id",
  title: "Incident",
  about: "Its history in bins of ten minutes",
  name: ({ title }) => title,
  async load({ source }, { id = "" }) {
    if (!/^\d{1,15}$/.test(id)) return undefined;
    const now = Math.floor(source.now() / 1000);
    const incident = (await source.incidents(now - DAYS * DAY_SECONDS)).find((each) =>
      each.id === Number(id)
    );
    if (incident === undefined) return undefined;
    const bins = withoutHoles(await source.incidentBins(incident.id)).map(strengthOf);
    return { ...tell(incident), now, k: source.rules().policy.kMember, bins };
  },
  body: (one) => <OneBody {...one} />,
});

/** A bin in which too few saw it has no entry of its own. */
function withoutHoles(bins: readonly IncidentStrength[]): IncidentStrength[] {
  const known = new Map(bins.slice(-MOST_BARS).map((bin) => [bin.bin, bin]));
  const [first, last] = [Math.min(...known.keys()), Math.max(...known.keys())];
  const length = known.size === 0 ? 0 : Math.min(last - first + 1, MOST_BARS);
  return Array.from({ length }, (_, i) => {
    const bin = last - length + 1 + i;
    return known.get(bin) ?? { bin, seenLog2: 0, ofLog2: 0 };
  });
}

function strengthOf({ bin, seenLog2, ofLog2 }: IncidentStrength) {
  const isShown = seenLog2 > 0;
  return {
    from: bin * BIN_SECONDS,
    seenUpTo: isShown ? 2 ** seenLog2 : null,
    ofUpTo: isShown ? 2 ** ofLog2 : null,
  };
}

function OneBody({ about, opened, closed, seenUpTo, ofUpTo, now, k, bins }: One) {
  const most = Math.log2(Math.max(2, ...bins.map(({ ofUpTo }) => ofUpTo ?? 0)));
  const height = (operators: number | null) => operators === null ? 0 : Math.log2(operators) / most;
  return (
    <>
      <Notice tone={closed === null ? "bad" : ""}>
        {about}. {closed === null
          ? (
            <>
              It began <Ago at={opened} now={now} /> and is open.
            </>
          )
          : `It is over; it lasted ${lasting(closed - opened)}.`}
      </Notice>
      <div class="stack">
        <Panel title="How many operators see it">
          <dl class="facts">
            <dt>Began</dt>
            <dd>
              <Moment at={opened} />
            </dd>
            <dt>Ended</dt>
            <dd>{closed === null ? "not yet" : <Moment at={closed} />}</dd>
            <dt>At its height</dt>
            <dd>{upTo(Math.log2(seenUpTo))} of {upTo(Math.log2(ofUpTo))} operators that could see it</dd>
          </dl>
          <Bars
            bars={bins.map(({ seenUpTo, ofUpTo }) => ({ of: height(ofUpTo), seen: height(seenUpTo) }))}
          />
          <ul class="legend">
            <li>
              <svg class="key" viewBox="0 0 10 10" aria-hidden="true">
                <rect class="seen" width="10" height="10" rx="2" />
              </svg>
              see it
            </li>
            <li>
              <svg class="key" viewBox="0 0 10 10" aria-hidden="true">
                <rect class="of" width="10" height="10" rx="2" />
              </svg>
              could see it
            </li>
            <li>each bar is ten minutes, each step up twice as many</li>
          </ul>
        </Panel>
        <Panel title="Bin by bin, the newest first">
          <div class="table">
            <table>
              <caption>Operators in each bin</caption>
              <thead>
                <tr>
                  <th scope="col">From</th>
                  <th scope="col" class="num">See it</th>
                  <th scope="col" class="num">Could see it</th>
                </tr>
              </thead>
              <tbody>
                {bins.toReversed().map(({ from, seenUpTo, ofUpTo }) => (
                  <tr>
                    <th scope="row">{day(from)} {minute(from)}</th>
                    <td class="num">
                      {seenUpTo === null ? `fewer than ${k}, or too small a share` : `up to ${seenUpTo}`}
                    </td>
                    <td class="num">{ofUpTo === null ? "–" : `up to ${ofUpTo}`}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Panel>
      </div>
    </>
  );
}
