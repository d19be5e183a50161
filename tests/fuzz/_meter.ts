import v8 from "node:v8";
import vm from "node:vm";

/** What was allocated so far, in bytes. */
export interface Reading {
  /** On the heap of the runtime, garbage included; only ever grows. */
  readonly heap: number;
  /** Array buffers that are alive or not yet collected. */
  readonly external: number;
}

/**
 * Reads the counters of the runtime (0.5 us). The heap counter knows about garbage, which a difference of
 * "used" bytes would not: a collection in between hides everything it frees.
 */
export function read(): Reading {
  const statistics = v8.getHeapStatistics() as unknown as {
    readonly total_allocated_bytes: number;
    readonly external_memory: number;
  };
  return { heap: statistics.total_allocated_bytes, external: statistics.external_memory };
}

/** Bytes between two readings. */
export function difference(before: Reading, after: Reading): number {
  return after.heap - before.heap + after.external - before.external;
}

/** Collects all garbage (4 ms). Array buffers have to be collected before a measurement, not during it. */
export function collectGarbage(): void {
  gc ??= exposedCollector();
  gc();
}

let gc: (() => void) | undefined;

function exposedCollector(): () => void {
  v8.setFlagsFromString("--expose-gc");
  return vm.runInNewContext("gc") as () => void;
}
