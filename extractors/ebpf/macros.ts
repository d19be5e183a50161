/**
 * What the templates have beyond bpftrace: `<name>` for a value, and records.
 *
 * `record("k", …)` prints a record, `event(…)` one with time, process and number before its fields. Fields are
 * `int(x)` (one word), `process()` (one word), `hash(pointer)` (4 words), `text(pointer, words)` and
 * `bytes(pointer, words)`.
 *
 * @module
 */

/** Values of a template; one that is `undefined` must not be used in it. */
export type TemplateValues = Readonly<Record<string, string | number | undefined>>;

/** Writes out a template. */
export function expand(template: string, values: TemplateValues): string {
  const text = template.replaceAll(/<(\w+)>/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new TypeError(`A template uses <${name}>, which has no value here`);
    return String(value);
  });
  return text.replaceAll(CALL, (_, indent: string, macro: string, args: string) => {
    const fields = splitFields(args);
    if (macro === "event") return eventText(indent, String(values["kind"]), fields);
    return recordText(indent, fields[0]!.slice(1, -1), fields.slice(1));
  });
}

const CALL = /( *)\b(record|event)\((.*?)\);\n/gs;

/** Words of the fields of a record, in the order of memory. */
interface Words {
  /** Assignments that come first, so that an argument is fetched once and not for every word. */
  before: string[];
  words: string[];
}

function eventText(indent: string, kind: string, fields: string[]): string {
  const frame = ["int(nsecs)", "process()", `int(((uint64)cpu << 48) | @${kind}[cpu]++)`];
  return recordText(indent, kind, [...frame, ...fields]);
}

function recordText(indent: string, kind: string, fields: string[]): string {
  const all: Words = { before: [], words: [] };
  for (const field of fields) addWords(field, all);
  const format = `${kind}${"%016lx".repeat(all.words.length)}\\n`;
  const args = all.words.toReversed().join(",\n  ");
  return [...all.before, `printf("${format}",\n  ${args});`]
    .map((line) => `${indent}${line.replaceAll("\n", `\n${indent}`)}\n`).join("");
}

function addWords(field: string, { before, words }: Words): void {
  const [, macro, inner] = /^(\w+)\((.*)\)$/s.exec(field) ?? [];
  const args = splitFields(inner ?? "");
  switch (macro) {
    case "int":
      words.push(args[0]!);
      return;
    case "process":
      words.push("((uint64)pid << 32) | tid");
      return;
    case "hash":
    case "text":
    case "bytes": {
      const count = macro === "hash" ? 4 : Number(args[1]);
      const pointer = count > 2 ? variableFor(args[0]!, before) : args[0]!;
      for (let at = 0; at < count; at++) {
        words.push(`*(uint64*)uptr(${at === 0 ? pointer : `${pointer} + ${8 * at}`})`);
      }
      return;
    }
    default:
      throw new TypeError(`A template has a field "${field}", which is none`);
  }
}

function variableFor(expression: string, before: string[]): string {
  if (!/^arg\d$/.test(expression)) return expression;
  const name = `$${expression}`;
  before.push(`${name} = ${expression};`);
  return name;
}

/** Splits at commas that are not in brackets. */
function splitFields(text: string): string[] {
  const fields: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at <= text.length; at++) {
    const c = text[at];
    if (c === "(" || c === "[") depth++;
    else if (c === ")" || c === "]") depth--;
    else if (c === undefined || c === "," && depth === 0) {
      fields.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  return fields.filter((field) => field !== "");
}
