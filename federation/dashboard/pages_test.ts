import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { openFolder } from "../hub/folder.ts";
import { memberHash } from "../../proto/federation/member_list.ts";
import type { KeyPair } from "../../proto/federation/keys.ts";
import { answerChallenge, newHubToken, parseChallenge } from "../../proto/federation/sign_in.ts";
import { Anomaly } from "../../proto/federation/schema.ts";
import { Scene } from "../../tests/federation/scene.ts";
import { type Chromium, startChromium } from "../../tests/parts/chromium.ts";
import { partTest } from "../../tests/parts/needs.ts";
import type { Page } from "../../tests/parts/page.ts";

/** Screenshots are for a person to look at; they are not kept. */
const SHOTS = new URL("../../tests/.cache/dashboard/", import.meta.url).pathname;
const THIN = "\u202f";

/** Texts that a page must show, by what of it holds them. */
type Shows = readonly (readonly [selector: string, text: string])[];

const cells = (metric: string, part?: string) =>
  `tr[data-metric=${metric}]${part === undefined ? "" : `[data-part=${part}]`}`;

const MEMBERS: Readonly<Record<string, { path: string; shows: Shows }>> = {
  now: {
    path: "/now",
    shows: [
      // Number 3 of 7 says 9/32, number 1 two less, number 5 two more.
      [cells("PEERS_BY_NETWORK", "ONION"), `28${THIN}%`],
      [cells("PEERS_BY_NETWORK", "ONION"), `22–34${THIN}%`],
      [cells("PEERS_V2"), `63${THIN}%`],
      [cells("NETGROUPS_BY_BEHAVIOUR", "SHORT_LIVED"), "73–80"],
      [cells("NETGROUPS_BY_AGENT", "CORE_30"), "177–216"],
      [cells("MESSAGES", "INV"), `16${THIN}384–32${THIN}767`],
      [cells("BYTES", "TX"), `8–16${THIN}MiB`],
      ["[data-tile=INBOUND_PEERS] span", "middle half 32–255"],
      ["[data-tile=INBOUND_PEERS] b", "64–127"],
      ["[data-tile=MEMPOOL_MIN_FEE] b", `0.1–0.5${THIN}sat/vB`],
      [".open-incidents", "Eviction storm"],
      // Four of seven operators within a second: 18/32.
      ["tr[data-block]", `56${THIN}%`],
    ],
  },
  trends: { path: "/trends", shows: [["[data-metric=PEERS_V2] figcaption b", `63${THIN}%`]] },
  "trends-week": {
    path: "/trends?of=behaviour&span=week",
    shows: [["[data-part=SHORT_LIVED] figcaption b", "73–80"]],
  },
  "trends-blocks": {
    path: "/trends?of=blocks",
    shows: [["[data-part=BELOW_1_S] figcaption b", `56${THIN}%`]],
  },
  incidents: {
    path: "/incidents",
    shows: [["tr[data-incident='3']", "open"], ["tr[data-incident='2']", "Address flood"], [
      "tr[data-incident='2']",
      "up to 4 of up to 8",
    ]],
  },
  incident: { path: "/incidents/3", shows: [["h1", "Eviction storm"], ["main", "could see it"]] },
  policy: {
    path: "/policy",
    shows: [["main", "at least 3 operators stand behind it"], [
      "main",
      "at most 2 alarms a year",
    ], [
      "main",
      `256 sealed sightings for every 7${THIN}d`,
    ]],
  },
  sightings: {
    path: "/sightings",
    shows: [["td", "pings all the time"], ["td", "3 or more"], ["dd", "080808"], ["th", "203.1.113."]],
  },
  compare: { path: "/compare", shows: [["pre", "deno task uplink compare"]] },
};

const HUB: Readonly<Record<string, { path: string; shows: Shows }>> = {
  hub: {
    path: "/hub",
    shows: [["[data-tile=Sessions] b", "8"], ["[data-tile=Members] b", "8"], ["main", "stored"]],
  },
  members: { path: "/hub/members", shows: [["tr[data-member] .depth-1", ""], ["main", "the hub"]] },
  sessions: { path: "/hub/sessions", shows: [["tr[data-member]", "none yet"]] },
};

async function open(browser: Chromium, url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.setViewport(1440, 900);
  await page.emulateColorScheme("light");
  await page.goto(url);
  return page;
}

/** As an operator does it, with the line that `uplink sign` prints. */
async function signIn(page: Page, { hub }: Scene, key: KeyPair): Promise<void> {
  await page.goto(`${hub.url}/sign-in`);
  const command = await page.evaluate<string>("document.querySelector('pre').textContent");
  const line = /waggle-sign-in-\S+/.exec(command)![0];
  await submit(page, "answer", await answerChallenge(parseChallenge(line)!, hub.key.publicKey, key));
  await page.waitFor("location.pathname === '/now'");
}

