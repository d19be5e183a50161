/**
 * What is around every page.
 *
 * @module
 */

import type { Child } from "hono/jsx";
import { age } from "../../runtime/web/format.ts";
import { iso, moment } from "./times.ts";

// JSX has no word for it, and without it browsers imitate those of the last century.
const DOCTYPE = "<!doctype html>";

/** A place that the top links to. */
export interface Place {
  readonly path: string;
  readonly title: string;
}

/** What is around a page. */
export interface ShellProps {
  readonly title: string;
  readonly about: string;
  /** Where one is. */
  readonly path: string;
  /** With which question. */
  readonly search?: string;
  readonly places: readonly Place[];
  /** Of whoever is signed in; without one there is no way out, and nothing is live. */
  readonly token?: string | undefined;
  /** Up to which bins were closed when the page was made. */
  readonly since?: number;
  /** When the page was made, milliseconds since 1970. */
  readonly now?: number;
  /** It is loaded again so often. */
  readonly everySeconds?: number | undefined;
  /** Who that is, in a word. */
  readonly who?: string | undefined;
  /** Stands on every page. */
  readonly notice?: string | undefined;
  readonly body: Child;
}

/** A whole page. */
export function page(props: ShellProps): string {
  return DOCTYPE + <Shell {...props} />;
}

function Shell(
  { title, about, path, search = "", places, token, since, now, everySeconds, who, notice, body }: ShellProps,
) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title} · Waggle federation</title>
        <link rel="icon" href="/assets/icon.svg" />
        <link rel="stylesheet" href="/assets/style.css" />
        <script type="module" src="/assets/live.ts"></script>
      </head>
      <body data-live={token === undefined ? undefined : "yes"} data-every={everySeconds}>
        <a class="skip" href="#main">To the content</a>
        {notice !== undefined && <p class="banner">{notice}</p>}
        <header class="top">
          <a class="brand" href="/">
            <img src="/assets/icon.svg" alt="" width="22" height="22" />Waggle
          </a>
          <nav aria-label="Pages">
            {places.map((place) => (
              <a href={place.path} aria-current={isAt(path, place) ? "page" : undefined}>{place.title}</a>
            ))}
          </nav>
          {token !== undefined && (
            <div class="state">
              <span id="status" role="status" hidden></span>
              <form method="post" action="/sign-out">
                <input type="hidden" name="token" value={token} />
                <button type="submit" title={`Signed in as ${who}`}>Sign out</button>
              </form>
            </div>
          )}
        </header>
        <main id="main" tabindex={-1} data-since={since} data-now={now}>
          <header>
            <h1>{title}</h1>
            <p>{about}</p>
          </header>
          {body}
        </main>
        {token !== undefined && (
          <footer>
            Times are in UTC. This page as JSON: <a href={`${path}.json${search}`}>{path}.json</a>
          </footer>
        )}
      </body>
    </html>
  );
}

function isAt(path: string, place: Place): boolean {
  return path === place.path || place.path !== "/hub" && path.startsWith(`${place.path}/`);
}

/** A section of a page. */
export function Panel(
  { title, class: more = "", children }: { title: string; class?: string; children: Child },
) {
  return (
    <section class={`panel ${more}`}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** A line that says how things are. */
export function Notice({ tone = "", children }: { tone?: "" | "bad" | "good"; children: Child }) {
  return <p class={`notice ${tone}`}>{children}</p>;
}

/** How long ago something was; the browser keeps it up to date. */
export function Ago({ at, now }: { at: number; now: number }) {
  return <time datetime={iso(at)} title={moment(at)} data-ago="">{age(now - at)} ago</time>;
}

/** A moment. */
export function Moment({ at }: { at: number }) {
  return <time datetime={iso(at)}>{moment(at)}</time>;
}
