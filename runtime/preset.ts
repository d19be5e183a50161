/**
 * A name for several components, and what such a name can do besides: find out on this machine what nobody said.
 *
 * @module
 */

import type { OptionTable } from "./options.ts";

/** A name for several components. */
export interface Preset {
  /** What it is, one line. */
  readonly summary: string;
  /** The components. */
  readonly components: readonly string[];
  /** Options of its own: flags without a component in front. */
  readonly options?: OptionTable;
  /** Looks around on this machine, before anything starts. */
  readonly find?: (asked: Asked) => Promise<Found>;
  /** Tells what was found instead of starting anything. */
  readonly report?: (
    found: Found,
    values: AllValues,
    signal: AbortSignal,
  ) => Promise<{ text: string; failed: boolean }>;
}

/** What the user said. */
export interface Asked {
  /** Values by component and option, `""` for options of no component; defaults where nobody said anything. */
  readonly values: AllValues;
  /** Flags that somebody set, in whatever way: `--rpc.url`. */
  readonly given: ReadonlySet<string>;
  /** The user's home folder, where it is known. */
  readonly home: string | undefined;
}

/** Values by component and option. */
export type AllValues = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What a look around gave. */
export interface Found {
  /** Texts for options that nobody set, by component and option; `""` for options of no component. */
  readonly values: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What was found, one line. */
  readonly headline: string;
  /** Components that are started although something is missing: it will come, and they wait for it. */
  readonly waiting: readonly string[];
  /** Components that the user does not want. */
  readonly without: readonly string[];
  /** Looks whether everything will work with the values that are used in the end; asks nobody any more once aborted. */
  check(values: AllValues, signal: AbortSignal): Promise<readonly Check[]>;
}

/** What a look at one thing says. */
export interface Check {
  /** Whose thing it is: a component, or a word such as `clock`. */
  readonly about: string;
  /** `warning`: works, with something missing; `fault`: does not work, or tells strangers what it should not. */
  readonly state: "ok" | "warning" | "fault";
  /** What was seen, one line. */
  readonly what: string;
  /** What to do about it, one line. */
  readonly advice?: string | undefined;
  /** The command that does it, to paste into a shell. */
  readonly paste?: string | undefined;
}
