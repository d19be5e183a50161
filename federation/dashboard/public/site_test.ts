import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { keyPair, newSeed } from "../../../proto/federation/keys.ts";
import { writeList } from "../../datasets/listed.ts";
import type { Release } from "../../release/document.ts";
import { LIVE_FILE, type LiveDocument } from "../../release/live.ts";
import { makeSample, RULES, type Sample, sampleLive } from "./_sample.ts";
import { Site } from "./site.ts";

async function written(sample: Sample, rules = RULES) {
  const wrong: string[] = [];
  const site = new Site({
    folder: sample.folder,
    hubKey: sample.hub.publicKey,
    onWrong: (what) => wrong.push(what),
  });
  const changed = await site.write(rules);
  const read = (path: string) => Deno.readTextFile(`${sample.folder}/${path}`);
  return { site, changed, read, wrong };
}

function tell(sample: Sample, live: unknown): Promise<void> {
  return Deno.writeTextFile(`${sample.folder}/${LIVE_FILE}`, JSON.stringify(live));
}

/** Text without its tags, as people read it. */
function textOf(html: string): string {
  return html.replace(/<[^>]*>/g, " ").replace(/&#39;/g, "'").replace(/[ \n]+/g, " ");
}

Deno.test("pages show each number of a release with its interval, and the noise that it has", async () => {
  await using sample = await makeSample({ months: 2 });
  const { read } = await written(sample);
  const [newest] = JSON.parse(await read("index.json")).releases;
  const release: Release = JSON.parse(await read(`releases/${newest.file}`));
  const page = await read("releases/2025-11.html");
  const peers = release.figures.find(({ group }) => group === "peers")!;
  const v2 = peers.numbers.find(({ name }) => name === "v2")!;
  const row = /<tr data-number="peers v2">.*?<\/tr>/s.exec(page)![0];
  const hundredths = (value: number) => (100 * value).toFixed(0);
  assertStringIncludes(textOf(row), `${hundredths(v2.value!)}\u202f%`);
  assertStringIncludes(textOf(row), `${hundredths(v2.low!)}–${hundredths(v2.high!)}\u202f%`);
  assertStringIncludes(textOf(page), `Standard deviation of the noise ${peers.noise.deviation}`);
  assertStringIncludes(textOf(page), `Reach of an operator ${peers.noise.diameter}`);
  assertStringIncludes(page, newest.file);
  assertStringIncludes(await read("history.html"), "encrypted (v2), October 2025 to November 2025");
  assertStringIncludes(textOf(await read("index.html")), "November 2025");
});

Deno.test("a number that was withheld is on no page: as if it did not exist", async () => {
  await using sample = await makeSample({ months: 1 });
  const { read } = await written(sample);
  const [{ file }] = JSON.parse(await read("index.json")).releases;
  const release: Release = JSON.parse(await read(`releases/${file}`));
  const behaviours = release.figures.find(({ group }) => group === "behaviours")!;
  const withheld = behaviours.numbers.filter(({ value }) => value === undefined);
  assert(withheld.length > 0 && withheld.length < behaviours.numbers.length);
  for (const path of ["releases/2025-10.html", "history.html", "index.html"]) {
    for (const { name } of withheld) assert(!(await read(path)).includes(`${name}"`), `${name} in ${path}`);
  }
});

Deno.test("a release that was changed is not shown, and its page is gone", async () => {
  await using sample = await makeSample({ operators: 8, months: 1 });
  await written(sample);
  const [{ file }] = JSON.parse(await Deno.readTextFile(`${sample.folder}/index.json`)).releases;
  const path = `${sample.folder}/releases/${file}`;
  await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replace("Too few", "Too many"));
  const { read, wrong } = await written(sample);
  assertMatch(wrong.join(), /2025-10: its name is not its hash/);
  assert(!(await read("index.html")).includes("2025-10"));
  assertEquals(await read("releases/2025-10.html").catch(() => "gone"), "gone");
});

Deno.test("releases of another hub are not shown", async () => {
  await using sample = await makeSample({ operators: 8, months: 1 });
  const { read, wrong } = await written({ ...sample, hub: await keyPair(newSeed("hub")) });
  assertMatch(wrong.join(), /another hub/);
  assertStringIncludes(await read("index.html"), "No numbers yet");
});

