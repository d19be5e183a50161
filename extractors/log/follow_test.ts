import { assert, assertEquals } from "@std/assert";
import { follow, LogFolder, numbered, text } from "./_following.ts";
import { PositionFile } from "./position.ts";

Deno.test("Follower starts at the end and gives what is added", async () => {
  await using folder = new LogFolder();
  folder.append(text(["old 1", "old 2"]));
  await using following = follow(folder.log);
  assertEquals(await following.news(), []);
  folder.append(text(["new 1"]));
  assertEquals(await following.news(), ["new 1"]);
  folder.append("\n\n" + text(["new 2", "new 3"]));
  assertEquals(await following.news(), ["", "", "new 2", "new 3"]);
});

Deno.test("Follower starts with what is there when asked to, however much it is", async () => {
  await using folder = new LogFolder();
  const lines = numbered(1, 20_000);
  folder.append(text(lines));
  await using following = follow(folder.log, { fromStart: true });
  assertEquals(await following.news(), lines);
  assertEquals(following.follower.backlog, { from: 0, to: text(lines).length });
});

Deno.test("Follower gives a line once it is whole, also one that was begun before the start", async () => {
  await using folder = new LogFolder();
  folder.append("old\nbeg");
  await using following = follow(folder.log);
  assertEquals(await following.news(), []);
  folder.append("un");
  assertEquals(await following.news(), []);
  folder.append(" and ended\nnext");
  assertEquals(await following.news(), ["begun and ended"]);
  folder.append("\n");
  assertEquals(await following.news(), ["next"]);
});

Deno.test("Follower waits for a file that appears later, and gives all of it", async () => {
  await using folder = new LogFolder();
  await using following = follow(folder.log);
  assertEquals(await following.news(), []);
  assertEquals(following.said, [`info Waiting for "${folder.log}"`]);
  folder.append(text(["first", "second"]));
  assertEquals(await following.news(), ["first", "second"]);
});

Deno.test("Follower reads a renamed file to its end and goes over to the new one", async () => {
  await using folder = new LogFolder();
  folder.append(text(["old"]));
  await using following = follow(folder.log);
  await following.look();
  const old = `${folder.log}.1`;
  folder.append(text(["a"]));
  await Deno.rename(folder.log, old);
  // The node goes on writing to the old file until it has seen SIGHUP.
  folder.append(text(["b"]), old);
  assertEquals(await following.news(), ["a", "b"]);
  folder.append(text(["c"]), old);
  folder.append(text(["d"]));
  assertEquals(await following.news(), ["c", "d"]);
  folder.append(text(["e"]));
  assertEquals(await following.news(), ["e"]);
  assertEquals(following.counts.get("rotations"), 1);
});

Deno.test("Follower stays with the old file while the new one is empty (logrotate's create)", async () => {
  await using folder = new LogFolder();
  folder.append(text(["old"]));
  await using following = follow(folder.log);
  await following.look();
  const old = `${folder.log}.1`;
  await Deno.rename(folder.log, old);
  folder.rewrite("");
  folder.append(text(["a"]), old);
  assertEquals(await following.news(), ["a"]);
  folder.append(text(["b"]), old);
  folder.append(text(["c"]));
  assertEquals(await following.news(), ["b", "c"]);
});

Deno.test("Follower gives an unfinished last line of a file that was replaced", async () => {
  await using folder = new LogFolder();
  folder.append(text(["old"]));
  await using following = follow(folder.log);
  await following.look();
  folder.append("killed in the mid");
  await Deno.rename(folder.log, `${folder.log}.1`);
  folder.append(text(["new"]));
  assertEquals(await following.news(), ["killed in the mid", "new"]);
});

Deno.test("Follower is right through a hundred rotations", async () => {
  await using folder = new LogFolder();
  await using following = follow(folder.log, { fromStart: true });
  const expected: string[] = [];
  for (let round = 0; round < 100; round++) {
    const lines = numbered(round * 10, round * 10 + 9);
    folder.append(text(lines));
    expected.push(...lines);
    await following.look();
    await Deno.rename(folder.log, `${folder.log}.1`);
  }
  assertEquals(following.lines, expected);
});

Deno.test("Follower reads a file that was emptied from its start", async () => {
  await using folder = new LogFolder();
  folder.append(text(numbered(1, 50)));
  await using following = follow(folder.log);
  await following.look();
  folder.rewrite("");
  assertEquals(await following.news(), []);
  folder.append(text(["a"]));
  assertEquals(await following.news(), ["a"]);
  folder.rewrite(text(["b", "c"]));
  assertEquals(await following.news(), ["b", "c"]);
  assertEquals(following.counts.get("truncations"), 2);
});

