/**
 * Keeps a bpftrace running that is attached to the binary as it is now.
 *
 * @module
 */

import { backoff, pause } from "../../runtime/backoff.ts";
import type { Context } from "../../runtime/component.ts";
import { readBinary, sight } from "./binary.ts";
import { bpftraceVersion, isHarmless, listTracepoints, trace, tryOut } from "./bpftrace.ts";
import { type Note, X86_64 } from "./elf.ts";
import type { Monitor } from "./monitor.ts";
import { type Script, writeScript } from "./script.ts";
import { type Group, TRACEPOINTS } from "./tracepoints.ts";
import type { Version } from "./version.ts";

/** What to trace, and how. */
export interface TraceOptions {
  /** Path of the node's binary. */
  readonly bitcoind: string;
  /** How bpftrace is started. */
  readonly command: string;
  /** Groups of tracepoints. */
  readonly groups: readonly Group[];
  /** Longest payload that is carried whole. */
  readonly maxPayload: number;
  /** The only process to trace: its number, or the file that holds it. */
  readonly pid: string | undefined;
  /** How often the file is looked at. */
  readonly pollMs?: number;
}

type Supervised = Pick<Context, "log" | "signal" | "count"> & { readonly monitor: Monitor };

const POLL_MS = 1000;
/** A bpftrace that ran this long was healthy. */
const HEALTHY_MS = 60_000;
const MOST_BACKOFF_MS = 30_000;

/** The binary and the process as they are at a moment. */
interface Target {
  /** Changes with either. */
  readonly identity: string;
  readonly hidden: boolean;
  readonly pid: number;
}

/** Runs until the signal is aborted. Throws if there is no bpftrace. */
export async function supervise(
  options: TraceOptions,
  { log, signal, count, monitor }: Supervised,
): Promise<void> {
  const say = oncePerText((line) => log.warn(line));
  for (let failures = 0; !signal.aborted;) {
    const target = await waitForTarget(options, { say, signal });
    if (target === undefined) return;
    const version = await bpftraceVersion(options.command);
    const script = await scriptFor(target, options, version);
    if (typeof script === "string") {
      say(script);
      await sleepUntilChange(target, options, { monitor, signal });
      continue;
    }
    if (target.hidden) {
      say(
        `Deno may not open "${options.bitcoind}": bpftrace lists what is in it, and an upgrade goes unnoticed`,
      );
    }
    announce(script, { options, version, say, log });
    const startedAt = performance.now();
    const { changed, reason } = await runOnce({ target, script, version }, options, { log, signal, monitor });
    monitor.end();
    if (signal.aborted) return;
    if (performance.now() - startedAt > HEALTHY_MS) failures = 0;
    if (changed !== undefined) {
      log.info(`${changed}: attaching again`);
      continue;
    }
    count("restarts of bpftrace");
    log.error(`bpftrace has ended: ${reason}${privileges(reason)}; starting it again`);
    await backoff(failures++, { maxMs: MOST_BACKOFF_MS, signal }).catch(() => {});
  }
}

async function runOnce(
  { target, script, version }: { target: Target; script: Script; version: Version },
  options: TraceOptions,
  { log, signal, monitor }: Omit<Supervised, "count">,
): Promise<{ changed: string | undefined; reason: string }> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  let changed: string | undefined;
  const watching = sleepUntilChange(target, options, { monitor, signal: either }).then((what) => {
    changed = what;
    stop.abort();
  });
  try {
    const { reason } = await trace({ command: options.command, version }, script.text, {
      signal: either,
      tell: {
        stdout: (chunk) => monitor.push(chunk),
        stderr(line) {
          if (!monitor.stderr(line)) log.debug(`bpftrace${isHarmless(line) ? ", harmless" : ""}: ${line}`);
        },
      },
    });
    return { changed, reason };
  } finally {
    stop.abort();
    await watching;
  }
}

/** Waits until there is something to trace; `undefined` if the signal was first. */
async function waitForTarget(
  options: TraceOptions,
  { say, signal }: { say(line: string): void; signal: AbortSignal },
): Promise<Target | undefined> {
  while (!signal.aborted) {
    const target = await look(options);
    if (typeof target !== "string") return target;
    say(`Waiting: ${target}`);
    await pause(options.pollMs ?? POLL_MS, signal);
  }
  return undefined;
}

/** What keeps the extractor from tracing a node now. */
export interface Obstacle {
  /** What is missing: the binary, its tracepoints, the program bpftrace, the right to use it, or something else. */
  readonly missing: "binary" | "tracepoints" | "bpftrace" | "rights" | "else";
  /** In one line, with what to do about it. */
  readonly line: string;
}