async function submit(page: Page, field: string, text: string): Promise<void> {
  await page.evaluate(`document.querySelector('#${field}').value = ${JSON.stringify(text)}`);
  await page.evaluate("document.querySelector('main form').requestSubmit()").catch(() => {});
}

async function expectShown(page: Page, shows: Shows): Promise<void> {
  for (const [place, text] of shows) {
    const shown = `[...document.querySelectorAll(${
      JSON.stringify(place)
    })].map((e) => e.textContent).join("\\n")`;
    await page.waitFor(
      `(${shown}).includes(${JSON.stringify(text)}) && document.querySelector(${
        JSON.stringify(place)
      }) !== null`,
    )
      .catch(async (cause) => {
        throw new Error(`"${text}" is not at ${place}: ${await page.evaluate(shown)}`, { cause });
      });
  }
}

/** Nothing on the console, nothing from elsewhere, nothing wider than the window. */
async function expectClean(page: Page, url: string): Promise<void> {
  assertEquals([...page.errors, ...page.console], []);
  assertEquals(
    new Set(page.requests.map((request) => new URL(request.url).host)),
    new Set([new URL(url).host]),
  );
  const wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
  assertEquals(await page.evaluate(wider), 0, "no scrolling sideways");
}

async function shoot(page: Page, name: string, url: string): Promise<void> {
  await page.send("Page.bringToFront");
  await page.screenshot(join(SHOTS, `${name}-light.png`), { fullPage: true });
  await page.emulateColorScheme("dark");
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  await page.screenshot(join(SHOTS, `${name}-dark.png`), { fullPage: true });
  await expectClean(page, url);
  await page.setViewport(390, 844);
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  await page.screenshot(join(SHOTS, `${name}-phone.png`), { fullPage: true });
  await expectClean(page, url);
  await page.setViewport(1440, 900);
  await page.emulateColorScheme("light");
}

partTest({
  name:
    "pages: each shows what the summaries imply, in light, in dark and on a phone, and loads nothing from elsewhere",
  needs: ["chromium"],
  async fn() {
    await Deno.mkdir(SHOTS, { recursive: true });
    await using scene = await Scene.start();
    await scene.guest();
    await scene.week();
    const { url } = scene.hub;
    await using browser = await startChromium();
    const page = await open(browser, `${url}/`);
    await page.waitFor("location.pathname === '/sign-in'");
    await shoot(page, "sign-in", url);
    await signIn(page, scene, scene.operators[0]!.key);
    for (const [name, { path, shows }] of Object.entries(MEMBERS)) {
      await page.goto(url + path);
      await page.waitFor("document.querySelector('#status').textContent === 'live'");
      await expectShown(page, shows);
      await shoot(page, name, url);
    }
    await page.goto(`${url}/trends`);
    await page.evaluate("document.querySelector('[data-metric=PEERS_V2] svg').focus()");
    for (const key of ["ArrowRight", "ArrowLeft"]) await press(page, key);
    await expectShown(page, [["[data-metric=PEERS_V2] output", `: 63${THIN}% (56–69${THIN}%)`]]);
    await shoot(page, "trends-readout", url);
    await page.goto(`${url}/hub`);
    await page.waitFor("location.pathname === '/hub/sign-in'");
    await shoot(page, "hub-sign-in", url);
    await submit(page, "token", await newHubToken(scene.hub.key, Math.floor(scene.hub.now() / 1000) + 300));
    await page.waitFor("location.pathname === '/hub'");
    for (const [name, { path, shows }] of Object.entries(HUB)) {
      await page.goto(url + path);
      await page.waitFor("document.querySelector('#status').textContent === 'live'");
      await expectShown(page, shows);
      await shoot(page, name, url);
    }
    console.log(`Screenshots are in ${SHOTS}`);
  },
});

partTest({
  name: "pages: an incident opens and closes on an open page; whoever is revoked is shown nothing any more",
  needs: ["chromium"],
  async fn() {
    await using scene = await Scene.start();
    await scene.tell(scene.hub.bin - 1);
    await scene.close();
    const { url } = scene.hub;
    await using browser = await startChromium();
    const page = await open(browser, url);
    await signIn(page, scene, scene.operators[1]!.key);
    await page.goto(`${url}/incidents`);
    await page.waitFor("document.querySelector('#status').textContent === 'live'");
    await expectShown(page, [[".notice.good", "There was no incident in the last 90 days"]]);
    await page.evaluate("window.isSamePage = true");
    await scene.next((operator) => operator < 5 ? [Anomaly.STALE_TIP] : []);
    await expectShown(page, [[".notice.bad", "Stale tip: open now"], [
      "tr[data-incident='1']",
      "up to 8 of up to 8",
    ]]);
    await scene.next();
    await page.evaluate("fetch('/policy')"); // half an hour without a visit would end the session
    await scene.next();
    await expectShown(page, [[".notice.good", "No incident is open"], ["tr[data-incident='1']", "over"]]);
    assert(await page.evaluate("window.isSamePage"), "nobody has reloaded it");
    await revoke(scene, scene.operators[1]!.key);
    await page.waitFor("location.pathname === '/sign-in'");
    await expectShown(page, [[".notice", "Your session is over"]]);
    await expectClean(page, url);
    await page.goto(`${url}/now`);
    await page.waitFor("location.pathname === '/sign-in'");
  },
});

