/**
 * Says what is in archives, and whether they are whole.
 *
 * @module
 */

import { archiveProgress, findArchives } from "../../runtime/archive/play.ts";
import { component } from "../../runtime/component.ts";
import { files, flag, type OptionTable } from "../../runtime/options.ts";
import { writeOut } from "../../runtime/stdout.ts";
import { type FileInfo, inspect } from "./inspect.ts";
import { fileText, json, summaryText } from "./report.ts";
import { Summary } from "./summary.ts";

const options = {
  files: files("Archives to look at, or folders of them"),
  messageDirections: flag("Count received and sent messages apart"),
  showUnknownCommands: flag("Show message types that the schema does not know by their names"),
  json: flag("One JSON object instead of text"),
} satisfies OptionTable;

const TITLES = { full: "All files with full data", low: "All files with low data" };

/** The archiveinfo job. */
export default component({
  summary: "Says what is in archives, and whether they are whole",
  example: "archiveinfo archive.20260601-143000-123.bin.zst",
  options,
  job: true,
  offBus: true,
  check: ({ files }) =>
    files.length === 0 ? ["archiveinfo: no file is named, add one or more to the command"] : [],
  permissions: ({ files }) => ({ read: files }),
  async run({ options, signal }) {
    const { inputs, problems } = await findArchives(options.files);
    const failed = problems.length;
    const summaries = { full: new Summary(options), low: new Summary(options) };
    const infos: FileInfo[] = [];
    {
      using progress = archiveProgress(inputs);
      let before = 0;
      for (const input of inputs) {
        const info = await inspect(input, {
          summaryOf: (lowData) => summaries[lowData ? "low" : "full"],
          onProgress: (reader, events) => progress.update(reader, before + events),
          signal,
        });
        if (signal.aborted) return;
        infos.push(info);
        before += info.events;
        progress.next(input);
      }
    }
    await writeOut(options.json ? json(infos, summaries) : text(infos, summaries));
    const incomplete = infos.filter(({ status }) => status !== "complete").length;
    problems.push(...incomplete > 0 ? [`${incomplete} of ${infos.length} files are partial or broken`] : []);
    if (failed + incomplete > 0) throw new Error(problems.join("; "));
  },
});

function text(infos: readonly FileInfo[], summaries: Readonly<Record<keyof typeof TITLES, Summary>>): string {
  const parts = infos.map(fileText);
  for (const sort of ["full", "low"] as const) {
    if (summaries[sort].files > 0) parts.push(summaryText(TITLES[sort], summaries[sort]));
  }
  return parts.join("");
}
