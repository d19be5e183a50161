/**
 * Writes the bpftrace program for one binary and one version of bpftrace, from the templates in `scripts/`.
 *
 * A record is a line: a letter, then the hexadecimal digits of a struct of 64-bit words, **the last word first**. So a
 * line is one big number, and its bytes turned round are the struct as it lies in memory: no word has to be turned by
 * itself. Texts and payloads come as words, too. What a peer chose can neither end a line nor look like one, and
 * bpftrace 0.17 prints words five times faster than buffers.
 *
 * @module
 */

import type { Note } from "./elf.ts";
import { X86_64 } from "./elf.ts";
import { expand } from "./macros.ts";
import { operandExpression } from "./operand.ts";
import addrman from "./scripts/addrman.bt" with { type: "text" };
import chunksFor from "./scripts/chunks_for.bt" with { type: "text" };
import chunksWhile from "./scripts/chunks_while.bt" with { type: "text" };
import connections from "./scripts/connections.bt" with { type: "text" };
import frame from "./scripts/frame.bt" with { type: "text" };
import mempool from "./scripts/mempool.bt" with { type: "text" };
import messages from "./scripts/messages.bt" with { type: "text" };
import moreChunks from "./scripts/more_chunks.bt" with { type: "text" };
import validation from "./scripts/validation.bt" with { type: "text" };
import {
  BUFFER_PAGES,
  CHUNK_BYTES,
  CHUNK_KINDS,
  type Group,
  HEAD_BYTES,
  type Tracepoint,
  TRACEPOINTS,
} from "./tracepoints.ts";
import { isAtLeast, type Version } from "./version.ts";

/** What the script is for. */
export interface ScriptOptions {
  /** Path of the binary. */
  readonly binary: string;
  /** What {@linkcode readNotes} found in it. */
  readonly notes: readonly Note[];
  /** `e_machine` of the binary. */
  readonly machine: number;
  /** Of bpftrace. */
  readonly version: Version;
  /** What to trace. */
  readonly groups: readonly Group[];
  /** Longest payload that is carried whole. */
  readonly maxPayload: number;
  /** The only process to trace; 0 for every process of the binary. */
  readonly pid: number;
}

/** A script, and what it does not trace. */
export interface Script {
  /** For bpftrace. */
  readonly text: string;
  /** Names of what it traces. */
  readonly traced: readonly string[];
  /** What it would trace if this binary, or this bpftrace, had it; with the reason. */
  readonly missing: readonly { readonly name: string; readonly reason: string }[];
}

const TEMPLATES: Record<Exclude<Group, "messages">, string> = { connections, mempool, validation, addrman };

/** Rounds of the loop that the verifier follows in one program, with a reserve (measured, see the README). */
const WHILE_ROUNDS = { before18: 1600, later: 750 };

/** Writes the script. Throws a `TypeError` for a path that cannot stand in one. */
export function writeScript(options: ScriptOptions): Script {
  checkPath(options.binary);
  const present: { tracepoint: Tracepoint; note: Note }[] = [];
  const missing: { name: string; reason: string }[] = [];
  for (const tracepoint of TRACEPOINTS.filter(({ group }) => options.groups.includes(group))) {
    const notes = options.notes.filter(({ name }) => name === tracepoint.name);
    const reason = whyNot(tracepoint, notes, options);
    if (reason === undefined) present.push({ tracepoint, note: notes[0]! });
    else missing.push({ name: tracepoint.name, reason });
  }
  const text = [
    frameText(present.map(({ tracepoint }) => tracepoint), options),
    ...present.map(({ tracepoint, note }) => clauses(tracepoint, note, options)),
  ].join("\n");
  return { text, traced: present.map(({ tracepoint }) => tracepoint.name), missing };
}

// The script is run by root: a path is the only text in it that is not ours.
function checkPath(path: string): void {
  if (/^\/[\w./+@%=~-]+$/.test(path)) return;
  throw new TypeError(
    `Cannot trace "${path}": bpftrace needs an absolute path of letters, digits and ./+@%=~_-`,
  );
}

