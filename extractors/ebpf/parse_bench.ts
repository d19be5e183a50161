/**
 * How fast lines become events on the bus: our reader, and the obvious one (split, regular expression, BigInt).
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { encodeEvent } from "../../proto/event.ts";
import { toMessageEvent } from "../../proto/message_event.ts";
import { mixedMessages, type RecordedMessage } from "../../tests/integration/ebpf_fixture.ts";
import { chunkLine, messageLine } from "./fixtures/lines.ts";
import { StreamParser } from "./parse.ts";

const MESSAGES = 1000;

const PROFILES: Readonly<Record<string, readonly RecordedMessage[]>> = {
  "ping": repeat("ping", 8),
  "300 bytes": repeat("xa", 300),
  "4 KiB": repeat("xa", 4096),
  "mix": mixedMessages(),
};

function repeat(command: string, bytes: number): RecordedMessage[] {
  return Array.from({ length: MESSAGES }, () => ({ command, payload: new Uint8Array(bytes).fill(0x5a) }));
}

function streamOf(messages: readonly RecordedMessage[]): Uint8Array<ArrayBuffer> {
  const lines = messages.flatMap(({ command: type, payload }, number) => {
    const parts = {
      number,
      type,
      length: payload.length,
      head: payload,
      nsecs: 5e12 + number,
      peer: number % 100,
    };
    const offsets = Array.from(
      { length: Math.ceil(Math.max(0, payload.length - 304) / 400) },
      (_, i) => 304 + i * 400,
    );
    return [messageLine(parts), ...offsets.map((offset) => chunkLine(number, offset, payload))];
  });
  return new TextEncoder().encode(lines.join(""));
}

/** As a pipe hands it over. */
function feed(parser: StreamParser, stream: Uint8Array): void {
  for (let at = 0; at < stream.length; at += 65_536) {
    parser.push(stream.subarray(at, at + 65_536), 1_700_000_000_000);
  }
}

let bytes = 0;
let events = 0;
const ours = new StreamParser({
  emit(event) {
    events++;
    bytes += encodeEvent(event).length;
  },
  count() {},
  say() {},
  heartbeat() {},
  process() {},
}, { maxPayload: 65_536 });

/** Splits, matches and parses as one would first write it; without losses, clock, and mixed chunks. */
function obvious(stream: Uint8Array): void {
  let pending: { words: bigint[]; payload: number[] } | undefined;
  for (const text of new TextDecoder().decode(stream).split("\n")) {
    const match = /^([a-z])((?:[0-9a-f]{16})+)$/.exec(text);
    if (match === null) continue;
    const words = match[2]!.match(/.{16}/g)!.reverse().map((word) => BigInt(`0x${word}`));
    if (match[1] === "i") pending = { words, payload: toBytes(words.slice(18)) };
    else pending!.payload.push(...toBytes(words.slice(2)));
    const size = Number(pending!.words[17]);
    if (pending!.payload.length < size) continue;
    const meta = {
      peerId: Number(pending!.words[3]),
      addr: toText(pending!.words.slice(4, 13)),
      connType: 1,
      command: toText(pending!.words.slice(15, 17)),
      inbound: true,
      size,
    };
    const result = toMessageEvent(meta, Uint8Array.from(pending!.payload.slice(0, size)));
    if (!result.ok) continue;
    events++;
    bytes += encodeEvent({ timestamp: 1_700_000_000_000, kind: "message", value: result.event }).length;
  }
}

function toBytes(words: readonly bigint[]): number[] {
  return words.flatMap((word) =>
    Array.from({ length: 8 }, (_, i) => Number((word >> BigInt(8 * i)) & 0xffn))
  );
}

function toText(words: readonly bigint[]): string {
  const bytes = toBytes(words);
  return new TextDecoder().decode(Uint8Array.from(bytes.slice(0, bytes.indexOf(0))));
}

for (const [name, messages] of Object.entries(PROFILES)) {
  const stream = streamOf(messages);
  const totals = [() => feed(ours, stream), () => obvious(stream)].map((read) => {
    [bytes, events] = [0, 0];
    read();
    return [bytes, events];
  });
  assertEquals(totals[0]![1], MESSAGES);
  assertEquals(totals[0], totals[1]);
  const group = `${MESSAGES} × ${name}`;
  Deno.bench(`${group}: ours`, { group }, () => feed(ours, stream));
  Deno.bench(`${group}: split, match, BigInt`, { group, baseline: true }, () => obvious(stream));
}
