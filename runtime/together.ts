/**
 * Runs the parts of a component that need each other: when one fails, the signal of the others is aborted and its error
 * thrown at once. A component that is started again finds the address it listened on, and the files it locked, free.
 *
 * @example Usage
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { sleep } from "./backoff.ts";
 *
 * const failing = Promise.reject(new Error("no disk"));
 * const running = together(new AbortController().signal, (signal) => [failing, sleep(1e9, signal)]);
 * await assertRejects(() => running, Error, "no disk");
 * ```
 *
 * @module
 */

/** Starts the parts and resolves when all have ended. */
export async function together(
  signal: AbortSignal,
  parts: (signal: AbortSignal) => readonly (Promise<unknown> | undefined)[],
): Promise<void> {
  const ended = new AbortController();
  try {
    await Promise.all(parts(AbortSignal.any([signal, ended.signal])));
  } finally {
    // They end by themselves: to wait for them here could hide the error, or wait for ever.
    ended.abort();
  }
}
