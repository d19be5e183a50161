import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { seeded } from "../../../demo/scenarios/random.ts";
import { SimulatedFolder } from "./_simulated_folder.ts";
import { type Entry, Outbox, type OutboxOptions } from "./mod.ts";

const KIB = 1024;
const SMALL = { maxBytes: 256 * KIB } satisfies OutboxOptions;

const payload = (text: string, length = text.length) => new TextEncoder().encode(text.padEnd(length, "."));

/** What is read, short: `3:text` for a record and `1-2 size` for a gap. */
async function contents(outbox: Outbox, from?: number): Promise<string[]> {
  const entries: Entry[] = await Array.fromAsync(outbox.read(from));
  return entries.map((entry) =>
    entry.kind === "gap"
      ? `${entry.first}-${entry.last} ${entry.reason}`
      : `${entry.sequence}:${new TextDecoder().decode(entry.payload).replace(/\.+$/, "")}`
  );
}

function newFolder(): SimulatedFolder {
  return new SimulatedFolder(seeded(1));
}

async function fill(outbox: Outbox, count: number, length = 10): Promise<void> {
  for (let i = 0; i < count; i++) await outbox.append(payload(`p${outbox.stats().next}`, length));
}

Deno.test("append() numbers payloads from 1 on, read() gives them back in order", async () => {
  await using outbox = await Outbox.open(newFolder());
  assertEquals(await Promise.all([payload("a"), payload(""), payload("c")].map((p) => outbox.append(p))), [
    1,
    2,
    3,
  ]);
  assertEquals(await contents(outbox), ["1:a", "2:", "3:c"]);
  assertEquals(await contents(outbox, 3), ["3:c"]);
  assertEquals(await contents(outbox, 4), []);
});

Deno.test("acknowledge() forgets, deletes whole segments, and is known after a restart", async () => {
  const folder = newFolder();
  {
    await using outbox = await Outbox.open(folder, SMALL);
    await fill(outbox, 30, KIB);
    const before = outbox.stats();
    await outbox.acknowledge(28);
    assertEquals(await contents(outbox), ["29:p29", "30:p30"]);
    assert(outbox.stats().bytes < before.bytes / 4);
  }
  await using outbox = await Outbox.open(folder, SMALL);
  assertEquals(await contents(outbox), ["29:p29", "30:p30"]);
  await outbox.acknowledge(30);
  assertEquals(outbox.stats().records, 0);
  assertEquals(await outbox.append(payload("x")), 31);
});

Deno.test("acknowledge() refuses what was never appended, and does not go back", async () => {
  await using outbox = await Outbox.open(newFolder());
  await fill(outbox, 3);
  const error = await assertRejects(() => outbox.acknowledge(4), RangeError);
  assertEquals(error.message, "Cannot acknowledge 4: the last sequence is 3");
  await outbox.acknowledge(2);
  await outbox.acknowledge(1);
  assertEquals(await contents(outbox), ["3:p3"]);
});

Deno.test("the oldest records make room for new ones, and a gap says so until it is acknowledged", async () => {
  const folder = newFolder();
  {
    await using outbox = await Outbox.open(folder, SMALL);
    await fill(outbox, 300, KIB);
    const { bytes, records, gaps, dropped } = outbox.stats();
    assert(bytes <= SMALL.maxBytes);
    assert(records > 230);
    assertEquals(gaps, [{ first: 1, last: 300 - records, reason: "size" }]);
    assertEquals(dropped.size, 300 - records);
  }
  await using outbox = await Outbox.open(folder, SMALL);
  const { records } = outbox.stats();
  assertEquals((await contents(outbox)).slice(0, 2), [
    `1-${300 - records} size`,
    `${301 - records}:p${301 - records}`,
  ]);
  await outbox.acknowledge(300 - records);
  assertEquals(outbox.stats().gaps, []);
  assertEquals(outbox.stats().dropped, { age: 0, size: 300 - records, damage: 0 });
});

