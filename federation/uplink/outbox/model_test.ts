/**
 * Random operations on a disk that fails in every way we know, against a plain list of what was promised. A sequence
 * that fails is repeated with `OUTBOX_SEED=N deno test -A federation/uplink/outbox/model_test.ts`.
 */

import { Buffer } from "node:buffer";
import { assert, assertEquals } from "@std/assert";
import { type Random, seeded } from "../../../demo/scenarios/random.ts";
import { SimulatedFolder, Stopped } from "./_simulated_folder.ts";
import { type Entry, Outbox, type Reason } from "./mod.ts";

const SEQUENCES = 5000;
const OPERATIONS = 30;
const MAX_BYTES = 256 << 10;
const MAX_AGE_MS = 64_000;
/** How many sequences damage can make it skip. */
const SKIPPED = 128;
const LONGEST = 65_536;
const LENGTHS = [0, 20, 20, 500, 500, 3000, 3000, 30_000];

/** What can go wrong in a run; each kind is also tried alone, since together they excuse each other. */
interface Faults {
  readonly crashes: boolean;
  readonly fullDisk: boolean;
  readonly failingSyncs: boolean;
  readonly flips: boolean;
  readonly lostFiles: boolean;
}

const NONE: Faults = { crashes: false, fullDisk: false, failingSyncs: false, flips: false, lostFiles: false };
const KINDS: readonly Faults[] = [
  NONE,
  { ...NONE, crashes: true },
  { ...NONE, crashes: true, fullDisk: true },
  { ...NONE, crashes: true, failingSyncs: true },
  { ...NONE, flips: true },
  { ...NONE, crashes: true, flips: true },
  { ...NONE, lostFiles: true },
  { ...NONE, crashes: true, lostFiles: true },
  { crashes: true, fullDisk: true, failingSyncs: true, flips: true, lostFiles: false },
];

/** A payload tells which attempt it belongs to, and all of its bytes follow from that. */
function payloadOf(attempt: number, length: number): Uint8Array {
  const payload = new Uint8Array(length + 8);
  const view = new DataView(payload.buffer);
  view.setUint32(0, attempt);
  view.setUint32(4, length);
  for (let at = 8; at < payload.length; at++) payload[at] = attempt * 31 + at * 7;
  return payload;
}

function attemptOf(payload: Uint8Array): number {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const attempt = view.getUint32(0);
  // assertEquals() takes a hundred times as long for 64 KiB.
  assertEquals(Buffer.compare(payload, payloadOf(attempt, view.getUint32(4))), 0, "a payload is whole");
  return attempt;
}

interface Promised {
  readonly attempt: number;
  readonly timeMs: number;
  readonly bytes: number;
  /** Whether a gap has accounted for it. */
  lost?: Reason;
}

class Run {
  readonly #random: Random;
  readonly #faults: Faults;
  readonly #folder: SimulatedFolder;
  #outbox: Outbox | undefined;
  #time = 1_000_000;
  #attempts = 0;
  /** What was promised or seen, by sequence. */
  readonly #known = new Map<number, Promised>();
  #largest = 0;
  /** Attempts that failed: nobody was told a sequence, and a crash may bring them back. */
  readonly #failed = new Map<number, { timeMs: number; bytes: number }>();
  #acknowledged = 0;
  /** Acknowledgements that failed may have worked. */
  #mayBeAcknowledged = 0;
  #flips = 0;
  #stateFlipped = false;
  #losesState = false;
  #lostFiles = false;
  #crashes = 0;
  #damaged = 0;

