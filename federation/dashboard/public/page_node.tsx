// deno-lint-ignore-file jsx-key -- what is written once has nothing to be known again by

/**
 * A node that its operator shows to everybody, in full.
 *
 * @module
 */

import type { Child } from "hono/jsx";
import { bytes, count, short } from "../../../runtime/web/format.ts";
import type { DisclosedMinute, DisclosedNode } from "../../release/live.ts";
import { partName } from "../names.ts";
import { AsOf, When } from "./live_parts.tsx";
import type { Published } from "./published.ts";
import { type PublicPage, Section, Title } from "./shell.tsx";

/** Where the page of a node is. */
export function nodePath({ name }: DisclosedNode): string {
  return `nodes/${name}.html`;
}

/** A page for each node. */
export function nodePages({ live }: Published): PublicPage[] {
  return (live?.disclosed ?? []).map((node) => ({
    path: nodePath(node),
    title: node.name,
    about: `What the Bitcoin node ${node.name} sees, live`,
    isLive: true,
    body: <Node node={node} at={live!.at} />,
  }));
}

function Node({ node, at }: { node: DisclosedNode; at: number }) {
  const { name, url, peers, mempool, connections, addresses, seconds } = node;
  const perSpan = seconds === 60 ? "in this minute" : `in ${count(seconds)} seconds`;
  return (
    <>
      <Title over="Open node" title={name}>
        <p>
          Its operator shows it to everybody, so these numbers are exact, and of the last minute.{" "}
          {url !== null && isHttps(url) && (
            <>
              More about it: <a href={url} rel="nofollow noopener external">{url}</a>
            </>
          )}
        </p>
      </Title>
      <ul class="tiles">
        <Tile name="Inbound peers" value={peers === null ? "–" : count(peers.inbound)} />
        <Tile name="Outbound peers" value={peers === null ? "–" : count(peers.outbound)} />
        <Tile name="Transactions waiting" value={mempool === null ? "–" : short(mempool.transactions)} />
        <Tile name="Lowest fee taken" value={mempool === null ? "–" : `${mempool.minFee} sat/vB`} />
        <Tile
          name={`Connections ${perSpan}`}
          value={`+${count(connections.opened)} −${count(connections.closed)}`}
        />
        <Tile name={`Addresses ${perSpan}`} value={count(addresses.received)} />
      </ul>
      <AsOf at={at} />
      <Section title="The last hour" about="A bar for each minute; what is missing was not told.">
        <div class="cards four">
          {MINUTES.map(([of, title]) => <MinuteCard history={node.history} of={of} title={title} />)}
        </div>
      </Section>
      {peers !== null && <Peers peers={peers} />}
      <Messages node={node} perSpan={perSpan} />
      <Behaviours behaviours={node.behaviours} />
      <Blocks node={node} />
    </>
  );
}

/** Nothing else may be linked: the address comes from somebody else. */
function isHttps(url: string): boolean {
  return URL.canParse(url) && new URL(url).protocol === "https:";
}

function Tile({ name, value }: { name: string; value: string }) {
  return (
    <li class="tile">
      <span>{name}</span>
      <b>{value}</b>
    </li>
  );
}

const MINUTES = [
  ["messages", "Messages received"],
  ["bytes", "Bytes received"],
  ["inbound", "Inbound peers"],
  ["transactions", "Transactions waiting"],
] as const satisfies readonly (readonly [keyof DisclosedMinute, string])[];

