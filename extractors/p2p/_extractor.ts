/**
 * An extractor on a free port, with a clock and limits of the test's choice.
 *
 * @module
 */

import { START_BYTES } from "../../proto/bitcoin/mod.ts";
import { type Level, LEVELS } from "../../runtime/log.ts";
import { FakeClock } from "./_fake_clock.ts";
import type { Clock } from "./clock.ts";
import { LIMITS, type Limits } from "./limits.ts";
import { listen } from "./listener.ts";
import type { Kind } from "./option_types.ts";
import type { Announcement } from "./session.ts";
import { parseSubnet } from "../../proto/subnet.ts";

/** What a test may choose. */
export interface ExtractorOptions {
  readonly clock?: Clock;
  readonly limits?: Partial<Limits>;
  readonly startBytes?: Uint8Array;
  readonly pingIntervalMs?: number;
  readonly disable?: readonly Kind[];
  readonly allow?: readonly string[];
  readonly maxConnections?: number;
}

/** A running extractor and what it did. */
export interface Extractor extends AsyncDisposable {
  readonly port: number;
  readonly clock: FakeClock;
  readonly lines: string[];
  readonly counts: Map<string, number>;
  /** What it emitted; its byte fields are copies. */
  readonly announcements: Announcement[];
  /** Resolves once so many announcements were emitted. */
  emitted(count: number): Promise<void>;
  /** Resolves once something was counted. */
  counted(what: string, times?: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one. */
export async function startExtractor(options: ExtractorOptions = {}): Promise<Extractor> {
  const clock = new FakeClock();
  const lines: string[] = [];
  const counts = new Map<string, number>();
  const announcements: Announcement[] = [];
  const changed = new Set<() => void>();
  const listening = Promise.withResolvers<number>();
  const stop = new AbortController();
  const tell = () => changed.forEach((check) => check());
  const log = Object.fromEntries(
    LEVELS.map((level) => [level, (message: string) => void lines.push(`${level}: ${message}`)]),
  ) as Record<Level, (message: string) => void>;
  const until = async (condition: () => boolean) => {
    if (condition()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => condition() && resolve();
    changed.add(check);
    await promise;
    changed.delete(check);
  };
  const ended = listen({
    address: { hostname: "127.0.0.1", port: 0 },
    allow: (options.allow ?? ["127.0.0.0/8"]).map(parseSubnet),
    maxConnections: options.maxConnections ?? 16,
    log,
    signal: stop.signal,
    onListening: listening.resolve,
    around: {
      startBytes: options.startBytes ?? START_BYTES.regtest,
      manner: { services: 9n, userAgent: "/p2p-extractor:0.1/", disabled: new Set(options.disable ?? []) },
      pingIntervalMs: options.pingIntervalMs ?? 10_000,
      limits: { ...LIMITS, ...options.limits },
      clock: options.clock ?? clock,
      emit(announcement) {
        announcements.push(structuredClone(announcement));
        tell();
      },
      count(what, by = 1) {
        counts.set(what, (counts.get(what) ?? 0) + by);
        tell();
      },
    },
  });
  const stopped = async () => {
    stop.abort();
    await ended;
  };
  return {
    port: await Promise.race([listening.promise, ended.then(() => 0)]),
    clock,
    lines,
    counts,
    announcements,
    emitted: (count) => until(() => announcements.length >= count),
    counted: (what, times = 1) => until(() => (counts.get(what) ?? 0) >= times),
    stop: stopped,
    [Symbol.asyncDispose]: stopped,
  };
}
