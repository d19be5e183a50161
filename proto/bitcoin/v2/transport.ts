import { type Frame, MAX_PAYLOAD_BYTES } from "../framing.ts";
import {
  deriveKeys,
  generateKeyAgreement,
  type KeyAgreement,
  PUBLIC_KEY_LENGTH,
  TERMINATOR_LENGTH,
} from "./keys.ts";
import { decodeContents, encodeContents, MAX_PREFIX_LENGTH } from "./message_types.ts";
import { type PacketPart, PacketReader, PacketWriter } from "./packets.ts";
import { joined } from "../../bytes.ts";

/** Why a v2 stream was given up, as a machine word. The list is closed. */
export type V2Refusal =
  | "other-network" // a v1 version message with the start bytes of another network
  | "no-terminator" // more garbage than allowed
  | "too-long" // a packet longer than the limit
  | "bad-packet"; // a packet that was not made with this connection's keys, or was changed

/** What a chunk completed. */
export interface V2Pushed {
  /** In stream order. */
  readonly frames: readonly Frame[];
  /** To be sent before anything else. */
  readonly reply?: Uint8Array;
  /** Packets without a message type that could be read; like Core, one drops them and goes on. */
  readonly unreadable?: number;
  /** Set from the chunk on in which the stream failed. */
  readonly refused?: V2Refusal;
}

/** Which side of which network, and for tests what is otherwise random. */
export interface V2Options {
  /** The four bytes that tell the networks apart. */
  readonly startBytes: Uint8Array;
  /** Whether this side connected. */
  readonly initiating: boolean;
  /** The longest payload that is accepted; Core's limit if absent. */
  readonly maxPayloadBytes?: number;
  /** A new key pair if absent. */
  readonly keys?: KeyAgreement;
  /** Bytes sent before the first packet; up to 4095 random ones if absent. */
  readonly garbage?: Uint8Array;
}

/** BIP324: no more garbage than this. */
export const MAX_GARBAGE_LENGTH = 4095;

/** Bytes 4 to 16 of a v1 stream, whatever the network. */
const V1_VERSION = new TextEncoder().encode("version\0\0\0\0\0");
const V1_VERSION_AT = 4;

const NOTHING = new Uint8Array(0);
/** One for all chunks that complete nothing. */
const NO_FRAMES: V2Pushed = Object.freeze({ frames: Object.freeze([]) });

/**
 * One side of a v2 connection (BIP324): takes bytes however they are chunked, gives messages and what has to be sent.
 *
 * It holds at most a key, the garbage or one packet, each of a length that is checked before it is stored. After
 * a refusal it stays refused.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { START_BYTES } from "../network.ts";
 * import { V2Transport } from "./transport.ts";
 *
 * const startBytes = START_BYTES.regtest;
 * const node = new V2Transport({ startBytes, initiating: true });
 * const us = new V2Transport({ startBytes, initiating: false });
 *
 * const toNode = [us.hello, us.push(node.hello).reply!];
 * for (const bytes of toNode) us.push(node.push(bytes).reply ?? new Uint8Array());
 *
 * const { frames } = us.push(node.encode("ping", new Uint8Array(8)));
 * assertEquals(frames, [{ command: "ping", payload: new Uint8Array(8) }]);
 * ```
 */
export class V2Transport {
  /** What this side sends first: its public key and its garbage. */
  readonly hello: Uint8Array;
  readonly #startBytes: Uint8Array;
  readonly #initiating: boolean;
  readonly #maxContentsBytes: number;
  #keys: KeyAgreement | undefined;
  #garbage: Uint8Array;
  #sessionId: Uint8Array | undefined;
  #writer: PacketWriter | undefined;
  #phase: "key" | "garbage" | "packets" = "key";
  /** Of the key, then of the garbage. */
  #held = new Uint8Array(PUBLIC_KEY_LENGTH);
  #heldLength = 0;
  #awaited: Awaited | undefined;
  #reader: PacketReader | undefined;
  #versionSeen = false;
  #refused: V2Refusal | undefined;

