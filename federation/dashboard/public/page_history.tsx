// deno-lint-ignore-file jsx-key -- what is written once has nothing to be known again by

/**
 * Each number over the releases, and the list of them.
 *
 * @module
 */

import type { Figures } from "../../release/figures.ts";
import { type Interval, LEAST_SLOTS, rangeAround, Whiskers } from "./drawings.tsx";
import { releasePath } from "./page_release.tsx";
import type { Checked, Published } from "./published.ts";
import { type PublicPage, Section, Title } from "./shell.tsx";
import { dateText, epochShort, epochTitle, errorOf, shownOf, type Words, wordsOf } from "./words.ts";

/** More would make the page heavy; the older ones are in the list, with pages of their own. */
const MOST_DRAWN = 36;

const MOST_LISTED = 120;

/** Where the page is. */
export const HISTORY_PATH = "history.html";

/** A number over the releases, the oldest first. */
export interface Line {
  readonly name: string;
  readonly points: readonly (Interval & { readonly error: number } | undefined)[];
}

/** The page. */
export function historyPage({ releases }: Published): PublicPage {
  const drawn = releases.slice(0, MOST_DRAWN).toReversed();
  const groups = groupsOf(drawn);
  return {
    path: HISTORY_PATH,
    title: "History",
    about: "Each number over the releases, with its intervals",
    body: (
      <>
        <Title title="History">
          {groups.length === 0
            ? (
              <p>
                There are no numbers yet. Each release is here from the day it is made, and stays as it was
                made.
              </p>
            )
            : (
              <p>
                Each number over the releases. A bar holds the truth in 95 of 100 cases, so two bars that
                overlap may well be the same. A release stays as it was made.
              </p>
            )}
        </Title>
        {groups.map((group) => <History group={group} releases={drawn} />)}
        <Section title="All releases" id="releases">
          <List releases={releases} />
        </Section>
      </>
    ),
  };
}

/** The groups that there is something of. */
function groupsOf(releases: readonly Checked[]): Figures[] {
  const names = new Map<string, Figures>();
  for (const { release } of releases) {
    for (const figures of release.figures) if (shownOf(figures).length > 0) names.set(figures.group, figures);
  }
  return [...names.values()];
}

/** The numbers of a group that were there at least once. */
export function linesOf(group: string, releases: readonly Checked[]): Line[] {
  const groups = releases.map(({ release }) => release.figures.find((figures) => figures.group === group));
  const names = new Set(groups.flatMap((figures) => figures?.numbers.map(({ name }) => name) ?? []));
  const lines = [...names].map((name) => ({
    name,
    points: groups.map((figures) => {
      const found = figures && shownOf(figures).find((each) => each.name === name);
      return found && { ...found, error: errorOf(figures) };
    }),
  }));
  return lines.filter(({ points }) => points.some((point) => point !== undefined));
}

function History({ group, releases }: { group: Figures; releases: readonly Checked[] }) {
  const newest = releases.at(-1)!.release;
  const words = wordsOf(group, newest);
  const lines = linesOf(group.group, releases);
  return (
    <Section title={words.title} id={group.group} about={words.about}>
      <div class="cards">
        {lines.map((line) => <LineCard line={line} words={words} releases={releases} />)}
      </div>
      <details>
        <summary>{words.title} as a table</summary>
        <Table lines={lines} words={words} releases={releases} />
      </details>
    </Section>
  );
}

/** A number, drawn. */
export function LineCard(
  { line, words, releases, over }: { line: Line; words: Words; releases: readonly Checked[]; over?: string },
) {
  const points = line.points.filter((point) => point !== undefined);
  const { value, low, high, error } = points.at(-1)!;
  const range = rangeAround(points);
  const name = words.part(line.name);
  const [first, last] = [releases[0]!.release, releases.at(-1)!.release];
  return (
    <figure class="series" data-number={line.name}>
      <figcaption>
        <span>
          {over !== undefined && <small>{over}</small>}
          <span>{name}</span>
        </span>
        <b>
          {words.value(value, error)} <small>{words.span(low, high, error)}</small>
        </b>
      </figcaption>
      <div class="plot">
        <span class="y" aria-hidden="true">
          <span>{words.value(range[1], error)}</span>
          <span>{words.value(range[0], error)}</span>
        </span>
        <Whiskers
          intervals={line.points}
          range={range}
          label={`${name}, ${epochTitle(first)} to ${epochTitle(last)}: last about ${
            words.value(value, error)
          }, ${words.span(low, high, error)}`}
        />
        <span class="x" aria-hidden="true">
          <span>{releases.length >= LEAST_SLOTS && epochShort(first)}</span>
          <span>{epochShort(last)}</span>
        </span>
      </div>
    </figure>
  );
}

function Table({ lines, words, releases }: { lines: Line[]; words: Words; releases: readonly Checked[] }) {
  return (
    <div class="table">
      <table class="matrix">
        <caption>{words.title} over the releases</caption>
        <thead>
          <tr>
            <th scope="col">Release</th>
            {lines.map(({ name }) => <th scope="col" class="num">{words.part(name)}</th>)}
          </tr>
        </thead>
        <tbody>
          {releases.map(({ release }, i) => (
            <tr>
              <th scope="row">{release.epoch.name}</th>
              {lines.map(({ points }) => {
                const point = points[i];
                return (
                  <td class="num">
                    {point && (
                      <>
                        {words.value(point.value, point.error)}{" "}
                        <span class="muted">({words.span(point.low, point.high, point.error)})</span>
                      </>
                    )}
                  </td>
                );
              })}
            </tr>
          )).reverse()}
        </tbody>
      </table>
    </div>
  );
}

/** The releases, the newest first. */
export function List({ releases }: { releases: readonly Checked[] }) {
  if (releases.length === 0) return <p class="calm">None yet.</p>;
  return (
    <>
      <div class="table">
        <table class="hashes">
          <caption>All releases</caption>
          <thead>
            <tr>
              <th scope="col">Release</th>
              <th scope="col">Made</th>
              <th scope="col">File</th>
            </tr>
          </thead>
          <tbody>
            {releases.slice(0, MOST_LISTED).map(({ release, file }) => (
              <tr>
                <th scope="row">
                  <a href={releasePath(release)}>{epochTitle(release)}</a>
                </th>
                <td>{dateText(release.released)}</td>
                <td class="hash">
                  <a href={`releases/${file}`}>{file}</a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {releases.length > MOST_LISTED && (
        <p class="muted">
          Older ones are in <a href="index.json">index.json</a>.
        </p>
      )}
    </>
  );
}
