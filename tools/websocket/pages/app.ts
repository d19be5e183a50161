/**
 * The pages: one connection, one memory, one view at a time.
 *
 * @module
 */

/// <reference lib="dom" />

import { h, setProps, setText } from "./dom.ts";
import { Feed, type FeedState } from "./feed.ts";
import { clock, count, duration } from "./format.ts";
import { type Path, ROUTES } from "./routes.ts";
import { Stores } from "./store.ts";
import type { MakeView, Params, View } from "./view.ts";
import { makeAddrman } from "./view_addrman.ts";
import { makeConnections } from "./view_connections.ts";
import { makeLogs } from "./view_logs.ts";
import { makeOverview } from "./view_overview.ts";
import { makePeers } from "./view_peers.ts";
import { makePings } from "./view_pings.ts";
import { makeRelay } from "./view_relay.ts";

const VIEWS: Readonly<Record<Path, MakeView>> = {
  "/": makeOverview,
  "/peers": makePeers,
  "/relay": makeRelay,
  "/pings": makePings,
  "/addrman": makeAddrman,
  "/connections": makeConnections,
  "/logs": makeLogs,
};

/** What the main connection wants of each event. */
const FORM = { exact: true, lite: true, envelope: true, snapshot: true };
const EBPF = { messages: true, connections: true, mempool: true, validation: true, addrman: true };

/** How often numbers change; more often nobody can read them. */
const UPDATE_MS = 500;
/** Nothing for so long is worth a word; at the beginning sooner, since then nothing is there to look at. */
const SILENT_SECONDS = 120;
const NOTHING_YET_SECONDS = 10;

const stores = new Stores();
const main = document.querySelector("main")!;
const nodes = document.querySelector<HTMLSelectElement>("#node")!;
const status = document.querySelector<HTMLElement>("#status")!;
const time = document.querySelector<HTMLElement>("#time")!;
const pauseButton = document.querySelector<HTMLButtonElement>("#pause")!;
const notice = document.querySelector<HTMLElement>("#notice")!;

const params: Params = {
  get(name) {
    const value = new URLSearchParams(location.search).get(name) ?? "";
    return name === "node" ? stores.nameOf(value) : value;
  },
  set(name, value) {
    const search = new URLSearchParams(location.search);
    if (value === "") search.delete(name);
    else search.set(name, value);
    history.replaceState(null, "", withSearch(location.pathname, search));
  },
  href(path, values = {}) {
    const search = new URLSearchParams(path === location.pathname ? location.search : nodeSearch());
    for (const [name, value] of Object.entries(values)) {
      if (value === "") search.delete(name);
      else search.set(name, String(value));
    }
    return withSearch(path, search);
  },
};

let state: FeedState = { is: "connecting" };
let isStale = false;
let isPaused = false;
let lastText = performance.now();
let path: Path = "/";
let view: View = open();

const feed = new Feed({
  // Not the log, which may be more than all the rest: its view asks for it.
  subscription: () => ({ ebpf: EBPF, rpc: true, p2p: true, ipc: true, ...FORM }),
  onText(text) {
    lastText = performance.now();
    stores.take(text);
  },
  onState(now) {
    if (now.is === "waiting") isStale = true;
    // What happened in between is not known, and sums over a gap would be wrong.
    else if (now.is === "open" && isStale) {
      isStale = false;
      stores.clear();
    }
    state = now;
    showState();
  },
});

