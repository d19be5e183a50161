/**
 * The hub's side of a conversation with one uplink: what comes in, and what is to be done about it. It does nothing
 * by itself, has no clock and no socket, and never repeats what it was told.
 *
 * @module
 */

import { BIN_SECONDS, checkSummary, SCHEMA } from "../../../proto/federation/check.ts";
import { decodeFrame, type FrameContent } from "../../../proto/federation/frame.ts";
import {
  type Auth,
  ByeCode,
  type Disclosure,
  type Hello,
  NackCode,
  type Rotate,
  type Sightings,
  type Summary,
  type Taken,
} from "../../../proto/federation/schema.ts";
import { Bucket, type SessionLimits } from "./limits.ts";

/** What is to be done next. */
export type Action =
  /** Sign the nonce together with one of our own, and send both. */
  | { readonly do: "challenge"; readonly nonce: Uint8Array }
  /** Find out whether the proof is right, then call `proved` or `refused`. */
  | { readonly do: "prove"; readonly auth: Auth }
  /** Find out whether the new key may come, then go on or call `refused`. */
  | { readonly do: "rotate"; readonly rotate: Rotate }
  /** Store it, then call `stored` or `notStored`. */
  | { readonly do: "store"; readonly summary: Summary }
  /** Keep a part of an operator's sightings, then call `took`. */
  | { readonly do: "take"; readonly sightings: Sightings }
  /** Show it to everybody, if it is right; nobody is answered. */
  | { readonly do: "disclose"; readonly disclosure: Disclosure }
  /** Send it. */
  | { readonly do: "send"; readonly content: FrameContent }
  /** Say goodbye and close the socket. */
  | { readonly do: "bye"; readonly code: number; readonly socketCode: number }
  /** Count it. */
  | { readonly do: "count unknown" };

/** Codes of WebSocket (RFC 6455). */
export const SOCKET = { done: 1000, away: 1001, protocol: 1002, refused: 1008, tooLarge: 1009 } as const;

const VERSION = 1;
const NONCE_BYTES = 32;
/** Too early by more than that is no accident. */
const FLAGRANT_MS = 60_000;
/** How long an uplink waits that has more under way than it may. */
const CROWDED_MS = 1000;
/** How long it waits when the disk is full. */
const TROUBLE_MS = 30_000;

/** Parts of sightings that may be on their way to the disk. */
const MOST_TAKES = 2;

type Phase = "new" | "challenged" | "proving" | "ready" | "over";

/** One conversation. */
export class Session {
  readonly #limits: SessionLimits;
  readonly #binNow: (() => number) | undefined;
  readonly #frames: Bucket;
  readonly #bytes: Bucket;
  #phase: Phase = "new";
  #credits: number;
  #underWay = 0;
  #takes = 0;
  /** A summary that shall come again, and until when those behind it have to wait for it. */
  #held: { readonly sequence: number; readonly until: number } | undefined;
  #ack = { upTo: 0, duplicates: 0, isDue: false };

  /** A conversation that begins now (milliseconds since 1970, as everywhere here); bins may go by another clock. */
  constructor(limits: SessionLimits, now: number, binNow?: () => number) {
    this.#limits = limits;
    this.#binNow = binNow;
    this.#frames = new Bucket(limits.framesPerMinute, now);
    this.#bytes = new Bucket(limits.bytesPerMinute, now);
    this.#credits = Math.min(limits.firstCredits, limits.mostCredits);
  }

  /** How far it is. */
  get phase(): Phase {
    return this.#phase;
  }

