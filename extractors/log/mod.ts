/**
 * Follows a node's debug.log and emits one event for each line: typed ones for blocks and headers, and the message
 * itself for all others.
 *
 * ```sh
 * deno task log --log.file ~/.bitcoin/debug.log
 * ```
 *
 * @module
 */

import { component, type Permissions } from "../../runtime/component.ts";
import { flag, path } from "../../runtime/options.ts";
import { type Progress, terminalProgress } from "../../runtime/progress.ts";
import { Follower } from "./follow.ts";
import { openInput, STDIN } from "./input.ts";
import { every } from "./piece.ts";
import { PositionFile } from "./position.ts";
import { pump } from "./pump.ts";

/** A line is seen at most so much later than it was written. */
const LOOK_EVERY_MS = 100;

export default component({
  summary: "Follows a node's debug.log and emits each line",
  example: "log --log.file ~/.bitcoin/debug.log",
  options: {
    file: path("The node's debug.log, a named pipe, or - for standard input", "~/.bitcoin/debug.log"),
    fromStart: flag("Begin with the lines that are already in the file, not at its end"),
    positionFile: path("File that keeps how far the log was read: the next start goes on there"),
    rotatedFile: path(
      "Where rotation moves the log to, such as debug.log.1: with a position, the rest of it is read first",
    ),
  },
  permissions({ file, positionFile, rotatedFile }): Permissions {
    const read = [file === STDIN ? undefined : file, positionFile, rotatedFile];
    return {
      read: read.filter((path) => path !== undefined),
      write: positionFile === undefined ? [] : [positionFile],
    };
  },
  async missing({ file }): Promise<string | undefined> {
    if (file === STDIN) return undefined;
    try {
      await Deno.stat(file);
      return undefined;
    } catch {
      return `there is no "${file}": set --log.file to the node's debug.log`;
    }
  },
  async run(context) {
    const { options: { file, fromStart, positionFile, rotatedFile }, signal } = context;
    using position = positionFile === undefined ? undefined : await PositionFile.open(positionFile);
    const wait = every(LOOK_EVERY_MS, signal);
    using input = await openInput({
      ...context,
      path: file,
      rotatedPath: rotatedFile,
      fromStart,
      position,
      wait,
    });
    const progress = new Backlog(input);
    try {
      await pump(input, context, { position, onPiece: (lines) => progress.update(lines) });
    } finally {
      progress[Symbol.dispose]();
    }
  },
});

/** Shows how much of what was there at the start has been read, if that is a file. */
class Backlog implements Disposable {
  readonly #follower: Follower | undefined;
  #progress: Progress | undefined;
  #made = false;

  constructor(input: Disposable) {
    this.#follower = input instanceof Follower ? input : undefined;
  }

  update(lines: number): void {
    const backlog = this.#follower?.backlog;
    if (backlog === undefined) return;
    if (!this.#made) this.#progress = terminalProgress({ ...backlog, items: "lines" });
    this.#made = true;
    this.#progress?.update(this.#follower!.offset, lines);
  }

  [Symbol.dispose](): void {
    this.#progress?.[Symbol.dispose]();
  }
}
