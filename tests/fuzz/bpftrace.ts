import { assert } from "@std/assert";
import { StreamParser } from "../../extractors/ebpf/parse.ts";
import { encodeEvent } from "../../proto/event.ts";
import { seeded } from "../../demo/scenarios/random.ts";
import type { Target } from "./target.ts";

const FIXTURES = ["0.17", "0.23", "0.27"].map((version) =>
  new URL(`../../extractors/ebpf/fixtures/bpftrace-${version}.txt`, import.meta.url)
);
const LINES_PER_SEED = 6;
const TEXT = 0;
const STRUCTS = 1;

/**
 * An input is a byte of options, a byte that determines how the stream is cut, and either a stream as bpftrace prints
 * it or, because a changed digit mostly makes a line unreadable, what its lines stand for: a letter, a number of words,
 * the words.
 */
export const bpftrace: Target = {
  name: "bpftrace",
  seeds() {
    const seeds: Uint8Array[] = [];
    for (const file of FIXTURES) {
      const lines = Deno.readTextFileSync(file).split("\n").filter((line) => line !== "");
      for (let at = 0; at < lines.length; at += LINES_PER_SEED) {
        const some = lines.slice(at, at + LINES_PER_SEED);
        const text = new TextEncoder().encode(some.join("\n") + "\n");
        seeds.push(Uint8Array.of(TEXT, at & 0xff, ...text));
        seeds.push(Uint8Array.of(STRUCTS, at & 0xff, ...some.flatMap(toStruct)));
      }
    }
    return seeds;
  },
  run(input) {
    const body = input.subarray(2);
    const stream = (input[0] ?? 0) % 2 === TEXT ? body : toLines(body);
    const whole = parse(stream, undefined);
    return () => {
      const cut = parse(stream, input[1] ?? 0);
      // Where a line is too long, more or less of it is seen.
      if (stream.indexOf(10) < 0 || longestLine(stream) > 4096) return;
      assert(whole.bytes === cut.bytes && whole.events === cut.events, "the same events however it is cut");
      assert(JSON.stringify([...whole.counts]) === JSON.stringify([...cut.counts]), "the same counts");
    };
  },
};

interface Outcome {
  events: number;
  bytes: number;
  counts: Map<string, number>;
}

function parse(stream: Uint8Array, seed: number | undefined): Outcome {
  const outcome: Outcome = { events: 0, bytes: 0, counts: new Map() };
  const parser = new StreamParser({
    emit(event) {
      assert(Number.isSafeInteger(event.timestamp) && event.timestamp >= 0, "a time");
      outcome.events++;
      outcome.bytes += encodeEvent(event).length;
    },
    count(what, by) {
      assert(Number.isSafeInteger(by) && by > 0, `a count, not ${by} ${what}`);
      outcome.counts.set(what, (outcome.counts.get(what) ?? 0) + by);
    },
    say: (line) => assert(line.length <= 1024, "a line that a log can hold"),
    heartbeat() {},
    process: (pid) => assert(pid >= 0 && pid < 2 ** 32, "a process number"),
  }, { maxPayload: 65_536 });
  if (seed === undefined) parser.push(stream, 1_700_000_000_000);
  else {
    const random = seeded(seed);
    const largest = Math.max(random.pick([1, 7, 900, 5000]), stream.length >> 10);
    for (let at = 0; at < stream.length;) {
      parser.push(stream.subarray(at, at += 1 + random.below(largest)), 1_700_000_000_000);
    }
  }
  parser.end();
  return outcome;
}

function toStruct(line: string): number[] {
  const digits = line.slice(1);
  if (!/^[\da-f]+$/.test(digits) || digits.length % 16 !== 0) return [];
  return [line.charCodeAt(0), digits.length / 16, ...Uint8Array.fromHex(digits).reverse()];
}

function toLines(structs: Uint8Array): Uint8Array {
  let text = "";
  for (let at = 0; at + 2 <= structs.length;) {
    const bytes = structs.slice(at + 2, at + 2 + 8 * structs[at + 1]!);
    const whole = bytes.subarray(0, bytes.length - bytes.length % 8);
    text += String.fromCharCode(97 + structs[at]! % 32 - 1) + whole.reverse().toHex() + "\n";
    at += 2 + bytes.length;
  }
  return new TextEncoder().encode(text);
}

function longestLine(stream: Uint8Array): number {
  let longest = 0;
  for (let from = 0; from < stream.length;) {
    const end = stream.indexOf(10, from);
    const to = end < 0 ? stream.length : end;
    longest = Math.max(longest, to - from);
    from = to + 1;
  }
  return longest;
}
