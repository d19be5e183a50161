/**
 * Keeps an open page fresh: when the hub says that there is something new, or once a minute where nobody says so, the
 * page is asked for again and what is in it is exchanged. Without this script all is the same, after a reload.
 *
 * @module
 */

/// <reference lib="dom" />

import { exchange, showAges, tell } from "../../browser/exchange.ts";

const AGES_MS = 20_000;
const POLL_MS = 60_000;
/** The hub writes once a minute. */
const OLD_MS = 5 * 60_000;
/** The pages of all readers are not asked for in the same moment. */
const SPREAD_MS = 1500;

let polling: ReturnType<typeof setInterval> | undefined;

async function refresh(): Promise<void> {
  try {
    const answer = await fetch(location.href, { cache: "no-cache" });
    // An open node that is not open any more.
    if (answer.status === 404) return location.replace(`${document.body.dataset.root}nodes.html`);
    if (!answer.ok) throw new Error(`The answer is ${answer.status}`);
    exchange(await answer.text());
    showAges();
    tellHow();
  } catch {
    tell("waiting", "not reached");
  }
}

/** Where files are served by a server that knows nothing of a hub, nobody tells what is new. */
function poll(): void {
  polling ??= setInterval(refresh, POLL_MS);
  tellHow();
}

/** A page that hears its hub is not live if the hub has written nothing for a while. */
function tellHow(): void {
  const written = document.querySelector<HTMLTimeElement>(".as-of time")?.dateTime;
  // Where the hub's minutes are not ours, nobody can say.
  const isOurs = document.querySelector<HTMLElement>("#main")?.dataset.now === undefined;
  const isOld = isOurs && written !== undefined && Date.now() - Date.parse(written) > OLD_MS;
  if (isOld) tell("waiting", "nothing new for a while");
  else tell("open", polling === undefined ? "live" : "each minute");
}

function listen(): void {
  const source = new EventSource(`${document.body.dataset.root}live`);
  let isBack = false;
  source.addEventListener("open", () => {
    tellHow();
    // Something may have been told meanwhile.
    if (isBack) refresh();
    isBack = true;
  });
  source.addEventListener("live", () => setTimeout(refresh, Math.random() * SPREAD_MS));
  source.onerror = () => source.readyState === EventSource.CLOSED ? poll() : tell("waiting", "waiting");
}

listen();
showAges();
setInterval(() => {
  showAges();
  if (document.querySelector<HTMLElement>("#status")?.dataset.state === "open") tellHow();
}, AGES_MS);
