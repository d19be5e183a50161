/**
 * One connection to the hub, from its beginning to its end: reads the outbox, does what the session says.
 *
 * @module
 */

import * as codec from "../../proto/federation/codec.ts";
import { BIN_SECONDS, checkSummary } from "../../proto/federation/check.ts";
import { decode, encode, encodeFrame, type FrameContent } from "../../proto/federation/frame.ts";
import {
  type Feed,
  NackCode,
  type Policy,
  type Ready,
  type Sightings,
  type Summary,
  type Taken,
} from "../../proto/federation/schema.ts";
import { closeQuietly } from "../../runtime/dial.ts";
import type { Log } from "../../runtime/log.ts";
import { reasonOf } from "../../runtime/reason.ts";
import { encodeSummary } from "../summary/mod.ts";
import { FILES, type UplinkFolder } from "./folder.ts";
import type { Entry, Outbox } from "./outbox/mod.ts";
import type { Remembered } from "./remembered.ts";
import type { Action, End, Session } from "./session.ts";
import { BrokenProtocol, ClientSocket, CLOSE } from "./websocket.ts";

/** What the uplink is doing. */
export type Phase = "connecting" | "proving" | "connected" | "waiting" | "off";

/** What is worth telling while it happens. */
export interface Telling {
  /** The phase, and why. */
  phase(phase: Phase, why?: string): void;
  /** Rules that hold from now on. */
  policy(policy: Policy): void;
  /** What the members see together. */
  feed(feed: Feed): void;
  /** The hub let us in. */
  ready(): void;
  /** All up to this sequence of the outbox is stored at the hub. */
  acknowledged(sequence: number): void;
  /** Counts something. */
  count(what: string, by?: number): void;
}

/** Sightings on their way to the hub. */
export interface SightingsToCarry {
  /** The part that may be sent now. */
  next(now: number): Sightings | undefined;
  /** What became of one. */
  answered(taken: Taken, now: number): void;
}

/** What a conversation needs. */
export interface ConversationOptions {
  /** Where the hub is. */
  readonly hub: URL;
  /** What is to be carried. */
  readonly outbox: Outbox;
  /** How the hub counts. */
  readonly remembered: Remembered;
  /** Where what was refused is kept. */
  readonly folder: UplinkFolder;
  /** Whether a frame holds a secret, in words that do not repeat it. */
  findSecret(frame: Uint8Array): string | undefined;
  /** What else is to be carried. */
  readonly sightings?: SightingsToCarry | undefined;
  /** Told what happens. */
  readonly telling: Telling;
  /** Where lines go. */
  readonly log: Log;
}

/** How a conversation ended. */
export type Ending = Pick<End, "text" | "afterMs"> & { readonly why: End["why"] | "egress" | "unreachable" };

/** The hub asks after 45 s of silence whether we are there; who says nothing for so long is asked, */
const SILENT_MS = 120_000;
/** and is gone after that. */
const GONE_MS = 180_000;
/** A summary is taken or refused within that time. */
const UNANSWERED_MS = 120_000;
/** Tor needs its time. */
const HANDSHAKE_MS = 60_000;
/** How often is looked whether there is still life. */
const LOOK_MS = 5000;
const GOODBYE_MS = 100;
/** An operator has some disclosed nodes, each with a frame a minute. */
const MOST_DISCLOSURES = 16;

/** One connection. */
export class Conversation implements Disposable {
  /** Whether the hub let us in. */
  wasReady = false;
  readonly #options: ConversationOptions;
  readonly #session: Session;
  #socket: ClientSocket | undefined;
  #entries: AsyncGenerator<Entry, void> | undefined;
  #nextSequence = 1;
  /** The next entry, not taken yet. */
  #head: Entry | undefined;
  #end: Ending | undefined;
  #wake = Promise.withResolvers<void>();
  #heardAt = performance.now();
  readonly #startedAt = performance.now();
  readonly #disclosures: Uint8Array<ArrayBuffer>[] = [];
  #asked = false;
  /** Sent, and not answered. */
  #part: Sightings | undefined;

