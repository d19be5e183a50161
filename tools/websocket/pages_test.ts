import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { Event } from "../../proto/event.ts";
import { type Chromium, startChromium } from "../../tests/parts/chromium.ts";
import { partTest } from "../../tests/parts/needs.ts";
import type { Page } from "../../tests/parts/page.ts";
import { RunningWebsocket } from "./_running.ts";
import { SCENE, scene } from "./_scene.ts";

/** Screenshots are for a person to look at; they are not kept. */
const SHOTS = new URL("../../tests/.cache/pages/", import.meta.url).pathname;

const END = Date.now();
const EVENTS = scene(END);
const THIN = "\u202f";

function messagesOf(events: readonly Event[]) {
  return events.flatMap((event) => event.kind === "message" ? [event.value] : []);
}

const MESSAGES = messagesOf(EVENTS);

/** How many transactions a peer announced before all others. */
function firstAnnouncements(): Map<number, number> {
  const seen = new Set<string>();
  const firsts = new Map<number, number>();
  for (const { meta, msg } of MESSAGES) {
    if (msg?.case !== "inv" || !meta.inbound) continue;
    for (const { item } of msg.value.items) {
      const hash = item?.case === "wtx" ? item.value.toHex() : "";
      if (seen.has(hash)) continue;
      seen.add(hash);
      firsts.set(meta.peerId, (firsts.get(meta.peerId) ?? 0) + 1);
    }
  }
  return firsts;
}

function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, THIN);
}

const PEER = 109;
const ofPeer = MESSAGES.filter(({ meta }) => meta.peerId === PEER);
const received = ofPeer.filter(({ meta }) => meta.inbound).length;
const first = firstAnnouncements();
const invs = MESSAGES.filter(({ meta }) => meta.command === "inv").length;

/** Texts that a view must show, by what of the page holds them. */
interface Expected {
  readonly path: string;
  readonly shows: readonly (readonly [selector: string, text: string])[];
}

const row = (caption: string, start: string) => `caption:${caption}|${start}`;

const VIEWS: Readonly<Record<string, Expected>> = {
  overview: {
    path: "/",
    shows: [
      ["[data-tile=tip] b", grouped(SCENE.height)],
      ["[data-tile=peers] b", String(SCENE.inbound + SCENE.outbound)],
      ["[data-tile=peers] span", `${SCENE.inbound} in · ${SCENE.outbound} out`],
      ["[data-tile=mempool] b", `${grouped(SCENE.mempoolSize)} tx`],
      ["[data-tile=fees] b", `3.4${THIN}sat/vB`],
      ["[data-tile=node] b", `14${THIN}d 6${THIN}h`],
      [row("Messages by type", "inv"), grouped(invs)],
      [row("Peers by type of connection", "inbound"), String(SCENE.inbound)],
      [row("Blocks", grouped(SCENE.height)), `210${THIN}ms`],
    ],
  },
  peers: {
    path: "/peers",
    shows: [
      ["[aria-live]", `${SCENE.inbound + SCENE.outbound} of ${SCENE.inbound + SCENE.outbound + 40}`],
      [row("Peers", String(PEER)), String(received)],
    ],
  },
  "peers-filtered": {
    path: "/peers?direction=inbound&network=onion&sort=-id",
    shows: [["[aria-live]", `${onions()} of ${SCENE.inbound + SCENE.outbound + 40}`]],
  },
  peer: {
    path: `/peers?peer=${PEER}`,
    shows: [
      [".facts", `${grouped(received)} received, ${ofPeer.length - received} sent`],
      [".facts", `${first.get(PEER)} of `],
      [".detail tbody tr", "received"],
    ],
  },
  sequence: {
    path: `/peers?peer=${PEER}&as=sequence&command=tx`,
    shows: [[".arrows li.inbound b", "tx"], [".lanes", "this node"]],
  },
  relay: {
    path: "/relay",
    shows: [[row("Peers by the transactions they announced first", String(PEER)), String(first.get(PEER))]],
  },
  addresses: {
    path: "/relay?of=addresses",
    shows: [
      [row("Addresses by network", "IPv4"), "%"],
      [row("Peers by the addresses they sent", "160"), grouped(addressesOf(160))],
    ],
  },
  pings: {
    path: "/pings",
    shows: [
      [row("Pings without an answer, longest first", "151"), "198.51.100.18:8333"],
      [row("Peers that ping more than three times in two minutes", "136"), ".onion"],
      [row("Peers by the time of their last ping", "151"), `31${THIN}s`],
      ["[data-plot=backlog] .legend b", `${THIN}ms`],
    ],
  },
  addrman: {
    path: "/addrman",
    shows: [
      [row("Addresses by network and table", "IPv4"), grouped(41_230)],
      [row("How full the tables are", "new"), `300 of ${grouped(1024)}`],
      [row("How full the tables are", "tried"), grouped(2700)],
      [row("When addresses were last seen", "above 30 days"), "%"],
    ],
  },
  connections: {
    path: "/connections",
    shows: [["[data-facts]", "40 ended, of these 5 evicted"], [
      ".timeline rect.evicted title",
      "evicted after",
    ]],
  },
  logs: {
    path: "/logs?level=warning",
    shows: [[".lines li.error span", "<script>alert(1)</script>"]],
  },
};