  /** Takes a message of the uplink. */
  receive(bytes: Uint8Array, now: number): Action[] {
    if (this.#phase === "over") return [];
    const earlyMs = Math.max(this.#frames.take(1, now), this.#bytes.take(bytes.length, now));
    if (earlyMs > FLAGRANT_MS) return this.#end(ByeCode.TOO_FAST, SOCKET.refused);
    const decoded = decodeFrame(bytes);
    if (!decoded.ok) return this.#end(ByeCode.PROTOCOL, SOCKET.protocol);
    if (decoded.content === undefined) return [{ do: "count unknown" }];
    const { case: name, value } = decoded.content;
    if (name === "summary" && this.#phase === "ready") return this.#summary(value, { now, earlyMs });
    if (name === "sightings" && this.#phase === "ready") return this.#sightings(value, earlyMs);
    // The next one comes in a minute.
    if (name === "disclosure" && this.#phase === "ready") {
      return earlyMs > 0 ? [] : [{ do: "disclose", disclosure: value }];
    }
    if (earlyMs > 0) return this.#end(ByeCode.TOO_FAST, SOCKET.refused);
    if (name === "hello" && this.#phase === "new") return this.#hello(value);
    if (name === "auth" && this.#phase === "challenged") return this.#auth(value);
    if (name === "rotate" && this.#phase === "ready") return [{ do: "rotate", rotate: value }];
    return this.#end(ByeCode.PROTOCOL, SOCKET.protocol);
  }

  /** A message that is no frame: text, or longer than the longest frame. */
  receiveOther(): Action[] {
    return this.#end(ByeCode.PROTOCOL, SOCKET.protocol);
  }

  #hello({ version, schemas, nonce }: Hello): Action[] {
    if (version !== VERSION || !schemas.includes(SCHEMA) || nonce.length !== NONCE_BYTES) {
      return this.#end(ByeCode.PROTOCOL, SOCKET.protocol);
    }
    this.#phase = "challenged";
    return [{ do: "challenge", nonce }];
  }

  #auth(auth: Auth): Action[] {
    this.#phase = "proving";
    return [{ do: "prove", auth }];
  }

  /** The operator is who it says; its highest stored sequence, and when it shall send. */
  proved(now: number, { resume, phaseSeconds }: { resume: number; phaseSeconds: number }): Action[] {
    if (this.#phase !== "proving") return [];
    this.#phase = "ready";
    this.#ack.upTo = resume;
    const { framesPerMinute, bytesPerMinute } = this.#limits;
    const ready = {
      resumeSequence: resume,
      credits: this.#credits,
      framesPerMinute,
      bytesPerMinute,
      phaseSeconds,
      now: Math.floor(now / 1000),
    };
    return [{ do: "send", content: { case: "ready", value: ready } }];
  }

  /** The proof is wrong, or the operator may not come. */
  refused(): Action[] {
    return this.#end(ByeCode.REFUSED, SOCKET.refused);
  }

  /** The hub ends it. */
  end(code: number): Action[] {
    return this.#end(code, code === ByeCode.DRAIN ? SOCKET.away : SOCKET.refused);
  }

  #summary(summary: Summary, { now, earlyMs }: { now: number; earlyMs: number }): Action[] {
    const { sequence, bin } = summary;
    if (this.#held !== undefined && now < this.#held.until && sequence > this.#held.sequence) {
      return [nack(sequence, NackCode.RATE, this.#held.until - now)];
    }
    if (earlyMs > 0) return this.#hold(sequence, NackCode.RATE, { now, forMs: earlyMs });
    if (this.#underWay >= this.#credits) {
      return this.#hold(sequence, NackCode.RATE, { now, forMs: CROWDED_MS });
    }
    this.#held = undefined;
    if (checkSummary(summary) !== undefined) return [nack(sequence, NackCode.SCHEMA)];
    const current = Math.floor((this.#binNow?.() ?? now) / 1000 / BIN_SECONDS);
    if (bin > current + 1) return [nack(sequence, NackCode.EARLY)];
    if (bin < current - this.#limits.lateBins) return [nack(sequence, NackCode.STALE)];
    this.#underWay++;
    return [{ do: "store", summary }];
  }

  /** Asks for a summary again. Those behind it wait too: what is acknowledged has no holes. */
  #hold(sequence: number, code: number, { now, forMs }: { now: number; forMs: number }): Action[] {
    this.#held = { sequence, until: now + forMs };
    return [nack(sequence, code, forMs)];
  }

  #sightings(sightings: Sightings, earlyMs: number): Action[] {
    const waitMs = Math.max(earlyMs, this.#takes >= MOST_TAKES ? CROWDED_MS : 0);
    if (waitMs > 0) return this.#taken(sightings, { code: NackCode.RATE, retryAfterMs: Math.ceil(waitMs) });
    this.#takes++;
    return [{ do: "take", sightings }];
  }

  /** A part of the sightings is on the disk, or why it is not. */
  took(part: Sightings, outcome: Pick<Taken, "code" | "retryAfterMs">): Action[] {
    this.#takes--;
    return this.#phase === "ready" ? this.#taken(part, outcome) : [];
  }

  #taken({ epoch, part }: Sightings, outcome: Pick<Taken, "code" | "retryAfterMs">): Action[] {
    return [{ do: "send", content: { case: "taken", value: { epoch, part, ...outcome } } }];
  }

  /** A summary is on the disk. */
  stored(sequence: number, { duplicate }: { duplicate: boolean }): void {
    this.#underWay--;
    this.#ack.isDue = true;
    this.#ack.upTo = Math.max(this.#ack.upTo, sequence);
    if (duplicate) this.#ack.duplicates++;
  }

  /** A summary could not be stored. */
  notStored(sequence: number, now: number): Action[] {
    this.#underWay--;
    const first = Math.min(sequence, this.#held?.sequence ?? Infinity);
    this.#held = { sequence: first, until: now + TROUBLE_MS };
    return [nack(sequence, NackCode.INTERNAL, TROUBLE_MS)];
  }

  /** One acknowledgement for all that has been stored since the last, and more credit where the hub keeps up. */
  acknowledge({ keepsUp }: { keepsUp: boolean }): Action[] {
    if (!this.#ack.isDue || this.#phase !== "ready") return [];
    const { upTo, duplicates } = this.#ack;
    this.#ack = { upTo, duplicates: 0, isDue: false };
    const actions: Action[] = [{ do: "send", content: { case: "ack", value: { upTo, duplicates } } }];
    const more = this.#limits.mostCredits - this.#credits;
    if (keepsUp && more > 0) {
      this.#credits += more;
      actions.push({ do: "send", content: { case: "credit", value: { credits: more } } });
    }
    return actions;
  }

  #end(code: number, socketCode: number): Action[] {
    if (this.#phase === "over") return [];
    this.#phase = "over";
    return [{ do: "bye", code, socketCode }];
  }
}

function nack(sequence: number, code: number, retryAfterMs?: number): Action {
  const retry = retryAfterMs === undefined
    ? {}
    : { retryAfterMs: Math.min(Math.ceil(retryAfterMs), 2 ** 32 - 1) };
  return { do: "send", content: { case: "nack", value: { sequence, code, ...retry } } };
}
