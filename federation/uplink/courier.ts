/**
 * Carries what waits in the outbox to the hub, and comes back for ever.
 *
 * @module
 */

import { pause } from "../../runtime/backoff.ts";
import { reasonOf } from "../../runtime/reason.ts";
import { Conversation, type ConversationOptions, type Ending } from "./conversation.ts";
import { dial, EgressRefused, type Route, type Surroundings } from "./dial.ts";
import { Session, type SessionOptions } from "./session.ts";

/** What a courier needs. */
export interface CourierOptions extends Omit<ConversationOptions, "hub"> {
  /** How to get there. */
  readonly route: Route;
  /** What is known of the nodes. */
  readonly surroundings: Surroundings;
  /** What a session needs; asked before each. */
  session(): Promise<SessionOptions>;
  /** The hub knows the new key. */
  onRotated(): void;
  /** The hub does not let us in; true if another key is worth trying. */
  onRefused(): boolean;
  /** From 0 up to and without 1. */
  readonly random?: () => number;
  /** Waits before the next attempt. */
  readonly waits?: Partial<Waits>;
}

/** Waits before the next attempt. */
export interface Waits {
  /** The shortest. */
  readonly firstMs: number;
  /** The longest while the hub cannot be reached. */
  readonly mostMs: number;
  /** The longest where it does not want us, or we do not want it: that will not change in a minute. */
  readonly refusedMs: number;
  /** The hub may ask for more, but not for ever. */
  readonly mostAskedMs: number;
}

const WAITS: Waits = { firstMs: 1000, mostMs: 300_000, refusedMs: 1_800_000, mostAskedMs: 7_200_000 };
/** The same trouble is told again after that. */
const TELL_AGAIN_MS = 300_000;
/** A connection that worked for so long was a good one. */
const GOOD_MS = 60_000;
const SLOW: readonly Ending["why"][] = ["refused", "policy", "impostor", "egress"];

/**
 * How long to wait before the next attempt: anything up to a bound that doubles, so that many uplinks of one hub do
 * not come back at once.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(fullJitter(0, 0), 1000);
 * assertEquals(fullJitter(3, 0.5), 4500);
 * assertEquals(fullJitter(30, 0.999), 299_701);
 * ```
 */
export function fullJitter(
  attempt: number,
  random: number,
  { firstMs, mostMs }: Pick<Waits, "firstMs" | "mostMs"> = WAITS,
): number {
  const bound = Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(firstMs + random * (bound - firstMs));
}

/** Carries summaries. */
export class Courier {
  readonly #options: CourierOptions;
  readonly #waits: Waits;
  #isOn = true;
  #conversation: Conversation | undefined;
  /** Ends what is under way: a connection, a wait. */
  #interrupt = new AbortController();
  #told = { what: "", at: -Infinity };

  /** One that has not left yet. */
  constructor(options: CourierOptions) {
    this.#options = options;
    this.#waits = { ...WAITS, ...options.waits };
  }

  /** Something waits to be carried. */
  notify(): void {
    this.#conversation?.notify();
  }

  /** Carries the minute of a disclosed node, if there is a connection. */
  disclose(frame: Uint8Array<ArrayBuffer>): void {
    this.#conversation?.disclose(frame);
  }

  /** Switches it off, at once, or on. */
  set isOn(isOn: boolean) {
    if (this.#isOn === isOn) return;
    this.#isOn = isOn;
    this.reconnect();
  }

  /** Begins anew at once. */
  reconnect(): void {
    this.#interrupt.abort();
  }

  /** Goes on until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { random = Math.random, telling } = this.#options;
    for (let attempt = 0; !signal.aborted;) {
      if (this.#interrupt.signal.aborted) this.#interrupt = new AbortController();
      const either = AbortSignal.any([signal, this.#interrupt.signal]);
      if (!this.#isOn) {
        telling.phase("off");
        await pause(Infinity, either);
        continue;
      }
      const { end, wasGood } = await this.#converse(either);
      if (either.aborted) continue;
      if (wasGood) attempt = 0;
      const waitMs = this.#waitAfter(end, fullJitter(attempt++, random(), this.#waits), random());
      this.#tell(end.text, waitMs);
      telling.phase("waiting", end.text);
      await pause(waitMs, either);
    }
  }

  #waitAfter({ why, afterMs = 0 }: Ending, jitterMs: number, random: number): number {
    const { refusedMs, mostAskedMs } = this.#waits;
    if (why === "rotated") {
      this.#options.onRotated();
      return jitterMs;
    }
    if (why === "refused" && this.#options.onRefused()) return jitterMs;
    const slowMs = SLOW.includes(why) ? refusedMs * (1 + random) / 2 : 0;
    return Math.max(jitterMs, slowMs, Math.min(afterMs, mostAskedMs));
  }

  /** The first time, when it is another trouble than before, and every five minutes. */
  #tell(what: string, waitMs: number): void {
    const { telling, log, outbox } = this.#options;
    telling.count("connections that ended");
    const now = performance.now();
    if (what === this.#told.what && now - this.#told.at < TELL_AGAIN_MS) return;
    this.#told = { what, at: now };
    const { records } = outbox.stats();
    const seconds = Math.ceil(waitMs / 1000);
    log.warn(`Not connected: ${what}; ${records} summaries wait, next attempt in ${seconds} s`);
  }

  async #converse(signal: AbortSignal): Promise<{ end: Ending; wasGood: boolean }> {
    const { route, surroundings, telling } = this.#options;
    const since = performance.now();
    telling.phase("connecting");
    try {
      const session = new Session(await this.#options.session());
      const connection = await dial(route, surroundings, signal);
      using conversation = new Conversation({ ...this.#options, hub: route.hub }, session);
      this.#conversation = conversation;
      const end = await conversation.hold(connection, signal);
      return { end, wasGood: conversation.wasReady && performance.now() - since > GOOD_MS };
    } catch (error) {
      const why = error instanceof EgressRefused ? "egress" : "unreachable";
      return { end: { why, text: reasonOf(error) }, wasGood: false };
    } finally {
      this.#conversation = undefined;
    }
  }
}
