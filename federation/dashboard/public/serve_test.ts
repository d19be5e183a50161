import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { logFor } from "../../../runtime/log.ts";
import { until } from "../../../tests/parts/until.ts";
import { verifyRelease } from "../../release/verify_main.ts";
import { makeSample, RULES, type Sample, sampleLive } from "./_sample.ts";
import { fileOf } from "./files.ts";
import { runPublic } from "./mod.ts";
import { HEADERS } from "./policy.ts";
import { servePublic, type ServePublicOptions } from "./serve.ts";
import { Site } from "./site.ts";
import { Streams } from "./streams.ts";

interface Served extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly sample: Sample;
  readonly streams: Streams;
  readonly lines: string[];
}

/** A folder that is served. */
async function served(
  { months = 1, operators = 8, ...options }: Partial<ServePublicOptions> & {
    most?: number;
    months?: number;
    operators?: number;
  } = {},
): Promise<Served> {
  const sample = await makeSample({ operators, months });
  await Deno.writeTextFile(`${sample.folder}/live.json`, JSON.stringify(sampleLive(sample.now)));
  await new Site({ folder: sample.folder, hubKey: sample.hub.publicKey }).write(RULES);
  const stop = new AbortController();
  const streams = new Streams({ most: options.most ?? 10 });
  const listening = Promise.withResolvers<string>();
  const lines: string[] = [];
  const running = servePublic({
    ...{ folder: sample.folder, address: "127.0.0.1:0", flag: "--hub.public", streams, signal: stop.signal },
    log: logFor("test", ({ message }) => lines.push(message)),
    onListening: listening.resolve,
    ...options,
  });
  const url = await listening.promise;
  return {
    ...{ url, port: Number(new URL(url).port), sample, streams, lines },
    async [Symbol.asyncDispose]() {
      streams[Symbol.dispose]();
      stop.abort();
      await running;
      await sample[Symbol.asyncDispose]();
    },
  };
}

/** Sends bytes as they are, and reads until the other side ends or `isEnough`. */
async function raw(port: number, request: string, isEnough = (_: string) => false): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(request));
  let text = "";
  const buffer = new Uint8Array(65_536);
  while (!isEnough(text)) {
    const length = await connection.read(buffer).catch(() => null);
    if (length === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, length));
  }
  return text;
}

