/**
 * The pages over HTTP: who may see which, as HTML and as JSON.
 *
 * @module
 */

import { type Context, Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Child } from "hono/jsx";
import { pageHeaders } from "../../runtime/web/headers.ts";
import { makeAssets } from "./assets.ts";
import { isOurs, isSecure, namesOf } from "./guard.ts";
import { History } from "./history.ts";
import { Live } from "./live.ts";
import { comparePage } from "./page_compare.tsx";
import { hubPage, type HubSeen, membersPage, sessionsPage } from "./page_hub.tsx";
import { incidentPage, incidentsPage } from "./page_incidents.tsx";
import { nowPage, type Seen } from "./page_now.tsx";
import { policyPage } from "./page_policy.tsx";
import { sightingsPage } from "./page_sightings.tsx";
import { trendsPage } from "./page_trends.tsx";
import { randomText, type Session, Sessions } from "./sessions.ts";
import { Notice, page, type Place, type ShellProps } from "./shell.tsx";
import { type Outcome, SignIn } from "./sign_in.ts";
import { HubSignIn, MemberSignIn, type Told } from "./sign_in_page.tsx";
import { type Door, type HubSource, type MembersSource } from "./sources.ts";
import type { Ask, View } from "./view.ts";

/** What the pages are made of. */
export interface DashboardOptions {
  readonly door: Door;
  readonly members: MembersSource;
  readonly hub: HubSource;
  /** Milliseconds since 1970, for sessions; what is shown goes by the clock of its source. */
  now(): number;
  /** Stands on every page. */
  readonly notice?: string | undefined;
  /** Told what kept a page from being made. */
  onTrouble(error: unknown): void;
  /** Counts an attempt to sign in. */
  count(outcome: Outcome["as"]): void;
  /** Aborted = open pages are let go. */
  readonly signal: AbortSignal;
}

/** Pages that members see, and those who run the hub. */
const MEMBERS_VIEWS: readonly View<Seen>[] = [
  nowPage,
  trendsPage,
  incidentsPage,
  incidentPage,
  sightingsPage,
  policyPage,
  comparePage,
];
/** Pages that only those who run the hub see. */
const HUB_VIEWS: readonly View<HubSeen>[] = [hubPage, membersPage, sessionsPage];

const MEMBERS_PLACES: readonly Place[] = [
  { path: "/now", title: "Now" },
  { path: "/trends", title: "Trends" },
  { path: "/incidents", title: "Incidents" },
  { path: "/sightings", title: "Sightings" },
  { path: "/policy", title: "Policy" },
  { path: "/compare", title: "Compare" },
];
const HUB_PLACES: readonly Place[] = HUB_VIEWS.map(({ path, title }) => ({ path, title }));
const SIGN_IN_PLACES: readonly Place[] = [
  { path: "/sign-in", title: "Members" },
  { path: "/hub/sign-in", title: "Hub" },
];

/** A line to sign is good for five minutes; the browser that asked for it is known a little longer. */
const VISIT_SECONDS = 600;

/** Makes the pages; they are mounted at the root. */
export function makeDashboard(options: DashboardOptions): Hono {
  return new Dashboard(options).app;
}

class Dashboard {
  readonly app = new Hono();
  readonly #options: DashboardOptions;
  readonly #history: History;
  readonly #sessions: Sessions;
  readonly #signIn: SignIn;
  readonly #live: Live;

  constructor(options: DashboardOptions) {
    this.#options = options;
    const { door, members, signal } = options;
    const now = () => options.now();
    this.#history = new History(members);
    this.#sessions = new Sessions(door, now);
    this.#signIn = new SignIn({ door, hubKey: members.hubKey, now });
    const closedThrough = () => members.closedThrough();
    this.#live = new Live({ sessions: this.#sessions, closedThrough, signal });
    this.#route();
  }

