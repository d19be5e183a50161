import { assert, assertEquals } from "@std/assert";
import { LogDebugCategory, LogLevel } from "../../proto/schema.ts";
import { namesOf, recordedLines } from "./_recorded.ts";
import { parseLine } from "./line.ts";

const CATEGORY = namesOf(LogDebugCategory);
const LEVEL = namesOf(LogLevel);

/** `time category level thread source message`, empty parts as `-`. */
function told(text: string): string {
  const { timeMicros, category, level, thread, source, message } = parseLine(text);
  const parts = [
    timeMicros === 0 ? "" : timeMicros,
    CATEGORY[category],
    LEVEL[level],
    thread,
    source,
    message,
  ];
  return parts.map((part) => part === "" ? "-" : part).join(" | ");
}

/** The same time in all lines below, without and with its microseconds. */
const S = 1_795_203_529_000_000;
const US = S + 267_050;

const LINES: readonly (readonly [what: string, line: string, expected: string])[] = [
  // The parts of the frame
  ["nothing but a time", "2026-11-20T19:38:49Z ", `${S} | UNKNOWN | INFO | - | - | -`],
  ["a time at the end of the line", "2026-11-20T19:38:49Z", `${S} | UNKNOWN | INFO | - | - | -`],
  ["no frame but the time", "2026-11-20T19:38:49Z hi", `${S} | UNKNOWN | INFO | - | - | hi`],
  ["microseconds", "2026-11-20T19:38:49.267050Z hi", `${US} | UNKNOWN | INFO | - | - | hi`],
  ["one digit", "2026-11-20T19:38:49.2Z hi", `${S + 200_000} | UNKNOWN | INFO | - | - | hi`],
  [
    "mock time",
    "2026-11-20T19:38:49Z (mocktime: 2030-01-01T00:00:00Z) hi",
    `${S} | UNKNOWN | INFO | - | - | hi`,
  ],
  ["thread", "2026-11-20T19:38:49Z [msghand] hi", `${S} | UNKNOWN | INFO | msghand | - | hi`],
  [
    "a thread with spaces",
    "2026-11-20T19:38:49Z [basic block filter index] hi",
    `${S} | UNKNOWN | INFO | basic block filter index | - | hi`,
  ],
  ["category", "2026-11-20T19:38:49Z [net] hi", `${S} | NET | DEBUG | - | - | hi`],
  ["a category in capitals", "2026-11-20T19:38:49Z [Net] hi", `${S} | NET | DEBUG | - | - | hi`],
  ["thread and category", "2026-11-20T19:38:49Z [msghand] [net] hi", `${S} | NET | DEBUG | msghand | - | hi`],
  ["thread net", "2026-11-20T19:38:49Z [net] [net] hi", `${S} | NET | DEBUG | net | - | hi`],
  [
    "all parts",
    "2026-11-20T19:38:49.267050Z (mocktime: 2030-01-01T00:00:00Z) [msghand] [net_processing.cpp:3609] [ProcessMessage] [net] hi",
    `${US} | NET | DEBUG | msghand | net_processing.cpp:3609 | hi`,
  ],
  [
    "thread net at a place without category",
    "2026-11-20T19:38:49Z [net] [util/thread.cpp:20] [TraceThread] net thread start",
    `${S} | UNKNOWN | INFO | net | util/thread.cpp:20 | net thread start`,
  ],
  [
    "source locations without thread names: the place is the thread, as in the Rust extractor",
    "2026-11-20T19:38:49Z [net.cpp:1] [f] [net] hi",
    `${S} | NET | DEBUG | net.cpp:1 | net.cpp:1 | hi`,
  ],
  [
    "a signature with brackets in it (29.1 to 30)",
    "2026-11-20T19:38:49Z [shutoff] [src/logging/timer.h:56] [void Timer<T>::Log(const char (&)[3]) [with T = long int]] [net] hi",
    `${S} | NET | DEBUG | shutoff | src/logging/timer.h:56 | hi`,
  ],
  // Levels
  ["warning", "2026-11-20T19:38:49Z [warning] hi", `${S} | UNKNOWN | WARNING | - | - | hi`],
  [
    "error after a thread",
    "2026-11-20T19:38:49Z [init] [error] hi",
    `${S} | UNKNOWN | ERROR | init | - | hi`,
  ],
  ["a level in capitals", "2026-11-20T19:38:49Z [ERROR] hi", `${S} | UNKNOWN | ERROR | - | - | hi`],
  ["level and category", "2026-11-20T19:38:49Z [net] [error] hi", `${S} | NET | ERROR | - | - | hi`],
  ["trace", "2026-11-20T19:38:49Z [walletdb:trace] hi", `${S} | WALLETDB | TRACE | - | - | hi`],
  ["debug", "2026-11-20T19:38:49Z [cmpctblock:debug] hi", `${S} | CMPCTBLOCK | DEBUG | - | - | hi`],
  ["info of a category", "2026-11-20T19:38:49Z [net:info] hi", `${S} | NET | INFO | - | - | hi`],
  ["warning of a category", "2026-11-20T19:38:49Z [x] [net:warning] hi", `${S} | NET | WARNING | x | - | hi`],
  ["error of a category", "2026-11-20T19:38:49Z [net:error] hi", `${S} | NET | ERROR | - | - | hi`],
  ["all:info", "2026-11-20T19:38:49Z [all:info] hi", `${S} | UNKNOWN | INFO | - | - | hi`],
  ["all:warning", "2026-11-20T19:38:49Z [init] [all:warning] hi", `${S} | UNKNOWN | WARNING | init | - | hi`],
  ["words of Core 24", "2026-11-20T19:38:49Z ERROR: hi", `${S} | UNKNOWN | ERROR | - | - | ERROR: hi`],
  [
    "words of Core 24",
    "2026-11-20T19:38:49Z [x] Warning: hi",
    `${S} | UNKNOWN | WARNING | x | - | Warning: hi`,
  ],
  ["words in a debug line", "2026-11-20T19:38:49Z [net] ERROR: hi", `${S} | NET | DEBUG | - | - | ERROR: hi`],
  // Brackets that are no part of the frame
  [
    "a message that begins with a bracket",
    "2026-11-20T19:38:49Z [init] [wallet.cpp:1] [f] [default_wallet] hi",
    `${S} | UNKNOWN | INFO | init | wallet.cpp:1 | [default_wallet] hi`,
  ],
  [
    "after a category that names its level",
    "2026-11-20T19:38:49Z [walletdb:trace] [/data/regtest] hi",
    `${S} | WALLETDB | TRACE | - | - | [/data/regtest] hi`,
  ],
  [
    "after thread and category",
    "2026-11-20T19:38:49Z [init] [coindb] [x] hi",
    `${S} | COINDB | DEBUG | init | - | [x] hi`,
  ],
  [
    "a bracket that nobody knows, first: the thread, as in the Rust extractor",
    "2026-11-20T19:38:49Z [default_wallet] hi",
    `${S} | UNKNOWN | INFO | default_wallet | - | hi`,
  ],
  [
    "a category without a number keeps its name",
    "2026-11-20T19:38:49Z [init] [kernel:debug] hi",
    `${S} | UNKNOWN | DEBUG | init | - | [kernel:debug] hi`,
  ],
  ["no closing bracket", "2026-11-20T19:38:49Z [net hi", `${S} | UNKNOWN | INFO | - | - | [net hi`],
  ["no space behind a bracket", "2026-11-20T19:38:49Z [net]hi", `${S} | UNKNOWN | INFO | - | - | [net]hi`],
  ["an empty bracket", "2026-11-20T19:38:49Z [] hi", `${S} | UNKNOWN | INFO | - | - | hi`],
  ["nothing behind the brackets", "2026-11-20T19:38:49Z [x] [net]", `${S} | NET | DEBUG | x | - | -`],
  // Rate limit of 29.1 and later
  ["a mark before the time", "[*] 2026-11-20T19:38:49Z [net] hi", `${S} | NET | DEBUG | - | - | hi`],
  // Without a time the Rust extractor loses the text
  ["an empty line", "", "- | UNKNOWN | INFO | - | - | -"],
  [
    "a continuation",
    "    CTxIn(COutPoint(09f967dd49, 1))",
    "- | UNKNOWN | INFO | - | - |     CTxIn(COutPoint(09f967dd49, 1))",
  ],
  ["-logtimestamps=0 with a category", "[msghand] [net] hi", "- | NET | DEBUG | msghand | - | hi"],
  ["-logtimestamps=0 without one", "[msghand] hi", "- | UNKNOWN | INFO | - | - | [msghand] hi"],
  ["words without a time", "ERROR: hi", "- | UNKNOWN | ERROR | - | - | ERROR: hi"],
  ["a mark without a time", "[*] hi", "- | UNKNOWN | INFO | - | - | [*] hi"],
  // Times that are none
  ["30 February", "2026-02-30T19:38:49Z [net] hi", "- | NET | DEBUG | - | - | hi"],
  ["month 13", "2026-13-01T19:38:49Z [net] hi", "- | NET | DEBUG | - | - | hi"],
  ["25 hours", "2026-11-20T25:38:49.1Z [net] hi", "- | NET | DEBUG | - | - | hi"],
  ["before 1970", "1969-12-31T23:59:59Z hi", "- | UNKNOWN | INFO | - | - | hi"],
  ["29 February of a leap year", "2028-02-29T00:00:00Z hi", "1835395200000000 | UNKNOWN | INFO | - | - | hi"],
  ["29 February of 2100", "2100-02-29T00:00:00Z hi", "- | UNKNOWN | INFO | - | - | hi"],
  [
    "seven digits",
    "2026-11-20T19:38:49.1234567Z hi",
    "- | UNKNOWN | INFO | - | - | 2026-11-20T19:38:49.1234567Z hi",
  ],
  [
    "a dot without digits",
    "2026-11-20T19:38:49.Z hi",
    "- | UNKNOWN | INFO | - | - | 2026-11-20T19:38:49.Z hi",
  ],
  ["no Z", "2026-11-20T19:38:49 hi", "- | UNKNOWN | INFO | - | - | 2026-11-20T19:38:49 hi"],
  ["no space behind", "2026-11-20T19:38:49Zhi", "- | UNKNOWN | INFO | - | - | 2026-11-20T19:38:49Zhi"],
];

