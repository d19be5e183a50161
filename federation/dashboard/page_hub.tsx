/**
 * Pages for those who run the hub: members and sessions as slots, what was refused, how full the disk is. No page
 * here changes anything; that is done with commands, where the folder is.
 *
 * @module
 */

import type { Child } from "hono/jsx";
import { BIN_SECONDS } from "../../proto/federation/check.ts";
import { bytes, count, duration } from "../../runtime/web/format.ts";
import { Line, Spans } from "./charts.tsx";
import { DAY } from "./history.ts";
import type { Seen } from "./page_now.tsx";
import { Ago, Notice, Panel } from "./shell.tsx";
import { type HubMember, type HubOperator, type HubSource, type HubStatus } from "./sources.ts";
import { moment } from "./times.ts";
import { view } from "./view.ts";

/** What the pages of the hub read. */
export interface HubSeen extends Seen {
  readonly hub: HubSource;
}

/** Sessions come and go all the time. */
const EVERY_SECONDS = 10;

interface Overview {
  /** Unix seconds. */
  readonly now: number;
  /** End of the last closed bin; 0 before the first. */
  readonly closedThrough: number;
  readonly behind: boolean;
  readonly status: HubStatus;
  readonly openBins: readonly number[];
  readonly bins: readonly { readonly from: number; readonly operators: number }[];
  readonly openIncidents: number;
}

/** How the hub is. */
export const hubPage = view<HubSeen, Overview>({
  path: "/hub",
  title: "Hub",
  about: "How it is, and what it refused since it was started",
  everySeconds: EVERY_SECONDS,
  async load({ hub, source, history }) {
    const { state, closedThrough } = await history.lastBin();
    const bins = await hub.bins(closedThrough - DAY + 1, closedThrough);
    const incidents = await source.incidents(Number.MAX_SAFE_INTEGER);
    return {
      now: Math.floor(source.now() / 1000),
      closedThrough: closedThrough === 0 ? 0 : (closedThrough + 1) * BIN_SECONDS,
      behind: state === "behind",
      status: await hub.status(),
      openBins: (await hub.openBins()).map((bin) => bin * BIN_SECONDS),
      bins: bins.map(({ bin, operators }) => ({ from: bin * BIN_SECONDS, operators })),
      openIncidents: incidents.length,
    };
  },
  body: (overview) => <OverviewBody {...overview} />,
});

function OverviewBody({ now, closedThrough, behind, status, openBins, bins, openIncidents }: Overview) {
  return (
    <>
      {behind && (
        <Notice tone="bad">
          No bin was closed since <Ago at={closedThrough} now={now} />. The log of the hub says why.
        </Notice>
      )}
      {status.storeFailures > 0 && (
        <Notice tone="bad">
          {count(status.storeFailures)}{" "}
          summaries could not be stored: look at the disk, and at the log of the hub. Uplinks keep them and
          send them again.
        </Notice>
      )}
      <div class="tiles">
        <Tile
          title="Sessions"
          value={count(status.sessions)}
          more={`${count(status.handshakes)} not proved yet`}
        />
        <Tile title="Members" value={count(status.members)} more={`${count(status.revoked)} revoked`} />
        <Tile
          title="Last closed bin"
          value={closedThrough === 0 ? "none" : <Ago at={closedThrough} now={now} />}
          more={closedThrough === 0 ? "the hub is new" : `up to ${moment(closedThrough)}`}
        />
        <Tile title="Open bins" value={count(openBins.length)} more="with summaries in them" />
        <Tile
          title="Summaries kept"
          value={count(status.summaries)}
          more={`${count(status.late)} came late`}
        />
        <Tile
          title="On disk"
          value={bytes(status.bytes)}
          more={`${count(status.waiting)} wait to be written`}
        />
        <Tile
          title="Open incidents"
          value={count(openIncidents)}
          more={openIncidents === 0 ? "calm" : <a href="/incidents">look at them</a>}
        />
      </div>
      <div class="grid">
        <Operators bins={bins} closedThrough={closedThrough} />
        <Counts title="Summaries" of={status.fates} empty="Nobody has sent a summary yet." />
        <Counts title="Summaries refused, by code" of={status.nacks} empty="No summary was refused." />
        <Counts
          title="Sessions that the hub ended, by reason"
          of={status.byes}
          empty="The hub ended no session."
        />
        <Counts
          title="Connections refused, by reason"
          of={status.refusedConnections}
          empty="No connection was refused."
        />
      </div>
    </>
  );
}

