import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import type { Note } from "./elf.ts";
import { type ScriptOptions, writeScript } from "./script.ts";
import { FRAME_WORDS, GROUPS, HEAD_WORDS, TRACEPOINTS } from "./tracepoints.ts";

const OPERANDS = ["8@%rax", "8@%rbx", "-4@%ecx", "8@%rdx", "8@%rsi", "-4@%edi", "-8@160(%rsp)", "1@%cl"];

function notesFor(names: readonly string[]): Note[] {
  return names.map((name) => {
    const wanted = TRACEPOINTS.find((tracepoint) => tracepoint.name === name)?.args ?? 0;
    return { name, args: OPERANDS.slice(0, name === "mempool:replaced" ? 8 : wanted), semaphore: true };
  });
}

const ALL = notesFor(TRACEPOINTS.map(({ name }) => name));

const OPTIONS: ScriptOptions = {
  binary: "/usr/bin/bitcoind",
  notes: ALL,
  machine: 62,
  version: [0, 17],
  groups: GROUPS,
  maxPayload: 65_536,
  pid: 0,
};

function write(options: Partial<ScriptOptions> = {}) {
  return writeScript({ ...OPTIONS, ...options });
}

function probes(text: string): string[] {
  return [...text.matchAll(/^usdt:\S+?:(\w+:\w+) /gm)].map(([, name]) => name!);
}

Deno.test("writeScript() attaches what the binary has, and names what it has not", () => {
  const notes = ALL.filter(({ name }) => !name.includes("connection"));
  const { text, traced, missing } = write({ notes });
  assertEquals(probes(text), traced.slice());
  assertEquals(
    missing.map(({ name }) => name),
    TRACEPOINTS.flatMap(({ name }) => name.includes("connection") ? [name] : []),
  );
});

Deno.test("writeScript() attaches no tracepoint that was not asked for", () => {
  const notes = [...ALL, ...notesFor(["utxocache:add", "coin_selection:selected_coins", "net:new_one"])];
  assertEquals(
    probes(write({ notes, groups: ["mempool"] }).text).every((name) => name.startsWith("mempool:")),
    true,
  );
  assertEquals(write({ notes, groups: ["validation"] }).traced, ["validation:block_connected"]);
});

Deno.test("writeScript() prints as many words of a tracepoint as the reader expects", () => {
  const { text } = write({ version: [0, 27] });
  for (const { kind, words, group } of TRACEPOINTS) {
    const printed = [...text.matchAll(new RegExp(`printf\\("${kind}((?:%016lx)+)\\\\n"`, "g"))]
      .map(([, format]) => format!.length / 6);
    const expected = group === "messages"
      ? HEAD_WORDS.map((head) => FRAME_WORDS + words + head)
      : [FRAME_WORDS + words];
    assertEquals(printed, expected, kind);
  }
});

Deno.test("writeScript() fetches arguments 6 and 7 from their registers before bpftrace 0.24", () => {
  for (const minor of [17, 23]) {
    const { text } = write({ version: [0, minor] });
    assertStringIncludes(text, '*(uint64*)uptr(reg("sp") + 160)');
    assertStringIncludes(text, '(reg("cx") & 0xff)');
    assert(!/arg[67]/.test(text));
  }
  assertMatch(write({ version: [0, 24] }).text, /arg7,\s+arg6/);
});

Deno.test("writeScript() leaves out what old versions cannot reach: symbols, ARM, several places", () => {
  const replaced = (args: readonly string[]): Note => ({ name: "mempool:replaced", args, semaphore: false });
  const good = OPERANDS;
  const cases: Partial<ScriptOptions>[] = [
    { notes: [replaced([...good.slice(0, 6), "8@fee(%rip)", "1@%cl"])] },
    { notes: [replaced(good)], machine: 183 },
    { notes: [replaced(good), replaced([...good.slice(0, 7), "1@%dl"])] },
    { notes: [{ name: "mempool:replaced", args: undefined, semaphore: false }] },
  ];
  for (const options of cases) {
    const { traced, missing } = write({ ...options, groups: ["mempool"] });
    assertEquals(traced, []);
    assertMatch(missing.find(({ name }) => name === "mempool:replaced")!.reason, /needs bpftrace 0\.24/);
    assertEquals(write({ ...options, groups: ["mempool"], version: [0, 24] }).traced, ["mempool:replaced"]);
  }
});

Deno.test("writeScript() takes a replacement without its last argument for one by a transaction", () => {
  const notes: Note[] = [{ name: "mempool:replaced", args: OPERANDS.slice(0, 7), semaphore: false }];
  assertMatch(write({ notes, version: [0, 27] }).text, /lx\\n",\n {4}1,\n {4}arg6/);
});

Deno.test("writeScript() refuses a tracepoint with fewer arguments than it reads", () => {
  const notes: Note[] = [{ name: "addrman:move_to_good", args: OPERANDS.slice(0, 4), semaphore: false }];
  assertEquals(write({ notes, groups: ["addrman"] }).missing[1], {
    name: "addrman:move_to_good",
    reason: "it has 4 arguments instead of 6",
  });
});

Deno.test("writeScript() turns the microseconds of nodes before 25 into nanoseconds", () => {
  assertStringIncludes(write({ notes: notesFor(["validation:block_connected"]) }).text, "arg5 * 1000");
  assertStringIncludes(
    write({ notes: notesFor(["validation:block_connected", "mempool:added"]) }).text,
    "arg5 * 1,",
  );
});

Deno.test("writeScript() takes the loop that the version knows, and as many programs as its verifier needs", () => {
  const clauses = (minor: number, maxPayload: number) =>
    probes(write({ version: [0, minor], maxPayload, notes: notesFor(["net:inbound_message"]) }).text).length;
  assertEquals([17, 23, 27].map((minor) => clauses(minor, 65_536)), [1, 1, 1]);
  assertEquals([17, 23, 27].map((minor) => clauses(minor, 4_000_000)), [7, 14, 1]);
  assertMatch(write({ version: [0, 23] }).text, /while \(\$round < 164\)/);
  assertMatch(write({ version: [0, 24] }).text, /for \(\$round : 0\.\.\$rounds\)/);
});

Deno.test("writeScript() carries no chunks for a cap that the first bytes reach", () => {
  for (const minor of [17, 27]) {
    for (const maxPayload of [0, 304]) {
      const { text } = write({ version: [0, minor], maxPayload });
      assert(!text.includes('printf("x'));
    }
    assertStringIncludes(write({ version: [0, minor], maxPayload: 305 }).text, 'printf("x');
  }
});

Deno.test("writeScript() filters by process", () => {
  const { text } = write({ pid: 4711 });
  const conditions = [...text.matchAll(/^usdt:.* \/(.*)\/$/gm)].map(([, condition]) => condition!);
  assert(conditions.length > 10 && conditions.every((condition) => condition.includes("pid == 4711")));
});

Deno.test("writeScript() lets no path into the program that root runs but a plain one", () => {
  for (const binary of ["bitcoind", "/a b", '/x"y', "/x:y", "/x*", "/x\ny", "/x{}", "/$(x)", ""]) {
    assertThrows(() => write({ binary }), TypeError, "Cannot trace");
  }
  const [pid, inside] = [12, "/usr/bin/bitcoind"];
  for (const binary of [inside, `/proc/${pid}/root${inside}`, "/opt/bitcoin-31.0+x@1/bin/d~=%"]) {
    assertStringIncludes(write({ binary }).text, `usdt:${binary}:net:inbound_message`);
  }
});
