/**
 * What a soak found, in Markdown.
 *
 * @module
 */

import { mib, WARM_UP } from "./judge.ts";
import type { SoakResult } from "./soak.ts";

/** Where and when it ran. */
export interface Surroundings {
  readonly date: string;
  readonly cores: number;
  readonly deno: string;
  /** Processes that wanted a core, on average over the run. */
  readonly load: number;
}

/** All of it. */
export function reportText(result: SoakResult, surroundings: Surroundings): string {
  return [headline(result, surroundings), processTable(result), totalTable(result), problemList(result)].join(
    "\n",
  );
}

function headline(result: SoakResult, { date, cores, deno, load }: Surroundings): string {
  const { seconds, messagesPerSecond, isCutShort, problems } = result;
  const length = seconds >= 120 ? `${(seconds / 60).toFixed(0)} minutes` : `${seconds.toFixed(0)} seconds`;
  const published = result.totals.find(({ what }) => what === "events in the archive")?.is ?? 0;
  const verdict = problems.length === 0 ? "No problem was found." : `${problems.length} problems were found.`;
  return `${date}: ${length}${
    isCutShort ? ", cut short," : ""
  } with ${messagesPerSecond} messages a second, ` +
    `${published.toLocaleString("en")} events in all, on ${cores} cores (load ${
      load.toFixed(1)
    }), Deno ${deno}. ` +
    `${verdict}\n`;
}

function processTable({ verdicts }: SoakResult): string {
  const maybe = (bytes: number | undefined) => bytes === undefined ? "–" : mib(bytes);
  const rows = verdicts.map((verdict) => [
    verdict.name,
    ...[mib(verdict.medianBytes), mib(verdict.mostBytes), maybe(verdict.grownBytes)],
    ...[maybe(verdict.liveBytes), maybe(verdict.liveGrownBytes)],
    `${verdict.cpuPercent.toFixed(1)} %`,
    verdict.openFiles.join(" → "),
  ]);
  const head = ["process", "memory", "most", "growth", "alive", "growth", "CPU, of a core", "open files"];
  const note =
    `Memory is the median of what was resident, alive what is left when garbage has been collected; all of ` +
    `it, growth and CPU too, after the first ${fraction(WARM_UP)}.\n`;
  return `${table(head, rows)}\n${note}`;
}

function totalTable({ totals }: SoakResult): string {
  const number = (value: number) => value.toLocaleString("en");
  return table(
    ["total", "is", "should be"],
    totals.map(({ what, is, shouldBe }) => [what, number(is), number(shouldBe)]),
  );
}

function problemList({ problems }: SoakResult): string {
  return problems.map((problem) => `- ${problem}\n`).join("");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}

function fraction(share: number): string {
  return share === 1 / 3 ? "third of the run" : `${Math.round(share * 100)} % of the run`;
}