function open(): View {
  const route = ROUTES.find((route) => route.path === location.pathname) ?? ROUTES[0];
  path = route.path;
  document.title = `${route.title} · Waggle`;
  const made = VIEWS[path](params);
  main.replaceChildren(h("header", {}, h("h1", {}, route.title), h("p", {}, route.about)), made.element);
  for (const link of document.querySelectorAll<HTMLAnchorElement>("nav a")) {
    setProps(link, { "aria-current": new URL(link.href).pathname === path ? "page" : undefined });
    link.search = nodeSearch();
    if (link.ariaCurrent !== null) link.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  return made;
}

function go(url: string): void {
  const target = new URL(url, location.href);
  const isSameView = target.pathname === location.pathname;
  history.pushState(null, "", target);
  arrive(isSameView);
}

/** Shows what the address says. */
function arrive(isSameView: boolean): void {
  if (!isSameView) {
    view.stop?.();
    view = open();
    scrollTo(0, 0);
  }
  update();
}

function update(): void {
  const store = stores.of(params.get("node"));
  view.update(store, store.now());
}

function tick(): void {
  showState();
  showNodes();
  if (!isPaused && !document.hidden) update();
}

function showState(): void {
  const store = stores.of(params.get("node"));
  const words = { connecting: "connecting", open: "live", waiting: "not connected" };
  setText(status, isPaused && state.is === "open" ? "paused" : words[state.is]);
  setProps(status, { "data-state": isPaused && state.is === "open" ? "paused" : state.is });
  setText(time, store.events === 0 ? "" : clock(store.now()));
  const text = noticeText(store.dropped);
  setText(notice.querySelector("span")!, text);
  setProps(notice, { hidden: text === "", "data-state": state.is });
  setProps(notice.querySelector("button")!, { hidden: state.is !== "waiting" });
}

function noticeText(dropped: number): string {
  if (state.is === "waiting") {
    const seconds = Math.max(0, Math.ceil((state.until - Date.now()) / 1000));
    const why = state.why === "" ? "" : ` (${state.why})`;
    return `No connection to ${location.host}${why}: is the collector running? Trying again ${
      seconds === 0 ? "now" : `in ${duration(seconds)}`
    }.`;
  }
  const silent = (performance.now() - lastText) / 1000;
  if (state.is === "open" && silent > (stores.names.length === 0 ? NOTHING_YET_SECONDS : SILENT_SECONDS)) {
    return `Connected, but nothing has come for ${
      duration(silent)
    }: is an extractor running, on the same bus?`;
  }
  return dropped === 0
    ? ""
    : `This page was too slow for ${count(dropped)} events, which are missing from its numbers.`;
}

function showNodes(): void {
  const { names } = stores;
  const shown = [...nodes.options].map(({ value }) => value);
  if (names.join() !== shown.join()) {
    nodes.replaceChildren(...names.map((name) => h("option", { value: name }, name || "unnamed")));
  }
  setProps(nodes.parentElement!, { hidden: names.length < 2 });
  nodes.value = params.get("node");
}

function pause(): void {
  isPaused = !isPaused;
  setText(pauseButton, isPaused ? "Resume" : "Pause");
  setProps(pauseButton, { "aria-pressed": String(isPaused) });
  tick();
}

function nodeSearch(): string {
  const node = new URLSearchParams(location.search).get("node");
  return node ? `?${new URLSearchParams({ node })}` : "";
}

function withSearch(path: string, search: URLSearchParams): string {
  return search.size === 0 ? path : `${path}?${search}`;
}

document.addEventListener("click", (event) => {
  const link = (event.target as Element).closest("a");
  if (link === null || link.origin !== location.origin) return;
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(link.href);
});
addEventListener("popstate", () => arrive(location.pathname === path));
document.addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (event.key === "Escape" && isTyping) return (event.target as HTMLElement).blur();
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const route = ROUTES[Number(event.key) - 1];
  if (route !== undefined) go(params.href(route.path));
  else if (event.key === "p") pause();
  else if (event.key === "/") {
    event.preventDefault();
    main.querySelector<HTMLElement>("[data-search]")?.focus();
  } else if (event.key === "Escape" && params.get("peer") !== "") go(params.href("/peers", { peer: "" }));
});
nodes.addEventListener("change", () => {
  params.set("node", nodes.value);
  view.stop?.();
  view = open();
  update();
});
pauseButton.addEventListener("click", pause);
notice.querySelector("button")!.addEventListener("click", () => feed.retry());
setInterval(tick, UPDATE_MS);
tick();
