import {
  type Bus,
  type BusStats,
  matches,
  QUEUE_LIMITS,
  type QueueLimits,
  type Subscription,
} from "./bus.ts";
import { DeliveryQueue } from "./queue.ts";

/** The bus inside one process: nothing to install, nothing to configure. */
export class MemoryBus implements Bus {
  readonly #limits: QueueLimits;
  readonly #subscribers = new Map<DeliveryQueue, readonly string[]>();
  // Who listens on a subject, so that publishing is one look-up; emptied when a subscriber comes or goes.
  readonly #routes = new Map<string, DeliveryQueue[]>();
  #published = 0;
  #droppedByGone = 0;

  /** A bus whose subscribers have queues of this size. */
  constructor(limits: QueueLimits = QUEUE_LIMITS) {
    this.#limits = limits;
  }

  publish(subject: string, data: Uint8Array): void {
    this.#published++;
    const delivery = { subject, data };
    for (const queue of this.#route(subject)) queue.push(delivery);
  }

  subscribe(subjects: readonly string[]): Subscription {
    const queue: DeliveryQueue = new DeliveryQueue({
      limits: this.#limits,
      onClose: () => this.#forget(queue),
    });
    this.#subscribers.set(queue, subjects);
    this.#routes.clear();
    return queue;
  }

  stats(): BusStats {
    let dropped = this.#droppedByGone;
    for (const queue of this.#subscribers.keys()) dropped += queue.dropped;
    return { published: this.#published, unsent: 0, dropped };
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  async room(): Promise<void> {
    await Promise.all([...this.#subscribers.keys()].map((queue) => queue.room()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const queue of this.#subscribers.keys()) queue.close();
    return Promise.resolve();
  }

  #route(subject: string): DeliveryQueue[] {
    const known = this.#routes.get(subject);
    if (known !== undefined) return known;
    const route = [...this.#subscribers]
      .filter(([, patterns]) => patterns.some((pattern) => matches(pattern, subject)))
      .map(([queue]) => queue);
    // Subjects come from our own table times the nodes, yet a wrong caller must not fill the memory.
    if (this.#routes.size > 10_000) this.#routes.clear();
    this.#routes.set(subject, route);
    return route;
  }

  #forget(queue: DeliveryQueue): void {
    this.#droppedByGone += queue.dropped;
    this.#subscribers.delete(queue);
    this.#routes.clear();
  }
}
