/**
 * What carries events from extractors to tools: subjects and opaque bytes, at most once, never blocking the producer.
 * Nobody can tell which implementation they are on; `bus_contract_test.ts` holds for all of them.
 *
 * @module
 */

/** An event on its way. */
export interface Delivery {
  /** The subject it was published on; `nodeOf` gives its node. */
  readonly subject: string;
  /** The encoded event. */
  readonly data: Uint8Array;
}

/** A way to publish and subscribe. */
export interface Bus extends AsyncDisposable {
  /** Hands an event to whoever listens now; what cannot be taken is dropped and counted. */
  publish(subject: string, data: Uint8Array): void;
  /** Starts to collect what is published on these subjects; a token `*` stands for any one token. */
  subscribe(subjects: readonly string[]): Subscription;
  /** What went through so far, and what did not. */
  stats(): BusStats;
  /** Resolves once everything published before has been handed over. */
  flush(): Promise<void>;
  /**
   * Resolves when every subscriber here has half of its queue free and everything published before is on its way. Who
   * waits for it before each burst loses nothing in this process; what other processes cannot take, nobody here knows.
   */
  room(): Promise<void>;
}

/** Counters of a bus since it was opened. */
export interface BusStats {
  /** Events accepted by `publish`. */
  published: number;
  /** Events that `publish` could not send: not connected, too large, or too many under way. */
  unsent: number;
  /** Events that a subscriber was too slow for, over all subscribers. */
  dropped: number;
}

/** What one subscriber has waiting. Iterate it, or take batches. */
export interface Subscription extends AsyncIterableIterator<Delivery, undefined>, Disposable {
  /** Events the subscriber has taken. */
  readonly taken: number;
  /** Events lost because the subscriber was too slow. */
  readonly dropped: number;
  /** Waits until something can be taken; false when the subscription has ended and is empty. */
  ready(): Promise<boolean>;
  /** Takes up to `max` waiting events at once. */
  take(max: number): Delivery[];
  /** Accepts nothing more; what waits can still be taken. Disposing throws it away. */
  close(): void;
}

/** Bounds of a subscriber's queue. */
export interface QueueLimits {
  /** Most events that may wait. */
  maxEvents: number;
  /** Most bytes that may wait. */
  maxBytes: number;
}

/** Room for a burst of some seconds on a busy node, and for a handful of the largest blocks. */
export const QUEUE_LIMITS: QueueLimits = { maxEvents: 65_536, maxBytes: 64 * 1024 * 1024 };

/**
 * Whether a subject matches a pattern in which a token `*` stands for any one token.
 *
 * @example Usage
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 *
 * assert(matches("waggle.*.rpc", "waggle.alpha.rpc"));
 * assertFalse(matches("*", "waggle.alpha.rpc"));
 * ```
 */
export function matches(pattern: string, subject: string): boolean {
  if (!pattern.includes("*")) return pattern === subject;
  const wanted = pattern.split(".");
  const tokens = subject.split(".");
  return wanted.length === tokens.length && wanted.every((token, i) => token === "*" || token === tokens[i]);
}
