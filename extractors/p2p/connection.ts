import { encodeMessage, type Message, type Version } from "../../proto/bitcoin/mod.ts";
import { type Received, Responder } from "../../proto/bitcoin/v2/mod.ts";
import { Allowance } from "./allowance.ts";
import { type Clock, every } from "./clock.ts";
import type { Limits } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import { type Announcement, type Manner, type Misbehaviour, Session } from "./session.ts";

/** Why a connection ended. */
export type Ending =
  | "closed" // the node closed it
  | "reset" // it broke
  | "stopped" // we are stopping
  | "handshake-timeout" // no end of the handshake in time
  | "silent" // no pong, or without pings nothing at all, for too long
  | "too-many-bytes" // faster than the limit
  | "too-many-messages"
  | "not-reading" // does not take what we send
  | Misbehaviour
  | NonNullable<Received["refused"]>;

/** What all connections of an extractor share. */
export interface Surroundings {
  /** The four bytes of the node's network. */
  readonly startBytes: Uint8Array;
  /** How we present ourselves. */
  readonly manner: Manner;
  /** Time between two pings. */
  readonly pingIntervalMs: number;
  /** What a node may do. */
  readonly limits: Limits;
  /** What measures time. */
  readonly clock: Clock;
  /** Publishes what a node told. */
  emit(announcement: Announcement): void;
  /** Counts something worth knowing. */
  count(what: string, by?: number): void;
  /** Told at the end of each handshake. */
  onReady?(connection: Connection, version: Version): void;
}

/** A node's end of a connection; `Deno.TcpConn` is one. */
export interface Socket {
  /** Reads some bytes, says how many; null at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes some of the bytes, says how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends the connection, pending reads and writes too. */
  close(): void;
}

const READ_BYTES = 64 * 1024;

/** One node: its socket, its transport, its session, its timers. */
export class Connection {
  readonly #socket: Socket;
  readonly #around: Surroundings;
  readonly #responder: Responder;
  readonly #session: Session;
  readonly #outbox: Outbox;
  readonly #bytes: Allowance;
  readonly #messages: Allowance;
  readonly #timers = new Map<"handshake" | "ping" | "silence", () => void>();
  #heardAt: number;
  #ending: Ending | undefined;

  /** Takes a socket; nothing is read yet. */
  constructor(socket: Socket, around: Surroundings) {
    const { limits, clock, startBytes, manner } = around;
    this.#socket = socket;
    this.#around = around;
    this.#responder = new Responder({ startBytes, maxPayloadBytes: limits.payloadBytes });
    this.#session = new Session(manner, {
      send: (message) => this.#send(message),
      emit: (announcement) => around.emit(announcement),
      count: (what) => around.count(what),
      ready: (version) => this.#ready(version),
    }, clock);
    this.#outbox = new Outbox(socket, limits.unsentBytes);
    this.#bytes = new Allowance({ perSecond: limits.bytesPerSecond, atOnce: limits.bytesAtOnce }, clock);
    this.#messages = new Allowance({
      perSecond: limits.messagesPerSecond,
      atOnce: limits.messagesAtOnce,
    }, clock);
    this.#heardAt = clock.now();
  }

  /** Which transport the node speaks; undefined until its first bytes tell. */
  get transport(): "v1" | "v2" | undefined {
    return this.#responder.transport;
  }

  /** Whether the handshake is over. */
  get ready(): boolean {
    return this.#session.ready;
  }

  /** Talks to the node until one of us has enough; never rejects. */
  async serve(): Promise<Ending> {
    const { clock, limits } = this.#around;
    this.#timers.set("handshake", clock.after(limits.handshakeMs, () => this.close("handshake-timeout")));
    const buffer = new Uint8Array(READ_BYTES);
    try {
      while (this.#ending === undefined) {
        const length = await this.#socket.read(buffer);
        if (length === null) this.close("closed");
        else this.#take(buffer.subarray(0, length));
      }
    } catch {
      // What we closed fails too, but then the reason is known already.
      this.close("reset");
    }
    await this.#outbox.flushed();
    return this.#ending!;
  }

  /** Ends the connection; the first reason counts. */
  close(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    for (const callOff of this.#timers.values()) callOff();
    this.#socket.close();
  }

  /** Everything in a chunk is dealt with before the next is read: the messages are views of it. */
  #take(chunk: Uint8Array): void {
    this.#heardAt = this.#around.clock.now();
    if (!this.#bytes.take(chunk.length)) return this.close("too-many-bytes");
    const { frames, reply, refused, unreadable } = this.#responder.push(chunk);
    if (reply !== undefined) this.#push(reply);
    if (unreadable !== undefined) this.#around.count("packets of an unknown type", unreadable);
    for (const frame of frames) {
      if (this.#ending !== undefined) return;
      const reason = this.#messages.take(1) ? this.#session.receive(frame) : "too-many-messages";
      if (reason !== undefined) return this.close(reason);
    }
    if (refused !== undefined) this.close(refused);
  }

  #send(message: Message): void {
    if (this.#ending === undefined) {
      this.#push(this.#responder.encode(message.type, encodeMessage(message)));
    }
  }

  #push(bytes: Uint8Array): void {
    if (!this.#outbox.push(bytes)) this.close("not-reading");
  }

  #ready(version: Version): void {
    const { clock, limits, manner, pingIntervalMs, onReady } = this.#around;
    // Sending our last message may have been too much.
    if (this.#ending !== undefined) return;
    this.#timers.get("handshake")!();
    if (!manner.disabled.has("ping")) {
      this.#timers.set("ping", every(clock, pingIntervalMs, () => this.#session.ping()));
    }
    this.#watchSilence(limits.silenceMs);
    onReady?.(this, version);
  }

  /** Looks again when the silence would be too long if it went on. */
  #watchSilence(milliseconds: number): void {
    const { clock, limits } = this.#around;
    this.#timers.set(
      "silence",
      clock.after(milliseconds, () => {
        const left = limits.silenceMs - (clock.now() - this.#silentSince());
        if (left > 0) this.#watchSilence(left);
        else this.close("silent");
      }),
    );
  }

  #silentSince(): number {
    const { clock, manner } = this.#around;
    // A node that talks but owes us a pong is stuck, or plays with us. Without pings, Core's own come every 2 minutes.
    if (manner.disabled.has("ping")) return this.#heardAt;
    return this.#session.pings.waitingSince ?? clock.now();
  }
}
