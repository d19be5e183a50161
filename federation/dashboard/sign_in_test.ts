import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { invitationText } from "../../proto/federation/invitation.ts";
import { type KeyPair, keyPair, newSeed } from "../../proto/federation/keys.ts";
import { answerChallenge, newHubToken, parseChallenge } from "../../proto/federation/sign_in.ts";
import { TestHub } from "../../tests/federation/hub.ts";
import { until } from "../../tests/parts/until.ts";
import { openFolder } from "../hub/folder.ts";

/** A browser as far as signing in needs one: it keeps cookies. */
class Visitor {
  readonly cookies = new Map<string, string>();
  readonly #url: string;
  readonly #headers: Record<string, string>;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.#url = url;
    this.#headers = headers;
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return await this.#ask(path, { headers });
  }

  async post(
    path: string,
    form: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return await this.#ask(path, { method: "POST", body: new URLSearchParams(form), headers });
  }

  async #ask(path: string, { headers, ...init }: RequestInit): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(this.#url + path, {
      ...init,
      headers: { cookie, ...this.#headers, ...headers as Record<string, string> },
      redirect: "manual",
      // What never ends is a failure of its test, not of all tests.
      signal: AbortSignal.timeout(60_000),
    });
    const setCookies = answer.headers.getSetCookie();
    for (const line of setCookies) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      this.cookies.set(name!, value!);
    }
    const { status, headers: heard } = answer;
    return { status, text: await answer.text(), location: heard.get("location"), setCookies };
  }

  async challenge(): Promise<string> {
    return JSON.parse((await this.get("/sign-in.json")).text).challenge;
  }

  /** What the page gets when an operator signs a challenge. */
  async signIn(hub: TestHub, key: KeyPair, challenge?: string): Promise<Answer> {
    challenge ??= await this.challenge();
    const answer = await answerChallenge(parseChallenge(challenge)!, hub.key.publicKey, key);
    return await this.post("/sign-in", { challenge, answer });
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly location: string | null;
  readonly setCookies: readonly string[];
}

async function newOperator(): Promise<KeyPair> {
  return await keyPair(newSeed("operator"));
}

/** Without what differs from one page to the next: the challenge. */
function plain({ status, text, setCookies }: Answer) {
  return { status, text: text.replaceAll(/waggle-sign-in-[\w-]+/g, "…"), cookies: setCookies.length };
}

Deno.test("signing in: a member gets a short session, in a cookie that scripts and other sites never see", async () => {
  await using hub = await TestHub.start();
  const { key } = await hub.member();
  const visitor = new Visitor(hub.url);
  assertEquals((await visitor.get("/now")).location, "/sign-in?next=%2Fnow");
  const { status, location, setCookies } = await visitor.signIn(hub, key);
  assertEquals([status, location], [303, "/now"]);
  assertMatch(setCookies[0]!, /^waggle=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict$/);
  assertEquals((await visitor.get("/now")).status, 200);
});

