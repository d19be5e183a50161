/**
 * Whether memory and open files are flat. Both are judged after a warm-up, in which caches fill and code is compiled.
 *
 * @module
 */

import type { Sample, Watched } from "./watch.ts";

interface Point {
  readonly seconds: number;
  readonly bytes: number;
}

const MIB = 1024 * 1024;
/** Share of a run that is warm-up. */
export const WARM_UP = 1 / 3;
/** Shorter runs say nothing about growth: V8 has not even collected its old generation. */
export const LEAST_MINUTES = 5;
/**
 * Growth of the resident memory that is still flat, over all that was judged, however long. V8 enlarges its young
 * generation step by step, when it likes and up to three times 16 MiB, so less cannot be told from its moods.
 */
const MOST_GROWTH_BYTES = 48 * MIB;
/** For programs that are not on V8. */
const MOST_GROWTH_BYTES_ELSEWHERE = 16 * MIB;
/** Growth of what is left when all garbage has been collected: buffers under way, and code compiled later. */
const MOST_LIVE_GROWTH_BYTES = 4 * MIB;
/** A client that just connects has one; a leak does not stop there. */
const MOST_MORE_FILES = 3;
const BUCKETS = 60;

/** What was found of one process. */
export interface Verdict {
  readonly name: string;
  /** Of what was judged, or of all in a run too short for that. */
  readonly medianBytes: number;
  readonly mostBytes: number;
  /** By the robust slope, over all that was judged; undefined in a run too short for it. */
  readonly grownBytes: number | undefined;
  /** Alive at the end, by the last collection of garbage. */
  readonly liveBytes: number | undefined;
  /** How much of that is new since the warm-up; undefined as above, and of programs that are not on V8. */
  readonly liveGrownBytes: number | undefined;
  /** Of one core, in hundredths. */
  readonly cpuPercent: number;
  /** Fewest open at a time, at the beginning and at the end of what was judged. */
  readonly openFiles: readonly [number, number];
  readonly problems: readonly string[];
}

/** Judges a process. */
export function judge({ name, samples, weights }: Watched): Verdict {
  const minutes = (samples.at(-1)?.seconds ?? 0) / 60;
  const isLong = minutes >= LEAST_MINUTES;
  const judged = isLong ? afterWarmUp(samples) : samples;
  const points = judged.map(({ seconds, residentBytes }) => ({ seconds, bytes: residentBytes }));
  const grownBytes = isLong ? growth(points) : undefined;
  const liveGrownBytes = isLong && weights.length > 1 ? growth(weights) : undefined;
  const openFiles = floors(judged.map(({ openFiles }) => openFiles));
  const limit = weights.length > 0 ? MOST_GROWTH_BYTES : MOST_GROWTH_BYTES_ELSEWHERE;
  const problems: string[] = [];
  const tooMuch = (what: string, bytes: number | undefined, limit: number) => {
    if (bytes === undefined || bytes <= limit) return;
    problems.push(`${name}: ${what} grew by ${mib(bytes)} after the warm-up, more than ${mib(limit)}`);
  };
  tooMuch("memory", grownBytes, limit);
  tooMuch("what is alive", liveGrownBytes, MOST_LIVE_GROWTH_BYTES);
  if (isLong && openFiles[1] > openFiles[0] + MOST_MORE_FILES) {
    problems.push(`${name}: at least ${openFiles[0]} open files at first, ${openFiles[1]} at the end`);
  }
  const bytes = points.map(({ bytes }) => bytes);
  return {
    ...{ name, medianBytes: median(bytes), mostBytes: Math.max(0, ...bytes), grownBytes, liveGrownBytes },
    ...{ liveBytes: weights.at(-1)?.bytes, cpuPercent: cpuPercent(judged), openFiles, problems },
  };
}

/** What came after the warm-up. */
export function afterWarmUp(samples: readonly Sample[]): readonly Sample[] {
  const from = (samples.at(-1)?.seconds ?? 0) * WARM_UP;
  return samples.filter(({ seconds }) => seconds >= from);
}

/**
 * Bytes grown from the first to the last sample by the slope that half of all pairs exceed (Theil and Sen): a saw-tooth
 * of garbage collection and single peaks do not move it.
 */
export function growth(samples: readonly Point[]): number {
  const first = samples[0]?.seconds ?? 0;
  const length = (samples.at(-1)?.seconds ?? 0) - first;
  if (length <= 0) return 0;
  const buckets = Map.groupBy(
    samples,
    ({ seconds }) => Math.floor(BUCKETS * (seconds - first) / (length * 1.001)),
  );
  const points = [...buckets.values()].map((bucket) => ({
    at: median(bucket.map(({ seconds }) => seconds)),
    bytes: median(bucket.map(({ bytes }) => bytes)),
  }));
  const slopes = points.flatMap((a, i) =>
    points.slice(i + 1).map((b) => (b.bytes - a.bytes) / (b.at - a.at))
  );
  return median(slopes) * length;
}

/** The fewest in the first and in the last quarter: what comes and goes is not in it, what stays is. */
function floors(counts: readonly number[]): [number, number] {
  if (counts.length === 0) return [0, 0];
  const quarter = Math.ceil(counts.length / 4);
  return [Math.min(...counts.slice(0, quarter)), Math.min(...counts.slice(-quarter))];
}

function cpuPercent(samples: readonly Sample[]): number {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || first === last) return 0;
  return 100 * (last.cpuSeconds - first.cpuSeconds) / (last.seconds - first.seconds);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2;
}

/** As people read it. */
export function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
