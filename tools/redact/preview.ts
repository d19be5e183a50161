/**
 * What redaction would make of a recording, one event of each sort: before and after.
 *
 * @module
 */

import { decodeEvent, type Event } from "../../proto/event.ts";
import { eventJson, memberOf } from "../../proto/event_json.ts";
import type { Redactor } from "./redactor.ts";

/** Sorts of events that are shown, and events of each. */
const MOST_SORTS = 200;
const LONGEST_LINE = 1200;

/** Collects a sample, and shows it. */
export class Preview {
  readonly #sorts = new Map<string, Uint8Array>();

  /** Takes an event, and keeps the first of its sort. */
  take(bytes: Uint8Array, event: Event | undefined): void {
    const member = event === undefined ? undefined : memberOf(event);
    if (event === undefined || member === undefined) return;
    const sort = `${event.kind} ${member}`;
    // Of the event, all that was read with it would stay in memory.
    if (!this.#sorts.has(sort) && this.#sorts.size < MOST_SORTS) this.#sorts.set(sort, bytes.slice());
  }

  /** The sample as text. */
  show(redactor: Redactor): string {
    return [...this.#sorts].map(([sort, bytes]) => {
      const decoded = decodeEvent(bytes);
      if (!decoded.ok) return "";
      const after = redactor.redact(decoded.event);
      return `${sort}\n- ${line(decoded.event)}\n+ ${after === undefined ? "" : line(after)}\n\n`;
    }).join("");
  }
}

function line(event: Event): string {
  const text = eventJson(event) ?? "";
  return text.length <= LONGEST_LINE ? text : `${text.slice(0, LONGEST_LINE)}…`;
}
