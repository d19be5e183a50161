/**
 * The command line: which components, with which options, on which bus.
 *
 * @module
 */

import { setColorEnabled } from "@std/fmt/colors";
import { COMMON, DEFAULT_NATS, isHere, NATS, openBus } from "./common_options.ts";
import type { Command } from "./command.ts";
import type { Component, ComponentTable } from "./component.ts";
import { commandHelp, componentHelp, optionLines, presetHelp } from "./help.ts";
import { atLeast, jsonLine, logFor, type Sink, stderrSink, textLine } from "./log.ts";
import type { OptionTable, Values } from "./options.ts";
import { didYouMean } from "./nearest.ts";
import type { Check, Preset } from "./preset.ts";
import { resolve } from "./resolve.ts";
import { runComponents, type Task } from "./runner.ts";

/** What the program is made of. */
export interface Program {
  /** Printed by `--version`. */
  version: string;
  /** Everything that can be run. */
  components: ComponentTable;
  /** Those of them that watch a node, or stand in for one: they start once the others listen. */
  sources: readonly string[];
  /** Names that stand for several components. */
  presets: Readonly<Record<string, Preset>>;
  /** Module for sandboxes. */
  worker: URL;
}

/** Exit codes. */
export const EXIT = { done: 0, failed: 1, misused: 2 } as const;

/** Runs the program to its end and says how it ended. */
export async function main(program: Program, args: readonly string[]): Promise<number> {
  // Deno decides at start, by standard output; the log goes to standard error.
  setColorEnabled(Deno.stderr.isTerminal() && !Deno.noColor);
  const { names, rest } = splitArguments(args, known(program));
  if (rest.includes("--version")) return print(`waggle ${program.version} (deno ${Deno.version.deno})\n`);
  const chosen = await load(program, names);
  const asked = await commandOf(names, chosen, rest);
  if (asked !== undefined) return await runCommand(program, asked, rest.slice(1));
  if (!takesWords(chosen)) {
    const unknown = leadingWords(rest);
    if (unknown.length > 0) {
      return misuse(unknown.map((name) => `Unknown component "${name}"${didYouMean(name, known(program))}`));
    }
  }
  if (rest.includes("--help") || rest.includes("-h")) return print(await help(program, names, chosen));
  if (chosen.size === 0) return misuse(["Nothing to run: name at least one component"]);
  return await start(program, { chosen, named: new Set(names) }, rest);
}

/** Component names come first; the rest are options, their values, and words for the component that takes some. */
function splitArguments(
  args: readonly string[],
  known: readonly string[],
): { names: string[]; rest: string[] } {
  const first = args.findIndex((arg) => !known.includes(arg));
  const end = first < 0 ? args.length : first;
  return { names: args.slice(0, end), rest: args.slice(end) };
}

function leadingWords(args: readonly string[]): string[] {
  const first = args.findIndex((arg) => arg.startsWith("-"));
  return [...new Set(args.slice(0, first < 0 ? args.length : first))].filter((word) => word !== "");
}

function takesWords(chosen: Map<string, Component>): boolean {
  return [...chosen.values()].some(({ options }) =>
    Object.values(options).some((option) => option.takesWords)
  );
}

/** A command of a component, as it was asked for. */
interface Asked {
  readonly component: string;
  /** The component's own. */
  readonly options: OptionTable;
  readonly name: string;
  readonly command: Command;
}

async function commandOf(
  names: readonly string[],
  chosen: ReadonlyMap<string, Component>,
  [word]: readonly string[],
): Promise<Asked | undefined> {
  const component = names.length === 1 ? chosen.get(names[0]!) : undefined;
  const command = word === undefined ? undefined : component?.commands?.[word];
  if (component === undefined || command === undefined) return undefined;
  return {
    component: names[0]!,
    options: component.options,
    name: word!,
    command: (await command()).default,
  };
}

async function runCommand(
  program: Program,
  { component, options, name, command }: Asked,
  args: string[],
): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) return print(commandHelp(component, name, command));
  const file = readConfig(args);
  const sources = { args, env: readVariable, file: file.value, home: readVariable("HOME") };
  // A configuration file may hold what the component and its neighbours need besides.
  const others = Object.keys(program.components).filter((name) => name !== component);
  const tables = { "": COMMON, nats: NATS, [component]: { ...options, ...command.options } };
  const { values, problems } = resolve(tables, sources, others);
  if (file.problem !== undefined) problems.unshift(file.problem);
  if (problems.length > 0) return misuse(problems);
  const { check, logLevel, logJson } = values[""] as Values<typeof COMMON>;
  if (check) return print(`The options of ${component} ${name} are right\n`);
  const sink = atLeast(logLevel, stderrSink(logJson ? jsonLine : textLine));
  const log = logFor(component, sink);
  const stop = stopOnSignals(sink);
  try {
    await command.run({ options: values[component]!, log, signal: stop.signal, print });
    return EXIT.done;
  } catch (error) {
    if (!stop.signal.aborted) log.error(error instanceof Error ? error.message : String(error));
    return EXIT.failed;
  } finally {
    stop[Symbol.dispose]();
  }
}

