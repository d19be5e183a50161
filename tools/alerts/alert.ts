/**
 * An alert, as it leaves this tool: as a line, as JSON, as Alertmanager wants it.
 *
 * @module
 */

import { type Measured, readable, type Rule, type Severity } from "./rule.ts";

/** Something a person should know. */
export interface Alert {
  /** Name of the rule. */
  readonly rule: string;
  /** The node, where events name theirs. */
  readonly node: string | undefined;
  /** Which peer or netgroup; empty where a node has only one. */
  readonly subject: string;
  /** How soon a person should look. */
  readonly severity: Severity;
  /** "firing" goes on until "resolved"; "report" has no end. */
  readonly state: "firing" | "resolved" | "report";
  /** Unix milliseconds of event time at which it began. */
  readonly since: number;
  /** Unix milliseconds of event time at which this was said. */
  readonly at: number;
  /** The measured value, where there is one. */
  readonly value?: number | undefined;
  /** The limit it was compared with. */
  readonly limit?: number | undefined;
  /** All of it in one line: what, since when, compared with what, where to look. */
  readonly text: string;
  /** More about the subject. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Tells alerts that go on at the same time apart. */
export function identity({ rule, node = "", subject }: Alert): string {
  return `${rule}\n${node}\n${subject}`;
}

/** The line of an anomaly that began. */
export function firingText(rule: Rule, { what, limit, usual }: Measured, since: number): string {
  return [rule.name, what, `since ${time(since)}`, comparison(rule, limit, usual), `look at: ${rule.look}`]
    .join(" | ");
}

/** The line of an anomaly that is over. */
export function resolvedText(rule: Rule, why: string, since: number, at: number): string {
  return [rule.name, `over: ${why}`, `from ${time(since)} to ${time(at)}`].join(" | ");
}

function comparison({ show = readable }: Rule, limit: number, usual: number | undefined): string {
  return usual === undefined ? `limit ${show(limit)}` : `limit ${show(limit)}, usual ${show(usual)}`;
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}
