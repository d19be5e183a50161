/**
 * Waiting in tests: for a condition, never for a time.
 *
 * @module
 */

export interface UntilOptions {
  /** How long the condition may take before the wait is an error. */
  readonly deadlineMs?: number;
  /** Ends the wait with the signal's reason. */
  readonly signal?: AbortSignal;
}

const POLL_MS = 15;

/**
 * Asks `condition` again and again until it answers something other than `undefined` or `false`, and returns
 * that. A condition that throws has not come true yet; what it threw last is the cause if it never does.
 *
 * @throws {Deno.errors.TimedOut} If the deadline (a minute by default: only failing waits take it) passes first.
 *
 * @example Usage
 * ```ts
 * import { until } from "./until.ts";
 * import { assertEquals } from "@std/assert";
 *
 * let asked = 0;
 * assertEquals(await until("the third question", () => ++asked === 3 && "yes"), "yes");
 * ```
 */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  { deadlineMs = 60_000, signal }: UntilOptions = {},
): Promise<T> {
  const end = performance.now() + deadlineMs;
  let cause: unknown;
  while (performance.now() < end) {
    signal?.throwIfAborted();
    try {
      const answer = await condition();
      if (answer !== undefined && answer !== false) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  throw new Deno.errors.TimedOut(`Cannot wait longer than ${deadlineMs} ms for ${what}${why}`, { cause });
}

/** True if something accepts TCP connections on this port of the loopback interface. */
export async function isListening(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

/** A port of the loopback interface that was free a moment ago; somebody else may take it, so try again then. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
