import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Chromium, startChromium } from "./chromium.ts";
import { partTest } from "./needs.ts";
import type { Page } from "./page.ts";

const HTML = `<!doctype html><title>Hive</title>
<style>:root { --ink: black } @media (prefers-color-scheme: dark) { :root { --ink: white } }</style>
<script>setTimeout(() => document.body.append(document.createElement("p")), 30)</script>
<p style="height: 3000px">long</p>`;

async function withPage(test: (page: Page, url: string, browser: Chromium) => Promise<void>): Promise<void> {
  const html = { headers: { "content-type": "text/html" } };
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, ({ url }) => {
    if (new URL(url).pathname === "/") return new Response(HTML, html);
    return new Response("no such page", { status: 404 });
  });
  await using browser = await startChromium();
  await test(await browser.newPage(), `http://127.0.0.1:${server.addr.port}/`, browser);
}

function chromiumTest(name: string, fn: () => Promise<void>): void {
  partTest({ name, needs: ["chromium"], fn });
}

chromiumTest(
  "Page.goto() loads, evaluate() answers, waitFor() waits for what comes later",
  () =>
    withPage(async (page, url) => {
      await page.goto(url);
      assertEquals(await page.evaluate("document.title"), "Hive");
      assertEquals(await page.evaluate("Promise.resolve({ deep: [1, 2] })"), { deep: [1, 2] });
      assertEquals(await page.waitFor("document.querySelectorAll('p').length === 2"), true);
      await page.goto(`${url}#part`);
      assertEquals(await page.evaluate("location.hash"), "#part");
    }),
);

chromiumTest(
  "Page keeps console, uncaught errors and every request, to third parties too",
  () =>
    withPage(async (page, url) => {
      await page.goto(url);
      await page.evaluate("console.warn('careful', 7)");
      await page.evaluate("void setTimeout(() => { throw new Error('lost') })");
      await page.evaluate("fetch('http://elsewhere.example/').catch(() => 'no way out')");
      await page.evaluate(`void new WebSocket("${url.replace("http", "ws")}feed")`);
      await page.waitFor("true");
      await page.evaluate("fetch('/missing').then((response) => response.text())");
      assert(page.console.includes("warning: careful 7"));
      assert(page.console.some((line) => line.includes("404")), "a failed request is a line of the console");
      assertStringIncludes(page.errors.join(), "lost");
      const urls = page.requests.map((request) => request.url);
      for (const path of ["", "missing"]) assert(urls.includes(`${url}${path}`), path);
      assert(urls.includes("http://elsewhere.example/"));
      assert(page.requests.some(({ type }) => type === "WebSocket"));
    }),
);

chromiumTest(
  "Page.evaluate() and goto() fail with what the browser said",
  () =>
    withPage(async (page, url) => {
      await assertRejects(() => page.evaluate("nosuch.thing"), Error, "nosuch is not defined");
      await assertRejects(() => page.goto("http://elsewhere.example/"), Error, "ERR_NAME_NOT_RESOLVED");
      await page.goto(url);
    }),
);

chromiumTest(
  "Page has a viewport, a colour scheme and screenshots, and storage of its own",
  () =>
    withPage(async (page, url, browser) => {
      await page.setViewport(390, 844);
      await page.emulateColorScheme("dark");
      await page.goto(url);
      assertEquals(await page.evaluate("[innerWidth, innerHeight]"), [390, 844]);
      const ink = "getComputedStyle(document.documentElement).getPropertyValue('--ink')";
      assertEquals(await page.evaluate(ink), "white");
      assertEquals(await readPngSize(page, false), [390, 844]);
      const [width, height = 0] = await readPngSize(page, true);
      assertEquals(width, 390);
      assert(height > 3000, "the whole page is as high as its text");
      await page.evaluate("localStorage.setItem('seen', 'yes')");
      const other = await browser.newPage();
      await other.goto(url);
      assertEquals(await other.evaluate("localStorage.getItem('seen')"), null);
    }),
);

async function readPngSize(page: Page, fullPage: boolean): Promise<number[]> {
  const path = await Deno.makeTempFile({ suffix: ".png" });
  await page.screenshot(path, { fullPage });
  const view = new DataView((await Deno.readFile(path)).buffer);
  await Deno.remove(path);
  return [view.getUint32(16), view.getUint32(20)]; // the IHDR chunk comes first
}
