import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { isThere } from "../../runtime/files.ts";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { contributorLine, newContributionCode } from "../../proto/federation/contribution.ts";
import { type KeyPair, keyPair, newSeed } from "../../proto/federation/keys.ts";
import { encodeEvent, type Event } from "../../proto/event.ts";
import { logFor } from "../../runtime/log.ts";
import { plainArchive, temporaryFolder } from "../../tests/parts/archives.ts";
import { until } from "../../tests/parts/until.ts";
import { POLICIES } from "../../tools/redact/policy.ts";
import {
  changeManifest,
  exampleOffer,
  exampleSet,
  replaceArchive,
} from "../../tests/federation/data_sets.ts";
import { inspect } from "./inspect.ts";
import { Intake, MOST_CHUNK_BYTES, type Progressed } from "./intake.ts";
import { readList } from "./listed.ts";
import { bytesOf, idOf, type Offer, offerOf, offerText, parseOffer, Refused } from "./offer.ts";
import { Shelf } from "./shelf.ts";

const MB = 1_000_000;
const ROOMY = { file: 100 * MB, set: 100 * MB, total: 1000 * MB, bytesPerMinute: 1000 * MB };
const hub = await keyPair(newSeed("hub"));
const [alice, bob, stranger] = await Promise.all([1, 2, 3].map(() => keyPair(newSeed("operator")))) as [
  KeyPair,
  KeyPair,
  KeyPair,
];
const NEVER = new AbortController().signal;

/** A hub's intake on a folder of its own, with a clock that can be set. */
class World implements AsyncDisposable {
  aheadMs = 0;
  readonly lines: string[] = [];
  readonly shelf: Shelf;
  intake: Intake;
  readonly set: string;
  readonly #limits: typeof ROOMY;

  private constructor(readonly path: string, limits: typeof ROOMY) {
    this.#limits = limits;
    this.shelf = new Shelf({ folder: path, site: `${path}/public`, now: () => this.now() });
    this.intake = this.restarted();
    this.set = `${path}/made`;
  }

  static async make(limits: Partial<typeof ROOMY> = {}): Promise<World> {
    const path = await Deno.makeTempDir({ prefix: "waggle-datasets-" });
    return new World(path, { ...ROOMY, ...limits });
  }

  now(): number {
    return Date.now() + this.aheadMs;
  }

  restarted(): Intake {
    return this.intake = new Intake({
      shelf: this.shelf,
      limits: this.#limits,
      hubKey: hub.publicKey,
      member: (key) =>
        Promise.resolve(
          [alice, bob].find(({ publicKey }) => publicKey.toHex() === key.toHex())?.publicKey.toHex().slice(
            0,
            12,
          ),
        ),
      now: () => this.now(),
      log: logFor("hub", ({ message }) => this.lines.push(message)),
    });
  }

  /** Asks as the HTTP server does: how long may it be, and then the whole. */
  async ask(path: string, line: string, body: string | Uint8Array<ArrayBuffer> = "") {
    const url = new URL(`http://hub/contribute/${path}`);
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    if (bytes.length > await this.intake.mostBytes(url, line)) return { status: 413, said: {} };
    const request = new Request(url, { method: "POST", headers: { authorization: line }, body: bytes });
    const response = await this.intake.answer(request);
    // deno-lint-ignore no-explicit-any -- what is said is what is tested
    return { status: response.status, said: await response.json() as any };
  }

  /** Sends all that the hub does not have, in pieces. */
  async send(offer: Offer, line: string, pieceBytes = MOST_CHUNK_BYTES): Promise<Progressed> {
    const { said } = await this.ask("offer", line, offerText(offer));
    if (said.state !== "arriving") return said;
    for (const { name, bytes } of offer.files) {
      const all = await Deno.readFile(`${this.set}/${name}`);
      for (let at: number = said.have[name]; at < bytes;) {
        const piece = all.slice(at, at + pieceBytes);
        const { said: answer } = await this.ask(`${idOf(offer)}/${name}?at=${at}`, line, piece);
        assertEquals(answer, { size: at + piece.length });
        at += piece.length;
      }
    }
    return (await this.ask(idOf(offer), line)).said;
  }

