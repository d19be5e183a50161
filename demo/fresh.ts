/**
 * Keeps the page of the story fresh: once a second what is in it is exchanged.
 *
 * @module
 */

/// <reference lib="dom" />

async function refresh(): Promise<void> {
  const text = await (await fetch(location.href)).text();
  const main = new DOMParser().parseFromString(text, "text/html").querySelector("#main");
  // A link that somebody is about to follow stays where it is.
  if (main !== null && !document.activeElement?.matches("#main a")) {
    document.querySelector("#main")?.replaceChildren(...main.childNodes);
  }
}

setInterval(() => refresh().catch(() => document.querySelector("#main")?.classList.add("gone")), 1000);
