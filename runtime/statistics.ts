import type { Bus, BusStats, Subscription } from "./bus/bus.ts";

// A name may hold a word from the network (a command, say); what comes after this many is counted together.
const MOST_NAMES = 1000;
const OTHER = "other";

/** What a component did so far. */
export interface Snapshot {
  /** Events it took from the bus. */
  in: number;
  /** Events it put on the bus. */
  out: number;
  /** Events it was too slow for. */
  dropped: number;
  /** Times it was started again after a failure. */
  restarts: number;
  /** What it counted itself. */
  counts: ReadonlyMap<string, number>;
}

/** What all of a process did so far, as any of its components may ask. */
export interface RunStatistics {
  /** Of the bus. */
  bus: BusStats;
  /** Of each component, by name. */
  components: ReadonlyMap<string, Snapshot & { running: boolean }>;
}

/** Counts for one component, over all its restarts. */
export class Statistics {
  /** Events put on the bus. */
  out = 0;
  /** Starts after a failure. */
  restarts = 0;
  /** Whether it runs now; not between a failure and the next start. */
  running = false;
  readonly #firstListens = Promise.withResolvers<void>();
  /** Resolves when the component listens for the first time. */
  readonly listens: Promise<void> = this.#firstListens.promise;
  readonly #counts = new Map<string, number>();
  readonly #open = new Set<Subscription>();
  #inputEnded = false;
  #inBefore = 0;
  #droppedBefore = 0;

  /** Adds to one of the component's own counters. */
  count(what: string, by = 1): void {
    const name = this.#counts.has(what) || this.#counts.size < MOST_NAMES ? what : OTHER;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  /** Watches a subscription until the component's run is over. */
  watch(subscription: Subscription): void {
    this.#open.add(subscription);
    if (this.#inputEnded) subscription.close();
    this.#firstListens.resolve();
  }

  /** Nothing more comes: each subscription ends once what waits has been taken. */
  endInput(): void {
    this.#inputEnded = true;
    for (const subscription of this.#open) subscription.close();
  }

  /** Closes what a run left open and keeps its numbers. */
  endRun(): void {
    for (const subscription of this.#open) {
      this.#inBefore += subscription.taken;
      this.#droppedBefore += subscription.dropped;
      subscription[Symbol.dispose]();
    }
    this.#open.clear();
  }

  /** The numbers now. */
  snapshot(): Snapshot {
    const open = [...this.#open];
    const sum = (start: number, pick: (s: Subscription) => number) =>
      open.reduce((n, s) => n + pick(s), start);
    return {
      in: sum(this.#inBefore, (s) => s.taken),
      out: this.out,
      dropped: sum(this.#droppedBefore, (s) => s.dropped),
      restarts: this.restarts,
      counts: new Map(this.#counts),
    };
  }
}

/** One component's view of the bus: the same bus, and every event counted for that component. */
export class MeteredBus implements Bus {
  readonly #bus: Bus;
  readonly #statistics: Statistics;

  /** A view of `bus` that counts into `statistics`. */
  constructor(bus: Bus, statistics: Statistics) {
    this.#bus = bus;
    this.#statistics = statistics;
  }

  publish(subject: string, data: Uint8Array): void {
    this.#statistics.out++;
    this.#bus.publish(subject, data);
  }

  subscribe(subjects: readonly string[]): Subscription {
    const subscription = this.#bus.subscribe(subjects);
    this.#statistics.watch(subscription);
    return subscription;
  }

  stats(): BusStats {
    return this.#bus.stats();
  }

  flush(): Promise<void> {
    return this.#bus.flush();
  }

  room(): Promise<void> {
    return this.#bus.room();
  }

  /** The bus itself belongs to the runner. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#statistics.endRun();
    return Promise.resolve();
  }
}