  #route(): void {
    const { app } = this;
    const { notice } = this.#options;
    const headers = Object.entries(pageHeaders({ forms: "self" }));
    app.use(async (c, next) => {
      await next();
      if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
      for (const [name, value] of headers) c.header(name, value);
    });
    app.onError((error, c) => {
      this.#options.onTrouble(error);
      if (c.req.path.endsWith(".json")) return c.json({ error: "The hub has trouble, try again" }, 503);
      return c.html(page({ ...TROUBLE, path: c.req.path, places: [], notice, body: <Trouble /> }), 503);
    });
    const assets = makeAssets();
    app.get("/assets/:name", (c) => {
      const asset = assets.get(c.req.param("name"));
      if (asset === undefined) return c.text("There is nothing here\n", 404);
      return c.body(asset.text, 200, { "content-type": asset.type, "cache-control": "no-cache" });
    });
    app.get("/", (c) => {
      const session = this.#session(c);
      return c.redirect(session === undefined ? "/sign-in" : homeOf(session), 303);
    });
    this.#routeSigning();
    app.get("/events", (c) => {
      const session = this.#session(c, { isVisit: false });
      if (session === undefined) return refuse(c);
      const since = Number(c.req.query("since"));
      return this.#live.listen(session, { since, gone: c.req.raw.signal });
    });
    for (const view of MEMBERS_VIEWS) this.#routeView(view, "member");
    for (const view of HUB_VIEWS) this.#routeView(view, "hub");
  }

  #routeView<S extends Seen>(view: View<S>, role: "member" | "hub"): void {
    const answer = async (c: Context, { asJson, id }: { asJson: boolean; id: string | undefined }) => {
      // What a page fetches by itself is no visit: left open it must not keep a session alive.
      const session = this.#session(c, { isVisit: c.req.header("x-waggle-live") === undefined });
      if (session === undefined || role === "hub" && session.slot !== undefined) {
        if (asJson) return refuse(c);
        const path = role === "hub" ? "/hub/sign-in" : "/sign-in";
        return c.redirect(`${path}?next=${encodeURIComponent(c.req.path)}`, 303);
      }
      if (!this.#sessions.mayAsk(session)) {
        return c.json({ error: "Too many pages in a minute" }, 429, { "retry-after": "60" });
      }
      const { members: source, hub } = this.#options;
      const seen: Seen = { source, history: this.#history, reader: session.slot };
      const whole = role === "hub" ? { ...seen, hub } : seen;
      const ask: Ask = { id, query: (name) => c.req.query(name) };
      // Before it is loaded: what is closed in between is told twice rather than never.
      const since = await source.closedThrough();
      const loaded = await view.load(whole as S, ask);
      if (asJson) {
        if (loaded === undefined) return c.json({ error: "There is no such thing" }, 404);
        return c.json(loaded.json);
      }
      if (loaded === undefined) {
        return c.html(this.#page(c, session, { ...LOST, since, body: <Lost /> }), 404);
      }
      return c.html(this.#page(c, session, { ...view, ...loaded, since }));
    };
    const wantsJson = (c: Context) => /^application\/json\b/.test(c.req.header("accept") ?? "");
    if (view.path.endsWith("/:id")) {
      this.app.get(view.path, (c) => {
        const [, id, json] = /^(.*?)(\.json)?$/.exec(c.req.param("id")!)!;
        return answer(c, { asJson: json !== undefined || wantsJson(c), id });
      });
    } else {
      this.app.get(view.path, (c) => answer(c, { asJson: wantsJson(c), id: undefined }));
      this.app.get(`${view.path}.json`, (c) => answer(c, { asJson: true, id: undefined }));
    }
  }

  #page(
    c: Context,
    session: Session,
    { title, about, body, since, everySeconds }:
      & Pick<ShellProps, "title" | "about" | "body" | "everySeconds">
      & {
        since: number;
      },
  ) {
    const isHub = session.slot === undefined;
    const places = isHub ? [...HUB_PLACES, ...MEMBERS_PLACES] : MEMBERS_PLACES;
    const who = isHub ? "the hub" : "a member";
    return page({
      title,
      about,
      path: c.req.path,
      search: new URL(c.req.url).search,
      places,
      token: session.token,
      since,
      now: this.#options.members.now(),
      everySeconds,
      who,
      notice: this.#options.notice,
      body,
    });
  }

  #routeSigning(): void {
    const { app } = this;
    app.get("/sign-in", (c) => this.#showMember(c, c.req.query("over") ? "over" : undefined));
    app.get(
      "/sign-in.json",
      async (c) => c.json({ challenge: await this.#signIn.challenge(this.#visit(c)) }),
    );
    app.get("/hub/sign-in", (c) => this.#showHub(c, undefined));
    app.post("/sign-in", async (c) => {
      const form = await formOf(c);
      if (form === undefined) return c.text("This form came from somewhere else\n", 403);
      const visit = getCookie(c, namesOf(c.req.raw).visit) ?? "";
      const lines = { challenge: form.get("challenge") ?? "", answer: form.get("answer") ?? "" };
      const outcome = await this.#signIn.member(lines, visit);
      return this.#enter(c, outcome, form, (told) => this.#showMember(c, told, form.get("next") ?? ""));
    });
    app.post("/hub/sign-in", async (c) => {
      const form = await formOf(c);
      if (form === undefined) return c.text("This form came from somewhere else\n", 403);
      const visit = getCookie(c, namesOf(c.req.raw).visit);
      const isKnown = visit !== undefined && visit === form.get("visit");
      const outcome: Outcome = isKnown ? await this.#signIn.hub(form.get("token") ?? "") : { as: "again" };
      return this.#enter(c, outcome, form, (told) => this.#showHub(c, told, form.get("next") ?? ""));
    });
    app.post("/sign-out", async (c) => {
      const form = await formOf(c);
      const session = this.#session(c);
      if (session !== undefined && form?.get("token") === session.token) this.#sessions.end(session);
      return c.redirect("/sign-in", 303);
    });
  }

  /** A fresh session for whoever may, another try for everybody else. */
  #enter(c: Context, outcome: Outcome, form: URLSearchParams, again: (told: Told) => Promise<Response>) {
    this.#options.count(outcome.as);
    if (outcome.as === "nobody" || outcome.as === "again") {
      return again(outcome.as === "again" ? "again" : "refused");
    }
    const session = this.#sessions.begin(outcome.as === "member" ? outcome.slot : undefined);
    const isHttps = isSecure(c.req.raw);
    setCookie(c, namesOf(c.req.raw).session, session.id, { ...COOKIE, secure: isHttps });
    const next = form.get("next") ?? "";
    return c.redirect(isOurPath(next, session) ? next : homeOf(session), 303);
  }

  async #showMember(c: Context, told: Told, next = c.req.query("next") ?? ""): Promise<Response> {
    const challenge = await this.#signIn.challenge(this.#visit(c));
    const body = <MemberSignIn challenge={challenge} told={told} next={next} />;
    const about = "What operators see together is for operators";
    return this.#showSigning(c, told, { title: "Sign in", about, body });
  }

  // deno-lint-ignore require-await
  async #showHub(c: Context, told: Told, next = c.req.query("next") ?? ""): Promise<Response> {
    const body = <HubSignIn visit={this.#visit(c)} told={told} next={next} />;
    return this.#showSigning(c, told, { title: "Sign in", about: "For those who run this hub", body });
  }

  #showSigning(c: Context, told: Told, shown: { title: string; about: string; body: Child }) {
    const status = told === "refused" || told === "again" ? 401 : 200;
    const { notice } = this.#options;
    return c.html(page({ ...shown, path: c.req.path, places: SIGN_IN_PLACES, notice }), status);
  }

  /** What a browser is called until it has signed in; a challenge is for one browser. */
  #visit(c: Context): string {
    const { visit: name } = namesOf(c.req.raw);
    const known = getCookie(c, name);
    if (known !== undefined && /^[0-9a-f]{64}$/.test(known)) return known;
    const visit = randomText();
    setCookie(c, name, visit, { ...COOKIE, secure: isSecure(c.req.raw), maxAge: VISIT_SECONDS });
    return visit;
  }

  #session(c: Context, options?: { isVisit: boolean }): Session | undefined {
    return this.#sessions.find(getCookie(c, namesOf(c.req.raw).session), options);
  }
}

