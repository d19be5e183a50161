import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { newContributionCode } from "../../proto/federation/contribution.ts";
import { keyPair, newSeed } from "../../proto/federation/keys.ts";
import { logFor } from "../../runtime/log.ts";
import { temporaryFolder } from "../../tests/parts/archives.ts";
import { exampleOffer, exampleSet } from "../../tests/federation/data_sets.ts";
import { startSocksServer } from "../../tools/connectivity-check/_socks_server.ts";
import { bytesOf, idOf, type Offer, offerText } from "../datasets/offer.ts";
import { contribute } from "./contribute.ts";
import { Sender } from "./sender.ts";
import { parseOrigin, splitCode, type Target } from "./target.ts";

const SIGNAL = new AbortController().signal;
const code = await newContributionCode(await keyPair(newSeed("hub")), 2_000_000_000);
const target = (hub: string): Target => ({
  hub: new URL(hub),
  as: "a holder of a code",
  line: () => Promise.resolve(code),
});

/** A hub that says what the test wants, and keeps what it is sent where the test wants nothing. */
function fakeHub(offer: Offer, answers: ((path: string) => Response | undefined)[] = []) {
  const files = new Map<string, Uint8Array[]>();
  const asked: string[] = [];
  const sizeOf = (name: string) => (files.get(name) ?? []).reduce((sum, { length }) => sum + length, 0);
  let state = "arriving";
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const path = pathname.replace(idOf(offer), "ID").replace("/contribute/", "");
    asked.push(path);
    assertEquals(request.headers.get("authorization"), code);
    const body = await request.bytes();
    const answer = answers[0]?.(path);
    if (answer !== undefined) {
      answers.shift();
      return answer;
    }
    const name = path.split("/")[1];
    if (path === "ID") state = "waiting";
    if (name === undefined) {
      const have = Object.fromEntries(offer.files.map(({ name }) => [name, sizeOf(name)]));
      return Response.json({ id: idOf(offer), state, have });
    }
    if (sizeOf(name) === Number(searchParams.get("at"))) files.set(name, [...files.get(name) ?? [], body]);
    return Response.json({ size: sizeOf(name) });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    port: server.addr.port,
    asked,
    received: () => offer.files.reduce((sum, { name }) => sum + sizeOf(name), 0),
    text: (name: string) => new TextDecoder().decode(files.get(name)![0]),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function madeSet(): Promise<AsyncDisposable & { path: string; offer: Offer }> {
  const folder = await temporaryFolder();
  const path = `${folder.path}/set`;
  await exampleSet(path, { events: 50 });
  const offer = await exampleOffer(path);
  return { path, offer, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

function senderTo(url: string, proxy?: string): Sender & { lines: string[] } {
  const lines: string[] = [];
  const log = logFor("contribute", ({ message }) => lines.push(message));
  const way = { to: new URL(url), proxy, isolation: "test" };
  return Object.assign(new Sender({ way, target: target(url), log, signal: SIGNAL }), { lines });
}

Deno.test("Sender goes on after answers that never came, came late, or say that it is too fast", async () => {
  await using set = await madeSet();
  const isPiece = (path: string) => path.startsWith("ID/");
  await using hub = fakeHub(set.offer, [
    () => new Response("", { status: 503 }),
    (path) =>
      isPiece(path)
        ? Response.json({ refused: "too-fast", why: "x", afterMs: 1 }, { status: 429 })
        : undefined,
    (path) => isPiece(path) ? new Response("", { status: 408 }) : undefined,
  ]);
  using sender = senderTo(hub.url);
  assertEquals((await sender.send(set.path, set.offer)).state, "waiting");
  assertEquals(hub.received(), bytesOf(set.offer));
  assertEquals(hub.text("README.md"), await Deno.readTextFile(`${set.path}/README.md`));
  assertEquals(sender.lines.filter((line) => line.startsWith("No answer")).length, 2);
});

Deno.test("Sender believes nothing that makes no sense, and repeats nothing that a terminal would obey", async () => {
  await using set = await madeSet();
  const cases: [Response, RegExp][] = [
    [
      Response.json({ refused: "used", why: `\x1b[2Jno\u202e room${"!".repeat(999)}` }, { status: 400 }),
      /^ \[2Jno {2}room!+$/,
    ],
    [Response.json({ state: "done", have: {} }), /the hub answers with 200$/],
    [Response.json({ state: "arriving", have: { "README.md": -1 } }), /the hub answers with 200$/],
    [Response.json({ state: "arriving", have: { "README.md": "x" } }), /the hub answers with 200$/],
    [
      new Response("There is nothing here", { status: 404 }),
      /the hub answers with 404: it takes no data sets$/,
    ],
    [new Response("Too long", { status: 413 }), /it takes nothing from you any more$/],
  ];
  for (const [answer, expected] of cases) {
    await using hub = fakeHub(set.offer, [() => answer]);
    using sender = senderTo(hub.url);
    const error = await assertRejects(() => sender.send(set.path, set.offer), Error);
    assertMatch(error.message, expected);
    assert(error.message.length <= 300);
  }
});

Deno.test("Sender goes through the proxy, which is told the name, and nowhere else", async () => {
  await using set = await madeSet();
  await using hub = fakeHub(set.offer);
  await using proxy = startSocksServer(() => ({ hostname: "127.0.0.1", port: hub.port }));
  const onion = `http://${"a".repeat(56)}.onion`;
  using sender = senderTo(onion, proxy.address);
  assertEquals((await sender.send(set.path, set.offer)).state, "waiting");
  assertEquals(proxy.asked.map(({ host, port }) => [host, port]), [[`${"a".repeat(56)}.onion`, 80]]);
});

Deno.test("contribute connects directly to another host only when told that it may be seen", async () => {
  const options = {
    ...{ dataSet: ["/nowhere"], code: `https://hub.example.org#${code}`, folder: "/nowhere", hub: undefined },
    ...{ proxy: "none", acceptEgressLeak: false, ca: undefined, yes: true },
  };
  const log = logFor("contribute", () => {});
  await assertRejects(
    () => contribute({ options, log, signal: SIGNAL }),
    Error,
    "the hub would see the address of this machine",
  );
});

Deno.test("parseOrigin() and splitCode() take what nobody can listen in to", () => {
  assertEquals(parseOrigin("https://hub.example.org/uplink").href, "https://hub.example.org/");
  assertEquals(parseOrigin("http://127.0.0.1:8790").href, "http://127.0.0.1:8790/");
  for (
    const url of ["http://hub.example.org", "wss://hub.example.org", "https://a:b@hub.example.org", "hub", ""]
  ) {
    assertThrows(() => parseOrigin(url), SyntaxError);
  }
  const { hub, code: found } = splitCode(`https://hub.example.org#${code.slice(0, 50)}\n  ${code.slice(50)}`);
  assertEquals([hub.href, found], ["https://hub.example.org/", code]);
  for (
    const text of ["", code, `https://hub.example.org#${code.slice(1)}`, `http://hub.example.org#${code}`]
  ) {
    assertThrows(() => splitCode(text), SyntaxError);
  }
});

Deno.test("the offer's text is what both sides hash", async () => {
  await using set = await madeSet();
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(offerText(set.offer)));
  assertEquals(idOf(set.offer), new Uint8Array(digest).toHex().slice(0, 32));
});
