/**
 * From the bytes that bpftrace prints to events. Whatever comes in, it does not throw and keeps no more than the
 * {@linkcode Assembler} allows.
 *
 * @module
 */

import type { Event } from "../../proto/event.ts";
import { type MessageEventResult, toMessageEvent } from "../../proto/message_event.ts";
import { Assembler } from "./assemble.ts";
import { Clock } from "./clock.ts";
import { EVENTS } from "./events.ts";
import { type Header, MetadataReader, toTruncatedEvent } from "./message.ts";
import { MOST_CPUS, Numbers } from "./numbers.ts";
import { Record as Fields } from "./record.ts";
import {
  CHUNK_BYTES,
  CHUNK_FRAME_WORDS,
  CHUNK_KINDS,
  FRAME_WORDS,
  HEAD_BYTES,
  HEAD_WORDS,
  TRACEPOINTS,
} from "./tracepoints.ts";

/** What a {@linkcode StreamParser} tells. */
export interface StreamEvents {
  /** Something the node did. Its bytes are views that live as long as this call: encode it. */
  emit(event: Event): void;
  /** Something to count. */
  count(what: string, by: number): void;
  /** bpftrace's own line, one that nobody knows, or why a message is no event. */
  say(line: string): void;
  /** A heartbeat: the tracepoints are attached. */
  heartbeat(): void;
  /** An event of this process. */
  process(pid: number): void;
}

/** Longest line that can be one: more is thrown away up to the next line's begin. */
const MOST_LINE = 16 * 1024;
/** By how much the buffers of CPUs may be apart: what they hold is read within a second. */
const PATIENCE_NS = 3e9;
/** Heartbeats of several CPUs come together. */
const SETTLE_NS = 0.9e9;
const BEGIN = /^w waggle-ebpf 1 ([a-z]{0,26}) (\d{1,9})$/;
const LOST = /^Lost (\d{1,15}) events/;

/** Where records of a kind belong. */
interface KindOf {
  readonly name: string;
  readonly words: number;
  readonly chunk: string | undefined;
}

const KINDS: Readonly<Record<string, KindOf>> = Object.fromEntries(
  TRACEPOINTS.map(({ kind, name, words }) => [kind, { name, words, chunk: CHUNK_KINDS[kind] }]),
);
const CHUNKS = new Set(Object.values(CHUNK_KINDS));

/** Reads one stream after the other. */
export class StreamParser {
  readonly #tell: StreamEvents;
  // The stream is ASCII, for which this is eight times faster than "latin1"; other bytes are in no record.
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #record = new Fields();
  readonly #clock = new Clock();
  readonly #numbers = new Numbers();
  readonly #metadata = new MetadataReader();
  readonly #assembler: Assembler<Header>;
  #rest = "";
  #skipping = false;
  #kinds: readonly string[] | undefined;
  #cap: number;
  #now = 0;
  #latest = 0;
  #settled = -Infinity;

