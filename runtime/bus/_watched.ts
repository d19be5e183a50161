/**
 * A bus for tests that knows whether somebody listens: what is published before is heard by nobody.
 *
 * @module
 */

import type { Subscription } from "./bus.ts";
import { MemoryBus } from "./memory.ts";

/** A bus in memory whose subscriptions can be waited for. */
export class WatchedBus extends MemoryBus {
  readonly #subscribed = [Promise.withResolvers<void>()];

  override subscribe(subjects: readonly string[]): Subscription {
    this.#subscribed.at(-1)!.resolve();
    this.#subscribed.push(Promise.withResolvers<void>());
    return super.subscribe(subjects);
  }

  /** Resolves once so many subscriptions were made. */
  async listened(subscriptions = 1): Promise<void> {
    for (let i = 0; i < subscriptions; i++) await this.#subscribed[i]!.promise;
  }
}
