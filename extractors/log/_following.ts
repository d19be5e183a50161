/** A follower on a real file, with a clock that the test moves: nothing here waits for a time. */

import type { Event } from "../../proto/event.ts";
import { logFor } from "../../runtime/log.ts";
import { Follower } from "./follow.ts";
import type { PositionFile } from "./position.ts";
import { pump } from "./pump.ts";

/** How a test's follower starts. */
export interface Start {
  readonly fromStart?: boolean;
  readonly position?: PositionFile;
  readonly rotatedPath?: string;
}

/** A follower at work. */
export interface Following extends AsyncDisposable {
  /** Texts of the lines so far. */
  readonly lines: string[];
  /** Its lines in the log, `info text`. */
  readonly said: string[];
  /** What it counted. */
  readonly counts: Map<string, number>;
  /** What it reads. */
  readonly follower: Follower;
  /** Lets it look once. */
  glance(): Promise<void>;
  /** Lets it look, as often as its longest reaction takes, and read what it finds. */
  look(): Promise<void>;
  /** The texts since the last call, after a look. */
  news(): Promise<string[]>;
}

/** Looks until a file that was cut is read again: one to see it, one to let the node finish, one to read. */
const LOOKS = 4;

/** Follows a file. */
export function follow(path: string, { fromStart = false, position, rotatedPath }: Start = {}): Following {
  const clock = new ManualClock();
  const stop = new AbortController();
  const lines: string[] = [];
  const said: string[] = [];
  const counts = new Map<string, number>();
  const out = {
    emit(event: Event) {
      if (event.kind !== "log" || event.value.logEvent?.case !== "unknownLogMessage") {
        throw new Error("a log event");
      }
      lines.push(event.value.logEvent.value.rawMessage);
    },
    log: logFor("log", ({ level, message }) => said.push(`${level} ${message}`)),
    count: (what: string, by = 1) => counts.set(what, (counts.get(what) ?? 0) + by),
  };
  const wait = () => clock.wait();
  const follower = new Follower({
    path,
    fromStart,
    mark: position?.mark,
    rotatedPath,
    wait,
    signal: stop.signal,
    ...out,
  });
  const ended = pump(follower, out, { position });
  const failed = ended.then(() => new Promise<never>(() => {}));
  let seen = 0;
  const glance = () => Promise.race([clock.look(), failed]);
  const look = async () => {
    for (let looks = 0; looks < LOOKS; looks++) await glance();
  };
  return {
    lines,
    said,
    counts,
    follower,
    glance,
    look,
    async news() {
      await look();
      const from = seen;
      seen = lines.length;
      return lines.slice(from);
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      clock.stop();
      await ended.catch(() => {});
      follower[Symbol.dispose]();
    },
  };
}

class ManualClock {
  #waiting = Promise.withResolvers<void>();
  #release = () => {};
  #stopped = false;

  /** Given to what waits. */
  wait(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#release = resolve;
    this.#waiting.resolve();
    return promise;
  }

  /** Ends a wait; resolves when the next one begins. */
  async look(): Promise<void> {
    await this.#waiting.promise;
    this.#waiting = Promise.withResolvers();
    this.#release();
    await this.#waiting.promise;
  }

  /** Nothing waits any more. */
  stop(): void {
    this.#stopped = true;
    this.#release();
  }
}

/** A folder for a log, gone with the test. */
export class LogFolder implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync({ prefix: "waggle-log-" });
  /** The log. */
  readonly log = `${this.path}/debug.log`;
  /** Where a position is kept. */
  readonly position = `${this.path}/position`;

  /** Appends to the log, or makes it. */
  append(text: string, path = this.log): void {
    Deno.writeTextFileSync(path, text, { append: true });
  }

  /** Writes the log anew, in the same file, as a program that opens it with "w" does. */
  rewrite(text: string): void {
    Deno.writeTextFileSync(this.log, text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** Lines `from` to `to`, each different and long enough to be found again. */
export function numbered(from: number, to: number): string[] {
  return Array.from(
    { length: to - from + 1 },
    (_, i) => `line ${from + i} ${"of the log ".repeat(3)}${(from + i) * 7}`,
  );
}

/** The same as text. */
export function text(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
