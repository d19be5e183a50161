/**
 * Puts long payloads together from their chunks. Chunks of several threads and nodes interleave, and on bpftrace 0.17,
 * which has a buffer for each CPU, those of a thread that moved may come after its next message.
 *
 * @module
 */

/** Bounds of what waits for chunks. Real nodes have one message under way for each of their threads. */
const MOST_PENDING = 64;
const MOST_PENDING_BYTES = 16 * 1024 * 1024;
const FIRST_BYTES = 16 * 1024;
/** A buffer of this size is kept for the next message. */
const KEPT_BYTES = 1024 * 1024;

/** A long message of which not all has come yet. */
interface Pending<T> {
  /** What the record said; `undefined` until it comes. */
  message: T | undefined;
  /** Payload bytes it must have. */
  length: number;
  /** What came, without a gap. */
  bytes: Uint8Array<ArrayBuffer>;
  filled: number;
  /** What came too early, by offset. */
  early: Map<number, Uint8Array> | undefined;
  earlyBytes: number;
  /** Kernel time at which the first of it came. */
  since: number;
}

/** What an {@linkcode Assembler} tells. */
export interface AssemblerEvents<T> {
  /** All of a payload is there: a view, valid during the call. */
  complete(message: T, payload: Uint8Array): void;
  /** This many messages were given up. */
  incomplete(messages: number): void;
}

/** Collects chunks. */
export class Assembler<T> {
  readonly #tell: AssemblerEvents<T>;
  readonly #headBytes: number;
  readonly #pending = new Map<string, Pending<T>>();
  #bytes = 0;
  #spare: Uint8Array<ArrayBuffer> | undefined;

  /** Messages begin with `headBytes` that are not in a chunk. */
  constructor(headBytes: number, tell: AssemblerEvents<T>) {
    this.#headBytes = headBytes;
    this.#tell = tell;
  }

  /** Messages of which something is missing. */
  get size(): number {
    return this.#pending.size;
  }

  /** A message whose payload is longer than its record. `id` is its number. */
  begin(
    id: string,
    { message, head, length, since }: { message: T; head: Uint8Array; length: number; since: number },
  ): void {
    const pending = this.#open(id, since);
    pending.message = message;
    pending.length = length;
    this.#append(pending, head);
    this.#advance(id, pending);
  }

  /** A chunk of the message with this number; `bytes` are a view that is not kept. */
  add(id: string, offset: number, bytes: Uint8Array, since: number): void {
    const pending = this.#pending.get(id) ?? this.#open(id, since);
    if (pending.message === undefined || offset > pending.filled) this.#keep(pending, offset, bytes);
    else if (offset === pending.filled) this.#append(pending, bytes);
    this.#advance(id, pending);
    if (this.#pending.size > MOST_PENDING || this.#bytes > MOST_PENDING_BYTES) this.#giveUpFirst();
  }

  /** Gives up what began before this time; all without one. */
  giveUpBefore(since = Infinity): void {
    for (const [id, pending] of this.#pending) if (pending.since < since) this.#giveUp(id, pending);
  }

  #open(id: string, since: number): Pending<T> {
    const known = this.#pending.get(id);
    if (known !== undefined) return known;
    if (this.#pending.size >= MOST_PENDING) this.#giveUpFirst();
    const bytes = this.#spare ?? new Uint8Array(FIRST_BYTES);
    this.#spare = undefined;
    this.#bytes += bytes.length;
    const pending: Pending<T> = {
      message: undefined,
      length: Infinity,
      bytes,
      filled: 0,
      early: undefined,
      earlyBytes: 0,
      since,
    };
    this.#pending.set(id, pending);
    return pending;
  }

  #append(pending: Pending<T>, bytes: Uint8Array): void {
    const wanted = bytes.subarray(0, Math.min(bytes.length, pending.length - pending.filled));
    const end = pending.filled + wanted.length;
    if (end > pending.bytes.length) {
      // Grows with what came, never by what a record announces.
      const larger = new Uint8Array(Math.max(end, pending.bytes.length * 2));
      larger.set(pending.bytes.subarray(0, pending.filled));
      this.#bytes += larger.length - pending.bytes.length;
      pending.bytes = larger;
    }
    pending.bytes.set(wanted, pending.filled);
    pending.filled = end;
  }

  #keep(pending: Pending<T>, offset: number, bytes: Uint8Array): void {
    pending.early ??= new Map();
    if (pending.early.has(offset)) return;
    pending.early.set(offset, bytes.slice());
    pending.earlyBytes += bytes.length;
    this.#bytes += bytes.length;
  }

  #advance(id: string, pending: Pending<T>): void {
    if (pending.message === undefined) return;
    for (let next = pending.early?.get(pending.filled); next; next = pending.early?.get(pending.filled)) {
      pending.early?.delete(pending.filled);
      pending.earlyBytes -= next.length;
      this.#bytes -= next.length;
      this.#append(pending, next);
    }
    if (pending.filled < pending.length) return;
    this.#forget(id, pending);
    this.#tell.complete(pending.message, pending.bytes.subarray(0, pending.length));
    if (pending.bytes.length <= KEPT_BYTES) this.#spare = pending.bytes;
  }

  #giveUpFirst(): void {
    for (const [id, pending] of this.#pending) return this.#giveUp(id, pending);
  }

  #giveUp(id: string, pending: Pending<T>): void {
    this.#forget(id, pending);
    // Chunks of a record that was lost itself: its number is missing, so it is counted there.
    if (pending.message !== undefined) this.#tell.incomplete(1);
  }

  #forget(id: string, pending: Pending<T>): void {
    this.#pending.delete(id);
    this.#bytes -= pending.bytes.length + pending.earlyBytes;
  }
}
