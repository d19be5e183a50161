/**
 * One frame of the federation's protocol: a binary WebSocket message of 1, 4, 16 or 64 KiB, whatever is in it.
 *
 * @module
 */

import { Reader, Refusal, type RefusalReason } from "../reader.ts";
import { Writer } from "../writer.ts";
import * as codec from "./codec.ts";
import type * as schema from "./schema.ts";

/** Lengths of frames. */
export const SIZES = [1024, 4096, 16_384, 65_536] as const;
/** The longest frame. */
export const LONGEST = SIZES[3];

/** What a frame holds. */
export type FrameContent = NonNullable<schema.Frame["frame"]>;
/** Names of frames. */
export type FrameCase = FrameContent["case"];

/** What was in a frame, or why it cannot be read. Nothing in it repeats the bytes. */
export type DecodedFrame =
  | { readonly ok: true; readonly content: FrameContent | undefined }
  | { readonly ok: false; readonly reason: RefusalReason | "length" };

/**
 * The bytes of a padded frame, of at least so many. Throws a `RangeError` if it is longer than {@linkcode LONGEST}.
 */
export function encodeFrame(content: FrameContent, atLeast: number = SIZES[0]): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  codec.encodeFrame({ frame: content }, writer);
  const bare = writer.finish();
  const fits = (size: number) => size === bare.length || size >= bare.length + 2;
  const size = SIZES.find((size) => size >= atLeast && fits(size));
  if (size === undefined) {
    throw new RangeError(`Cannot send a frame of ${bare.length} bytes: ${LONGEST} is the most`);
  }
  const padded = new Uint8Array(size);
  padded.set(bare);
  pad(padded, bare.length);
  return padded;
}

/** What is in the bytes of a frame. A frame that we do not know is `undefined`, to be ignored. */
export function decodeFrame(bytes: Uint8Array): DecodedFrame {
  if (!(SIZES as readonly number[]).includes(bytes.length)) return { ok: false, reason: "length" };
  try {
    return { ok: true, content: codec.decodeFrame(new Reader(bytes), bytes.length).frame };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, reason: error.reason };
    throw error;
  }
}

/** Encodes a message of the schema on its own, for signing and storing. */
export function encode<T>(write: (message: T, writer: Writer) => void, message: T): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  write(message, writer);
  return writer.finish();
}

/** Reads a message of the schema that stands alone; `undefined` if it cannot be read. */
export function decode<T>(read: (reader: Reader, end: number) => T, bytes: Uint8Array): T | undefined {
  try {
    return read(new Reader(bytes), bytes.length);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

const PADDING_TAG = 15 * 8 + 2;

/** Fills the rest with the field `padding`: its tag, its length in as many bytes as it takes, zeros. */
function pad(bytes: Uint8Array, from: number): void {
  if (from === bytes.length) return;
  bytes[from] = PADDING_TAG;
  const rest = bytes.length - from - 1;
  let lengthBytes = 1;
  while (rest - lengthBytes >= 2 ** (7 * lengthBytes)) lengthBytes++;
  for (let i = 0, length = rest - lengthBytes; i < lengthBytes; i++, length >>>= 7) {
    // A length of fewer digits than there is room for is written with leading zeros, which protobuf allows.
    bytes[from + 1 + i] = (length & 0x7f) | (i + 1 < lengthBytes ? 0x80 : 0);
  }
}
