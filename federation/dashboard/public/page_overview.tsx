/**
 * The first page: what this is, how things are, and the newest numbers.
 *
 * @module
 */

import { epochAt, LEAST, releaseTime } from "../../release/schedule.ts";
import { ChainNow, Pulse, Stress } from "./live_parts.tsx";
import { LineCard, linesOf } from "./page_history.tsx";
import { releasePath } from "./page_release.tsx";
import type { Checked, Published } from "./published.ts";
import { type PublicPage, Section } from "./shell.tsx";
import { dateText, epochTitle, shownOf, wordsOf } from "./words.ts";

/** Numbers that say most, by group; of behaviours whatever is there. */
const HEADLINES: Readonly<Record<string, readonly string[]>> = {
  peers: ["v2", "network onion", "inbound"],
  agents: ["core 30", "core 31"],
  behaviours: ["short lived", "inv only", "reconnecting"],
  blocks: ["below 1 s"],
};
const MOST_HEADLINES = 6;
const RECENT = 12;
/** Fewer releases still show where they began rather than what there is. */
const FIRST = 6;

/** The page. */
export function overviewPage(published: Published): PublicPage {
  const { releases, live } = published;
  const withNumbers = releases.filter(({ release }) => release.figures.length > 0);
  return {
    path: "index.html",
    title: "Overview",
    about: "What many Bitcoin nodes see together, with noise, so that nobody can tell which nodes they are.",
    isLive: true,
    body: (
      <>
        <header class="hero">
          <h1>What many Bitcoin nodes see, and none of them alone</h1>
          <p class="lead">
            Operators watch the Bitcoin network for attacks, each from nodes that nobody shall know. Here they
            put together what they saw: rarely, with noise, and with a limit on what a year of it can give
            away. <a href="how.html">How that works</a>
          </p>
        </header>
        {live === undefined
          ? <p class="calm">Nothing live is told by this hub yet.</p>
          : <Pulse live={live} />}
        {withNumbers.length > 0 ? <Numbers releases={withNumbers} /> : <NoNumbers published={published} />}
        {live !== undefined && (
          <>
            <Stress stress={live.stress} />
            <ChainNow live={live} />
          </>
        )}
        <Ways />
      </>
    ),
  };
}

function Numbers({ releases }: { releases: readonly Checked[] }) {
  const { release } = releases[0]!;
  const recent = releases.slice(0, RECENT).toReversed();
  const cards = release.figures.flatMap((figures) => {
    const wanted = HEADLINES[figures.group] ?? [];
    const names = shownOf(figures).map(({ name }) => name).filter((name) => wanted.includes(name));
    const words = wordsOf(figures, release);
    const lines = linesOf(figures.group, recent).filter(({ name }) => names.includes(name));
    return lines.map((line) => ({ line, words }));
  }).slice(0, MOST_HEADLINES);
  const next = releaseTime(epochAt(release.epoch.to, release.epoch.cadence));
  return (
    <Section
      title={epochTitle(release)}
      id="newest"
      about={
        <>
          The newest numbers, made on {dateText(release.released)}; the next come around{" "}
          {dateText(next)}. One bar for each release: in 95 of 100 cases it holds what the operators’ values
          say.
          {releases.length < FIRST && (
            <>
              {" "}
              These are the first releases: numbers still come from where they began, and follow the truth
              slowly.
            </>
          )} <a href="how.html#read">How to read them</a>
        </>
      }
    >
      <div class="cards">
        {cards.map(({ line, words }) => (
          <LineCard
            line={line}
            words={words}
            releases={recent}
            over={[words.title, words.unit].filter(Boolean).join(", ")}
          />
        ))}
      </div>
      <p class="more">
        <a class="button" href={releasePath(release)}>All numbers of {epochTitle(release)}</a>
        <a href="history.html">All releases</a>
      </p>
    </Section>
  );
}

/** A small federation is no failure: this is how it begins. */
function NoNumbers({ published: { releases, rules } }: { published: Published }) {
  const newest = releases[0]?.release;
  return (
    <Section title="No numbers yet, on purpose" id="newest">
      <div class="prose">
        <p>
          {newest === undefined
            ? "This federation has not made a release yet. The first one comes two days after its first whole month."
            : newest.note}
        </p>
        <p>
          A mean over few nodes says much about each of them. So there are no numbers below {LEAST.operators}
          {" "}
          members or {LEAST.nodes}{" "}
          nodes, and how many there are is told to nobody: it has to be sure under its own noise. Until then
          there are facts about the chain, which give nobody away
          {newest === undefined ? "." : (
            <>
              , as in <a href={releasePath(newest)}>{epochTitle(newest)}</a>.
            </>
          )}
        </p>
        <p>
          With enough nodes there will be up to {rules.releasesPerYear} releases a year.{" "}
          <a href="how.html#plan">What they will say, and how exactly</a>
        </p>
      </div>
    </Section>
  );
}

const WAYS = [
  [
    "how.html",
    "Why this is safe",
    "What is told, what is withheld, and what an attacker can learn in a year, as a number.",
  ],
  [
    "data.html",
    "Take the data",
    "Signed files under a free licence, a feed, and a command that checks them.",
  ],
  ["nodes.html", "Look at a node", "Some operators show a node to everybody: every message, live."],
] as const;

function Ways() {
  return (
    <ul class="ways">
      {WAYS.map(([to, title, about]) => (
        <li>
          <a href={to}>{title}</a>
          <p>{about}</p>
        </li>
      ))}
    </ul>
  );
}
