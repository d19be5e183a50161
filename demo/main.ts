/**
 * A federation on one machine, with made-up nodes:
 *
 *     deno task demo
 *
 * @module
 */

import { bold, dim, green, red, setColorEnabled, yellow } from "@std/fmt/colors";
import type { Entry } from "../runtime/log.ts";
import { optionLines } from "../runtime/help.ts";
import { choice, integer, type OptionTable, path, type Values } from "../runtime/options.ts";
import { resolve } from "../runtime/resolve.ts";
import { NOTICE, runDemo } from "./demo.ts";
import { momentText } from "./moment.ts";
import { claimPorts } from "./ports.ts";
import { SCENARIOS } from "./scenarios/mod.ts";
import { inShort, type Told } from "./told.ts";

const STORY = "story";
const names = [STORY, ...SCENARIOS.map(({ name }) => name)] as const;

const options = {
  scenario: {
    ...choice("What happens: the whole story, or one of the scenarios below, again and again", STORY, names),
    placeholder: "NAME",
  },
  seed: integer("The same number, the same events", 1, { min: 0, max: 100_000 }),
  speed: integer("How many times faster than ours the time of the nodes goes", 40, { min: 1, max: 5000 }),
  operators: integer("How many operators; below 3 nothing is ever shown", 12, { min: 1, max: 90 }),
  nodes: integer("Nodes of each", 2, { min: 1, max: 9 }),
  port: integer("First of four ports; where one is taken, the next ten are tried", 8780, {
    min: 1024,
    max: 65_000,
  }),
  keep: path("Keep what the hub and the operators have written in this folder, which must be new"),
} satisfies OptionTable;

const USAGE = `demo: A federation on this machine: only the nodes are made up, all else is real

Example:
  deno task demo --scenario addr-flood --speed 100

Options:
${optionLines("", options).join("\n")}

Scenarios:
${SCENARIOS.map(({ name, about }) => `  ${name.padEnd(22)} ${about}`).join("\n")}
`;

/** Where temporary folders are. The demo may write nowhere else, unless it is told to. */
const TEMPORARY = "/tmp";

/** Runs with these arguments until the signal is aborted, and returns the exit code. */
export async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(USAGE);
    return 0;
  }
  const { values, problems } = resolve({ "": options }, {
    args,
    env: (name) => Deno.env.get(name),
    file: undefined,
  });
  if (problems.length > 0) {
    console.error(`${problems.join("\n")}\nSee deno task demo --help`);
    return 2;
  }
  const chosen = values[""] as Values<typeof options>;
  const { keep, port, scenario, ...more } = chosen;
  let folder: string | undefined;
  try {
    folder = await makeFolder(keep);
    using claimed = claimPorts(port);
    await runDemo({
      ...more,
      folder,
      ports: claimed.ports,
      scenario: scenario === STORY ? undefined : scenario,
      // Whoever was stopped in the middle may complain about it.
      sink: (entry) => signal.aborted || onlyTrouble(entry),
      signal,
      tell: (told) => linesOf(told).forEach((line) => console.log(line)),
    });
    return 0;
  } catch (error) {
    console.error(red(error instanceof Error ? error.message : String(error)));
    return 1;
  } finally {
    if (keep === undefined && folder !== undefined) await Deno.remove(folder, { recursive: true });
    else if (folder !== undefined) console.log(`Everything is in ${folder}`);
  }
}

async function makeFolder(keep: string | undefined): Promise<string> {
  if (keep === undefined) {
    return await Deno.makeTempDir({ dir: TEMPORARY, prefix: `waggle-demo-${Deno.pid}-` });
  }
  try {
    await Deno.mkdir(keep, { mode: 0o700 });
    return keep;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : cause;
    const hint = `name a new folder in ${TEMPORARY}, or give the right to another with deno run`;
    throw new Error(`Cannot keep anything in "${keep}": ${why}; ${hint}`, { cause });
  }
}

/** What goes as it should is told by the story. */
function onlyTrouble({ level, component, message }: Entry): void {
  // Alerts are warnings, and the story tells them.
  if (component === "alerts" || level === "debug" || level === "info") return;
  console.error(`${yellow(level)} ${component}: ${message}`);
}

function linesOf(told: Told): string[] {
  switch (told.what) {
    case "ready":
      return [
        bold(NOTICE),
        "",
        ...told.pages.map(({ url, title, about }) => `  ${url.padEnd(31)} ${bold(title)}: ${about}`),
        "",
        dim(`Ready after ${(told.afterMs / 1000).toFixed(1)} s. Ctrl-C ends it and removes everything.`),
        "",
      ];
    case "past": {
      const took = `${told.events.toLocaleString("en")} events in ${(told.afterMs / 1000).toFixed(1)} s`;
      return [dim(`${told.hours} ordinary hours have gone by, so that there is something to see: ${took}`)];
    }
    case "chapter":
      return [`${dim(momentText(told.at))}  ${told.isQuiet ? dim(told.text) : bold(told.text)}`];
    default: {
      const mark = told.state === "resolved" ? green : told.what === "alert" ? yellow : red;
      const text = told.what === "alert" ? inShort(told.text) : told.text;
      return [`${dim(momentText(told.at))}  ${mark(told.what.padEnd(8))} ${text} ${dim(`→ ${told.url}`)}`];
    }
  }
}

if (import.meta.main) {
  setColorEnabled(Deno.stdout.isTerminal() && !Deno.noColor);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => stop.abort());
  }
  Deno.exit(await main(Deno.args, stop.signal));
}