function addressesOf(peer: number): number {
  return MESSAGES.filter(({ meta }) => meta.peerId === peer)
    .reduce((sum, { msg }) => sum + (msg?.case === "addrv2" ? msg.value.addresses.length : 0), 0);
}

function onions(): number {
  return Array.from({ length: SCENE.inbound }, (_, i) => i + SCENE.outbound)
    .filter((i) => [0, 0, 0, 1, 2, 0, 1, 3][i % 8] === 2).length;
}

/** What a page shows at a place: texts of all elements of a selector, or of a table's row. */
const SHOWN = `(place) => {
  const [, caption, start] = /^caption:(.*)\\|(.*)$/.exec(place) ?? [];
  const elements = caption === undefined
    ? [...document.querySelectorAll(place)]
    : [...document.querySelectorAll("table")].filter((table) => table.caption.textContent.startsWith(caption))
      .flatMap((table) => [...table.tBodies[0].rows]).filter((row) => row.cells[0].textContent === start);
  return elements.map((element) => element.textContent).join("\\n");
}`;

/** Whether all that is drawn has the width of the window that was made narrower. */
const DRAWN_AGAIN = `[...document.querySelectorAll("svg.timeline, .canvas canvas")]
  .filter((drawing) => drawing.checkVisibility())
  .every((drawing) => (drawing.viewBox?.baseVal.width ?? drawing.clientWidth) < innerWidth)`;

async function expectShown(page: Page, shows: Expected["shows"]): Promise<void> {
  for (const [place, text] of shows) {
    const shown = `(${SHOWN})(${JSON.stringify(place)})`;
    await page.waitFor(`${shown}.includes(${JSON.stringify(text)})`).catch(async (cause) => {
      throw new Error(`"${text}" is not at ${place}: ${await page.evaluate(shown)}`, { cause });
    });
  }
}

/** Nothing on the console, nothing from elsewhere, nothing wider than the window. */
async function expectClean(page: Page, url: string): Promise<void> {
  assertEquals([...page.errors, ...page.console], []);
  const origins = new Set(page.requests.map((request) => new URL(request.url).host));
  assertEquals(origins, new Set([new URL(url).host]));
  const wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
  assertEquals(await page.evaluate(wider), 0, "no scrolling sideways");
}

async function open(browser: Chromium, url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.setViewport(1440, 900);
  await page.emulateColorScheme("light");
  await page.goto(url);
  await page.waitFor("document.querySelector('#status').textContent === 'live'");
  return page;
}

/** Publishes something harmless until the page has seen it: from then on it misses nothing. */
async function listening(page: Page, running: RunningWebsocket, time = END - 11 * 60_000): Promise<void> {
  const line = scene(END).find(({ kind }) => kind === "ipc" || kind === "rpc")!;
  await page.waitFor("true");
  await running.publish([{ ...line, timestamp: time } as Event]);
  await page.waitFor("document.querySelector('#time').textContent !== ''");
}

partTest({
  name:
    "every page shows what the events imply, in light, in dark and on a phone, and loads nothing from elsewhere",
  needs: ["chromium"],
  async fn() {
    await Deno.mkdir(SHOTS, { recursive: true });
    await using running = await RunningWebsocket.start();
    await using browser = await startChromium();
    const pages = new Map<string, Page>();
    for (const [name, { path }] of Object.entries(VIEWS)) {
      const page = await open(browser, running.url + path);
      await listening(page, running);
      pages.set(name, page);
    }
    await running.publish(EVENTS);
    for (const [name, page] of pages) {
      await page.send("Page.bringToFront");
      await expectShown(page, VIEWS[name]!.shows);
      await page.screenshot(join(SHOTS, `${name}-light.png`));
      await page.emulateColorScheme("dark");
      await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
      await page.screenshot(join(SHOTS, `${name}-dark.png`));
      await expectClean(page, running.url);
      await page.setViewport(390, 844);
      await page.waitFor(DRAWN_AGAIN);
      await expectShown(page, VIEWS[name]!.shows);
      await page.screenshot(join(SHOTS, `${name}-phone.png`), { fullPage: true });
      await expectClean(page, running.url);
    }
    console.log(`Screenshots are in ${SHOTS}`);
  },
});

