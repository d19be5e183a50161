/**
 * Everything at work for minutes or hours, and whether memory stays flat and every event arrives:
 * `deno task soak --minutes 20`, `--hours 8`, `--rate 500`. The report is written into tests/.cache/soak/; with `--docs`
 * also into docs/endurance.md.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { draw } from "./drawing.ts";
import { reportText } from "./report.ts";
import { soak } from "./soak.ts";

const REPORTS = new URL("../.cache/soak/", import.meta.url);
const DOCUMENT = new URL("../../docs/endurance.md", import.meta.url);
const PICTURE = new URL("../../docs/images/soak.svg", import.meta.url);
const [BEGIN, END] = ["<!-- deno task soak --docs: begin -->", "<!-- end -->"];
const DEFAULT_MINUTES = 2;

const { values } = parseArgs({
  options: {
    hours: { type: "string" },
    minutes: { type: "string" },
    rate: { type: "string", default: "200" },
    docs: { type: "boolean", default: false },
    // Of this program to itself.
    apart: { type: "boolean", default: false },
  },
});

Deno.exit(values.apart ? await run() : await runApart());

/**
 * Ctrl-C reaches every process of a terminal's group. All would stop at once, and nothing could be counted: so all but
 * this one are in a group of their own, and only the program that counts is told.
 */
async function runApart(): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", import.meta.filename!, ...Deno.args, "--apart"],
    detached: true,
    stdin: "null",
  }).spawn();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => child.kill("SIGINT"));
  }
  return (await child.status).code;
}

async function run(): Promise<number> {
  const seconds = lengthSeconds();
  const messagesPerSecond = Number(values.rate);
  if (!(seconds > 0) || !Number.isInteger(messagesPerSecond) || messagesPerSecond < 1) {
    console.error("Cannot soak: --hours and --minutes are numbers above 0, --rate is messages a second");
    return 2;
  }
  const stop = new AbortController();
  Deno.addSignalListener("SIGINT", () => {
    if (!stop.signal.aborted) say("Stopping: what is under way is counted first");
    stop.abort();
  });
  const began = performance.now();
  function say(line: string): void {
    console.log(`${((performance.now() - began) / 60_000).toFixed(1).padStart(6)} min  ${line}`);
  }
  const result = await soak({
    ...{ seconds, messagesPerSecond, say, signal: stop.signal },
    sampleEveryMs: seconds > 3600 ? 10_000 : 3000,
    rhythm: { block: 20, visit: 15 },
  });
  const text = reportText(result, {
    date: new Date().toISOString().slice(0, 10),
    cores: navigator.hardwareConcurrency,
    deno: Deno.version.deno,
    load: Deno.loadavg()[2]!,
  });
  const picture = draw(result.watched);
  await Deno.mkdir(REPORTS, { recursive: true });
  await Deno.writeTextFile(new URL("soak.md", REPORTS), text);
  await Deno.writeTextFile(new URL("soak.svg", REPORTS), picture);
  if (values.docs) await intoDocs(text, picture);
  console.log(`\n${text}\nThe report is in ${REPORTS.pathname}`);
  return result.problems.length === 0 ? 0 : 1;
}

function lengthSeconds(): number {
  const { hours, minutes } = values;
  if (hours === undefined && minutes === undefined) return DEFAULT_MINUTES * 60;
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60;
}

async function intoDocs(text: string, picture: string): Promise<void> {
  const old = await Deno.readTextFile(DOCUMENT);
  const [before, rest] = old.split(BEGIN);
  const [, after] = rest!.split(END);
  await Deno.writeTextFile(DOCUMENT, `${before}${BEGIN}\n\n${text}\n${END}${after}`);
  await Deno.mkdir(new URL(".", PICTURE), { recursive: true });
  await Deno.writeTextFile(PICTURE, picture);
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", DOCUMENT.pathname] }).output();
}