Deno.test("Follower notices that a file was emptied and is already longer than before", async () => {
  await using folder = new LogFolder();
  folder.append(text(numbered(1, 5)));
  await using following = follow(folder.log);
  await following.look();
  const lines = numbered(100, 140);
  folder.rewrite(text(lines));
  assertEquals(await following.news(), lines);
});

Deno.test("Follower gives no line twice when the node cuts the start of the file off", async () => {
  await using folder = new LogFolder();
  const lines = numbered(1, 5000);
  folder.append(text(lines));
  await using following = follow(folder.log);
  await following.look();
  // As at a start with -shrinkdebugfile: the same file, its last part written again, then the new start.
  folder.rewrite(text(lines).slice(-100_000));
  folder.append(text(["", "", "started"]));
  assertEquals(await following.news(), ["", "", "started"]);
  assertEquals(following.counts.get("files cut at their start"), 1);
});

Deno.test("Follower looks at a file that is being cut only once it is whole again", async () => {
  await using folder = new LogFolder();
  const lines = numbered(1, 5000);
  folder.append(text(lines));
  await using following = follow(folder.log);
  await following.look();
  folder.rewrite("");
  await following.glance();
  folder.append(text(lines).slice(-100_000));
  assertEquals(await following.news(), []);
});

Deno.test("Follower keeps the line that was unfinished when the start of the file was cut off", async () => {
  await using folder = new LogFolder();
  const lines = numbered(1, 5000);
  folder.append(text(lines));
  await using following = follow(folder.log);
  await following.look();
  folder.append("beg");
  await following.look();
  folder.rewrite(text(lines).slice(-100_000) + "begun\n");
  assertEquals(await following.news(), ["begun"]);
});

Deno.test("Follower goes on where it was in a copy that takes the file's place", async () => {
  await using folder = new LogFolder();
  const lines = numbered(1, 1000);
  folder.append(text(lines));
  await using following = follow(folder.log);
  await following.look();
  const copy = `${folder.log}.copy`;
  folder.append(text(lines.slice(500)), copy);
  folder.append(text(["more"]), copy);
  await Deno.rename(copy, folder.log);
  assertEquals(await following.news(), ["more"]);
});

Deno.test("Follower goes on with a file that was removed until there is another", async () => {
  await using folder = new LogFolder();
  folder.append(text(["old"]));
  await using following = follow(folder.log);
  await following.look();
  await Deno.remove(folder.log);
  assertEquals(await following.news(), []);
  folder.append(text(["new"]));
  assertEquals(await following.news(), ["new"]);
});

Deno.test("Follower does not open a named pipe that takes the file's place, which could block for ever", async () => {
  await using folder = new LogFolder();
  folder.append(text(["old"]));
  await using following = follow(folder.log);
  await following.look();
  await Deno.remove(folder.log);
  assert((await new Deno.Command("mkfifo", { args: [folder.log] }).output()).success);
  assertEquals(await following.news(), []);
  await Deno.remove(folder.log);
  folder.append(text(["new"]));
  assertEquals(await following.news(), ["new"]);
});

Deno.test("Follower gives lines that are not UTF-8 and a line of 1 MB", async () => {
  await using folder = new LogFolder();
  folder.append("");
  await using following = follow(folder.log);
  await following.look();
  await Deno.writeFile(folder.log, Uint8Array.of(0x61, 0xff, 0x62, 10), { append: true });
  assertEquals(await following.news(), ["a\ufffdb"]);
  folder.append("x".repeat(1_000_000));
  assertEquals(await following.news(), []);
  folder.append("\nafter\n");
  assertEquals((await following.news()).map((line) => line.length), [65_536, 5]);
  assertEquals(following.counts.get("lines cut to 65536 bytes"), 1);
});

// With a position

Deno.test("Follower goes on at its position: no line is lost and none comes twice", async () => {
  await using folder = new LogFolder();
  const lines = numbered(1, 3000);
  const read: string[] = [];
  for (let start = 0; start < 10; start++) {
    // What is written while nobody reads, then while somebody does, here and there in the middle of a line.
    const all = text(lines.slice(300 * start, 300 * (start + 1)));
    folder.append(all.slice(start === 0 ? 0 : 20, all.length / 2));
    using position = await PositionFile.open(folder.position);
    await using following = follow(folder.log, { fromStart: true, position });
    await following.look();
    folder.append(all.slice(all.length / 2));
    if (start < 9) folder.append(text(lines.slice(300 * (start + 1))).slice(0, 20));
    read.push(...await following.news());
  }
  assertEquals(read, lines);
});

