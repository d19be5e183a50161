/** Time, as it is measured here: it never goes back, and tests move it by hand. */
export interface Clock {
  /** Milliseconds since some moment. */
  now(): number;
  /** Calls a function once, some milliseconds from now; returns what calls it off. */
  after(milliseconds: number, call: () => void): () => void;
}

/** The machine's monotonic clock. Setting the time of day does not touch it. */
export const MONOTONIC: Clock = {
  now: () => performance.now(),
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
};

/**
 * Calls a function at each multiple of the interval from now on, until called off. A late call does not move those
 * after it; calls that would come too late altogether are left out.
 */
export function every(clock: Clock, intervalMs: number, call: () => void): () => void {
  let due = clock.now() + intervalMs;
  let running = true;
  const tick = () => {
    call();
    // The call may have been the reason to stop.
    if (!running) return;
    const late = Math.max(0, clock.now() - due);
    due += intervalMs * (1 + Math.floor(late / intervalMs));
    callOff = clock.after(due - clock.now(), tick);
  };
  let callOff = clock.after(intervalMs, tick);
  return () => {
    running = false;
    callOff();
  };
}