function known({ components, presets }: Program): string[] {
  return [...Object.keys(presets), ...Object.keys(components)];
}

/** A table with the presets' own options. */
function withOwn(table: OptionTable, presets: readonly Preset[]): OptionTable {
  return Object.assign({}, table, ...presets.map(({ options }) => options));
}

async function load({ components, presets }: Program, names: string[]): Promise<Map<string, Component>> {
  const all = new Set(names.flatMap((name) => presets[name]?.components ?? [name]));
  const loaded = [...all].map(async (name) => [name, (await components[name]!()).default] as const);
  return new Map(await Promise.all(loaded));
}

/** What is about to run: all components, and those that were asked for by their own name. */
interface Choice {
  chosen: Map<string, Component>;
  named: ReadonlySet<string>;
}

async function start(program: Program, { chosen, named }: Choice, args: string[]): Promise<number> {
  const presets = Object.entries(program.presets).filter(([name]) => named.has(name)).map(([, it]) => it);
  const tables: Record<string, OptionTable> = { "": withOwn(COMMON, presets), nats: NATS };
  for (const [name, component] of chosen) tables[name] = component.options;
  const file = readConfig(args);
  const home = readVariable("HOME");
  const sources = { args, env: readVariable, file: file.value, home };
  const others = Object.keys(program.components).filter((name) => !chosen.has(name));
  // A configuration file may hold what belongs to a preset, for a component alone, too.
  others.push(...Object.keys(withOwn({}, Object.values(program.presets))));
  const asked = resolve(tables, sources, others);
  if (file.problem !== undefined) asked.problems.unshift(file.problem);
  const finder = presets.find(({ find }) => find !== undefined);
  const mayLook = asked.problems.length === 0 && asked.values[""]!.check !== true;
  const found = mayLook ? await finder?.find?.({ ...asked, home }) : undefined;
  const { values, problems } = found === undefined
    ? asked
    : resolve(tables, { ...sources, found: found.values }, others);
  const common = values[""] as Values<typeof COMMON>;
  for (const [name, component] of chosen) problems.push(...component.check?.(values[name]!) ?? []);
  if (problems.length > 0) return misuse(problems);
  if (common.check) return print(`The options of ${[...chosen.keys()].join(", ")} are right\n`);

  const sink = atLeast(common.logLevel, stderrSink(common.logJson ? jsonLine : textLine));
  const stop = stopOnSignals(sink);
  const report = presets.find(({ report }) => report !== undefined)?.report;
  const isOffBus = [...chosen.values()].every(({ offBus }) => offBus);
  const url = isOffBus ? "memory" : common.bus ?? (chosen.size > 1 ? "memory" : DEFAULT_NATS);
  try {
    if (report !== undefined && found !== undefined) {
      const { text, failed } = await report(found, values, stop.signal);
      print(text);
      return failed ? EXIT.failed : EXIT.done;
    }
    const log = logFor("bus", sink);
    await using bus = await openBus(url, values.nats as Values<typeof NATS>, { log, signal: stop.signal });
    const all = [...chosen].map(([name, component]): Task => {
      return { name, component, values: values[name]!, isSource: program.sources.includes(name) };
    });
    if (found !== undefined) logFor("waggle", sink).info(found.headline);
    const told = tell(await found?.check(values, stop.signal) ?? [], sink);
    const wanted = all.filter(({ name }) => named.has(name) || !found?.without.includes(name));
    const kept = new Set([...named, ...found?.waiting ?? []]);
    const tasks = await leaveOut(wanted, { named: kept, told, sink });
    if (tasks.length === 0) return EXIT.failed;
    const worker = mayReadCode(program.worker) ? program.worker : undefined;
    const succeeded = await runComponents({
      tasks,
      bus,
      nodes: common.node,
      isBesideBus: isHere(url),
      sink,
      worker,
      signal: stop.signal,
    });
    return succeeded ? EXIT.done : EXIT.failed;
  } catch (error) {
    if (stop.signal.aborted) return EXIT.done;
    logFor("waggle", sink).error(error instanceof Error ? error.message : String(error));
    return EXIT.failed;
  } finally {
    stop[Symbol.dispose]();
  }
}