  /**
   * Starts a connection.
   *
   * @throws {RangeError} If the garbage is longer than BIP324 allows.
   */
  constructor({ startBytes, initiating, maxPayloadBytes = MAX_PAYLOAD_BYTES, keys, garbage }: V2Options) {
    this.#startBytes = startBytes;
    this.#initiating = initiating;
    this.#maxContentsBytes = MAX_PREFIX_LENGTH + maxPayloadBytes;
    this.#keys = keys ?? generateKeyAgreement();
    this.#garbage = garbage ?? randomGarbage();
    if (this.#garbage.length > MAX_GARBAGE_LENGTH) {
      throw new RangeError(
        `Cannot send ${this.#garbage.length} bytes of garbage: expected at most ${MAX_GARBAGE_LENGTH}`,
      );
    }
    this.hello = joined([this.#keys.publicKey, this.#garbage]);
  }

  /** Whether messages can be encoded: the other side's key is known. */
  get ready(): boolean {
    return this.#writer !== undefined;
  }

  /** Both sides have the same if nobody sits between them; undefined until the other side's key is known. */
  get sessionId(): Uint8Array | undefined {
    return this.#sessionId;
  }

  /** Bytes that are held until more come. */
  get pendingBytes(): number {
    return this.#heldLength + (this.#reader?.pendingBytes ?? 0);
  }

  /** Takes the next chunk. */
  push(chunk: Uint8Array): V2Pushed {
    const result: Mutable<V2Pushed> & { frames: Frame[] } = { frames: [] };
    for (let at = 0; at < chunk.length && this.#refused === undefined;) at += this.#take(chunk, at, result);
    if (this.#refused !== undefined) result.refused = this.#refused;
    const nothing = result.frames.length === 0 && result.reply === undefined &&
      result.unreadable === undefined && result.refused === undefined;
    return nothing ? NO_FRAMES : result;
  }

  /**
   * A message as bytes for the stream.
   *
   * @throws {Error} Before the other side's key is known.
   * @throws {RangeError} If the command is not 1 to 12 characters of printable ASCII.
   */
  encode(command: string, payload: Uint8Array): Uint8Array {
    return this.#readyWriter().write(encodeContents(command, payload));
  }

  /**
   * Bytes for the stream that the other side ignores.
   *
   * @throws {Error} Before the other side's key is known.
   */
  encodeDecoy(length: number): Uint8Array {
    return this.#readyWriter().write(new Uint8Array(length), { ignore: true });
  }

  /** Returns how many bytes it took. */
  #take(chunk: Uint8Array, at: number, result: Mutable<V2Pushed> & { frames: Frame[] }): number {
    switch (this.#phase) {
      case "key":
        return this.#takeKey(chunk, at, result);
      case "garbage":
        return this.#takeGarbage(chunk, at);
      case "packets": {
        const { taken, part } = this.#reader!.take(chunk, at);
        this.#takePacket(part, result);
        return taken;
      }
    }
  }

  #takeKey(chunk: Uint8Array, at: number, result: Mutable<V2Pushed>): number {
    const taken = Math.min(PUBLIC_KEY_LENGTH - this.#heldLength, chunk.length - at);
    this.#held.set(chunk.subarray(at, at + taken), this.#heldLength);
    this.#heldLength += taken;
    if (!this.#initiating && this.#looksLikeV1()) this.#refuse("other-network");
    else if (this.#heldLength === PUBLIC_KEY_LENGTH) this.#agree(this.#held, result);
    return taken;
  }

  /** A v1 stream of this network is not given to us, so its start bytes are those of another one. */
  #looksLikeV1(): boolean {
    const end = V1_VERSION_AT + V1_VERSION.length;
    return this.#heldLength >= end &&
      V1_VERSION.every((byte, i) => byte === this.#held[V1_VERSION_AT + i]);
  }

  #agree(theirs: Uint8Array, result: Mutable<V2Pushed>): void {
    const keys = deriveKeys(this.#keys!.sharedSecret(theirs, this.#initiating), this.#startBytes);
    const [ours, peers] = this.#initiating
      ? [keys.initiator, keys.responder]
      : [keys.responder, keys.initiator];
    this.#sessionId = keys.sessionId;
    this.#writer = new PacketWriter(ours);
    // The version packet is empty. Whichever packet is first authenticates the garbage before it.
    result.reply = joined([ours.terminator, this.#writer.write(NOTHING, { aad: this.#garbage })]);
    this.#awaited = peers;
    this.#keys = undefined;
    this.#garbage = NOTHING;
    this.#held = new Uint8Array(MAX_GARBAGE_LENGTH + TERMINATOR_LENGTH);
    this.#heldLength = 0;
    this.#phase = "garbage";
  }

  /** Byte by byte, because the terminator may come anywhere; there are never more than 4111. */
  #takeGarbage(chunk: Uint8Array, start: number): number {
    const { terminator } = this.#awaited!;
    for (let at = start; at < chunk.length; at++) {
      this.#held[this.#heldLength++] = chunk[at]!;
      if (endsWith(this.#held, this.#heldLength, terminator)) {
        const aad = this.#held.slice(0, this.#heldLength - TERMINATOR_LENGTH);
        this.#reader = new PacketReader(this.#awaited!, { maxContentsBytes: this.#maxContentsBytes, aad });
        this.#awaited = undefined;
        this.#release();
        this.#phase = "packets";
        return at + 1 - start;
      }
      if (this.#heldLength === this.#held.length) {
        this.#refuse("no-terminator");
        return at + 1 - start;
      }
    }
    return chunk.length - start;
  }

  #takePacket(part: PacketPart, result: Mutable<V2Pushed> & { frames: Frame[] }): void {
    if (part === "unfinished") return;
    if (typeof part === "string") return this.#refuse(part);
    if (part.ignore) return;
    if (!this.#versionSeen) {
      // Its contents are for versions to come.
      this.#versionSeen = true;
      return;
    }
    const frame = decodeContents(part.contents);
    if (frame === undefined) result.unreadable = (result.unreadable ?? 0) + 1;
    else result.frames.push(frame);
  }

  #readyWriter(): PacketWriter {
    if (this.#writer === undefined) {
      throw new Error("Cannot encode a message yet: the other side's key has not come, look at ready first");
    }
    return this.#writer;
  }

  #refuse(reason: V2Refusal): void {
    this.#refused = reason;
    this.#reader = undefined;
    this.#release();
  }

  #release(): void {
    this.#held = NOTHING as Uint8Array<ArrayBuffer>;
    this.#heldLength = 0;
  }
}

type Awaited = ConstructorParameters<typeof PacketReader>[0];

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Any length, as Core: so a fixed one does not give a v2 handshake away. */
function randomGarbage(): Uint8Array {
  const [random] = crypto.getRandomValues(new Uint32Array(1));
  return crypto.getRandomValues(new Uint8Array(random! % (MAX_GARBAGE_LENGTH + 1)));
}

function endsWith(bytes: Uint8Array, length: number, end: Uint8Array): boolean {
  if (length < end.length) return false;
  for (let i = 1; i <= end.length; i++) {
    if (bytes[length - i] !== end[end.length - i]) return false;
  }
  return true;
}
