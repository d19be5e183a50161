import type { Check } from "../../runtime/preset.ts";
import { parseLine } from "../../extractors/log/line.ts";
import type { Node } from "../node.ts";
import type { Answers } from "./answers.ts";
import { fine, messageOf, setting, type Sight, wrong } from "./check.ts";
import { whoMayRead } from "./readable.ts";

/** Categories without which events are missing, and what those tell. */
const CATEGORIES = {
  validation: "blocks connected and checked",
  cmpctblock: "compact blocks",
  net: "peers and messages",
};
const TAIL_BYTES = 64 * 1024;

/** Whether the log is there, and whether the node writes into it what the log extractor looks for. */
export function checkLog({ node, values, answers, machine }: Sight): Check[] {
  const { file } = values["log"] as { file: string };
  if (file === "-") return [fine("log", "reads standard input")];
  let tail: string;
  try {
    tail = readTail(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return [wrong("fault", "log", `there is no "${file}"`, {
        advice: "Start the node, or set --log.file (debuglogfile= in its bitcoin.conf)",
      })];
    }
    return [
      wrong("fault", "log", `may not read "${file}": ${messageOf(error)}`, whoMayRead(file, { machine })),
    ];
  }
  return [fine("log", `follows "${file}"`), ...categories(node, answers), ...times(node, tail)];
}

function categories(node: Node | undefined, answers: Answers): Check[] {
  const on = categoriesOn(node, answers);
  if (on === undefined) return [];
  const missing = Object.entries(CATEGORIES).filter(([name]) => !on(name));
  if (missing.length === 0) return [fine("log", `the node logs ${Object.keys(CATEGORIES).join(", ")}`)];
  // Nothing at all is what a node does by default, and then hardly any line says anything.
  const state = missing.length === Object.keys(CATEGORIES).length ? "fault" : "warning";
  const what = missing.map(([name, what]) => `${what} (${name})`).join(", ");
  return [
    wrong(
      state,
      "log",
      `the node logs nothing about ${what}`,
      setting(node, missing.map(([name]) => `debug=${name}`)),
    ),
  ];
}

/** By the node's own word, which counts what was switched on since its start; else by its settings. */
function categoriesOn(node: Node | undefined, answers: Answers): ((name: string) => boolean) | undefined {
  const logging = answers.get("logging");
  if (typeof logging === "object" && logging !== null && !(logging instanceof Error)) {
    return (name) => (logging as Record<string, unknown>)[name] === true;
  }
  if (node === undefined) return undefined;
  const set = node.settings.all("debug");
  const excluded = node.settings.all("debugexclude");
  return (name) =>
    (set.includes(name) || set.includes("1") || set.includes("all")) && !excluded.includes(name);
}

/** How the last line with a time looks. */
function times(node: Node | undefined, tail: string): Check[] {
  const line = tail.split("\n").slice(1, -1).toReversed().map(parseLine).find(({ fraction }) =>
    fraction !== undefined
  );
  if (line === undefined) return [];
  const missing = [
    ...line.fraction ? [] : ["logtimemicros=1"],
    // What comes first in a line may be taken for a thread, so that its settings say more.
    ...node === undefined || node.settings.isOn("logthreadnames") ? [] : ["logthreadnames=1"],
  ];
  if (missing.length === 0) return [fine("log", "lines have fractions of a second and threads")];
  const what = missing.map((setting) => setting.includes("time") ? "fractions of a second" : "threads").join(
    " and ",
  );
  return [wrong("warning", "log", `lines have no ${what}`, setting(node, missing))];
}

function readTail(path: string): string {
  using file = Deno.openSync(path);
  const { size, isFile } = file.statSync();
  if (!isFile) return "";
  file.seekSync(Math.max(0, size - TAIL_BYTES), Deno.SeekMode.Start);
  const bytes = new Uint8Array(Math.min(size, TAIL_BYTES));
  let filled = 0;
  for (let read; filled < bytes.length && (read = file.readSync(bytes.subarray(filled))) !== null;) {
    filled += read;
  }
  return new TextDecoder().decode(bytes.subarray(0, filled));
}
