/**
 * Collects the value of every option from command line, environment and configuration file, checks all of them, and
 * reports all problems at once.
 *
 * @module
 */

import { didYouMean } from "./nearest.ts";
import type { Option, OptionTable } from "./options.ts";
import { reasonOf } from "./reason.ts";

/** Where values come from, the first that has one wins: arguments, variables, file. */
export interface Sources {
  /** Command-line arguments without the component names. */
  args: readonly string[];
  /** Reads one environment variable. */
  env(name: string): string | undefined;
  /** The parsed configuration file. */
  file: unknown;
  /** The user's home folder, where it is known. */
  home?: string | undefined;
  /** What a look around found for options that nobody set, by table and option. */
  found?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Checked values by table and option, and everything that was wrong. */
export interface Resolved {
  /** Values by table name (`""` for options that belong to no component). */
  values: Record<string, Record<string, unknown>>;
  /** One line per problem; nothing may start while there is one. */
  problems: string[];
  /** Flags of the options that somebody set. */
  given: ReadonlySet<string>;
}

/** The tables of everything that is about to run, by component name; `""` holds the common options. */
export type Tables = Readonly<Record<string, OptionTable>>;

/** `rpc`, `cookieFile` → `--rpc.cookie-file`. */
export function flagName(table: string, option: string): string {
  return `--${table === "" ? "" : `${table}.`}${kebab(option)}`;
}

/** `rpc`, `cookieFile` → `WAGGLE_RPC_COOKIE_FILE`. */
export function variableName(table: string, option: string): string {
  const words = table === "" ? option : `${table}-${option}`;
  return `WAGGLE_${kebab(words).replaceAll("-", "_").toUpperCase()}`;
}

/** Values for every option of the tables, and the problems found on the way. */
export function resolve(tables: Tables, sources: Sources, otherComponents: readonly string[] = []): Resolved {
  const problems: string[] = [];
  const { flags, words } = readFlags(tables, sources.args, problems, otherComponents);
  const wordsFor = placeWords(tables, words, problems);
  const file = readFile(tables, sources.file, problems, otherComponents);
  const values: Resolved["values"] = {};
  const given = new Set<string>();
  for (const [table, options] of Object.entries(tables)) {
    const checked: Record<string, unknown> = values[table] = {};
    for (const [name, option] of Object.entries(options)) {
      const flag = flagName(table, name);
      const variable = variableName(table, name);
      const found = firstOf([flag, flags.get(flag)], [variable, sources.env(variable)], [
        `configuration key ${table === "" ? name : `${table}.${name}`}`,
        file.get(flag),
      ]);
      const value = found === undefined
        ? foundHere(option, sources.found?.[table]?.[name])
        : check(option, found, problems);
      if (found !== undefined || flag === wordsFor) given.add(flag);
      const named = flag === wordsFor ? words : undefined;
      if (named !== undefined && flags.has(flag)) problems.push(`${flag}: "${named[0]}" is given besides it`);
      checked[name] = option.isPath ? withHome(named ?? value, sources.home) : named ?? value;
    }
  }
  return { values, problems, given };
}

/** Whoever may write to what was looked at must not keep us from starting. */
function foundHere(option: Option<unknown>, text: string | undefined): unknown {
  try {
    return text === undefined ? option.default : option.parse(text);
  } catch {
    return option.default;
  }
}

/** The one option that takes words; with none, or several that could, words are a mistake. */
function placeWords(tables: Tables, words: readonly string[], problems: string[]): string | undefined {
  const takers = [...knownFlags(tables)].filter(([, option]) => option.takesWords).map(([flag]) => flag);
  if (words.length === 0 || takers.length === 1) return words.length === 0 ? undefined : takers[0];
  problems.push(
    ...takers.length === 0
      ? words.map((word) => `Unknown word "${word}"`)
      : [`"${words[0]}": for which of them? Use ${takers.join(" and ")}`],
  );
  return undefined;
}

function withHome(path: unknown, home: string | undefined): unknown {
  if (Array.isArray(path)) return path.map((each) => withHome(each, home));
  return typeof path === "string" && path.startsWith("~/") && home !== undefined
    ? home + path.slice(1)
    : path;
}

function firstOf(...candidates: [string, string | undefined][]): [string, string] | undefined {
  return candidates.find((candidate): candidate is [string, string] => candidate[1] !== undefined);
}

function check(option: Option<unknown>, [where, text]: [string, string], problems: string[]): unknown {
  try {
    return option.parse(text);
  } catch (error) {
    const shown = option.secret ? "(secret)" : `"${text}"`;
    problems.push(`${where} ${shown}: ${reasonOf(error)}`);
    return option.default;
  }
}

function readFlags(
  tables: Tables,
  args: readonly string[],
  problems: string[],
  others: readonly string[],
): { flags: Map<string, string>; words: string[] } {
  const known = knownFlags(tables);
  const found = new Map<string, string>();
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--") {
      words.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith("-")) {
      words.push(arg);
      continue;
    }
    const equals = arg.indexOf("=");
    const name = equals < 0 ? arg : arg.slice(0, equals);
    const option = known.get(name);
    if (option === undefined) {
      problems.push(unknownFlag(name, [...known.keys()], others));
      // What follows an unknown flag is most likely its value: one mistake, one message.
      if (equals < 0 && args[i + 1]?.startsWith("--") === false) i++;
      continue;
    }
    if (option.secret) {
      problems.push(
        `${name}: a secret does not belong on a command line, use its variable or the configuration file`,
      );
    }
    const inline = equals < 0 ? undefined : arg.slice(equals + 1);
    const value = inline ?? (option.placeholder === "" ? "true" : args[++i]);
    if (value === undefined) problems.push(`${name}: needs a value, ${option.placeholder}`);
    else if (found.has(name)) problems.push(`${name}: given twice`);
    else found.set(name, value);
  }
  return { flags: found, words };
}

