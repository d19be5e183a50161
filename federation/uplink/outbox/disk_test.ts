import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { type Process, startProcess } from "../../../tests/parts/process.ts";
import { until } from "../../../tests/parts/until.ts";
import { Outbox } from "./mod.ts";

const KILLS = 20;
const PROGRAM = new URL("_append_forever.ts", import.meta.url).pathname;

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const parent = await Deno.makeTempDir();
  try {
    await run(join(parent, "outbox"));
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}

function appendForever(folder: string): Process {
  return startProcess(Deno.execPath(), {
    args: ["run", `--allow-read=${folder}`, `--allow-write=${folder}`, PROGRAM, folder],
  });
}

Deno.test(`after each of ${KILLS} kill -9 everything promised is there, in order`, async () => {
  await withFolder(async (folder) => {
    const promised = new Map<number, number>();
    for (let round = 0; round < KILLS; round++) {
      await using program = appendForever(folder);
      // A different moment each time, told by what it has done.
      await until("appends", () => program.output.split("promised ").length > 2 + round * 7);
      Deno.kill(program.pid, "SIGKILL");
      await program.status;
      for (const [, sequence, size] of program.output.matchAll(/^promised (\d+) (\d+)\n/gm)) {
        promised.set(Number(sequence), Number(size));
      }
      await using outbox = await Outbox.open(folder);
      const found = new Map<number, number>();
      for await (const entry of outbox.read()) {
        assert(entry.kind === "record", `no gap: ${JSON.stringify(entry)}`);
        assert(entry.payload.every((byte) => byte === (entry.payload.length & 0xff)));
        assertEquals(entry.sequence, found.size + 1 + outbox.stats().acknowledged);
        found.set(entry.sequence, entry.payload.length);
      }
      const { acknowledged } = outbox.stats();
      for (const [sequence, size] of promised) {
        if (sequence > acknowledged) assertEquals(found.get(sequence), size);
      }
      await outbox.acknowledge(outbox.stats().next - 10);
    }
    assert(promised.size > KILLS * 50);
  });
});

Deno.test("a second process on the same folder is refused, until the first one is killed", async () => {
  await withFolder(async (folder) => {
    await using program = appendForever(folder);
    await program.waitForLine(/open/);
    const error = await assertRejects(() => Outbox.open(folder), Deno.errors.Busy);
    assertStringIncludes((error as Error).message, "another uplink uses it");
    Deno.kill(program.pid, "SIGKILL");
    await program.status;
    await (await Outbox.open(folder))[Symbol.asyncDispose]();
  });
});

Deno.test("only the owner can read the folder and its files", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(folder, { mode: 0o755 });
    await using outbox = await Outbox.open(folder);
    await outbox.append(new Uint8Array(10));
    const mode = (path: string) => (Deno.statSync(path).mode! & 0o777).toString(8);
    assertEquals(mode(folder), "700");
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assertEquals(names, ["0000000000000001.segment", "lock", "state"]);
    assertEquals(names.map((name) => mode(join(folder, name))), ["600", "600", "600"]);
  });
});

Deno.test({
  name: "on a disk that is really full appends fail, acknowledging works, and then appends do again",
  ignore: Deno.uid() !== 0,
  fn: () =>
    withFolder(async (folder) => {
      await Deno.mkdir(folder);
      await mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", folder);
      try {
        await using outbox = await Outbox.open(folder, { maxBytes: 8 << 20 });
        let appended = 0;
        const error = await assertRejects(async () => {
          for (;;) appended = await outbox.append(new Uint8Array(10_000).fill(7));
        });
        assertStringIncludes((error as Error).message, "No space left");
        assert(appended > 80);
        assertEquals((await Array.fromAsync(outbox.read())).length, appended);
        await outbox.acknowledge(appended - 5);
        assertEquals(await outbox.append(new Uint8Array(10_000)), appended + 1);
        assertEquals((await Array.fromAsync(outbox.read())).length, 6);
      } finally {
        await new Deno.Command("umount", { args: [folder] }).output();
      }
    }),
});

async function mount(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("mount", { args }).output();
  assert(success, new TextDecoder().decode(stderr));
}
