/**
 * One connected client: what it asked for, and a bounded amount of what it has not yet taken.
 *
 * @module
 */

import type { Frame } from "./frame.ts";
import { NOTHING, parseSubscription, type Subscription } from "./subscription.ts";

/** What a client may take up. */
export interface ClientLimits {
  /** Bytes that may wait for it before one event more: the largest are larger than any sane bound. */
  readonly bufferBytes: number;
  /** How long events may be dropped for it before it is sent away. */
  readonly slowMs: number;
  /** Subscriptions it may send at once; one more becomes possible each second. */
  readonly subscriptions: number;
}

/** Some seconds of a busy node. */
export const CLIENT_LIMITS: ClientLimits = {
  bufferBytes: 4 * 1024 * 1024,
  slowMs: 10_000,
  subscriptions: 20,
};

/** What a client needs of a `WebSocket`. */
export type Socket = Pick<WebSocket, "bufferedAmount" | "readyState" | "send" | "close">;

/** Close codes: what the client did, and what the server cannot do now. */
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

/** What became of an event. */
export type Offered = "sent" | "not wanted" | "dropped" | "disconnected";

/** A client. */
export class Client {
  /** What it wants. */
  subscription: Subscription = NOTHING;
  readonly #socket: Socket;
  readonly #limits: ClientLimits;
  readonly #now: () => number;
  #slowSince: number | undefined;
  #dropped = 0;
  #untold = 0;
  #allowance: number;
  #allowanceAt: number;

  constructor(
    socket: Socket,
    limits: ClientLimits = CLIENT_LIMITS,
    now: () => number = () => performance.now(),
  ) {
    this.#socket = socket;
    this.#limits = limits;
    this.#now = now;
    this.#allowance = limits.subscriptions;
    this.#allowanceAt = now();
  }

  /** Events that were not sent because it takes too slowly what was. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a text frame; says why when it closed the connection instead. */
  subscribe(text: string): string | undefined {
    try {
      this.#spend();
      this.subscription = parseSubscription(text);
      return undefined;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.#socket.close(POLICY_VIOLATION, error.message);
      this.subscription = NOTHING;
      return error.message;
    }
  }

  /** Sends an event, or does not: never waits. */
  offer(frame: Frame, { snapshot = false } = {}): Offered {
    const { form, envelope } = this.subscription;
    const text = envelope ? frame.enveloped(form, this.#more(snapshot)) : frame.text(form);
    if (text === undefined || this.#socket.readyState !== WebSocket.OPEN) return "not wanted";
    const waiting = this.#socket.bufferedAmount;
    if (waiting > this.#limits.bufferBytes) return this.#drop();
    if (waiting < this.#limits.bufferBytes / 2) this.#slowSince = undefined;
    this.#socket.send(text);
    this.#untold = 0;
    return "sent";
  }

  #drop(): Offered {
    const now = this.#now();
    this.#dropped++;
    this.#untold++;
    this.#slowSince ??= now;
    if (now - this.#slowSince < this.#limits.slowMs) return "dropped";
    this.#socket.close(TRY_AGAIN_LATER, `Too slow: ${this.#dropped} events dropped`);
    this.subscription = NOTHING;
    return "disconnected";
  }

  /** What the envelope says to this client alone. */
  #more(snapshot: boolean): Record<string, unknown> | undefined {
    if (!snapshot && this.#untold === 0) return undefined;
    return { snapshot: snapshot || undefined, dropped: this.#untold > 0 ? this.#untold : undefined };
  }

  #spend(): void {
    const now = this.#now();
    this.#allowance = Math.min(
      this.#limits.subscriptions,
      this.#allowance + (now - this.#allowanceAt) / 1000,
    );
    this.#allowanceAt = now;
    if (this.#allowance < 1) throw new SyntaxError("Too many subscriptions, one per second is fine");
    this.#allowance--;
  }
}