function unknownFlag(name: string, known: readonly string[], others: readonly string[]): string {
  const component = /^--([a-z-]+)\./.exec(name)?.[1];
  if (component !== undefined && others.includes(component)) {
    return `${name}: ${component} is not started here, add it to the command or remove the option`;
  }
  return `Unknown option ${name}${didYouMean(name, known)}`;
}

/** Every flag of the tables. */
export function knownFlags(tables: Tables): Map<string, Option<unknown>> {
  return new Map(
    Object.entries(tables).flatMap(([table, options]) =>
      Object.entries(options).map(([name, option]) => [flagName(table, name), option] as const)
    ),
  );
}

/** The file's values as text, by flag. Sections of components that are not started here are left alone. */
function readFile(
  tables: Tables,
  file: unknown,
  problems: string[],
  others: readonly string[],
): Map<string, string> {
  const found = new Map<string, string>();
  if (file === undefined) return found;
  if (!isRecord(file)) {
    problems.push('Configuration file: expected an object, such as { "rpc": { "cookieFile": "…" } }');
    return found;
  }
  const common = tables[""] ?? {};
  for (const [key, value] of Object.entries(file)) {
    const table = Object.hasOwn(tables, key) && key !== "" ? tables[key] : undefined;
    if (table !== undefined && isRecord(value)) readSection(key, table, value, found, problems);
    else if (Object.hasOwn(common, key)) setFromFile("", key, value, found, problems);
    else if (!others.includes(key)) {
      const names = [...Object.keys(common), ...Object.keys(tables), ...others].filter((name) => name !== "");
      problems.push(`Unknown configuration key "${key}"${didYouMean(key, names)}`);
    }
  }
  return found;
}

function readSection(
  name: string,
  table: OptionTable,
  section: Record<string, unknown>,
  found: Map<string, string>,
  problems: string[],
): void {
  for (const [key, value] of Object.entries(section)) {
    if (Object.hasOwn(table, key)) setFromFile(name, key, value, found, problems);
    else problems.push(`Unknown configuration key "${name}.${key}"${didYouMean(key, Object.keys(table))}`);
  }
}

function setFromFile(
  table: string,
  name: string,
  value: unknown,
  found: Map<string, string>,
  problems: string[],
): void {
  const items = Array.isArray(value) ? value : [value];
  if (items.every((item) => ["string", "number", "boolean"].includes(typeof item))) {
    found.set(flagName(table, name), items.join(","));
  } else {problems.push(
      `Configuration key "${
        table === "" ? "" : `${table}.`
      }${name}": expected a text, number, boolean or list of them`,
    );}
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
