/**
 * What every input gives: bytes, in order.
 *
 * @module
 */

import { pause } from "../../runtime/backoff.ts";
import type { Mark } from "./position.ts";

/** Some bytes of a log. */
export interface Piece {
  /** Valid until the next piece is asked for. */
  readonly bytes: Uint8Array;
  /** Another file or stream begins here: what came before has ended, with or without a line break. */
  readonly begins: boolean;
}

/** Where a log comes from. */
export interface Input extends Disposable {
  /** What it is, for the log. */
  readonly name: string;
  /** Its pieces until it is over, or the run is. */
  pieces(): AsyncIterable<Piece>;
  /** The start of the line of which so many bytes were read; `undefined` where nothing can be read twice. */
  mark(pendingBytes: number): Mark | undefined;
}

/** Waits until it is worth looking again; comes back at once when the run is over. */
export type Wait = () => Promise<void>;

/** Waits for so long. */
export function every(milliseconds: number, signal: AbortSignal): Wait {
  return () => pause(milliseconds, signal);
}
