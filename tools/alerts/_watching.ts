/**
 * What tests need to let alerts happen.
 *
 * @module
 */

import { encodeEvent, type Event } from "../../proto/event.ts";
import { subjectOf } from "../../proto/subjects.ts";
import type { Values } from "../../runtime/options.ts";
import type { Alert } from "./alert.ts";
import alerts from "./mod.ts";
import type { WatchOptions } from "./node_watch.ts";
import type { Measured } from "./rule.ts";
import { RULES } from "./rules/mod.ts";
import { Watcher } from "./watcher.ts";

/** The defaults of all options. */
export const DEFAULTS = Object.fromEntries(
  Object.entries(alerts.options).map(([name, option]) => [name, option.default]),
) as Values<typeof alerts.options>;

/** A watcher that writes down all it is told to tell. */
export function watching(options: Partial<WatchOptions> = {}) {
  const told: Alert[] = [];
  const counts = new Map<string, number>();
  const levels = new Map<string, number>();
  const watcher = new Watcher({
    limits: DEFAULTS,
    rules: RULES,
    ruleLimits: new Map(),
    off: new Set(),
    cooldownMs: DEFAULTS.cooldownSecs * 1000,
    tell: (alert) => told.push(alert),
    gauge: (rule, _node, { level }: Measured) => levels.set(rule, Math.max(level, levels.get(rule) ?? 0)),
    count: (what) => counts.set(what, (counts.get(what) ?? 0) + 1),
    ...options,
  });
  return {
    told,
    counts,
    levels,
    watcher,
    /** The alerts that began, of one rule or of all. */
    fired: (rule?: string) =>
      told.filter((alert) => alert.state !== "resolved" && (rule === undefined || alert.rule === rule)),
    see(events: Iterable<Event>, node?: string) {
      for (const event of events) {
        const subject = subjectOf(event.kind === "none" ? "rpc" : event.kind, node);
        watcher.take({ subject, data: encodeEvent(event) });
      }
    },
  };
}
