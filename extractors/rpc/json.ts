/**
 * Reads the JSON of a node: exact where it matters, forgiving where versions differ. A field that is missing has its
 * default; one of a type nobody expects has its default too and is noted, so that the rest of the answer is not lost.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const odd: string[] = [];
 * const fields = toFields(parseJson('{"size":3,"loaded":"yes"}'), (path) => odd.push(path));
 * assertEquals([fields.unsigned("size"), fields.bool("loaded"), fields.text("chain")], [3, false, ""]);
 * assertEquals(odd, ["loaded"]);
 * ```
 *
 * @module
 */

/** Told where something of an unexpected type stood: `uploadtarget.target`. No indexes: one name per field. */
export type Note = (path: string) => void;

// getrawaddrman has the longest list, 65,536 places in its table of new addresses. An empty object in an answer takes
// three bytes and the peer made of it 300 times as many, so the size of an answer alone is no bound on memory.
const MAX_ENTRIES = 100_000;
const SATOSHI_PER_BITCOIN = 1e8;
const BYTES_PER_KILOBYTE = 1000;

// Service bits are any 64 bits a stranger announced, and getrawaddrman alone prints them as a number. They become
// text before parsing: JSON.parse with source text access calls back for each of 700,000 values and takes 350 ms
// where this takes 3. Inside a string the pattern cannot occur, its quotes would be escaped.
const WIDE_SERVICES = /("services":\s*)(\d{16,20})(?=\s*[,}])/g;

/**
 * Parses an answer, keeping all 64 service bits.
 *
 * @throws {SyntaxError} If it is not JSON.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseJson('{"services":18446744073709551615}'), { services: "18446744073709551615" });
 * ```
 */
export function parseJson(text: string): unknown {
  return JSON.parse(text.replace(WIDE_SERVICES, '$1"$2"'));
}

/**
 * Satoshi in an amount that was printed in bitcoin with eight decimals. The nearest double of such a text is less than
 * half a satoshi away from it, up to all coins there will ever be, so rounding finds the very number.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(toSatoshi(0.29), 29_000_000); // 0.29 * 1e8 is 28_999_999.999999996
 * ```
 */
export function toSatoshi(bitcoin: number): number {
  return Math.round(bitcoin * SATOSHI_PER_BITCOIN);
}

/**
 * A fee rate in satoshi per virtual byte, from bitcoin per 1000 virtual bytes.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(toSatPerVb(0.00001), 1);
 * assertEquals(toSatPerVb(1e-6), 0.1);
 * ```
 */
export function toSatPerVb(bitcoinPerKvb: number): number {
  return toSatoshi(bitcoinPerKvb) / BYTES_PER_KILOBYTE;
}

/** Whether something is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The fields of an answer that has to be an object.
 *
 * @throws {TypeError} If it is something else.
 */
export function toFields(answer: unknown, note: Note): Fields {
  if (isObject(answer)) return new Fields(answer, note);
  throw new TypeError(`expected an object, got ${typeName(answer)}`);
}

/**
 * An answer that has to be a list of objects; what else is in it is noted and left out.
 *
 * @throws {TypeError} If it is not a list.
 */
export function toFieldsList(answer: unknown, note: Note): Fields[] {
  if (!Array.isArray(answer)) throw new TypeError(`expected a list, got ${typeName(answer)}`);
  return fieldsOf(bounded(answer), note, "");
}

/** Reads the fields of one object, each with the default of the event schema. */
export class Fields {
  readonly #object: Record<string, unknown>;
  readonly #note: Note;
  readonly #path: string;

  /** The fields of `object`, which stands at `path` of an answer. */
  constructor(object: Record<string, unknown>, note: Note, path = "") {
    this.#object = object;
    this.#note = note;
    this.#path = path;
  }

  /** Whether the field is there; null counts as missing. */
  has(name: string): boolean {
    const value = this.#object[name];
    return value !== undefined && value !== null;
  }

  /** A text. */
  text(name: string): string {
    const value = this.#object[name];
    return typeof value === "string" ? value : this.#default(name, value, "");
  }

  /** A truth value. */
  bool(name: string): boolean {
    const value = this.#object[name];
    return typeof value === "boolean" ? value : this.#default(name, value, false);
  }

