/**
 * One table of options per component: from it come the flag, the environment variable, the key in the configuration
 * file, the help line, the README section and the checked value.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const table = { intervalMs: integer("Time between two rounds", 10_000, { min: 100 }) };
 * assertEquals(table.intervalMs.parse("250"), 250);
 * ```
 *
 * @module
 */

/** A setting of a component. */
export interface Option<T> {
  /** What it sets, one line, no full stop. */
  readonly help: string;
  /** The value when nobody says otherwise. */
  readonly default: T;
  /** What stands for the value in the help: `N`, `HOST:PORT`, … Empty for a flag, which takes no value. */
  readonly placeholder: string;
  /** A `~/` in front of the value stands for the user's home folder. */
  readonly isPath?: boolean;
  /** Takes the words of the command line that belong to no other option, as they are: `replay FILE…`. */
  readonly takesWords?: boolean;
  /** Never accepted on the command line, where every user of the machine can read it. */
  readonly secret?: boolean;
  /** Turns text into a value; throws a `SyntaxError` or `RangeError` that says what was expected. */
  parse(text: string): T;
}

/** The options of a component, by camelCase name. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** The checked values of a table. */
export type Values<O extends OptionTable> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

/** Any text; `undefined` as default makes it optional. */
export function text(help: string): Option<string | undefined>;
/** Any text. */
export function text(help: string, byDefault: string): Option<string>;
export function text(help: string, byDefault?: string): Option<string | undefined> {
  return { help, default: byDefault, placeholder: "TEXT", parse: nonEmpty };
}

/** A path in the file system. */
export function path(help: string): Option<string | undefined>;
/** A path in the file system, with a default. */
export function path(help: string, byDefault: string): Option<string>;
export function path(help: string, byDefault?: string): Option<string | undefined> {
  return { help, default: byDefault, placeholder: "PATH", isPath: true, parse: nonEmpty };
}

/** A password or key, accepted from a variable or the configuration file only. */
export function secret(help: string): Option<string | undefined> {
  return { help, default: undefined, placeholder: "TEXT", secret: true, parse: nonEmpty };
}

/** A whole number between `min` and `max`. */
export function integer(
  help: string,
  byDefault: number,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {},
): Option<number> {
  return {
    help,
    default: byDefault,
    placeholder: "N",
    parse(text) {
      const digits = text.replaceAll("_", "");
      if (!/^-?\d+$/.test(digits)) throw new SyntaxError("expected a whole number");
      const value = Number(digits);
      if (value < min || value > max) throw new RangeError(`expected ${range(min, max)}`);
      return value;
    },
  };
}

/** On or off: `--name`, or `--name=false` to switch off what is on by default. */
export function flag(help: string, byDefault = false): Option<boolean> {
  return {
    help,
    default: byDefault,
    placeholder: "",
    parse(text) {
      if (text === "true" || text === "1") return true;
      if (text === "false" || text === "0") return false;
      throw new SyntaxError("expected true or false");
    },
  };
}

/** One of a few words. */
export function choice<const C extends string>(help: string, byDefault: C, words: readonly C[]): Option<C> {
  return {
    help,
    default: byDefault,
    placeholder: words.join("|"),
    parse(text) {
      const word = words.find((word) => word === text);
      if (word === undefined) throw new SyntaxError(`expected one of ${words.join(", ")}`);
      return word;
    },
  };
}

/** Several values separated by commas; `check` looks at each. */
export function list(
  help: string,
  byDefault: readonly string[] = [],
  { placeholder = "A,B,…", check = (_item: string): void => {} } = {},
): Option<readonly string[]> {
  return {
    help,
    default: byDefault,
    placeholder,
    parse(text) {
      const items = text.split(",").map((item) => item.trim()).filter((item) => item !== "");
      items.forEach(check);
      return items;
    },
  };
}

/** Files that are named by themselves on the command line, or by the option with commas between them. */
export function files(help: string): Option<readonly string[]> {
  return { ...list(help, [], { placeholder: "PATH,…" }), isPath: true, takesWords: true };
}

/** `host:port`; IPv6 in square brackets. */
export function address(help: string): Option<string | undefined>;
/** The same, with a default. */
export function address(help: string, byDefault: string): Option<string>;
export function address(help: string, byDefault?: string): Option<string | undefined> {
  return {
    help,
    default: byDefault,
    placeholder: "HOST:PORT",
    parse(text) {
      splitAddress(text);
      return text;
    },
  };
}

/**
 * Host and port of an address.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(splitAddress("[::1]:8333"), { hostname: "::1", port: 8333 });
 * ```
 */
export function splitAddress(text: string): { hostname: string; port: number } {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) throw new SyntaxError("expected host:port, with IPv6 as [::1]:port");
  return { hostname: (match[1] ?? match[2])!, port };
}

function nonEmpty(text: string): string {
  if (text === "") throw new SyntaxError("expected some text");
  return text;
}

function range(min: number, max: number): string {
  return max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `a number from ${min} to ${max}`;
}
