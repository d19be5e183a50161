import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { inputPermissions, parseInput, readInput } from "./input.ts";

async function temporary(): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir({ prefix: "waggle-input-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Reads until all that came is `until`; `|` stands for an end. */
async function read(text: string, { until, onEnd }: { until: string; onEnd?: () => void }) {
  const stop = new AbortController();
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  let got = "";
  await readInput(parseInput(text), {
    tell: {
      chunk(chunk) {
        got += new TextDecoder().decode(chunk);
        if (got === until) stop.abort();
      },
      end() {
        got += "|";
        onEnd?.();
      },
    },
    log: { error: say, warn: say, info: say, debug: say },
    signal: stop.signal,
  });
  return { got, lines };
}

Deno.test("parseInput() and what each needs", () => {
  assertEquals(inputPermissions(parseInput("-")), {});
  assertEquals(inputPermissions(parseInput("/run/ebpf.fifo")), { read: ["/run/ebpf.fifo"] });
  assertEquals(inputPermissions(parseInput("unix:/run/ebpf")), {
    read: ["/run/ebpf"],
    write: ["/run/ebpf"],
    net: ["unix:/run/ebpf"],
  });
});

Deno.test("readInput() reads a file once", async () => {
  await using folder = await temporary();
  const path = join(folder.path, "stream");
  await Deno.writeTextFile(path, "recorded");
  assertEquals((await read(path, { until: "-" })).got, "recorded|");
});

Deno.test("readInput() reads a FIFO, and goes on with its next writer", async () => {
  await using folder = await temporary();
  const path = join(folder.path, "fifo");
  await new Deno.Command("mkfifo", { args: [path] }).output();
  const firstEnded = Promise.withResolvers<void>();
  const reading = read(path, { until: "one|two", onEnd: firstEnded.resolve });
  await Deno.writeTextFile(path, "one");
  await firstEnded.promise;
  await Deno.writeTextFile(path, "two");
  assertEquals((await reading).got, "one|two|");
});

Deno.test("readInput() stops while it waits for the writer of a FIFO", async () => {
  await using folder = await temporary();
  const path = join(folder.path, "fifo");
  await new Deno.Command("mkfifo", { args: [path] }).output();
  const stop = new AbortController();
  const quiet = () => {};
  const reading = readInput(parseInput(path), {
    tell: { chunk: quiet, end: quiet },
    log: { error: quiet, warn: quiet, info: quiet, debug: quiet },
    signal: stop.signal,
  });
  await Deno.stat(path);
  stop.abort();
  await reading;
  // Lets the kernel's open go on, which nothing else can.
  (await Deno.open(path, { write: true })).close();
  await new Promise((resolve) => setTimeout(resolve, 5));
});

Deno.test("readInput() connects to a socket, and again when it is closed", async () => {
  await using folder = await temporary();
  const path = join(folder.path, "ebpf.sock");
  using listener = Deno.listen({ transport: "unix", path });
  const serving = (async () => {
    for (const text of ["one", "two"]) {
      using connection = await listener.accept();
      await connection.write(new TextEncoder().encode(text));
    }
  })();
  const { got, lines } = await read(path, { until: "one|two" });
  await serving;
  assertEquals(got, "one|two|");
  assertEquals(lines.filter((line) => line.startsWith("The stream")).length, 1);
});

Deno.test("readInput() waits for a socket that is not there, and says so", async () => {
  await using folder = await temporary();
  const path = join(folder.path, "ebpf.sock");
  const stop = new AbortController();
  const warned = Promise.withResolvers<string>();
  const quiet = () => {};
  const reading = readInput({ type: "socket", path }, {
    tell: { chunk: quiet, end: quiet },
    log: { error: quiet, warn: warned.resolve, info: quiet, debug: quiet },
    signal: stop.signal,
  });
  assertEquals((await warned.promise).startsWith(`Cannot read from "${path}"`), true);
  stop.abort();
  await reading;
});
