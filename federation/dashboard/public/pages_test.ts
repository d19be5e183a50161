import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { logFor } from "../../../runtime/log.ts";
import { type Chromium, startChromium } from "../../../tests/parts/chromium.ts";
import { partTest } from "../../../tests/parts/needs.ts";
import type { Page } from "../../../tests/parts/page.ts";
import { until } from "../../../tests/parts/until.ts";
import { type ListedDataSet, writeList } from "../../datasets/listed.ts";
import type { LiveDocument } from "../../release/live.ts";
import { makeSample, RULES, type Sample, sampleLive } from "./_sample.ts";
import { runPublic } from "./mod.ts";
import { Site } from "./site.ts";

/** Screenshots are for a person to look at; they are not kept. */
const SHOTS = new URL("../../../tests/.cache/public/", import.meta.url).pathname;
/** What a first visit may load. */
const MOST_BYTES = 200_000;

const DATA_SET: ListedDataSet = {
  ...{ id: "0123456789abcdef".repeat(2), released: "2026-11-21", licence: "CC-BY-4.0", policy: "strict" },
  ...{ recordings: 2, events: { ebpf: 1_234_567, rpc: 4321 } as ListedDataSet["events"], bytes: 48_211_004 },
  files: ["LICENCE", "manifest.json", "redacted-0001.bin.zst"].map((name, i) => ({
    ...{ name, bytes: 10 ** (2 * i + 2), sha256: "5ec7a19bd04f".padEnd(64, String(i)) },
  })),
};
const now = () => Math.floor(Date.now() / 60_000) * 60;

interface Stage extends AsyncDisposable {
  readonly url: string;
  readonly sample: Sample;
  readonly browser: Chromium;
  tell(live: LiveDocument): Promise<void>;
  page(path: string): Promise<Page>;
}

/** Real releases, a real server, a real browser. */
async function stage(options: Parameters<typeof makeSample>[0]): Promise<Stage> {
  const sample = await makeSample(options);
  const tell = async (live: LiveDocument) => {
    await Deno.writeTextFile(`${sample.folder}/live.json.new`, JSON.stringify(live));
    await Deno.rename(`${sample.folder}/live.json.new`, `${sample.folder}/live.json`);
  };
  await tell(sampleLive(now()));
  await writeList(sample.folder, [DATA_SET]);
  // All is there before anybody looks.
  await new Site({ folder: sample.folder, hubKey: sample.hub.publicKey }).write(RULES);
  const stop = new AbortController();
  const listening = Promise.withResolvers<string>();
  const running = runPublic({
    ...{ folder: sample.folder, hubKey: sample.hub.publicKey, rules: () => RULES, signal: stop.signal },
    ...{ address: "127.0.0.1:0", flag: "--hub.public", log: logFor("test", () => {}) },
    onListening: listening.resolve,
  });
  const url = await listening.promise;
  const browser = await startChromium();
  return {
    ...{ url, sample, browser, tell },
    async page(path) {
      const page = await browser.newPage();
      await page.setViewport(1280, 900);
      await page.emulateColorScheme("light");
      await page.goto(`${url}/${path}`);
      return page;
    },
    async [Symbol.asyncDispose]() {
      await browser[Symbol.asyncDispose]();
      stop.abort();
      await running;
      await sample[Symbol.asyncDispose]();
    },
  };
}

const drawn = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))";

/** Nothing on the console, nothing from elsewhere, nothing wider than the window. */
async function expectClean(page: Page, url: string): Promise<void> {
  assertEquals([...page.errors, ...page.console], []);
  const hosts = new Set(page.requests.map((request) => new URL(request.url).host));
  assertEquals(hosts, new Set([new URL(url).host]));
  const wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
  assertEquals(await page.evaluate(wider), 0, "no scrolling sideways");
}

/** Texts, and drawings that say something, whose contrast is below what WCAG 2.2 AA asks for. */
const LOW_CONTRAST = `(() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r / 255, g / 255, b / 255, a / 255];
  };
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
  const background = (element) => {
    if (element === null) return rgba(getComputedStyle(document.documentElement).backgroundColor);
    const color = rgba(getComputedStyle(element).backgroundColor);
    return color[3] === 1 ? color : over(color, background(element.parentElement));
  };
  const linear = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ratio = (one, two) => {
    const [low, high] = [light(one), light(two)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const low = [];
  let looked = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: element, data } = walker.currentNode;
    if (data.trim() === "" || !element.checkVisibility()) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const size = parseFloat(fontSize);
    const least = size >= 24 || size >= 18.66 && Number(fontWeight) >= 700 ? 3 : 4.5;
    const behind = background(element);
    const found = ratio(over(rgba(color), behind), behind);
    looked++;
    if (found < least) low.push(data.trim().slice(0, 40) + ": " + found.toFixed(2));
  }
  for (const shape of document.querySelectorAll(".spans, .values, .span, .value, .minute-bars, .bar rect, .flips .left")) {
    const { fill, stroke } = getComputedStyle(shape);
    const behind = background(shape.closest("svg").parentElement);
    const found = ratio(over(rgba(fill === "none" ? stroke : fill), behind), behind);
    looked++;
    if (found < 3) low.push(shape.getAttribute("class") + ": " + found.toFixed(2));
  }
  return { low, looked };
})()`;