async function get(
  url: string,
  init?: RequestInit,
): Promise<{ status: number; headers: Headers; text: string }> {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

Deno.test("only names on the list are there, whatever way leads up", () => {
  for (
    const target of [
      ...[
        "/../hub.seed",
        "/..%2fhub.seed",
        "//etc/passwd",
        "/releases/",
        "/releases",
        "/.",
        "/nodes/../index.html",
      ],
      ...[
        "/hub.sqlite",
        "/index.html/",
        "/index.html%00",
        "/INDEX.HTML",
        "/nodes/a/b.html",
        "/releases/x.json",
      ],
      ...[
        "/live.json.new",
        "/releases/../../hub.seed",
        "/assets/0123456789abcdef/../x.css",
        "index.html",
        "*",
      ],
      ...[
        `/datasets/${"0".repeat(32)}/../x`,
        `/datasets/${"0".repeat(32)}/.x`,
        `/datasets/${"0".repeat(31)}/x`,
      ],
    ]
  ) {
    assertEquals(fileOf(target), undefined, target);
  }
  assertEquals(fileOf("/?x=1")?.path, "index.html");
  assertEquals(fileOf("/nodes/a..b.html")?.path, "nodes/a..b.html");
  assertEquals(fileOf(`/datasets/${"0".repeat(32)}/README.html`)?.type, "application/octet-stream");
});

Deno.test("files are served with what lets caches keep them, and nothing about who asks", async () => {
  await using server = await served();
  const { url } = server;
  const page = await get(`${url}/`);
  assertEquals(page.status, 200);
  assertEquals(page.text, await Deno.readTextFile(`${server.sample.folder}/index.html`));
  assertEquals(page.headers.get("content-type"), "text/html; charset=utf-8");
  assertEquals(page.headers.get("cache-control"), "public, no-cache");
  const etag = page.headers.get("etag")!;
  const again = await get(`${url}/index.html`, { headers: { "if-none-match": `"x", W/${etag}` } });
  assertEquals([again.status, again.text], [304, ""]);
  const head = await get(`${url}/index.html`, { method: "HEAD" });
  assertEquals([head.status, head.text, head.headers.get("etag")], [200, "", etag]);
  assertEquals(head.headers.get("content-length"), String(new TextEncoder().encode(page.text).length));
  const { releases: [{ file }] } = JSON.parse((await get(`${url}/index.json`)).text);
  const release = await get(`${url}/releases/${file}`);
  assert("checks" in await verifyRelease(`${url}/releases/${file}`, server.sample.hub.publicKey));
  assertMatch(release.headers.get("cache-control")!, /immutable/);
  for (const [name, type] of [["feed.xml", "atom"], ["live.json", "json"], ["keys.json", "json"]]) {
    const { status, headers } = await get(`${url}/${name}`);
    assertEquals(status, 200, name);
    assertStringIncludes(headers.get("content-type")!, type!);
  }
  for (const path of ["/", "/nothing", `/releases/${file}`]) {
    const { headers } = await get(url + path, { headers: { cookie: "a=b", origin: "https://example.org" } });
    for (const [name, value] of Object.entries(HEADERS)) assertEquals(headers.get(name), value, name);
    const others = [...headers.keys()].filter((name) => !(name in HEADERS));
    const usual = [
      "cache-control",
      "connection",
      "content-length",
      "content-type",
      "date",
      "etag",
      "keep-alive",
    ];
    for (const name of others) assert([...usual, "transfer-encoding", "vary"].includes(name), name);
  }
  assertEquals(server.lines.length, 1, "one line at the start, none for a request");
});

Deno.test("headers tell a federation with one more operator from one without by nothing but what the files say", async () => {
  await using without = await served({ operators: 8 });
  await using withOne = await served({ operators: 9 });
  const answers = async ({ url, sample }: Served) => {
    const told: Record<string, unknown> = {};
    for (
      const path of [
        "",
        "history.html",
        "how.html",
        "live.json",
        "index.json",
        "keys.json",
        "feed.xml",
        "none",
      ]
    ) {
      const { status, headers, text } = await get(`${url}/${path}`);
      const { date: _, etag, "content-length": length, ...others } = Object.fromEntries(headers);
      const bytes = new TextEncoder().encode(text);
      assertEquals(length, path === "none" ? length : String(bytes.length), path);
      if (status === 200) {
        const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
        const whole = digest.toBase64({ alphabet: "base64url" });
        assertEquals(etag, `"${whole.slice(0, 27)}"`, "named after the content");
        assertEquals(bytes, await Deno.readFile(`${sample.folder}/${path === "" ? "index.html" : path}`));
      }
      told[path] = { status, ...others };
    }
    return told;
  };
  assertEquals(await answers(withOne), await answers(without));
});

Deno.test("every link leads somewhere, before the first release and after it", async () => {
  for (const months of [0, 1]) await followLinks(months);
});

async function followLinks(months: number): Promise<void> {
  await using server = await served({ months });
  const seen = new Set<string>([`${server.url}/`]);
  for (const page of seen) {
    const { status, headers, text } = await get(page);
    assertEquals(status, 200, page);
    if (!headers.get("content-type")!.startsWith("text/html")) continue;
    for (const [, link = ""] of text.matchAll(/(?:href|src)="([^"]+)"/g)) {
      const to = new URL(link.replaceAll("&amp;", "&"), page);
      if (to.href.startsWith(server.url)) seen.add(to.href.split("#")[0]!);
    }
  }
  assert(seen.size > 10, String(seen.size));
}

Deno.test("what is no request for a file is refused", async () => {
  await using server = await served();
  const { url, port } = server;
  assertEquals((await get(`${url}/sign-in`)).status, 404);
  assertEquals((await get(`${url}/uplink`)).status, 404);
  assertEquals((await get(url, { method: "POST", body: "x" })).status, 405);
  assertEquals((await get(url, { method: "DELETE" })).status, 405);
  const requests: [string, RegExp][] = [
    ["GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello", /^HTTP\/1.1 413/],
    ["GET /../hub.seed HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", /^HTTP\/1.1 404/],
    ["GET http://other/index.html HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", /^HTTP\/1.1 404/],
    ["GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n", /^HTTP\/1.1 |^$/],
    [`GET / HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(20_000)}\r\n\r\n`, /^HTTP\/1.1 4|^$/],
    ["\x16\x03\x01 nonsense\r\n\r\n", /^HTTP\/1.1 400|^$/],
  ];
  for (const [request, answer] of requests) {
    assertMatch(await raw(port, request, (text) => text.includes("\r\n\r\n")), answer, request.slice(0, 40));
  }
  assertEquals((await get(`${url}/`)).status, 200, "and others are served as before");
});