const COOKIE = { path: "/", httpOnly: true, sameSite: "Strict" } as const;
const LOST = { title: "Not found", about: "There is no such thing, or it is too long ago" };

function Lost() {
  return (
    <Notice>
      Look at <a href="/incidents">all incidents</a>, or at <a href="/now">the network now</a>.
    </Notice>
  );
}

const TROUBLE = { title: "Trouble", about: "The hub cannot show this just now" };

function Trouble() {
  return (
    <Notice tone="bad">
      The hub could not read what it keeps. Its log says why; whoever runs it knows where that is. Try again
      in a minute.
    </Notice>
  );
}

function refuse(c: Context): Response {
  return c.json({ error: "Sign in first" }, 401);
}

function homeOf({ slot }: Session): string {
  return slot === undefined ? "/hub" : "/now";
}

/** Only to a page of ours, so that a link to the sign-in leads nowhere else. */
function isOurPath(path: string, { slot }: Session): boolean {
  const places = slot === undefined ? [...HUB_PLACES, ...MEMBERS_PLACES] : MEMBERS_PLACES;
  return places.some((place) => place.path === path) || /^\/incidents\/\d{1,15}$/.test(path);
}

/** A form that one of our own pages has sent; `undefined` if somebody else's page did. */
async function formOf(c: Context): Promise<URLSearchParams | undefined> {
  return isOurs(c.req.raw) ? new URLSearchParams(await c.req.text()) : undefined;
}
