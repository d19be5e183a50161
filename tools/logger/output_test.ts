import { assert, assertEquals, assertRejects } from "@std/assert";
import { Output, type Write } from "./output.ts";

/** What was written, by a writer that takes at most `most` bytes at a time. */
function recorder(most = Infinity): { write: Write; text(): string; writes: number } {
  const chunks: Uint8Array[] = [];
  return {
    writes: 0,
    write(bytes) {
      this.writes++;
      const taken = bytes.slice(0, most);
      chunks.push(taken);
      return Promise.resolve(taken.length);
    },
    text() {
      const decoder = new TextDecoder("utf-8", { fatal: true });
      return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode();
    },
  };
}

Deno.test("Output writes a line as soon as nothing more is at hand, without being asked", async () => {
  const written = Promise.withResolvers<string>();
  using output = new Output((bytes) => {
    written.resolve(new TextDecoder().decode(bytes));
    return Promise.resolve(bytes.length);
  });
  output.add("one\n");
  output.add("two\n");
  assertEquals(await written.promise, "one\ntwo\n");
  await output.flush();
});

Deno.test("Output writes many lines in few pieces, in order, and loses none", async () => {
  const out = recorder();
  using output = new Output((bytes) => out.write(bytes));
  let expected = "";
  for (let i = 0; i < 20_000; i++) {
    const line = `line ${i} with some more text behind it\n`;
    expected += line;
    output.add(line);
    if (output.full) await output.room();
  }
  await output.flush();
  assertEquals(out.text(), expected);
  assert(out.writes < 20, `${out.writes} writes for ${expected.length} bytes`);
});

Deno.test("Output goes on where a writer stopped short, also within a character", async () => {
  const out = recorder(7);
  using output = new Output((bytes) => out.write(bytes));
  const line = "Grüße, 世界 🐝🐝🐝\n".repeat(50);
  output.add(line);
  await output.flush();
  assertEquals(out.text(), line);
});

Deno.test("Output writes a line that is larger than its buffer many times, without cutting a character", async () => {
  const out = recorder();
  using output = new Output((bytes) => out.write(bytes));
  // An odd start, so that the buffer's end falls within the four bytes of a bee.
  const line = "x" + "🐝".repeat(300_000) + "\n";
  output.add(line);
  await output.flush();
  assertEquals(out.text() === line, true);
  assert(out.writes > 5);
});

Deno.test("Output holds the caller back while the piece before is still being written", async () => {
  const taken = Promise.withResolvers<void>();
  const pieces: number[] = [];
  using output = new Output(async (bytes) => {
    pieces.push(bytes.length);
    await taken.promise;
    return bytes.length;
  });
  const line = "a".repeat(64 * 1024);
  output.add(line);
  assert(output.full);
  await output.room();
  assert(!output.full, "the first piece is on its way, there is room for a second");
  output.add(line);
  const room = output.room().then(() => "room");
  assertEquals(await Promise.race([room, Promise.resolve().then(() => "no room")]), "no room");
  taken.resolve();
  assertEquals(await room, "room");
  await output.flush();
  assertEquals(pieces, [65_536, 65_536]);
});

Deno.test("Output ends quietly when nobody reads any more", async () => {
  using output = new Output(() => Promise.reject(new Deno.errors.BrokenPipe("Broken pipe")));
  output.add("one\n");
  await output.ended;
  assert(output.closed);
  output.add("two\n");
  await output.flush();
});

Deno.test("Output fails, and says why, when it cannot write for another reason", async () => {
  using output = new Output(() => Promise.reject(new Error("No space left on device (os error 28)")));
  output.add("one\n");
  await output.flush();
  await assertRejects(
    () => output.ended,
    Error,
    "Cannot write to standard output: No space left on device (os error 28)",
  );
});

Deno.test("Output tries again when a pipe that somebody made non-blocking is full", async () => {
  const out = recorder();
  let refusals = 3;
  using output = new Output((bytes) => {
    if (refusals-- > 0) return Promise.reject(new Deno.errors.WouldBlock("Resource temporarily unavailable"));
    return out.write(bytes);
  });
  output.add("one\n");
  await output.flush();
  assertEquals(out.text(), "one\n");
});
