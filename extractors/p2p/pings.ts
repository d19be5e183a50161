/** More pings than this do not wait for an answer; older ones are forgotten. */
const MOST_WAITING = 1024;
const NANOSECONDS = 1_000_000;

/** The pings that wait for their pong. Times are milliseconds of a monotonic clock. */
export class Pings {
  readonly #sentAt = new Map<bigint, number>();
  #waitingSince: number | undefined;

  /** Since when the node owes a pong; undefined while it owes none. */
  get waitingSince(): number | undefined {
    return this.#waitingSince;
  }

  /** Notes a ping and returns its nonce. */
  sent(now: number): bigint {
    const [nonce] = crypto.getRandomValues(new BigUint64Array(1));
    this.#sentAt.set(nonce!, now);
    this.#waitingSince ??= now;
    if (this.#sentAt.size > MOST_WAITING) this.#sentAt.delete(this.#sentAt.keys().next().value!);
    return nonce!;
  }

  /** The nanoseconds a ping took; undefined for a nonce that is not waited for. */
  answered(nonce: bigint, now: number): number | undefined {
    const sentAt = this.#sentAt.get(nonce);
    if (sentAt === undefined) return undefined;
    // A node answers in order: what was sent before is not answered any more.
    for (const earlier of this.#sentAt.keys()) {
      this.#sentAt.delete(earlier);
      if (earlier === nonce) break;
    }
    this.#waitingSince = this.#sentAt.values().next().value;
    return Math.round((now - sentAt) * NANOSECONDS);
  }
}
