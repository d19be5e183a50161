import { assert, assertEquals, assertRejects } from "@std/assert";
import { encodeSlot, type Mark, newestSlot, PositionFile } from "./position.ts";

const mark = (offset: number): Mark => ({ file: "2049:131", offset, length: 64, sha256: "ab".repeat(32) });

Deno.test("PositionFile gives back what was saved last", async () => {
  const path = await Deno.makeTempFile();
  for (let saved = 0; saved < 5; saved++) {
    using file = await PositionFile.open(path);
    assertEquals(file.mark?.offset, saved === 0 ? undefined : 10 * saved);
    for (let more = 1; more <= 10; more++) file.save(mark(10 * saved + more));
  }
  await Deno.remove(path);
});

Deno.test("PositionFile does not write what it wrote last", async () => {
  const path = await Deno.makeTempFile();
  using file = await PositionFile.open(path);
  file.save(mark(1));
  file.save(mark(2));
  const before = await Deno.readFile(path);
  file.save(mark(2));
  assertEquals(await Deno.readFile(path), before);
  await Deno.remove(path);
});

Deno.test("PositionFile is whole at every moment of a write: the old place or the new one", async () => {
  const path = await Deno.makeTempFile();
  using file = await PositionFile.open(path);
  file.save(mark(1));
  for (let offset = 2; offset < 6; offset++) {
    const before = await Deno.readFile(path);
    file.save(mark(offset));
    const after = await Deno.readFile(path);
    const start = offset % 2 * 256;
    for (let written = 0; written <= 256; written++) {
      const torn = new Uint8Array(after.length);
      torn.set(before);
      torn.set(after.subarray(start, start + written), start);
      const read = newestSlot(torn)?.mark.offset;
      // The last bytes are padding.
      assert(read === offset - 1 || written > 100 && read === offset, `${read} after ${written} bytes`);
    }
    assertEquals(newestSlot(after)?.mark.offset, offset);
  }
  await Deno.remove(path);
});

Deno.test("newestSlot() refuses what was not written whole, or by somebody else", () => {
  const bytes = encodeSlot({ sequence: 7, mark: mark(1) });
  assertEquals(bytes.length, 256);
  for (let at = 0; at < 150; at++) {
    const broken = bytes.slice();
    broken[at]! ^= 1;
    assertEquals(newestSlot(broken), undefined);
  }
  assertEquals(newestSlot(new Uint8Array(0)), undefined);
  assertEquals(newestSlot(new TextEncoder().encode("something else\n".repeat(40))), undefined);
});

Deno.test("PositionFile.open() says which file it cannot use", async () => {
  await assertRejects(
    () => PositionFile.open("/nonexistent/position"),
    TypeError,
    'Cannot use position file "/nonexistent/position"',
  );
});
