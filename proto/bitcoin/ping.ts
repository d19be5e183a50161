import type { Codec, OfType } from "./_codec.ts";

/** `ping`. */
export interface Ping extends OfType<"ping"> {
  /** Absent in the form before BIP31, which has no payload and expects no answer. */
  readonly nonce?: bigint;
}

/** `pong` (BIP31). */
export interface Pong extends OfType<"pong"> {
  /** The nonce of the ping that is answered. */
  readonly nonce: bigint;
}

/** Codec of `ping`. */
export const ping: Codec<Ping> = {
  decode: (reader) => reader.remaining === 0 ? { type: "ping" } : { type: "ping", nonce: reader.u64() },
  encode({ nonce }, writer) {
    if (nonce !== undefined) writer.u64(nonce);
  },
};

/** Codec of `pong`. */
export const pong: Codec<Pong> = {
  decode: (reader) => ({ type: "pong", nonce: reader.u64() }),
  encode: ({ nonce }, writer) => writer.u64(nonce),
};
