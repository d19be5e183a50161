import { collectGarbage, difference, read } from "./_meter.ts";
import { mutate } from "./_mutate.ts";
import { seeded } from "../../demo/scenarios/random.ts";
import type { Target } from "./target.ts";

/** What a target may allocate for an input, beside four times its length. */
export const ALLOWED_BYTES = 16 * 1024 * 1024;
/** Uncollected array buffers above this are collected before the next input, or they would hide its own. */
const UNCOLLECTED_BYTES = 4 * 1024 * 1024;

/** When a run ends and what determines it. */
export interface RunOptions {
  readonly seed: number;
  readonly count: number;
  readonly seconds?: number;
  /** Called about every two seconds. */
  progress?(executed: number, elapsedMs: number): void;
}

/** An input that a target did not survive. */
export interface Failure {
  readonly input: Uint8Array;
  readonly reason: string;
}

/** How a run went. */
export interface RunResult {
  readonly executed: number;
  readonly elapsedMs: number;
  readonly slowestMs: number;
  readonly failure?: Failure;
}

/** Feeds mutated inputs to a target until the count, the time or a failure is reached. */
export function run(target: Target, options: RunOptions): RunResult {
  const seeds = target.seeds();
  const random = seeded(options.seed);
  const start = performance.now();
  const end = start + (options.seconds ?? Infinity) * 1000;
  let [executed, slowestMs, now, reported] = [0, 0, start, start];
  while (executed < options.count && now < end) {
    const input = executed < seeds.length ? seeds[executed]! : mutate(seeds, random);
    const reason = execute(target, input);
    executed++;
    const before = now;
    now = performance.now();
    slowestMs = Math.max(slowestMs, now - before);
    if (reason !== undefined) {
      return { executed, elapsedMs: now - start, slowestMs, failure: { input, reason } };
    }
    if (now - reported > 2000) {
      options.progress?.(executed, now - start);
      reported = now;
    }
  }
  return { executed, elapsedMs: now - start, slowestMs };
}

/** Runs one input; the reason of its failure, or undefined. */
export function execute(target: Target, input: Uint8Array): string | undefined {
  try {
    const allocated = measure(target, input);
    if (allocated <= ALLOWED_BYTES + 4 * input.length) return undefined;
    // Compiling and other work of the runtime is counted too, but it does not happen twice.
    collectGarbage();
    const again = measure(target, input);
    if (again <= ALLOWED_BYTES + 4 * input.length) return undefined;
    return `Allocates ${again} bytes for an input of ${input.length}`;
  } catch (error) {
    return error instanceof Error ? error.stack ?? error.message : `Threw ${JSON.stringify(error)}`;
  }
}

let collectedAt: number | undefined;

function measure(target: Target, input: Uint8Array): number {
  let before = read();
  if (collectedAt === undefined || before.external > collectedAt + UNCOLLECTED_BYTES) {
    collectGarbage();
    before = read();
    collectedAt = before.external;
  }
  const checks = target.run(input);
  const allocated = difference(before, read());
  checks?.();
  return allocated;
}
