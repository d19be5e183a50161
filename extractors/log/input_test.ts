import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { LogFolder, numbered, text } from "./_following.ts";
import { startSandboxed, textOf } from "./_sandboxed.ts";

const PROGRAM = fromFileUrl(new URL("./_program.ts", import.meta.url));

async function makePipe(folder: LogFolder): Promise<string> {
  const path = `${folder.path}/pipe`;
  assert((await new Deno.Command("mkfifo", { args: [path] }).output()).success);
  return path;
}

Deno.test("a named pipe is read, whoever comes, writes and goes", async () => {
  await using folder = new LogFolder();
  const file = await makePipe(folder);
  await using running = startSandboxed({ file });
  await running.line("Reading the named pipe");
  for (const written of ["a\nb\n", "", "c\nno line break", "\n", "d\n"]) {
    // Opening for writing waits for a reader, and there is one.
    await Deno.writeTextFile(file, written, { create: false });
    if (written === "") continue;
    for (const line of written.replace(/\n$/, "").split("\n")) {
      assertEquals(textOf(await running.next()), line);
    }
  }
  assertEquals((await running.stop()).succeeded, true);
});

Deno.test("a named pipe that is written faster than it holds loses nothing", async () => {
  await using folder = new LogFolder();
  const file = await makePipe(folder);
  await using running = startSandboxed({ file });
  const lines = numbered(1, 20_000);
  const written = Deno.writeTextFile(file, text(lines), { create: false });
  for (const line of lines) assertEquals(textOf(await running.next()), line);
  await written;
});

Deno.test("a named pipe nobody writes to does not keep the extractor from stopping", async () => {
  await using folder = new LogFolder();
  const file = await makePipe(folder);
  await using running = startSandboxed({ file });
  await running.line("Reading the named pipe");
  const { succeeded, elapsedMs } = await running.stop();
  assert(succeeded && elapsedMs < 1000, `${elapsedMs} ms`);
});

Deno.test("a position is not kept of a pipe, which is said", async () => {
  await using folder = new LogFolder();
  const file = await makePipe(folder);
  await using running = startSandboxed({ file, positionFile: folder.position });
  await running.line("warn No position is kept");
});

Deno.test("a folder is refused with what to do", async () => {
  await using folder = new LogFolder();
  await using running = startSandboxed({ file: folder.path });
  await running.line(
    `Cannot follow "${folder.path}": it is a folder, set --log.file to the node's debug.log`,
  );
});

Deno.test("standard input is read to its end, without any right to read a file", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", PROGRAM, JSON.stringify({ file: "-" })],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const lines = numbered(1, 5000);
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${text(lines)}the last`));
  await writer.close();
  const { stdout, stderr, success } = await child.output();
  const said = new TextDecoder().decode(stderr);
  assertEquals(new TextDecoder().decode(stdout), `${text(lines)}the last\n`);
  assertStringIncludes(said, "Started in a sandbox: no rights");
  assertStringIncludes(said, "Standard input has ended");
  assert(success);
});

Deno.test("standard input that goes on does not keep the program from stopping", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", PROGRAM, JSON.stringify({ file: "-" })],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("first\n"));
  const reader = child.stdout.getReader();
  assertEquals(new TextDecoder().decode((await reader.read()).value), "first\n");
  const stoppedAt = performance.now();
  child.kill("SIGTERM");
  const { success } = await child.status;
  const elapsedMs = performance.now() - stoppedAt;
  await reader.cancel();
  await writer.close().catch(() => {});
  assert(success && elapsedMs < 2000, `${elapsedMs} ms`);
});
