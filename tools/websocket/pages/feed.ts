/**
 * The connection to the server: comes back by itself.
 *
 * @module
 */

/// <reference lib="dom" />

/** What the connection does. */
export type FeedState =
  | { readonly is: "connecting" }
  | { readonly is: "open" }
  | { readonly is: "waiting"; readonly until: number; readonly why: string };

/** What a feed is told. */
export interface FeedOptions {
  /** What is sent when the connection is open. */
  subscription(): object;
  onText(text: string): void;
  onState(state: FeedState): void;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** A connection that is kept up. */
export class Feed {
  readonly #options: FeedOptions;
  #socket: WebSocket | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.retry();
  }

  /** Connects now. */
  retry(): void {
    clearTimeout(this.#timer);
    this.#options.onState({ is: "connecting" });
    const socket = new WebSocket(location.origin.replace(/^http/, "ws"));
    this.#socket = socket;
    socket.onopen = () => {
      this.#pauseMs = FIRST_PAUSE_MS;
      this.#options.onState({ is: "open" });
      socket.send(JSON.stringify(this.#options.subscription()));
    };
    socket.onmessage = ({ data }) => this.#options.onText(data);
    socket.onclose = ({ reason }) => this.#wait(reason);
  }

  /** Ends it for good. */
  stop(): void {
    clearTimeout(this.#timer);
    if (this.#socket === undefined) return;
    this.#socket.onclose = null;
    this.#socket.close();
  }

  #wait(why: string): void {
    const pause = this.#pauseMs * (0.5 + Math.random() / 2);
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
    this.#options.onState({ is: "waiting", until: Date.now() + pause, why });
    this.#timer = setTimeout(() => this.retry(), pause);
  }
}
