/**
 * From an input to the bus: each line becomes one event, and the position follows.
 *
 * @module
 */

import { setImmediate as nextTurn } from "node:timers/promises";
import type { Context } from "../../runtime/component.ts";
import { reasonOf } from "../../runtime/reason.ts";
import { eventOfLine } from "./event_of_line.ts";
import { parseLine } from "./line.ts";
import type { Input, Piece } from "./piece.ts";
import type { PositionFile } from "./position.ts";
import { LineSplitter, MAX_LINE_BYTES } from "./split.ts";

/** Where events, lines and counts go. */
export type Out = Pick<Context, "emit" | "log" | "count">;

/** What happens besides. */
export interface PumpOptions {
  /** Keeps how far the log was read. */
  readonly position?: PositionFile | undefined;
  /** Told after each piece how many lines there were so far. */
  onPiece?(lines: number): void;
}

/** Reads an input to its end. */
export async function pump(input: Input, out: Out, { position, onPiece }: PumpOptions = {}): Promise<void> {
  const emitter = new Emitter(out);
  const keep = keeper(position, out);
  for await (const piece of input.pieces()) {
    emitter.take(piece);
    const mark = input.mark(emitter.pendingBytes);
    onPiece?.(emitter.lines);
    // The events leave this thread before the position says that they are seen.
    await nextTurn();
    if (mark !== undefined) keep(mark);
  }
  // A file goes on after the next start; of a pipe or standard input nothing more will come.
  if (input.mark(emitter.pendingBytes) === undefined) emitter.finish();
}

type Keep = (mark: Parameters<PositionFile["save"]>[0]) => void;

/** A full disk must not stop the extractor: the position stays behind, and the next start repeats lines. */
function keeper(position: PositionFile | undefined, { log, count }: Out): Keep {
  let failing = false;
  return (mark) => {
    try {
      position?.save(mark);
      failing = false;
    } catch (error) {
      count("positions not written");
      if (!failing) {
        log.warn(`Cannot write the position file: ${reasonOf(error)}`);
      }
      failing = true;
    }
  };
}

// What a node or its settings lack, said once.
const NO_FRACTION = "The times have no fractions of a second: set logtimemicros=1 in bitcoin.conf";
const NO_HEADERS = "New headers stay messages: before Core 30 their lines lack the peer or the height";

/** Turns pieces into events. */
export class Emitter {
  /** Lines so far. */
  lines = 0;
  readonly #out: Out;
  readonly #splitter: LineSplitter;
  #timestamp = 0;
  readonly #said = new Set<string>();
  #rateLimited = false;

  /** An emitter of nothing yet. */
  constructor(out: Out) {
    this.#out = out;
    this.#splitter = new LineSplitter((text, bytes, cut) => this.#emit(text, bytes, cut));
  }

  /** Bytes of the line that has not ended. */
  get pendingBytes(): number {
    return this.#splitter.pendingBytes;
  }

  /** Emits the lines that end in this piece. */
  take({ bytes, begins }: Piece): void {
    this.#timestamp = Date.now();
    if (begins) this.#splitter.finish();
    this.#splitter.push(bytes);
  }

  /** Emits what has no line break. */
  finish(): void {
    this.#timestamp = Date.now();
    this.#splitter.finish();
  }

  #emit(text: string, bytes: number, cut: boolean): void {
    this.lines++;
    const line = parseLine(text);
    const event = eventOfLine(line, { timestamp: this.#timestamp, bytes });
    this.#out.emit(event);
    if (cut) this.#out.count(`lines cut to ${MAX_LINE_BYTES} bytes`);
    if (line.fraction === false) this.#sayOnce(NO_FRACTION);
    if (line.fraction !== undefined && line.rateLimited !== this.#rateLimited) {
      this.#noteLimit(line.rateLimited);
    }
    if (event.value.logEvent?.case === "unknownLogMessage" && line.message.startsWith("Saw new ")) {
      this.#sayOnce(NO_HEADERS);
    }
  }

  /** What the node leaves out nobody can see; only that it does. */
  #noteLimit(rateLimited: boolean): void {
    this.#rateLimited = rateLimited;
    if (!rateLimited) return;
    this.#out.count("times the node left out lines");
    this.#out.log.warn(
      "The node leaves out lines of a place that logs too much: set logratelimit=0 to have them all",
    );
  }

  #sayOnce(hint: string): void {
    if (this.#said.has(hint)) return;
    this.#said.add(hint);
    this.#out.log.info(hint);
  }
}
