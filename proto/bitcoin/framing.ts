import { Reader } from "./_reader.ts";
import { Writer } from "./_writer.ts";
import { sha256d } from "./hash.ts";

/** Why a stream was given up, as a machine word. The list is closed. */
export type FrameRefusal =
  | "bad-start" // the bytes are not those of the network
  | "bad-command" // the command is not printable ASCII padded with zeros
  | "too-long" // the announced payload is longer than the limit
  | "bad-checksum"; // the payload is not the one that was announced

/** A message as it stood in the stream, its payload not yet decoded. */
export interface Frame {
  /** The command. */
  readonly command: string;
  /** A view of the chunk it came in, or a buffer of its own if it came in several. */
  readonly payload: Uint8Array;
}

/** What a chunk completed: frames, and, if the stream ended in one, a refusal. */
export interface Pushed {
  /** In stream order. */
  readonly frames: readonly Frame[];
  /** Set from the chunk on in which the stream failed. */
  readonly refused?: FrameRefusal;
}

/** Options of {@linkcode FrameParser}. */
export interface FrameParserOptions {
  /** The longest payload that is accepted; Core's limit if absent. */
  readonly maxPayloadBytes?: number;
}

/** Core's MAX_PROTOCOL_MESSAGE_LENGTH. */
export const MAX_PAYLOAD_BYTES = 4_000_000;

const START_LENGTH = 4;
const COMMAND_LENGTH = 12;
const CHECKSUM_LENGTH = 4;
const HEADER_LENGTH = 24;

/** One for all chunks that complete nothing, which are most of them when a block comes in. */
const NOTHING: Pushed = Object.freeze({ frames: Object.freeze([]) });

/**
 * Cuts a byte stream of the v1 transport into frames, however it is chunked.
 *
 * It holds at most one header and one payload of the announced, checked length. A payload that lies within
 * one chunk is not copied at all, one that is spread over several is copied once. After a refusal it stays
 * refused: where the next frame starts could only be guessed, and the guess would be the sender's choice.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeFrame, FrameParser } from "./framing.ts";
 * import { START_BYTES } from "./network.ts";
 *
 * const parser = new FrameParser(START_BYTES.regtest);
 * const bytes = encodeFrame(START_BYTES.regtest, "verack", new Uint8Array());
 * assertEquals(parser.push(bytes.subarray(0, 10)).frames, []);
 * assertEquals(parser.push(bytes.subarray(10)).frames, [{ command: "verack", payload: new Uint8Array() }]);
 * ```
 */
export class FrameParser {
  readonly #startBytes: Uint8Array;
  readonly #maxPayloadBytes: number;
  readonly #header = new Uint8Array(HEADER_LENGTH);
  #headerLength = 0;
  #announced: Announced | undefined;
  /** Made when a payload does not lie within one chunk. */
  #payload: Uint8Array | undefined;
  #payloadLength = 0;
  #refused: FrameRefusal | undefined;

  /** Reads a stream of the network with these start bytes. */
  constructor(startBytes: Uint8Array, options: FrameParserOptions = {}) {
    this.#startBytes = startBytes;
    this.#maxPayloadBytes = options.maxPayloadBytes ?? MAX_PAYLOAD_BYTES;
  }

  /** Bytes of an unfinished frame that are held. */
  get pendingBytes(): number {
    return this.#headerLength + this.#payloadLength;
  }

