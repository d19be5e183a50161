import type { Codec, OfType } from "./_codec.ts";

/** `reject` (BIP61): why something was refused. Core stopped sending it in v0.20. */
export interface Reject extends OfType<"reject"> {
  /** The type of the message that was refused. */
  readonly rejected: string;
  /** 0x01 malformed, 0x10 invalid, 0x11 obsolete, 0x12 duplicate, 0x40 nonstandard, 0x41 dust, 0x42 fee, … */
  readonly code: number;
  /** Text for people. */
  readonly reason: string;
  /** The refused block or transaction; other messages have none. */
  readonly hash?: Uint8Array;
}

/** `alert`: a signed broadcast, retired in 2016 and kept as its bytes. */
export interface Alert extends OfType<"alert"> {
  /** The whole payload. */
  readonly payload: Uint8Array;
}

const HASH_BYTES = 32;

/** Codec of `reject`. */
export const reject: Codec<Reject> = {
  decode(reader) {
    const rejected = reader.varText();
    const code = reader.u8();
    const reason = reader.varText();
    const message = { type: "reject", rejected, code, reason } as const;
    return reader.remaining < HASH_BYTES ? message : { ...message, hash: reader.slice(HASH_BYTES) };
  },
  encode({ rejected, code, reason, hash }, writer) {
    writer.varText(rejected);
    writer.u8(code);
    writer.varText(reason);
    if (hash !== undefined) writer.hash(hash);
  },
};

/** Codec of `alert`. */
export const alert: Codec<Alert> = {
  decode: (reader) => ({ type: "alert", payload: reader.slice(reader.remaining) }),
  encode: ({ payload }, writer) => writer.bytes(payload),
};
