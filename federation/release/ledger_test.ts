import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Entry, FileLedger, scanLedger } from "./ledger.ts";

const entry = (from: number): Entry => {
  return {
    from,
    to: from + 1,
    group: "peers",
    noiseMilli: 13_400,
    cost: 7,
    values: [from, -from],
    limits: [0, 1],
  };
};

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "waggle-ledger-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function fill(folder: string, count: number): Promise<void> {
  using ledger = await FileLedger.open(folder);
  for (let i = 0; i < count; i++) await ledger.append(entry(i));
}

async function entriesOf(folder: string): Promise<Entry[]> {
  using ledger = await FileLedger.open(folder);
  return [...ledger.entries];
}

Deno.test("what was appended is there after opening again", () =>
  withFolder(async (folder) => {
    await fill(folder, 3);
    assertEquals(await entriesOf(folder), [0, 1, 2].map(entry));
  }));

Deno.test("an entry that was cut short while it was written is taken away, and the next one has its place", () =>
  withFolder(async (folder) => {
    await fill(folder, 2);
    const whole = await Deno.readFile(`${folder}/ledger`);
    const head = await Deno.readFile(`${folder}/ledger.head`);
    await appendOne(folder);
    const longer = await Deno.readFile(`${folder}/ledger`);
    for (const length of [whole.length + 1, whole.length + 39, whole.length + 41, longer.length - 1]) {
      await Deno.writeFile(`${folder}/ledger`, longer.subarray(0, length));
      await Deno.writeFile(`${folder}/ledger.head`, head);
      assertEquals(await entriesOf(folder), [0, 1].map(entry));
    }
    await appendOne(folder);
    assertEquals(await entriesOf(folder), [0, 1, 2].map(entry));
  }));

async function appendOne(folder: string): Promise<void> {
  using ledger = await FileLedger.open(folder);
  await ledger.append(entry(ledger.entries.length));
}

Deno.test("a ledger with any byte changed is not opened, wherever the byte is", () =>
  withFolder(async (folder) => {
    await fill(folder, 3);
    const bytes = await Deno.readFile(`${folder}/ledger`);
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 1 << at % 8;
      await Deno.writeFile(`${folder}/ledger`, changed);
      const error = await assertRejects(() => FileLedger.open(folder), SyntaxError);
      assert(error.message.includes("nothing is published"), error.message);
    }
  }));

Deno.test("a ledger from which entries, or whose head, were taken away is not opened", () =>
  withFolder(async (folder) => {
    await fill(folder, 3);
    const bytes = await Deno.readFile(`${folder}/ledger`);
    const { links } = scanLedger(bytes);
    assertEquals(links.length, 3);
    const length = bytes.length / 3;
    for (const left of [0, length, 2 * length]) {
      await Deno.writeFile(`${folder}/ledger`, bytes.subarray(0, left));
      await assertRejects(() => FileLedger.open(folder), SyntaxError, "3 entries were written");
    }
    await Deno.writeFile(`${folder}/ledger`, bytes);
    await Deno.writeTextFile(`${folder}/ledger.head`, "{");
    await assertRejects(() => FileLedger.open(folder), SyntaxError, "cannot be read");
    await Deno.remove(`${folder}/ledger.head`);
    await assertRejects(() => FileLedger.open(folder), SyntaxError, "missing or older");
  }));

Deno.test("kill -9 at any moment: what was said to be on the disk is there, and the ledger goes on", () =>
  withFolder(async (folder) => {
    let said = 0;
    for (let round = 0; round < 20; round++) {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", new URL("_append_forever.ts", import.meta.url).pathname, folder],
        stdout: "piped",
      }).spawn();
      let text = "";
      const enough = said + 1 + round * 3;
      for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        const last = Number(text.trimEnd().split("\n").at(-1));
        if (last >= enough) {
          try {
            child.kill("SIGKILL");
          } catch {
            // It is dead already.
          }
        }
      }
      await child.status;
      // The last line may itself have been cut short.
      const lines = text.slice(0, text.lastIndexOf("\n")).split("\n");
      said = Number(lines.at(-1));
      const entries = await entriesOf(folder);
      assert(entries.length > said, `${said} was on the disk, and ${entries.length} are there`);
      assert(entries.length <= said + 3);
      entries.forEach(({ from }, i) => assertEquals(from, i));
    }
  }));
