/**
 * A session on a WebSocket: does what the session says.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import * as codec from "../../../proto/federation/codec.ts";
import { encode, encodeFrame, type FrameContent } from "../../../proto/federation/frame.ts";
import type { Handshake } from "../../../proto/federation/proofs.ts";
import {
  type Auth,
  ByeCode,
  type Disclosure,
  NackCode,
  type Rotate,
  type Sightings,
  type Summary,
  type Taken,
} from "../../../proto/federation/schema.ts";
import type { Arrival, Fate } from "../store/store.ts";
import type { SessionLimits } from "./limits.ts";
import { type Action, Session } from "./session.ts";
import type { Socket } from "./socket.ts";

/** Who an uplink has proved to be. */
export interface Operator {
  /** The operator. */
  readonly slot: number;
  /** With which of its keys. */
  readonly key: Uint8Array;
  /** Its highest stored sequence. */
  readonly resume: number;
  /** When in a bin it shall send. */
  readonly phaseSeconds: number;
}

/** What a connection needs of its hub. */
export interface Host {
  /** Limits of a session. */
  readonly limits: SessionLimits;
  /** Within this time an uplink has to have proved who it is. */
  readonly handshakeMs: number;
  /** Milliseconds since 1970. */
  now(): number;
  /** The time that bins go by. */
  binNow(): number;
  /** The frames that answer a hello, and what is signed in them. */
  challenge(nonce: Uint8Array): Promise<{ handshake: Handshake; frames: readonly Uint8Array<ArrayBuffer>[] }>;
  /** Who proved what; `undefined` if the proof is wrong. */
  prove(auth: Auth, handshake: Handshake): Promise<Operator | undefined>;
  /** Gives an operator another key. */
  rotate(rotate: Rotate, operator: Operator, handshake: Handshake): Promise<boolean>;
  /** Stores a summary. */
  append(arrival: Arrival): Promise<Fate>;
  /** Keeps a part of an operator's sightings; says what to answer. */
  takeSightings(slot: number, part: Sightings): Promise<Pick<Taken, "code" | "retryAfterMs">>;
  /** Takes a minute of a node that its operator shows to everybody. */
  disclose(slot: number, disclosure: Disclosure): void;
  /** True if what waits to be stored is little. */
  keepsUp(): boolean;
  /** Milliseconds after which an uplink that is sent away may come back. */
  reconnectAfterMs(code: number): number;
  /** Told when an operator is there. */
  onReady(connection: Connection): void;
  /** Told when it is gone. */
  onClosed(connection: Connection): void;
  /** Counts what happens. */
  count(what: Counted, label?: number | string): void;
}

/** What is counted of sessions. */
export type Counted = "received" | "nacked" | "bye" | "ignored" | "duplicate" | "late" | "stored";

/** An uplink that does not take what is sent to it is cut off. */
const MOST_UNSENT_BYTES = 256 * 1024;
/** So is one that takes nothing of it for so long. */
const STUCK_MS = 10_000;
/** One that is silent is asked whether it is there, and has as long to answer. */
const SILENT_MS = 45_000;
/** An uplink comes again after that when the disk is full. */
const TROUBLE_MS = 30_000;
/** After a goodbye the other side may close by itself for so long. */
const CLOSING_MS = 2000;

/** One uplink. */
export class Connection {
  /** Who it is, once that is proved. */
  operator: Operator | undefined;
  readonly #socket: Socket;
  readonly #host: Host;
  readonly #session: Session;
  readonly #deadline: ReturnType<typeof setTimeout>;
  #handshake: Handshake | undefined;
  #ackScheduled = false;
  #heardAt: number;
  #asked = false;
  #unsentSince: number | undefined;