async function expectContrast(page: Page, what: string): Promise<void> {
  const { low, looked } = await page.evaluate(LOW_CONTRAST);
  assert(looked > 20, `${what}: ${looked} texts`);
  assertEquals(low, [], what);
}

/** What somebody who does not see the page would miss. */
const UNREADABLE = `(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const odd = (what, elements) => elements.map((element) => what + ": " + element.outerHTML.slice(0, 120));
  const levels = all("h1, h2, h3, h4").map(({ tagName }) => Number(tagName[1]));
  const ids = all("[id]").map(({ id }) => id);
  return [
    ...document.documentElement.lang === "en" && document.title !== "" ? [] : ["no language or no title"],
    ...levels.filter((level) => level === 1).length === 1 ? [] : ["not one h1"],
    ...levels.some((level, i) => level > (levels[i - 1] ?? 0) + 1) ? ["a level of headlines is left out"] : [],
    ...new Set(ids).size === ids.length ? [] : ["an id is there twice"],
    ...odd("no text for it", all("img:not([alt]), svg:not([aria-hidden=true]):not([role=img][aria-label])")),
    ...odd("no caption", all("table").filter(({ caption }) => !caption?.textContent)),
    ...odd("no scope", all("th:not([scope])")),
    ...odd("no words", all("a, summary").filter((each) => each.textContent.trim() === "")),
    ...odd("leads nowhere", all("a[href^='#']").filter(({ hash }) => document.querySelector(hash) === null)),
  ];
})()`;

const VIEWS = [["", 1280, "light"], ["-dark", 1280, "dark"], ["-phone", 390, "dark"]] as const;

partTest({
  name: "public pages: light, dark and on a phone, with enough contrast, nothing from elsewhere, small",
  needs: ["chromium"],
  async fn() {
    await Deno.mkdir(SHOTS, { recursive: true });
    await using at = await stage({ months: 2 });
    const paths = ["index.html", "history.html", "nodes.html", "nodes/hive-2.html", "how.html", "data.html"];
    for (const path of [...paths, "releases/2025-11.html"]) {
      const page = await at.page(path);
      const bytes = await page.evaluate(
        `performance.getEntries().reduce((sum, { transferSize = 0 }) => sum + transferSize, 0)`,
      );
      assert(bytes > 20_000 && bytes < MOST_BYTES, `${path}: ${bytes} bytes`);
      for (const [view, width, scheme] of VIEWS) {
        await page.setViewport(width, 900);
        await page.emulateColorScheme(scheme);
        await page.evaluate(drawn);
        await expectContrast(page, path + view);
        await expectClean(page, at.url);
        await page.send("Page.bringToFront");
        const name = path.replace("/", "-").replace(".html", view);
        await page.screenshot(join(SHOTS, `${name}.png`), { fullPage: true });
      }
      assertEquals(await page.evaluate(UNREADABLE), [], path);
      assertEquals(await page.evaluate("document.cookie + localStorage.length"), "0");
    }
    console.log(`Screenshots are in ${SHOTS}`);
  },
});

partTest({
  name: "public pages: all is there without JavaScript, and with the keyboard alone",
  needs: ["chromium"],
  async fn() {
    await using at = await stage({ months: 1 });
    const page = await at.page("index.html");
    await page.send("Emulation.setScriptExecutionDisabled", { value: true });
    await page.goto(`${at.url}/index.html`);
    const text = (selector: string) => page.evaluate(`document.querySelector("${selector}")?.textContent`);
    assertStringIncludes(await text("main"), "924\u202f511");
    assertStringIncludes(await text("main"), "October 2025");
    assertEquals(await page.evaluate("document.querySelector('#status').hidden"), true);
    const order: string[] = [];
    for (let i = 0; i < 9; i++) {
      await press(page, "Tab");
      order.push(await page.evaluate("document.activeElement.textContent.trim()"));
      const { outlineStyle, outlineWidth } = await page.evaluate(
        `(({ outlineStyle, outlineWidth }) => ({ outlineStyle, outlineWidth }))(getComputedStyle(document.activeElement))`,
      );
      assertEquals([outlineStyle, parseFloat(outlineWidth) >= 2], ["solid", true], order.at(-1));
    }
    const places = ["Overview", "History", "Nodes", "How it works", "Data"];
    assertEquals(order, ["To the content", "Waggle", ...places, "How that works", "what that means"]);
    await page.evaluate("document.querySelector('.skip').focus()");
    await press(page, "Enter");
    await press(page, "Tab");
    assertEquals(await page.evaluate("document.activeElement.textContent"), "How that works");
    await press(page, "Enter");
    await page.waitFor("location.pathname === '/how.html'");
    await page.goto(`${at.url}/releases/2025-10.html`);
    await page.evaluate("document.querySelector('.parameters summary').focus()");
    assertEquals(await page.evaluate("document.querySelector('.parameters dl').checkVisibility()"), false);
    await press(page, "Enter");
    await page.waitFor("document.querySelector('.parameters dl').checkVisibility()");
    await expectClean(page, at.url);
  },
});

