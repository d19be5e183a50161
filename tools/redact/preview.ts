/**
 * What redaction would make of a recording, one event of each sort: before and after.
 *
 * @module
 */

import { decodeEvent, type Event } from "../../proto/event.ts";
import { eventJson } from "../../proto/event_json.ts";
import type { Redactor } from "./redactor.ts";

/** Sorts of events that are shown, and events of each. */
const MOST_SORTS = 200;
const LONGEST_LINE = 1200;

/** Collects a sample, and shows it. */
export class Preview {
  readonly #sorts = new Map<string, Uint8Array>();

  /** Takes an event, and keeps the first of its sort. */
  take(event: Uint8Array): void {
    const decoded = decodeEvent(event);
    if (!decoded.ok || decoded.event.kind === "none") return;
    const sort = sortOf(decoded.event);
    if (!this.#sorts.has(sort) && this.#sorts.size < MOST_SORTS) this.#sorts.set(sort, event.slice());
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

function sortOf({ kind, value }: Event): string {
  const member = Object.values(value ?? {}).find((each) => isMember(each)) as { case: string } | undefined;
  return `${kind} ${member?.case ?? ""}`.trim();
}

function isMember(value: unknown): boolean {
  return typeof value === "object" && value !== null && "case" in value;
}

function line(event: Event): string {
  const text = eventJson(event) ?? "";
  return text.length <= LONGEST_LINE ? text : `${text.slice(0, LONGEST_LINE)}…`;
}
