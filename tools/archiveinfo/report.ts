/**
 * What is said about archives, for people and for programs.
 *
 * @module
 */

import { printable } from "../../runtime/log.ts";
import type { FileInfo } from "./inspect.ts";
import type { Row, Summary } from "./summary.ts";

/** Lines about one file. */
export function fileText(file: FileInfo): string {
  const { path, created, lowData, compression, events, size, uncompressed, status, problem } = file;
  const facts: [string, string][] = [["status", problem === undefined ? status : `${status}: ${problem}`]];
  if (created !== undefined) {
    facts.push(
      ["created", timeText(created * 1000)],
      ["low data", lowData === undefined ? "no (older than the field)" : lowData ? "yes" : "no"],
      ["compression", compression!],
      ["events", number(events)],
      ["on disk", bytesText(size)],
      ["uncompressed", bytesText(uncompressed)],
    );
  }
  return `${printable(path)}\n${
    facts.map(([name, value]) => `  ${name.padEnd(13)} ${printable(value)}\n`).join("")
  }\n`;
}

/** Lines about all files of one sort. */
export function summaryText(title: string, summary: Summary): string {
  const { files, events, size, uncompressed, isPartial, first, last, categories, commands } = summary;
  const ratio = isPartial ? "unknown, since not every file is complete" : (uncompressed / size).toFixed(2);
  const facts: [string, string][] = [
    ["files", number(files)],
    ["events", number(events)],
    ["on disk", bytesText(size)],
    ["uncompressed", bytesText(uncompressed)],
    ["ratio", ratio],
  ];
  if (events > 0 && first <= last) facts.push(["from", timeText(first)], ["to", timeText(last)]);
  const lines = facts.map(([name, value]) => `  ${name.padEnd(13)} ${value}\n`).join("");
  return `${title}\n${lines}\n${table("category", categories, false)}${table("command", commands, true)}`;
}

/** All of it as one JSON object. */
export function json(files: readonly FileInfo[], summaries: Readonly<Record<string, Summary>>): string {
  const entries = Object.entries(summaries).filter(([, { files }]) => files > 0).map(([name, summary]) => {
    const { files, events, size, uncompressed, isPartial, first, last, categories, commands } = summary;
    const times = events > 0 && first <= last ? { first, last } : {};
    const rows = (map: Map<string, Row>, hasPayload: boolean) =>
      Object.fromEntries(
        sorted(map).map(([name, { events, bytes, maximum, payload }]) => [
          name,
          { events, bytes, maximum, ...(hasPayload ? { payload } : {}) },
        ]),
      );
    return [name, {
      files,
      events,
      size,
      uncompressed,
      partial: isPartial,
      ...times,
      categories: rows(categories, false),
      commands: rows(commands, true),
    }];
  });
  return JSON.stringify({ files, summaries: Object.fromEntries(entries) }, null, 2) + "\n";
}

function sorted(rows: Map<string, Row>): [string, Row][] {
  return [...rows].sort(([nameA, a], [nameB, b]) => b.bytes - a.bytes || (nameA < nameB ? -1 : 1));
}

function table(what: string, rows: Map<string, Row>, hasPayload: boolean): string {
  if (rows.size === 0) return "";
  const total = [...rows.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  const head = [what, "events", "bytes", "share", "average", "maximum", ...(hasPayload ? ["payload"] : [])];
  const body = sorted(rows).map(([name, { events, bytes, maximum, payload }]) => [
    printable(name),
    number(events),
    bytesText(bytes),
    `${(bytes / total * 100).toFixed(1)} %`,
    bytesText(bytes / events),
    bytesText(maximum),
    ...(hasPayload ? [bytesText(payload)] : []),
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...body.map((row) => row[i]!.length)));
  const line = (row: string[]) =>
    "  " + row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join("  ") +
    "\n";
  return [head, ...body].map(line).join("") + "\n";
}

const THOUSANDS = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

function number(value: number): string {
  return THOUSANDS.format(value);
}

function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  for (; bytes >= 1000 && unit < units.length - 1; unit++) bytes /= 1000;
  return `${unit === 0 ? Math.round(bytes) : bytes.toPrecision(3)} ${units[unit]}`;
}

/** A stranger's number may lie outside of what a date can be. */
function timeText(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? `${milliseconds} ms after 1970` : date.toISOString();
}
