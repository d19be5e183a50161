import { assert, assertEquals, assertThrows } from "@std/assert";
import { zstdCompressSync } from "node:zlib";
import { base128 } from "../golden/assemble.ts";
import { BrokenArchive } from "./broken.ts";
import { ByteQueue } from "./byte_queue.ts";
import { decodeHeader, encodeHeader, MAX_RECORD_BYTES, recordLength, RecordSplitter } from "./records.ts";
import { BlockSplitter } from "./zstd_blocks.ts";

const hex = (text: string) => Uint8Array.fromHex(text.replaceAll(" ", ""));

Deno.test("ByteQueue gives the bytes it was given, whatever the sizes", () => {
  const all = Uint8Array.from({ length: 100 }, (_, i) => i);
  for (const piece of [1, 3, 7, 100]) {
    for (const take of [1, 2, 5, 50]) {
      const queue = new ByteQueue();
      for (let at = 0; at < 100; at += piece) queue.push(all.subarray(at, at + piece));
      assertEquals([queue.length, queue.at(0), queue.at(42), queue.at(100)], [100, 0, 42, 0]);
      for (let at = 0; at < 100; at += take) assertEquals(queue.take(take), all.subarray(at, at + take));
      assertEquals(queue.length, 0);
    }
  }
});

Deno.test("recordLength() writes lengths as protobuf does", () => {
  for (const length of [1, 127, 128, 300, 16_384, MAX_RECORD_BYTES]) {
    assertEquals(recordLength(length), base128(length));
  }
});

Deno.test("archive headers are those of the Rust archiver", () => {
  const [old, full, low] = [hex("08c193ebd006"), hex("08c193ebd0061000"), hex("08c193ebd0061001")];
  assertEquals(encodeHeader({ created: 1780140481 }), old);
  assertEquals(encodeHeader({ created: 1780140481, lowData: false }), full);
  assertEquals(decodeHeader(old), { created: 1780140481, lowData: undefined });
  assertEquals(decodeHeader(low), { created: 1780140481, lowData: true });
  assertEquals(
    decodeHeader(hex("08c193ebd006 1a0141")).created,
    1780140481,
    "with a field of a later version",
  );
  const uptime = hex("120318b96050fbd095ffbc31");
  for (const other of [uptime, hex(""), hex("0800"), hex("08")]) {
    assertThrows(() => decodeHeader(other), BrokenArchive, "no archive header");
  }
});

Deno.test("RecordSplitter cuts records out of pieces of any size", () => {
  const records = [1, 2, 127, 128, 129, 1000].map((length) => new Uint8Array(length).fill(length & 0xff));
  const stream = records.flatMap((record) => [...recordLength(record.length), ...record]);
  for (const size of [1, 2, 3, 100, stream.length]) {
    const splitter = new RecordSplitter();
    const got: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += size) {
      got.push(...splitter.push(Uint8Array.from(stream.slice(at, at + size))));
    }
    assertEquals(got, records);
    assertEquals([splitter.taken, splitter.waiting], [stream.length, 0]);
  }
});

Deno.test("RecordSplitter gives what is good before it refuses what cannot be", () => {
  for (const bad of ["00", "ffffffffff01", "ffffffff7f", "8180 8020"]) {
    const splitter = new RecordSplitter();
    assertEquals(splitter.push(hex(`01aa ${bad}`)), [hex("aa")]);
    assertThrows(() => splitter.push(hex("00")), BrokenArchive, "at byte 2");
  }
});

const TEXT = new TextEncoder().encode("Bees tell the hive what they saw. ".repeat(20_000));

Deno.test("BlockSplitter gives all bytes of a frame, at most a block at a time, and sees where it ends", () => {
  const frame = zstdCompressSync(TEXT);
  for (const size of [1, 5, 1000, frame.length]) {
    const splitter = new BlockSplitter();
    const got: number[] = [];
    for (let at = 0; at < frame.length; at += size) {
      assertEquals(splitter.atEnd, at === 0);
      for (const piece of splitter.push(frame.subarray(at, at + size))) got.push(...piece);
    }
    assert(splitter.atEnd);
    assertEquals(Uint8Array.from(got), Uint8Array.from(frame));
  }
});

Deno.test("BlockSplitter takes several frames, and leaves skippable ones out", () => {
  const splitter = new BlockSplitter();
  const [frame, skippable] = [Uint8Array.from(zstdCompressSync(TEXT)), hex("522a4d18 03000000 aabbcc")];
  const got = [frame, skippable, frame].flatMap((bytes) => [...splitter.push(bytes)]);
  assert(splitter.atEnd);
  assertEquals(got.reduce((sum, { length }) => sum + length, 0), 2 * frame.length);
});

Deno.test("BlockSplitter refuses what is no zstd, or would need too much memory", () => {
  const refused: readonly [bytes: string, why: string][] = [
    ["28b52f00", "not zstd"],
    ["28b5aa", "not zstd"],
    ["5041", "not zstd"],
    // A window of 2^28, as a descriptor and as a content size; a reserved block; a block of 128 KiB + 1.
    ["28b52ffd 00 90", "window of 268435456"],
    ["28b52ffd a0 00000010", "window of 268435456"],
    ["28b52ffd 00 88 060000", "cannot be"],
    ["28b52ffd 00 88 080010", "cannot be"],
  ];
  for (const [bytes, why] of refused) {
    assertThrows(() => [...new BlockSplitter().push(hex(bytes))], BrokenArchive, why);
  }
  assertEquals(
    [...new BlockSplitter().push(hex("28b52ffd 00 88 000010"))].length,
    1,
    "2^27 is what level 22 needs",
  );
});
