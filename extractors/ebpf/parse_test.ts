import { assert, assertEquals } from "@std/assert";
import { decodeEvent, encodeEvent, type Event } from "../../proto/event.ts";
import { firedBy } from "./fixtures/fired.ts";
import { chunkLine, line, messageLine as messageLineAt, type MessageParts } from "./fixtures/lines.ts";
import { StreamParser } from "./parse.ts";

/** A parser with what it told. */
function newParser(maxPayload = 65_536) {
  const events: Event[] = [];
  const counts: Record<string, number> = {};
  const lines: string[] = [];
  const pids = new Set<number>();
  let heartbeats = 0;
  const parser = new StreamParser({
    emit(event) {
      // Bytes in it are views: as the bus does, keep an encoded copy.
      const decoded = decodeEvent(encodeEvent(event));
      assert(decoded.ok);
      events.push(decoded.event);
    },
    count: (what, by) => counts[what] = (counts[what] ?? 0) + by,
    say: (line) => lines.push(line),
    heartbeat: () => heartbeats++,
    process: (pid) => pids.add(pid),
  }, { maxPayload });
  return { parser, events, counts, lines, pids, heartbeats: () => heartbeats };
}

const NSECS = 5e12;
const PROCESS = (77n << 32n) | 78n;

function messageLine(parts: Omit<MessageParts, "nsecs">): string {
  return messageLineAt({ ...parts, nsecs: NSECS });
}

const encoder = new TextEncoder();
const addedLine = (number: number | bigint) => line("m", NSECS, PROCESS, number, 1, 2, 3, 4, 250, 1000);
const pattern = (length: number) => Uint8Array.from({ length }, (_, i) => i * 7 + i / 251);

for (const version of ["0.17", "0.23", "0.27"]) {
  const stream = Deno.readFileSync(new URL(`fixtures/bpftrace-${version}.txt`, import.meta.url));
  const fired = firedBy(31);

  Deno.test(`StreamParser reads every field of every tracepoint from bpftrace ${version}`, () => {
    const { parser, events, counts, pids, heartbeats } = newParser();
    parser.push(stream, 1_700_000_000_000);
    parser.end();
    assertEquals(counts, {});
    assertEquals(pids.size, 1);
    assert(heartbeats() > 2);
    // Of several CPUs with a buffer each, the order is not that of time.
    const byTime = events.toSorted((a, b) => a.timestamp - b.timestamp);
    assertEquals(byTime.map(({ kind, value }) => ({ kind, value })), fired.map(({ event }) => event));
    assert(events.every(({ timestamp }) => timestamp <= 1_700_000_000_000 && timestamp > 1_699_999_990_000));
  });

  Deno.test(`StreamParser reads the same from bpftrace ${version} however it is cut`, () => {
    const whole = newParser();
    whole.parser.push(stream, 1);
    for (const size of [1, 7, 100, 4096]) {
      const { parser, events, counts } = newParser();
      for (let at = 0; at < stream.length; at += size) parser.push(stream.subarray(at, at + size), 1);
      assertEquals(events.map(({ value }) => value), whole.events.map(({ value }) => value));
      assertEquals(counts, {});
    }
  });
}

/** A heartbeat, some seconds after all records. */
const beat = (seconds: number, cpu: number, ...counts: number[]) =>
  line("h", NSECS + seconds * 1e9, cpu, ...counts);

Deno.test("StreamParser counts what is missing between two numbers, and behind the last one by the heartbeat", () => {
  const { parser, counts } = newParser();
  parser.push(encoder.encode(`w waggle-ebpf 1 m 65536\n${[2, 3, 6].map(addedLine).join("")}`), 1);
  for (const second of [0, 1, 2]) parser.push(encoder.encode(beat(second, 0, 10)), 1);
  assertEquals(counts, { "lost mempool:added": 2 + 2 + 3 });
  parser.push(encoder.encode(addedLine(10) + beat(3, 0, 11) + beat(4, 0, 11) + beat(5, 0, 11)), 1);
  assertEquals(counts, { "lost mempool:added": 7 });
});

Deno.test("StreamParser counts no record as lost that comes after a heartbeat or a later one", () => {
  const { parser, counts, events } = newParser();
  parser.push(encoder.encode(`w waggle-ebpf 1 m 65536\n${addedLine(0)}${addedLine(2)}${beat(0, 0, 4)}`), 1);
  // 1 was interrupted by another thread, 3 by the heartbeat; a second 3 is of two threads at once.
  parser.push(encoder.encode([1, 3, 3].map(addedLine).join("")), 1);
  for (const second of [1, 2, 3]) parser.push(encoder.encode(beat(second, 0, 4)), 1);
  parser.end();
  assertEquals(counts, {});
  assertEquals(events.length, 5);
});