  /** Speaks with whoever is behind the socket. */
  constructor(socket: Socket, host: Host) {
    this.#socket = socket;
    this.#host = host;
    this.#heardAt = host.now();
    this.#session = new Session(host.limits, this.#heardAt, () => host.binNow());
    this.#deadline = setTimeout(() => this.end(ByeCode.TOO_SLOW), host.handshakeMs);
    socket.on("message", (data, isBinary) => this.#receive(data, isBinary));
    socket.on("pong", () => this.#heard());
    // Too long a message, wrong framing: the library closes with the right code.
    socket.on("error", () => this.#host.count("bye", "framing"));
    socket.on("close", () => this.#closed());
  }

  /** True once the operator has proved who it is, and until the goodbye. */
  get isReady(): boolean {
    return this.#session.phase === "ready";
  }

  /** Sends a frame that is already encoded, to many. */
  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(frame);
    if (this.#socket.bufferedAmount > MOST_UNSENT_BYTES) this.cut();
  }

  /** Says goodbye. */
  end(code: number): void {
    this.#run(this.#session.end(code));
  }

  /** Looks whether it is still there and takes what is sent; to be called every few seconds. */
  look(now: number): void {
    if (this.#socket.bufferedAmount === 0) this.#unsentSince = undefined;
    else if (now - (this.#unsentSince ??= now) >= STUCK_MS) return this.cut();
    if (now - this.#heardAt < SILENT_MS) return;
    if (this.#asked && now - this.#heardAt >= 2 * SILENT_MS) return this.cut();
    if (!this.#asked) this.#socket.ping();
    this.#asked = true;
  }

  /** Ends it without a word: whoever takes nothing cannot be told goodbye. */
  cut(): void {
    this.#session.end(ByeCode.TOO_SLOW);
    this.#host.count("bye", ByeCode.TOO_SLOW);
    this.#socket.terminate();
  }

  #heard(): void {
    this.#heardAt = this.#host.now();
    this.#asked = false;
  }

  #receive(data: Buffer, isBinary: boolean): void {
    this.#heard();
    this.#host.count("received");
    // A plain view: what a Buffer does differently shall not matter anywhere.
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.length);
    this.#run(isBinary ? this.#session.receive(bytes, this.#heardAt) : this.#session.receiveOther());
  }

  #run(actions: readonly Action[]): void {
    for (const action of actions) {
      switch (action.do) {
        case "challenge":
          void this.#challenge(action.nonce);
          break;
        case "prove":
          void this.#prove(action.auth);
          break;
        case "rotate":
          void this.#rotate(action.rotate);
          break;
        case "store":
          void this.#store(this.#arrival(action.summary));
          break;
        case "take":
          void this.#take(action.sightings);
          break;
        case "disclose":
          this.#host.disclose(this.operator!.slot, action.disclosure);
          break;
        case "send":
          this.#sendContent(action.content);
          break;
        case "count unknown":
          this.#host.count("ignored");
          break;
        case "bye":
          this.#goodbye(action.code, action.socketCode);
      }
    }
  }

  async #challenge(nonce: Uint8Array): Promise<void> {
    const { handshake, frames } = await this.#host.challenge(nonce);
    this.#handshake = handshake;
    frames.forEach((frame) => this.send(frame));
  }

  async #prove(auth: Auth): Promise<void> {
    const handshake = this.#handshake;
    let operator: Operator | undefined;
    try {
      operator = handshake && await this.#host.prove(auth, handshake);
    } catch {
      // The store is away, which is not the uplink's fault.
      return this.end(ByeCode.DRAIN);
    }
    if (operator === undefined) return this.#run(this.#session.refused());
    if (this.#session.phase !== "proving") return;
    clearTimeout(this.#deadline);
    this.operator = operator;
    this.#run(this.#session.proved(this.#host.now(), operator));
    this.#host.onReady(this);
  }

  async #rotate(rotate: Rotate): Promise<void> {
    const done = await this.#host.rotate(rotate, this.operator!, this.#handshake!).catch(() => false);
    if (!done) return this.#run(this.#session.refused());
    // The uplink comes back with its new key.
    this.end(ByeCode.ROTATED);
  }

  /** Encoded anew: what we do not know is not kept, nor is what came over the socket together with it. */
  #arrival(summary: Summary): Arrival {
    const { sequence, bin } = summary;
    return { slot: this.operator!.slot, bin, sequence, body: encode(codec.encodeSummary, summary) };
  }

  async #store(arrival: Arrival): Promise<void> {
    const { sequence } = arrival;
    try {
      const fate = await this.#host.append(arrival);
      this.#host.count(fate);
      this.#session.stored(sequence, { duplicate: fate === "duplicate" });
    } catch {
      return this.#run(this.#session.notStored(sequence, this.#host.now()));
    }
    if (this.#ackScheduled) return;
    this.#ackScheduled = true;
    // What was committed together is acknowledged together.
    queueMicrotask(() => {
      this.#ackScheduled = false;
      this.#run(this.#session.acknowledge({ keepsUp: this.#host.keepsUp() }));
    });
  }

  async #take(part: Sightings): Promise<void> {
    const outcome = await this.#host.takeSightings(this.operator!.slot, part)
      .catch(() => ({ code: NackCode.INTERNAL, retryAfterMs: TROUBLE_MS }));
    this.#run(this.#session.took(part, outcome));
  }

  #sendContent(content: FrameContent): void {
    if (content.case === "nack") this.#host.count("nacked", content.value.code);
    this.send(encodeFrame(content));
  }

  #goodbye(code: number, socketCode: number): void {
    this.#host.count("bye", code);
    const reconnectAfterMs = this.#host.reconnectAfterMs(code);
    this.send(encodeFrame({ case: "bye", value: { code, reconnectAfterMs } }));
    this.#socket.close(socketCode);
    const timer = setTimeout(() => this.#socket.terminate(), CLOSING_MS);
    this.#socket.on("close", () => clearTimeout(timer));
  }

  #closed(): void {
    clearTimeout(this.#deadline);
    this.#session.end(ByeCode.PROTOCOL);
    this.#host.onClosed(this);
  }
}