Deno.test("signing in: behind TLS the cookie is for TLS alone, and for this host", async () => {
  await using hub = await TestHub.start();
  const { key } = await hub.member();
  const visitor = new Visitor(hub.url, { "x-forwarded-proto": "https" });
  const { setCookies } = await visitor.signIn(hub, key);
  assertMatch(setCookies[0]!, /^__Host-waggle=[0-9a-f]{64}; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
});

Deno.test("signing in: whatever is wrong with a key, the answer is the same, and takes as long", async () => {
  await using hub = await TestHub.start();
  const { key } = await hub.member();
  const visitor = new Visitor(hub.url);
  const other = await newOperator();
  const unknown = await visitor.signIn(hub, other);
  const challenge = await visitor.challenge();
  const signed = await answerChallenge(parseChallenge(challenge)!, hub.key.publicKey, key);
  const bytes = Uint8Array.fromBase64(signed.slice("waggle-signed-".length), { alphabet: "base64url" });
  bytes[40]! ^= 1;
  const forged = `waggle-signed-${bytes.toBase64({ alphabet: "base64url", omitPadding: true })}`;
  const times: number[] = [];
  for (const answer of [forged, "waggle-signed-AAAA", "nonsense", ""]) {
    const since = performance.now();
    assertEquals(plain(await visitor.post("/sign-in", { challenge, answer })), plain(unknown));
    times.push(performance.now() - since);
  }
  assert(Math.min(...times) >= 295, "no refusal is quicker than all the work there could be");
  assertEquals(unknown.status, 401);
  // The same after the member was revoked, and its own challenge still works until then.
  assertEquals((await visitor.post("/sign-in", { challenge, answer: signed })).status, 303);
});

Deno.test("signing in: a challenge is good once, for five minutes, and for one browser", async () => {
  await using hub = await TestHub.start();
  const { key } = await hub.member();
  const visitor = new Visitor(hub.url);
  const challenge = await visitor.challenge();
  const isTold = ({ status, text }: Answer) => status === 401 && text.includes("Here is a new one");
  assert(isTold(await new Visitor(hub.url).signIn(hub, key, challenge)), "another browser");
  assertEquals((await visitor.signIn(hub, key, challenge)).status, 303);
  assert(isTold(await visitor.signIn(hub, key, challenge)), "again");
  const late = await visitor.challenge();
  hub.aheadMs += 301_000;
  assert(isTold(await visitor.signIn(hub, key, late)), "too late");
  const invented = `waggle-sign-in-${
    new Uint8Array(32).fill(7).toBase64({ alphabet: "base64url", omitPadding: true })
  }`;
  assert(isTold(await visitor.signIn(hub, key, invented)), "not ours");
});

Deno.test("signing in: what another site makes a browser send is refused", async () => {
  await using hub = await TestHub.start();
  const { key } = await hub.member();
  for (
    const headers of [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: "https://elsewhere.example" },
      { origin: "null" },
    ] as Record<string, string>[]
  ) {
    const visitor = new Visitor(hub.url, headers);
    assertEquals((await visitor.signIn(hub, key)).status, 403, JSON.stringify(headers));
  }
  const own = new Visitor(hub.url, { origin: hub.url });
  assertEquals((await own.signIn(hub, key)).status, 303);
  await own.post("/sign-out", { token: "guessed" });
  assertEquals((await own.get("/now")).status, 200, "without the token nobody signs anybody out");
  const token = /name="token" value="([0-9a-f]+)"/.exec((await own.get("/now")).text)![1]!;
  await own.post("/sign-out", { token });
  assertEquals((await own.get("/now")).status, 303);
});

Deno.test("signing in: the way back leads to a page of ours, and nowhere else", async () => {
  await using hub = await TestHub.start();
  const { key } = await hub.member();
  for (
    const [next, to] of [["/trends", "/trends"], ["//elsewhere.example", "/now"], ["/hub", "/now"], [
      "https:x",
      "/now",
    ]]
  ) {
    const visitor = new Visitor(hub.url);
    const challenge = await visitor.challenge();
    const answer = await answerChallenge(parseChallenge(challenge)!, hub.key.publicKey, key);
    assertEquals((await visitor.post("/sign-in", { challenge, answer, next: next! })).location, to);
  }
});

Deno.test("signing in: strangers who try all the time keep no member out, and a member does not try all the time", async () => {
  await using hub = await TestHub.start();
  const { key } = await hub.member();
  const { key: other } = await hub.member();
  const visitor = new Visitor(hub.url);
  const challenge = await visitor.challenge();
  const answer = await answerChallenge(parseChallenge(challenge)!, hub.key.publicKey, await newOperator());
  const attempts = Array.from({ length: 620 }, () => visitor.post("/sign-in", { challenge, answer }));
  assertEquals(new Set((await Promise.all(attempts)).map(({ status }) => status)), new Set([401]));
  assertEquals((await visitor.signIn(hub, key)).status, 303);
  const wrong = `waggle-signed-${
    new Uint8Array([...key.publicKey, ...new Uint8Array(64)]).toBase64({
      alphabet: "base64url",
      omitPadding: true,
    })
  }`;
  const own = await visitor.challenge();
  await Promise.all(
    Array.from({ length: 29 }, () => visitor.post("/sign-in", { challenge: own, answer: wrong })),
  );
  assertEquals((await visitor.signIn(hub, key)).status, 401, "the 31st in a minute");
  assertEquals((await new Visitor(hub.url).signIn(hub, other)).status, 303, "and nobody else");
  hub.aheadMs += 61_000;
  assertEquals((await visitor.signIn(hub, key)).status, 303);
});

Deno.test("sessions: over after 30 minutes without a visit; what a page fetches by itself is none", async () => {
  await using hub = await TestHub.start();
  const { key } = await hub.member();
  const visitor = new Visitor(hub.url);
  await visitor.signIn(hub, key);
  hub.aheadMs += 29 * 60_000;
  assertEquals((await visitor.get("/now")).status, 200);
  hub.aheadMs += 29 * 60_000;
  assertEquals((await visitor.get("/now", { "x-waggle-live": "1" })).status, 200);
  hub.aheadMs += 2 * 60_000;
  assertEquals((await visitor.get("/now")).status, 303);
});

