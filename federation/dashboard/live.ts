/**
 * Tells open pages when there is something new: Server-Sent Events, without any number in them. A page that hears
 * one loads itself again, with the rights it has then.
 *
 * @module
 */

import type { Session, Sessions } from "./sessions.ts";

/** What telling needs. */
export interface LiveOptions {
  readonly sessions: Sessions;
  /** Up to which bins are closed; incidents change only when one is. */
  closedThrough(): Promise<number>;
  /** Aborted = all is over. */
  readonly signal: AbortSignal;
}

interface Listener {
  readonly session: Session;
  /** Up to which bins were closed when the page was made. */
  since: number;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
}

const LOOK_MS = 1000;
/** So often something is said even if there is nothing to say: proxies cut what is silent. */
const BEAT_LOOKS = 15;
/** Of one session; a newer one takes the place of the oldest. */
const PER_SESSION = 4;
/** Pages that are told of something new at a time: all of them load themselves again. */
const TOLD_TOGETHER = 20;
/** Bytes that may wait for a page that does not read. */
const MOST_WAITING = 4096;

/** All pages that listen. */
export class Live {
  readonly #options: LiveOptions;
  readonly #listeners = new Set<Listener>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #looks = 0;
  #isLooking = false;

  /** Nothing is looked at before somebody listens. */
  constructor(options: LiveOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#stop(), { once: true });
  }

  /** What a page reads; it ends with the request, the session or the hub. */
  listen(session: Session, { since, gone }: { since: number; gone: AbortSignal }): Response {
    const own = [...this.#listeners].filter((listener) => listener.session === session);
    if (own.length >= PER_SESSION) this.#end(own[0]!);
    let listener: Listener;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        listener = { session, since, controller };
        this.#listeners.add(listener);
        this.#timer ??= setInterval(() => void this.#look(), LOOK_MS);
        this.#say(listener, "retry: 3000\nevent: hello\ndata:\n\n");
      },
      cancel: () => this.#forget(listener),
    }, new ByteLengthQueuingStrategy({ highWaterMark: MOST_WAITING }));
    gone.addEventListener("abort", () => this.#end(listener), { once: true });
    if (this.#options.signal.aborted || gone.aborted) this.#end(listener!);
    const headers = { "content-type": "text/event-stream", "x-accel-buffering": "no" };
    return new Response(body, { headers });
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    for (const listener of this.#listeners) {
      if (this.#options.sessions.find(listener.session.id, { isVisit: false }) !== undefined) continue;
      this.#say(listener, "event: over\ndata:\n\n");
      this.#end(listener);
    }
    // The store may be away for a while; the next look may be luckier.
    const through = await this.#options.closedThrough().catch(() => undefined);
    const behind = [...this.#listeners].filter(({ since }) => since !== (through ?? since));
    for (const listener of behind.slice(0, TOLD_TOGETHER)) {
      listener.since = through!;
      this.#say(listener, "event: closed\ndata:\n\n");
    }
    if (++this.#looks % BEAT_LOOKS === 0) {
      for (const listener of this.#listeners) this.#say(listener, ": still here\n\n");
    }
    this.#isLooking = false;
  }

  #say(listener: Listener, text: string): void {
    const { controller } = listener;
    if ((controller.desiredSize ?? 0) <= 0) return this.#end(listener);
    controller.enqueue(new TextEncoder().encode(text));
  }

  #end(listener: Listener): void {
    if (!this.#listeners.has(listener)) return;
    this.#forget(listener);
    listener.controller.close();
  }

  #forget(listener: Listener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #stop(): void {
    for (const listener of this.#listeners) this.#end(listener);
  }
}
