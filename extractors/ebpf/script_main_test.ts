import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "./script_main.ts";

async function run(...args: string[]) {
  let printed = "";
  let said = "";
  const code = await main(args, (text) => printed += text, (text) => said += `${text}\n`);
  return { code, printed, said };
}

Deno.test("ebpf:script explains itself when it is misused", async () => {
  for (
    const args of [[], ["/bin/true"], ["--bpftrace", "0.17"], ["--bpftrace", "x", "/bin/true"], ["--what"]]
  ) {
    const { code, printed, said } = await run(...args);
    assertEquals([code, printed], [2, ""]);
    assertStringIncludes(said, "Usage: deno task ebpf:script");
  }
  const { said } = await run("--bpftrace", "0.17", "--groups", "mempool,blocks", "/bin/true");
  assert(said.startsWith('Cannot use group "blocks"'), said);
});

Deno.test("ebpf:script says what is wrong with a binary", async () => {
  const none = await run("--bpftrace", "0.17", Deno.execPath());
  assertEquals([none.code, none.printed], [1, ""]);
  assertStringIncludes(none.said, "has none of the tracepoints");
  const missing = await run("--bpftrace", "0.17", "/nonexistent/bitcoind");
  assertEquals(missing.code, 1);
  assertStringIncludes(missing.said, 'Cannot read the tracepoints of "/nonexistent/bitcoind"');
});
