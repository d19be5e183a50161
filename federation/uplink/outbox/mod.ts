/**
 * The outbox of the uplink: what is to be sent waits here, on the disk, until the hub says that it has it.
 *
 * ```ts
 * import { Outbox } from "./mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * await using outbox = await Outbox.open(folder);
 * const sequence = await outbox.append(new TextEncoder().encode("a summary")); // on the disk now
 * for await (const entry of outbox.read()) {
 *   if (entry.kind === "record") assertEquals(entry.sequence, sequence);
 *   else console.log(`${entry.first} to ${entry.last} are lost: ${entry.reason}`);
 * }
 * await outbox.acknowledge(sequence); // and gone
 * assertEquals(outbox.stats().records, 0);
 * ```
 *
 * @module
 */

import { reasonOf } from "../../../runtime/reason.ts";
import { DiskFolder, type File, type Folder } from "./folder.ts";
import {
  HEADER_BYTES,
  MAX_PAYLOAD_BYTES,
  MAX_SEGMENT_BYTES,
  MAX_SEQUENCE,
  type Scan,
  type StoredRecord,
} from "./segment.ts";
import {
  encodeBatch,
  findHoles,
  loadSegments,
  scanFile,
  type Segment,
  segmentName,
} from "./segment_files.ts";
import {
  explain,
  type Gap,
  NEW_STATE,
  type Reason,
  type State,
  StateFile,
  withGap,
  writeAll,
} from "./state.ts";

export type { File, Folder, Gap, Reason, StoredRecord };
export { MAX_PAYLOAD_BYTES };

/** How an outbox behaves. */
export interface OutboxOptions {
  /** Segments take no more than this; the oldest are dropped first. 256 MiB by default, 256 KiB at least. */
  readonly maxBytes?: number;
  /** Nothing older is kept: a limit on what can be found on a seized disk, too. 7 days by default. */
  readonly maxAgeMs?: number;
  /** The clock. */
  readonly now?: () => number;
}

/** What {@linkcode Outbox.read} yields: a record, or which ones are missing. */
export type Entry = { readonly kind: "record" } & StoredRecord | { readonly kind: "gap" } & Gap;

/** The outbox in numbers. */
export interface OutboxStats {
  /** Records that wait. */
  readonly records: number;
  /** Bytes of all segments. */
  readonly bytes: number;
  /** Age of the oldest segment's first record. */
  readonly oldestAgeMs: number;
  /** The sequence that the next record gets. */
  readonly next: number;
  /** All up to this sequence was acknowledged. */
  readonly acknowledged: number;
  /** Gaps that are not acknowledged yet. */
  readonly gaps: readonly Gap[];
  /** Sequences that were ever lost, by reason; a restart does not set them back. */
  readonly dropped: Readonly<Record<Reason, number>>;
  /** Why the last write failed, if it did. */
  readonly failure: string | undefined;
}

const STATE = "state";
/** After damage so many sequences are skipped at most, so that none is used twice; more means fewer state writes. */
const RESERVED = 128;
/** Records that one write takes. */
const MOST_AT_ONCE = 64;
/** What may wait for the disk in memory. */
const MAX_PENDING_BYTES = 8 << 20;
const MIN_BYTES = 256 << 10;
/** A segment is dropped as a whole, so it may hold this share of the bytes and the age at most. */
const SHARE = 64;