/** Looks for what keeps the extractor from tracing this node now. */
export async function obstacle(
  { bitcoind, command }: Pick<TraceOptions, "bitcoind" | "command">,
): Promise<Obstacle | undefined> {
  const seen = await sight(bitcoind);
  if (seen.state === "missing") return { missing: "binary", line: noFile(bitcoind) };
  if (seen.state === "file") {
    const found = await readBinary(bitcoind);
    if (!found.ok) return { missing: "binary", line: unreadable(bitcoind, found.problem) };
    if (!found.notes.some(({ name }) => TRACEPOINTS.some((known) => known.name === name))) {
      return { missing: "tracepoints", line: nothingToTrace(bitcoind) };
    }
  }
  const problem = await tryOut(command);
  if (problem === undefined) return undefined;
  const rights = privileges(problem);
  const missing = rights !== "" ? "rights" : problem.startsWith("Cannot start") ? "bpftrace" : "else";
  return { missing, line: `${problem}${rights}` };
}

function noFile(bitcoind: string): string {
  return `there is no file "${bitcoind}", set --ebpf.bitcoind to the node's binary`;
}

function unreadable(bitcoind: string, problem: string): string {
  return `Cannot read the tracepoints of "${bitcoind}": ${problem}`;
}

function nothingToTrace(bitcoind: string): string {
  return `"${bitcoind}" has none of the tracepoints: use an official release for Linux, or build with -DWITH_USDT=ON`;
}

/** What is there, or what is not. */
async function look({ bitcoind, pid }: TraceOptions): Promise<Target | string> {
  const seen = await sight(bitcoind);
  if (seen.state === "missing") return noFile(bitcoind);
  const number = await processNumber(pid);
  if (number === undefined) return `there is no process number in "${pid}", start the node or set --ebpf.pid`;
  const hidden = seen.state === "hidden";
  return { identity: `${hidden ? "" : seen.identity} ${number}`, hidden, pid: number };
}

async function processNumber(pid: string | undefined): Promise<number | undefined> {
  if (pid === undefined) return 0;
  const text = /^\d+$/.test(pid) ? pid : await Deno.readTextFile(pid).catch(() => "");
  return /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : undefined;
}

/** Resolves with what has changed, or with nothing when the signal is aborted. */
async function sleepUntilChange(
  { identity, hidden }: Target,
  options: TraceOptions,
  { monitor, signal }: { monitor: Monitor; signal: AbortSignal },
): Promise<string | undefined> {
  while (!signal.aborted) {
    await pause(options.pollMs ?? POLL_MS, signal);
    if (signal.aborted) return undefined;
    const silent = monitor.check();
    // What cannot be watched is tried again while there is nothing to lose.
    if (silent && hidden) return `"${options.bitcoind}" cannot be watched from here and is silent`;
    const now = await look(options);
    // A file that is gone will be back, or its process still runs: nothing is gained by letting go.
    if (typeof now !== "string" && now.identity !== identity) {
      return `Another file is at "${options.bitcoind}", or the node has another process`;
    }
  }
  return undefined;
}

/** The script, or why there can be none. */
async function scriptFor(target: Target, options: TraceOptions, version: Version): Promise<Script | string> {
  const { bitcoind: binary, groups, maxPayload, command } = options;
  let notes: readonly Note[];
  let machine = X86_64;
  if (target.hidden) {
    notes = await listTracepoints(command, binary);
  } else {
    const found = await readBinary(binary);
    if (!found.ok) return unreadable(binary, found.problem);
    ({ notes, machine } = found);
  }
  const script = writeScript({ binary, notes, machine, version, groups, maxPayload, pid: target.pid });
  if (script.traced.length > 0) return script;
  return nothingToTrace(binary);
}

function announce(
  { traced, missing }: Script,
  { options, version, say, log }: {
    options: TraceOptions;
    version: Version;
    say(line: string): void;
    log: Context["log"];
  },
): void {
  const bpftrace = `bpftrace ${version.join(".")}`;
  log.info(`Tracing ${traced.length} tracepoints of "${options.bitcoind}" with ${bpftrace}`);
  // Only patched nodes have these.
  const unexpected = missing.filter(({ name }) => !name.startsWith("addrman:"));
  for (const [reason, of] of Map.groupBy(unexpected, ({ reason }) => reason)) {
    say(`Not traced: ${of.map(({ name }) => name).join(", ")}: ${reason}`);
  }
}

function privileges(reason: string): string {
  if (!/root|CAP_|permi|capab/i.test(reason)) return "";
  return '. bpftrace needs privileges: --ebpf.command "sudo bpftrace", or run it apart, see extractors/ebpf/README.md';
}

/** Says each thing once in a row, however often it is found. */
function oncePerText(say: (line: string) => void): (line: string) => void {
  const said = new Set<string>();
  return (line) => {
    if (said.has(line)) return;
    if (said.size > 100) said.clear();
    said.add(line);
    say(line);
  };
}
