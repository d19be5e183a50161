/**
 * The uplink's side of a conversation with a hub: what comes in, and what is to be done about it. It has no socket, no
 * clock and no disk.
 *
 * @module
 */

import { equal } from "../../proto/bytes.ts";
import { BIN_SECONDS, SCHEMA } from "../../proto/federation/check.ts";
import { decodeFrame, type FrameContent } from "../../proto/federation/frame.ts";
import { type KeyPair, verify } from "../../proto/federation/keys.ts";
import { type Handshake, hubProof, operatorProof, rotationProof } from "../../proto/federation/proofs.ts";
import {
  type Ack,
  type Bye,
  ByeCode,
  type Challenge,
  type Feed,
  type Nack,
  type Policy,
  type Ready,
  type SignedPolicy,
  type Taken,
} from "../../proto/federation/schema.ts";
import { type Floor, judgePolicy } from "./floor.ts";
import { CLOSE } from "./websocket.ts";

/** What is to be done next. */
export type Action =
  /** Send it. */
  | { readonly do: "send"; readonly content: FrameContent }
  /** Do this, which takes a while, then what it says; nothing of the hub is to be heard meanwhile. */
  | { readonly do: "first"; readonly work: () => Promise<Action[]> }
  /** These rules hold from now on. */
  | { readonly do: "policy"; readonly policy: Policy }
  /** The hub has let us in. */
  | { readonly do: "ready"; readonly ready: Ready }
  /** All up to this sequence is stored or given up. */
  | { readonly do: "settled"; readonly upTo: number; readonly stored: boolean; readonly duplicates: number }
  /** The hub will never take this one. */
  | { readonly do: "bury"; readonly sequence: number; readonly code: number }
  /** Send everything from this sequence on again. */
  | { readonly do: "rewind"; readonly sequence: number; readonly code: number }
  /** This became of a part of the sightings. */
  | { readonly do: "taken"; readonly taken: Taken }
  /** Show it. */
  | { readonly do: "feed"; readonly feed: Feed }
  /** Count it. */
  | { readonly do: "count"; readonly what: string }
  /** Close the socket. */
  | { readonly do: "close"; readonly end: End };

/** How a conversation ends. */
export interface End {
  /** What it means for the next attempt. */
  readonly why: "bye" | "refused" | "rotated" | "policy" | "impostor" | "protocol";
  /** For the operator: nothing in it is repeated from the hub. */
  readonly text: string;
  /** Code for the socket. */
  readonly socketCode: number;
  /** When the hub wants us back. */
  readonly afterMs?: number | undefined;
}

/** What a conversation needs. */
export interface SessionOptions {
  /** The hub's key, as the invitation said. */
  readonly hubKey: Uint8Array;
  /** Who we are. */
  readonly key: KeyPair;
  /** Who we want to be. */
  readonly newKey?: KeyPair | undefined;
  /** Lets us in the first time. */
  readonly invitation?: Uint8Array | undefined;
  /** The weakest rules that are taken. */
  readonly floor: Floor;
  /** What both have to speak. */
  readonly vocabulary: Uint8Array;
}

type Phase = "hello" | "challenged" | "proving" | "ready" | "over";

const NONCE_BYTES = 32;
const MINUTE_MS = 60_000;
/** The hub's limits are kept with something to spare: its clock is another. */
const SPARE = 1.1;
/** A sequence beyond that cannot be counted up. */
const MOST_SEQUENCE = 2 ** 52;
/** A code below says no for ever. */
const FIRST_TEMPORARY_CODE = 16;
const MOST_RETRY_MS = 3_600_000;
const RETRY_MS = 10_000;

const BYES: Readonly<Record<number, string>> = {
  [ByeCode.DRAIN]: "the hub restarts",
  [ByeCode.REFUSED]: "the hub refuses this operator: its key is unknown to it or revoked",
  [ByeCode.PROTOCOL]: "the hub did not understand",
  [ByeCode.TOO_MANY_SESSIONS]: "another uplink with this key took the place",
  [ByeCode.TOO_FAST]: "the hub says that this was too fast",
  [ByeCode.TOO_SLOW]: "the hub says that this was too slow",
  [ByeCode.ROTATED]: "the hub knows the new key",
};

/** One conversation. */
export class Session {
  readonly #options: SessionOptions;
  readonly #nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  #phase: Phase;
  #handshake: Handshake | undefined;
  #ready: Ready | undefined;
  #clockAheadMs = 0;
  #credits = 0;
  /** Summaries that the hub has not said anything about, in order; what it refused for good is settled. */
  #underWay: { readonly sequence: number; readonly sentAt: number; isSettled: boolean }[] = [];
  #highest = 0;
  #notBefore = 0;

