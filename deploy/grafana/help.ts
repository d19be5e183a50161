/**
 * What each metric is, in its own words, and which there are at all.
 *
 * @module
 */

import type { Definition } from "../../tools/metrics/definition.ts";
import { TABLES } from "../../tools/metrics/metrics.ts";
import { RECORDED } from "../prometheus/bands.ts";
import { componentPages } from "./components.ts";

/** A metric as a board needs to know it. */
export interface Described {
  /** One line. */
  readonly help: string;
  /** Whether it is a histogram. */
  readonly isHistogram: boolean;
}

/** Metrics of Prometheus itself. */
const BUILT_IN: Readonly<Record<string, string>> = {
  up: "1 for a target that answers",
  ALERTS: "1 for an alert that fires or waits",
};

/** All metrics by their full names; every board asks for them. */
export function describeAll(): Promise<ReadonlyMap<string, Described>> {
  return described ??= describe();
}

let described: Promise<ReadonlyMap<string, Described>> | undefined;

async function describe(): Promise<ReadonlyMap<string, Described>> {
  const described = new Map<string, Described>();
  for (const [prefix, table] of Object.entries(TABLES)) {
    for (const [name, { help, type }] of Object.entries<Definition>(table)) {
      described.set(`${prefix}_${name}`, { help, isHistogram: type === "histogram" });
    }
  }
  for (const page of Object.values(await componentPages())) {
    for (const [, name, help] of page.matchAll(/^# HELP (\S+) (.*)$/gm)) {
      described.set(name!, { help: help!, isHistogram: page.includes(`# TYPE ${name} histogram\n`) });
    }
  }
  for (const [name, help] of Object.entries({ ...RECORDED, ...BUILT_IN })) {
    described.set(name, { help, isHistogram: false });
  }
  return described;
}

/** The metrics an expression names, each once; of a histogram's parts the histogram. */
export function metricsIn(expr: string, known: ReadonlyMap<string, Described>): string[] {
  const plain = expr.replaceAll(/"[^"]*"/g, '""');
  const names = plain.match(/[a-zA-Z_][\w:]*/g) ?? [];
  return [...new Set(names.map((name) => familyOf(name, known)).filter((name) => known.has(name)))];
}

/** The family a series belongs to. */
export function familyOf(name: string, known: ReadonlyMap<string, Described>): string {
  const family = name.replace(/_(bucket|sum|count)$/, "");
  return known.get(family)?.isHistogram ? family : name;
}