function Tile({ title, value, more }: { title: string; value: Child; more: Child }) {
  return (
    <div class="tile" data-tile={title}>
      <h2>{title}</h2>
      <b>{value}</b>
      <span>{more}</span>
    </div>
  );
}

function Operators({ bins, closedThrough }: Pick<Overview, "bins" | "closedThrough">) {
  const most = Math.max(4, ...bins.map(({ operators }) => Math.ceil(operators / 2) * 2));
  const points = bins.map(({ from, operators: n }) => ({ from, lower: 0, median: n, upper: n }));
  return (
    <Panel title="Operators in each bin of the last day" class="two-thirds">
      {bins.length === 0 ? <p class="empty">No bin was closed yet.</p> : (
        <Line
          points={points}
          from={closedThrough - DAY * BIN_SECONDS}
          to={closedThrough}
          step={BIN_SECONDS}
          range={[0, most]}
          words={(value) => String(value)}
        />
      )}
    </Panel>
  );
}

function Counts(
  { title, of, empty }: { title: string; of: Readonly<Record<string, number>>; empty: string },
) {
  const rows = Object.entries(of).filter(([, number]) => number > 0).sort(([, a], [, b]) => b - a);
  return (
    <Panel title={title} class="third">
      {rows.length === 0 ? <p class="empty">{empty}</p> : (
        <div class="table">
          <table>
            <caption>{title}</caption>
            <tbody>
              {rows.map(([name, number]) => (
                <tr>
                  <th scope="row">{name.replaceAll("_", " ")}</th>
                  <td class="num">{count(number)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

interface Told {
  readonly member: string;
  readonly joined: string;
  readonly revoked: boolean;
  readonly sponsors: readonly string[];
  readonly sessions: number;
}

interface MemberList {
  readonly members: readonly Told[];
}

/** Who vouched for whom. */
export const membersPage = view<HubSeen, MemberList>({
  path: "/hub/members",
  title: "Members",
  about: "As slots, below whoever vouched for them first; the hub knows no names",
  everySeconds: EVERY_SECONDS,
  async load({ hub }) {
    const sessions = new Map(hub.operators().map(({ member, sessions }) => [member, sessions]));
    const members = (await hub.members()).toSorted((a, b) => a.joinedDay - b.joinedDay);
    return { members: members.map((member) => tell(member, sessions.get(member.member) ?? 0)) };
  },
  body: ({ members }) => <MembersBody members={members} />,
});

function tell({ member, joinedDay, revoked, sponsors }: HubMember, sessions: number): Told {
  const joined = new Date(joinedDay * 86_400_000).toISOString().slice(0, 10);
  return { member, joined, revoked, sponsors, sessions };
}

function MembersBody({ members }: MemberList) {
  if (members.length === 0) {
    return (
      <Notice>
        There are no members. Invite the first where the hub runs: <code>deno task hub invite</code>
      </Notice>
    );
  }
  const known = new Set(members.map(({ member }) => member));
  const below = Map.groupBy(members, ({ sponsors }) => sponsors.find((sponsor) => known.has(sponsor)) ?? "");
  return (
    <Panel title={`${count(members.length)} members`}>
      <div class="table">
        <table class="tree">
          <caption>Members, below whoever vouched for them</caption>
          <thead>
            <tr>
              <th scope="col">Member</th>
              <th scope="col">Joined</th>
              <th scope="col">State</th>
              <th scope="col" class="num">Sessions</th>
              <th scope="col" class="medium">Vouched for by</th>
            </tr>
          </thead>
          <tbody>
            {rowsBelow("", below).map(({ told: { member, joined, revoked, sponsors, sessions }, depth }) => (
              <tr data-member={member}>
                <th scope="row" class={`mono depth-${Math.min(depth, 6)}`}>{member}</th>
                <td>{joined}</td>
                <td>{revoked ? <strong class="state-open">revoked</strong> : "member"}</td>
                <td class="num">{sessions}</td>
                <td class="medium mono">{sponsors.length === 0 ? "the hub" : sponsors.join(" ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

/** Depth first. Each member is taken once, whatever a damaged store says. */
function rowsBelow(
  sponsor: string,
  below: Map<string, Told[]>,
  depth = 0,
): { told: Told; depth: number }[] {
  const own = below.get(sponsor) ?? [];
  below.delete(sponsor);
  return own.flatMap((told) => [{ told, depth }, ...rowsBelow(told.member, below, depth + 1)]);
}

interface SessionList {
  readonly now: number;
  readonly operators: readonly {
    readonly member: string;
    readonly sessions: number;
    /** End of the newest bin it has sent since the hub started. */
    readonly newest: number | null;
    /** Seconds between that and the last end of a bin. */
    readonly lagSeconds: number | null;
  }[];
}

/** Who is there, and how far behind. */
export const sessionsPage = view<HubSeen, SessionList>({
  path: "/hub/sessions",
  title: "Sessions",
  about: "Members that are connected, or have sent something since the hub was started",
  everySeconds: EVERY_SECONDS,
  load({ hub, source }) {
    const now = Math.floor(source.now() / 1000);
    const operators = hub.operators().map((operator) => lagOf(operator, now));
    operators.sort((a, b) => (b.lagSeconds ?? Infinity) - (a.lagSeconds ?? Infinity));
    return Promise.resolve({ now, operators });
  },
  body: (list) => <SessionsBody {...list} />,
});

function lagOf({ member, sessions, newestBin }: HubOperator, now: number) {
  const newest = newestBin === undefined ? null : (newestBin + 1) * BIN_SECONDS;
  const lastEnd = Math.floor(now / BIN_SECONDS) * BIN_SECONDS;
  return {
    member,
    sessions,
    newest,
    lagSeconds: newest === null ? null : Math.max(0, lastEnd - newest),
  };
}

const MOST_ROWS = 500;

function SessionsBody({ now, operators }: SessionList) {
  if (operators.length === 0) return <Notice>Nobody is connected.</Notice>;
  const longest = Math.max(...operators.map(({ lagSeconds }) => lagSeconds ?? 0));
  const most = Math.max(3600, longest);
  return (
    <Panel title={`${count(operators.length)} members, those furthest behind first`}>
      <div class="table">
        <table>
          <caption>Members that are connected</caption>
          <thead>
            <tr>
              <th scope="col">Member</th>
              <th scope="col" class="num">Sessions</th>
              <th scope="col">Newest bin</th>
              <th scope="col" class="num">Behind</th>
              {longest > 0 && (
                <th scope="col" class="drawn medium">
                  <span class="hidden">Behind, drawn</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {operators.slice(0, MOST_ROWS).map(({ member, sessions, newest, lagSeconds }) => (
              <tr data-member={member}>
                <th scope="row" class="mono">{member}</th>
                <td class="num">{sessions}</td>
                <td>{newest === null ? "none yet" : <Ago at={newest} now={now} />}</td>
                <td class="num">
                  {lagSeconds === null ? "–" : lagSeconds === 0 ? "no" : duration(lagSeconds)}
                </td>
                {longest > 0 && (
                  <td class="drawn medium">
                    <Spans
                      spans={lagSeconds ? [{ from: 0, to: lagSeconds / most, open: lagSeconds > 3600 }] : []}
                    />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {operators.length > MOST_ROWS && <p class="muted">The others are in the JSON.</p>}
    </Panel>
  );
}