  /** Lets the hub look at what has come, and gives what became of a data set. */
  async looked(id: string) {
    const stop = new AbortController();
    const running = this.intake.run(stop.signal);
    try {
      return await until("a decision", async () => {
        const entry = await this.shelf.find(id);
        return entry?.state === "checking" ? undefined : entry;
      });
    } finally {
      stop.abort();
      await running;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

function lineOf(key: KeyPair, offer: Offer): Promise<string> {
  return contributorLine(key, hub.publicKey, Uint8Array.fromHex(idOf(offer)));
}

Deno.test("a member's data set comes in pieces, waits, is released and listed, byte for byte", async () => {
  await using world = await World.make();
  await exampleSet(world.set);
  const offer = await exampleOffer(world.set);
  const [id, line] = [idOf(offer), await lineOf(alice, offer)];
  assertEquals((await world.send(offer, line, 10_000)).state, "checking");
  // A hub that was stopped in between goes on.
  world.restarted();
  const entry = (await world.looked(id))!;
  assertEquals([entry.state, entry.manifest?.recordings.length], ["waiting", 1]);
  assertEquals(await readList(`${world.path}/public`), []);
  await world.shelf.release(entry);
  const [listed] = await readList(`${world.path}/public`);
  assertEquals([listed?.id, listed?.policy, listed?.bytes], [id, "strict", bytesOf(offer)]);
  assertEquals(Object.values(listed!.events).reduce((sum, count) => sum + count), 500);
  for (const { name } of offer.files) {
    const released = await Deno.readFile(`${world.path}/public/datasets/${id}/${name}`);
    assertEquals(released, await Deno.readFile(`${world.set}/${name}`));
  }
  assertEquals((await world.ask("offer", line, offerText(offer))).said.state, "released");
  assertEquals(await world.shelf.entries(), []);
  assert(!world.lines.join("\n").includes(alice.publicKey.toHex().slice(0, 12)), "the log does not say who");
  await world.shelf.withdraw(id);
  assertEquals(
    [await readList(`${world.path}/public`), isThere(`${world.path}/public/datasets/${id}`)],
    [
      [],
      false,
    ],
  );
});

Deno.test("what has come says where it goes on, and nothing else is taken", async () => {
  await using world = await World.make();
  await exampleSet(world.set);
  const offer = await exampleOffer(world.set);
  const [id, line] = [idOf(offer), await lineOf(alice, offer)];
  await world.ask("offer", line, offerText(offer));
  const readme = await Deno.readFile(`${world.set}/README.md`);
  assertEquals((await world.ask(`${id}/README.md?at=0`, line, readme.slice(0, 99))).said, { size: 99 });
  // The answer was lost, and it is sent again.
  assertEquals((await world.ask(`${id}/README.md?at=0`, line, readme.slice(0, 99))).said, { size: 99 });
  world.restarted();
  assertEquals((await world.ask("offer", line, offerText(offer))).said.have["README.md"], 99);
  const refusals: [string, Uint8Array<ArrayBuffer>, string][] = [
    [`${id}/README.md?at=99`, new Uint8Array(readme.length), "too-large"],
    [`${id}/README.md?at=-1`, readme, "malformed"],
    [`${id}/README.md`, readme, "malformed"],
    [`${id}/other.md?at=0`, readme, "unknown-file"],
    [`${id}/..%2f..%2fx?at=0`, readme, "unknown-file"],
    [`${id}/%2e%2e/${id}/offer.json?at=0`, readme, "unknown-file"],
    [id, new Uint8Array(0), "incomplete"],
    [`${"0".repeat(32)}`, new Uint8Array(0), "unauthorized"],
    ["", new Uint8Array(0), "unauthorized"],
  ];
  for (const [path, body, word] of refusals) {
    assertEquals((await world.ask(path, line, body)).said.refused, word, path);
  }
  assertEquals(
    (await world.ask(`${id}/README.md?at=99`, line, new Uint8Array(MOST_CHUNK_BYTES + 1))).status,
    413,
  );
});

Deno.test("strangers send nothing, and have a small voice", async () => {
  await using world = await World.make();
  await exampleSet(world.set);
  const offer = await exampleOffer(world.set);
  const [id, line] = [idOf(offer), await lineOf(alice, offer)];
  await world.ask("offer", line, offerText(offer));
  const seconds = Math.floor(world.now() / 1000);
  const other = await keyPair(newSeed("hub"));
  const lines = [
    "",
    "Basic YTpi",
    await lineOf(stranger, offer),
    await contributorLine(alice, other.publicKey, Uint8Array.fromHex(id)),
    await contributorLine(alice, hub.publicKey, new Uint8Array(16)),
    await newContributionCode(other, seconds + 60),
  ];
  for (const line of lines) {
    assertEquals((await world.ask("offer", line, offerText(offer))).said.refused, "unauthorized", line);
    assertEquals((await world.ask(id, line)).said.refused, "unauthorized", line);
    // Not even read.
    assertEquals((await world.ask(`${id}/README.md?at=0`, line, new Uint8Array(10))).status, 413, line);
  }
  const bobs = await lineOf(bob, offer);
  assertEquals((await world.ask("offer", bobs, offerText(offer))).said.refused, "not-yours");
  assertEquals((await world.ask(`${id}/README.md?at=0`, bobs, new Uint8Array(10))).said.refused, "not-yours");
});

Deno.test("a code is good for one data set, until its time is over", async () => {
  await using world = await World.make();
  await exampleSet(world.set);
  const offer = await exampleOffer(world.set);
  const seconds = Math.floor(world.now() / 1000);
  const code = await newContributionCode(hub, seconds + 60);
  const late = await newContributionCode(hub, seconds - 1);
  assertEquals((await world.ask("offer", late, offerText(offer))).said.refused, "expired");
  assertEquals((await world.ask("offer", code, offerText(offer))).said.state, "arriving");
  await Deno.writeTextFile(`${world.set}/manifest.json`, "{}");
  const another = await exampleOffer(world.set);
  assertEquals((await world.ask("offer", code, offerText(another))).said.refused, "used");
  // What was begun may be ended, also when the code has been forgotten.
  world.aheadMs = 3_600_000;
  await world.shelf.expire();
  assertEquals((await world.ask("offer", code, offerText(offer))).said.state, "arriving");
  assertEquals((await world.ask("offer", code, offerText(another))).said.refused, "expired");
});

Deno.test("a code may be used again for a better data set where the first was refused", async () => {
  await using world = await World.make();
  await exampleSet(world.set);
  const code = await newContributionCode(hub, Math.floor(world.now() / 1000) + 60);
  const verification = await Deno.readTextFile(`${world.set}/verification.json`);
  await Deno.writeTextFile(`${world.set}/verification.json`, "{}");
  const bad = await exampleOffer(world.set);
  await world.send(bad, code);
  assertEquals((await world.looked(idOf(bad)))?.state, "refused");
  await Deno.writeTextFile(`${world.set}/verification.json`, verification);
  const good = await exampleOffer(world.set);
  await world.send(good, code);
  assertEquals((await world.looked(idOf(good)))?.state, "waiting");
});

Deno.test("there are limits for a file, a data set, all of them, a contributor, and for how fast it comes", async () => {
  await using world = await World.make({ file: 40_000, set: 60_000, total: 90_000, bytesPerMinute: 1 });
  await exampleSet(world.set);
  const offer = await exampleOffer(world.set);
  const of = (sizes: number[]): Offer => {
    const texts = offer.files.filter(({ name }) => !name.startsWith("redacted"));
    const sha256 = crypto.getRandomValues(new Uint8Array(32)).toHex();
    const archives = sizes.map((bytes, i) => ({ name: `redacted-000${i + 1}.bin`, bytes, sha256 }));
    return offerOf([...texts, ...archives]);
  };
  const say = async (key: KeyPair, offer: Offer) =>
    (await world.ask("offer", await lineOf(key, offer), offerText(offer))).said;
  assertEquals((await say(alice, of([40_001]))).refused, "too-large");
  assertEquals((await say(alice, of([40_000, 40_000]))).refused, "too-large");
  assertEquals((await say(alice, of([40_000]))).state, "arriving");
  assertEquals((await say(bob, of([40_000]))).state, "arriving");
  assertEquals((await say(alice, of([1000]))).refused, "full");
  assertEquals(await Array.fromAsync(Deno.readDir(`${world.path}/datasets`)).then(({ length }) => length), 2);
  await using narrow = await World.make({ bytesPerMinute: 1 });
  const offers = Array.from({ length: 4 }, () => of([3 * MOST_CHUNK_BYTES]));
  const states = [];
  for (const each of offers) {
    const { said } = await narrow.ask("offer", await lineOf(alice, each), offerText(each));
    states.push(said.state ?? said.refused);
  }
  assertEquals(states, ["arriving", "arriving", "arriving", "too-many"]);
  const [path, line] = [`${idOf(offers[0]!)}/redacted-0001.bin?at=`, await lineOf(alice, offers[0]!)];
  const piece = new Uint8Array(MOST_CHUNK_BYTES);
  assertEquals((await narrow.ask(`${path}0`, line, piece)).said, { size: MOST_CHUNK_BYTES });
  const early = await narrow.ask(`${path}${MOST_CHUNK_BYTES}`, line, piece);
  assertEquals([early.status, early.said.refused], [429, "too-fast"]);
  narrow.aheadMs += early.said.afterMs;
  assertEquals((await narrow.ask(`${path}${MOST_CHUNK_BYTES}`, line, piece)).said, {
    size: 2 * MOST_CHUNK_BYTES,
  });
});

Deno.test("what nobody finishes goes after three days, and what came later is not taken for it", async () => {
  await using world = await World.make();
  await exampleSet(world.set);
  const offer = await exampleOffer(world.set);
  const [id, line] = [idOf(offer), await lineOf(alice, offer)];
  await world.ask("offer", line, offerText(offer));
  await world.ask(`${id}/README.md?at=0`, line, new Uint8Array(10));
  world.aheadMs = 71 * 3_600_000;
  assertEquals(await world.shelf.expire(), 0);
  world.aheadMs = 74 * 3_600_000;
  assertEquals(await world.shelf.expire(), 1);
  assertEquals([await world.shelf.entries(), isThere(`${world.path}/datasets/${id}`)], [[], false]);
  assertEquals((await world.ask(`${id}/README.md?at=10`, line, new Uint8Array(10))).said.refused, "gone");
});

const version: Event = {
  timestamp: 1_500_000_000_000,
  kind: "connection",
  value: {
    event: {
      case: "inbound",
      value: {
        conn: { peerId: 7, addr: "81.187.93.204:8333", connType: 1, network: 1 },
        existingConnections: 0,
      },
    },
  },
};
const silent = encodeEvent({
  timestamp: 1_500_000_000_000,
  kind: "rpc",
  value: { rpcEvent: { case: "uptime", value: 0 } },
});

const LIES: Readonly<Record<string, [change: (folder: string) => void | Promise<void>, why: RegExp]>> = {
  "an archive with an address in it": [
    (set) => replaceArchive(set, plainArchive([encodeEvent(version)])),
    /found that should not be there, first in redacted-0001.bin.zst, event 1 \(an address that is no pseudonym\)$/,
  ],
  "an archive with fewer events than it says": [
    (set) => replaceArchive(set, plainArchive([silent])),
    /other numbers of events/,
  ],
  "an archive that is cut off": [
    (set) => replaceArchive(set, Deno.readFileSync(`${set}/redacted-0001.bin.zst`).slice(0, -20)),
    /is cut off|no whole archive/,
  ],
  "an archive with the beginning of one more event": [
    (set) => {
      const archive = zstdDecompressSync(Deno.readFileSync(`${set}/redacted-0001.bin.zst`));
      return replaceArchive(set, Uint8Array.from([...archive, 5, 1]));
    },
    /is cut off/,
  ],
  "no archive at all": [
    (set) => replaceArchive(set, new TextEncoder().encode("#!/bin/sh\nrm -rf /\n")),
    /no whole archive/,
  ],
  "an archive that becomes ten thousand times as large": [
    (set) => replaceArchive(set, bomb()),
    /more than 1000 times as large/,
  ],
  "words in the README": [
    (set) => Deno.writeTextFile(`${set}/README.md`, "Visit https://example.org", { append: true }),
    /README.md is not as redact writes it/,
  ],
  "another licence": [
    (set) => Deno.writeTextFile(`${set}/LICENSE`, "All rights reserved\n"),
    /LICENSE is not as redact writes it/,
  ],
  "a manifest of something else": [
    (set) =>
      changeManifest(set, (manifest) => ({ ...manifest, files: [{ ...manifest.files[0]!, bytes: 1 }] })),
    /not those of manifest.json/,
  ],
  "a report that something was found": [
    (set) => replaceIn(`${set}/verification.json`, '"passed": true', '"passed": false'),
    /verification.json: something was found/,
  ],
  "a report with a word too many": [
    (set) => replaceIn(`${set}/verification.json`, '"passed"', '"seen": "81.187.93.204", "passed"'),
    /verification.json: it is not as/,
  ],
  "a policy that keeps more than it may": [
    (set) => replaceIn(`${set}/manifest.json`, '"own": "drop"', '"own": "keep"'),
    /manifest.json: it is not as/,
  ],
};

/** The same event again and again: some kilobytes that become 20 MB. */
function bomb(): Uint8Array<ArrayBuffer> {
  const start = plainArchive([silent]);
  const record = start.slice(-silent.length - 1);
  const archive = new Uint8Array(start.length + 1_000_000 * record.length);
  archive.set(start);
  for (let at = start.length; at < archive.length; at += record.length) archive.set(record, at);
  return new Uint8Array(zstdCompressSync(archive));
}

async function replaceIn(path: string, before: string, after: string): Promise<void> {
  const text = await Deno.readTextFile(path);
  assertStringIncludes(text, before);
  await Deno.writeTextFile(path, text.replace(before, after));
}

Deno.test(`the hub looks for itself: ${Object.keys(LIES).length} lies are refused, and nothing of them stays`, async (t) => {
  await using world = await World.make();
  const honest = `${world.path}/honest`;
  await exampleSet(honest, { events: 50 });
  for (const [lie, [change, why]] of Object.entries(LIES)) {
    await t.step(lie, async () => {
      await Deno.mkdir(world.set, { recursive: true });
      for (const { name } of Deno.readDirSync(honest)) {
        Deno.copyFileSync(`${honest}/${name}`, `${world.set}/${name}`);
      }
      await change(world.set);
      const offer = await exampleOffer(world.set);
      const [id, line] = [idOf(offer), await lineOf(alice, offer)];
      await world.send(offer, line);
      const entry = await world.looked(id);
      assertEquals(entry?.state, "refused");
      assertMatch(entry!.why!, why);
      assertEquals(isThere(world.shelf.filesOf(id)), false);
      assertEquals(
        (await world.ask("offer", await lineOf(bob, offer), offerText(offer))).said.refused,
        "not-yours",
      );
      await Deno.remove(world.set, { recursive: true });
    });
  }
});

Deno.test("another hash than the offered one is noticed, and so is what nobody may publish", async (t) => {
  const cases: [string, Parameters<typeof exampleSet>[1], string][] = [
    ["without a licence", { licence: "none" }, "is not in it: redact with --redact.license"],
    [
      "with pseudonyms that can be reversed",
      { policy: { name: "research", classes: POLICIES.research } },
      "can be reversed",
    ],
  ];
  for (const [what, options, why] of cases) {
    await t.step(what, async () => {
      await using folder = await temporaryFolder();
      const set = `${folder.path}/set`;
      await exampleSet(set, { events: 20, ...options });
      const work = async () =>
        await inspect(set, parseOffer(offerText(await exampleOffer(set))), { signal: NEVER });
      await assertRejects(work, Refused, why);
    });
  }
  await using folder = await temporaryFolder();
  const set = `${folder.path}/set`;
  await exampleSet(set, { events: 20 });
  const offer = await exampleOffer(set);
  await inspect(set, offer, { signal: NEVER });
  await Deno.symlink("/etc/hostname", `${set}/extra`);
  await assertRejects(() => inspect(set, offer, { signal: NEVER }), Refused, 'a file too many: "extra"');
  await Deno.remove(`${set}/extra`);
  await Deno.rename(`${set}/LICENSE`, `${folder.path}/LICENSE`);
  await assertRejects(() => inspect(set, offer, { signal: NEVER }), Refused, "LICENSE is missing");
  await Deno.symlink(`${folder.path}/LICENSE`, `${set}/LICENSE`);
  await assertRejects(() => inspect(set, offer, { signal: NEVER }), Refused, 'a file too many: "LICENSE"');
  await Deno.remove(`${set}/LICENSE`);
  await Deno.writeTextFile(`${set}/LICENSE`, "x");
  await assertRejects(() => inspect(set, offer, { signal: NEVER }), Refused, "LICENSE has another hash");
});

Deno.test("parseOffer() takes the names of a data set and one spelling", () => {
  const sha256 = "0".repeat(64);
  const file = (name: string, bytes: unknown = 1) => ({ bytes, name, sha256 });
  const texts = ["LICENSE", "README.md", "manifest.json", "verification.json"].map((name) => file(name));
  const [archive, all] = [file("redacted-0001.bin"), [
    ...texts.slice(0, 3),
    file("redacted-0001.bin"),
    texts[3]!,
  ]];
  const text = (files: unknown) => JSON.stringify({ files, format: "waggle-offer-1" });
  assertEquals(parseOffer(text(all)).files.length, 5);
  const wordOf = (text: string): string | undefined => {
    try {
      parseOffer(text);
    } catch (error) {
      assert(error instanceof Refused, `${error}`);
      return error.word;
    }
    return undefined;
  };
  const refusals: [string, string][] = [
    ["", "malformed"],
    ["null", "malformed"],
    ["[]", "malformed"],
    [text(null), "malformed"],
    [text([null]), "unknown-file"],
    [text(texts), "incomplete"],
    [text([archive]), "incomplete"],
    [text([...all].reverse()), "malformed"],
    [`${text(all)} `, "malformed"],
    [text([...all.slice(0, 3), archive, archive, texts[3]]), "malformed"],
    [text([...all, file("redacted-0002.bin.exe")]), "unknown-file"],
    [text([...all, file("../redacted-0002.bin")]), "unknown-file"],
    [text([...all, file("redacted-0002.bin\0")]), "unknown-file"],
    [text([...all, file("redacted-0002.bin", 0)]), "malformed"],
    [text([...all, file("redacted-0002.bin", 1e300)]), "malformed"],
    [text([...all, file("redacted-0002.bin", "1")]), "malformed"],
    [text([...all, { ...file("redacted-0002.bin"), sha256: "x" }]), "malformed"],
    [text(Array.from({ length: 257 }, () => archive)), "too-large"],
    [text([texts[0], file("README.md", 2 * MB), ...all.slice(2)]), "too-large"],
  ];
  for (const [text, word] of refusals) assertEquals(wordOf(text), word, text.slice(0, 200));
});
