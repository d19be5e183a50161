/**
 * Something that is done once with a component's files or by asking it, without a bus and without events:
 * `deno task uplink keygen`.
 *
 * @module
 */

import type { Log } from "./log.ts";
import type { OptionTable, Values } from "./options.ts";

/** A command of a component. */
export interface Command<O extends OptionTable = OptionTable> {
  /** What it does, one line, no full stop. */
  readonly summary: string;
  /** A command line worth copying, after `deno task`. */
  readonly example: string;
  /** Its settings, named like those of its component: `--uplink.folder`. */
  readonly options: O;
  /** Does it; what it throws is why it could not. */
  run(context: CommandContext<O>): Promise<void>;
}

/** What a running command is handed. */
export interface CommandContext<O extends OptionTable = OptionTable> {
  /** Typed and checked; from flag > variable > file > default. */
  readonly options: Values<O>;
  /** Aborted = stop. */
  readonly signal: AbortSignal;
  /** Lines on standard error. */
  readonly log: Log;
  /** Text on standard output: what was asked for. */
  print(text: string): void;
}

/** Commands of a component by name; only what was named is loaded. */
export type CommandTable = Readonly<Record<string, () => Promise<{ default: Command }>>>;

/** Gives a command its types. */
export function command<const O extends OptionTable>(definition: Command<O>): Command<O> {
  return definition;
}
