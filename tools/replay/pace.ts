import { pause } from "../../runtime/backoff.ts";

/** Timers are not worth less. */
const WORTH_WAITING_MS = 1;
/** A timer of more than 2^31 ms would fire at once. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/** Turns the times of events into times to wait. An event that is older than one before it comes right after that. */
export class Pace {
  readonly #speed: number;
  readonly #now: () => number;
  #origin: { event: number; clock: number } | undefined;
  #due = 0;

  /** A pace of so many seconds per second. */
  constructor(speed: number, now: () => number = () => performance.now()) {
    this.#speed = speed;
    this.#now = now;
  }

  /** Whether an event of this time has to wait. */
  isEarly(timestamp: number): boolean {
    if (this.#speed === Infinity) return false;
    const now = this.#now();
    this.#origin ??= { event: timestamp, clock: now };
    this.#due = this.#origin.clock + (timestamp - this.#origin.event) / this.#speed;
    return this.#due - now >= WORTH_WAITING_MS;
  }

  /** Resolves when the event that was early is due, or it is time to stop. */
  async wait(signal: AbortSignal): Promise<void> {
    for (let left = this.#due - this.#now(); left > 0 && !signal.aborted; left = this.#due - this.#now()) {
      await pause(Math.min(left, LONGEST_WAIT_MS), signal);
    }
  }
}