Deno.test("nothing older than the limit is kept, not even the only segment", async () => {
  let time = 1_000_000;
  const folder = newFolder();
  await using outbox = await Outbox.open(folder, { maxAgeMs: 64_000, now: () => time });
  await fill(outbox, 2);
  time += 2000;
  await fill(outbox, 1);
  time += 62_500;
  assertEquals(await contents(outbox), ["1-2 age", "3:p3"]);
  assertEquals(outbox.stats().oldestAgeMs, 62_500);
  time += 10_000;
  await outbox.expire();
  assertEquals(outbox.stats().bytes, 0);
  assertEquals(await contents(outbox), ["1-3 age"]);
  assertEquals(await outbox.append(payload("x")), 4);
});

Deno.test("a full disk refuses appends, keeps what is there, and works again when there is room", async () => {
  const folder = newFolder();
  const outbox = await Outbox.open(folder);
  await fill(outbox, 2, KIB);
  folder.freeBytes = 500;
  const error = await assertRejects(() => outbox.append(payload("x", KIB)));
  assertStringIncludes((error as Error).message, "No space left");
  assertStringIncludes(outbox.stats().failure!, "No space left");
  assertEquals(await contents(outbox), ["1:p1", "2:p2"]);
  await outbox.acknowledge(1);
  folder.freeBytes = 5000;
  await fill(outbox, 1, KIB);
  assertEquals(outbox.stats().failure, undefined);
  folder.restart();
  await using again = await Outbox.open(folder);
  assertEquals(await contents(again), ["2:p2", "3:p3"]);
});

Deno.test("a missing segment is a gap", async () => {
  const folder = newFolder();
  await using outbox = await Outbox.open(folder, SMALL);
  await fill(outbox, 12, KIB);
  const [, second] = folder.names().filter((name) => name.endsWith(".segment")).sort();
  assertEquals(second, "0000000000000004.segment");
  folder.lose(second!);
  assertEquals((await contents(outbox)).slice(2, 5), ["3:p3", "4-6 damage", "7:p7"]);
  assertEquals(outbox.stats().gaps, [{ first: 4, last: 6, reason: "damage" }]);
});

Deno.test("an outbox that lost its newest segment skips the sequences that may have been used", async () => {
  const folder = newFolder();
  {
    await using outbox = await Outbox.open(folder, SMALL);
    await fill(outbox, 5, KIB);
  }
  folder.lose("0000000000000004.segment");
  await using outbox = await Outbox.open(folder, SMALL);
  assertEquals((await contents(outbox)).slice(3), ["4-131 damage"]);
  assertEquals(await outbox.append(payload("x")), 132);
});

Deno.test("open() refuses limits that make no sense, and a second one on the same folder", async () => {
  const folder = newFolder();
  await assertRejects(
    () => Outbox.open(folder, { maxBytes: 1000 }),
    RangeError,
    "Cannot keep an outbox in 1000 bytes",
  );
  await assertRejects(
    () => Outbox.open(folder, { maxAgeMs: NaN }),
    RangeError,
    "Cannot keep records for NaN ms",
  );
  await using _outbox = await Outbox.open(folder);
  await assertRejects(() => Outbox.open(folder), Deno.errors.Busy, 'Cannot open outbox "simulated"');
});

Deno.test("append() refuses a payload that is too long, a closed outbox, and to wait with too much", async () => {
  const outbox = await Outbox.open(newFolder());
  await assertRejects(() => outbox.append(new Uint8Array(65_537)), RangeError, "Cannot append 65537 bytes");
  const many = Array.from({ length: 129 }, () => outbox.append(new Uint8Array(65_536)));
  const settled = await Promise.allSettled(many);
  assertEquals(settled.filter(({ status }) => status === "rejected").length, 1);
  assertEquals(settled.at(-1)!.status, "rejected");
  await outbox[Symbol.asyncDispose]();
  await assertRejects(() => outbox.append(payload("x")), Error, "Cannot append: the outbox is closed");
});
