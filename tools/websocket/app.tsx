/**
 * The pages' shell and files, over HTTP.
 *
 * @module
 */

import { Hono } from "hono";
import type { Child } from "hono/jsx";
import { pageHeaders } from "../../runtime/web/headers.ts";
import { makeAssets } from "./assets.ts";
import { type Route, ROUTES } from "./pages/routes.ts";

const HEADERS = pageHeaders();

// JSX has no word for it, and without it browsers imitate those of the last century.
const DOCTYPE = "<!doctype html>";

/** Makes the application; a notice stands on every page. */
export function makeApp({ notice }: { notice?: string | undefined } = {}): Hono {
  const assets = makeAssets();
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
  });
  for (const route of ROUTES) {
    app.get(
      route.path,
      (c) => c.html(DOCTYPE + <Shell route={route} notice={notice} />, 200, { "cache-control": "no-cache" }),
    );
  }
  app.get("/assets/:name", (c) => {
    const asset = assets.get(c.req.param("name"));
    if (asset === undefined) return c.notFound();
    return c.body(asset.text, 200, { "content-type": asset.type, "cache-control": "no-cache" });
  });
  app.notFound((c) => c.html(DOCTYPE + <Lost notice={notice} />, 404));
  return app;
}

function Page({ title, children }: { title: string; children: Child }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title} · Waggle</title>
        <link rel="icon" href="/assets/icon.svg" />
        <link rel="stylesheet" href="/assets/style.css" />
      </head>
      {children}
    </html>
  );
}

function Shell({ route, notice }: { route: Route; notice: string | undefined }) {
  return (
    <Page title={route.title}>
      <body>
        <a class="skip" href="#main">To the content</a>
        {notice !== undefined && <p class="banner">{notice}</p>}
        <header class="top">
          <a class="brand" href="/">
            <img src="/assets/icon.svg" alt="" width="22" height="22" />Waggle
          </a>
          <nav aria-label="Views">
            {ROUTES.map(({ path, title }, i) => (
              <a href={path} title={`Key ${i + 1}`} aria-current={path === route.path ? "page" : undefined}>
                {title}
              </a>
            ))}
          </nav>
          <div class="state">
            <label hidden>
              <span>Node</span>
              <select id="node"></select>
            </label>
            <time id="time" title="Time of the events"></time>
            <span id="status" role="status" data-state="connecting">connecting</span>
            <button id="pause" type="button" title="Key p" aria-pressed="false">Pause</button>
          </div>
        </header>
        <div id="notice" role="alert" hidden>
          <span></span>
          <button type="button">Try now</button>
        </div>
        <main id="main" tabindex={-1}>
          <header>
            <h1>{route.title}</h1>
            <p>{route.about}</p>
          </header>
          <noscript>These pages show what a node sees while it happens: they need JavaScript.</noscript>
        </main>
        <footer>
          Keys: <kbd>1</kbd>–<kbd>{ROUTES.length}</kbd> views, <kbd>/</kbd> search, <kbd>p</kbd>{" "}
          pause. Numbers are of what came since this page was opened, unless the node tells them itself.
        </footer>
        <script type="module" src="/assets/app.ts"></script>
      </body>
    </Page>
  );
}

function Lost({ notice }: { notice: string | undefined }) {
  return (
    <Page title="Not found">
      <body>
        {notice !== undefined && <p class="banner">{notice}</p>}
        <main>
          <header>
            <h1>Not found</h1>
            <p>There is no such page.</p>
          </header>
          <p>
            <a href="/">To the overview</a>
          </p>
        </main>
      </body>
    </Page>
  );
}