Deno.test("Follower repeats at most one piece and loses nothing, whichever position a kill left behind", async () => {
  await using folder = new LogFolder();
  const lines = numbered(1, 12_000);
  folder.append(text(lines));
  const left: Uint8Array[] = [];
  {
    using position = await PositionFile.open(folder.position);
    const save = position.save.bind(position);
    position.save = (mark) => {
      save(mark);
      left.push(Deno.readFileSync(folder.position));
    };
    await using following = follow(folder.log, { fromStart: true, position });
    assertEquals(await following.news(), lines);
  }
  assert(left.length > 4, `${left.length} positions`);
  for (const bytes of left) {
    await Deno.writeFile(folder.position, bytes);
    using position = await PositionFile.open(folder.position);
    await using following = follow(folder.log, { fromStart: true, position });
    const again = await following.news();
    assertEquals(again, lines.slice(lines.length - again.length));
    const offset = position.mark!.offset;
    assertEquals(text(again).length, text(lines).length - offset);
  }
});

Deno.test("Follower begins at the end without a position, and remembers that place before it sees a line", async () => {
  await using folder = new LogFolder();
  folder.append(text(["old"]));
  {
    using position = await PositionFile.open(folder.position);
    await using following = follow(folder.log, { position });
    assertEquals(await following.news(), []);
  }
  folder.append(text(["missed"]));
  using position = await PositionFile.open(folder.position);
  await using following = follow(folder.log, { position });
  assertEquals(await following.news(), ["missed"]);
});

Deno.test("Follower finds its position in a file that was cut at its start while nobody looked", async () => {
  await using folder = new LogFolder();
  const lines = numbered(1, 5000);
  folder.append(text(lines));
  {
    using position = await PositionFile.open(folder.position);
    await using following = follow(folder.log, { fromStart: true, position });
    await following.look();
  }
  folder.rewrite(text(lines).slice(-100_000) + text(["started"]));
  using position = await PositionFile.open(folder.position);
  await using following = follow(folder.log, { position });
  assertEquals(await following.news(), ["started"]);
});

Deno.test("Follower gives all of another file, and says so, when its position is nowhere in it", async () => {
  await using folder = new LogFolder();
  folder.append(text(numbered(1, 100)));
  {
    using position = await PositionFile.open(folder.position);
    await using following = follow(folder.log, { fromStart: true, position });
    await following.look();
  }
  await Deno.rename(folder.log, `${folder.log}.1`);
  const lines = numbered(200, 400);
  folder.append(text(lines));
  using position = await PositionFile.open(folder.position);
  await using following = follow(folder.log, { position });
  assertEquals(await following.news(), lines);
  assert(following.said.some((line) => line.startsWith("warn What was written")), following.said.join("\n"));
  assertEquals(following.counts.get("places not found again"), 1);
});

for (const made of [true, false]) {
  Deno.test(`Follower reads the rest of a file that was rotated meanwhile, a new one ${made ? "" : "not yet "}there`, async () => {
    await using folder = new LogFolder();
    folder.append(text(numbered(1, 100)));
    {
      using position = await PositionFile.open(folder.position);
      await using following = follow(folder.log, { fromStart: true, position });
      await following.look();
    }
    const rotatedPath = `${folder.log}.1`;
    folder.append(text(["rest"]));
    await Deno.rename(folder.log, rotatedPath);
    if (made) folder.append(text(["new"]));
    using position = await PositionFile.open(folder.position);
    await using following = follow(folder.log, { position, rotatedPath });
    assertEquals(await following.news(), made ? ["rest", "new"] : ["rest"]);
    if (!made) folder.append(text(["new"]));
    assertEquals(await following.news(), made ? [] : ["new"]);
    assertEquals(following.counts.get("places not found again"), undefined);
  });
}

Deno.test("Follower leaves a rotated file alone when its position is in the file itself, or nowhere", async () => {
  await using folder = new LogFolder();
  const rotatedPath = `${folder.log}.1`;
  folder.append(text(numbered(1, 100)), rotatedPath);
  folder.append(text(numbered(200, 300)));
  {
    using position = await PositionFile.open(folder.position);
    await using following = follow(folder.log, { position, rotatedPath });
    assertEquals(await following.news(), []);
  }
  {
    using position = await PositionFile.open(folder.position);
    await using following = follow(folder.log, { position, rotatedPath });
    assertEquals(await following.news(), []);
  }
  folder.rewrite(text(["another"]));
  using position = await PositionFile.open(folder.position);
  await using following = follow(folder.log, { position, rotatedPath });
  assertEquals(await following.news(), ["another"]);
});
