/**
 * Opens every page of the demo in a browser and takes pictures, light and dark:
 *
 *     deno task demo:pictures [FOLDER]
 *
 * The pictures of the README are made by it, too.
 *
 * @module
 */

import { runDemo } from "../../demo/demo.ts";
import { claimPorts } from "../../demo/ports.ts";
import type { Told } from "../../demo/told.ts";
import { startChromium } from "../parts/chromium.ts";
import { until } from "../parts/until.ts";

const folder = Deno.args[0] ?? new URL("../.cache/demo/", import.meta.url).pathname;
const SPEED = 240;
const LIVE = ["", "peers", "relay", "pings", "addrman", "connections", "logs"];
const MEMBERS = ["now", "trends", "trends?of=behaviour", "incidents", "incidents/1", "policy", "compare"];
const OPEN = ["index.html", "history.html", "nodes.html", "how.html", "data.html"];
const HUB = ["hub", "hub/members", "hub/sessions"];

await Deno.mkdir(folder, { recursive: true });
const stop = new AbortController();
const told: Told[] = [];
using claimed = claimPorts(18_780);
const { ports } = claimed;
const [story, hub, open, live] = ports.map((port) => `http://127.0.0.1:${port}/`) as [
  string,
  string,
  string,
  string,
];
const work = await Deno.makeTempDir();
const running = runDemo({
  ...{ folder: work, operators: 12, nodes: 2, seed: 1, speed: SPEED, scenario: undefined, ports },
  sink: () => {},
  signal: stop.signal,
  tell: (one) => {
    told.push(one);
    if (one.what !== "ready") console.log(one.what, "text" in one ? one.text : "");
  },
});
try {
  await Promise.race([
    running,
    until("the third incident", () => told.filter(({ what }) => what === "incident").length > 4, {
      deadlineMs: 600_000,
    }),
  ]);
  await using chromium = await startChromium();
  const page = await chromium.newPage();
  await page.setViewport(1280, 860);
  const shots: [name: string, url: string][] = [
    ["story", story],
    ...LIVE.map((path): [string, string] => [`live-${path || "overview"}`, live + path]),
    ...OPEN.map((path): [string, string] => [`open-${path.split(".")[0]}`, open + path]),
    ["members-now", `${story}members`],
    ...MEMBERS.map((path): [string, string] => [`members-${path.replace(/\W+/g, "-")}`, hub + path]),
    ["hub", `${story}hub`],
    ...HUB.map((path): [string, string] => [path.replace("/", "-"), hub + path]),
  ];
  for (const [name, url] of shots) {
    await page.goto(url);
    if (url.startsWith(live)) await new Promise((done) => setTimeout(done, 4000));
    for (const scheme of ["light", "dark"] as const) {
      await page.emulateColorScheme(scheme);
      await page.screenshot(`${folder}/${name}-${scheme}.png`, { fullPage: true });
    }
    const has = await page.evaluate("document.body.innerText.includes('Simulated')");
    console.log(name, has, page.errors.splice(0).join(" "), page.console.splice(0).join(" | "));
  }
} finally {
  stop.abort();
  await running.catch(console.error);
  await Deno.remove(work, { recursive: true });
}