partTest({
  name: "public pages: an open page shows what is new; what is open stays open; a node that is gone is left",
  needs: ["chromium"],
  async fn() {
    await using at = await stage({ operators: 8, months: 0 });
    const live = sampleLive(now());
    const page = await at.page("nodes/hive-2.html");
    await page.waitFor("document.querySelector('#status').textContent === 'live'");
    await page.evaluate("document.querySelector('details').open = true; window.isSamePage = true");
    const [one, two] = live.disclosed;
    const peers = { ...two!.peers!, inbound: 77 };
    await at.tell({ ...live, at: live.at + 60, disclosed: [one!, { ...two!, peers }] });
    await page.waitFor("document.querySelector('.tile b').textContent === '77'");
    assert(await page.evaluate("document.querySelector('details').open"));
    assert(await page.evaluate("window.isSamePage"), "nobody has loaded it again");
    await expectClean(page, at.url);
    await at.tell({ ...live, at: live.at + 120, disclosed: [one!] });
    await page.waitFor("location.pathname === '/nodes.html'");
    await page.waitFor("document.querySelectorAll('.node-card').length === 1");
  },
});

partTest({
  name:
    "public pages: where nobody tells what is new the page asks; what a page may not do the browser refuses",
  needs: ["chromium"],
  async fn() {
    await using at = await stage({ operators: 8, months: 1 });
    await using static_ = serveStatic(at.sample.folder);
    const page = await at.page("how.html");
    await page.goto(`${static_.url}/sub/index.html`);
    await page.waitFor("document.querySelector('#status').textContent === 'each minute'");
    assertStringIncludes(
      await page.evaluate("document.querySelector('main').textContent"),
      "No numbers yet, on purpose",
    );
    assertEquals(page.console.splice(0).length, 1, "the browser tells of a 404");
    await page.evaluate(`
      window.refused = [];
      addEventListener("securitypolicyviolation", ({ effectiveDirective }) => refused.push(effectiveDirective));
      document.head.append(Object.assign(document.createElement("script"), { textContent: "window.isBad = true" }));
      document.head.append(Object.assign(document.createElement("style"), { textContent: "* { color: red }" }));
      document.body.append(Object.assign(document.createElement("img"), { src: "https://example.org/a.png" }));
      fetch("https://example.org/").catch(() => {});
    `);
    await until("all four to be refused", async () => (await page.evaluate("refused.length")) === 4);
    assertEquals(
      new Set(await page.evaluate("refused")),
      new Set(["script-src-elem", "style-src-elem", "img-src", "connect-src"]),
    );
    assertEquals(await page.evaluate("window.isBad"), undefined);
  },
});

/** Any web server, which knows nothing of a hub; the folder lies below another one. */
function serveStatic(folder: string): AsyncDisposable & { readonly url: string } {
  const types: Record<string, string> = {
    html: "text/html",
    css: "text/css",
    js: "text/javascript",
    svg: "image/svg+xml",
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const path = new URL(request.url).pathname.replace(/^\/sub\//, "");
    const type = types[path.split(".").at(-1)!] ?? "application/octet-stream";
    const bytes = await Deno.readFile(`${folder}/${path}`).catch(() => undefined);
    return bytes === undefined
      ? new Response("none", { status: 404 })
      : new Response(bytes, { headers: { "content-type": type } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function press(page: Page, key: "Tab" | "Enter"): Promise<void> {
  const more = { key, code: key, windowsVirtualKeyCode: key === "Tab" ? 9 : 13 };
  await page.send("Input.dispatchKeyEvent", {
    type: "keyDown",
    ...more,
    ...key === "Enter" ? { text: "\r" } : {},
  });
  await page.send("Input.dispatchKeyEvent", { type: "keyUp", ...more });
}
