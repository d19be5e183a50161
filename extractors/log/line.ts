/**
 * A line of debug.log, taken apart: `TIME [(mocktime: T)] [THREAD] [FILE:LINE] [FUNCTION] [CATEGORY:LEVEL] message`,
 * where every part but the message may be missing. The forms of Bitcoin Core 24 to 31, of its development branch and
 * of Knots are read by the same rules, because nothing in a line says who wrote it.
 *
 * What a bracket means is decided as the Rust extractor does, so that both give one line the same category, level
 * and thread. Where that would throw text away, the text is kept: a line without a time, a bracket of the message's
 * own (`[default_wallet]`), a category that the schema has no number for.
 *
 * @module
 */

import { LogDebugCategory, LogLevel } from "../../proto/schema.ts";

/** What a line says. */
export interface Line {
  /** Unix microseconds; 0 where the line has no time or an impossible one. */
  readonly timeMicros: number;
  /** The time has a fraction (`-logtimemicros`); `undefined` in a line without a time. */
  readonly fraction: boolean | undefined;
  /** Number of the category. */
  readonly category: number;
  /** Number of the level. */
  readonly level: number;
  /** The thread (`-logthreadnames`); without thread names, as in the Rust extractor, whatever else comes first. */
  readonly thread: string;
  /** Where in the node's source it was written, `net.cpp:123` (`-logsourcelocations`). */
  readonly source: string;
  /** The node was leaving out lines of a place that logs too much when it wrote this one. */
  readonly rateLimited: boolean;
  /** The rest. */
  readonly message: string;
}

/** Before the time while the node limits the rate of a place (Core 29.1 and later). */
const RATE_LIMITED = "[*] ";
const MOCK_TIME = "(mocktime: ";
/** More than the node ever writes; a message may be nothing but brackets. */
const MAX_BRACKETS = 8;

const OPEN = 0x5b;
const CLOSE = 0x5d;
const SPACE = 0x20;

/**
 * Takes a line apart.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { LogDebugCategory, LogLevel } from "../../proto/schema.ts";
 *
 * const line = parseLine("2026-11-20T19:38:49.267050Z [msghand] [net] received: ping (8 bytes) peer=9");
 * assertEquals(line.timeMicros, 1_795_203_529_267_050);
 * assertEquals(line.thread, "msghand");
 * assertEquals(line.category, LogDebugCategory.NET);
 * assertEquals(line.level, LogLevel.DEBUG);
 * assertEquals(line.message, "received: ping (8 bytes) peer=9");
 * ```
 */
export function parseLine(text: string): Line {
  const rateLimited = text.startsWith(RATE_LIMITED);
  const timeMicros = readTime(text, rateLimited ? RATE_LIMITED.length : 0);
  if (timeMicros === undefined) return withoutTime(text);
  const fraction = timeHadFraction;
  const at = afterMockTime(text, timeEnd);
  const brackets = readBrackets(text, at);
  const frame = interpret(brackets);
  const message = text.slice(messageStart(frame, brackets, at));
  return lineOf(frame, brackets, { timeMicros, fraction, rateLimited, message });
}

/**
 * A line of a node with `-logtimestamps=0`, or the continuation of a message with several lines. Its brackets are
 * believed only if one of them is surely the node's.
 */
function withoutTime(text: string): Line {
  const brackets = readBrackets(text, 0);
  const frame = interpret(brackets);
  const known = frame.category >= 0 || frame.level !== undefined;
  const message = known ? text.slice(messageStart(frame, brackets, 0)) : text;
  const rest = { timeMicros: 0, fraction: undefined, rateLimited: false, message };
  return known ? lineOf(frame, brackets, rest) : lineOf(NO_FRAME, NO_BRACKETS, rest);
}

// Time

/** Where the last time that was read ended, after its space; returning a pair would allocate for each line. */
let timeEnd = 0;
let timeHadFraction = false;
/** Thousands of lines share a second. */
let secondText = "no second yet";
let secondMicros = 0;