  constructor(seed: number) {
    this.#random = seeded(seed);
    this.#faults = KINDS[seed % KINDS.length]!;
    this.#folder = new SimulatedFolder(this.#random);
    this.#losesState = this.#random.below(2) === 0;
    if (this.#faults.failingSyncs) this.#folder.syncFailsOneIn = this.#random.pick([5, 20, 100]);
  }

  async all(): Promise<void> {
    for (let i = 0; i < OPERATIONS; i++) await this.#operate();
    this.#folder.freeBytes = this.#folder.syncFailsOneIn = Infinity;
    await this.#close();
    await this.#read();
    await this.#append();
    await this.#acknowledge();
    await this.#close();
  }

  async #operate(): Promise<void> {
    const { crashes, fullDisk, flips, lostFiles } = this.#faults;
    const operations: (() => void | Promise<void>)[] = [
      () => this.#append(),
      () => this.#append(),
      () => this.#appendMany(),
      () => this.#acknowledge(),
      () => this.#read(),
      () => this.#close(),
      () => void (this.#time += this.#random.pick([10, 1000, 1000, 5000, 80_000])),
    ];
    if (crashes) operations.push(() => this.#crash(), () => this.#crashSoon());
    if (flips) operations.push(() => this.#flip());
    if (lostFiles && this.#random.below(4) === 0) operations.push(() => this.#lose());
    if (fullDisk) {
      operations.push(() =>
        void (this.#folder.freeBytes = this.#random.pick([0, 100, 5000, 100_000, Infinity]))
      );
    }
    await this.#random.pick(operations)();
    if (this.#folder.callsLeft < 0) this.#crash();
  }

  async #open(): Promise<Outbox | undefined> {
    try {
      return this.#outbox ??= await Outbox.open(this.#folder, {
        maxBytes: MAX_BYTES,
        maxAgeMs: MAX_AGE_MS,
        now: () => this.#time,
      });
    } catch (error) {
      this.#allow(error);
      return undefined;
    }
  }

  /** An error is only right if the disk is to blame. */
  #allow(error: unknown): void {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    const said = cause instanceof Error ? cause.message : "";
    const allowed = cause instanceof Stopped && this.#faults.crashes ||
      said.startsWith("No space") && this.#faults.fullDisk ||
      said === "sync failed" && this.#faults.failingSyncs ||
      cause instanceof Deno.errors.NotFound && this.#faults.lostFiles;
    if (!allowed) throw error;
  }

  async #append(): Promise<void> {
    const outbox = await this.#open();
    if (outbox === undefined) return;
    const attempt = ++this.#attempts;
    const length = this.#random.below(40) === 0 ? LONGEST - 8 : this.#random.pick(LENGTHS);
    const payload = payloadOf(attempt, length);
    const record = { timeMs: this.#time, bytes: payload.length };
    try {
      const sequence = await outbox.append(payload);
      assert(!this.#known.has(sequence), `sequence ${sequence} is used once`);
      this.#largest = Math.max(this.#largest, sequence);
      this.#known.set(sequence, { attempt, ...record });
    } catch (error) {
      this.#failed.set(attempt, record);
      this.#allow(error);
    }
  }

  async #appendMany(): Promise<void> {
    if (await this.#open() === undefined) return;
    await Promise.all(Array.from({ length: 1 + this.#random.below(20) }, () => this.#append()));
  }

  async #acknowledge(): Promise<void> {
    const outbox = await this.#open();
    const known = [...this.#known.keys()].filter((sequence) => sequence > this.#acknowledged);
    if (outbox === undefined || known.length === 0) return;
    const upTo = this.#random.pick(known);
    if (upTo >= outbox.stats().next) return assert(this.#lostFiles || this.#flips > 0);
    this.#mayBeAcknowledged = Math.max(this.#mayBeAcknowledged, upTo);
    try {
      await outbox.acknowledge(upTo);
      this.#acknowledged = upTo;
    } catch (error) {
      this.#allow(error);
    }
  }

  async #close(): Promise<void> {
    const outbox = this.#outbox;
    this.#outbox = undefined;
    try {
      await outbox?.[Symbol.asyncDispose]();
    } catch (error) {
      this.#allow(error);
      // Its state may be as old as after a crash.
      this.#crashes++;
    }
  }

  #crashSoon(): void {
    this.#folder.callsLeft = this.#random.below(30);
  }

  #crash(): void {
    const outbox = this.#outbox;
    this.#outbox = undefined;
    this.#crashes++;
    this.#folder.restart();
    // Its machine is gone.
    outbox?.[Symbol.asyncDispose]().catch(() => {});
  }

  #flip(): void {
    const name = this.#folder.flipBit();
    if (name === "state") this.#stateFlipped = true;
    if (name !== undefined) this.#flips++;
  }

  #lose(): void {
    // With the state and a segment gone nobody could know what was used: one of them in a run.
    if (this.#folder.callsLeft <= 0) return;
    const names = this.#folder.names().filter((name) => (name === "state") === this.#losesState);
    if (names.length > 0) this.#folder.lose(this.#random.pick(names));
    this.#lostFiles = true;
    this.#stateFlipped ||= this.#losesState;
  }

  async #read(): Promise<void> {
    const outbox = await this.#open();
    if (outbox === undefined) return;
    const entries: Entry[] = [];
    try {
      for await (const entry of outbox.read()) entries.push(entry);
    } catch (error) {
      return this.#allow(error);
    }
    const { acknowledged, next, records, gaps } = outbox.stats();
    assert(acknowledged <= Math.max(this.#acknowledged, this.#mayBeAcknowledged), "only what was asked for");
    if (!this.#stateFlipped) assert(acknowledged >= this.#acknowledged, "an acknowledgement lasts");
    let expected = acknowledged + 1;
    for (const entry of entries) {
      const [first, last] = entry.kind === "gap"
        ? [entry.first, entry.last]
        : [entry.sequence, entry.sequence];
      assertEquals(first, expected, "every sequence is there once, in order");
      assert(last >= first, "a gap is not empty");
      expected = last + 1;
      if (entry.kind === "gap") this.#checkGap(entry);
      else this.#checkRecord(entry);
    }
    if (this.#folder.callsLeft < 0 || this.#folder.syncFailsOneIn < Infinity) return;
    assertEquals(expected, next, "all is read");
    assert(next > this.#largest, "what is to come is new");
    assertEquals(records, entries.filter(({ kind }) => kind === "record").length, "as many as are counted");
    const missing = entries.flatMap((entry) => entry.kind === "gap" ? [entry.last - entry.first + 1] : []);
    assertEquals(sum(gaps.map(({ first, last }) => last - first + 1)), sum(missing), "gaps are counted");
  }

  #checkRecord({ sequence, timeMs, payload }: Entry & { kind: "record" }): void {
    const attempt = attemptOf(payload);
    const known = this.#known.get(sequence);
    if (known !== undefined) {
      assertEquals(
        [attempt, timeMs],
        [known.attempt, known.timeMs],
        `record ${sequence} is what was appended`,
      );
      assert(known.lost === undefined, `record ${sequence} does not come back`);
    } else {
      const failed = this.#failed.get(attempt);
      assert(failed !== undefined, `record ${sequence} was appended, and only once`);
      this.#failed.delete(attempt);
      this.#known.set(sequence, { attempt, ...failed });
      this.#largest = Math.max(this.#largest, sequence);
    }
    if (this.#outbox!.stats().failure !== undefined) return;
    assert(this.#time - timeMs <= MAX_AGE_MS, `record ${sequence} is not too old`);
  }

  /** A gap may only hold a record that was promised if what it says of it can be true. */
  #checkGap({ first, last, reason }: Entry & { kind: "gap" }): void {
    for (let sequence = first; sequence <= last; sequence++) {
      const known = this.#known.get(sequence);
      if (known === undefined || known.lost === reason || sequence <= this.#mayBeAcknowledged) continue;
      // Without its state, or after being dropped with its segment, the reason of a loss may be another one.
      if (known.lost !== undefined) continue;
      known.lost = reason;
      if (reason === "age") {
        assert(this.#time - known.timeMs > MAX_AGE_MS * 62 / 64, `record ${sequence} is too old`);
      } else if (reason === "size") {
        const younger = [...this.#known].filter(([other]) => other >= sequence).map(([, { bytes }]) =>
          bytes + 28
        );
        const failed = [...this.#failed.values()].map(({ bytes }) => bytes + 28);
        assert(sum(younger) + sum(failed) + 2 * LONGEST > MAX_BYTES, `record ${sequence} had no room`);
      } else this.#damaged++;
    }
    if (this.#lostFiles || this.#stateFlipped) return;
    assert(this.#damaged <= this.#flips, `${this.#damaged} records lost by ${this.#flips} flips`);
    if (reason === "damage" && this.#flips === 0) {
      assert(this.#crashes > 0 && last - first < SKIPPED * (this.#crashes + 1), "no gap without a cause");
    }
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

Deno.test(`${SEQUENCES} random sequences of operations keep what was promised`, async () => {
  const only = Deno.env.get("OUTBOX_SEED");
  const seeds = only === undefined ? Array.from({ length: SEQUENCES }, (_, seed) => seed) : [Number(only)];
  for (const seed of seeds) {
    await new Run(seed).all().catch((cause) => {
      throw new Error(`Sequence ${seed} fails: ${cause.message}`, { cause });
    });
  }
});
