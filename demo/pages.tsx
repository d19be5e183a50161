/**
 * The page of the story: where to look, and what has happened. It also signs in at the hub, so that nobody has to copy
 * lines to look at a demo.
 *
 * @module
 */

import { Hono } from "hono";
import type { Log } from "../runtime/log.ts";
import { serve } from "../runtime/serve.ts";
import { moduleAsset, sharedAssets, styleAsset } from "../runtime/web/assets.ts";
import { pageHeaders } from "../runtime/web/headers.ts";
import fresh from "./fresh.ts" with { type: "text" };
import { signInAsHub, signInAsMember } from "./sign_in.ts";
import style from "./style.css" with { type: "text" };
import { momentText } from "./moment.ts";
import { inShort, type Page, type Told } from "./told.ts";

/** What the pages are about. */
export interface PagesOptions {
  /** Where everything is. */
  readonly urls: {
    readonly story: string;
    readonly hub: string;
    readonly open: string;
    readonly live: string;
  };
  /** Stands on every page. */
  readonly notice: string;
  /** Folder of the operator that one looks as. */
  readonly member: string;
  /** Folder of the hub. */
  readonly hub: string;
  /** Aborted = stop. */
  readonly signal: AbortSignal;
  /** The time of the nodes. */
  now(): number;
}

const MOST_TOLD = 200;
// JSX has no word for it.
const DOCTYPE = "<!doctype html>";

/** The pages. */
export class Pages {
  /** What can be opened. */
  readonly places: readonly Page[];
  readonly #options: PagesOptions;
  readonly #told: Told[] = [];

  /** Pages that know of nothing yet. */
  constructor(options: PagesOptions) {
    const { story, open, live } = options.urls;
    this.#options = options;
    this.places = [
      { url: story, title: "The story", about: "What happens now, and where to look" },
      { url: open, title: "Public pages", about: "What everybody may know" },
      {
        url: `${story}/members`,
        title: "Members' pages",
        about: "What operators see together, as one of them",
      },
      { url: live, title: "Live pages", about: "One node while it happens: peers, messages, blocks" },
      { url: `${story}/hub`, title: "The hub's own pages", about: "Members and sessions, for who runs it" },
    ];
  }

  /** Remembers what happened. */
  note(told: Told): void {
    this.#told.unshift(told);
    this.#told.length = Math.min(this.#told.length, MOST_TOLD);
  }

  /** Serves until the signal is aborted. */
  async serve(address: string, log: Log): Promise<void> {
    const handler = this.app().fetch;
    await serve({ address, flag: "--port", handler, log, signal: this.#options.signal });
  }

  /** The pages over HTTP. */
  app(): Hono {
    const { urls: { hub: url, story }, member, hub, signal } = this.#options;
    const app = new Hono();
    app.use(async (c, next) => {
      // A page elsewhere whose name points to this machine shall not be let in.
      if (c.req.header("host") !== new URL(story).host) {
        c.res = new Response("Ask for 127.0.0.1\n", { status: 403 });
      } else await next();
      for (const [name, value] of Object.entries(pageHeaders())) c.header(name, value);
      c.header("cache-control", "no-store");
    });
    app.get("/", (c) => c.html(DOCTYPE + this.#page()));
    const enter = async (cookies: Promise<string[]>, to: string) => {
      const headers = new Headers({ location: url + to });
      for (const cookie of await cookies) headers.append("set-cookie", cookie);
      return new Response(null, { status: 303, headers });
    };
    app.get("/members", () => enter(signInAsMember({ url, signal }, member), "/now"));
    app.get("/hub", () => enter(signInAsHub({ url, signal }, hub), "/hub"));
    const assets = new Map([
      ...sharedAssets(),
      ["style.css", styleAsset(style)],
      ["fresh.ts", moduleAsset(fresh)],
    ]);
    app.get("/assets/:name", (c) => {
      const asset = assets.get(c.req.param("name"));
      if (asset === undefined) return c.text("There is nothing here\n", 404);
      return c.body(asset.text, 200, { "content-type": asset.type });
    });
    return app;
  }

  #page() {
    const { notice, now } = this.#options;
    return (
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>The story · Waggle demo</title>
          <link rel="icon" href="/assets/icon.svg" />
          <link rel="stylesheet" href="/assets/style.css" />
          <script type="module" src="/assets/fresh.ts"></script>
        </head>
        <body>
          <p class="banner">{notice}</p>
          <header class="top">
            <a class="brand" href="/">
              <img src="/assets/icon.svg" alt="" width="22" height="22" />Waggle demo
            </a>
          </header>
          <main id="main">
            <header>
              <h1>{momentText(now())}</h1>
              <p>The time of the nodes</p>
            </header>
            <ul class="places">
              {this.places.slice(1).map(({ url, title, about }) => (
                <li>
                  <a href={url}>{title}</a>
                  <p>{about}</p>
                </li>
              ))}
            </ul>
            <h2>What happened, the newest first</h2>
            <ol class="told">{this.#told.map(lineOf)}</ol>
          </main>
        </body>
      </html>
    );
  }
}

function lineOf(told: Told) {
  if (told.what === "ready") return null;
  if (told.what === "past") {
    return <li class="quiet">{told.hours} ordinary hours, {told.events.toLocaleString("en")} events</li>;
  }
  const time = <time datetime={new Date(told.at).toISOString()}>{momentText(told.at)}</time>;
  if (told.what === "chapter") return <li class={told.isQuiet ? "quiet" : "attack"}>{time} {told.text}</li>;
  return (
    <li class={told.state === "firing" ? told.what : "over"}>
      {time} <a href={told.url} title={told.text}>{told.what}</a>{" "}
      {told.what === "alert" ? inShort(told.text) : told.text}
    </li>
  );
}