  /** Takes the next chunk. It must not be written to as long as one of its frames is in use. */
  push(chunk: Uint8Array): Pushed {
    const frames: Frame[] = [];
    let at = 0;
    while (this.#refused === undefined && (at < chunk.length || this.#announced?.length === 0)) {
      at += this.#announced === undefined
        ? this.#takeHeader(chunk, at)
        : this.#takePayload(chunk, at, this.#announced, frames);
    }
    if (this.#refused !== undefined) return { frames, refused: this.#refused };
    return frames.length === 0 ? NOTHING : { frames };
  }

  /** Returns how many bytes it took. */
  #takeHeader(chunk: Uint8Array, at: number): number {
    const taken = Math.min(HEADER_LENGTH - this.#headerLength, chunk.length - at);
    this.#header.set(chunk.subarray(at, at + taken), this.#headerLength);
    this.#headerLength += taken;
    // Checked as far as it came, because the rest of a stream that is not Bitcoin may never come.
    const started = Math.min(this.#headerLength, START_LENGTH);
    for (let byte = 0; byte < started; byte++) {
      if (this.#header[byte] !== this.#startBytes[byte]) this.#refuse("bad-start");
    }
    if (this.#refused === undefined && this.#headerLength === HEADER_LENGTH) this.#readHeader();
    return taken;
  }

  #readHeader(): void {
    const reader = new Reader(this.#header, START_LENGTH);
    const command = commandText(reader.slice(COMMAND_LENGTH));
    const length = reader.u32();
    const checksum = reader.u32();
    if (command === undefined) return this.#refuse("bad-command");
    if (length > this.#maxPayloadBytes) return this.#refuse("too-long");
    this.#announced = { command, length, checksum };
  }

  /** Returns how many bytes it took. */
  #takePayload(chunk: Uint8Array, at: number, announced: Announced, frames: Frame[]): number {
    const taken = Math.min(announced.length - this.#payloadLength, chunk.length - at);
    const bytes = chunk.subarray(at, at + taken);
    if (taken === announced.length) {
      this.#finish(bytes, announced, frames);
      return taken;
    }
    // The system gives zeroed pages on first use, so announcing 4 MB and sending nothing costs us no memory.
    this.#payload ??= new Uint8Array(announced.length);
    this.#payload.set(bytes, this.#payloadLength);
    this.#payloadLength += taken;
    if (this.#payloadLength === announced.length) this.#finish(this.#payload, announced, frames);
    return taken;
  }

  #finish(payload: Uint8Array, { command, checksum }: Announced, frames: Frame[]): void {
    if (checksumOf(payload) !== checksum) return this.#refuse("bad-checksum");
    frames.push({ command, payload });
    this.#reset();
  }

  #refuse(reason: FrameRefusal): void {
    this.#refused = reason;
    this.#reset();
  }

  #reset(): void {
    this.#headerLength = 0;
    this.#payloadLength = 0;
    this.#payload = undefined;
    this.#announced = undefined;
  }
}

/** What a header says about the payload behind it. */
interface Announced {
  readonly command: string;
  readonly length: number;
  readonly checksum: number;
}

/**
 * A message as bytes for the stream.
 *
 * @throws {RangeError} If the command is not 1 to 12 characters of printable ASCII.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeFrame } from "./framing.ts";
 * import { START_BYTES } from "./network.ts";
 *
 * assertEquals(
 *   encodeFrame(START_BYTES.mainnet, "verack", new Uint8Array()).toHex(),
 *   "f9beb4d976657261636b000000000000000000005df6e0e2",
 * );
 * ```
 */
export function encodeFrame(startBytes: Uint8Array, command: string, payload: Uint8Array): Uint8Array {
  if (!/^[ -~]{1,12}$/.test(command)) {
    throw new RangeError(
      `Cannot encode command "${command}": expected 1 to 12 characters of printable ASCII`,
    );
  }
  const writer = new Writer(HEADER_LENGTH + payload.length);
  writer.fixed(startBytes, START_LENGTH);
  writer.bytes(new TextEncoder().encode(command.padEnd(COMMAND_LENGTH, "\0")));
  writer.u32(payload.length);
  writer.u32(checksumOf(payload));
  writer.bytes(payload);
  return writer.finish();
}

function checksumOf(payload: Uint8Array): number {
  return new Reader(sha256d(payload).subarray(0, CHECKSUM_LENGTH)).u32();
}

/** The rule is Core's CMessageHeader::IsMessageTypeValid: printable, and nothing but zeros after a zero. */
function commandText(bytes: Uint8Array): string | undefined {
  const end = bytes.indexOf(0);
  const text = String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
  const padding = end < 0 ? [] : bytes.subarray(end);
  return /^[ -~]*$/.test(text) && padding.every((byte) => byte === 0) ? text : undefined;
}
