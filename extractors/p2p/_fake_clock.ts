import type { Clock } from "./clock.ts";

interface Timer {
  readonly at: number;
  readonly call: () => void;
}

/** A clock that stands still until it is moved. */
export class FakeClock implements Clock {
  readonly #timers = new Set<Timer>();
  readonly #waiting = new Set<{ timers: number; resolve: () => void }>();
  #now = 0;

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, call: () => void): () => void {
    const timer = { at: this.#now + milliseconds, call };
    this.#timers.add(timer);
    for (const waiting of this.#waiting) if (this.#timers.size >= waiting.timers) waiting.resolve();
    return () => this.#timers.delete(timer);
  }

  /** Timers that are set. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Resolves when so many timers are set. */
  async reach(timers: number): Promise<void> {
    if (this.#timers.size >= timers) return;
    await new Promise<void>((resolve) => this.#waiting.add({ timers, resolve }));
  }

  /** Moves on, and calls what is due on the way. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.call();
    }
    this.#now = end;
  }

  /** Moves on while nobody looks: what is due comes late. */
  skip(milliseconds: number): void {
    this.#now += milliseconds;
  }
}
