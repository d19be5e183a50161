/**
 * When which bin is closed and sent: each at the same phase, a little earlier or later.
 *
 * @module
 */

import { BIN_MS, BIN_SECONDS } from "../../proto/federation/check.ts";

/** Events may come so much later than they happened. */
const GRACE_SECONDS = 10;
const MOST_JITTER_SECONDS = 20;
const MOST_PHASE_SECONDS = BIN_SECONDS - GRACE_SECONDS - MOST_JITTER_SECONDS;
/** Of a longer sleep than a week only that much is made up for. */
export const MOST_BEHIND = 7 * 144;

/** Says which bins are over. */
export class BinClock {
  #next: number;
  #jitterSeconds: number;
  readonly #random: () => number;
  #phaseSeconds: number;

  /** A clock that starts now (milliseconds since 1970), in the middle of a bin. */
  constructor(now: number, { phaseSeconds, random = Math.random }: {
    phaseSeconds?: number | undefined;
    random?: () => number;
  } = {}) {
    this.#next = Math.floor(now / BIN_MS);
    this.#random = random;
    this.#phaseSeconds = 0;
    this.#jitterSeconds = random() * MOST_JITTER_SECONDS;
    // Until the hub says when: somewhere in the first four minutes, as it would say.
    this.phaseSeconds = phaseSeconds ?? Math.floor(random() * 240);
  }

  /** Seconds after its end at which a bin is sent, as the hub wants it. */
  set phaseSeconds(seconds: number) {
    this.#phaseSeconds = Math.min(Math.max(seconds, GRACE_SECONDS), MOST_PHASE_SECONDS);
  }

  /** The bin that is sent next. */
  get bin(): number {
    return this.#next;
  }

  /** When it is sent, milliseconds since 1970. */
  get sendAt(): number {
    return (this.#next + 1) * BIN_MS + (this.#phaseSeconds + this.#jitterSeconds) * 1000;
  }

  /** The next bin, if its time has come; to be asked again until there is none. */
  due(now: number): number | undefined {
    const current = Math.floor(now / BIN_MS);
    // A clock that was set back a lot: what was promised for the future is forgotten.
    if (this.#next > current + 1) this.#next = current;
    this.#next = Math.max(this.#next, current - MOST_BEHIND);
    if (now < this.sendAt) return undefined;
    this.#jitterSeconds = this.#random() * MOST_JITTER_SECONDS;
    return this.#next++;
  }
}