  /** One that has not begun. */
  constructor(options: ConversationOptions, session: Session) {
    this.#options = options;
    this.#session = session;
  }

  /** Has it; says how it ended. */
  async hold(connection: Deno.Conn, signal: AbortSignal): Promise<Ending> {
    const leave = () => void this.#leave(connection);
    signal.addEventListener("abort", leave, { once: true });
    const giveUp = setTimeout(() => closeQuietly(connection), HANDSHAKE_MS);
    try {
      this.#socket = await ClientSocket.open(connection, this.#options.hub);
      // From here on the life of the conversation is looked at.
      clearTimeout(giveUp);
      this.#options.telling.phase("proving");
      await Promise.all([this.#receive(), this.#send()]);
    } catch (error) {
      this.#end ??= {
        why: error instanceof BrokenProtocol ? "protocol" : "unreachable",
        text: reasonOf(error),
      };
    } finally {
      clearTimeout(giveUp);
      signal.removeEventListener("abort", leave);
      closeQuietly(connection);
    }
    return this.#end ?? { why: "bye", text: "the hub closed the connection" };
  }

  /** Something waits to be carried. */
  notify(): void {
    this.#wake.resolve();
  }

  /** Sends the minute of a disclosed node, if the hub listens just now; the next one says all that matters. */
  disclose(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#session.phase !== "ready" || this.#disclosures.length >= MOST_DISCLOSURES) return;
    this.#disclosures.push(frame);
    this.notify();
  }

  async #woken(milliseconds: number): Promise<void> {
    const timer = setTimeout(() => this.#wake.resolve(), Math.min(milliseconds, LOOK_MS));
    await this.#wake.promise;
    clearTimeout(timer);
    this.#wake = Promise.withResolvers();
  }

  /** Says goodbye, without waiting for an answer. */
  async #leave(connection: Deno.Conn): Promise<void> {
    this.#end ??= { why: "bye", text: "stopped" };
    this.notify();
    const stuck = setTimeout(() => closeQuietly(connection), GOODBYE_MS);
    await this.#socket?.close(CLOSE.done).catch(() => {});
    clearTimeout(stuck);
    closeQuietly(connection);
  }

  async #receive(): Promise<void> {
    const socket = this.#socket!;
    try {
      await this.#do(this.#session.open());
      for await (const message of socket.messages(() => this.#heard())) {
        await this.#do(this.#session.receive(message, Date.now()));
        this.notify();
        if (this.#end !== undefined) return;
      }
      this.#end ??= { why: "bye", text: "the hub closed the connection" };
    } catch (error) {
      const isBroken = error instanceof BrokenProtocol;
      this.#end ??= { why: isBroken ? "protocol" : "unreachable", text: reasonOf(error) };
      if (isBroken) await socket.close(error.code).catch(() => {});
    } finally {
      this.notify();
    }
  }

  #heard(): void {
    this.#heardAt = performance.now();
    this.#asked = false;
  }

  /** Sends what may be sent, whenever something has happened, and looks whether the other side is still there. */
  async #send(): Promise<void> {
    while (this.#end === undefined) {
      await this.#sendDisclosures().catch((error) => this.#hangUp(reasonOf(error)));
      const waitMs = await this.#sendNext().catch((error) => this.#hangUp(reasonOf(error)));
      if (this.#end !== undefined) return;
      this.#checkLife();
      await this.#sendSightings().catch((error) => this.#hangUp(reasonOf(error)));
      if (waitMs > 0) await this.#woken(waitMs);
    }
  }

  async #sendDisclosures(): Promise<void> {
    for (const frame of this.#disclosures.splice(0)) {
      if (this.#end !== undefined) return;
      await this.#socket!.send(frame);
      this.#options.telling.count("minutes of disclosed nodes sent");
    }
  }

