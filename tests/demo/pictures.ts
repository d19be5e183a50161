/**
 * Plays the demo, opens its pages in a browser, and takes the pictures of the README; with a folder, pictures of all
 * pages besides, light and dark, to be looked at:
 *
 *     deno task demo:pictures [FOLDER]
 *
 * @module
 */

import { runDemo } from "../../demo/demo.ts";
import { claimPorts } from "../../demo/ports.ts";
import type { Told } from "../../demo/told.ts";
import { sleep } from "../../runtime/backoff.ts";
import { startChromium } from "../parts/chromium.ts";
import type { Page } from "../parts/page.ts";
import { until } from "../parts/until.ts";

const IMAGES = new URL("../../docs/images/", import.meta.url).pathname;
/** GitHub shows them 900 wide at most. */
const README_SIZE = { width: 1240, height: 800 };
const QUALITY = 80;
const SPEED = 240;
const DEADLINE_MS = 600_000;
const SCHEMES = ["light", "dark"] as const;
/** A live page has something to show after some seconds. */
const LIVE_MS = 4000;

const LIVE = ["", "peers", "relay", "pings", "addrman", "connections", "logs"];
const MEMBERS = [
  ...[
    "now",
    "trends",
    "trends?of=behaviour",
    "trends?of=connections",
    "incidents",
    "incidents/1",
    "sightings",
  ],
  ...["policy", "compare"],
];
const OPEN = ["index.html", "history.html", "nodes.html", "how.html", "data.html"];
const HUB = ["hub", "hub/members", "hub/sessions"];

const [folder] = Deno.args;
const stop = new AbortController();
const told: Told[] = [];
using claimed = claimPorts(18_780);
const [story, hub, open, live] = claimed.ports.map((port) => `http://127.0.0.1:${port}/`);
const work = await Deno.makeTempDir();
const running = runDemo({
  ...{ folder: work, operators: 12, nodes: 2, seed: 1, speed: SPEED, scenario: undefined },
  ports: claimed.ports,
  sink: () => {},
  signal: stop.signal,
  tell: (one) => {
    told.push(one);
    if (one.what !== "ready") console.log(one.what, "text" in one ? one.text : "");
  },
});
const incidents = (count: number) => {
  const opened = () =>
    told.filter((one) => one.what === "incident" && one.state === "firing").length >= count;
  return Promise.race([running, until(`incident ${count}`, opened, { deadlineMs: DEADLINE_MS })]);
};

try {
  await incidents(2);
  await using chromium = await startChromium();
  const page = await chromium.newPage();
  await page.goto(`${story}members`);
  await forReadme(page);
  if (folder !== undefined) {
    await incidents(3);
    await all(page, folder);
  }
} finally {
  stop.abort();
  await running;
  await Deno.remove(work, { recursive: true });
}

async function forReadme(page: Page): Promise<void> {
  await Deno.mkdir(IMAGES, { recursive: true });
  await page.setViewport(README_SIZE.width, README_SIZE.height);
  for (const scheme of SCHEMES) {
    await page.emulateColorScheme(scheme);
    const { data } = await page.send("Page.captureScreenshot", { format: "webp", quality: QUALITY });
    const bytes = Uint8Array.fromBase64(data);
    await Deno.writeFile(`${IMAGES}demo-${scheme}.webp`, bytes);
    console.log(`docs/images/demo-${scheme}.webp: ${bytes.length} bytes`);
  }
}

async function all(page: Page, folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const pages: [name: string, url: string][] = [
    ["story", story!],
    ...LIVE.map((path): [string, string] => [`live-${path || "overview"}`, live + path]),
    ...OPEN.map((path): [string, string] => [`open-${path.split(".")[0]}`, open + path]),
    ...MEMBERS.map((path): [string, string] => [`members-${path.replace(/\W+/g, "-")}`, hub + path]),
    ["signed-in", `${story}hub`],
    ...HUB.map((path): [string, string] => [path.replace("/", "-"), hub + path]),
  ];
  for (const [name, url] of pages) {
    await page.goto(url);
    if (url.startsWith(live!)) await sleep(LIVE_MS, stop.signal);
    for (const scheme of SCHEMES) {
      await page.emulateColorScheme(scheme);
      await page.screenshot(`${folder}/${name}-${scheme}.png`, { fullPage: true });
    }
    const saysIt = await page.evaluate("document.body.innerText.includes('Simulated')");
    const trouble = [...page.errors.splice(0), ...page.console.splice(0)].join(" | ");
    console.log(name, saysIt ? "" : "does not say that it is simulated", trouble);
  }
}
