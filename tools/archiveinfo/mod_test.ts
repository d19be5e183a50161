import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { zstdCompressSync } from "node:zlib";
import { findArchives } from "../../runtime/archive/play.ts";
import { decodeEvent, encodeEvent, type Event } from "../../proto/event.ts";
import { bool, message, varint } from "../../proto/golden/assemble.ts";
import { CREATED, GOLDEN, plainArchive, temporaryFolder, uptime } from "../../tests/parts/archives.ts";
import { inspect } from "./inspect.ts";
import { fileText, json, summaryText } from "./report.ts";
import { Summary, type SummaryOptions } from "./summary.ts";

const PLAIN: SummaryOptions = { messageDirections: false, showUnknownCommands: false };

async function look(bytes: Uint8Array, options = PLAIN) {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.bin`;
  await Deno.writeFile(path, bytes);
  const summary = new Summary(options);
  const info = await inspect({ path, size: bytes.length }, {
    summaryOf: () => summary,
    onProgress() {},
    signal: new AbortController().signal,
  });
  return { info: { ...info, path: "a.bin" }, summary };
}

const META = { peerId: 1, addr: "203.0.113.7:8333", connType: 1, command: "ping", inbound: true, size: 8 };
const ping = (meta: Partial<typeof META> = {}): Event => ({
  timestamp: CREATED * 1000,
  kind: "message",
  value: { meta: { ...META, ...meta }, msg: { case: "ping", value: { value: 1n } } },
});
const strange = (command: string): Event => ({
  timestamp: CREATED * 1000 + 1,
  kind: "message",
  value: {
    meta: { ...META, command },
    msg: { case: "unknown", value: { command, payload: Uint8Array.of(1) } },
  },
});

Deno.test("archiveinfo counts kinds, commands, bytes and times", async () => {
  const events = [ping(), ping({ inbound: false, size: 8 }), strange("x\x1b[2J")].map(encodeEvent);
  const none = message(varint(10, 5));
  const all = [...events, uptime(CREATED * 1000 + 9000, 1), none];
  const bytes = plainArchive(all, message(varint(1, CREATED), bool(2, false)));
  const { info, summary } = await look(bytes);
  assertEquals(info, {
    path: "a.bin",
    created: CREATED,
    lowData: false,
    compression: "none",
    events: 5,
    size: bytes.length,
    uncompressed: bytes.length,
    status: "complete",
  });
  assertEquals([summary.first, summary.last], [5, CREATED * 1000 + 9000]);
  assertEquals([...summary.categories].map(([name, { events }]) => [name, events]), [
    ["ebpf/message", 3],
    ["rpc", 1],
    ["unknown", 1],
  ]);
  const pings = events[0]!.length + events[1]!.length + 2;
  assertEquals(Object.fromEntries(summary.commands), {
    ping: { events: 2, bytes: pings, maximum: pings / 2, payload: 16 },
    "(unknown)": { events: 1, bytes: events[2]!.length + 1, maximum: events[2]!.length + 1, payload: 8 },
  });
});

Deno.test("archiveinfo tells directions and unknown commands apart when asked, and bounds what strangers name", async () => {
  const names = Array.from({ length: 600 }, (_, i) => encodeEvent(strange(`cmd${i}`)));
  const { summary } = await look(plainArchive([encodeEvent(ping()), ...names]), {
    messageDirections: true,
    showUnknownCommands: true,
  });
  assertEquals(summary.commands.get("ping received")?.events, 1);
  assertEquals(summary.commands.get("cmd7 received")?.events, 1);
  assertEquals([summary.commands.size, summary.commands.get("(other)")?.events], [501, 101]);
});

Deno.test("archiveinfo says complete, partial and failed, and what is wrong", async () => {
  const plain = plainArchive(GOLDEN);
  const frame = zstdCompressSync(plainArchive(Array(40).fill(GOLDEN).flat()));
  const status = async (bytes: Uint8Array) => (await look(bytes)).info;
  assertEquals((await status(frame)).status, "complete");
  assertEquals((await status(plain.subarray(0, -1))).status, "partial");
  assertEquals((await status(frame.subarray(0, -3))).status, "partial");
  const cut = await status(message(plain, Uint8Array.of(0)));
  assertEquals([cut.status, cut.events], ["failed", GOLDEN.length]);
  assertMatch(cut.problem!, /an empty record .*, after \d+ events/);
  const wrong = await status(plainArchive([GOLDEN[0]!, Uint8Array.of(0xff), GOLDEN[1]!]));
  assertEquals([wrong.status, wrong.events], ["failed", 3]);
  assertMatch(wrong.problem!, /^event 2 is broken: truncated/);
  assertStringIncludes((await status(new TextEncoder().encode("PA\x01aaaa"))).problem!, "experimental");
});

Deno.test("archiveinfo prints nothing that a terminal obeys, and JSON that can be parsed", async () => {
  const { info, summary } = await look(plainArchive([encodeEvent(strange("x\x1b[2J"))]), {
    messageDirections: false,
    showUnknownCommands: true,
  });
  const text = fileText({ ...info, path: "a\x1b]0;b" }) + summaryText("All", summary);
  // deno-lint-ignore no-control-regex
  assertEquals(/[\x00-\x09\x0b-\x1f]/.test(text), false);
  assertStringIncludes(text, "x\\x1b[2J");
  const parsed = JSON.parse(json([info], { full: summary, low: new Summary(PLAIN) }));
  assertEquals(Object.keys(parsed.summaries), ["full"]);
  assertEquals(parsed.summaries.full.commands["x\x1b[2J"].events, 1);
});

Deno.test("archiveinfo names no ratio for files that are not whole, and no date that is none", async () => {
  const { summary } = await look(plainArchive([uptime(2 ** 53, 1)]).subarray(0, -1));
  assertStringIncludes(summaryText("All", summary), "unknown, since not every file is complete");
  const { summary: far } = await look(plainArchive([uptime(2 ** 53, 1)]));
  assertStringIncludes(summaryText("All", far), "9007199254740992 ms after 1970");
});

Deno.test("findArchives() takes files and folders, each file once", async () => {
  await using folder = await temporaryFolder();
  for (const name of ["b.bin", "a.bin.zst", "c.txt", "d"]) {
    await Deno.writeTextFile(`${folder.path}/${name}`, "x");
  }
  await Deno.mkdir(`${folder.path}/e.bin`);
  await Deno.symlink(`${folder.path}/b.bin`, `${folder.path}/z.bin`);
  const { inputs, problems } = await findArchives([
    `${folder.path}/d`,
    folder.path,
    "/nowhere",
    `${folder.path}/b.bin`,
  ]);
  assertEquals(inputs.map(({ path }) => path.slice(folder.path.length + 1)), ["d", "a.bin.zst", "b.bin"]);
  assertEquals(problems, ['Cannot read "/nowhere": no such file or folder']);
  const empty = await findArchives([`${folder.path}/e.bin`]);
  assert(empty.problems[0]!.endsWith("no .bin or .bin.zst file"));
});

Deno.test("event counts of golden events agree with what decodes", async () => {
  const { info, summary } = await look(plainArchive(GOLDEN));
  assertEquals([info.events, summary.events], [
    GOLDEN.length,
    GOLDEN.filter((e) => decodeEvent(e).ok).length,
  ]);
});