function whyNot(tracepoint: Tracepoint, notes: readonly Note[], options: ScriptOptions): string | undefined {
  if (notes.length === 0) return "the binary does not have it";
  const fewest = Math.min(...notes.map((note) => argumentCount(note, tracepoint, options)));
  if (fewest < tracepoint.args) return `it has ${fewest} arguments instead of ${tracepoint.args}`;
  if (isAtLeast(options.version, 0, 24)) return undefined;
  for (let index = 6; index < fewest; index++) {
    // Compiled into several places, it may have its arguments in different ones.
    const places = new Set(notes.map((note) => note.args?.[index]));
    if (places.size > 1 || argument(notes[0]!, index, options) === undefined) {
      return `its argument ${index} needs bpftrace 0.24 or later`;
    }
  }
  return undefined;
}

/** Of a file that bpftrace listed, only names are known: since 29 there is a last argument of `mempool:replaced`. */
function argumentCount({ name, args }: Note, { args: fewest }: Tracepoint, { notes }: ScriptOptions): number {
  if (args !== undefined) return args.length;
  const since29 = notes.some(({ name }) => name === "net:inbound_connection");
  return name === "mempool:replaced" && since29 ? 8 : fewest;
}

function argument(note: Note, index: number, { version, machine }: ScriptOptions): string | undefined {
  if (isAtLeast(version, 0, 24)) return `arg${index}`;
  return machine === X86_64 ? operandExpression(note.args?.[index] ?? "") : undefined;
}

function frameText(present: readonly Tracepoint[], options: ScriptOptions): string {
  const kinds = present.map(({ kind }) => kind);
  const { needed, most } = loopRounds(options);
  const chunks = needed > most ? kinds.flatMap((kind) => CHUNK_KINDS[kind] ?? []) : [];
  // Up to 0.19 only the environment can say it.
  const config = isAtLeast(options.version, 0, 20) ? `config = { perf_rb_pages = ${BUFFER_PAGES} }\n` : "";
  return expand(frame, {
    config,
    kinds: kinds.join(""),
    cap: options.maxPayload,
    counts: kinds.map((kind) => `int(@${kind}[cpu])`).join(", "),
    clear: [...kinds, ...chunks].map((kind) => `  clear(@${kind});`).join("\n"),
  });
}

function clauses(tracepoint: Tracepoint, note: Note, options: ScriptOptions): string {
  const { name, group, kind } = tracepoint;
  if (group === "messages") return messageClauses(name.split(/[:_]/)[1]!, kind, options);
  const clause = TEMPLATES[group].split(/\n\n/).find((clause) => clause.includes(`:${name} `));
  if (clause === undefined) throw new TypeError(`There is no template for ${name}`);
  return expand(clause, {
    ...common(options),
    kind,
    arg6: argument(note, 6, options),
    arg7: argumentCount(note, tracepoint, options) > 7 ? argument(note, 7, options) : "1",
    // Only nodes from 25 on have mempool tracepoints, and their durations are in nanoseconds.
    duration: options.notes.some(({ name }) => name.startsWith("mempool:")) ? 1 : 1000,
  }) + "\n";
}

function common({ binary, pid, maxPayload }: ScriptOptions) {
  return { binary, traced: pid === 0 ? "1" : `pid == ${pid}`, cap: maxPayload, head: HEAD_BYTES };
}

/** One clause for the record and the first chunks, more where the verifier cannot follow one loop to the end. */
function messageClauses(direction: string, kind: string, options: ScriptOptions): string {
  const { needed, most } = loopRounds(options);
  const chunk = CHUNK_KINDS[kind]!;
  const loop = most === Infinity ? chunksFor : chunksWhile;
  const texts: string[] = [];
  for (let done = 0; done === 0 || done < needed;) {
    const rounds = Math.min(most, needed - done);
    const from = HEAD_BYTES + done * CHUNK_BYTES;
    const values = { ...common(options), direction, kind, chunk, from, rounds };
    const remember = done === 0 && needed > most ? `@${chunk}[tid] = $number;\n` : "";
    const chunks = needed > 0 ? remember + expand(loop, values) : "";
    texts.push(expand(done === 0 ? messages : moreChunks, { ...values, chunks }));
    done += Math.max(1, rounds);
  }
  return texts.join("\n");
}

/** Rounds that the longest payload needs, and what one program may have. */
function loopRounds({ version, maxPayload }: ScriptOptions): { needed: number; most: number } {
  const needed = Math.max(0, Math.ceil((maxPayload - HEAD_BYTES) / CHUNK_BYTES));
  if (isAtLeast(version, 0, 24)) return { needed, most: Infinity };
  return { needed, most: isAtLeast(version, 0, 18) ? WHILE_ROUNDS.later : WHILE_ROUNDS.before18 };
}