  /** A conversation that has not begun; a test may begin in the middle, without what was signed before. */
  constructor(options: SessionOptions, phase: Phase = "hello") {
    this.#options = options;
    this.#phase = phase;
  }

  /** How far it is. */
  get phase(): Phase {
    return this.#phase;
  }

  /** What it begins with. */
  open(): Action[] {
    return [{
      do: "send",
      content: { case: "hello", value: { version: 1, schemas: [SCHEMA], nonce: this.#nonce } },
    }];
  }

  /** Takes a message of the hub. */
  receive(bytes: Uint8Array, now: number): Action[] {
    if (this.#phase === "over") return [];
    const decoded = decodeFrame(bytes);
    if (!decoded.ok) return this.#broken(`a frame that cannot be read: ${decoded.reason}`);
    if (decoded.content === undefined) return [{ do: "count", what: "unknown frames" }];
    const { case: name, value } = decoded.content;
    if (name === "bye") return this.#bye(value);
    if (name === "challenge" && this.#phase === "hello") return first(() => this.#challenge(value));
    if (name === "policy" && this.#phase === "challenged") return first(() => this.#firstPolicy(value));
    if (name === "ready" && this.#phase === "proving") return this.#becomeReady(value, now);
    if (this.#phase !== "ready") return this.#broken("a frame out of turn");
    if (name === "policy") return first(() => this.#policy(value));
    if (name === "ack") return this.#ack(value);
    if (name === "nack") return this.#nack(value, now);
    if (name === "taken") return [{ do: "taken", taken: value }];
    if (name === "feed") return [{ do: "feed", feed: value }];
    if (name !== "credit") return this.#broken("a frame out of turn");
    this.#credits += value.credits;
    return [];
  }

  /**
   * When the next summary may be sent (milliseconds since 1970); `undefined` if the hub has to say something first.
   * The bin is that of the summary: the hub does not take what is ahead of its clock.
   */
  sendAt(bin: number): number | undefined {
    if (this.#phase !== "ready" || this.#options.newKey !== undefined) return undefined;
    if (this.#underWay.length >= this.#credits) return undefined;
    return Math.max(this.#notBefore, (bin - 1) * BIN_SECONDS * 1000 - this.#clockAheadMs);
  }

  /** Notes that a summary is sent, with the length of its frame. */
  sent(sequence: number, { length, now }: { length: number; now: number }): void {
    this.#underWay.push({ sequence, sentAt: now, isSettled: false });
    this.#highest = Math.max(this.#highest, sequence);
    this.sentOther({ length, now });
  }

  /** Whether something else than a summary may be sent now. */
  mayAlsoSend(now: number): boolean {
    return this.#phase === "ready" && this.#options.newKey === undefined && now >= this.#notBefore;
  }

  /** Notes that something else is sent. */
  sentOther({ length, now }: { length: number; now: number }): void {
    const { framesPerMinute, bytesPerMinute } = this.#ready!;
    const share = Math.max(1 / framesPerMinute, length / bytesPerMinute);
    this.#notBefore = Math.max(this.#notBefore, now) + share * MINUTE_MS * SPARE;
  }

  /** Notes that a summary will never be sent. */
  skip(sequence: number): Action[] {
    this.#underWay.push({ sequence, sentAt: Infinity, isSettled: true });
    this.#highest = Math.max(this.#highest, sequence);
    return this.#settle();
  }

  /** When the oldest summary was sent that the hub has not said anything about. */
  get waitingSince(): number | undefined {
    return this.#underWay.find(({ isSettled }) => !isSettled)?.sentAt;
  }

  async #challenge({ nonce, hubKey, policyHash, signature }: Challenge): Promise<Action[]> {
    const { hubKey: pinned } = this.#options;
    const handshake = { hubKey: pinned, helloNonce: this.#nonce, challengeNonce: nonce, policyHash };
    if (
      nonce.length !== NONCE_BYTES || !equal(hubKey, pinned) ||
      !await verify(pinned, signature, hubProof(handshake))
    ) {
      return this.#end({ why: "impostor", text: "whoever answers there is not the hub of the invitation" });
    }
    this.#handshake = copied(handshake);
    this.#phase = "challenged";
    return [];
  }

  async #firstPolicy(signed: SignedPolicy): Promise<Action[]> {
    const handshake = this.#handshake!;
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", signed.policy.slice()));
    if (!equal(hash, handshake.policyHash)) return this.#broken("another policy than it announced");
    const actions = await this.#policy(signed);
    if (this.#phase === "over") return actions;
    const { key, invitation } = this.#options;
    const signature = await key.sign(operatorProof(handshake));
    const auth = {
      operatorKey: key.publicKey,
      signature,
      ...(invitation === undefined ? {} : { invitation }),
    };
    this.#phase = "proving";
    return [...actions, { do: "send", content: { case: "auth", value: auth } }];
  }

  async #policy(signed: SignedPolicy): Promise<Action[]> {
    const judged = await judgePolicy(signed, this.#options);
    if ("policy" in judged) return [{ do: "policy", policy: judged.policy }];
    return this.#end({ why: "policy", text: judged.refused });
  }

  #becomeReady(ready: Ready, now: number): Action[] {
    if (ready.resumeSequence >= MOST_SEQUENCE) return this.#broken("a sequence that cannot be");
    if (ready.framesPerMinute === 0 || ready.bytesPerMinute === 0) {
      return this.#broken("limits that allow nothing");
    }
    this.#phase = "ready";
    this.#ready = ready;
    this.#credits = ready.credits;
    this.#highest = ready.resumeSequence;
    this.#clockAheadMs = ready.now * 1000 - now;
    return [{ do: "ready", ready }, ...first(() => this.#rotate())];
  }

  async #rotate(): Promise<Action[]> {
    const { key, newKey } = this.#options;
    if (newKey === undefined) return [];
    const proof = rotationProof(this.#handshake!, newKey.publicKey);
    const [oldSignature, newSignature] = [await key.sign(proof), await newKey.sign(proof)];
    const value = { newKey: newKey.publicKey, oldSignature, newSignature };
    return [{ do: "send", content: { case: "rotate", value } }];
  }

  #ack({ upTo, duplicates = 0 }: Ack): Action[] {
    if (upTo > this.#highest) return this.#broken("an acknowledgement of what was not sent");
    for (const each of this.#underWay) if (each.sequence <= upTo) each.isSettled = true;
    return this.#settle(duplicates, true);
  }

  #nack({ sequence, code, retryAfterMs = RETRY_MS }: Nack, now: number): Action[] {
    const refused = this.#underWay.find((each) => each.sequence === sequence);
    if (refused === undefined || refused.isSettled) return [{ do: "count", what: "refusals of nothing" }];
    if (code < FIRST_TEMPORARY_CODE) {
      refused.isSettled = true;
      return [{ do: "bury", sequence, code }, ...this.#settle()];
    }
    // What was sent behind it is refused as well, so that the hub gets all of it in order.
    this.#underWay = this.#underWay.filter((each) => each.sequence < sequence);
    this.#notBefore = Math.max(this.#notBefore, now + Math.min(retryAfterMs, MOST_RETRY_MS));
    return [{ do: "rewind", sequence, code }];
  }

  /** Everything up to the first that the hub has said nothing about is done with. */
  #settle(duplicates = 0, stored = false): Action[] {
    const open = this.#underWay.findIndex(({ isSettled }) => !isSettled);
    const done = this.#underWay.splice(0, open < 0 ? this.#underWay.length : open);
    return done.length === 0 ? [] : [{ do: "settled", upTo: done.at(-1)!.sequence, stored, duplicates }];
  }

  #bye({ code, reconnectAfterMs }: Bye): Action[] {
    const why = code === ByeCode.REFUSED ? "refused" : code === ByeCode.ROTATED ? "rotated" : "bye";
    return this.#end({
      why,
      text: BYES[code] ?? "the hub ends the connection",
      socketCode: CLOSE.done,
      afterMs: reconnectAfterMs,
    });
  }

  #broken(what: string): Action[] {
    return this.#end({ why: "protocol", text: `the hub sent ${what}` });
  }

  #end(end: Omit<End, "socketCode"> & { socketCode?: number }): Action[] {
    this.#phase = "over";
    const socketCode = end.why === "protocol" ? CLOSE.protocol : CLOSE.done;
    return [{ do: "close", end: { socketCode, ...end } }];
  }
}

function first(work: () => Promise<Action[]>): Action[] {
  return [{ do: "first", work }];
}

/** What is decoded lies in the bytes of its frame. */
function copied({ hubKey, helloNonce, challengeNonce, policyHash }: Handshake): Handshake {
  return { hubKey, helloNonce, challengeNonce: challengeNonce.slice(), policyHash: policyHash.slice() };
}