Deno.test("StreamParser keeps the numbers of CPUs apart, also of the 4095th", () => {
  const { parser, counts } = newParser();
  for (const cpu of [0n, 1n, 63n, 4095n]) {
    for (const number of [0n, 1n, 2n, 5n]) parser.push(encoder.encode(addedLine((cpu << 48n) | number)), 1);
  }
  parser.end();
  assertEquals(counts, { "lost mempool:added": 4 * 2 });
});

Deno.test("StreamParser joins a stream in its middle without a loss, and begins anew with the next", () => {
  const { parser, counts, events } = newParser();
  parser.push(encoder.encode(addedLine(1000) + addedLine(1001) + line("h", NSECS, 0, 1, 2, 3)), 1);
  parser.push(encoder.encode(`w waggle-ebpf 1 m 65536\n${addedLine(0)}`), 1);
  assertEquals(counts, {});
  assertEquals(events.length, 3);
});

Deno.test("StreamParser puts chunks together, across messages of other threads", () => {
  const { parser, events, counts } = newParser();
  const a = pattern(1600);
  const b = pattern(900).reverse();
  const begin = (number: number, payload: Uint8Array, process: bigint) =>
    messageLine({ number, type: "xa", length: payload.length, head: payload, process });
  const lines = [
    begin(0, a, PROCESS),
    chunkLine(0, 304, a),
    begin(1, b, PROCESS + 1n),
    chunkLine(1, 304, b, 79n),
    chunkLine(0, 704, a),
    addedLine(0),
    chunkLine(1, 704, b, 79n),
    chunkLine(0, 1104, a),
    chunkLine(0, 1504, a),
  ];
  for (const line of lines) parser.push(encoder.encode(line), 1);
  assertEquals(events.map(payloadOf), [undefined, b.toHex(), a.toHex()]);
  assertEquals(counts, {});
});

Deno.test("StreamParser takes chunks in any order, and before their message", () => {
  const { parser, events, counts } = newParser();
  const payload = pattern(2000);
  const offsets = [1104, 304, 1904, 1504, 704];
  for (const offset of offsets.slice(0, 3)) parser.push(encoder.encode(chunkLine(4, offset, payload)), 1);
  parser.push(encoder.encode(messageLine({ number: 4, type: "xa", length: 2000, head: payload })), 1);
  for (const offset of offsets.slice(3)) parser.push(encoder.encode(chunkLine(4, offset, payload)), 1);
  assertEquals(events.map(payloadOf), [payload.toHex()]);
  assertEquals(counts, {});
});

Deno.test("StreamParser drops a message whole if a chunk is missing, and not the next one of its thread", () => {
  const { parser, events, counts } = newParser();
  const payload = pattern(1200);
  const begin = (number: number) => messageLine({ number, type: "xa", length: 1200, head: payload });
  // Chunk 704 of the first is missing; the second must not get the first one's bytes.
  const lines = [begin(0), chunkLine(0, 304, payload), chunkLine(0, 1104, payload), begin(1)];
  lines.push(...[304, 704, 1104].map((offset) => chunkLine(1, offset, payload)));
  parser.push(encoder.encode(lines.join("")), 1);
  parser.end();
  assertEquals(counts, { "incomplete messages": 1 });
  assertEquals(events.map(payloadOf), [payload.toHex()]);
});

Deno.test("StreamParser gives up what waits for chunks for 3 s, and all of it when the stream ends", () => {
  const { parser, counts } = newParser();
  const payload = pattern(1200);
  const begin = (number: number, process: bigint) =>
    encoder.encode(messageLine({ number, type: "xa", length: 1200, head: payload, process }));
  parser.push(begin(0, 1n), 1);
  parser.push(encoder.encode(beat(2, 0)), 1);
  assertEquals(counts, {});
  parser.push(encoder.encode(beat(4, 0)), 1);
  assertEquals(counts, { "incomplete messages": 1 });
  parser.push(begin(1, 1n), 1);
  parser.end();
  assertEquals(counts, { "incomplete messages": 2 });
});

