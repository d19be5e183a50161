/**
 * Keeps what is on a page fresh without loading it again.
 *
 * @module
 */

/// <reference lib="dom" />

import { age } from "./format.ts";

/** Puts the main part of a page in the place of the old one. What is open stays open, what has the focus keeps it. */
export function exchange(page: string): HTMLElement | undefined {
  const fresh = new DOMParser().parseFromString(page, "text/html").querySelector<HTMLElement>("#main");
  const main = document.querySelector<HTMLElement>("#main");
  if (fresh === null || main === null) return undefined;
  const open = [...main.querySelectorAll("details")].map(({ open }) => open);
  fresh.querySelectorAll("details").forEach((details, i) => details.open = open[i] ?? false);
  const focus = [...main.querySelectorAll("a, summary")].indexOf(document.activeElement!);
  main.replaceChildren(...fresh.childNodes);
  if (fresh.dataset.since !== undefined) main.dataset.since = fresh.dataset.since;
  if (fresh.dataset.now !== undefined) setClock(fresh.dataset.now);
  if (focus >= 0) main.querySelectorAll<HTMLElement>("a, summary")[focus]?.focus({ preventScroll: true });
  return main;
}

/** Milliseconds that the hub's clock is ahead of the browser's, which may be wrong. */
let aheadMs = 0;

function setClock(now: string): void {
  aheadMs = Number(now) - Date.now();
}

const now = document.querySelector<HTMLElement>("#main")?.dataset.now;
if (now !== undefined) setClock(now);

/** Says how long ago things were. */
export function showAges(): void {
  for (const time of document.querySelectorAll<HTMLTimeElement>("time[data-ago]")) {
    const text = `${age((Date.now() + aheadMs - Date.parse(time.dateTime)) / 1000)} ago`;
    if (time.textContent !== text) time.textContent = text;
  }
}

/** Says whether the page is live. */
export function tell(state: "open" | "waiting", text: string): void {
  const status = document.querySelector<HTMLElement>("#status");
  if (status === null) return;
  status.hidden = false;
  status.dataset.state = state;
  if (status.textContent !== text) status.textContent = text;
}
