/**
 * Who is signed in: in memory only, so that a restart signs everybody out and nothing is left on a disk.
 *
 * @module
 */

import type { Door } from "./sources.ts";

/** Somebody who has signed in. */
export interface Session {
  /** What its cookie says. */
  readonly id: string;
  /** The member; `undefined` for those who run the hub. */
  readonly slot: number | undefined;
  /** Goes with everything that the pages send. */
  readonly token: string;
  readonly since: number;
  seenAt: number;
  /** Pages it asked for in a minute, and when that began. */
  asked: { readonly since: number; count: number };
}

/** Without a visit for so long it is over. */
export const IDLE_MS = 30 * 60_000;
/** It is over after so long, whatever happens. */
export const LONGEST_MS = 12 * 3_600_000;
/** Of one member; a newer one takes the place of the oldest. */
const PER_MEMBER = 4;
/** Pages a minute of a session: the longest of them take the hub some tens of milliseconds. */
const PAGES_PER_MINUTE = 120;
const MINUTE_MS = 60_000;
/** Of those who run the hub. */
const OF_HUB = 8;

/** All of them. There are never more than a few for each member, so nobody can fill the memory. */
export class Sessions {
  readonly #byId = new Map<string, Session>();
  readonly #door: Door;
  readonly #now: () => number;

  /** Nobody is signed in. */
  constructor(door: Door, now: () => number) {
    this.#door = door;
    this.#now = now;
  }

  /** Somebody has proved who it is. */
  begin(slot: number | undefined): Session {
    for (const session of this.#byId.values()) this.#isOver(session) && this.end(session);
    const own = [...this.#byId.values()].filter((session) => session.slot === slot);
    if (own.length >= (slot === undefined ? OF_HUB : PER_MEMBER)) this.end(own[0]!);
    const now = this.#now();
    const asked = { since: now, count: 0 };
    const session = { id: randomText(), slot, token: randomText(), since: now, seenAt: now, asked };
    this.#byId.set(session.id, session);
    return session;
  }

  /** The session that a cookie names, if it still is one. Asked by a page that lives on alone, it is no visit. */
  find(id: string | undefined, { isVisit = true } = {}): Session | undefined {
    const session = id === undefined ? undefined : this.#byId.get(id);
    if (session === undefined) return undefined;
    if (this.#isOver(session)) return void this.end(session);
    if (isVisit) session.seenAt = this.#now();
    return session;
  }

  /** True unless it asks for more pages than anybody could read. */
  mayAsk(session: Session): boolean {
    const now = this.#now();
    if (Math.abs(now - session.asked.since) > MINUTE_MS) session.asked = { since: now, count: 0 };
    return ++session.asked.count <= PAGES_PER_MINUTE;
  }

  /** It is over. */
  end({ id }: Session): void {
    this.#byId.delete(id);
  }

  #isOver({ slot, since, seenAt }: Session): boolean {
    const now = this.#now();
    return now - seenAt > IDLE_MS || now - since > LONGEST_MS ||
      slot !== undefined && !this.#door.mayStay(slot);
  }
}

/** 256 random bits. */
export function randomText(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toHex();
}
