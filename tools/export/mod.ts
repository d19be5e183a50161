/**
 * Archives as files for notebooks and databases.
 *
 * @module
 */

import { eventJson } from "../../proto/event_json.ts";
import { decodeEvent, peek } from "../../proto/event.ts";
import { play } from "../../runtime/archive/play.ts";
import { checkSelection, makeSelection, SELECTION } from "../../runtime/archive/selection.ts";
import { component, type Context } from "../../runtime/component.ts";
import { choice, files, type OptionTable, path } from "../../runtime/options.ts";
import { writeOut } from "../../runtime/stdout.ts";
import type { Row } from "./columns.ts";
import { FORMATS } from "./formats.ts";

const STDOUT = "-";

const options = {
  files: files("Archives to export, or folders of them, in this order"),
  to: choice("Format: one JSON object per line, comma-separated values, or Apache Parquet", "ndjson", [
    "ndjson",
    "csv",
    "parquet",
  ]),
  output: path("File to write, which must not exist yet; - for standard output", STDOUT),
  ...SELECTION,
} satisfies OptionTable;

/** The export job. */
export default component({
  summary: "Turns archives into files for notebooks and databases",
  example: "export --export.to parquet --export.output events.parquet archive.20260601-143000-123.bin.zst",
  options,
  job: true,
  offBus: true,
  check: (values) => [
    ...checkSelection("export", values),
    ...values.files.length === 0 ? ["export: no file is named, add one or more to the command"] : [],
    ...values.to === "parquet" && values.output === STDOUT && Deno.stdout.isTerminal()
      ? ["export: Parquet is not for a terminal, name a file with --export.output"]
      : [],
  ],
  permissions: ({ files, output }) => ({ read: files, write: output === STDOUT ? [] : [output] }),
  async run(context) {
    const { options: { output }, log, signal } = context;
    if (output === STDOUT) {
      await convert(context, writeOut);
      return;
    }
    using file = await create(output);
    const rows = await convert(context, async (bytes) => {
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      return true;
    });
    log.info(`Wrote ${rows} events to ${output}${signal.aborted ? ", stopped before the end" : ""}`);
  },
});

/** Takes bytes; false when nobody wants more. */
type Write = (bytes: Uint8Array) => Promise<boolean>;

async function convert(context: Context<typeof options>, write: Write): Promise<number> {
  const { options: { files, to, ...selection }, log, signal, count } = context;
  const isSelected = makeSelection(selection);
  const format = FORMATS[to]();
  let rows = 0;
  let failure: unknown;
  try {
    for await (const batch of play(files, { log, signal })) {
      for (const data of batch) {
        const row = rowOf(data, isSelected, count);
        if (row === undefined) continue;
        rows++;
        const bytes = format.add(row);
        if (bytes !== undefined && !await write(bytes)) return rows;
      }
    }
  } catch (error) {
    failure = error;
  }
  // What was read before a failure is of use, too.
  await write(format.end());
  if (failure !== undefined) throw failure;
  return rows;
}

function rowOf(
  data: Uint8Array,
  isSelected: ReturnType<typeof makeSelection>,
  count: Context["count"],
): Row | undefined {
  if (isSelected !== undefined) {
    const seen = peek(data);
    if (seen.ok && !isSelected(seen)) return undefined;
  }
  const decoded = decodeEvent(data);
  if (!decoded.ok) {
    count(`refused: ${decoded.reason}`);
    return undefined;
  }
  const json = eventJson(decoded.event);
  if (json === undefined) {
    count("without a known member");
    return undefined;
  }
  return { event: decoded.event, json };
}

async function create(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { write: true, createNew: true });
  } catch (cause) {
    const reason = cause instanceof Deno.errors.AlreadyExists
      ? "it is there already, remove it or name another file with --export.output"
      : String(cause);
    throw new Error(`Cannot write "${path}": ${reason}`, { cause });
  }
}
