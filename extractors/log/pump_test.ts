import { assert, assertEquals, assertLess } from "@std/assert";
import type { Event } from "../../proto/event.ts";
import { logFor } from "../../runtime/log.ts";
import type { Input, Piece } from "./piece.ts";
import type { Mark, PositionFile } from "./position.ts";
import { pump } from "./pump.ts";

function collect() {
  const events: Event[] = [];
  const said: string[] = [];
  const counts = new Map<string, number>();
  const out = {
    emit: (event: Event) => void events.push(event),
    log: logFor("log", ({ level, message }) => said.push(`${level} ${message}`)),
    count: (what: string, by = 1) => void counts.set(what, (counts.get(what) ?? 0) + by),
  };
  return { events, said, counts, out };
}

function input(pieces: Iterable<Piece>, mark: Input["mark"] = () => undefined): Input {
  return {
    name: "test",
    async *pieces() {
      yield* await Promise.resolve(pieces);
    },
    mark,
    [Symbol.dispose]() {},
  };
}

const piece = (text: string, begins = false): Piece => ({ bytes: new TextEncoder().encode(text), begins });
const at = (offset: number): Mark => ({ file: "1:1", offset, length: 0, sha256: "" });

Deno.test("pump() stamps an event with the time it read the line, not with the line's own", async () => {
  const { events, out } = collect();
  const before = Date.now();
  await pump(input([piece("2020-01-01T00:00:00Z hi\n")]), out);
  const [event] = events;
  assert(event?.kind === "log");
  assert(event.timestamp >= before && event.timestamp <= Date.now());
  assertEquals(event.value.logTimestamp, 1_577_836_800_000_000);
});

Deno.test("pump() emits an unfinished last line when a stream ends or another begins", async () => {
  const { events, out } = collect();
  await pump(input([piece("a\nb"), piece("c\nd", true), piece("e")]), out);
  const texts = events.map((event) =>
    event.kind === "log" && event.value.logEvent?.case === "unknownLogMessage" &&
    event.value.logEvent.value.rawMessage
  );
  assertEquals(texts, ["a", "b", "c", "de"]);
});

Deno.test("pump() emits the events of a piece before it saves the position after them", async () => {
  const { events, out } = collect();
  const saved: [number, number][] = [];
  const position = {
    save: (mark: Mark) => saved.push([mark.offset, events.length]),
  } as unknown as PositionFile;
  let offset = 0;
  const pieces = ["a\nb\n", "c\nd", "e\n"].map((text) => piece(text));
  const marked = input(pieces, (pending) => at(offset += 10 - pending));
  await pump(marked, out, { position });
  assertEquals(saved, [[10, 2], [19, 3], [29, 4]]);
});

Deno.test("pump() goes on when the position cannot be written, and says so once", async () => {
  const { events, said, counts, out } = collect();
  const position = {
    save: () => {
      throw new Deno.errors.WriteZero("disk full");
    },
  } as unknown as PositionFile;
  await pump(input([piece("a\n"), piece("b\n")], () => at(1)), out, { position });
  assertEquals(events.length, 2);
  assertEquals(said, ["warn Cannot write the position file: disk full"]);
  assertEquals(counts.get("positions not written"), 2);
});

Deno.test("pump() says once what the node's lines lack", async () => {
  const { said, counts, out } = collect();
  const hash = "00".repeat(32);
  const lines = [
    "2026-11-20T19:38:49Z hi",
    "2026-11-20T19:38:49Z hi",
    `2026-11-20T19:38:49Z Saw new header hash=${hash} height=1`,
    `2026-11-20T19:38:49Z Saw new header hash=${hash} height=2`,
    "[*] 2026-11-20T19:38:49Z Excessive logging detected from a.cpp:1 (f): >1048576 bytes logged",
    "a continuation",
    "[*] 2026-11-20T19:38:49Z hi",
    "2026-11-20T19:38:49Z hi",
  ];
  await pump(input([piece(lines.join("\n"))]), out);
  assertEquals(said.map((line) => line.slice(0, 30)), [
    "info The times have no fractio",
    "info New headers stay messages",
    "warn The node leaves out lines",
  ]);
  assertEquals(counts.get("times the node left out lines"), 1);
});

Deno.test("pump() gives other work its turn between pieces", async () => {
  const { out, events } = collect();
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  await pump(input(Array.from({ length: 200 }, () => piece("x\n".repeat(2000)))), out);
  clearInterval(timer);
  assertEquals(events.length, 400_000);
  assert(turns > 10, `${turns} turns`);
});

Deno.test("pump() holds no more than a piece and a line, however much goes through", async () => {
  let lines = 0;
  const out = { ...collect().out, emit: () => void lines++ };
  const bytes = new TextEncoder().encode(`2026-11-20T19:38:49Z ${"y".repeat(100)}\n`.repeat(1000));
  const pieces = function* () {
    for (let i = 0; i < 2000; i++) yield { bytes, begins: false };
  };
  const before = Deno.memoryUsage();
  await pump(input(pieces()), out);
  const { heapUsed, external } = Deno.memoryUsage();
  assertEquals(lines, 2_000_000);
  assertLess(heapUsed + external - before.heapUsed - before.external, 64 * 1024 * 1024);
});