const SECOND_CHARS = "YYYY-MM-DDTHH:MM:SS".length;
const MICROS_OF_LAST_DIGIT = [0, 100_000, 10_000, 1000, 100, 10, 1];
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Unix microseconds of the time at this place, 0 for a date that does not exist, `undefined` for no time at all. */
function readTime(text: string, at: number): number | undefined {
  if (!text.startsWith(secondText, at)) {
    const micros = readSecond(text, at);
    if (micros === undefined) return undefined;
    secondMicros = micros;
    secondText = text.slice(at, at + SECOND_CHARS);
  }
  let end = at + SECOND_CHARS;
  let fraction = 0;
  timeHadFraction = text.charCodeAt(end) === 0x2e;
  if (timeHadFraction) {
    const from = ++end;
    for (; end - from < 6; end++) {
      const digit = text.charCodeAt(end) - 0x30;
      if (!(digit >= 0 && digit <= 9)) break;
      fraction = 10 * fraction + digit;
    }
    if (end === from) return undefined;
    fraction *= MICROS_OF_LAST_DIGIT[end - from]!;
  }
  if (text.charCodeAt(end) !== 0x5a || !endsPart(text, end + 1)) return undefined;
  timeEnd = end + 2;
  return secondMicros === 0 ? 0 : secondMicros + fraction;
}

function readSecond(text: string, at: number): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(text.slice(at, at + SECOND_CHARS));
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && !leap ? 28 : DAYS[month - 1] ?? 0;
  if (day < 1 || day > days || hour > 23 || minute > 59 || second > 59) return 0;
  const micros = Date.UTC(year, month - 1, day, hour, minute, second) * 1000;
  return micros > 0 && year >= 1970 && micros < Number.MAX_SAFE_INTEGER ? micros : 0;
}

function afterMockTime(text: string, at: number): number {
  if (text.charCodeAt(at) !== 0x28 || !text.startsWith(MOCK_TIME, at)) return at;
  const end = text.indexOf(")", at);
  return end >= 0 && endsPart(text, end + 1) ? end + 2 : at;
}

/** Each part of the frame is followed by a space, which may be missing at the end of the line. */
function endsPart(text: string, at: number): boolean {
  return at >= text.length || text.charCodeAt(at) === SPACE;
}

// Brackets

interface Bracket {
  readonly start: number;
  /** Where the next part begins. */
  readonly end: number;
  readonly meaning: Meaning;
}

/** What a bracket says by itself. */
interface Meaning {
  readonly content: string;
  readonly is: "level" | "category" | "file" | "other";
  /** Of a level or category. */
  readonly level: number;
  /** Of a category. */
  readonly category: number;
  /** A category with its level, which a thread is never called. */
  readonly certain: boolean;
  /** A category without a number, whose name would be lost. */
  readonly kept: boolean;
}

const NO_BRACKETS: readonly Bracket[] = [];

function readBrackets(text: string, from: number): readonly Bracket[] {
  if (text.charCodeAt(from) !== OPEN) return NO_BRACKETS;
  const brackets: Bracket[] = [];
  for (let start = from; text.charCodeAt(start) === OPEN && brackets.length < MAX_BRACKETS;) {
    const isFunction = brackets[brackets.length - 1]?.meaning.is === "file";
    const close = isFunction ? closeOfFunction(text, start) : text.indexOf("]", start);
    if (close < 0 || !endsPart(text, close + 1)) break;
    const content = text.slice(start + 1, close);
    const meaning = isFunction ? other(content) : meaningOf(content);
    brackets.push({ start, end: Math.min(close + 2, text.length), meaning });
    start = close + 2;
  }
  return brackets;
}

/** 29.1 and 30.x write the whole signature, which may have brackets of its own: `[T f(int [3]) [with T = int]]`. */
function closeOfFunction(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === OPEN) depth++;
    else if (code === CLOSE && --depth === 0) return at;
  }
  return -1;
}

/** There are few different brackets, unless somebody plays with us. */
const meanings = new Map<string, Meaning>();
const MAX_MEANINGS = 2000;
const MAX_MEANING_CHARS = 100;

function meaningOf(content: string): Meaning {
  const known = meanings.get(content);
  if (known !== undefined) return known;
  if (content.length > MAX_MEANING_CHARS) return other(content);
  if (meanings.size >= MAX_MEANINGS) meanings.clear();
  // A piece of a line would keep the whole chunk it was read with.
  const own = [...content].join("");
  const meaning = findMeaning(own);
  meanings.set(own, meaning);
  return meaning;
}

const CATEGORIES = new Map<string, number>(
  Object.entries(LogDebugCategory).map(([name, number]) => [name.toLowerCase(), number]),
);
const LEVELS = new Map<string, number>(
  Object.entries(LogLevel).map(([name, number]) => [name.toLowerCase(), number]),
);