  /** A whole number of 32 bits, not negative. */
  uint32(name: string): number {
    return this.#whole(name, 0, 2 ** 32 - 1);
  }

  /** A whole number of 32 bits. */
  int32(name: string): number {
    return this.#whole(name, -(2 ** 31), 2 ** 31 - 1);
  }

  /** A whole number, not negative; beyond 2^53 the nearest double. */
  unsigned(name: string): number {
    return this.#whole(name, 0, 2 ** 63);
  }

  /** A whole number. */
  signed(name: string): number {
    return this.#whole(name, -(2 ** 63), 2 ** 63);
  }

  /** A number. */
  double(name: string): number {
    const value = this.#object[name];
    // JSON has no infinity, but 1e999 reads as one.
    return Number.isFinite(value) ? value as number : this.#default(name, value, 0);
  }

  /** A fee rate in satoshi per virtual byte, from the node's bitcoin per 1000 virtual bytes. */
  feeRate(name: string): number {
    return toSatPerVb(this.double(name));
  }

  /** 64 bits, exactly; see {@linkcode parseJson}. */
  bits64(name: string): bigint {
    const value = this.#object[name];
    const known = typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
    if (known || typeof value === "string" && /^\d{1,20}$/.test(value)) {
      return BigInt.asUintN(64, BigInt(value));
    }
    return this.#default(name, value, 0n);
  }

  /** The fields of an object; missing is noted too, since nobody leaves out a whole object. */
  object(name: string): Fields {
    const value = this.#object[name];
    const path = this.#path + name;
    if (isObject(value)) return new Fields(value, this.#note, `${path}.`);
    this.#note(path);
    return new Fields({}, () => {});
  }

  /** A list of objects. */
  objects(name: string): Fields[] {
    return fieldsOf(this.#list(name), this.#note, `${this.#path}${name}.`);
  }

  /** A list of texts. */
  texts(name: string): string[] {
    return this.#list(name).filter((item): item is string => this.#is(name, typeof item === "string"));
  }

  /** A list of texts that older versions print as one text, empty for none. */
  oneOrMoreTexts(name: string): string[] {
    const value = this.#object[name];
    if (typeof value === "string") return value === "" ? [] : [value];
    return this.texts(name);
  }

  /** A list of whole numbers, none negative. */
  unsignedList(name: string): number[] {
    return this.#list(name).filter((item): item is number => this.#is(name, isCount(item)));
  }

  /** An object of counts, such as bytes per message type. */
  counts(name: string): Map<string, number> {
    const value = this.#object[name];
    const entries = isObject(value) ? bounded(Object.entries(value)) : this.#default(name, value, []);
    return new Map(
      entries.filter((entry): entry is [string, number] => this.#is(name, isCount(entry[1]))),
    );
  }

  /** Visits the objects of an object whose keys are not known before; a reader for each would cost too much. */
  eachNamed(visit: (name: string, value: Record<string, unknown>) => void): void {
    for (const name of bounded(Object.keys(this.#object))) {
      const value = this.#object[name];
      if (isObject(value)) visit(name, value);
      // The key is left out: one line in the log, however many keys there are.
      else this.#note(`${this.#path}*`);
    }
  }

  #whole(name: string, min: number, max: number): number {
    const value = this.#object[name];
    const fits = Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
    return fits ? value as number : this.#default(name, value, 0);
  }

  #list(name: string): unknown[] {
    const value = this.#object[name];
    return Array.isArray(value) ? bounded(value) : this.#default(name, value, []);
  }

  #is(name: string, expected: boolean): boolean {
    if (!expected) this.#note(this.#path + name);
    return expected;
  }

  #default<T>(name: string, value: unknown, byDefault: T): T {
    if (value !== undefined && value !== null) this.#note(this.#path + name);
    return byDefault;
  }
}

function fieldsOf(list: unknown[], note: Note, path: string): Fields[] {
  return list.flatMap((item) => {
    if (isObject(item)) return [new Fields(item, note, path)];
    note(`${path}*`);
    return [];
  });
}

function bounded<T>(entries: T[]): T[] {
  if (entries.length <= MAX_ENTRIES) return entries;
  throw new RangeError(`a list of ${entries.length} entries, more than ${MAX_ENTRIES}`);
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 2 ** 63;
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : isObject(value) ? "an object" : `a ${typeof value}`;
}