/** Says what was found; returns of whom there was something to say already. */
function tell(checks: readonly Check[], sink: Sink): ReadonlySet<string> {
  for (const { about, state, what, advice, paste } of checks) {
    const todo = [advice, paste].filter((text) => text !== undefined).join(": ");
    logFor(about, sink)[state === "ok" ? "debug" : "warn"](todo === "" ? what : `${what}. ${todo}`);
  }
  return new Set(checks.filter(({ state }) => state === "fault").map(({ about }) => about));
}

/** Of what a preset brought along, only what can work here; the rest is told, with what to do. */
async function leaveOut(
  tasks: readonly Task[],
  { named, told, sink }: { named: ReadonlySet<string>; told: ReadonlySet<string>; sink: Sink },
): Promise<Task[]> {
  const works = await Promise.all(tasks.map(async ({ name, component, values }) => {
    const missing = named.has(name) ? undefined : await component.missing?.(values);
    if (missing !== undefined) {
      logFor(name, sink).warn(told.has(name) ? "Left out" : `Left out: ${missing}`);
    }
    return missing === undefined;
  }));
  return tasks.filter((_, i) => works[i]);
}

/** A process that may read the code is wide, so its components get sandboxes; one that may not is a sandbox itself. */
function mayReadCode(worker: URL): boolean {
  return Deno.permissions.querySync({ name: "read", path: worker }).state === "granted";
}

function readVariable(name: string): string | undefined {
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") return undefined;
  return Deno.env.get(name);
}

/** The file has to be known before the other options can be collected. */
function readConfig(args: readonly string[]): { value?: unknown; problem?: string } {
  const at = args.findIndex((arg) => arg === "--config" || arg.startsWith("--config="));
  const path = at < 0 ? readVariable("WAGGLE_CONFIG") : args[at]!.split("=", 2)[1] ?? args[at + 1];
  if (path === undefined) return {};
  try {
    return { value: JSON.parse(Deno.readTextFileSync(path)) };
  } catch (error) {
    return {
      problem: `Cannot read configuration file "${path}": ${error instanceof Error ? error.message : error}`,
    };
  }
}

/** First signal: stop in order. Second: stop now. */
function stopOnSignals(sink: Sink): Disposable & { signal: AbortSignal } {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) Deno.exit(EXIT.failed);
    logFor("waggle", sink).info("Stopping");
    controller.abort(new Error("stopped by a signal"));
  };
  Deno.addSignalListener("SIGINT", onSignal);
  Deno.addSignalListener("SIGTERM", onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      Deno.removeSignalListener("SIGINT", onSignal);
      Deno.removeSignalListener("SIGTERM", onSignal);
      controller.abort();
    },
  };
}

/** The whole help text for these components. */
export async function help(
  program: Program,
  names: string[],
  chosen: Map<string, Component>,
): Promise<string> {
  if (chosen.size === 0) return await overview(program);
  const preset = names.length === 1 ? program.presets[names[0]!] : undefined;
  const head = preset === undefined ? [] : [presetHelp(names[0]!, preset)];
  const parts = [...chosen].map(([name, component]) => componentHelp(name, component));
  return [...head, parts.join("\n"), "Common options:", ...commonLines()].join("\n") + "\n";
}

async function overview({ components, presets, version }: Program): Promise<string> {
  const names = Object.keys(components);
  const loaded = await Promise.all(names.map(async (name) => (await components[name]!()).default));
  const width = Math.max(...[...names, ...Object.keys(presets)].map((name) => name.length));
  const row = (name: string, summary: string) => `  ${name.padEnd(width)}  ${summary}`;
  return [
    `waggle ${version}: watches the Bitcoin P2P network from honeynodes`,
    "",
    "Example:",
    "  deno task collector",
    "",
    "Usage:",
    "  deno run mod.ts COMPONENT… [OPTIONS]",
    "  deno run mod.ts COMPONENT… --help",
    "",
    "Components:",
    ...Object.entries(presets).map(([name, { summary }]) => row(name, summary)),
    ...names.map((name, i) => row(name, loaded[i]!.summary)),
    "",
    "Common options:",
    ...commonLines(),
  ].join("\n") + "\n";
}

function commonLines(): string[] {
  return [...optionLines("", COMMON), ...optionLines("nats", NATS)];
}

function misuse(problems: readonly string[]): number {
  writeAll(Deno.stderr, problems.map((problem) => `${problem}\n`).join("") + "Try --help\n");
  return EXIT.misused;
}

function print(text: string): number {
  writeAll(Deno.stdout, text);
  return EXIT.done;
}

function writeAll(out: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(out.writeSync(rest));
}
