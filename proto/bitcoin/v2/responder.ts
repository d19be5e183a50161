import { encodeFrame, type Frame, FrameParser, type FrameRefusal, MAX_PAYLOAD_BYTES } from "../framing.ts";
import { type V2Options, type V2Refusal, V2Transport } from "./transport.ts";

/** What a chunk from somebody who connected to us completed. */
export interface Received {
  /** In stream order. */
  readonly frames: readonly Frame[];
  /** To be sent before anything else. */
  readonly reply?: Uint8Array;
  /** Packets without a message type that could be read (v2 only), which are dropped. */
  readonly unreadable?: number;
  /** Set from the chunk on in which the stream failed. */
  readonly refused?: FrameRefusal | V2Refusal;
}

/** As for {@linkcode V2Transport}, of the side that accepts. */
export type ResponderOptions = Omit<V2Options, "initiating">;

const V1_PREFIX_LENGTH = 16;
const NOTHING = new Uint8Array(0);
const NO_FRAMES: Received = Object.freeze({ frames: Object.freeze([]) });

/**
 * The side that accepts a connection and does not know yet which transport the other side speaks. It finds out as
 * Core does: a stream that starts like a v1 version message of the network is v1, and v2 from the first byte on that
 * does not.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeFrame } from "../framing.ts";
 * import { START_BYTES } from "../network.ts";
 * import { Responder } from "./responder.ts";
 *
 * const startBytes = START_BYTES.regtest;
 * const responder = new Responder({ startBytes });
 * const { frames } = responder.push(encodeFrame(startBytes, "version", Uint8Array.of(1)));
 * assertEquals(responder.transport, "v1");
 * assertEquals(frames, [{ command: "version", payload: Uint8Array.of(1) }]);
 * ```
 */
export class Responder {
  readonly #options: ResponderOptions;
  readonly #v1Prefix: Uint8Array;
  #prefixLength = 0;
  #v1: FrameParser | undefined;
  #v2: V2Transport | undefined;

  /** Waits for the first byte. */
  constructor(options: ResponderOptions) {
    this.#options = options;
    this.#v1Prefix = Uint8Array.of(...options.startBytes, ...new TextEncoder().encode("version\0\0\0\0\0"));
  }

  /** What the other side speaks; undefined until its first bytes tell. */
  get transport(): "v1" | "v2" | undefined {
    return this.#v1 !== undefined ? "v1" : this.#v2 !== undefined ? "v2" : undefined;
  }

  /** Of a v2 connection: both sides have the same if nobody sits between them. */
  get sessionId(): Uint8Array | undefined {
    return this.#v2?.sessionId;
  }

  /** Bytes that are held until more come. */
  get pendingBytes(): number {
    const parser = this.#v1 ?? this.#v2;
    return parser === undefined ? this.#prefixLength : parser.pendingBytes;
  }

  /** Takes the next chunk. It must not be written to as long as one of its frames is in use. */
  push(chunk: Uint8Array): Received {
    const parser = this.#v1 ?? this.#v2;
    return parser === undefined ? this.#detect(chunk) : parser.push(chunk);
  }

  /**
   * A message as bytes for the stream.
   *
   * @throws {Error} Before the other side's first message; who accepts a connection does not speak first.
   * @throws {RangeError} If the command is not 1 to 12 characters of printable ASCII.
   */
  encode(command: string, payload: Uint8Array): Uint8Array {
    if (this.#v2 !== undefined) return this.#v2.encode(command, payload);
    if (this.#v1 !== undefined) return encodeFrame(this.#options.startBytes, command, payload);
    throw new Error("Cannot encode a message yet: the other side has not said which transport it speaks");
  }

  #detect(chunk: Uint8Array): Received {
    for (let at = 0; at < chunk.length; at++) {
      if (chunk[at] !== this.#v1Prefix[this.#prefixLength]) {
        const v2 = this.#v2 = new V2Transport({ ...this.#options, initiating: false });
        return this.#restart(v2, chunk.subarray(at), v2.hello);
      }
      if (++this.#prefixLength === V1_PREFIX_LENGTH) {
        const { startBytes, maxPayloadBytes = MAX_PAYLOAD_BYTES } = this.#options;
        this.#v1 = new FrameParser(startBytes, { maxPayloadBytes });
        return this.#restart(this.#v1, chunk.subarray(at + 1));
      }
    }
    return NO_FRAMES;
  }

  /** Gives a parser what was held back, which is at most 16 known bytes, and then the rest. */
  #restart(parser: FrameParser | V2Transport, rest: Uint8Array, hello: Uint8Array = NOTHING): Received {
    parser.push(this.#v1Prefix.subarray(0, this.#prefixLength));
    const received: Received = parser.push(rest);
    if (hello.length === 0) return received;
    const reply = Uint8Array.of(...hello, ...(received.reply ?? []));
    return { ...received, reply };
  }
}