partTest({
  name: "a page that is opened late shows at once what the node said last",
  needs: ["chromium"],
  async fn() {
    await using running = await RunningWebsocket.start();
    await using browser = await startChromium();
    const early = await open(browser, running.url);
    await listening(early, running);
    await running.publish(EVENTS);
    await expectShown(early, [["[data-tile=peers] b", "36"]]);
    const late = await open(browser, running.url);
    await expectShown(late, VIEWS.overview!.shows.filter(([place]) => place.startsWith("[data-tile")));
    await late.goto(`${running.url}/logs`);
    await late.waitFor("document.querySelectorAll('.lines li').length === 200");
    await late.goto(`${running.url}/connections`);
    await expectShown(late, VIEWS.connections!.shows);
    await expectClean(late, running.url);
  },
});

partTest({
  name: "pages are used with the keyboard, and their state is in the address",
  needs: ["chromium"],
  async fn() {
    await using running = await RunningWebsocket.start();
    await using browser = await startChromium();
    const page = await open(browser, running.url);
    await listening(page, running);
    await running.publish(EVENTS);
    await expectShown(page, [["[data-tile=peers] b", "36"]]);
    const press = async (key: string) => {
      const text = key === "Enter" ? "\r" : key.length === 1 ? key : undefined;
      await page.send("Input.dispatchKeyEvent", { type: "keyDown", key, text });
      await page.send("Input.dispatchKeyEvent", { type: "keyUp", key });
    };
    await press("2");
    await page.waitFor("location.pathname === '/peers'");
    await press("/");
    for (const letter of ".onion") await press(letter);
    await page.waitFor("location.search === '?q=.onion'");
    await page.waitFor("document.querySelectorAll('.list tbody tr').length === 4");
    await press("Escape");
    await page.evaluate("document.querySelector('.list th .sort').focus()");
    await press("Enter");
    await page.waitFor("new URLSearchParams(location.search).get('sort') === '-id'");
    await page.evaluate("document.querySelector('.list tbody a').click()");
    await page.waitFor("new URLSearchParams(location.search).has('peer')");
    await page.evaluate("history.back()");
    await page.waitFor("!new URLSearchParams(location.search).has('peer')");
    await press("p");
    await page.waitFor("document.querySelector('#status').textContent === 'paused'");
    await expectClean(page, running.url);
  },
});

partTest({
  name: "a page says when there is no connection, comes back by itself, and shows one of several nodes",
  needs: ["chromium"],
  async fn() {
    await using browser = await startChromium();
    const first = await RunningWebsocket.start({ nodes: ["*"] });
    const page = await open(browser, first.url);
    await page.waitFor("document.querySelector('#status').textContent === 'live'");
    await first[Symbol.asyncDispose]();
    await page.waitFor("!document.querySelector('#notice').hidden");
    const notice = await page.evaluate("document.querySelector('#notice span').textContent");
    assertStringIncludes(notice, "is the collector running? Trying again");
    await using second = await RunningWebsocket.start({ nodes: ["*"], address: new URL(first.url).host });
    await page.waitFor("document.querySelector('#status').textContent === 'live'");
    await second.publish(EVENTS.filter(({ kind }) => kind === "rpc"), "alpha");
    const uptime = {
      timestamp: END,
      kind: "rpc",
      value: { rpcEvent: { case: "uptime", value: 60 } },
    } as const;
    await second.publish([uptime], "beta");
    await page.waitFor("document.querySelector('#node').options.length === 2");
    await expectShown(page, [["[data-tile=peers] b", "36"]]);
    await page.evaluate(
      "document.querySelector('#node').value = 'beta', document.querySelector('#node').dispatchEvent(new Event('change'))",
    );
    await page.waitFor("location.search === '?node=beta'");
    await expectShown(page, [["[data-tile=node] b", `1${THIN}min`], ["[data-tile=peers] b", "–"]]);
    assert(page.errors.length === 0);
  },
});