Deno.test("StreamParser says of a payload beyond the cap what its beginning says, and never more", () => {
  const block = pattern(304);
  const cases: [type: string, expected: string | undefined][] = [
    ["block", "block"],
    ["cmpctblock", "compactblock"],
    ["blocktxn", "blocktxn"],
    ["merkleblock", "merkleblock"],
    ["headers", undefined],
    ["tx", undefined],
    ["xa", undefined],
  ];
  for (const [type, expected] of cases) {
    const { parser, events, counts } = newParser();
    parser.push(encoder.encode(messageLine({ number: 0, type, length: 65_537, head: block })), 1);
    assertEquals(counts, { "truncated messages": 1 }, type);
    const event = events[0]!;
    assert(event.kind === "message");
    assertEquals(event.value.meta.size, 65_537);
    assertEquals(event.value.msg?.case, expected, type);
    if (event.value.msg?.case === "block") {
      assertEquals(event.value.msg.value.transactions, []);
      assertEquals(event.value.msg.value.header.prevBlockhash, block.slice(4, 36));
    }
  }
});

Deno.test("StreamParser takes the cap from the stream", () => {
  const { parser, counts } = newParser(0);
  const message = messageLine({ number: 0, type: "xa", length: 500, head: pattern(304) });
  parser.push(encoder.encode(message), 1);
  assertEquals(counts, { "truncated messages": 1 });
  parser.push(encoder.encode(`w waggle-ebpf 1 i 500\n${message}${chunkLine(0, 304, pattern(704))}`), 1);
  assertEquals(counts, { "truncated messages": 1 });
});

Deno.test("StreamParser counts messages that do not decode, and says which", () => {
  const { parser, events, counts, lines } = newParser();
  parser.push(
    encoder.encode(messageLine({ number: 0, type: "inv", length: 3, head: Uint8Array.of(9, 9, 9) })),
    1,
  );
  assertEquals([events, counts], [[], { "undecodable messages": 1 }]);
  assert(lines[0]?.startsWith('no "inv"'), lines[0]);
});

Deno.test("StreamParser counts what bpftrace says it lost, and lines that nobody knows", () => {
  const { parser, counts, lines } = newParser();
  parser.push(encoder.encode("Attaching 17 probes...\n\nLost 1226 events\nLost 3 events\nERROR: what\n"), 1);
  assertEquals(counts, { "records lost by bpftrace": 1229, "unreadable lines": 1 });
  assertEquals(lines, ["Attaching 17 probes...", "ERROR: what"]);
});

Deno.test("StreamParser refuses records of a wrong length, with other digits, or of an impossible CPU", () => {
  const good = addedLine(0);
  const bad = [
    good.slice(0, -2) + "\n",
    good.slice(0, -17) + "\n",
    good.replace(/.\n/, "g\n"),
    "m\n",
    "i\n",
    `m${"0".repeat(16 * 127)}\n`,
    addedLine(4096n << 48n),
    line("h", 1),
    line("x", 0, 1),
    "é".repeat(9) + "\n",
  ];
  const { parser, events, counts } = newParser();
  for (const line of bad) parser.push(encoder.encode(line), 1);
  assertEquals([events, counts], [[], { "unreadable lines": bad.length }]);
  parser.push(encoder.encode(good), 1);
  assertEquals(events.length, 1);
});

Deno.test("StreamParser throws away a line without an end, counts it once and goes on with the next", () => {
  const { parser, events, counts } = newParser();
  for (let i = 0; i < 1000; i++) parser.push(new Uint8Array(1000).fill(0x61), 1);
  parser.push(encoder.encode("\n" + addedLine(0)), 1);
  assertEquals(counts, { "unreadable lines": 1 });
  assertEquals(events.length, 1);
});

Deno.test("StreamParser gives events the time of their tracepoint", () => {
  const { parser, events } = newParser();
  // 3 s of a backlog: the second record arrives with the first.
  parser.push(encoder.encode(line("h", NSECS, 0)), 1_000_000);
  parser.push(
    encoder.encode(
      line("m", NSECS + 1e9, PROCESS, 0, 1, 2, 3, 4, 5, 6) +
        line("m", NSECS + 4e9, PROCESS, 1, 1, 2, 3, 4, 5, 6),
    ),
    1_004_000,
  );
  assertEquals(events.map(({ timestamp }) => timestamp), [1_001_000, 1_004_000]);
});

function payloadOf(event: Event): string | undefined {
  if (event.kind !== "message" || event.value.msg?.case !== "unknown") return undefined;
  return event.value.msg.value.payload.toHex();
}
