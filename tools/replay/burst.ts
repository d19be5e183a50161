/** Well below what half of a queue holds: see `QUEUE_LIMITS` in runtime/bus/bus.ts. */
const MOST_EVENTS = 1000;
const MOST_BYTES = 1024 * 1024;

/** Counts what goes out in one go, between two looks at whether there is room. */
export class Burst {
  #events = 0;
  #bytes = 0;

  /** Counts an event; true when it is the first of a new burst. */
  isOver(bytes: number): boolean {
    this.#events++;
    this.#bytes += bytes;
    if (this.#events <= MOST_EVENTS && this.#bytes <= MOST_BYTES) return false;
    this.#events = 1;
    this.#bytes = bytes;
    return true;
  }
}
