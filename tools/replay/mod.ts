/**
 * Puts the events of archives on the bus again: logs, metrics, pages and alerts of the past.
 *
 * @module
 */

import { peek } from "../../proto/event.ts";
import { play } from "../../runtime/archive/play.ts";
import { checkSelection, makeSelection, SELECTION } from "../../runtime/archive/selection.ts";
import { component, type Context } from "../../runtime/component.ts";
import { files, type Option, type OptionTable } from "../../runtime/options.ts";
import { Burst } from "./burst.ts";
import { Pace } from "./pace.ts";

const options = {
  files: files("Archives to replay, or folders of them, in this order"),
  speed: speed("How fast: 1 as it was, 10 ten times as fast, max as fast as it can be taken", 1),
  ...SELECTION,
} satisfies OptionTable;

/** The replay job. */
export default component({
  summary: "Puts the events of archives on the bus again",
  example: "replay --replay.speed 10 archive.20260601-143000-123.bin.zst",
  options,
  job: true,
  check: (values) => [
    ...checkSelection("replay", values),
    ...values.files.length === 0 ? ["replay: no file is named, add one or more to the command"] : [],
  ],
  permissions: ({ files }) => ({ read: files }),
  async run(context) {
    const { log, signal } = context;
    const startedAt = performance.now();
    const replayed = await replay(context);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    log.info(
      `Replayed ${replayed} events in ${seconds} s${signal.aborted ? ", stopped before the end" : ""}`,
    );
  },
});

async function replay(context: Context<typeof options>): Promise<number> {
  const { options: { files, speed, ...selection }, log, signal, count, forward, room } = context;
  const isSelected = makeSelection(selection);
  const pace = new Pace(speed);
  const burst = new Burst();
  let replayed = 0;
  for await (const batch of play(files, { log, signal })) {
    for (const data of batch) {
      const seen = peek(data);
      if (!seen.ok) {
        count(`refused: ${seen.reason}`);
        continue;
      }
      if (isSelected?.(seen) === false) continue;
      if (seen.kind === "none") {
        count("without a known member");
        continue;
      }
      if (pace.isEarly(seen.timestamp)) await pace.wait(signal);
      if (burst.isOver(data.length)) await room();
      if (signal.aborted) return replayed;
      forward(seen.kind, data);
      replayed++;
    }
  }
  return replayed;
}

function speed(help: string, byDefault: number): Option<number> {
  return {
    help,
    default: byDefault,
    placeholder: "N|max",
    parse(text) {
      if (text === "max") return Infinity;
      const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
      if (!(value > 0)) throw new SyntaxError("expected a number above 0, or max");
      return value;
    },
  };
}