interface Pending {
  readonly payload: Uint8Array;
  readonly resolve: (sequence: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A queue on disk. Payloads go in at one end and are read in order until they are acknowledged; whatever gets lost
 * leaves a gap that is read in its place.
 */
export class Outbox implements AsyncDisposable {
  readonly #folder: Folder;
  readonly #options: Required<OutboxOptions>;
  /** What is given back at the end: the lock, the state file, the segment. */
  #resources: DisposableStack;
  readonly #stateFile: StateFile;
  #state: State;
  /** In order; records are appended to the last one. */
  readonly #segments: Segment[];
  /** The last segment, open; `undefined` if the next record needs a new one. */
  #file: File | undefined;
  #next: number;
  /** Whether the file holds, or may hold, something behind its last record. */
  #spoilt = false;
  #pending: Pending[] = [];
  #pendingBytes = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #failure: string | undefined;
  #closed = false;

  private constructor(folder: Folder, options: Required<OutboxOptions>, resources: DisposableStack) {
    this.#folder = folder;
    this.#options = options;
    this.#resources = resources;
    this.#stateFile = resources.use(new StateFile(folder.open(STATE, "create")));
    const { found = NEW_STATE, damaged } = this.#stateFile;
    const { segments, tail } = loadSegments(folder, options.now());
    this.#segments = segments;
    const last = segments.at(-1);
    const seen = Math.max(last?.end ?? 1, found.acknowledged + 1);
    const end = Math.max(seen, found.next);
    // Sequences from `end` on may have been in use where their records can no longer be seen.
    const hidden = tail === "damaged" || (last?.first ?? 0) < found.newest ||
      found === NEW_STATE && last !== undefined;
    const reserved = damaged ? Math.max(found.reserved, end + RESERVED) : found.reserved;
    this.#next = hidden ? Math.max(end, reserved) : end;
    this.#state = found;
    if (last !== undefined && last.end === this.#next && !hidden) {
      this.#file = folder.open(segmentName(last.first));
      this.#spoilt = tail === "torn";
    }
  }

  /**
   * Opens the outbox in a folder, which is made if need be.
   *
   * @throws {RangeError} If a limit makes no sense.
   * @throws {Deno.errors.Busy} If another process, or this one, has it open already.
   */
  static async open(folder: string | Folder, options: OutboxOptions = {}): Promise<Outbox> {
    const all = { ...DEFAULTS, ...options };
    if (!(all.maxBytes >= MIN_BYTES)) {
      throw new RangeError(`Cannot keep an outbox in ${all.maxBytes} bytes: it needs ${MIN_BYTES}`);
    }
    if (!(all.maxAgeMs > 0)) throw new RangeError(`Cannot keep records for ${all.maxAgeMs} ms`);
    const opened = typeof folder === "string" ? new DiskFolder(folder) : folder;
    using resources = new DisposableStack();
    const lock = opened.lock();
    if (lock === undefined) {
      throw new Deno.errors.Busy(
        `Cannot open outbox "${opened.path}": another uplink uses it, stop that first`,
      );
    }
    resources.use(lock);
    try {
      const outbox = new Outbox(opened, all, resources);
      resources.defer(() => outbox.#file?.close());
      await outbox.#start();
      outbox.#resources = resources.move();
      return outbox;
    } catch (cause) {
      throw new Error(`Cannot open outbox "${opened.path}": ${reasonOf(cause)}`, { cause });
    }
  }

  /**
   * Adds a payload and resolves with its sequence. Appends that are under way together share one write.
   *
   * @throws {RangeError} If the payload is too long, now or for the sequence numbers.
   * @throws {Error} If the disk does not take it. Then it is not there, and the next append tries again.
   */
  append(payload: Uint8Array): Promise<number> {
    const problem = this.#refusal(payload);
    if (problem !== undefined) return Promise.reject(problem);
    this.#pendingBytes += payload.length;
    return new Promise((resolve, reject) => {
      this.#pending.push({ payload: payload.slice(), resolve, reject });
      if (this.#pending.length === 1) this.#exclusively(() => this.#appendPending());
    });
  }

  /**
   * What waits, from `from` on, in order, with a gap in the place of whatever is missing. Ends with what was there when
   * the reading began. Only what is on the disk is yielded: nobody outside ever sees a record that a crash could undo.
   */
  async *read(from = 1): AsyncGenerator<Entry, void> {
    const end = await this.#exclusively(async () => {
      await this.#dropOld();
      return this.#next;
    }).catch((error) => {
      this.#failure = reasonOf(error);
      return this.#next;
    });
    let expected = Math.max(from, this.#state.acknowledged + 1);
    while (expected < end) {
      const segment = this.#segments.find((segment) => segment.end > expected);
      for (const record of segment === undefined ? [] : this.#scan(segment).records) {
        if (record.sequence < expected) continue;
        if (record.sequence >= end) break;
        yield* gapEntries(this.#gaps(expected, record.sequence));
        yield { kind: "record", ...record };
        expected = record.sequence + 1;
      }
      const rest = Math.min(end, segment?.end ?? end);
      yield* gapEntries(this.#gaps(expected, rest));
      expected = Math.max(expected, rest);
    }
  }

  /**
   * Forgets everything up to a sequence; on the disk when it resolves.
   *
   * @throws {RangeError} If nothing with that sequence was appended.
   */
  acknowledge(upTo: number): Promise<void> {
    return this.#exclusively(async () => {
      if (!Number.isSafeInteger(upTo) || upTo >= this.#next) {
        throw new RangeError(`Cannot acknowledge ${upTo}: the last sequence is ${this.#next - 1}`);
      }
      if (upTo <= this.#state.acknowledged) return;
      const lost = { ...this.#state.lost };
      for (const { first, last, reason } of this.#allGaps(upTo + 1)) lost[reason] += last - first + 1;
      const gaps = this.#state.gaps.filter(({ last }) => last > upTo);
      await this.#write({ ...this.#state, acknowledged: upTo, gaps, lost });
      this.#deleteBelow(upTo + 1);
    });
  }

  /** Drops what is too old. Appending and reading do it as well; this is for times without either. */
  expire(): Promise<void> {
    return this.#exclusively(() => this.#dropOld());
  }

  /** The outbox in numbers. */
  stats(): OutboxStats {
    const gaps = [...this.#allGaps(this.#next)];
    const dropped = { ...this.#state.lost };
    let records = this.#next - this.#state.acknowledged - 1;
    for (const { first, last, reason } of gaps) {
      dropped[reason] += last - first + 1;
      records -= last - first + 1;
    }
    const oldest = this.#segments[0]?.oldestMs;
    return {
      records,
      bytes: this.#bytes(),
      oldestAgeMs: oldest === undefined ? 0 : this.#options.now() - oldest,
      next: this.#next,
      acknowledged: this.#state.acknowledged,
      gaps,
      dropped,
      failure: this.#failure,
    };
  }

  /** Writes its state and gives the folder back, even if that fails. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#exclusively(() => this.#write(this.#state));
    } finally {
      this.#resources.dispose();
    }
  }

  async #start(): Promise<void> {
    await this.#stateFile.prepare();
    await this.#folder.sync();
    const newest = Math.max(this.#state.newest, this.#segments.at(-1)?.first ?? 0);
    const state = { ...this.#state, newest, reserved: this.#next + RESERVED };
    // In both slots: if one is damaged later, the other must not say that less was used.
    for (let slot = 0; slot < 2; slot++) await this.#write(state);
    this.#deleteBelow(Math.max(this.#state.floor, this.#state.acknowledged + 1));
    await this.#dropOld();
  }

  #refusal(payload: Uint8Array): Error | undefined {
    if (this.#closed) return new Error("Cannot append: the outbox is closed");
    if (payload.length > MAX_PAYLOAD_BYTES) {
      return new RangeError(`Cannot append ${payload.length} bytes: at most ${MAX_PAYLOAD_BYTES} fit`);
    }
    if (this.#next + RESERVED + this.#pending.length >= MAX_SEQUENCE) {
      return new RangeError("Cannot append: the sequence numbers are used up");
    }
    if (this.#pendingBytes + payload.length > MAX_PENDING_BYTES) {
      return new Error(`Cannot append: ${this.#pendingBytes} bytes wait for the disk already`);
    }
    return undefined;
  }

  /** Runs one thing after the other. */
  #exclusively<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(run);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #appendPending(): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = this.#takeBatch();
      try {
        const first = await this.#appendBatch(batch.map(({ payload }) => payload));
        this.#failure = undefined;
        for (const [at, { resolve }] of batch.entries()) resolve(first + at);
      } catch (cause) {
        this.#failure = reasonOf(cause);
        const error = new Error(`Cannot append to outbox "${this.#folder.path}": ${reasonOf(cause)}`, {
          cause,
        });
        for (const { reject } of batch) reject(error);
      }
    }
  }

  /** As many as one write may hold. */
  #takeBatch(): Pending[] {
    let bytes = 0;
    let count = 0;
    for (const { payload } of this.#pending.slice(0, MOST_AT_ONCE)) {
      bytes += HEADER_BYTES + payload.length;
      if (count > 0 && bytes > this.#segmentBytes()) break;
      this.#pendingBytes -= payload.length;
      count++;
    }
    return this.#pending.splice(0, count);
  }

  async #appendBatch(payloads: readonly Uint8Array[]): Promise<number> {
    const bytes = payloads.reduce((sum, { length }) => sum + HEADER_BYTES + length, 0);
    await this.#dropOld();
    await this.#makeRoom(bytes);
    if (this.#file === undefined || this.#isFull(bytes)) await this.#startSegment();
    if (this.#next + payloads.length > this.#state.reserved) {
      await this.#write({ ...this.#state, reserved: this.#next + payloads.length + RESERVED });
    }
    if (this.#spoilt) this.#mend();
    const segment = this.#segments.at(-1)!;
    const timeMs = Math.max(0, Math.floor(this.#options.now()));
    const written = encodeBatch(payloads, { sequence: this.#next, timeMs, offset: segment.bytes });
    await this.#writeRecords(segment, written);
    segment.bytes += bytes;
    segment.oldestMs ??= timeMs;
    segment.end += payloads.length;
    this.#next += payloads.length;
    return segment.end - payloads.length;
  }

  /** Puts bytes at the end of a segment and on the disk, or leaves it as it was. */
  async #writeRecords(segment: Segment, bytes: Uint8Array): Promise<void> {
    try {
      writeAll(this.#file!, segment.bytes, bytes);
      await this.#file!.sync();
    } catch (error) {
      this.#spoilt = true;
      try {
        this.#mend();
      } catch {
        // Before the next append it is tried again.
      }
      throw error;
    }
  }

  /**
   * Makes the file what it should be. After a failed fsync Linux takes what it could not write for written: a second
   * fsync would succeed and mean nothing, so what was not synced is cut off.
   */
  #mend(): void {
    this.#file!.truncate(this.#segments.at(-1)!.bytes);
    this.#spoilt = false;
  }

  #isFull(more: number): boolean {
    const { bytes, oldestMs } = this.#segments.at(-1)!;
    if (oldestMs === undefined) return false;
    return bytes + more > this.#segmentBytes() ||
      this.#options.now() - oldestMs > this.#options.maxAgeMs / SHARE;
  }

  #segmentBytes(): number {
    return Math.min(MAX_SEGMENT_BYTES, Math.floor(this.#options.maxBytes / SHARE));
  }

  async #startSegment(): Promise<void> {
    this.#file?.close();
    // From here on a new segment there must be: a file of that name may exist, and ends what the one before can hold.
    this.#file = undefined;
    this.#spoilt = false;
    const first = this.#next;
    const file = this.#folder.open(segmentName(first), "empty");
    try {
      await this.#folder.sync();
      await this.#write({ ...this.#state, newest: first, reserved: first + RESERVED });
    } catch (error) {
      file.close();
      throw error;
    }
    this.#file = file;
    this.#segments.push({ first, end: first, bytes: 0, oldestMs: undefined, holes: [] });
  }

  async #makeRoom(bytes: number): Promise<void> {
    let over = this.#bytes() + bytes - this.#options.maxBytes;
    if (over <= 0) return;
    const dropped = this.#segments.slice(0, -1).findIndex(({ bytes }) => (over -= bytes) <= 0) + 1;
    await this.#drop(dropped || this.#segments.length - 1, "size");
  }

  async #dropOld(): Promise<void> {
    const before = this.#options.now() - this.#options.maxAgeMs;
    const count = this.#segments.findLastIndex(({ oldestMs = Infinity }) => oldestMs < before) + 1;
    if (count === 0) return;
    if (count === this.#segments.length) await this.#startSegment();
    await this.#drop(count, "age");
  }

  /** Gives up the oldest segments; first it is written down that it was on purpose. */
  async #drop(count: number, reason: Reason): Promise<void> {
    const floor = this.#segments[count]!.first;
    let gaps = this.#state.gaps;
    for (const segment of this.#segments.slice(0, count)) {
      const first = Math.max(segment.first, this.#state.acknowledged + 1);
      gaps = withGap(gaps, { first, last: segment.end - 1, reason });
    }
    await this.#write({ ...this.#state, floor, gaps });
    this.#deleteBelow(floor);
  }

  /** Deletes segments of which nothing is needed; what cannot be deleted now is when the outbox is opened next. */
  #deleteBelow(sequence: number): void {
    while (this.#segments.length > 1 && this.#segments[1]!.first <= sequence) {
      const { first } = this.#segments.shift()!;
      try {
        this.#folder.remove(segmentName(first));
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) this.#failure = reasonOf(error);
      }
    }
  }

  async #write(state: State): Promise<void> {
    const written = { ...state, next: this.#next };
    await this.#stateFile.write(written);
    this.#state = written;
  }

  #bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Reads a segment again: it may have been damaged since. */
  #scan(segment: Segment): Scan {
    const scan = scanFile(this.#folder, segment.first, segment.end);
    segment.holes = findHoles(scan.records, segment.first, segment.end);
    return scan;
  }

  /** All that is missing between what is acknowledged and `end`. */
  *#allGaps(end: number): Generator<Gap> {
    const start = this.#state.acknowledged + 1;
    const missing: { first: number; end: number }[] = [];
    let at = start;
    for (const segment of this.#segments) {
      missing.push({ first: at, end: segment.first }, ...segment.holes);
      at = segment.end;
    }
    missing.push({ first: at, end: this.#next });
    for (const { first, end: last } of missing) {
      yield* this.#gaps(Math.max(first, start), Math.min(last, end));
    }
  }

  #gaps(first: number, end: number): Generator<Gap> {
    return explain(first, end, this.#state.gaps);
  }
}

const DEFAULTS: Required<OutboxOptions> = {
  maxBytes: 256 << 20,
  maxAgeMs: 7 * 24 * 3600 * 1000,
  now: Date.now,
};

function* gapEntries(gaps: Iterable<Gap>): Generator<Entry> {
  for (const gap of gaps) yield { kind: "gap", ...gap };
}