function MinuteCard(
  { history, of, title }: { history: readonly DisclosedMinute[]; of: keyof DisclosedMinute; title: string },
) {
  const values = history.map((minute) => minute[of]).filter((value) => value !== null);
  const text = of === "bytes" ? bytes : short;
  const last = values.at(-1);
  return (
    <figure class="series">
      <figcaption>
        <span>{title}</span>
        <b>{last === undefined ? "not told" : text(last)}</b>
      </figcaption>
      <Minutes
        history={history}
        of={of}
        label={`${title}: ${text(Math.min(...values))} to ${text(Math.max(...values))}`}
      />
      {values.length > 0 && (
        <details>
          <summary>As a table</summary>
          <div class="table">
            <table>
              <caption>{title}</caption>
              <tbody>
                {history.toReversed().map((minute) => (
                  <tr>
                    <th scope="row">{new Date(minute.at * 1000).toISOString().slice(11, 16)}</th>
                    <td class="num">{minute[of] === null ? "–" : text(minute[of])}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </figure>
  );
}

/** A bar for each of the last sixty minutes. */
export function Minutes(
  { history, of, label }: { history: readonly DisclosedMinute[]; of: keyof DisclosedMinute; label: string },
) {
  const last = history.at(-1)?.at ?? 0;
  const most = Math.max(1, ...history.map((minute) => minute[of] ?? 0));
  const bars = history.map((minute) => {
    const x = 59 - Math.round((last - minute.at) / 60);
    const height = 20 * (minute[of] ?? 0) / most;
    return x < 0 ? "" : `M${x + 0.15} 20V${(20 - height).toFixed(2)}h.7V20z`;
  });
  return (
    <svg class="minutes" viewBox="0 0 60 20" preserveAspectRatio="none" role="img" aria-label={label}>
      <path class="rule" d="M0 20H60" />
      <path class="minute-bars" d={bars.join("")} />
    </svg>
  );
}

function Peers({ peers }: { peers: NonNullable<DisclosedNode["peers"]> }) {
  const { networks, transports, agents } = peers;
  return (
    <Section title="Peers">
      <div class="columns">
        <Counts
          title="Network"
          counts={networks}
          words={(name) => partName("PEERS_BY_NETWORK", keyOf(name))}
        />
        <Counts title="Transport" counts={transports} words={(name) => TRANSPORTS[name] ?? name} />
        <Counts
          title="Software"
          counts={agents}
          words={(name) => partName("NETGROUPS_BY_AGENT", keyOf(name))}
        />
      </div>
    </Section>
  );
}

const TRANSPORTS: Readonly<Record<string, string>> = {
  v1: "plain (v1)",
  v2: "encrypted (v2)",
  unknown: "not known",
};

function keyOf(name: string): string {
  return name.toUpperCase().replaceAll(" ", "_");
}

function Counts(
  { title, counts, words }: {
    title: string;
    counts: Readonly<Record<string, number>>;
    words(name: string): string;
  },
) {
  const rows = Object.entries(counts).filter(([, value]) => value > 0).sort((a, b) => b[1] - a[1]);
  const most = Math.max(1, ...rows.map(([, value]) => value));
  return (
    <div>
      <table class="counts">
        <caption class="shown">{title}</caption>
        <tbody>
          {rows.map(([name, value]) => (
            <tr>
              <th scope="row">{words(name)}</th>
              <td class="drawn">
                <Bar share={value / most} />
              </td>
              <td class="num strong">{count(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Bar({ share }: { share: number }) {
  return (
    <svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect width={(100 * share).toFixed(1)} height="10" />
    </svg>
  );
}

function Messages({ node: { messages }, perSpan }: { node: DisclosedNode; perSpan: string }) {
  return (
    <Section title="Messages" about={`By kind, ${perSpan}, the most bytes first.`}>
      {messages.length === 0 ? <p class="calm">None were told.</p> : (
        <div class="table">
          <table>
            <caption>Messages by kind</caption>
            <thead>
              <tr>
                <th scope="col">Kind</th>
                <th scope="col" class="num">Received</th>
                <th scope="col" class="num">Bytes</th>
                <th scope="col" class="num">Sent</th>
                <th scope="col" class="num">Bytes</th>
              </tr>
            </thead>
            <tbody>
              {messages.map(({ command, received, receivedBytes, sent, sentBytes }) => (
                <tr>
                  <th scope="row">{partName("MESSAGES", keyOf(command))}</th>
                  <td class="num">{count(received)}</td>
                  <td class="num">{bytes(receivedBytes)}</td>
                  <td class="num">{count(sent)}</td>
                  <td class="num">{bytes(sentBytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}

function Behaviours({ behaviours }: Pick<DisclosedNode, "behaviours">) {
  const isCalm = Object.values(behaviours).every((value) => !value);
  return (
    <Section title="Odd behaviour" about="Network groups that did this within the last ten minutes.">
      {isCalm ? <p class="calm">None.</p> : (
        <div class="columns">
          <Counts
            title="Behaviour"
            counts={behaviours as Readonly<Record<string, number>>}
            words={(name) => partName("NETGROUPS_BY_BEHAVIOUR", keyOf(name))}
          />
        </div>
      )}
    </Section>
  );
}

function Blocks({ node: { blocks, tips } }: { node: DisclosedNode }) {
  return (
    <Section title="Blocks" about="The last ones that it connected, and the ends of chains that it knows.">
      <Hashes
        title="Blocks"
        last="Connected"
        rows={blocks.map(({ hash, height, at }) => ({
          hash,
          height,
          last: <When at={Math.floor(at / 1000)} />,
        }))}
      />
      <Hashes
        title="Ends of chains"
        last="What it says"
        rows={tips.map(({ hash, height, status }) => ({ hash, height, last: status }))}
      />
    </Section>
  );
}

function Hashes(
  { title, last, rows }: {
    title: string;
    last: string;
    rows: readonly { readonly hash: string; readonly height: number; readonly last: Child }[];
  },
) {
  if (rows.length === 0) return null;
  return (
    <div class="table">
      <table class="hashes">
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">Height</th>
            <th scope="col">{last}</th>
            <th scope="col">Block</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ hash, height, last }) => (
            <tr>
              <th scope="row">{height}</th>
              <td>{last}</td>
              <td class="hash">{hash}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
