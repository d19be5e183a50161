import { type Delivery, QUEUE_LIMITS, type QueueLimits, type Subscription } from "./bus.ts";

/**
 * The queue of one subscriber. What arrives when it is full is dropped: what was accepted first stays, and the
 * producer never waits.
 */
export class DeliveryQueue implements Subscription {
  #dropped = 0;
  #droppedUpstream = 0;
  #taken = 0;
  #items: Delivery[] = [];
  // Index of the first item still waiting: shift() on a long array would copy it.
  #head = 0;
  #bytes = 0;
  #closed = false;
  #wake: (() => void) | undefined;
  #makingRoom: PromiseWithResolvers<void> | undefined;
  readonly #limits: QueueLimits;
  readonly #onClose: () => void;
  readonly #onTake: ((events: number, bytes: number) => void) | undefined;
  readonly #drainsFromAfar: boolean;
  #closeAsked = false;

  /**
   * A queue; `onClose` tells the bus that nobody listens any more, `onTake` that there is room again. With
   * `drainsFromAfar` the bus may still deliver after the close, until it calls `finish`.
   */
  constructor(
    { limits = QUEUE_LIMITS, onClose = () => {}, onTake, drainsFromAfar = false }: {
      limits?: QueueLimits;
      onClose?: () => void;
      onTake?: (events: number, bytes: number) => void;
      drainsFromAfar?: boolean;
    } = {},
  ) {
    this.#limits = limits;
    this.#onClose = onClose;
    this.#onTake = onTake;
    this.#drainsFromAfar = drainsFromAfar;
  }

  get taken(): number {
    return this.#taken;
  }

  get dropped(): number {
    return this.#dropped + this.#droppedUpstream;
  }

  /** Tells how many were lost before they reached this queue, in all. */
  setDroppedUpstream(events: number): void {
    this.#droppedUpstream = events;
  }

  /** Events waiting. */
  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Resolves when half of the queue is free, or nobody will take anything any more. */
  room(): Promise<void> {
    if (this.#hasRoom()) return Promise.resolve();
    return (this.#makingRoom ??= Promise.withResolvers<void>()).promise;
  }

  /** Adds an event, or drops it when there is no room. */
  push(item: Delivery): boolean {
    if (this.#closed) return false;
    const size = item.data.length;
    // One event larger than the whole budget still passes through an empty queue.
    const full = this.length >= this.#limits.maxEvents ||
      this.#bytes + size > this.#limits.maxBytes && this.length > 0;
    if (full) {
      this.#dropped++;
      return false;
    }
    this.#items.push(item);
    this.#bytes += size;
    this.#wakeUp();
    return true;
  }

  async ready(): Promise<boolean> {
    while (this.length === 0) {
      if (this.#closed) return false;
      await new Promise<void>((wake) => this.#wake = wake);
    }
    return true;
  }

  take(max: number): Delivery[] {
    const taken = this.#items.slice(this.#head, this.#head + max);
    let bytes = 0;
    for (const item of taken) bytes += item.data.length;
    this.#advance(taken.length, bytes);
    return taken;
  }

  next(): Promise<IteratorResult<Delivery, undefined>> {
    const item = this.#items[this.#head];
    if (item === undefined) return this.#waitForNext();
    this.#advance(1, item.data.length);
    return Promise.resolve({ done: false, value: item });
  }

  return(): Promise<IteratorResult<Delivery, undefined>> {
    this[Symbol.dispose]();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  close(): void {
    if (!this.#closeAsked) {
      this.#closeAsked = true;
      this.#onClose();
    }
    if (!this.#drainsFromAfar) this.finish();
  }

  /** The last event has been pushed. */
  finish(): void {
    this.#closed = true;
    this.#wakeUp();
    this.#tellRoom();
  }

  [Symbol.dispose](): void {
    this.close();
    this.finish();
    this.#items = [];
    this.#head = this.#bytes = 0;
  }

  async #waitForNext(): Promise<IteratorResult<Delivery, undefined>> {
    return await this.ready() ? await this.next() : { done: true, value: undefined };
  }

  #advance(events: number, bytes: number): void {
    this.#taken += events;
    this.#head += events;
    this.#bytes -= bytes;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    this.#tellRoom();
    this.#onTake?.(events, bytes);
  }

  #hasRoom(): boolean {
    const { maxEvents, maxBytes } = this.#limits;
    return this.#closed || this.length <= maxEvents / 2 && (this.#bytes <= maxBytes / 2 || this.length === 0);
  }

  #tellRoom(): void {
    if (this.#makingRoom === undefined || !this.#hasRoom()) return;
    this.#makingRoom.resolve();
    this.#makingRoom = undefined;
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
