/** A jump of this length either way is time that passes, or an event that took its time. */
const MAX_AHEAD_MS = 10 * 60_000;
const MAX_LATE_MS = 60_000;

/** So many events in a row have to agree before a longer jump is believed, */
const WITNESSES = 50;
/** or so few of them, where they are this far apart: on some buses little happens. */
const SLOW_WITNESSES = 3;
const SLOW_SPAN_MS = 60_000;

/** Before Bitcoin, or later than texts of a time can say. */
const EARLIEST = Date.UTC(2009, 0, 3);
const LATEST = Date.UTC(9999, 0, 1);

/** What an event's time means: it counts, it is not believed, or the clock starts anew there. */
export type Verdict = "passes" | "disbelieved" | "restarts";

/**
 * The time, as the events of one node tell it. It never goes back, and one event with a wrong time does not move it;
 * after a real gap (a pause, a clock that was set, another recording) it starts anew.
 */
export class EventClock {
  /** Unix milliseconds; 0 before the first event. */
  now = 0;
  #witnesses = 0;
  #firstClaim = 0;
  #lastClaim = 0;

  /** Takes the time of the next event. */
  advance(timestamp: number): Verdict {
    if (!(timestamp >= EARLIEST && timestamp < LATEST)) return "disbelieved";
    const ahead = timestamp - this.now;
    if (ahead <= MAX_AHEAD_MS && ahead >= -MAX_LATE_MS) {
      if (ahead > 0) this.now = timestamp;
      this.#witnesses = 0;
      return "passes";
    }
    if (this.now > 0 && !this.#isProven(timestamp)) return "disbelieved";
    this.now = timestamp;
    this.#witnesses = 0;
    return "restarts";
  }

  #isProven(claim: number): boolean {
    const agrees = this.#witnesses > 0 && claim - this.#lastClaim <= MAX_AHEAD_MS * 6 &&
      this.#lastClaim - claim <= MAX_LATE_MS;
    if (!agrees) {
      this.#witnesses = 0;
      this.#firstClaim = claim;
    }
    this.#witnesses++;
    this.#lastClaim = claim;
    return this.#witnesses >= WITNESSES ||
      this.#witnesses >= SLOW_WITNESSES && claim - this.#firstClaim >= SLOW_SPAN_MS;
  }
}
