/** Bounds of the waiting time. */
export interface BackoffOptions {
  /** The first wait. */
  firstMs?: number;
  /** The longest. */
  maxMs?: number;
  /** Ends the wait early by throwing the signal's reason. */
  signal: AbortSignal;
}

/**
 * Waits before attempt number `attempt` + 1: twice as long each time, and a random part of that, so that many clients
 * of one server do not come back all at once.
 *
 * @example Usage
 * ```ts
 * await backoff(3, { firstMs: 1, signal: new AbortController().signal });
 * ```
 */
export async function backoff(
  attempt: number,
  { firstMs = 500, maxMs = 60_000, signal }: BackoffOptions,
): Promise<void> {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
  await sleep(ceiling * (0.5 + Math.random() / 2), signal);
}

/** A longer timer would go off at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Resolves after some time, or when the signal is aborted. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, signal).catch(() => {});
}

/** Resolves after some time; rejects with the signal's reason when it is aborted first. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, Math.min(milliseconds, LONGEST_MS));
    signal.addEventListener("abort", stop, { once: true });
  });
}