  /** Sends one summary; says how long to wait for the next. */
  async #sendNext(): Promise<number> {
    if (this.#session.phase !== "ready") return Infinity;
    const entry = await this.#peek();
    if (entry === undefined) return Infinity;
    if (entry.kind === "gap") {
      this.#options.telling.count(`summaries lost by ${entry.reason}`, entry.last - entry.first + 1);
      return await this.#skip(entry.last);
    }
    const summary = decode(codec.decodeSummary, entry.payload);
    if (summary === undefined) return await this.#bury(entry.sequence, "unreadable");
    const numbered = { ...summary, sequence: this.#options.remembered.toHub(entry.sequence) };
    const at = this.#session.sendAt(summary.bin);
    if (at === undefined) return Infinity;
    const waitMs = at - Date.now();
    if (waitMs > 0) return waitMs;
    if (checkSummary(numbered) !== undefined) return await this.#bury(entry.sequence, "invalid");
    const frame = encodeSummary(numbered);
    if (this.#options.findSecret(frame) !== undefined) return await this.#bury(entry.sequence, "secret");
    this.#session.sent(numbered.sequence, { length: frame.length, now: Date.now() });
    this.#take(entry.sequence);
    await this.#socket!.send(frame);
    this.#options.telling.count("summaries sent");
    return 0;
  }

  /** Sends one part of the sightings, if there is one and the hub has answered the one before. */
  async #sendSightings(): Promise<void> {
    const { sightings, telling } = this.#options;
    const now = Date.now();
    if (sightings === undefined || this.#part !== undefined || !this.#session.mayAlsoSend(now)) return;
    const part = sightings.next(now);
    if (part === undefined) return;
    const frame = encodeFrame({ case: "sightings", value: part });
    if (this.#options.findSecret(frame) !== undefined) {
      // Random bytes can look like a secret; without this part the hub learns that they did, and nothing else.
      telling.count("parts of sightings withheld: secret");
      return sightings.answered({ epoch: part.epoch, part: part.part }, now);
    }
    this.#part = part;
    this.#session.sentOther({ length: frame.length, now });
    await this.#socket!.send(frame);
  }

  #taken(taken: Taken): void {
    const { epoch, part } = this.#part ?? {};
    if (taken.epoch !== epoch || taken.part !== part) return;
    this.#part = undefined;
    this.#options.sightings?.answered(taken, Date.now());
  }

  /** What is to be sent next, without taking it. */
  async #peek(): Promise<Entry | undefined> {
    this.#head ??= await this.#read();
    return this.#head;
  }

  async #read(): Promise<Entry | undefined> {
    const { outbox } = this.#options;
    if (this.#entries === undefined) {
      if (outbox.stats().next <= this.#nextSequence) return undefined;
      this.#entries = outbox.read(this.#nextSequence);
    }
    const { value, done } = await this.#entries.next();
    if (!done) return value;
    this.#entries = undefined;
    return undefined;
  }

