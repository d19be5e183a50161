/**
 * One event on its way to the clients: decoded when the first one wants it, written once for each form.
 *
 * @module
 */

import { decodeEvent, type Event } from "../../proto/event.ts";
import { encodeFrame, type Form } from "./encode.ts";

/** An event, and the texts it has become so far. */
export class Frame {
  readonly #data: Uint8Array;
  readonly #node: string | undefined;
  readonly #texts: (string | undefined | null)[] = [];
  readonly #enveloped: string[] = [];
  #event: Event | undefined | null;
  /** Why the bytes are no event, once somebody wanted it. */
  refused: string | undefined;

  constructor(data: Uint8Array, node: string | undefined) {
    this.#data = data;
    this.#node = node;
  }

  /** The event; `undefined` when the bytes are none. */
  get event(): Event | undefined {
    if (this.#event !== undefined) return this.#event ?? undefined;
    const result = decodeEvent(this.#data);
    if (!result.ok) this.refused = result.reason;
    this.#event = result.ok ? result.event : null;
    return this.#event ?? undefined;
  }

  /** The text in this form; `undefined` when there is nothing to send. */
  text(form: Form): string | undefined {
    const at = indexOf(form);
    let text = this.#texts[at];
    if (text === undefined) {
      text = this.event === undefined ? null : encodeFrame(this.event, form) ?? null;
      this.#texts[at] = text;
    }
    return text ?? undefined;
  }

  /** The text in this form with time and node in front, and whatever else there is to say to one client. */
  enveloped(form: Form, more?: Readonly<Record<string, unknown>>): string | undefined {
    const text = this.text(form);
    if (text === undefined) return undefined;
    if (more !== undefined) return this.#start(more) + text.slice(1);
    return this.#enveloped[indexOf(form)] ??= this.#start({}) + text.slice(1);
  }

  #start(more: Readonly<Record<string, unknown>>): string {
    const timestamp = this.event?.timestamp ?? 0;
    return JSON.stringify({ timestamp, node: this.#node, ...more }).slice(0, -1) + ",";
  }
}

function indexOf({ exact, lite }: Form): number {
  return (exact ? 1 : 0) + (lite ? 2 : 0);
}
