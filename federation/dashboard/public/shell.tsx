/**
 * What is around every public page.
 *
 * @module
 */

import type { Child } from "hono/jsx";
import { CONTENT_POLICY } from "./policy.ts";

/** A public page. */
export interface PublicPage {
  /** Its file, below the public folder. */
  readonly path: string;
  /** Its name. */
  readonly title: string;
  /** What it is about, for search engines and for below the title. */
  readonly about: string;
  /** What is on it. */
  readonly body: Child;
  /** Whether it has something on it that the next minute changes. */
  readonly isLive?: boolean;
}

/** What all pages have around them. */
export interface Around {
  /** Folder of the style and the scripts. */
  readonly assets: string;
  /** The hub's key. */
  readonly hub: string;
  /** Whether there is a feed: from the first release on. */
  readonly hasFeed: boolean;
  /** Stands on every page. */
  readonly notice?: string | undefined;
  /** The hub's time, where it is another than that of its readers: milliseconds since 1970. */
  readonly now?: number | undefined;
}

// JSX has no word for it, and without it browsers imitate those of the last century.
const DOCTYPE = "<!doctype html>\n";

const PLACES = [
  { path: "index.html", title: "Overview" },
  { path: "history.html", title: "History" },
  { path: "nodes.html", title: "Nodes" },
  { path: "how.html", title: "How it works" },
  { path: "data.html", title: "Data" },
] as const;

/** The whole text of a page. Its links are relative: the folder may lie anywhere. */
export function pageText(page: PublicPage, around: Around): string {
  return `${DOCTYPE}${<Shell page={page} around={around} />}\n`;
}

function Shell(
  { page, around: { assets, hub, hasFeed, notice, now } }: { page: PublicPage; around: Around },
) {
  const { path, title, about, body, isLive } = page;
  const root = rootOf(path);
  const at = PLACES.find((place) => isAt(path, place.path));
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="content-security-policy" content={CONTENT_POLICY} />
        <meta name="referrer" content="no-referrer" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="description" content={about} />
        <title>
          {path === "index.html" ? "Waggle: what many Bitcoin nodes see together" : `${title} · Waggle`}
        </title>
        <link rel="icon" href={`${root}${assets}/icon.svg`} />
        <link rel="stylesheet" href={`${root}${assets}/style.css`} />
        {hasFeed && (
          <link rel="alternate" type="application/atom+xml" title="Releases" href={`${root}feed.xml`} />
        )}
        {isLive && <script type="module" src={`${root}${assets}/live.js`}></script>}
      </head>
      <body data-root={isLive ? root : undefined}>
        <a class="skip" href="#main">To the content</a>
        {notice !== undefined && <p class="banner">{notice}</p>}
        <header class="top">
          <a class="brand" href={`${root}index.html`}>
            <img src={`${root}${assets}/icon.svg`} alt="" width="24" height="24" />Waggle
          </a>
          <nav aria-label="Pages">
            {PLACES.map((place) => (
              <a href={root + place.path} aria-current={place === at ? "page" : undefined}>{place.title}</a>
            ))}
          </nav>
        </header>
        <main id="main" tabindex={-1} data-now={isLive ? now : undefined}>
          {body}
        </main>
        <footer>
          <p>
            Releases are under{" "}
            <a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>. No cookies, nothing from
            anywhere else, no record of who reads this. Times are in UTC.
          </p>
          <p>
            {hasFeed && <a href={`${root}feed.xml`}>Atom feed</a>} <span class="hub-key">Hub {hub}</span>
          </p>
        </footer>
      </body>
    </html>
  );
}

/** The way from a page to the folder that all is in. */
export function rootOf(path: string): string {
  return "../".repeat(path.split("/").length - 1);
}

function isAt(path: string, place: string): boolean {
  if (path === place) return true;
  return path.startsWith("nodes/") && place === "nodes.html" ||
    path.startsWith("releases/") && place === "history.html";
}

/** What a page begins with. */
export function Title({ over, title, children }: { over?: Child; title: string; children?: Child }) {
  return (
    <header class="title">
      {over !== undefined && <p class="over">{over}</p>}
      <h1>{title}</h1>
      {children !== undefined && <div class="lead">{children}</div>}
    </header>
  );
}

/** A part of a page, with a headline. */
export function Section(
  { title, id, about, children }: { title: string; id?: string; about?: Child; children: Child },
) {
  return (
    <section class="part" id={id}>
      <header>
        <h2>{title}</h2>
        {about !== undefined && <p>{about}</p>}
      </header>
      {children}
    </section>
  );
}
