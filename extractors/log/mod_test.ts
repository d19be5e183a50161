import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { componentHelp } from "../../runtime/help.ts";
import { LogFolder, numbered, text } from "./_following.ts";
import { recordedLines, recordedLog } from "./_recorded.ts";
import { DEFAULTS, startSandboxed, textOf } from "./_sandboxed.ts";
import log from "./mod.ts";

Deno.test("log asks for exactly the files it is told of", () => {
  const rights = (values: Partial<typeof DEFAULTS>) =>
    log.permissions!({ ...DEFAULTS, file: "/a/debug.log", ...values });
  assertEquals(rights({}), { read: ["/a/debug.log"], write: [] });
  assertEquals(rights({ file: "-" }), { read: [], write: [] });
  assertEquals(rights({ positionFile: "/b/position" }), {
    read: ["/a/debug.log", "/b/position"],
    write: ["/b/position"],
  });
  assertEquals(rights({ rotatedFile: "/a/debug.log.1" }), {
    read: ["/a/debug.log", "/a/debug.log.1"],
    write: [],
  });
});

Deno.test("log says what is missing where there is no debug.log", async () => {
  await using folder = new LogFolder();
  const missing = () => log.missing!({ ...DEFAULTS, file: folder.log });
  assertStringIncludes(await missing() ?? "", `there is no "${folder.log}": set --log.file`);
  folder.append("");
  assertEquals(await missing(), undefined);
});

Deno.test("log's README holds its help text", async () => {
  const readme = await Deno.readTextFile(new URL("./README.md", import.meta.url));
  assertStringIncludes(readme, componentHelp("log", log));
});

Deno.test("log in its sandbox emits each line of a recorded log, and stops within a second", async () => {
  await using folder = new LogFolder();
  await Deno.writeFile(folder.log, recordedLog("core-31"));
  await using running = startSandboxed({ file: folder.log, fromStart: true });
  const lines = recordedLines("core-31");
  const encoder = new TextEncoder();
  for (const line of lines) assertEquals((await running.next()).logLineBytes, encoder.encode(line).length);
  folder.append("added\n");
  assertEquals(textOf(await running.next()), "added");
  const { succeeded, snapshot, elapsedMs } = await running.stop();
  assert(succeeded && elapsedMs < 1000, `${elapsedMs} ms`);
  assertEquals(snapshot?.out, lines.length + 1);
  assertEquals(snapshot?.restarts, 0);
  assertEquals(snapshot?.dropped, 0);
});

Deno.test("log in its sandbox follows a rotation and keeps its position, with the rights it asked for", async () => {
  await using folder = new LogFolder();
  folder.append(text(["old"]));
  const values = { file: folder.log, positionFile: folder.position, rotatedFile: `${folder.log}.1` };
  {
    await using running = startSandboxed(values);
    await running.line("Following");
    folder.append(text(["a"]));
    assertEquals(textOf(await running.next()), "a");
    await Deno.rename(folder.log, values.rotatedFile);
    folder.append(text(["b", "c"]));
    assertEquals([textOf(await running.next()), textOf(await running.next())], ["b", "c"]);
    assertEquals((await running.stop()).succeeded, true);
  }
  folder.append(text(["d"]));
  await using running = startSandboxed(values);
  assertEquals(textOf(await running.next()), "d");
});

Deno.test("log waits in its sandbox for a file that is not there, and stops all the same", async () => {
  await using folder = new LogFolder();
  await using running = startSandboxed({ file: folder.log });
  await running.line(`info Waiting for "${folder.log}"`);
  const { succeeded, snapshot, elapsedMs } = await running.stop();
  assert(succeeded && elapsedMs < 1000, `${elapsedMs} ms`);
  assertEquals(snapshot?.restarts, 0);
});

Deno.test("log killed with -9 while it reads goes on with a whole line, and reads all that is left", async () => {
  await using folder = new LogFolder();
  const lines = numbered(1, 40_000);
  folder.append(text(lines));
  const values = JSON.stringify({ file: folder.log, fromStart: true, positionFile: folder.position });
  const runs: string[][] = [];
  for (const killed of [true, true, true, false]) {
    // A kill may come so late that all has been read: the last run must have something to say.
    if (!killed) {
      lines.push("the end");
      folder.append(text(["the end"]));
    }
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", fromFileUrl(new URL("./_program.ts", import.meta.url)), values],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    let said = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      said += chunk;
      if (killed) child.kill("SIGKILL");
      else if (said.endsWith(`${lines.at(-1)}\n`)) child.kill("SIGTERM");
      if (killed) break;
    }
    await child.status;
    runs.push(said.split("\n").slice(0, -1));
  }
  // What a kill found on its way from the bus to the reader is gone with the bus: the position is after it.
  const last = runs.at(-1)!;
  assertEquals(last, lines.slice(lines.length - last.length));
  for (const run of runs) {
    const first = lines.indexOf(run[0]!);
    assertEquals(run, lines.slice(first, first + run.length));
  }
});
