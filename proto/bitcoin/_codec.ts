import type { Reader } from "./_reader.ts";
import type { Writer } from "./_writer.ts";

/** How one message type is read and written. `decode` may throw a Refusal and nothing else. */
export interface Codec<M> {
  decode(reader: Reader): M;
  encode(message: M, writer: Writer): void;
}

/** What all messages have. */
export interface OfType<T extends string> {
  /** The command on the wire. */
  readonly type: T;
}