partTest({
  name: "pages: without JavaScript one signs in and reads all the same",
  needs: ["chromium"],
  async fn() {
    await using scene = await Scene.start();
    await scene.tell(scene.hub.bin - 1);
    await scene.close();
    const { url } = scene.hub;
    await using browser = await startChromium();
    const page = await open(browser, `${url}/trends`);
    await page.send("Emulation.setScriptExecutionDisabled", { value: true });
    await page.goto(`${url}/trends`);
    const line =
      /waggle-sign-in-[\w-]+/.exec(await page.evaluate("document.querySelector('pre').textContent"))![0];
    const answer = await answerChallenge(
      parseChallenge(line)!,
      scene.hub.key.publicKey,
      scene.operators[0]!.key,
    );
    await page.evaluate("document.querySelector('#answer').focus()");
    await page.send("Input.insertText", { text: answer });
    await press(page, "Tab");
    await press(page, "Enter");
    await page.waitFor("location.pathname === '/trends'");
    await expectShown(page, [["[data-metric=PEERS_V2] figcaption b", `63${THIN}%`]]);
    await page.evaluate("document.querySelector('.skip').focus()");
    await press(page, "Tab");
    await press(page, "Tab");
    await press(page, "Enter");
    await page.waitFor("location.pathname === '/now'");
    await expectShown(page, MEMBERS.now!.shows.slice(0, 3));
    await page.evaluate("document.querySelector('.state button').focus()");
    await press(page, "Enter");
    await page.waitFor("location.pathname === '/sign-in'");
    await expectClean(page, url);
  },
});

partTest({
  name: "pages: a new hub, too few operators and a hub that is behind say so",
  needs: ["chromium"],
  async fn() {
    await Deno.mkdir(SHOTS, { recursive: true });
    await using scene = await Scene.start({ operators: 2 });
    const { url } = scene.hub;
    await using browser = await startChromium();
    const page = await open(browser, url);
    await signIn(page, scene, scene.operators[0]!.key);
    await expectShown(page, [[".notice", "This hub has not closed a bin yet"]]);
    await shoot(page, "now-fresh", url);
    await scene.tell(scene.hub.bin - 1);
    await scene.close();
    await expectShown(page, [[".notice", "Fewer than 3 independent operators stand behind each number"]]);
    await page.goto(`${url}/trends`);
    await expectShown(page, [[".notice", "Nothing of this was told by enough operators"]]);
    await shoot(page, "trends-few", url);
    scene.hub.aheadMs += 1_500_000;
    await page.goto(`${url}/now`);
    await expectShown(page, [[".notice.bad", "The hub is behind"]]);
    await shoot(page, "now-behind", url);
    await page.goto(`${url}/incidents/77`);
    await expectShown(page, [["h1", "Not found"]]);
    assertEquals(page.console.splice(0).length, 1, "the browser tells of a 404");
    await scene[Symbol.asyncDispose]();
    await page.waitFor("document.querySelector('#status').textContent === 'waiting for the hub'");
  },
});

/** As `hub revoke` does it: from another process, as far as the hub can tell. */
async function revoke({ hub }: Scene, key: KeyPair): Promise<void> {
  const { store } = await openFolder(hub.folder);
  const hash = (await memberHash(hub.key.publicKey, key.publicKey)).toHex();
  const member = (await store.members()).find(({ keys }) => keys.some((each) => each.hash.toHex() === hash));
  await store.revoke(member!.slot);
  await store[Symbol.asyncDispose]();
}

async function press(page: Page, key: string): Promise<void> {
  const text = key === "Enter" ? "\r" : undefined;
  const code = { Tab: 9, Enter: 13, ArrowLeft: 37, ArrowRight: 39 }[key];
  await page.send("Input.dispatchKeyEvent", {
    type: "keyDown",
    key,
    code: key,
    windowsVirtualKeyCode: code,
    text,
  });
  await page.send("Input.dispatchKeyEvent", { type: "keyUp", key, code: key, windowsVirtualKeyCode: code });
}