Deno.test("a folder in the place of a file is not there", async () => {
  await using server = await served();
  const { url, sample } = server;
  await Deno.remove(`${sample.folder}/data.html`);
  await Deno.mkdir(`${sample.folder}/data.html`);
  assertEquals((await get(`${url}/data.html`)).status, 404);
});

/** A file of a data set that is larger than what any socket takes at once. */
async function large({ sample }: Served): Promise<{ bytes: Uint8Array; request(more?: string): Uint8Array }> {
  const path = `datasets/${"a".repeat(32)}/redacted-0001.bin.zst`;
  await Deno.mkdir(`${sample.folder}/datasets/${"a".repeat(32)}`, { recursive: true });
  const bytes = new Uint8Array(24 << 20).map((_, i) => i % 251);
  await Deno.writeFile(`${sample.folder}/${path}`, bytes);
  const request = (more = "") => new TextEncoder().encode(`GET /${path} HTTP/1.1\r\nhost: x\r\n${more}\r\n`);
  return { bytes, request };
}

Deno.test("a large file is sent whole", async () => {
  await using server = await served();
  const { bytes, request } = await large(server);
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await connection.write(request("connection: close\r\n"));
  const answer = await new Response(connection.readable).bytes();
  const head = new TextDecoder().decode(answer.subarray(0, 2000));
  assertMatch(head, /content-type: application\/octet-stream\r\n/i);
  assertEquals(answer.subarray(-bytes.length), bytes);
});

Deno.test("who says nothing and who takes nothing is let go", async () => {
  await using server = await served({ idleMs: 500 });
  const { bytes, request } = await large(server);
  using silent = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await silent.write(new TextEncoder().encode("GET / HT"));
  // It ends, with an answer or without.
  await new Response(silent.readable).text().catch(() => {});
  server.lines.length = 0;
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await connection.write(request());
  await until("a line about it", () => server.lines.includes("Closed a connection on which nothing moved"));
  const rest = await new Response(connection.readable).bytes().catch(() => new Uint8Array());
  assert(rest.length < bytes.length, "it did not get all of it");
});

Deno.test("streams: pages are told of what is new; one too many is refused; all end when it stops", async () => {
  const server = await served({ most: 2 });
  const { url, streams } = server;
  const [one, two] = [await fetch(`${url}/live`), await fetch(`${url}/live`)];
  assertEquals(one.headers.get("content-type"), "text/event-stream");
  assertEquals((await get(`${url}/live`)).status, 503);
  streams.tell();
  const readers = [one, two].map((response) =>
    response.body!.pipeThrough(new TextDecoderStream()).getReader()
  );
  for (const reader of readers) {
    let text = "";
    while (!text.includes("event: live\n")) text += (await reader.read()).value;
  }
  await readers[0]!.cancel();
  await until("one to be gone", () => streams.size === 1);
  // It ends, though a page listens.
  await server[Symbol.asyncDispose]();
  while (!(await readers[1]!.read().catch(() => ({ done: true }))).done);
});

Deno.test("a page that does not read what it is told is let go", async () => {
  await using server = await served();
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await connection.write(new TextEncoder().encode("GET /live HTTP/1.1\r\nhost: x\r\n\r\n"));
  await until("it to listen", () => server.streams.size === 1);
  await until("it to be let go", () => {
    for (let i = 0; i < 2000; i++) server.streams.tell();
    return server.streams.size === 0;
  });
});

Deno.test("pages are written when something changes, and those that listen are told", async () => {
  await using sample = await makeSample({ operators: 8, months: 0 });
  const stop = new AbortController();
  const listening = Promise.withResolvers<string>();
  const running = runPublic({
    ...{ folder: sample.folder, hubKey: sample.hub.publicKey, rules: () => RULES, signal: stop.signal },
    ...{ address: "127.0.0.1:0", flag: "--hub.public", log: logFor("test", () => {}) },
    onListening: listening.resolve,
  });
  try {
    const url = await listening.promise;
    // The style is among what is written first, what is around the data last.
    await until("the pages", async () => (await get(`${url}/data.html`)).status === 200);
    const response = await fetch(`${url}/live`);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    await Deno.writeTextFile(`${sample.folder}/live.json`, JSON.stringify(sampleLive(sample.now)));
    let text = "";
    while (!text.includes("event: live\n")) text += (await reader.read()).value;
    await until("a page of the node", async () => (await get(`${url}/nodes/hive-2.html`)).status === 200);
    await reader.cancel();
  } finally {
    stop.abort();
    await running;
  }
});