  #take(sequence: number): void {
    this.#head = undefined;
    this.#nextSequence = sequence + 1;
  }

  /** Reads again from a sequence on. */
  #rewind(sequence: number): void {
    this.#head = undefined;
    this.#nextSequence = sequence;
    void this.#entries?.return();
    this.#entries = undefined;
  }

  async #skip(sequence: number): Promise<number> {
    this.#take(sequence);
    await this.#do(this.#session.skip(this.#options.remembered.toHub(sequence)));
    return 0;
  }

  /** What is in the outbox and must not leave: nothing of it is repeated but where it was. */
  async #bury(sequence: number, why: string): Promise<number> {
    this.#options.log.error(`A summary is not sent: ${why}`);
    this.#options.telling.count(`summaries withheld: ${why}`);
    return await this.#skip(sequence);
  }

  #checkLife(): void {
    const now = performance.now();
    if (this.#session.phase !== "ready") {
      if (now - this.#startedAt > HANDSHAKE_MS) this.#hangUp("the hub does not answer");
      return;
    }
    if (Date.now() - (this.#session.waitingSince ?? Infinity) > UNANSWERED_MS) {
      return void this.#hangUp("the hub takes summaries and does not say that it has them");
    }
    if (now - this.#heardAt < SILENT_MS) return;
    if (now - this.#heardAt > GONE_MS) return void this.#hangUp("the hub is silent");
    if (!this.#asked) void this.#socket?.ping().catch(() => {});
    this.#asked = true;
  }

  #hangUp(text: string): number {
    this.#end ??= { why: "unreachable", text };
    this.#socket?.[Symbol.dispose]();
    return 0;
  }

  async #do(actions: readonly Action[]): Promise<void> {
    const { telling } = this.#options;
    for (const action of actions) {
      if (action.do === "send") await this.#sendContent(action.content);
      else if (action.do === "first") await this.#do(await action.work());
      else if (action.do === "policy") telling.policy(action.policy);
      else if (action.do === "feed") telling.feed(action.feed);
      else if (action.do === "taken") this.#taken(action.taken);
      else if (action.do === "count") telling.count(action.what);
      else if (action.do === "ready") await this.#ready(action.ready);
      else if (action.do === "settled") await this.#settled(action);
      else if (action.do === "bury") await this.#refused(action);
      else if (action.do === "rewind") {
        telling.count("summaries to be sent again");
        this.#rewind(this.#options.remembered.fromHub(action.sequence));
      } else {
        this.#end ??= action.end;
        await this.#socket!.close(action.end.socketCode).catch(() => {});
      }
    }
  }

  async #sendContent(content: FrameContent): Promise<void> {
    await this.#socket!.send(encodeFrame(content));
  }

  async #ready(ready: Ready): Promise<void> {
    const { remembered, outbox, log, telling } = this.#options;
    await remembered.resume(ready, outbox, log);
    this.#rewind(outbox.stats().acknowledged + 1);
    this.wasReady = true;
    const aheadBins = Math.abs(Date.now() / 1000 - ready.now) / BIN_SECONDS;
    if (aheadBins > 1) {
      log.warn(
        `The clock here and the hub's differ by ${
          Math.round(aheadBins * BIN_SECONDS / 60)
        } minutes: set it, or bins are wrong`,
      );
    }
    telling.ready();
    telling.phase("connected");
  }

  async #settled({ upTo, stored, duplicates }: Action & { do: "settled" }): Promise<void> {
    const { outbox, telling } = this.#options;
    const sequence = this.#options.remembered.fromHub(upTo);
    await outbox.acknowledge(sequence);
    if (duplicates > 0) telling.count("summaries that the hub had already", duplicates);
    if (stored) telling.acknowledged(sequence);
  }

  /** Kept in a file, so that somebody can look at what the hub would not take. */
  async #refused({ sequence, code }: Action & { do: "bury" }): Promise<void> {
    const { outbox, folder, log, telling } = this.#options;
    const own = this.#options.remembered.fromHub(sequence);
    const reason = Object.entries(NackCode).find(([, number]) => number === code)?.[0] ?? `code ${code}`;
    telling.count(`summaries refused: ${reason}`);
    log.warn(`The hub refuses a summary for ever: ${reason}; it is kept in ${FILES.deadLetters}`);
    for await (const entry of outbox.read(own)) {
      if (entry.kind !== "record" || entry.sequence !== own) break;
      const summary = decode(codec.decodeSummary, entry.payload);
      folder.bury({
        time: new Date().toISOString(),
        sequence,
        bin: summary?.bin,
        reason,
        summary: entry.payload.toBase64(),
      });
      break;
    }
  }

  [Symbol.dispose](): void {
    void this.#entries?.return();
  }
}

/** A summary as it waits in the outbox. */
export function encodeForOutbox(summary: Summary): Uint8Array<ArrayBuffer> {
  return encode(codec.encodeSummary, summary);
}