  /** `maxPayload` is what the script was written with, until the stream itself says so. */
  constructor(tell: StreamEvents, { maxPayload }: { maxPayload: number }) {
    this.#tell = tell;
    this.#cap = maxPayload;
    this.#assembler = new Assembler(HEAD_BYTES, {
      complete: (header, payload) => this.#emitMessage(header, toMessageEvent(header.meta, payload)),
      incomplete: (messages) => tell.count("incomplete messages", messages),
    });
  }

  /** Takes what arrived at this time, in Unix milliseconds. */
  push(chunk: Uint8Array, now: number): void {
    this.#now = now;
    const text = this.#rest + this.#decoder.decode(chunk);
    let from = 0;
    for (let to = text.indexOf("\n"); to >= 0; to = text.indexOf("\n", from)) {
      if (!this.#skipping) this.#line(text, from, to);
      this.#skipping = false;
      from = to + 1;
    }
    this.#rest = from === text.length ? "" : text.slice(from);
    if (this.#rest.length <= MOST_LINE) return;
    if (!this.#skipping) this.#tell.count("unreadable lines", 1);
    this.#rest = "";
    this.#skipping = true;
  }

  /** The stream has ended: what is not complete will not be. */
  end(): void {
    if (this.#rest !== "") this.#tell.count("unreadable lines", 1);
    this.#rest = "";
    this.#skipping = false;
    this.#assembler.giveUpBefore();
    this.#settle(2);
  }

  /** Counts what has been missing for long enough; twice, what is missing at all. */
  #settle(times: number): void {
    for (let i = 0; i < times; i++) {
      for (const [kind, lost] of this.#numbers.settle()) this.#tell.count(`lost ${KINDS[kind]!.name}`, lost);
    }
  }

  #line(text: string, from: number, to: number): void {
    if (from === to) return;
    const kind = text[from]!;
    const known = KINDS[kind];
    if (known !== undefined && this.#event(kind, known, text, from + 1, to)) return;
    if (CHUNKS.has(kind) && this.#chunk(kind, text, from + 1, to)) return;
    if (kind === "h" && this.#heartbeat(text, from + 1, to)) return;
    this.#otherLine(text.slice(from, Math.min(to, from + 500)));
  }

  #event(kind: string, { words, chunk }: KindOf, text: string, from: number, to: number): boolean {
    const record = this.#record;
    if (!record.load(text, from, to)) return false;
    const payloadWords = record.words - FRAME_WORDS - words;
    if (
      chunk === undefined ? payloadWords !== 0 : !(HEAD_WORDS as readonly number[]).includes(payloadWords)
    ) {
      return false;
    }
    const nsecs = record.uint();
    const pid = record.upper32();
    const tid = record.uint32();
    const { cpu, number } = numberOf(record);
    if (cpu >= MOST_CPUS) return false;
    this.#clock.observe(nsecs, this.#now);
    this.#latest = nsecs;
    this.#numbers.next(kind, cpu, number);
    this.#tell.process(pid);
    if (chunk !== undefined) {
      this.#message(kind === "i", { nsecs, id: idOf(chunk, { tid, cpu, number }) });
    } else {
      const event = EVENTS[kind]!(record);
      this.#tell.emit({ timestamp: this.#clock.toUnixMs(nsecs), ...event } as Event);
    }
    return true;
  }

  #message(inbound: boolean, { nsecs, id }: { nsecs: number; id: string }): void {
    const record = this.#record;
    const meta = this.#metadata.read(record, inbound);
    const length = meta.size;
    const there = record.left * 8;
    const header = { meta, nsecs };
    if (length <= there) return this.#emitMessage(header, toMessageEvent(meta, record.rest(length)));
    const head = record.rest(there);
    if (length <= this.#cap && there === HEAD_BYTES) {
      return this.#assembler.begin(id, { message: header, head, length, since: nsecs });
    }
    this.#tell.count("truncated messages", 1);
    this.#emitMessage(header, toTruncatedEvent(meta, head));
  }

  #emitMessage({ meta, nsecs }: Header, result: MessageEventResult): void {
    if (!result.ok) {
      this.#tell.count("undecodable messages", 1);
      const { command, size } = meta;
      this.#tell.say(`no ${JSON.stringify(command)}: ${result.reason} at ${result.offset} of ${size} bytes`);
      return;
    }
    this.#tell.emit({ timestamp: this.#clock.toUnixMs(nsecs), kind: "message", value: result.event });
  }

  #chunk(kind: string, text: string, from: number, to: number): boolean {
    const record = this.#record;
    if (!record.load(text, from, to) || record.words !== CHUNK_FRAME_WORDS + CHUNK_BYTES / 8) return false;
    const { cpu, number } = numberOf(record);
    const tid = record.upper32();
    const offset = record.uint32();
    this.#assembler.add(idOf(kind, { tid, cpu, number }), offset, record.rest(CHUNK_BYTES), this.#latest);
    return true;
  }

  #heartbeat(text: string, from: number, to: number): boolean {
    const record = this.#record;
    if (!record.load(text, from, to) || record.words < 2) return false;
    const nsecs = record.uint();
    const cpu = record.uint();
    if (cpu >= MOST_CPUS) return false;
    this.#clock.observe(nsecs, this.#now);
    this.#latest = nsecs;
    this.#tell.heartbeat();
    this.#assembler.giveUpBefore(nsecs - PATIENCE_NS);
    if (Math.abs(nsecs - this.#settled) >= SETTLE_NS) {
      this.#settled = nsecs;
      this.#settle(1);
    }
    if (this.#kinds?.length !== record.left) return true;
    for (const kind of this.#kinds) this.#numbers.upTo(kind, cpu, record.uint());
    return true;
  }

  #otherLine(line: string): void {
    const [, kinds, cap] = BEGIN.exec(line) ?? [];
    if (kinds !== undefined) {
      this.#assembler.giveUpBefore();
      this.#settle(2);
      this.#numbers.restart();
      this.#kinds = [...kinds].every((kind) => KINDS[kind] !== undefined) ? [...kinds] : undefined;
      this.#cap = Number(cap);
      return;
    }
    const lost = LOST.exec(line);
    if (lost !== null) return this.#tell.count("records lost by bpftrace", Number(lost[1]));
    if (!line.startsWith("Attach")) this.#tell.count("unreadable lines", 1);
    this.#tell.say(line);
  }
}

/** 16 bits of CPU and 48 of number. A double holds 53 bits, so the halves are read apart. */
function numberOf(record: Fields): { cpu: number; number: number } {
  const upper = record.upper32();
  return { cpu: upper >>> 16, number: (upper & 0xffff) * 2 ** 32 + record.uint32() };
}

/** A thread is in one message at a time. */
function idOf(chunkKind: string, { tid, cpu, number }: { tid: number; cpu: number; number: number }): string {
  return `${chunkKind}${tid}.${cpu}.${number}`;
}