for (const [what, line, expected] of LINES) {
  Deno.test(`parseLine() reads ${what}: ${line.slice(0, 80)}`, () => {
    assertEquals(told(line), expected);
  });
}

Deno.test("parseLine() knows every category of the schema", () => {
  for (const [name, number] of Object.entries(LogDebugCategory)) {
    assertEquals(parseLine(`2026-11-20T19:38:49Z [t] [${name.toLowerCase()}] hi`).category, number);
  }
});

Deno.test("parseLine() says the same of a recorded line whichever parts of its frame are dropped", () => {
  const frame =
    /^(?<second>[^.]+)(?<fraction>\.\d{6})(?<z>Z )(?<mock>\(mocktime: [^)]*\) )?(?<thread>\[[^\]]*\] )(?<place>\[[^\]]*:\d+\] \[[^\]]*\] )(?<rest>.*)$/;
  let compared = 0;
  for (const text of recordedLines("core-31")) {
    const groups = frame.exec(text)?.groups;
    if (groups === undefined) continue;
    const { second, fraction, z, mock = "", thread, place, rest } = groups as Record<string, string> & {
      second: string;
      fraction: string;
    };
    const whole = parseLine(text);
    assertEquals(whole.thread, thread!.slice(1, -2));
    // Without thread names a bracket that begins the message takes the thread's place, and "net" may be either.
    const begins = whole.message.startsWith("[");
    for (let dropped = 1; dropped < 16; dropped++) {
      const without = (bit: number) => (dropped & bit) !== 0;
      if (begins && (without(4) || without(8))) continue;
      if (without(8) && thread === "[net] " || thread === "[http] ") continue;
      const form = second + (without(1) ? "" : fraction) + z + (without(2) ? "" : mock) +
        (without(4) ? "" : thread) + (without(8) ? "" : place) + rest;
      const { timeMicros, category, level, thread: named, source, message } = parseLine(form);
      assertEquals({ timeMicros, category, level, message }, {
        timeMicros: without(1) ? Math.floor(whole.timeMicros / 1e6) * 1e6 : whole.timeMicros,
        category: whole.category,
        level: whole.level,
        message: whole.message,
      }, form);
      assertEquals(source, without(8) ? "" : whole.source);
      assertEquals(named, without(4) ? source : whole.thread, form);
      compared++;
    }
  }
  assert(compared > 70_000, `${compared} forms`);
});

Deno.test("parseLine() leaves nothing of the frame in a message of Knots 29, in any of its forms", () => {
  const lines = recordedLines("knots-29").map(parseLine);
  const timed = lines.filter((line) => line.fraction !== undefined);
  assertEquals(timed.filter((line) => line.message.startsWith("[")).map((line) => line.message), []);
  assertEquals(new Set(timed.map((line) => line.fraction)), new Set([true, false]));
  assertEquals(
    lines.filter((line) => line.fraction === undefined).map((line) => line.message).filter((text) =>
      text !== ""
    ),
    [],
  );
});
