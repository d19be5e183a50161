/**
 * Log lines: one event each, on standard error, as text or JSON.
 *
 * @module
 */

import { bold, dim, red, yellow } from "@std/fmt/colors";

/** Levels, the most severe first. */
export const LEVELS = ["error", "warn", "info", "debug"] as const;

/** How important a line is. */
export type Level = typeof LEVELS[number];

/** A line before it is written. */
export interface Entry {
  /** How important it is. */
  level: Level;
  /** Who says it. */
  component: string;
  /** What happened. */
  message: string;
}

/** Where lines go: a sink is a function. */
export type Sink = (entry: Entry) => void;

/** What a component writes its lines with. */
export type Log = { readonly [L in Level]: (message: string) => void };

/** A log of one component. */
export function logFor(component: string, sink: Sink): Log {
  const at = (level: Level) => (message: string) => sink({ level, component, message });
  return { error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug") };
}

/** A sink that leaves out what is less important than `level`. */
export function atLeast(level: Level, sink: Sink): Sink {
  const limit = LEVELS.indexOf(level);
  return (entry) => LEVELS.indexOf(entry.level) <= limit && sink(entry);
}

/** Lines for people, in the layout of the Rust tools. */
export function textLine({ level, component, message }: Entry, now: Date): string {
  const label = level.toUpperCase().padEnd(5);
  const paint = { error: red, warn: yellow, info: bold, debug: dim }[level];
  return `${dim(now.toISOString())} ${paint(label)} [${component}] ${printable(message)}\n`;
}

/** Lines for programs. */
export function jsonLine({ level, component, message }: Entry, now: Date): string {
  return JSON.stringify({ time: now.toISOString(), level, component, message }) + "\n";
}

/** A sink on standard error. */
export function stderrSink(line: (entry: Entry, now: Date) => string): Sink {
  const encoder = new TextEncoder();
  return (entry) => {
    let rest = encoder.encode(line(entry, new Date()));
    while (rest.length > 0) rest = rest.subarray(Deno.stderr.writeSync(rest));
  };
}

/**
 * A stranger's text may hold escape sequences that rewrite the terminal, or marks that turn the direction of what
 * follows: both become \\xNN and \\u{NNNN}.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(printable("a\x1b[2Jb\u202ec"), "a\\x1b[2Jb\\u{202e}c");
 * ```
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (c) => {
    const code = c.charCodeAt(0).toString(16);
    return c <= "\xff" ? `\\x${code.padStart(2, "0")}` : `\\u{${code}}`;
  });
}

// deno-lint-ignore no-control-regex
const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
