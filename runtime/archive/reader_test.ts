import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { constants, zstdCompressSync } from "node:zlib";
import { BrokenArchive } from "../../proto/archive/broken.ts";
import { bool, message, varint } from "../../proto/golden/assemble.ts";
import {
  compress,
  CREATED,
  GOLDEN,
  plainArchive,
  temporaryFolder,
  uptime,
} from "../../tests/parts/archives.ts";
import { partTest } from "../../tests/parts/needs.ts";
import { ArchiveReader } from "./reader.ts";

async function readAll(path: string) {
  using reader = await ArchiveReader.open(path);
  const events: Uint8Array[] = [];
  let failure: unknown;
  try {
    for await (const batch of reader.batches()) events.push(...batch);
  } catch (error) {
    failure = error;
  }
  const { compression, header, isComplete, uncompressed, read, size } = reader;
  return { events, compression, header, isComplete, uncompressed, read, size, failure };
}

async function readBytes(bytes: Uint8Array) {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/x.bin`;
  await Deno.writeFile(path, bytes);
  return await readAll(path);
}

Deno.test("ArchiveReader reads an archive that is not compressed", async () => {
  const bytes = plainArchive(GOLDEN, message(varint(1, CREATED), bool(2, true)));
  const { read, size, ...result } = await readBytes(bytes);
  assertEquals(result, {
    events: [...GOLDEN],
    compression: "none",
    header: { created: CREATED, lowData: true },
    isComplete: true,
    uncompressed: bytes.length,
    failure: undefined,
  });
  assertEquals([read, size], [bytes.length, bytes.length]);
});

partTest({
  name: "ArchiveReader reads what zstd compressed at level 22 with a window of 128 MiB",
  needs: ["zstd"],
  async fn() {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/x.bin.zst`;
    const bytes = plainArchive(GOLDEN);
    await compress([bytes], path);
    const frame = await Deno.readFile(path);
    assertEquals([frame[4], frame[5]], [0, 0x88], "no size, no checksum, window log 27");
    const { events, compression, isComplete, uncompressed, failure } = await readAll(path);
    assertEquals([compression, isComplete, uncompressed, failure], ["zstd", true, bytes.length, undefined]);
    assertEquals(events, [...GOLDEN]);
  },
});

Deno.test("ArchiveReader goes by the bytes, not by the name, and takes a checksum", async () => {
  const params = { [constants.ZSTD_c_checksumFlag]: 1 };
  const { events, isComplete } = await readBytes(zstdCompressSync(plainArchive(GOLDEN), { params }));
  assertEquals([events.length, isComplete], [GOLDEN.length, true]);
});

Deno.test("ArchiveReader reads a file that was cut off up to the cut, wherever that is", async () => {
  const plain = plainArchive(GOLDEN);
  const frame = zstdCompressSync(plain);
  for (const [bytes, step] of [[plain, 997], [frame, 211]] as const) {
    for (let length = 1; length < bytes.length; length += step) {
      const cut = await readBytes(bytes.subarray(0, length)).catch((error) => error);
      if (cut instanceof Error) {
        assert(cut.message.endsWith("it ends before its header does"), cut.message);
        continue;
      }
      assertEquals(cut.failure, undefined);
      assertEquals(cut.events, GOLDEN.slice(0, cut.events.length));
      const isAtRecord = bytes === plain && cut.uncompressed === length;
      assertEquals(cut.isComplete, isAtRecord, `${length} of ${bytes.length}`);
    }
  }
});

Deno.test("ArchiveReader says what is wrong with a file that is none", async () => {
  const refused: readonly [bytes: Uint8Array, why: string][] = [
    [new TextEncoder().encode("PA\x01abcd123456789"), "experimental archive format"],
    [zstdCompressSync(new TextEncoder().encode("PA\x01abcd123456789")), "experimental archive format"],
    [
      new TextEncoder().encode("Waggle watches the Bitcoin network, and this is a text about it. ".repeat(3)),
      "header",
    ],
    [GOLDEN[0]!, "header"],
    [plainArchive(GOLDEN.slice(1), GOLDEN[0]), "no archive header"],
    [new Uint8Array(100), "an empty record"],
    [new Uint8Array(0), "ends before its header"],
    [Uint8Array.fromHex("28b52ffd0090"), "window"],
  ];
  for (const [bytes, why] of refused) {
    const error = await assertRejects(() => readBytes(bytes), BrokenArchive, why);
    assert(error.message.startsWith('Cannot read "'), error.message);
  }
  await assertRejects(() => ArchiveReader.open("/nowhere/a.bin"), Error, "no such file");
  await assertRejects(() => ArchiveReader.open("/"), Error, "Cannot read");
});

Deno.test("ArchiveReader gives what comes before broken bytes, and says that they are broken", async () => {
  const plain = plainArchive(GOLDEN);
  const broken = message(plain, Uint8Array.of(0, 1, 2));
  const first = await readBytes(broken);
  assertEquals(first.events.length, GOLDEN.length);
  assert(first.failure instanceof BrokenArchive);
  const frame = zstdCompressSync(plainArchive(GOLDEN.concat(...Array(50).fill(GOLDEN))));
  for (let at = 6; at < frame.length; at += 97) {
    const changed = Uint8Array.from(frame);
    changed[at]! ^= 0x55;
    // Nothing escapes as an uncaught error, whatever the decompressor thinks of it.
    const result = await readBytes(changed).catch((error) => error);
    assert(!(result instanceof Error) || result instanceof BrokenArchive, `${result}`);
  }
});

Deno.test("ArchiveReader takes a file that others added garbage to as broken", async () => {
  const frame = zstdCompressSync(plainArchive(GOLDEN));
  const { events, failure } = await readBytes(message(frame, Uint8Array.of(1, 2, 3)));
  assertEquals(events.length, GOLDEN.length);
  assert(failure instanceof BrokenArchive);
});

partTest({
  name: "ArchiveReader needs little memory for a file of little bytes that becomes a gigabyte",
  needs: ["zstd"],
  async fn() {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/x.bin.zst`;
    const events = Array.from({ length: 8000 }, (_, i) => uptime(CREATED * 1000 + i, i % 8));
    const piece = plainArchive(events);
    const times = Math.ceil(2 ** 30 / piece.length);
    const again = Array<typeof piece>(times - 1).fill(piece.subarray(piece.length - plainLength(events)));
    await compress([piece, ...again], path, ["-1"]);
    using reader = await ArchiveReader.open(path);
    let [count, most] = [0, 0];
    const before = Deno.memoryUsage().rss;
    for await (const batch of reader.batches()) {
      count += batch.length;
      most = Math.max(most, Deno.memoryUsage().rss);
    }
    assertEquals([count, reader.isComplete], [times * events.length, true]);
    assertLess(reader.size, reader.uncompressed / 100);
    // The window of 128 MiB, which the format asks for, and some.
    assertLess(most - before, 128 * 2 ** 20 + 200 * 2 ** 20);
  },
});

function plainLength(events: readonly Uint8Array[]): number {
  return events.reduce((sum, { length }) => sum + 1 + length, 0);
}