Deno.test("only what changed is written", async () => {
  await using sample = await makeSample({ operators: 8, months: 1 });
  const { site, changed } = await written(sample);
  assert(changed.length > 8, String(changed));
  assertEquals(await site.write(RULES), []);
  await tell(sample, sampleLive(sample.now));
  const live = ["index.html", "nodes.html", "data.html", "nodes/bee.example.html", "nodes/hive-2.html"];
  assertEquals(new Set(await site.write(RULES)), new Set(live));
  await sample.next();
  const next = ["index.html", "history.html", "data.html", "releases/2025-10.html", "releases/2025-11.html"];
  assertEquals(new Set(await site.write(RULES)), new Set(next));
});

Deno.test("a node that is not disclosed any more has no page", async () => {
  await using sample = await makeSample({ months: 0 });
  const live = sampleLive(sample.now);
  await tell(sample, live);
  const { site, read } = await written(sample);
  assertStringIncludes(await read("nodes/hive-2.html"), "hive-2");
  await tell(sample, { ...live, disclosed: live.disclosed.slice(0, 1) });
  await site.write(RULES);
  assertEquals(await read("nodes/hive-2.html").catch(() => "gone"), "gone");
  assert(!(await read("nodes.html")).includes("hive-2"));
});

Deno.test("what others chose stays text, and no link but https", async () => {
  await using sample = await makeSample({ months: 0 });
  const live = sampleLive(sample.now);
  const bad = '"><script>alert(1)</script>';
  const node = live.disclosed[0]!;
  const hostile: LiveDocument = {
    ...live,
    disclosed: [{ ...node, url: "javascript:alert(1)" as never, behaviours: { [bad as never]: 3 } }],
    chain: { ...live.chain, forks: [{ ...live.chain.forks[0]!, status: bad as never, hash: bad }] },
  };
  await tell(sample, hostile);
  const { read } = await written(sample);
  for (const path of ["index.html", "nodes/bee.example.html"]) {
    assert(!(await read(path)).includes("<script>alert"), path);
    assertStringIncludes(await read(path), "&lt;script&gt;alert");
  }
  assert(!(await read("nodes/bee.example.html")).includes("javascript:"));
  const file = { name: `../../x${bad}`, bytes: 1, sha256: bad };
  const dataSet = { id: bad, released: bad, licence: bad, policy: bad, recordings: 1, events: { [bad]: 1 } };
  await writeList(sample.folder, [{ ...dataSet, bytes: 1, files: [file] } as never]);
  const data = (await written(sample)).read;
  assert(!(await data("data.html")).includes("<script>alert"));
  assert(!(await data("data.html")).includes('href="datasets/'), "what is not served has no link");
});

Deno.test("pages speak for each state of the network, and for a damaged file", async () => {
  await using sample = await makeSample({ months: 0 });
  const live = sampleLive(sample.now);
  const until = sample.now + 3600;
  const alarm = { ...live.stress, on: true, since: sample.now, until } as LiveDocument["stress"];
  const off = { on: null, reason: "too small", alarmsPerYear: 4 } as const;
  const cases: [unknown, RegExp][] = [
    [live, /No alarm\. .*3 of 4 alarms are left/],
    [{ ...live, stress: alarm }, /Alarm since .* It ends by itself/],
    [{ ...live, stress: off }, /Not told\. So few operators/],
    [
      { ...live, chain: { tip: null, forks: [], invalid: [], delayed: [] } },
      /Too few operators tell the same/,
    ],
    [{ ...live, stress: undefined }, /Nothing live is told/],
    ["no document", /Nothing live is told/],
  ];
  for (const [document, says] of cases) {
    await tell(sample, document);
    const { read } = await written(sample);
    assertMatch(textOf(await read("index.html")), says);
  }
});

Deno.test("how it works says the numbers of the rules, not some numbers", async () => {
  await using sample = await makeSample({ months: 0 });
  const { read } = await written(sample, {
    ...RULES,
    noiseMilli: 20_000,
    clip: 7,
    kPublic: 9,
    releasesPerYear: 52,
  });
  const how = textOf(await read("how.html"));
  for (
    const words of [
      "noise of 20 times",
      "at most 7 of one thing",
      "at least 9 operators",
      "at most 52 releases",
    ]
  ) {
    assertStringIncludes(how, words);
  }
  assertMatch(how, /500 weekly/);
  assertStringIncludes(
    how,
    "Messages received a power of two quartiles noisy, per release: inv, tx, addrv2, cmpctblock only",
  );
  assertStringIncludes(how, "Transactions in the mempool a power of two quartiles never");
  const { read: readLess } = await written(sample, { ...RULES, groups: ["blocks"] });
  assertStringIncludes(
    textOf(await readLess("how.html")),
    "Peers by network a share, in steps of 3 % quartiles never",
  );
});
