/**
 * What the pages cost a hub, over a week of full bins: `deno bench -A federation/dashboard`.
 *
 * @module
 */

import * as codec from "../../proto/federation/codec.ts";
import { decode, encode } from "../../proto/federation/frame.ts";
import { METRICS } from "../../proto/federation/metrics.ts";
import { type Feed, Metric } from "../../proto/federation/schema.ts";
import { answerChallenge, parseChallenge } from "../../proto/federation/sign_in.ts";
import { logFor } from "../../runtime/log.ts";
import { TestHub } from "../../tests/federation/hub.ts";
import { History, WEEK } from "./history.ts";
import { makePages } from "../hub/pages.ts";

const hub = await TestHub.start();
const { key } = await hub.member();
const last = hub.bin - 1;
const bytes: Uint8Array<ArrayBuffer>[] = [];
for (let bin = last - WEEK + 1; bin <= last; bin++) {
  const feed = encode(codec.encodeFeed, fullFeed(bin));
  bytes.push(feed);
  await hub.store.close({ bin, operators: 100, feed }, []);
}
const log = logFor("hub", () => {});
const signal = new AbortController().signal;
const pages = makePages({
  hub: hub.hub,
  store: hub.store,
  key: hub.key,
  closeAfterSeconds: 300,
  log,
  signal,
});
const cookie = await signIn();
addEventListener("unload", () => void hub[Symbol.asyncDispose]());

/** Every number that there can be. */
function fullFeed(bin: number): Feed {
  const quartiles = Object.entries(METRICS).flatMap(([name, { parts }]) =>
    Object.values(parts ?? { "": 0 }).map((index) => {
      return { metric: Metric[name as keyof typeof Metric], index, lower: 4, median: 5 + bin % 3, upper: 9 };
    })
  );
  const blocks = [{ hash: new Uint8Array(32).fill(bin), shares: [18, 9, 5, 0, 0] }];
  return { bin, quartiles, blocks, tips: [], incidents: [] };
}

async function signIn(): Promise<string> {
  const page = await pages.request("/sign-in.json");
  const visit = page.headers.getSetCookie()[0]!.split(";")[0]!;
  const { challenge } = await page.json();
  const answer = await answerChallenge(parseChallenge(challenge)!, hub.key.publicKey, key);
  const body = new URLSearchParams({ challenge, answer });
  const entered = await pages.request("/sign-in", { method: "POST", body, headers: { cookie: visit } });
  return entered.headers.getSetCookie()[0]!.split(";")[0]!;
}

/** Each half a second after the one before, as far as the pages can tell: there is a limit. */
async function ask(path: string): Promise<void> {
  hub.aheadMs += 501;
  const answer = await pages.request(path, { headers: { cookie } });
  await answer.text();
  if (answer.status !== 200) throw new Error(`${path} answers ${answer.status}`);
}

Deno.bench(
  "a page with no numbers",
  { group: "page", baseline: true },
  async () => await ask("/policy"),
);
Deno.bench("the network now", { group: "page" }, async () => await ask("/now"));
Deno.bench("a day of one kind", { group: "page" }, async () => await ask("/trends?of=messages"));
Deno.bench(
  "a week of one kind",
  { group: "page" },
  async () => await ask("/trends?of=messages&span=week"),
);
Deno.bench("a week of one kind, JSON", { group: "page" }, async () => {
  await ask("/trends.json?of=messages&span=week");
});

Deno.bench("decoding a week of bins", { group: "first look", baseline: true }, () => {
  for (const feed of bytes) decode(codec.decodeFeed, feed);
});
Deno.bench("the first look after a start", { group: "first look" }, async () => {
  const { store } = hub;
  await new History({
    closeAfterSeconds: 300,
    now: () => hub.now(),
    closedThrough: () => store.closedThrough(),
    async feeds(from, to) {
      return (await store.closedBins(from, to)).map(({ feed }) => decode(codec.decodeFeed, feed)!);
    },
  }).last(WEEK);
});