Deno.test("sessions: over after 12 hours, whatever happens", async () => {
  await using hub = await TestHub.start();
  const { key } = await hub.member();
  const visitor = new Visitor(hub.url);
  await visitor.signIn(hub, key);
  for (let minutes = 0; minutes < 12 * 60; minutes += 20) {
    assertEquals((await visitor.get("/policy")).status, 200);
    hub.aheadMs += 20 * 60_000;
  }
  hub.aheadMs += 60_000;
  assertEquals((await visitor.get("/policy")).status, 303);
});

Deno.test("sessions: a member has four; a fifth takes the place of the first", async () => {
  await using hub = await TestHub.start();
  const { key } = await hub.member();
  const visitors = Array.from({ length: 5 }, () => new Visitor(hub.url));
  for (const visitor of visitors) await visitor.signIn(hub, key);
  const statuses = [];
  for (const visitor of visitors) statuses.push((await visitor.get("/policy")).status);
  assertEquals(statuses, [303, 200, 200, 200, 200]);
});

Deno.test("sessions: one that asks for more pages than anybody reads has to wait, and nobody else", async () => {
  await using hub = await TestHub.start();
  const [{ key }, { key: other }] = [await hub.member(), await hub.member()];
  const [greedy, calm] = [new Visitor(hub.url), new Visitor(hub.url)];
  await greedy.signIn(hub, key);
  await calm.signIn(hub, other);
  for (let i = 0; i < 120; i++) assertEquals((await greedy.get("/policy.json")).status, 200);
  assertEquals((await greedy.get("/policy")).status, 429);
  assertEquals((await calm.get("/policy")).status, 200);
  hub.aheadMs += 61_000;
  assertEquals((await greedy.get("/policy")).status, 200);
});

Deno.test("sessions: a revoked member is out within seconds, also from an open page", async () => {
  await using hub = await TestHub.start();
  const { key } = await hub.member();
  const visitor = new Visitor(hub.url);
  await visitor.signIn(hub, key);
  const open = visitor.get("/events");
  const { store } = await openFolder(hub.folder);
  await store.revoke((await store.members())[0]!.slot);
  await store[Symbol.asyncDispose]();
  assertMatch((await open).text, /event: over\n/, "what is open is told, and ends");
  await until("the session to be over", async () => (await visitor.get("/now.json")).status === 401);
  const refused = await visitor.signIn(hub, key);
  const stranger = await visitor.signIn(hub, await newOperator());
  assertEquals(plain(refused), plain(stranger), "and is nobody from then on");
});

Deno.test("hub: a token opens its pages, once, in time, and only if this hub has made it", async () => {
  await using hub = await TestHub.start();
  const visitor = new Visitor(hub.url);
  const seconds = () => Math.floor(hub.now() / 1000);
  const enter = async (token: string) => {
    const page = await visitor.get("/hub/sign-in");
    const visit = /name="visit" value="([0-9a-f]+)"/.exec(page.text)![1]!;
    return await visitor.post("/hub/sign-in", { token, visit });
  };
  const other = await keyPair(newSeed("hub"));
  assertEquals((await enter(await newHubToken(other, seconds() + 60))).status, 401);
  assertEquals((await enter(await newHubToken(hub.key, seconds() - 1))).status, 401);
  assertEquals((await enter(await newHubToken(hub.key, seconds() + 86_400))).status, 401, "too good");
  const token = await newHubToken(hub.key, seconds() + 60);
  assertEquals(
    (await visitor.post("/hub/sign-in", { token, visit: "0".repeat(64) })).status,
    401,
    "not of this page",
  );
  const { status, location } = await enter(token);
  assertEquals([status, location], [303, "/hub"]);
  assertEquals((await visitor.get("/hub")).status, 200);
  assertEquals((await visitor.get("/now")).status, 200, "members' pages are part of the hub's");
  assertEquals((await enter(token)).status, 401, "once");
  const page = await (await fetch(`${hub.url}/metrics`)).text();
  assertMatch(page, /sign_ins_total\{outcome="hub"\} 1\n/);
});

