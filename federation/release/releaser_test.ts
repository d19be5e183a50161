import { assert, assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import * as codec from "../../proto/federation/codec.ts";
import { encode } from "../../proto/federation/frame.ts";
import { keyPair, keyText, newSeed } from "../../proto/federation/keys.ts";
import { Metric, type Summary, TipStatus } from "../../proto/federation/schema.ts";
import { canonical, type Release } from "./document.ts";
import { GROUP_NAMES } from "./public.ts";
import { Releaser, type ReleaseRules } from "./releaser.ts";
import { releaseTime } from "./schedule.ts";
import { atom, readIndex } from "./site.ts";
import { verifyRelease } from "./verify_main.ts";

const JANUARY = { cadence: "monthly", from: Date.UTC(2026, 0) / 1000, to: Date.UTC(2026, 1) / 1000 } as const;
const FEBRUARY = { cadence: "monthly", from: JANUARY.to, to: Date.UTC(2026, 2) / 1000 } as const;
const FIRST_BIN = JANUARY.from / 600;
/** More than an eighth of a month. */
const BINS = 600;
const RULES: ReleaseRules = {
  ...{ noiseMilli: 15_000, releasesPerYear: 12, groups: GROUP_NAMES },
  ...{ kPublic: 5, clip: 64, alarmsPerYear: 2, alarmEpsilonMilli: 200 },
};

const bodies = Array.from({ length: 60 }, (_, operator) => {
  const summary: Summary = {
    ...{ sequence: 1, bin: 1, schema: 1, thin: false, sources: [1, 2], blocks: [], tips: [], anomalies: [] },
    values: [
      { metric: Metric.PEERS_BY_NETWORK, index: 1, value: 18 + operator % 3 },
      { metric: Metric.PEERS_V2, value: 19 },
      { metric: Metric.NETGROUPS_BY_AGENT, index: 7, value: 32 },
    ],
  };
  return encode(codec.encodeSummary, summary);
});
const STALE = { hash: new Uint8Array(32).fill(7), height: 930_000, status: TipStatus.VALID_FORK };
const feed = encode(codec.encodeFeed, { bin: 1, quartiles: [], blocks: [], tips: [STALE], incidents: [] });

/** A hub of which January and February are closed, in which everybody spoke for a while each month. */
function hubOf(operators: number, closed: { through: number }) {
  const speaks = (bin: number) => (bin - FIRST_BIN) % (31 * 144) < BINS;
  return {
    closedThrough: () => Promise.resolve(closed.through),
    async *summaries(bin: number) {
      if (!speaks(bin)) return;
      for (let slot = 0; slot < operators; slot++) {
        yield await Promise.resolve({ slot: slot * 7919, body: bodies[slot]! });
      }
    },
    closedBins: (from: number) => Promise.resolve(from === FIRST_BIN ? [{ bin: from, feed }] : []),
  };
}

async function withReleaser(
  run: (with_: {
    folder: string;
    site: string;
    closed: { through: number };
    hub: Awaited<ReturnType<typeof keyPair>>;
    releaser: Releaser;
  }) => Promise<void>,
  { operators = 60, members = operators }: { operators?: number; members?: number } = {},
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "waggle-release-" });
  try {
    const closed = { through: FIRST_BIN - 1 };
    const hub = await keyPair(newSeed("hub"));
    const [folder, site] = [`${root}/release`, `${root}/public`];
    await Deno.mkdir(folder);
    // Otherwise the gate would be closed by chance, once in some thousand runs.
    await Deno.writeFile(`${folder}/noise.key`, new Uint8Array(32).fill(1));
    const releaser = new Releaser({
      ...{ source: hubOf(operators, closed), folder, site, hub },
      rules: () => RULES,
      members: () => Promise.resolve({ operators: members, trees: members }),
    });
    await releaser.step(JANUARY.from);
    closed.through = FEBRUARY.from / 600 - 1;
    await run({ folder, site, closed, hub, releaser });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function newest(site: string): Promise<{ path: string; release: Release }> {
  const { file } = (await readIndex(site))[0]!;
  const path = `${site}/releases/${file}`;
  return { path, release: JSON.parse(await Deno.readTextFile(path)) };
}

Deno.test("a release is made when it is due, once, and can be verified", () =>
  withReleaser(async ({ site, hub, releaser }) => {
    assertEquals(await releaser.step(releaseTime(JANUARY) - 1), []);
    assertEquals(await readIndex(site), []);
    assertEquals(await releaser.step(releaseTime(JANUARY)), ["2026-01"]);
    assertEquals(await releaser.step(releaseTime(JANUARY) + 600), []);
    const { path, release } = await newest(site);
    assertEquals(release.released, releaseTime(JANUARY));
    assertEquals(release.figures.map(({ group }) => group), [...GROUP_NAMES]);
    assertEquals(release.chain.tips, [{ hash: "07".repeat(32), height: 930_000, status: "valid fork" }]);
    const checked = await verifyRelease(path, hub.publicKey);
    assert("checks" in checked, JSON.stringify(checked));
    assertEquals(checked.checks.length, 6);
    const text = await Deno.readTextFile(path);
    for (const word of ["slot", "members", 'operators":6', String(59 * 7919)]) {
      assert(!text.includes(word), word);
    }
  }));

Deno.test("numbers are near the truth, within the interval that stands beside them", () =>
  withReleaser(async ({ site, releaser }) => {
    await releaser.step(releaseTime(JANUARY));
    const { release } = await newest(site);
    const peers = release.figures.find(({ group }) => group === "peers")!;
    const v2 = peers.numbers.find(({ name }) => name === "v2")!;
    // Six times the deviation, which is wrong once in 10^9 runs.
    assert(Math.abs(v2.value! - 19 / 32) < 6 * peers.noise.deviation + 0.02, JSON.stringify(v2));
    assert(v2.low! <= v2.value! && v2.value! <= v2.high!);
  }));

Deno.test("interrupted after buying and before publishing: the same release, and nothing bought twice", () =>
  withReleaser(async ({ folder, site, releaser }) => {
    await releaser.step(JANUARY.to);
    const waiting = await Deno.readFile(`${folder}/collected.json`);
    await releaser.step(releaseTime(JANUARY));
    const { path, release } = await newest(site);
    const ledger = await Deno.readFile(`${folder}/ledger`);
    await Deno.remove(site, { recursive: true });
    await Deno.writeFile(`${folder}/collected.json`, waiting);
    assertEquals(await releaser.step(releaseTime(JANUARY) + 5000), ["2026-01"]);
    assertEquals((await newest(site)).path, path);
    assertEquals((await newest(site)).release, release);
    assertEquals(await Deno.readFile(`${folder}/ledger`), ledger);
  }));

Deno.test("with a broken ledger nothing is published", () =>
  withReleaser(async ({ folder, site, releaser }) => {
    await releaser.step(releaseTime(JANUARY));
    const bytes = await Deno.readFile(`${folder}/ledger`);
    bytes[100]! ^= 1;
    await Deno.writeFile(`${folder}/ledger`, bytes);
    await assertRejects(() => releaser.step(releaseTime(FEBRUARY)), SyntaxError, "nothing is published");
    assertEquals((await readIndex(site)).length, 1);
  }));

Deno.test("below five members there are facts about the chain and no numbers, and nothing is spent", () =>
  withReleaser(async ({ folder, site, releaser }) => {
    await releaser.step(releaseTime(JANUARY));
    const { release } = await newest(site);
    assertEquals(release.figures, []);
    assertEquals(release.chain.tips.length, 1);
    assertEquals((await Deno.stat(`${folder}/ledger`)).size, 0);
  }, { operators: 60, members: 4 }));

Deno.test("each release names the one before, and a new key signs from its time on", () =>
  withReleaser(async ({ site, closed, hub, releaser }) => {
    await releaser.step(releaseTime(JANUARY));
    const first = await newest(site);
    closed.through = FEBRUARY.to / 600;
    await releaser.rotate(FEBRUARY.to);
    assertEquals(await releaser.step(releaseTime(FEBRUARY)), ["2026-02"]);
    const second = await newest(site);
    assertEquals(first.release.previous, null);
    assertEquals(`${site}/releases/${second.release.previous}`, first.path);
    assertNotEquals(second.release.key, first.release.key);
    for (const { path } of [first, second]) {
      assert("checks" in await verifyRelease(path, hub.publicKey), "both keys count, each in its time");
    }
    const keys = JSON.parse(await Deno.readTextFile(`${site}/keys.json`)).keys;
    await Deno.writeTextFile(`${site}/keys.json`, JSON.stringify({ keys: keys.slice(0, 1) }));
    assertEquals(await verifyRelease(second.path, undefined), {
      wrong: "the hub has not given its key to whoever signed it",
    });
  }));

Deno.test("a release that was changed anywhere is not valid", () =>
  withReleaser(async ({ site, hub, releaser }) => {
    await releaser.step(releaseTime(JANUARY));
    const { path, release } = await newest(site);
    const elsewhere = path.replace(/[^/]*$/, "copy.json");
    const check = async (text: string) => {
      await Deno.writeTextFile(elsewhere, text);
      return await verifyRelease(elsewhere, hub.publicKey);
    };
    const text = canonical(release);
    assert("checks" in await check(text));
    assert("wrong" in await check(text.replace('"v2"', '"v1"')));
    assert("wrong" in await check(text + "\n"));
    assert("wrong" in await check(text.replace('"released":', '"released":1')));
    assert("wrong" in await check(""));
    const other = (await keyPair(newSeed("hub"))).publicKey;
    assertEquals(await verifyRelease(path, other), { wrong: "it is another hub's" });
    const stolen = path.replace(/[0-9a-f]{8}\.json$/, "00000000.json");
    await Deno.copyFile(path, stolen);
    assertEquals(await verifyRelease(stolen, hub.publicKey), {
      wrong: "its name is not its hash: it was changed",
    });
  }));

Deno.test("deno task verify-release checks over HTTP, and says what it checked", () =>
  withReleaser(async ({ site, hub, releaser }) => {
    await releaser.step(releaseTime(JANUARY));
    const { path } = await newest(site);
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
      const { pathname } = new URL(request.url);
      const bytes = await Deno.readFile(`${site}${pathname}`).catch(() => undefined);
      return new Response(bytes ?? null, { status: bytes === undefined ? 404 : 200 });
    });
    const run = async (...args: string[]) => {
      const task = [
        "run",
        "--allow-net",
        "--allow-read",
        new URL("verify_main.ts", import.meta.url).pathname,
      ];
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: [...task, ...args] })
        .output();
      return { code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
    };
    const url = `http://127.0.0.1:${server.addr.port}${path.slice(site.length)}`;
    const good = await run(url, "--hub", keyText("hub", hub.publicKey));
    assertEquals(good.code, 0, good.said);
    assertStringIncludes(good.said, "ok  the signature is right");
    assertEquals((await run(url + "x")).code, 1);
    assertEquals((await run(url, "--hub", "nobody")).code, 2);
    await server.shutdown();
  }));

Deno.test("the feed is escaped", () => {
  const feed = atom([{ epoch: "<b>&", released: 0, file: '"x".json' }]);
  assertStringIncludes(feed, "&#60;b&#62;&#38;");
  assert(!feed.includes("<b>"));
});
