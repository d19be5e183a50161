/**
 * What the outbox knows beside its records: how far it is acknowledged and what it gave up on purpose.
 *
 * The file has two slots that are written in turn, each in one write and with a checksum: whenever the process is
 * killed, one slot is whole. It never grows, so that an acknowledgement can be written on a full disk.
 *
 * @module
 */

import { crc32c } from "../../../runtime/crc32c.ts";
import type { File } from "./folder.ts";

/** Why records are missing: older than allowed, no room, damaged or missing on the disk. */
export type Reason = "age" | "size" | "damage";

/** Sequences that were given up. */
export interface Gap {
  /** The first of them. */
  readonly first: number;
  /** The last of them. */
  readonly last: number;
  /** Why. */
  readonly reason: Reason;
}

/** What is kept. All of it can be lost without losing a record. */
export interface State {
  /** All up to this sequence was acknowledged. */
  readonly acknowledged: number;
  /** Segments that end before this sequence are to be deleted. */
  readonly floor: number;
  /** The first sequence of the newest segment; 0 before there is one. */
  readonly newest: number;
  /** No sequence below it is used again. */
  readonly next: number;
  /** No sequence from here on was ever used. */
  readonly reserved: number;
  /** Why sequences are missing, where it is not damage: in order, without overlap. */
  readonly gaps: readonly Gap[];
  /** How many sequences below the acknowledged one went missing, by reason. */
  readonly lost: Readonly<Record<Reason, number>>;
}

/** The state of an outbox that never held anything. */
export const NEW_STATE: State = {
  acknowledged: 0,
  floor: 1,
  newest: 0,
  next: 1,
  reserved: 1,
  gaps: [],
  lost: { age: 0, size: 0, damage: 0 },
};

const SLOT_BYTES = 4096;
const FORMAT = "waggle-outbox-1";
/** As many as surely fit. Without its entry a gap is still reported, only as damage. */
const MAX_GAPS = 32;

/** A file that keeps a {@linkcode State}. */
export class StateFile {
  readonly #file: File;
  /** Which write is the newest whole one; its slot is not touched by the next. */
  #generation: number;
  /** What was in it when it was opened, if anything can be read. */
  readonly found: State | undefined;
  /** Whether a slot, or the file, cannot be read, so that `found` may be older than the newest. */
  readonly damaged: boolean;

  /** Reads what is in the file. */
  constructor(file: File) {
    this.#file = file;
    const bytes = file.read(0, 2 * SLOT_BYTES);
    const slots = [0, 1].map((at) => bytes.subarray(at * SLOT_BYTES, (at + 1) * SLOT_BYTES));
    const whole = slots.map(decodeSlot).filter((slot) => slot !== undefined);
    const newest = whole.sort((a, b) => b.generation - a.generation)[0];
    this.#generation = newest?.generation ?? 0;
    this.found = newest?.state;
    const unused = slots.filter((slot) => slot.every((byte) => byte === 0)).length;
    this.damaged = newest === undefined || whole.length + unused < 2;
  }

  /** Writes a state; on the disk when it resolves. When it rejects, the state before it is still there. */
  async write(state: State): Promise<void> {
    const generation = this.#generation + 1;
    const bytes = encodeSlot(generation, state);
    writeAll(this.#file, generation % 2 * SLOT_BYTES, bytes);
    await this.#file.sync();
    this.#generation = generation;
  }

  /** Gives the file its size, once. */
  async prepare(): Promise<void> {
    if (this.#file.size() >= 2 * SLOT_BYTES) return;
    writeAll(this.#file, this.#file.size(), new Uint8Array(2 * SLOT_BYTES - this.#file.size()));
    await this.#file.sync();
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/**
 * The gaps with one more, in order. Neighbours with the same reason become one, and an empty one is none.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const gaps = withGap([{ first: 1, last: 9, reason: "age" }], { first: 10, last: 12, reason: "age" });
 * assertEquals(gaps, [{ first: 1, last: 12, reason: "age" }]);
 * ```
 */
export function withGap(gaps: readonly Gap[], gap: Gap): readonly Gap[] {
  if (gap.last < gap.first) return gaps;
  const merged: Gap[] = [];
  for (const next of [...gaps, gap].sort((a, b) => a.first - b.first)) {
    const before = merged.at(-1);
    if (before?.reason === next.reason && before.last + 1 === next.first) {
      merged[merged.length - 1] = { ...before, last: next.last };
    } else merged.push(next);
  }
  return merged.slice(-MAX_GAPS);
}

/** Says why the sequences from `first` up to and without `end` are missing: damage, where no gap says otherwise. */
export function* explain(first: number, end: number, gaps: readonly Gap[]): Generator<Gap> {
  if (first >= end) return;
  for (const gap of gaps) {
    if (gap.last < first || gap.first >= end) continue;
    if (gap.first > first) yield { first, last: gap.first - 1, reason: "damage" };
    const last = Math.min(gap.last, end - 1);
    yield { first: Math.max(first, gap.first), last, reason: gap.reason };
    first = last + 1;
    if (first >= end) return;
  }
  if (first < end) yield { first, last: end - 1, reason: "damage" };
}

/**
 * Writes all of `bytes`, in as many writes as it takes.
 *
 * @throws {Error} If the disk takes no more.
 */
export function writeAll(file: File, at: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) {
    const more = file.write(at + written, bytes.subarray(written));
    if (more === 0) throw new Deno.errors.WriteZero("the disk took nothing more");
    written += more;
  }
}

/** A line of text, readable with `cat`. */
function encodeSlot(generation: number, state: State): Uint8Array<ArrayBuffer> {
  const text = `${FORMAT} ${generation} ${JSON.stringify(state)}`;
  return new TextEncoder().encode(`${text} ${checksum(text)}`.padEnd(SLOT_BYTES - 1) + "\n");
}

function decodeSlot(slot: Uint8Array): { generation: number; state: State } | undefined {
  const match = /^((waggle-outbox-1) (\d{1,15}) (\{.*\})) ([0-9a-f]{8}) *\n$/.exec(
    new TextDecoder().decode(slot),
  );
  if (match === null || checksum(match[1]!) !== match[5]) return undefined;
  return { generation: Number(match[3]), state: JSON.parse(match[4]!) };
}

function checksum(text: string): string {
  return crc32c(new TextEncoder().encode(text)).toString(16).padStart(8, "0");
}
