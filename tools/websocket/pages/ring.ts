/**
 * Memory with a bound: the last so many of something.
 *
 * @module
 */

/** The last `capacity` items. */
export class Ring<T> {
  readonly #items: T[] = [];
  readonly #capacity: number;
  #next = 0;
  /** Items ever added. */
  added = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Adds an item; the oldest one goes when there is no room. */
  push(item: T): void {
    this.#items[this.#next] = item;
    this.#next = (this.#next + 1) % this.#capacity;
    this.added++;
  }

  /** How many there are. */
  get size(): number {
    return this.#items.length;
  }

  /** The newest one. */
  get last(): T | undefined {
    return this.size === 0 ? undefined : this.#items[(this.#next + this.size - 1) % this.size];
  }

  /** Oldest first. */
  *[Symbol.iterator](): Generator<T> {
    const start = this.size < this.#capacity ? 0 : this.#next;
    for (let i = 0; i < this.size; i++) yield this.#items[(start + i) % this.size]!;
  }

  /** Newest first. */
  *newest(): Generator<T> {
    for (let i = 1; i <= this.size; i++) yield this.#items[(this.#next - i + 2 * this.size) % this.size]!;
  }
}

/** Sums per second, for the last so many. */
export class Sums {
  readonly #sums: Float64Array;
  /** The newest second that has something. */
  #head = -1;
  #first = -1;

  constructor(seconds: number) {
    this.#sums = new Float64Array(seconds);
  }

  /** Adds to the second of a time; what is older than all is left out. */
  add(timestamp: number, by = 1): void {
    const step = Math.floor(timestamp / 1000);
    this.#advance(step);
    if (step <= this.#head - this.#sums.length) return;
    this.#sums[step % this.#sums.length]! += by;
    if (step < this.#first) this.#first = step;
  }

  /** The sum of a second; zero where nothing came. */
  at(step: number): number {
    return step > this.#head || step <= this.#head - this.#sums.length
      ? 0
      : this.#sums[step % this.#sums.length]!;
  }

  /** Whether it was watched when this second began. */
  covers(step: number): boolean {
    return this.#head >= 0 && step >= this.#first && step > this.#head - this.#sums.length;
  }

  /** What came per second over the last whole `seconds`, or since there is anything. */
  rate(now: number, seconds: number): number | undefined {
    if (this.#head < 0) return undefined;
    const end = Math.floor(now / 1000);
    const steps = Math.max(1, Math.min(seconds, end - this.#first, this.#sums.length - 1));
    let sum = 0;
    for (let step = end - steps; step < end; step++) sum += this.at(step);
    return sum / steps;
  }

  #advance(step: number): void {
    if (this.#head < 0) this.#head = this.#first = step;
    const gap = step - this.#head;
    if (gap <= 0) return;
    if (gap >= this.#sums.length) this.#sums.fill(0);
    else for (let at = this.#head + 1; at <= step; at++) this.#sums[at % this.#sums.length] = 0;
    this.#head = step;
  }
}

/** A map that, when it is full, forgets its oldest entry: of those that are spent, as long as there are any. */
export class Bounded<K, V> extends Map<K, V> {
  readonly #capacity: number;
  readonly #isSpent: (value: V) => boolean;

  constructor(capacity: number, isSpent: (value: V) => boolean = () => true) {
    super();
    this.#capacity = capacity;
    this.#isSpent = isSpent;
  }

  override set(key: K, value: V): this {
    if (!this.has(key) && this.size >= this.#capacity) this.delete(this.#oldest());
    return super.set(key, value);
  }

  #oldest(): K {
    for (const [key, value] of this) if (this.#isSpent(value)) return key;
    return this.keys().next().value!;
  }
}

/** Counts by name; names beyond the bound are counted together, since a stranger may choose them. */
export class Tally {
  readonly #counts = new Map<string, number>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Adds to a name. */
  add(name: string, by = 1): void {
    const key = this.#counts.has(name) || this.#counts.size < this.#capacity ? name : "other";
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + by);
  }

  /** The count of a name. */
  get(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** All counts together. */
  get total(): number {
    let sum = 0;
    for (const value of this.#counts.values()) sum += value;
    return sum;
  }

  /** Largest first. */
  sorted(): [string, number][] {
    return [...this.#counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  }
}