Deno.test("hub: its pages are closed to members and strangers, as HTML and as JSON", async () => {
  await using hub = await TestHub.start();
  const { key } = await hub.member();
  const member = new Visitor(hub.url);
  await member.signIn(hub, key);
  for (const visitor of [member, new Visitor(hub.url)]) {
    for (const path of ["/hub", "/hub/members", "/hub/sessions"]) {
      assertEquals((await visitor.get(path)).location, `/hub/sign-in?next=${encodeURIComponent(path)}`);
      const { status, text } = await visitor.get(`${path}.json`);
      assertEquals([status, text], [401, `{"error":"Sign in first"}`]);
    }
  }
  for (const path of ["/now", "/trends", "/incidents", "/incidents/1", "/policy", "/compare", "/events"]) {
    const answer = await new Visitor(hub.url).get(path);
    assert(answer.status === 303 || path === "/events" && answer.status === 401, path);
    if (path !== "/events") assertEquals((await new Visitor(hub.url).get(`${path}.json`)).status, 401, path);
  }
});

Deno.test("no page and no header of one says an address, and none may be kept or loaded elsewhere", async () => {
  await using hub = await TestHub.start();
  const { key } = await hub.member();
  const visitor = new Visitor(hub.url);
  await visitor.signIn(hub, key);
  const token = await newHubToken(hub.key, Math.floor(hub.now() / 1000) + 60);
  const visit = /name="visit" value="([0-9a-f]+)"/.exec((await visitor.get("/hub/sign-in")).text)![1]!;
  await visitor.post("/hub/sign-in", { token, visit });
  for (
    const path of [
      "/now",
      "/trends",
      "/incidents",
      "/policy",
      "/compare",
      "/hub",
      "/hub/members",
      "/hub/sessions",
    ]
  ) {
    for (const [suffix, type] of [["", "text/html"], [".json", "application/json"]]) {
      const cookie = [...visitor.cookies].map((pair) => pair.join("=")).join("; ");
      const answer = await fetch(hub.url + path + suffix, { headers: { cookie } });
      assertEquals(answer.status, 200, path);
      assert(answer.headers.get("content-type")!.startsWith(type!));
      assertEquals(answer.headers.get("cache-control"), "no-store");
      assertMatch(answer.headers.get("content-security-policy")!, /^default-src 'self'; /);
      assertNotEquals(answer.headers.get("x-content-type-options"), null);
      const text = await answer.text() + JSON.stringify([...answer.headers]);
      assert(!/127\.0\.0\.|::1|localhost/.test(text), path);
    }
  }
});

Deno.test("a store that cannot be read is trouble that the log tells, and no page shows", async () => {
  await using hub = await TestHub.start();
  const { key } = await hub.member();
  const visitor = new Visitor(hub.url);
  await visitor.signIn(hub, key);
  await hub.store[Symbol.asyncDispose]();
  const { status, text } = await visitor.get("/now");
  assertEquals(status, 503);
  assert(text.includes("Try again in a") && !/database|sqlite/i.test(text));
  assertEquals((await visitor.get("/now.json")).text, `{"error":"The hub has trouble, try again"}`);
  assert(hub.lines.some((line) => line.startsWith("error: Cannot show a page: ")), hub.lines.join("\n"));
});

Deno.test("the lines that `uplink sign` and `hub token` print sign in", async () => {
  await using hub = await TestHub.start();
  const folder = `${hub.folder}/operator`;
  const uplink = ["--uplink.folder", folder];
  await run("uplink", "keygen", ...uplink);
  const invitation = invitationText(await hub.invitation());
  await run(
    "uplink",
    "join",
    ...uplink,
    "--uplink.hub",
    `${hub.url.replace("http", "ws")}/uplink`,
    invitation,
  );
  await hub.member(await keyPair(await Deno.readTextFile(`${folder}/operator.seed`)));
  const member = new Visitor(hub.url);
  const challenge = await member.challenge();
  const answer = await run("uplink", "sign", ...uplink, challenge);
  assertEquals((await member.post("/sign-in", { challenge, answer })).location, "/now");
  const operator = new Visitor(hub.url);
  const visit = /name="visit" value="([0-9a-f]+)"/.exec((await operator.get("/hub/sign-in")).text)![1]!;
  const token = await run("hub", "token", "--hub.folder", hub.folder);
  assertEquals((await operator.post("/hub/sign-in", { token, visit })).location, "/hub");
});

/** What a command prints. */
async function run(...words: string[]): Promise<string> {
  const cwd = new URL("../../", import.meta.url);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "mod.ts", ...words],
    cwd,
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