function findMeaning(content: string): Meaning {
  const word = content.toLowerCase();
  if (word === "error" || word === "warning") {
    return { ...other(content), is: "level", level: LEVELS.get(word)! };
  }
  if (/^[^\s:]+\.\w+:\d+$/.test(content)) return { ...other(content), is: "file" };
  const [, name = word, levelName] = /^([\w-]+):(trace|debug|info|warning|error)$/.exec(word) ?? [];
  const category = CATEGORIES.get(name);
  if (category === undefined && levelName === undefined) return other(content);
  return {
    content,
    is: "category",
    level: LEVELS.get(levelName ?? "debug")!,
    category: category ?? LogDebugCategory.UNKNOWN,
    certain: levelName !== undefined,
    // "all" is what Core says of a line without a category.
    kept: category === undefined && name !== "all",
  };
}

function other(content: string): Meaning {
  const { UNKNOWN } = LogDebugCategory;
  return { content, is: "other", level: LogLevel.INFO, category: UNKNOWN, certain: false, kept: false };
}

// Frame: which bracket is what

/** Indexes of brackets; -1 for none. */
interface Frame {
  readonly thread: number;
  readonly file: number;
  readonly category: number;
  /** Set by a bracket of its own. */
  readonly level: number | undefined;
}

const NO_FRAME: Frame = { thread: -1, file: -1, category: -1, level: undefined };

function interpret(brackets: readonly Bracket[]): Frame {
  if (brackets.length === 0) return NO_FRAME;
  const is = (index: number) => brackets[index]?.meaning.is;
  const file = is(0) === "file" ? 0 : is(1) === "file" ? 1 : -1;
  const first = is(0) === "level" ? is(1) === "level" ? -1 : 1 : 0;
  const category = file < 0 ? findCategory(brackets) : is(file + 2) === "category" ? file + 2 : -1;
  const thread = first === category || first >= brackets.length ? -1 : first;
  return { thread, file, category, level: levelOf(brackets) };
}

function levelOf(brackets: readonly Bracket[]): number | undefined {
  for (const { meaning } of brackets) if (meaning.is === "level") return meaning.level;
  return undefined;
}

/**
 * Of thread and category only the order is known, and "net" is the name of both. As in the Rust extractor, the last
 * bracket decides; but one that names its level is a category wherever it stands, and so is the second one when the
 * first is none.
 */
function findCategory(brackets: readonly Bracket[]): number {
  let [first, second, last] = [-1, -1, -1];
  for (let i = 0; i < brackets.length; i++) {
    const { meaning } = brackets[i]!;
    if (meaning.is === "level") continue;
    if (first < 0) first = i;
    else if (second < 0) second = i;
    last = i;
    if (meaning.certain && (i === first || i === second)) return i;
  }
  if (brackets[last]?.meaning.is === "category") return last;
  const secondDecides = brackets[second]?.meaning.is === "category" &&
    brackets[first]?.meaning.is === "other";
  return secondDecides ? second : -1;
}

/** The message begins with the first bracket that is no part of the frame. */
function messageStart(frame: Frame, brackets: readonly Bracket[], from: number): number {
  let at = from;
  for (let i = 0; i < brackets.length; i++) {
    const { meaning, start, end } = brackets[i]!;
    const isPlace = frame.file >= 0 && (i === frame.file || i === frame.file + 1);
    const isFrame = i === frame.thread || isPlace || i === frame.category || meaning.is === "level";
    if (!isFrame || meaning.kept) return start;
    at = end;
  }
  return at;
}

function lineOf(
  frame: Frame,
  brackets: readonly Bracket[],
  { timeMicros, fraction, rateLimited, message }: Pick<
    Line,
    "timeMicros" | "fraction" | "rateLimited" | "message"
  >,
): Line {
  const category = brackets[frame.category]?.meaning;
  return {
    timeMicros,
    fraction,
    category: category?.category ?? LogDebugCategory.UNKNOWN,
    level: frame.level ?? category?.level ?? levelOfText(message),
    thread: brackets[frame.thread]?.meaning.content ?? "",
    source: brackets[frame.file]?.meaning.content ?? "",
    rateLimited,
    message,
  };
}

/** Core 24 to 26 had words for a level, not brackets. */
function levelOfText(message: string): number {
  if (message.startsWith("ERROR: ")) return LogLevel.ERROR;
  return message.startsWith("Warning: ") ? LogLevel.WARNING : LogLevel.INFO;
}
