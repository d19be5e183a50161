/**
 * Keeps an open page fresh: when the hub says that there is something new, the page is loaded again and what is in it
 * is exchanged. Without this script all is the same, after a reload.
 *
 * @module
 */

/// <reference lib="dom" />

import { exchange, showAges, tell } from "./exchange.ts";
import { forgetReadouts, tellReadouts } from "./readout.ts";

const AGES_MS = 20_000;
const AGAIN_MS = 5000;

async function refresh(): Promise<void> {
  const answer = await fetch(location.href, { headers: { "x-waggle-live": "1" }, redirect: "manual" });
  if (answer.type === "opaqueredirect" || answer.status === 401) return leave();
  if (!answer.ok) throw new Error(`The hub answers ${answer.status}`);
  exchange(await answer.text());
  forgetReadouts();
}

/** Nothing that was shown stays on the screen. */
function leave(): void {
  location.replace("/sign-in?over=1");
}

function update(): void {
  refresh().then(() => tell("open", "live"), () => tell("waiting", "waiting for the hub"));
}

function listen(): void {
  const source = new EventSource(
    `/events?since=${document.querySelector<HTMLElement>("#main")?.dataset.since}`,
  );
  source.addEventListener("hello", () => tell("open", "live"));
  source.addEventListener("over", leave);
  source.addEventListener("closed", update);
  source.onerror = () => {
    tell("waiting", "waiting for the hub");
    // The browser tries again by itself, unless the hub has answered with a refusal.
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(() => {
      refresh().then(listen, () => source.onerror?.(new Event("error")));
    }, AGAIN_MS);
  };
}

if (document.body.dataset.live === "yes") {
  listen();
  tellReadouts();
  setInterval(showAges, AGES_MS);
  const every = Number(document.body.dataset.every);
  if (every > 0) setInterval(update, every * 1000);
}
